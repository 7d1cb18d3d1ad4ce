//! How long a server takes no letters: another organisation's server has one for it every second, and keeps when each was
//! taken.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use crate::client::{Security, Smtp, reaches};
use crate::club::JILL;
use crate::scenarios::letter;
use crate::session::Stage;
use crate::world::{BORCHESTER, MACHINE};
use crate::{Error, Result};

/// Seconds until letters are taken again, with hardware virtualisation.
const OPEN_SECONDS: u32 = 60;
/// Between two letters.
const EVERY: Duration = Duration::from_secs(1);
/// How long a host that is not there is waited for.
const KNOCK: Duration = Duration::from_secs(1);

/// Another organisation's server with a letter every second.
#[derive(Debug)]
pub struct Sender {
    taken: Arc<Mutex<Vec<Instant>>>,
    ended: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Sender {
    /// Begins.
    #[must_use]
    pub fn begin() -> Sender {
        let (taken, ended) = (Arc::<Mutex<Vec<_>>>::default(), Arc::<AtomicBool>::default());
        let (book, stop) = (taken.clone(), ended.clone());
        let thread = std::thread::spawn(move || {
            while !stop.load(Ordering::Relaxed) {
                // Each on its own: one that speaks to a machine that went waits for long.
                let book = book.clone();
                std::thread::spawn(move || {
                    if hand_over().is_ok_and(|taken| taken) {
                        book.lock().unwrap_or_else(PoisonError::into_inner).push(Instant::now());
                    }
                });
                std::thread::sleep(EVERY);
            }
        });
        Sender { taken, ended, thread: Some(thread) }
    }

    /// Waits until a letter is taken.
    ///
    /// # Errors
    /// [`Error::Late`].
    pub fn wait_for_one(&self, stage: &Stage) -> Result<()> {
        self.wait_for_one_after(Instant::now(), stage)
    }

    fn wait_for_one_after(&self, moment: Instant, stage: &Stage) -> Result<()> {
        let limit = stage.limit(OPEN_SECONDS);
        while !self.taken.lock().unwrap_or_else(PoisonError::into_inner).iter().any(|taken| *taken > moment) {
            if moment.elapsed() > limit {
                let what = "the taking of a letter".into();
                return Err(Error::Late { what, seconds: limit.as_secs(), detail: String::new() });
            }
            std::thread::sleep(Duration::from_millis(100));
        }
        Ok(())
    }

    /// Ends, when letters are taken again: the longest time between two, seconds.
    ///
    /// # Errors
    /// [`Error::Late`].
    pub fn longest_silence(self, stage: &Stage) -> Result<f64> {
        self.wait_for_one_after(Instant::now(), stage)?;
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner).clone();
        taken.sort();
        Ok(longest(&taken).as_secs_f64())
    }
}

impl Drop for Sender {
    fn drop(&mut self) {
        self.ended.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            // It has nothing to panic about.
            thread.join().ok();
        }
    }
}

fn longest(moments: &[Instant]) -> Duration {
    moments.windows(2).map(|pair| pair[1] - pair[0]).max().unwrap_or_default()
}

fn hand_over() -> Result<bool> {
    let to = (MACHINE, 25).into();
    if !reaches(BORCHESTER, to, KNOCK) {
        return Ok(false);
    }
    let mut smtp = Smtp::connect(BORCHESTER, to, Security::Plain, "mail.borchester.example")?;
    let (from, to) = ("usha@borchester.example", JILL.address());
    let reply = smtp.send(from, &[&to], &letter(from, &to, "Every second", "Are you there?"))?;
    // Another letter comes in a second.
    smtp.command("QUIT").ok();
    Ok(reply.is_positive())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_silence_counts() {
        let start = Instant::now();
        let at =
            |seconds: &[u64]| seconds.iter().map(|second| start + Duration::from_secs(*second)).collect::<Vec<_>>();
        assert_eq!(longest(&at(&[0, 1, 2, 40, 41])), Duration::from_secs(38));
        assert_eq!(longest(&at(&[5])), Duration::ZERO);
    }
}
