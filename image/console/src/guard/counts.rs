//! Counts of wrong guesses in a bounded map: a flood of new keys pushes out those that were quiet the longest.

use std::collections::{HashMap, VecDeque};
use std::hash::Hash;

/// After how many quiet seconds a count is forgotten.
const FORGOTTEN: u64 = 24 * 60 * 60;
/// How many different wrong guesses are remembered, so that one repeated counts once.
const REMEMBERED: usize = 8;

/// How much of something there may be.
#[derive(Debug, Clone, Copy)]
pub(super) struct Bound {
    /// Wrong guesses within the window that are one too many.
    pub(super) most: usize,
    /// The window, in seconds.
    pub(super) window: u64,
    /// How long the first lock lasts, in seconds; each further one twice as long.
    pub(super) lock: u64,
    /// The longest lock.
    pub(super) longest_lock: u64,
}

/// Wrong guesses of one kind by one key.
#[derive(Debug, Clone, Default)]
pub(super) struct Count {
    times: VecDeque<u64>,
    guesses: VecDeque<u64>,
    locked_until: u64,
    locks: u32,
    newest: u64,
}

impl Count {
    /// Wrong guesses in the window that ends now.
    pub(super) fn recent(&self, now: u64, bound: &Bound) -> usize {
        self.times.iter().filter(|at| **at + bound.window > now).count()
    }

    /// For how many seconds it is locked still; 0 when it is not.
    pub(super) fn locked(&self, now: u64) -> u64 {
        self.locked_until.saturating_sub(now)
    }

    /// When the newest wrong guess was.
    pub(super) fn newest(&self) -> u64 {
        self.newest
    }

    /// Counts a wrong guess; gives whether it did. The same one again counts for nothing: it is a program with an old
    /// password.
    fn add(&mut self, now: u64, guess: Option<u64>, bound: &Bound) -> bool {
        if let Some(guess) = guess {
            if self.guesses.contains(&guess) {
                return false;
            }
            self.guesses.push_back(guess);
            if self.guesses.len() > REMEMBERED {
                self.guesses.pop_front();
            }
        }
        self.newest = now;
        self.times.retain(|at| *at + bound.window > now);
        self.times.push_back(now);
        if self.times.len() >= bound.most {
            self.times.pop_front();
            if bound.lock > 0 && self.locked(now) == 0 {
                self.times.clear();
                self.locked_until = now + bound.longest_lock.min(bound.lock << self.locks.min(16));
                self.locks += 1;
            }
        }
        true
    }

    /// Takes back a wrong guess that was counted.
    fn take_back(&mut self, guess: Option<u64>) {
        self.times.pop_back();
        self.guesses.retain(|known| Some(*known) != guess);
    }
}

/// Counts by key, at most so many.
#[derive(Debug)]
pub(super) struct Counts<K> {
    counts: HashMap<K, Count>,
    most: usize,
    bound: Bound,
}

impl<K: Eq + Hash + Copy> Counts<K> {
    pub(super) fn new(most: usize, bound: Bound) -> Self {
        Self { counts: HashMap::new(), most, bound }
    }

    pub(super) fn bound(&self) -> &Bound {
        &self.bound
    }

    pub(super) fn get(&self, key: K) -> Option<&Count> {
        self.counts.get(&key)
    }

    /// Counts a wrong guess; gives whether it did.
    pub(super) fn add(&mut self, key: K, now: u64, guess: Option<u64>) -> bool {
        if !self.counts.contains_key(&key) && self.counts.len() >= self.most {
            self.make_room(now);
        }
        let bound = self.bound;
        self.counts.entry(key).or_default().add(now, guess, &bound)
    }

    pub(super) fn take_back(&mut self, key: K, guess: Option<u64>) {
        if let Some(count) = self.counts.get_mut(&key) {
            count.take_back(guess);
        }
    }

    pub(super) fn forget(&mut self, key: K) {
        self.counts.remove(&key);
    }

    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.counts.len()
    }

    /// Forgets what is old, and failing that the eighth that was quiet the longest; what is locked goes last.
    fn make_room(&mut self, now: u64) {
        self.counts.retain(|_, count| count.newest + FORGOTTEN > now || count.locked(now) > 0);
        if self.counts.len() < self.most {
            return;
        }
        let mut oldest: Vec<_> =
            self.counts.iter().map(|(key, count)| (count.locked(now) > 0, count.newest, *key)).collect();
        oldest.sort_unstable_by_key(|(locked, newest, _)| (*locked, *newest));
        for (_, _, key) in oldest.iter().take((self.most / 8).max(1)) {
            self.counts.remove(key);
        }
    }
}
