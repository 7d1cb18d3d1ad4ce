//! What time it is at least. A device's clock may stand at 1970 or ten years ahead, and neither may block updates or
//! let expired metadata through.

use jiff::civil::Date;
use serde_json::Value;
use tough::Repository;
use tough::schema::Role;

use super::Expiry;
use super::refusal::OfferRefusal;
use super::rollout::OURS;
use crate::version::Version;

/// The time to ask with, seconds since 1970: what the clock says when it was set by the network since the boot and is
/// not before the day of the release that runs; that day otherwise. So a wrong clock makes nothing look expired that
/// holds, and nothing hold that expired before the running release was made.
#[must_use]
pub fn credible(clock: u64, synchronised: bool, running: Version) -> u64 {
    let floor = start_of(running);
    if synchronised { clock.max(floor) } else { floor }
}

/// The beginning of a version's day.
fn start_of(version: Version) -> u64 {
    let part = |value: u32| i8::try_from(value).unwrap_or(1);
    let (year, month, day) = (version.date() / 10_000, version.date() / 100 % 100, version.date() % 100);
    let date = Date::new(i16::try_from(year).unwrap_or(1970), part(month), part(day));
    let zoned = date.and_then(|date| date.to_zoned(jiff::tz::TimeZone::UTC));
    zoned.map_or(0, |zoned| u64::try_from(zoned.timestamp().as_second()).unwrap_or(0))
}

/// The time at which the timestamp was signed, as it says itself: it is that late at least.
pub(super) fn signed_at(repository: &Repository) -> u64 {
    let ours = repository.timestamp().signed._extra.get(OURS);
    ours.and_then(|ours| ours.get("signed")).and_then(Value::as_u64).unwrap_or(0)
}

/// Refuses metadata that expired.
pub(super) fn not_expired(repository: &Repository, expiry: Expiry) -> Result<(), OfferRefusal> {
    let Expiry::Enforced(now) = expiry else { return Ok(()) };
    let now = now.max(signed_at(repository));
    check(&repository.root().signed, now)?;
    check(&repository.timestamp().signed, now)?;
    check(&repository.snapshot().signed, now)?;
    check(&repository.targets().signed, now)
}

fn check<T: Role>(role: &T, now: u64) -> Result<(), OfferRefusal> {
    let expires = role.expires();
    // What expires before 1970 has expired whatever the clock says.
    if u64::try_from(expires.as_second()).is_ok_and(|expires| now <= expires) {
        return Ok(());
    }
    Err(OfferRefusal::Expired { what: T::TYPE.to_string(), since: expires.to_string() })
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: u64 = 24 * 60 * 60;

    #[test]
    fn a_clock_that_nobody_set_counts_for_nothing() {
        let running: Version = "13.20250809.1".parse().unwrap();
        let released = 1_754_697_600;
        assert_eq!(start_of(running), released);
        for wrong in [0, 1, released - 1, released + 3650 * DAY, u64::MAX] {
            assert_eq!(credible(wrong, false, running), released, "{wrong}");
        }
        assert_eq!(credible(0, true, running), released);
        assert_eq!(credible(released + DAY, true, running), released + DAY);
    }

    proptest::proptest! {
        #[test]
        fn no_version_is_without_a_day(debian in 1u16.., year in 1000u32..=9999, month in 1u32..=12, day in 1u32..=28) {
            let version = Version::new(debian, year * 10_000 + month * 100 + day, 1).unwrap();
            let start = start_of(version);
            proptest::prop_assert!(year < 1970 && start == 0 || start.is_multiple_of(DAY));
        }
    }
}
