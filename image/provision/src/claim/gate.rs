//! Whether somebody may try a claim code now, and whether it was the right one.

use std::net::IpAddr;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use super::attempts::Source;
use super::line::{Line, Turn};
use super::{code, state};
use crate::device::Device;
use crate::error::ProvisionError;

/// What came of a code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// It is the one.
    Right,
    /// It is not; so many tries are left.
    Wrong(u32),
    /// This address waits for so many seconds.
    Locked(u64),
    /// There is no code: the server has an owner.
    Owned,
}

/// Everybody who tries a code comes by here, one after the other.
#[derive(Debug, Default)]
pub(crate) struct Gate {
    line: Mutex<Line>,
    moved: Condvar,
    /// Held while the state is read, judged and written.
    state: Mutex<()>,
}

/// Seconds that somebody is told to wait whom the line had no room for.
const LATER: u64 = 5;

impl Gate {
    /// Tries `typed` as `from`. Who is locked waits in no line and costs nothing.
    pub(crate) fn check(&self, device: &Device, typed: &str, from: IpAddr) -> Result<Verdict, ProvisionError> {
        let source = Source::from(from);
        match state::read(device)? {
            None => return Ok(Verdict::Owned),
            Some(state) => {
                if let Some(seconds) = state.attempts.locked(source, now()) {
                    return Ok(Verdict::Locked(seconds));
                }
            }
        }
        if !self.wait(from) {
            return Ok(Verdict::Locked(LATER));
        }
        let _held = hold(&self.state);
        judge(device, typed, source, now())
    }

    /// Waits for a turn; gives whether there was one.
    fn wait(&self, from: IpAddr) -> bool {
        let mut line = hold(&self.line);
        let ticket = line.join(from);
        // Whom the newcomer put out of the line is told.
        self.moved.notify_all();
        loop {
            match line.turn(ticket, Instant::now()) {
                Turn::Now => {
                    self.moved.notify_all();
                    return true;
                }
                Turn::Never => return false,
                Turn::Wait(rest) => {
                    line = self.moved.wait_timeout(line, rest).unwrap_or_else(PoisonError::into_inner).0;
                }
            }
        }
    }
}

/// Judges a code on the state as it is.
fn judge(device: &Device, typed: &str, from: Source, now: u64) -> Result<Verdict, ProvisionError> {
    let Some(mut state) = state::read(device)? else { return Ok(Verdict::Owned) };
    if let Some(seconds) = state.attempts.locked(from, now) {
        return Ok(Verdict::Locked(seconds));
    }
    if code::is(typed, &state.code_hash) {
        if state.attempts.right(from) {
            state::write(device, &state)?;
        }
        return Ok(Verdict::Right);
    }
    let left = state.attempts.wrong(from, now);
    state::write(device, &state)?;
    Ok(state.attempts.locked(from, now).map_or(Verdict::Wrong(left), Verdict::Locked))
}

/// The lock, also after somebody panicked with it: nothing is half changed in it.
fn hold<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::thread;

    use sos_settings::Waiting;

    use super::*;

    fn waiting() -> (tempfile::TempDir, Device, String) {
        let root = tempfile::tempdir().unwrap();
        let device = Device::new(root.path());
        state::prepare(&device, &Waiting::default()).unwrap();
        let code = code::shown(&device).unwrap();
        (root, device, code)
    }

    #[test]
    fn ten_wrong_codes_lock_even_the_right_one_out_from_there() {
        let (_root, device, code) = waiting();
        let (stranger, gate) = ("203.0.113.7".parse().unwrap(), Gate::default());
        for left in (1..10).rev() {
            assert_eq!(gate.check(&device, "0000-0000-0000", stranger).unwrap(), Verdict::Wrong(left));
        }
        assert_eq!(gate.check(&device, "0000-0000-0000", stranger).unwrap(), Verdict::Locked(900));
        assert!(matches!(gate.check(&device, &code, stranger).unwrap(), Verdict::Locked(_)));
        assert_eq!(gate.check(&device, &code, "203.0.113.8".parse().unwrap()).unwrap(), Verdict::Right);
    }

    #[test]
    fn a_new_gate_after_a_restart_knows_who_is_locked() {
        let (_root, device, code) = waiting();
        let stranger = "2001:db8::7".parse().unwrap();
        for _ in 0..10 {
            Gate::default().check(&device, "x", stranger).unwrap();
        }
        assert!(matches!(Gate::default().check(&device, &code, stranger).unwrap(), Verdict::Locked(_)));
    }

    #[test]
    fn after_the_claim_no_code_is_good_for_anything() {
        let (_root, device, code) = waiting();
        state::forget(&device).unwrap();
        assert_eq!(Gate::default().check(&device, &code, "203.0.113.8".parse().unwrap()).unwrap(), Verdict::Owned);
    }

    #[test]
    fn a_thousand_tries_of_strangers_do_not_keep_the_owner_waiting() {
        let (_root, device, code) = waiting();
        let gate = Arc::new(Gate::default());
        let strangers: Vec<_> = (0..20_u8)
            .map(|number| {
                let (gate, device) = (Arc::clone(&gate), device.clone());
                let from = IpAddr::from([203, 0, 113, number]);
                thread::spawn(move || {
                    (0..50).filter(|_| gate.check(&device, "wrong", from).unwrap() == Verdict::Right).count()
                })
            })
            .collect();
        thread::sleep(std::time::Duration::from_millis(300));
        let start = Instant::now();
        assert_eq!(gate.check(&device, &code, "198.51.100.1".parse().unwrap()).unwrap(), Verdict::Right);
        assert!(start.elapsed() < std::time::Duration::from_secs(5), "{:?}", start.elapsed());
        assert_eq!(strangers.into_iter().map(|stranger| stranger.join().unwrap()).sum::<usize>(), 0);
    }
}
