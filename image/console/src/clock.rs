//! The time, which tests set.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

/// Where the time comes from.
#[derive(Debug, Clone, Default)]
pub enum Clock {
    /// The machine's clock.
    #[default]
    System,
    /// Seconds since 1970 that a test sets.
    Set(Arc<AtomicU64>),
}

impl Clock {
    /// Seconds since 1970.
    #[must_use]
    pub fn now(&self) -> u64 {
        match self {
            Self::System => SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs()),
            Self::Set(seconds) => seconds.load(Ordering::Relaxed),
        }
    }
}
