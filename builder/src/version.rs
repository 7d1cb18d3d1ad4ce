//! What a build is called: its version, and the number by which the boot chooser orders slots.
//!
//! In: Debian's number, the lock's date, a number for several builds of one lock. Out: `13.20261123.2`, and one number
//! that is greater for whatever version is greater.

use time::{Date, Month, OffsetDateTime};

/// A build's version: the Debian release, the lock's date and a number for several on one day.
#[must_use]
pub fn version(debian: u32, epoch: u64, number: u32) -> String {
    format!("{debian}.{}.{number}", day(epoch))
}

/// The day of a time in seconds since 1970: `20261123`.
#[must_use]
pub fn day(epoch: u64) -> String {
    let date = date(epoch);
    format!("{:04}{:02}{:02}", date.year(), u8::from(date.month()), date.day())
}

/// The same as one number: Debian's number, the day counted from the year 2000 in five digits, the build's number in
/// two. GRUB compares numbers of 32 bits with a sign (`-gt` in test.c), which this fits until Debian 214 or the year
/// 2273; and a release of Debian 14 is newer than any of Debian 13, whichever lock was made first.
#[must_use]
pub fn slot_build(debian: u32, epoch: u64, number: u32) -> u32 {
    let first = Date::from_calendar_date(2000, Month::January, 1).map_or(0, Date::to_julian_day);
    let days = u32::try_from(date(epoch).to_julian_day() - first).unwrap_or(0);
    debian * 10_000_000 + days.min(99_999) * 100 + number.min(99)
}

fn date(epoch: u64) -> Date {
    let seconds = i64::try_from(epoch).unwrap_or(0);
    OffsetDateTime::from_unix_timestamp(seconds).unwrap_or(OffsetDateTime::UNIX_EPOCH).date()
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOVEMBER_2026: u64 = 1_795_426_200;
    const DAY: u64 = 86_400;

    #[test]
    fn a_version_names_the_debian_release_and_the_locks_date() {
        assert_eq!(version(13, NOVEMBER_2026, 2), "13.20261123.2");
    }

    #[test]
    fn the_boot_choosers_number_grows_as_versions_do() {
        let builds = [
            (13, NOVEMBER_2026, 1),
            (13, NOVEMBER_2026, 2),
            (13, NOVEMBER_2026, 99),
            (13, NOVEMBER_2026 + DAY, 1),
            (13, NOVEMBER_2026 + 400 * DAY, 1),
            // Debian 14, from a lock that is older than the last of Debian 13.
            (14, NOVEMBER_2026 - 30 * DAY, 1),
            (14, NOVEMBER_2026, 1),
        ];
        let numbers = builds.map(|(debian, epoch, number)| slot_build(debian, epoch, number));
        assert!(numbers.is_sorted_by(|one, next| one < next), "{numbers:?}");
        let versions: Vec<sos_signing::Version> =
            builds.iter().map(|(debian, epoch, number)| version(*debian, *epoch, *number).parse().unwrap()).collect();
        assert!(versions.is_sorted_by(|one, next| one < next), "{versions:?}");
    }

    #[test]
    fn the_boot_choosers_number_fits_32_bits_for_longer_than_anybody_needs() {
        let year_2270 = 9_467_000_000;
        assert!(i32::try_from(slot_build(100, year_2270, 99)).is_ok());
        assert_eq!(slot_build(13, NOVEMBER_2026, 1), 130_982_301);
    }
}
