//! Which cuts are made: after every so many writes, and after each write of the boot state; of each with all, and with
//! some of the writes that no flush has made durable; and with the boot state's sector half written.

use std::collections::BTreeMap;
use std::ops::Range;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::model::Log;
use super::write_log::Done;

/// Bytes of a sector after which the writing of the boot state is cut, beside the ones that the seed chooses.
const TORN: [u64; 4] = [1, 25, 40, 511];
/// How many the seed chooses.
const DRAWN: usize = 2;
/// Bytes of a copy of the boot state.
const SECTOR: u64 = 512;

/// How many are wanted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Wanted {
    /// Places in the log, in all recordings together.
    pub cuts: usize,
    /// How many of the cut disks are really booted.
    pub boots: usize,
    /// What chance depends on.
    pub seed: String,
}

impl Wanted {
    /// So many cuts, and a boot for every twentieth.
    #[must_use]
    pub fn of(cuts: usize, seed: &str) -> Wanted {
        Wanted { cuts, boots: (cuts / 20).max(2), seed: seed.to_owned() }
    }

    /// What there is time for in a run of all scenarios.
    #[must_use]
    pub fn short(seed: &str) -> Wanted {
        Wanted::of(40, seed)
    }

    /// One recording's share of two.
    #[must_use]
    pub fn half(&self) -> Wanted {
        Wanted { cuts: self.cuts.div_ceil(2), boots: self.boots.div_ceil(2), seed: self.seed.clone() }
    }
}

/// What is on the disk of the writes that no flush has made durable.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// All of them.
    Whole,
    /// Some of them.
    Some,
    /// All, of the last one only so many bytes.
    Torn(u64),
}

impl Kind {
    /// For `Model::view`: how many bytes of the last write there are, when not all.
    #[must_use]
    pub fn torn(self) -> Option<u64> {
        match self {
            Kind::Torn(bytes) => Some(bytes),
            Kind::Whole | Kind::Some => None,
        }
    }
}

/// The cuts of one recording.
#[derive(Debug)]
pub struct Plan {
    seed: String,
    cuts: BTreeMap<usize, Vec<Kind>>,
    boots: BTreeMap<usize, Kind>,
}

impl Plan {
    /// Plans the cuts of a log. `stretches` are the parts of an update, which the boots are shared out to in turn.
    #[must_use]
    pub fn new(log: &Log, boot_state: &Range<u64>, stretches: &[Range<usize>], wanted: &Wanted) -> Plan {
        let mut plan = Plan { seed: wanted.seed.clone(), cuts: BTreeMap::new(), boots: BTreeMap::new() };
        let (last, count) = (log.entries.len(), wanted.cuts.max(1));
        for number in 1..=count.min(last) {
            plan.cuts.insert(number * last / count.min(last), vec![Kind::Whole, Kind::Some]);
        }
        for (number, entry) in log.entries.iter().enumerate() {
            let writes = matches!(entry.done, Done::Wrote(_)) && entry.length <= SECTOR;
            if writes && boot_state.contains(&entry.offset) {
                let drawn = (0..DRAWN).map(|turn| 1 + plan.draw(&format!("torn {number} {turn}")) % (SECTOR - 1));
                let torn: Vec<_> = TORN.into_iter().chain(drawn).map(Kind::Torn).collect();
                plan.cuts.entry(number + 1).or_insert_with(|| vec![Kind::Whole, Kind::Some]).extend(torn);
            }
        }
        plan.choose_boots(stretches, wanted.boots);
        plan
    }

    /// The cuts after so many writes.
    #[must_use]
    pub fn at(&self, position: usize) -> &[Kind] {
        self.cuts.get(&position).map_or(&[], Vec::as_slice)
    }

    /// Whether this one is booted.
    #[must_use]
    pub fn boots(&self, position: usize, kind: Kind) -> bool {
        self.boots.get(&position) == Some(&kind)
    }

    /// Whether a write that is not durable is on the disk in a cut.
    #[must_use]
    pub fn keeps(&self, position: usize, kind: Kind, write: usize) -> bool {
        kind != Kind::Some || self.draw(&format!("write {position} {write}")).is_multiple_of(2)
    }

