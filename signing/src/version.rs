//! A release's version: `13.YYYYMMDD.N`, where 13 is Debian's number, the date is that of the lock
//! and N counts from 1. Ordered, so that newer is greater, over Debian releases too.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// The version of a release.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct Version {
    // The order of the fields is the order of versions.
    debian: u16,
    date: u32,
    number: u32,
}

/// Why a text is not a [`Version`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{text:?} is not a version such as 13.20250809.1")]
pub struct VersionError {
    text: String,
}

impl Version {
    /// A version of Debian's number, a date as the decimal number YYYYMMDD, and a number from 1.
    /// None when there is no such day, or when one of the others is 0.
    #[must_use]
    pub fn new(debian: u16, date: u32, number: u32) -> Option<Self> {
        (debian > 0 && number > 0 && is_day(date)).then_some(Self { debian, date, number })
    }

    /// Debian's number: 13 is trixie.
    #[must_use]
    pub fn debian(&self) -> u16 {
        self.debian
    }

    /// The day as the decimal number YYYYMMDD.
    #[must_use]
    pub fn date(&self) -> u32 {
        self.date
    }

    /// The how manieth release of that day, from 1.
    #[must_use]
    pub fn number(&self) -> u32 {
        self.number
    }
}

/// Whether YYYYMMDD is a day of the Gregorian calendar, with four digits to its year.
fn is_day(date: u32) -> bool {
    let (year, month, day) = (date / 10_000, date / 100 % 100, date % 100);
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let days = match month {
        1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
        4 | 6 | 9 | 11 => 30,
        2 if leap => 29,
        2 => 28,
        _ => return false,
    };
    (1000..=9999).contains(&year) && (1..=days).contains(&day)
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.debian, self.date, self.number)
    }
}

impl fmt::Debug for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for Version {
    type Err = VersionError;

    fn from_str(text: &str) -> Result<Self, VersionError> {
        let parsed = || {
            let mut parts = text.split('.');
            let version =
                Self::new(parts.next()?.parse().ok()?, parts.next()?.parse().ok()?, parts.next()?.parse().ok()?)?;
            // Written again it must be the same: no plus sign, no leading zero, nothing behind.
            (version.to_string() == text).then_some(version)
        };
        parsed().ok_or_else(|| VersionError { text: text.chars().take(80).collect() })
    }
}

impl From<Version> for String {
    fn from(version: Version) -> Self {
        version.to_string()
    }
}

impl TryFrom<String> for Version {
    type Error = VersionError;

    fn try_from(text: String) -> Result<Self, VersionError> {
        text.parse()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn newer_is_greater_by_debian_then_day_then_number() {
        let texts = ["12.20260101.9", "13.20250809.2", "13.20250809.10", "13.20250810.1", "14.20250101.1"];
        let versions: Vec<Version> = texts.map(|t| t.parse().unwrap()).to_vec();
        assert!(versions.is_sorted());
    }

    #[test]
    fn refuses_what_is_not_written_the_one_way() {
        for text in [
            "",
            "13",
            "13.20250809",
            "13.20250809.0",
            "0.20250809.1",
            "13.20250809.01",
            "+13.20250809.1",
            "13.20250809.1.1",
            "13.20250809.1 ",
            "13.20250230.1",
            "13.2025089.1",
            "70000.20250809.1",
        ] {
            assert!(text.parse::<Version>().is_err(), "{text:?} was accepted");
        }
    }

    #[test]
    fn knows_leap_days() {
        assert!(Version::new(13, 20_240_229, 1).is_some());
        assert!(Version::new(13, 20_250_229, 1).is_none());
        assert!(Version::new(13, 21_000_229, 1).is_none());
    }

    proptest::proptest! {
        #[test]
        fn reads_what_it_writes(debian in 1u16.., day in 1u32..=28, month in 1u32..=12, number in 1u32..) {
            let version = Version::new(debian, 20_250_000 + month * 100 + day, number).unwrap();
            proptest::prop_assert_eq!(version.to_string().parse::<Version>(), Ok(version));
        }
    }
}
