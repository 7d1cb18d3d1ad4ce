//! Wrong claim codes, counted by the address they come from: ten, and this address waits 15 minutes; then twice as long
//! each time, at most a day. Other addresses are not touched, so that nobody keeps the owner out.
//!
//! Pure: the time comes in as seconds since 1970. Kept in state, so that a reboot forgives nothing.

use std::net::{IpAddr, Ipv6Addr};

use serde::{Deserialize, Serialize};

/// Wrong codes in a row that an address may send.
pub(super) const TRIES: u32 = 10;
/// The first lock, in seconds.
const FIRST_LOCK: u64 = 15 * 60;
/// The longest, in seconds.
const LONGEST_LOCK: u64 = 24 * 60 * 60;
/// After so long without a wrong code an address is forgotten, in seconds.
const FORGET: u64 = 2 * LONGEST_LOCK;
/// Most addresses remembered.
const MOST: usize = 4096;

/// Whom attempts count against: an IPv4 address, or the /64 that one customer has of IPv6.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub(super) struct Source(IpAddr);

impl From<IpAddr> for Source {
    fn from(address: IpAddr) -> Self {
        match address.to_canonical() {
            IpAddr::V6(address) => {
                let prefix = u128::from(address) & (u128::MAX << 64);
                Self(IpAddr::V6(Ipv6Addr::from(prefix)))
            }
            address @ IpAddr::V4(_) => Self(address),
        }
    }
}

/// Every address that sent a wrong code lately.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub(super) struct Attempts(Vec<Entry>);

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    from: Source,
    /// Wrong codes since the last lock.
    wrong: u32,
    /// Locks so far.
    locks: u32,
    /// When the last wrong code came.
    last: u64,
}

impl Entry {
    /// Seconds that it is locked for still. A clock that went back makes a lock no longer than it was.
    fn locked(&self, now: u64) -> u64 {
        if self.wrong > 0 || self.locks == 0 {
            return 0;
        }
        let length = FIRST_LOCK.saturating_mul(1 << (self.locks - 1).min(16)).min(LONGEST_LOCK);
        length.saturating_sub(now.saturating_sub(self.last))
    }
}

impl Attempts {
    /// Seconds that `from` is locked for, if it is.
    pub(super) fn locked(&self, from: Source, now: u64) -> Option<u64> {
        let entry = self.0.iter().find(|entry| entry.from == from)?;
        Some(entry.locked(now)).filter(|seconds| *seconds > 0)
    }

    /// Counts a wrong code of `from`, which is not locked. Gives the tries left; with none left it is locked.
    pub(super) fn wrong(&mut self, from: Source, now: u64) -> u32 {
        self.0.retain(|entry| now.saturating_sub(entry.last) < FORGET);
        let at = self.0.iter().position(|entry| entry.from == from).unwrap_or_else(|| self.add(from, now));
        let entry = &mut self.0[at];
        entry.last = now;
        entry.wrong += 1;
        if entry.wrong < TRIES {
            return TRIES - entry.wrong;
        }
        entry.wrong = 0;
        entry.locks += 1;
        0
    }

    /// Forgets `from`, which knew the code.
    pub(super) fn right(&mut self, from: Source) -> bool {
        let before = self.0.len();
        self.0.retain(|entry| entry.from != from);
        self.0.len() != before
    }

    /// Makes room for `from`: whoever has least to wait, and of those who was quiet longest, is forgotten.
    fn add(&mut self, from: Source, now: u64) -> usize {
        if self.0.len() >= MOST {
            let least = (0..self.0.len()).min_by_key(|at| (self.0[*at].locked(now), self.0[*at].last));
            least.map(|at| self.0.swap_remove(at));
        }
        self.0.push(Entry { from, wrong: 0, locks: 0, last: now });
        self.0.len() - 1
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn from(address: &str) -> Source {
        Source::from(address.parse::<IpAddr>().unwrap())
    }

    fn lock(attempts: &mut Attempts, from: Source, now: u64) {
        for left in (0..TRIES).rev() {
            assert_eq!(attempts.locked(from, now), None);
            assert_eq!(attempts.wrong(from, now), left);
        }
    }

    #[test]
    fn ten_wrong_codes_lock_an_address_for_15_minutes_then_twice_as_long_and_at_most_a_day() {
        let (mut attempts, stranger, mut now) = (Attempts::default(), from("203.0.113.7"), 1_000_000);
        for expected in [900, 1800, 3600, 7200, 14_400, 28_800, 57_600, 86_400, 86_400] {
            lock(&mut attempts, stranger, now);
            assert_eq!(attempts.locked(stranger, now), Some(expected));
            assert_eq!(attempts.locked(stranger, now + expected - 1), Some(1));
            now += expected;
            assert_eq!(attempts.locked(stranger, now), None);
        }
    }

    #[test]
    fn nobody_is_locked_by_others() {
        let mut attempts = Attempts::default();
        for stranger in ["203.0.113.7", "203.0.113.8", "2001:db8:1::7"] {
            lock(&mut attempts, from(stranger), 5);
        }
        for owner in ["203.0.113.9", "2001:db8:2::1"] {
            assert_eq!(attempts.locked(from(owner), 5), None);
            assert_eq!(attempts.wrong(from(owner), 5), TRIES - 1);
        }
    }

    #[test]
    fn a_customer_s_whole_ipv6_network_is_one_address_and_a_mapped_one_is_ipv4() {
        assert_eq!(from("2001:db8:1:2::1"), from("2001:db8:1:2:ffff::9"));
        assert_ne!(from("2001:db8:1:2::1"), from("2001:db8:1:3::1"));
        assert_eq!(from("::ffff:203.0.113.7"), from("203.0.113.7"));
    }

    #[test]
    fn a_right_code_forgets_the_wrong_ones() {
        let (mut attempts, owner) = (Attempts::default(), from("203.0.113.9"));
        for _ in 0..TRIES - 1 {
            attempts.wrong(owner, 0);
        }
        assert!(attempts.right(owner) && !attempts.right(owner));
        assert_eq!(attempts.wrong(owner, 0), TRIES - 1);
    }

    #[test]
    fn a_clock_that_went_back_keeps_the_lock_and_makes_it_no_longer() {
        let (mut attempts, stranger) = (Attempts::default(), from("203.0.113.7"));
        lock(&mut attempts, stranger, 1_000_000);
        assert_eq!(attempts.locked(stranger, 5), Some(900));
    }

    #[test]
    fn memory_is_bounded_and_keeps_those_who_are_locked_longest() {
        let (mut attempts, stranger) = (Attempts::default(), from("203.0.113.7"));
        lock(&mut attempts, stranger, 10);
        for number in 0..2 * MOST as u128 {
            attempts.wrong(Source::from(IpAddr::V6((number << 64).into())), 11);
        }
        assert_eq!(attempts.0.len(), MOST);
        assert!(attempts.locked(stranger, 11).is_some());
    }

    #[test]
    fn who_was_quiet_for_two_days_starts_anew() {
        let (mut attempts, stranger) = (Attempts::default(), from("203.0.113.7"));
        lock(&mut attempts, stranger, 10);
        attempts.wrong(from("203.0.113.8"), 10 + FORGET);
        assert_eq!(attempts.0.len(), 1);
    }
}