    fn choose_boots(&mut self, stretches: &[Range<usize>], count: usize) {
        let mut left: Vec<Vec<(usize, Kind)>> = stretches.iter().map(|stretch| self.drawn(stretch)).collect();
        let turns = (0..stretches.len()).cycle().take(count * stretches.len().max(1));
        for stretch in turns {
            if self.boots.len() == count {
                return;
            }
            // One boot at each place.
            let boots = &self.boots;
            let free = left[stretch].iter().rposition(|(position, _)| !boots.contains_key(position));
            left[stretch].truncate(free.map_or(0, |last| last + 1));
            self.boots.extend(left[stretch].pop());
        }
    }

    /// The cuts of a stretch in an order of chance.
    fn drawn(&self, stretch: &Range<usize>) -> Vec<(usize, Kind)> {
        let cuts = self.cuts.range(stretch.clone());
        let mut all: Vec<_> = cuts.flat_map(|(at, kinds)| kinds.iter().map(|kind| (*at, *kind))).collect();
        all.sort_by_key(|(at, kind)| self.draw(&format!("boot {at} {kind:?}")));
        all
    }

    /// A number of chance, the same for the same seed and turn.
    fn draw(&self, turn: &str) -> u64 {
        let digest = Sha256::digest(format!("{}\n{turn}", self.seed));
        digest.first_chunk().copied().map_or(0, u64::from_le_bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::super::write_log::craft;
    use super::*;

    /// A hundred writes, the thirtieth and the eightieth one of the boot state.
    fn plan(cuts: usize, boots: usize, seed: &str) -> Plan {
        let write = |log: craft::Log, number: u64| match number {
            30 | 80 => log.wrote(3, 1, b'b'),
            other => log.wrote(8 + other, 2, b'w'),
        };
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("log");
        std::fs::write(&path, (1..=100).fold(craft::Log::default(), write).bytes()).unwrap();
        let log = Log::open(&path, 1 << 20).unwrap();
        let wanted = Wanted { cuts, boots, seed: seed.into() };
        Plan::new(&log, &(1024..2048), &[0..30, 30..60, 60..101], &wanted)
    }

    #[test]
    fn cuts_are_spread_evenly_and_every_write_of_the_boot_state_is_cut_and_torn() {
        let plan = plan(10, 0, "any");
        let places: Vec<_> = plan.cuts.keys().copied().collect();
        assert_eq!(places, [10, 20, 30, 40, 50, 60, 70, 80, 90, 100]);
        assert_eq!(plan.at(20), [Kind::Whole, Kind::Some]);
        let torn = |at| plan.at(at).iter().filter_map(|kind| kind.torn()).collect::<Vec<_>>();
        for at in [30, 80] {
            assert!(torn(at).len() == 6 && torn(at).iter().all(|bytes| (1..512).contains(bytes)), "{:?}", torn(at));
        }
        assert!(torn(100).is_empty());
    }

    #[test]
    fn more_cuts_than_writes_are_one_after_each() {
        assert_eq!(plan(1000, 0, "any").cuts.len(), 100);
    }

    #[test]
    fn boots_are_of_all_stretches_and_the_same_for_a_seed() {
        let boots = |seed| plan(50, 7, seed).boots;
        assert_eq!(boots("a"), boots("a"));
        assert_ne!(boots("a"), boots("b"));
        let of = |stretch: Range<usize>| boots("a").range(stretch).count();
        assert_eq!((of(0..30), of(30..60), of(60..101)), (3, 2, 2));
        assert!(boots("a").iter().all(|(at, kind)| plan(50, 7, "a").at(*at).contains(kind)));
    }

    #[test]
    fn some_of_what_is_not_durable_is_there_and_some_is_not() {
        let plan = plan(10, 0, "any");
        let kept = (0..100).filter(|write| plan.keeps(100, Kind::Some, *write)).count();
        assert!((20..80).contains(&kept), "{kept}");
        assert!((0..100).all(|write| plan.keeps(100, Kind::Whole, write) && plan.keeps(100, Kind::Torn(1), write)));
    }
}
