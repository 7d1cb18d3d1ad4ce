//! How slow a server may be before we hang up.

use std::time::Duration;

/// The limits of a web server's patience with us, and ours with it.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// For making a connection.
    pub connect: Duration,
    /// For the next byte.
    pub silence: Duration,
    /// Over so much waiting a server has to deliver …
    pub window: Duration,
    /// … at least so many bytes.
    pub least: u64,
    /// For a small file as a whole.
    pub whole: Duration,
}

impl Default for Limits {
    /// 4 KiB a second is what a modem of 1998 brings; who is slower wants to keep us.
    fn default() -> Self {
        let seconds = Duration::from_secs;
        Self { connect: seconds(20), silence: seconds(30), window: seconds(60), least: 60 * 4096, whole: seconds(300) }
    }
}

/// What came in the present window. Time counts while we wait for the server, not while it waits for us.
#[derive(Debug)]
pub(super) struct Pace {
    limits: Limits,
    waited: Duration,
    bytes: u64,
}

impl Pace {
    pub(super) fn new(limits: Limits) -> Self {
        Self { limits, waited: Duration::ZERO, bytes: 0 }
    }

    /// Counts bytes that were waited for, and says when they are too few.
    pub(super) fn count(&mut self, bytes: usize, waited: Duration) -> Result<(), String> {
        self.waited += waited;
        self.bytes += bytes as u64;
        if self.waited < self.limits.window {
            return Ok(());
        }
        if self.bytes < self.limits.least {
            return Err(format!(
                "the server sent {} bytes in {} s, which is too slow",
                self.bytes,
                self.waited.as_secs()
            ));
        }
        (self.waited, self.bytes) = (Duration::ZERO, 0);
        Ok(())
    }
}
