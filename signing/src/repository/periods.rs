//! How long signed metadata holds. An expired file is refused by devices until a newer one is there; it never strands
//! them, since versions and the chain of roots count whatever expired.

use jiff::Timestamp;

const DAY: i64 = 24 * 60 * 60;

/// A root: three years. It is signed once a year by people who have to meet, so two missed meetings do no harm, and a
/// stolen root key is worth nothing for longer than a machine's life.
pub const ROOT: i64 = 3 * 365 * DAY;

/// The list of releases: a year. Every release signs it anew, and releases come every few weeks; the key is offline and
/// one person can reach it.
pub const TARGETS: i64 = 365 * DAY;

/// The snapshot: 90 days. It is signed by the same key as the timestamp and only when the list of releases changes, or
/// when it would expire before the timestamp does.
pub const SNAPSHOT: i64 = 90 * DAY;

/// The timestamp: 30 days. This is how long somebody between the channel and a device can hide a release. A machine
/// signs it anew every day, and has a month to be mended when it does not.
pub const TIMESTAMP: i64 = 30 * DAY;

/// When something signed at `now`, seconds since 1970, stops to hold.
#[must_use]
pub fn after(now: u64, period: i64) -> Timestamp {
    let seconds = i64::try_from(now).unwrap_or(i64::MAX).saturating_add(period);
    Timestamp::from_second(seconds).unwrap_or(Timestamp::MAX)
}
