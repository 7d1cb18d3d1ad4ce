//! What the boot chooser does, as a pure function: `image/boot/grub.cfg` in Rust.
//!
//! In: both copies of the boot state, and what is in the slots. Out: the slot that boots, and the copies as they are
//! then. The device does not choose; its tests do with this, and one of them holds it to GRUB.

use super::record::{Record, Slot};
use super::sector::Sector;

/// What the chooser sees of a slot.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Content {
    /// Kernel, initrd and `slot.cfg` are there.
    pub complete: bool,
    /// `slot_build` in `slot.cfg`, which is greater for a newer release; 0 when it is not said.
    pub build: u32,
}

/// What the chooser does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Choice {
    /// The slot whose kernel it loads; nothing when there is none to choose. When that slot is not complete, the
    /// machine starts again.
    pub slot: Option<Slot>,
    /// The copies, afterwards.
    pub sectors: [Sector; 2],
}

/// Which of two copies rules, and what it says: of those that are sound the one with the higher sequence, of equal ones
/// the first.
#[must_use]
pub fn ruling(sectors: [Option<&Sector>; 2]) -> Option<(usize, Record)> {
    let records = sectors.into_iter().enumerate();
    let sound = records.filter_map(|(copy, sector)| Some((copy, sector?.record()?)));
    sound.reduce(|ruling, other| if other.1.sequence > ruling.1.sequence { other } else { ruling })
}

/// Chooses, of slots a and b.
#[must_use]
pub fn choose(sectors: [Sector; 2], contents: [Content; 2]) -> Choice {
    let Some((copy, record)) = ruling([Some(&sectors[0]), Some(&sectors[1])]) else {
        return Choice { slot: newest(contents), sectors };
    };
    let settled = Choice { slot: Some(record.good), sectors };
    let Some(trial) = record.trial.filter(|_| record.tries != 0) else { return settled };
    // Never a trial that cannot be counted: it would be tried for ever.
    let Some(counted) = sectors[copy].saved(Record { tries: (record.tries - 1).min(3), ..record }) else {
        return settled;
    };
    let mut sectors = sectors;
    sectors[copy] = counted;
    Choice { slot: Some(trial), sectors }
}

/// The slot with the newest complete release: what boots when both copies are damaged.
fn newest(contents: [Content; 2]) -> Option<Slot> {
    let complete = Slot::BOTH.into_iter().zip(contents).filter(|(_, content)| content.complete && content.build > 0);
    complete.reduce(|newest, other| if other.1.build > newest.1.build { other } else { newest }).map(|(slot, _)| slot)
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAMAGED: Sector = Sector([0; 512]);

    fn copy(record: &str) -> Sector {
        Sector::of(record.parse().unwrap())
    }

    fn slots(a: u32, b: u32) -> [Content; 2] {
        [a, b].map(|build| Content { complete: build > 0, build })
    }

    #[test]
    fn a_trial_is_tried_once_and_then_the_good_slot_boots() {
        let first = choose([copy("1:a:-:0"), copy("2:a:b:1")], slots(1, 2));
        assert_eq!((first.slot, first.sectors), (Some(Slot::B), [copy("1:a:-:0"), copy("2:a:b:0")]));
        let second = choose(first.sectors, slots(1, 2));
        assert_eq!((second.slot, second.sectors), (Some(Slot::A), first.sectors));
    }

    #[test]
    fn the_higher_sequence_rules_and_the_first_of_equal_ones() {
        assert_eq!(choose([copy("9:a:-:0"), copy("10:b:-:0")], slots(1, 1)).slot, Some(Slot::B));
        assert_eq!(choose([copy("9:a:-:0"), copy("9:b:-:0")], slots(1, 1)).slot, Some(Slot::A));
        assert_eq!(choose([DAMAGED, copy("9:b:-:0")], slots(1, 1)).slot, Some(Slot::B));
    }

    #[test]
    fn the_newest_complete_release_boots_when_both_copies_are_damaged() {
        for (a, b, slot) in [(1, 2, Some(Slot::B)), (2, 1, Some(Slot::A)), (1, 0, Some(Slot::A)), (0, 0, None)] {
            assert_eq!(choose([DAMAGED; 2], slots(a, b)), Choice { slot, sectors: [DAMAGED; 2] });
        }
        assert_eq!(choose([DAMAGED; 2], slots(2, 2)).slot, Some(Slot::A));
    }

    #[test]
    fn a_trial_that_cannot_be_counted_is_not_tried() {
        let mut full = copy("3:a:b:1");
        full.0[511] = b'x';
        assert_eq!(choose([DAMAGED, full], slots(1, 2)), Choice { slot: Some(Slot::A), sectors: [DAMAGED, full] });
    }
}
