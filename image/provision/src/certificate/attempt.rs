//! When the authority was asked last, what it said, and when it may be asked again. Pure but for the file.

use std::fs;

use serde::{Deserialize, Serialize};

use super::acme::Hurry;
use crate::device::Device;
use crate::error::ProvisionError;
use crate::files::{self, Rights};

/// The file, below our state.
const FILE: &str = "certificate.toml";
/// After the first failure, in seconds; then twice as long each time.
const FIRST: u64 = 15 * 60;
/// The longest, in seconds. Authorities allow a handful of failures an hour for one name.
const LONGEST: u64 = 12 * 60 * 60;
/// Even for somebody who presses a button, in seconds.
const AT_LEAST: u64 = 2 * 60;

/// What is remembered.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Attempt {
    /// What was asked for last.
    #[serde(default)]
    pub(super) names: Vec<String>,
    /// Failures in a row, for these names.
    #[serde(default)]
    failures: u32,
    /// When the last one was, in seconds since 1970.
    #[serde(default)]
    last: u64,
    /// What is wrong, in words for people.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) fault: Option<String>,
}

impl Attempt {
    /// Nothing is to be asked for; `fault` is what people should know all the same.
    pub(super) fn settled(fault: Option<String>) -> Self {
        Self { fault, ..Self::default() }
    }

    /// Whether the authority may be asked for `names` at `now`.
    pub(super) fn may(&self, names: &[String], hurry: Hurry, now: u64) -> bool {
        let again = self.names == names && hurry == Hurry::No;
        let pause = match self.failures {
            0 => 0,
            failures if again => FIRST.saturating_mul(1 << (failures - 1).min(16)).min(LONGEST),
            _ => AT_LEAST,
        };
        // A clock that went back must not make it wait for ever.
        now >= self.last.saturating_add(pause) || now < self.last
    }

    /// Notes that asking for `names` failed.
    pub(super) fn failed(&mut self, names: &[String], fault: String, now: u64) {
        self.failures = if self.names == names { self.failures.saturating_add(1) } else { 1 };
        *self = Self { names: names.to_vec(), failures: self.failures, last: now, fault: Some(fault) };
    }
}

/// What is wrong with having a certificate from an authority, if anything is.
pub(crate) fn fault(device: &Device) -> Option<String> {
    read(device).fault
}

/// What is remembered; a file that cannot be read is as good as none.
pub(super) fn read(device: &Device) -> Attempt {
    let text = fs::read_to_string(device.state(FILE)).unwrap_or_default();
    toml::from_str(&text).unwrap_or_default()
}

/// Remembers `attempt`, if it is another one than what is remembered.
pub(super) fn write(device: &Device, attempt: &Attempt) -> Result<(), ProvisionError> {
    if read(device) == *attempt {
        return Ok(());
    }
    let path = device.state(FILE);
    let text = toml::to_string(attempt)
        .map_err(|error| ProvisionError::Malformed { path: path.clone(), what: error.to_string() })?;
    files::write(&path, text.as_bytes(), Rights::PUBLIC)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_longer_after_each_failure_and_at_most_half_a_day() {
        let (mut attempt, names, mut now) = (Attempt::default(), vec!["a.example".to_owned()], 1_000_000);
        for minutes in [15, 30, 60, 120, 240, 480, 720, 720] {
            assert!(attempt.may(&names, Hurry::No, now));
            attempt.failed(&names, "x".into(), now);
            now += minutes * 60;
            assert!(!attempt.may(&names, Hurry::No, now - 1));
        }
    }

    #[test]
    fn other_names_or_somebody_who_waits_need_not_wait_so_long() {
        let (mut attempt, names) = (Attempt::default(), vec!["a.example".to_owned()]);
        for _ in 0..5 {
            attempt.failed(&names, "x".into(), 1_000_000);
        }
        let other = vec!["b.example".to_owned()];
        for (names, hurry) in [(&other, Hurry::No), (&names, Hurry::Yes)] {
            assert!(!attempt.may(names, hurry, 1_000_000 + AT_LEAST - 1));
            assert!(attempt.may(names, hurry, 1_000_000 + AT_LEAST));
        }
    }

    #[test]
    fn a_clock_that_went_back_is_no_reason_to_wait() {
        let (mut attempt, names) = (Attempt::default(), vec!["a.example".to_owned()]);
        attempt.failed(&names, "x".into(), 1_000_000);
        assert!(attempt.may(&names, Hurry::No, 5));
    }
}
