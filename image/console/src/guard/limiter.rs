//! How often somebody may guess a password: one limiter for the console and, through [`super::policy`], for IMAP,
//! ManageSieve and submission.
//!
//! | counted by | from | what happens |
//! | --- | --- | --- |
//! | address and name | 4th wrong guess in 15 minutes | each try waits longer: 1, 2, 4, … 30 seconds |
//! | address and name | 10th | this address is locked for this name: 15 minutes, doubling to a day |
//! | address | 50th | this address is locked for every name: 15 minutes, doubling to an hour |
//! | name | 20th | tries for this name wait up to 5 seconds, from wherever they come |
//!
//! A name is never locked for everybody: a stranger could lock its owner out. An address is one of IPv4, or a /64 of
//! IPv6. The server itself (webmail) is slowed down, never locked. The same wrong password again counts once, because
//! that is a phone with an old one.
//!
//! Pure but for its counts: the time comes from the caller, and memory is bounded.

use std::hash::{BuildHasher, RandomState};
use std::net::IpAddr;
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::counts::{Bound, Count, Counts};

const QUARTER: u64 = 15 * 60;
const PAIR: Bound = Bound { most: 10, window: QUARTER, lock: QUARTER, longest_lock: 24 * 60 * 60 };
const ADDRESS: Bound = Bound { most: 50, window: QUARTER, lock: QUARTER, longest_lock: 60 * 60 };
const NAME: Bound = Bound { most: 40, window: QUARTER, lock: 0, longest_lock: 0 };
/// Up to so many seconds a try waits in its connection; one that would wait longer is told to come again.
pub const PATIENCE: u64 = 5;
/// Wrong guesses that cost nothing: people mistype.
const FREE: usize = 3;
/// Wrong guesses for a name, from anywhere, that cost nothing.
const FREE_FOR_NAME: usize = 20;
/// Longest waits, in seconds.
const LONGEST_WAIT: u64 = 30;
const LONGEST_WAIT_FOR_NAME: u64 = 5;
/// Most keys of each kind.
const MOST_PAIRS: usize = 8_192;
const MOST_ADDRESSES: usize = 4_096;
const MOST_NAMES: usize = 2_048;

/// Somebody who tries to sign in.
#[derive(Debug, Clone, Copy)]
pub struct Attempt<'a> {
    /// From where.
    pub address: IpAddr,
    /// As whom.
    pub name: &'a str,
    /// What stands for the password tried, so that one tried again counts once; see [`Limiter::fingerprint`].
    pub guess: Option<u64>,
}

/// What is to be done with them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// They may try, after so many seconds (0: now).
    Go {
        /// Seconds.
        after: u64,
    },
    /// They may not, for so many seconds.
    Locked {
        /// Seconds.
        seconds: u64,
    },
}

/// Where an attempt was counted as wrong, so that what was not counted is not taken back.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counted {
    address: bool,
    name: bool,
}

/// All counts.
#[derive(Debug)]
pub struct Limiter {
    keys: RandomState,
    counts: Mutex<All>,
}

#[derive(Debug)]
struct All {
    pairs: Counts<(u128, u64)>,
    addresses: Counts<u128>,
    names: Counts<u64>,
}

impl Default for Limiter {
    fn default() -> Self {
        let counts = All {
            pairs: Counts::new(MOST_PAIRS, PAIR),
            addresses: Counts::new(MOST_ADDRESSES, ADDRESS),
            names: Counts::new(MOST_NAMES, NAME),
        };
        Self { keys: RandomState::new(), counts: Mutex::new(counts) }
    }
}

impl Limiter {
    /// What stands for a password: 16 bits of a hash whose key nobody knows, too few to find the password by.
    #[must_use]
    pub fn fingerprint(&self, password: &str) -> u64 {
        self.keys.hash_one(password) & 0xffff
    }

    /// Whether they may try.
    #[must_use]
    pub fn ask(&self, now: u64, attempt: &Attempt<'_>) -> Verdict {
        self.verdict(&self.lock(), now, attempt)
    }

    /// Whether they may try, and if so within [`PATIENCE`] counts it as wrong until [`Limiter::succeeded`] is said: a
    /// thousand tries at the same moment are a thousand tries. Gives where it counted.
    #[must_use]
    pub fn begin(&self, now: u64, attempt: &Attempt<'_>) -> (Verdict, Counted) {
        let mut all = self.lock();
        let verdict = self.verdict(&all, now, attempt);
        let counted = match verdict {
            Verdict::Go { after: 0..=PATIENCE } => self.count(&mut all, now, attempt),
            _ => Counted::default(),
        };
        (verdict, counted)
    }

    /// Counts a wrong guess.
    pub fn failed(&self, now: u64, attempt: &Attempt<'_>) {
        self.count(&mut self.lock(), now, attempt);
    }

    /// They knew the password: their own count is forgotten, and what [`Limiter::begin`] counted is taken back.
    pub fn succeeded(&self, attempt: &Attempt<'_>, counted: Counted) {
        let (address, name) = self.keys_of(attempt);
        let guess = self.guess(attempt);
        let mut all = self.lock();
        all.pairs.forget((address, name));
        if counted.address {
            all.addresses.take_back(address, guess);
        }
        if counted.name {
            all.names.take_back(name, guess);
        }
    }

