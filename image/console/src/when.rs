//! Times as the organisation's clocks show them.

use jiff::Timestamp;
use jiff::tz::TimeZone;

/// A time zone; UTC where the name is unknown.
#[derive(Debug, Clone)]
pub struct Zone(TimeZone);

impl Zone {
    /// The zone of a name such as `Europe/London`.
    #[must_use]
    pub fn new(name: &str) -> Self {
        Self(TimeZone::get(name).unwrap_or(TimeZone::UTC))
    }

    /// `2026-11-24 15:04`.
    #[must_use]
    pub fn write(&self, seconds: u64) -> String {
        self.format(seconds, "%Y-%m-%d %H:%M")
    }

    /// `2026-11-24`.
    #[must_use]
    pub fn write_day(&self, seconds: u64) -> String {
        self.format(seconds, "%Y-%m-%d")
    }

    /// `15:04`.
    #[must_use]
    pub fn write_time(&self, seconds: u64) -> String {
        self.format(seconds, "%H:%M")
    }

    fn format(&self, seconds: u64, form: &str) -> String {
        let time = i64::try_from(seconds).ok().and_then(|seconds| Timestamp::from_second(seconds).ok());
        time.map(|time| time.to_zoned(self.0.clone()).strftime(form).to_string()).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn follows_the_clocks_of_the_place() {
        assert_eq!(Zone::new("Etc/UTC").write(1_760_000_000), "2025-10-09 08:53");
        assert_eq!(Zone::new("no/where").write(1_760_000_000), "2025-10-09 08:53");
        assert_eq!(Zone::new("Etc/UTC").write_time(1_760_000_000), "08:53");
        assert_eq!(Zone::new("UTC").write(u64::MAX), "");
    }
}
