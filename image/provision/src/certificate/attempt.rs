//! When the authority was asked last, what it said, and when it may be asked again. Pure but for the file.

use std::collections::BTreeMap;
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
pub(super) struct Failures {
    /// What is wrong, in words for people.
    #[serde(skip_serializing_if = "Option::is_none")]
    fault: Option<String>,
    /// Failures by what was asked for: names with spaces between.
    #[serde(default)]
    of: BTreeMap<String, Failure>,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Failure {
    /// How many in a row.
    times: u32,
    /// When the last one was, in seconds since 1970.
    last: u64,
    /// Why, in words for people.
    why: String,
    /// The authority answers nobody, or us no more for now; so another name fares no better.
    #[serde(default)]
    whatever_the_names: bool,
}

impl Failures {
    /// Whether the authority may be asked for `names` at `now`.
    pub(super) fn may(&self, names: &[String], hurry: Hurry, now: u64) -> bool {
        let Some(failure) = self.of.get(&names.join(" ")) else { return true };
        let pause = match hurry {
            Hurry::Yes => AT_LEAST,
            Hurry::No => FIRST.saturating_mul(1 << failure.times.saturating_sub(1).min(16)).min(LONGEST),
        };
        // A clock that went back must not make it wait for ever.
        now >= failure.last.saturating_add(pause) || now < failure.last
    }

    /// Whether asking for `names` failed, and would have for any others.
    pub(super) fn was_whatever_the_names(&self, names: &[String]) -> bool {
        self.of.get(&names.join(" ")).is_some_and(|failure| failure.whatever_the_names)
    }

    /// Notes that asking for `names` failed; whether it would have for any others.
    pub(super) fn failed(&mut self, names: &[String], why: String, whatever_the_names: bool, now: u64) {
        let failure = self.of.entry(names.join(" ")).or_default();
        *failure = Failure { times: failure.times.saturating_add(1), last: now, why, whatever_the_names };
    }

    /// Notes that it succeeded.
    pub(super) fn succeeded(&mut self, names: &[String]) {
        self.of.remove(&names.join(" "));
    }

    /// Forgets what is not wished any more.
    pub(super) fn keep<'a>(&mut self, wished: impl Iterator<Item = &'a [String]>) {
        let wished: Vec<String> = wished.map(|names| names.join(" ")).collect();
        self.of.retain(|names, _| wished.contains(names));
    }

    /// Puts into words what is wrong: what is `missed`, and what failed.
    pub(super) fn tell(&mut self, missed: Option<String>) {
        let mut faults: Vec<String> = missed.into_iter().collect();
        for failure in self.of.values() {
            if !faults.contains(&failure.why) {
                faults.push(failure.why.clone());
            }
        }
        self.fault = Some(faults.join("; ")).filter(|fault| !fault.is_empty());
    }
}

/// What is wrong with having a certificate from an authority, if anything is.
pub(crate) fn fault(device: &Device) -> Option<String> {
    read(device).fault
}

/// What is remembered; a file that cannot be read is as good as none.
pub(super) fn read(device: &Device) -> Failures {
    let text = fs::read_to_string(device.state(FILE)).unwrap_or_default();
    toml::from_str(&text).unwrap_or_default()
}

/// Remembers `failures`, if they are others than what is remembered.
pub(super) fn write(device: &Device, failures: &Failures) -> Result<(), ProvisionError> {
    if read(device) == *failures {
        return Ok(());
    }
    let path = device.state(FILE);
    let text = toml::to_string(failures)
        .map_err(|error| ProvisionError::Malformed { path: path.clone(), what: error.to_string() })?;
    files::write(&path, text.as_bytes(), Rights::PUBLIC)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_longer_after_each_failure_and_at_most_half_a_day() {
        let (mut failures, names, mut now) = (Failures::default(), vec!["a.example".to_owned()], 1_000_000);
        for minutes in [15, 30, 60, 120, 240, 480, 720, 720] {
            assert!(failures.may(&names, Hurry::No, now));
            failures.failed(&names, "x".into(), false, now);
            now += minutes * 60;
            assert!(!failures.may(&names, Hurry::No, now - 1));
        }
        failures.succeeded(&names);
        assert!(failures.may(&names, Hurry::No, now));
    }

    #[test]
    fn who_waits_waits_two_minutes_and_other_names_not_at_all() {
        let (mut failures, names) = (Failures::default(), vec!["a.example".to_owned()]);
        for _ in 0..5 {
            failures.failed(&names, "x".into(), false, 1_000_000);
        }
        assert!(!failures.may(&names, Hurry::Yes, 1_000_000 + AT_LEAST - 1));
        assert!(failures.may(&names, Hurry::Yes, 1_000_000 + AT_LEAST));
        assert!(failures.may(&["b.example".to_owned()], Hurry::No, 1_000_000));
    }

    #[test]
    fn a_clock_that_went_back_is_no_reason_to_wait() {
        let (mut failures, names) = (Failures::default(), vec!["a.example".to_owned()]);
        failures.failed(&names, "x".into(), false, 1_000_000);
        assert!(failures.may(&names, Hurry::No, 5));
    }

    #[test]
    fn every_fault_is_told_once_and_none_of_what_is_not_wished_any_more() {
        let mut failures = Failures::default();
        let [a, b, c] = ["a.example", "b.example", "c.example"].map(|name| vec![name.to_owned()]);
        for (names, why) in [(&a, "x"), (&b, "x"), (&c, "y")] {
            failures.failed(names, why.into(), false, 7);
        }
        failures.keep([a.as_slice(), b.as_slice()].into_iter());
        failures.tell(Some("m".into()));
        assert_eq!(failures.fault.as_deref(), Some("m; x"));
    }
}