    fn verdict(&self, all: &All, now: u64, attempt: &Attempt<'_>) -> Verdict {
        let (address, name) = self.keys_of(attempt);
        let pair = all.pairs.get((address, name));
        if !is_own(attempt.address) {
            let locked = |count: Option<&Count>| count.map_or(0, |count| count.locked(now));
            let seconds = locked(pair).max(locked(all.addresses.get(address)));
            if seconds > 0 {
                return Verdict::Locked { seconds };
            }
        }
        let wrong = |count: Option<&Count>, bound| count.map_or(0, |count| count.recent(now, bound));
        let of_pair = wrong(pair, all.pairs.bound()).saturating_sub(FREE);
        let until = match of_pair {
            0 => 0,
            over => pair.map_or(0, Count::newest) + LONGEST_WAIT.min(1 << (over - 1).min(16)),
        };
        let of_name = wrong(all.names.get(name), all.names.bound()).saturating_sub(FREE_FOR_NAME);
        let for_name = LONGEST_WAIT_FOR_NAME.min(of_name as u64);
        Verdict::Go { after: until.saturating_sub(now).max(for_name) }
    }

    fn count(&self, all: &mut All, now: u64, attempt: &Attempt<'_>) -> Counted {
        let (address, name) = self.keys_of(attempt);
        all.pairs.add((address, name), now, attempt.guess);
        let guess = self.guess(attempt);
        Counted { address: all.addresses.add(address, now, guess), name: all.names.add(name, now, guess) }
    }

    /// What stands for the guess in the counts of an address and of a name: the same one by the same pair counts once
    /// there too; other names or addresses make it another.
    fn guess(&self, attempt: &Attempt<'_>) -> Option<u64> {
        let (address, name) = self.keys_of(attempt);
        attempt.guess.map(|guess| self.keys.hash_one((address, name, guess)))
    }

    fn keys_of(&self, attempt: &Attempt<'_>) -> (u128, u64) {
        (network(attempt.address), self.keys.hash_one(attempt.name.to_lowercase()))
    }

    fn lock(&self) -> MutexGuard<'_, All> {
        self.counts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The address, or of IPv6 the /64 that one customer has.
pub(crate) fn network(address: IpAddr) -> u128 {
    match address.to_canonical() {
        IpAddr::V4(address) => address.to_ipv6_mapped().to_bits(),
        IpAddr::V6(address) => address.to_bits() >> 64 << 64,
    }
}

/// Whether this server asks itself: webmail does, for everybody.
fn is_own(address: IpAddr) -> bool {
    address.to_canonical().is_loopback()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const NOW: u64 = 1_000_000;

    fn jill(address: &str) -> Attempt<'static> {
        Attempt { address: address.parse().unwrap(), name: "jill", guess: None }
    }

    #[test]
    fn mistyping_three_times_costs_nothing_and_a_fourth_a_little() {
        let limiter = Limiter::default();
        for _ in 0..3 {
            limiter.failed(NOW, &jill("192.0.2.1"));
            assert_eq!(limiter.ask(NOW, &jill("192.0.2.1")), Verdict::Go { after: 0 });
        }
        limiter.failed(NOW, &jill("192.0.2.1"));
        assert_eq!(limiter.ask(NOW, &jill("192.0.2.1")), Verdict::Go { after: 1 });
        assert_eq!(limiter.ask(NOW + 1, &jill("192.0.2.1")), Verdict::Go { after: 0 });
        limiter.failed(NOW + 1, &jill("192.0.2.1"));
        assert_eq!(limiter.ask(NOW + 1, &jill("192.0.2.1")), Verdict::Go { after: 2 });
    }

    #[test]
    fn the_tenth_wrong_guess_locks_for_a_quarter_of_an_hour_and_the_next_ten_for_half() {
        let limiter = Limiter::default();
        let (here, there) = (jill("192.0.2.1"), jill("192.0.2.2"));
        (0..10).for_each(|_| limiter.failed(NOW, &here));
        assert_eq!(limiter.ask(NOW, &here), Verdict::Locked { seconds: 900 });
        assert_eq!(limiter.ask(NOW, &there), Verdict::Go { after: 0 });
        let later = NOW + 900;
        assert_eq!(limiter.ask(later, &here), Verdict::Go { after: 0 });
        (0..10).for_each(|_| limiter.failed(later, &here));
        assert_eq!(limiter.ask(later, &here), Verdict::Locked { seconds: 1_800 });
    }

    #[test]
    fn a_phone_with_an_old_password_is_one_wrong_guess() {
        let limiter = Limiter::default();
        let phone = Attempt { guess: Some(7), ..jill("192.0.2.1") };
        (0..1_000).for_each(|at| limiter.failed(NOW + at, &phone));
        assert_eq!(limiter.ask(NOW + 1_000, &phone), Verdict::Go { after: 0 });
    }

