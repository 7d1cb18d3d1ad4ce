//! One updater at a time, and how far it is: `/run/sos/update.lock`, `/run/sos/update.json`, and lines for whoever
//! called the program.

use std::fs::{self, File, TryLockError};
use std::io::Write as _;
use std::sync::Mutex;
use std::thread;
use std::time::{Duration, Instant};

use sos_ipc::UpdatePhase;
use sos_provision::Device;

use crate::error::UpdateError;
use crate::store::Store;

/// Held by the updater that works.
const LOCK: &str = "/run/sos/update.lock";
/// What it does.
const PHASE: &str = "/run/sos/update.json";
/// How often a number that grows is said.
const SELDOM: Duration = Duration::from_millis(500);
/// Whoever asks for the phase holds the lock for a moment; so long is waited for it.
const MOMENTS: u32 = 10;
const MOMENT: Duration = Duration::from_millis(20);

/// The right to update: there is one of it.
#[derive(Debug)]
pub struct AtWork {
    device: Device,
    store: Store,
    lines: bool,
    said: Mutex<Option<Instant>>,
    _lock: File,
}

impl AtWork {
    /// Takes the right. With `lines`, each phase is also a line of JSON on standard output.
    ///
    /// # Errors
    /// [`UpdateError::Unfit`] when somebody has it already.
    pub fn begin(device: &Device, lines: bool) -> Result<Self, UpdateError> {
        let lock = take_lock(device)?;
        Ok(Self { device: device.clone(), store: Store::of(device), lines, said: Mutex::new(None), _lock: lock })
    }

    /// The device.
    #[must_use]
    pub fn device(&self) -> &Device {
        &self.device
    }

    /// What is kept.
    #[must_use]
    pub fn store(&self) -> &Store {
        &self.store
    }

    /// Says what is done now: how far a staging is at most twice a second, all else at once. That it cannot be said is
    /// no reason to stop.
    pub fn say(&self, phase: UpdatePhase) {
        if self.is_too_soon(phase) {
            return;
        }
        let Ok(text) = serde_json::to_string(&phase) else { return };
        if self.lines {
            drop(writeln!(std::io::stdout(), "{text}"));
        }
        if let Err(error) = sos_provision::write_file(&self.device.path(PHASE), text.as_bytes(), 0o644) {
            eprintln!("{error}");
        }
    }

    fn is_too_soon(&self, phase: UpdatePhase) -> bool {
        let mut said = self.said.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let grows = matches!(phase, UpdatePhase::Staging { done, total } if done != 0 && done != total);
        if grows && said.is_some_and(|at| at.elapsed() < SELDOM) {
            return true;
        }
        *said = Some(Instant::now());
        false
    }
}

impl Drop for AtWork {
    fn drop(&mut self) {
        drop(fs::remove_file(self.device.path(PHASE)));
    }
}

fn take_lock(device: &Device) -> Result<File, UpdateError> {
    let path = device.path(LOCK);
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).map_err(UpdateError::file("make", folder))?;
    }
    let lock = File::create(&path).map_err(UpdateError::file("open", &path))?;
    for _ in 0..MOMENTS {
        match lock.try_lock() {
            Ok(()) => return Ok(lock),
            Err(TryLockError::WouldBlock) => thread::sleep(MOMENT),
            Err(TryLockError::Error(error)) => return Err(UpdateError::file("lock", &path)(error)),
        }
    }
    Err(UpdateError::Unfit("an update is at work already".into()))
}

/// What the updater that works does now; nothing when none does.
#[must_use]
pub fn phase(device: &Device) -> Option<UpdatePhase> {
    let lock = File::open(device.path(LOCK)).ok()?;
    // Whoever was killed left its words behind, and its lock not.
    match lock.try_lock_shared() {
        Err(TryLockError::WouldBlock) => serde_json::from_slice(&fs::read(device.path(PHASE)).ok()?).ok(),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_updater_is_told_that_one_is_at_work() {
        let folder = tempfile::tempdir().unwrap();
        let device = Device::new(folder.path());
        let first = AtWork::begin(&device, false).unwrap();
        let second = AtWork::begin(&device, false).unwrap_err();
        assert_eq!((second.to_string().as_str(), second.exit_code()), ("an update is at work already", 3));
        drop(first);
        AtWork::begin(&device, false).unwrap();
    }

    #[test]
    fn a_phase_ends_with_its_updater_even_with_one_that_was_killed() {
        let folder = tempfile::tempdir().unwrap();
        let device = Device::new(folder.path());
        assert_eq!(phase(&device), None);
        let work = AtWork::begin(&device, false).unwrap();
        work.say(UpdatePhase::Checking);
        assert_eq!(phase(&device), Some(UpdatePhase::Checking));
        let words = fs::read(device.path(PHASE)).unwrap();
        drop(work);
        assert_eq!(phase(&device), None);
        fs::write(device.path(PHASE), words).unwrap();
        assert_eq!(phase(&device), None);
    }

    #[test]
    fn says_how_far_it_is_at_most_twice_a_second_and_the_end_at_once() {
        let folder = tempfile::tempdir().unwrap();
        let device = Device::new(folder.path());
        let work = AtWork::begin(&device, false).unwrap();
        let mut heard = Vec::new();
        for done in [0, 1, 2, 3, 9] {
            work.say(UpdatePhase::Staging { done, total: 9 });
            heard.push(phase(&device));
        }
        let said = |done| Some(UpdatePhase::Staging { done, total: 9 });
        assert_eq!(heard, [said(0), said(0), said(0), said(0), said(9)]);
    }
}