    #[test]
    fn tries_at_the_same_moment_are_all_counted() {
        let limiter = Limiter::default();
        let may = |_: &i32| matches!(limiter.begin(NOW, &jill("192.0.2.1")).0, Verdict::Go { after: 0..=PATIENCE });
        assert_eq!((0..1_000).filter(may).count(), 7);
    }

    #[test]
    fn a_right_password_forgets_the_wrong_ones_before() {
        let limiter = Limiter::default();
        for _ in 0..100 {
            (0..8).for_each(|_| limiter.failed(NOW, &jill("192.0.2.1")));
            let other = Attempt { name: "joe", ..jill("192.0.2.1") };
            assert!(matches!(limiter.ask(NOW, &other), Verdict::Go { .. } | Verdict::Locked { .. }));
            limiter.succeeded(&jill("192.0.2.1"), Counted::default());
            if let Verdict::Go { after } = limiter.ask(NOW, &jill("192.0.2.9")) {
                assert!(after <= LONGEST_WAIT_FOR_NAME);
            }
        }
    }

    #[test]
    fn a_right_password_takes_back_what_was_counted_and_no_more() {
        let limiter = Limiter::default();
        let guess = |name, guess| Attempt { name, guess: Some(guess), ..jill("192.0.2.1") };
        let misses = |name| (0..24).for_each(|at| limiter.failed(NOW, &guess(name, at)));
        misses("joe");
        // A program knew this one before it was the password: it counts once.
        limiter.failed(NOW, &guess("jill", 7));
        for _ in 0..30 {
            let (_, counted) = limiter.begin(NOW, &guess("jill", 7));
            limiter.succeeded(&guess("jill", 7), counted);
        }
        misses("jack");
        assert!(matches!(limiter.ask(NOW, &jill("192.0.2.1")), Verdict::Go { .. }));
        limiter.failed(NOW, &guess("jane", 1));
        assert!(matches!(limiter.ask(NOW, &jill("192.0.2.1")), Verdict::Locked { .. }));
    }

    #[test]
    fn an_address_that_tries_many_names_is_locked_and_its_network_of_ipv6_with_it() {
        let limiter = Limiter::default();
        for at in 0..50 {
            let name = format!("member{at}");
            limiter.failed(NOW, &Attempt { name: &name, ..jill(&format!("2001:db8::{at:x}")) });
        }
        assert_eq!(limiter.ask(NOW, &jill("2001:db8::ffff")), Verdict::Locked { seconds: 900 });
        assert_eq!(limiter.ask(NOW, &jill("2001:db8:0:1::1")), Verdict::Go { after: 0 });
    }

    #[test]
    fn webmail_is_slowed_down_and_never_locked() {
        let limiter = Limiter::default();
        (0..1_000).for_each(|_| limiter.failed(NOW, &jill("127.0.0.1")));
        assert!(matches!(limiter.ask(NOW, &jill("::ffff:127.0.0.1")), Verdict::Go { after: 1..=30 }));
    }

    #[test]
    fn a_flood_of_addresses_takes_bounded_memory_and_keeps_locks() {
        let limiter = Limiter::default();
        (0..10).for_each(|_| limiter.failed(NOW, &jill("192.0.2.1")));
        for at in 0..100_000_u32 {
            let name = format!("member{at}");
            let address = IpAddr::V4((0x0a00_0000 + at).into());
            limiter.failed(NOW + 1, &Attempt { address, name: &name, guess: None });
        }
        let all = limiter.lock();
        assert!(
            all.pairs.len() <= MOST_PAIRS && all.addresses.len() <= MOST_ADDRESSES && all.names.len() <= MOST_NAMES
        );
        drop(all);
        assert!(matches!(limiter.ask(NOW + 1, &jill("192.0.2.1")), Verdict::Locked { .. }));
    }

    proptest! {
        #[test]
        fn strangers_lock_nobody_out(guesses in proptest::collection::vec((0..40_u8, 0..4_u8, 0..120_u64), 0..600)) {
            let limiter = Limiter::default();
            let mut now = NOW;
            for (host, name, later) in guesses {
                now += later;
                let name = ["jill", "joe", "jack", "jane"][usize::from(name)];
                let _ = limiter.begin(now, &Attempt { address: IpAddr::from([198, 51, 100, host]), name, guess: None });
            }
            let Verdict::Go { after } = limiter.ask(now, &jill("192.0.2.1")) else { panic!("locked out") };
            prop_assert!(after <= LONGEST_WAIT_FOR_NAME);
        }

        #[test]
        fn no_lock_lasts_longer_than_a_day(times in proptest::collection::vec(0..2_000_u64, 0..400)) {
            let limiter = Limiter::default();
            let mut now = NOW;
            for later in times {
                now += later;
                let _ = limiter.begin(now, &jill("192.0.2.1"));
                if let Verdict::Locked { seconds } = limiter.ask(now, &jill("192.0.2.1")) {
                    prop_assert!(seconds <= 24 * 60 * 60);
                }
            }
            let tomorrow = now + 24 * 60 * 60;
            prop_assert_eq!(limiter.ask(tomorrow, &jill("192.0.2.1")), Verdict::Go { after: 0 });
        }
    }
}
