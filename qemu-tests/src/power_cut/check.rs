//! The quick check of a cut disk, which boots nothing: what the boot chooser would do with it, whether the slot that it
//! starts is whole, whether the state's file system is, and which data the initrd would give to that slot.
//!
//! Choosing and planning are the updater's own functions, one of which is held to GRUB. Who wrote data is found out from
//! btrfs: every transaction was made by the slot that ran then.

use std::collections::BTreeMap;
use std::ops::Range;
use std::path::Path;

use sos_signing::SlotIndex;
use sos_updater::UpdateError;
use sos_updater::boot_state::choice::{self, choose, ruling};
use sos_updater::boot_state::{SIZE, Sector, Slot, ext2};
use sos_updater::early::{Facts, carry_out, plan};
use sos_updater::subvolumes::{Access, Subvolume, Subvolumes};

use super::btrfs::{self, Looker, Sound};
use super::model::Bytes;
use super::slots::{Content, Places};
use crate::vm::find_partition;
use crate::{Error, Result};

/// The copies of the boot state.
const COPIES: [&str; 2] = ["/state-1", "/state-2"];

/// Where everything is on the disk.
#[derive(Debug, Clone)]
pub struct Layout {
    /// The boot state's partition.
    pub boot_state: Range<u64>,
    /// The state's.
    pub state: Range<u64>,
    slots: [Places; 2],
}

impl Layout {
    /// Finds it on a raw disk.
    ///
    /// # Errors
    /// [`Error::Unmet`] when a partition is not there.
    pub fn find(disk: &Path) -> Result<Layout> {
        let range = |label: &str| find_partition(disk, label).map(|found| found.offset..found.offset + found.length);
        let slot = |slot| Ok(Places { root: range(&format!("root-{slot}"))?, boot: range(&format!("boot-{slot}"))? });
        let slots = [slot(Slot::A)?, slot(Slot::B)?];
        Ok(Layout { boot_state: range("bootstate")?, state: range("state")?, slots })
    }

    fn slot(&self, slot: Slot) -> &Places {
        &self.slots[usize::from(slot == Slot::B)]
    }
}

/// What would become of a cut disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fate {
    /// The slot that starts.
    pub slot: Slot,
    /// Whether it is on trial then.
    pub on_trial: bool,
}

/// What must not become of one.
#[derive(Debug)]
pub enum Harm {
    /// It does not start.
    Unbootable(String),
    /// A slot with the other's data.
    Mixed(String),
    /// Data, or a release that was decided on, are gone.
    Lost(String),
}

/// How far an update was.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decided {
    /// Nothing was tried: this slot it is.
    For(Slot),
    /// A try is on: either may start.
    Open,
}

/// The old slot's content is what it was; the new one's what was staged; the boot state's copies do not move.
#[derive(Debug)]
pub struct Checker {
    /// The slot that ran at the start.
    pub old: Slot,
    contents: [Content; 2],
    copies: [u64; 2],
    looker: Looker,
    /// Which slot wrote the transactions after this one.
    writers: Vec<(u64, Slot)>,
}

impl Checker {
    /// For disks that begin as this one and get a release with this index.
    ///
    /// # Errors
    /// When the disk is none of ours, or has harm already.
    pub fn new(disk: &impl Bytes, layout: &Layout, index: &SlotIndex) -> Result<Checker> {
        let place = |name| {
            let mut read = |place: u64, length: usize| {
                let mut bytes = vec![0; length];
                disk.read(layout.boot_state.start + place, &mut bytes).map_err(std::io::Error::other)?;
                Ok(bytes)
            };
            let found = ext2::find(&mut read, name).map(|place| layout.boot_state.start + place);
            found.map_err(|error| Error::Unmet(format!("the boot state's partition: {error}")))
        };
        let copies = [place(COPIES[0])?, place(COPIES[1])?];
        let record = ruling([Some(&sector(disk, copies[0])?), Some(&sector(disk, copies[1])?)]);
        let Some((_, record)) = record.filter(|(_, record)| record.trial.is_none()) else {
            return Err(Error::Unmet(
                "the boot state is damaged, or speaks of a trial, before anything was written".into(),
            ));
        };
        let old = record.good;
        let (now, then) =
            (Content::of_now(disk, layout.slot(old))?, Content::of_release(index, layout.slot(old.other())));
        let contents = if old == Slot::A { [now, then] } else { [then, now] };
        let looker = Looker::new(layout.state.clone());
        Ok(Checker { old, contents, copies, looker, writers: vec![(0, old)] })
    }

    /// Something was written there for good.
    pub fn forget(&mut self, written: &Range<u64>) {
        self.contents.iter_mut().for_each(|content| content.forget(written));
        self.looker.forget(written);
    }

    /// From this disk on, `slot` writes.
    ///
    /// # Errors
    /// When its file system is not sound.
    pub fn starts(&mut self, disk: &impl Bytes, slot: Slot) -> Result<()> {
        let sound = self.looker.look(disk)?;
        self.writers.push((sound.generation, slot));
        Ok(())
    }

    /// What becomes of a disk, or which harm it has.
    ///
    /// # Errors
    /// [`Error::File`]: what the disk holds is never an error.
    pub fn check(&mut self, disk: &impl Bytes, decided: Decided) -> Result<std::result::Result<Fate, Harm>> {
        let sectors = [sector(disk, self.copies[0])?, sector(disk, self.copies[1])?];
        let choice = choose(sectors, [choice::Content::default(); 2]);
        let after = ruling([Some(&choice.sectors[0]), Some(&choice.sectors[1])]);
        let (Some(slot), Some((_, record))) = (choice.slot, after) else {
            return Ok(Err(Harm::Unbootable(format!("both copies of the boot state are damaged: {sectors:?}"))));
        };
        if let Some(missing) = self.contents[usize::from(slot == Slot::B)].missing(disk)? {
            return Ok(Err(Harm::Unbootable(format!(
                "slot {slot} is to start, and bytes {missing:?} are not its own"
            ))));
        }
        let sound = match self.looker.look(disk) {
            Ok(sound) => sound,
            Err(Error::Unmet(what)) => return Ok(Err(Harm::Unbootable(format!("the state: {what}")))),
            Err(error) => return Err(error),
        };
        let (on_trial, recorded_trial) = (record.on_trial() == Some(slot), record.trial.is_some());
        let data = match data(&sound, slot, on_trial, recorded_trial) {
            Ok(data) => data,
            Err(harm) => return Ok(Err(harm)),
        };
        let writer = self.writer(&data);
        // A trial begins with the other's data; everything else goes on with its own.
        let right = if on_trial { slot.other() } else { slot };
        if writer != right {
            let trial = if on_trial { ", on trial," } else { "" };
            return Ok(Err(Harm::Mixed(format!("slot {slot}{trial} would get data that slot {writer} wrote last"))));
        }
        Ok(match decided {
            Decided::For(good) if good != slot || on_trial => {
                Err(Harm::Lost(format!("slot {slot} would start, after slot {good} was decided on")))
            }
            _ => Ok(Fate { slot, on_trial }),
        })
    }

    fn writer(&self, data: &btrfs::Subvolume) -> Slot {
        let since = |(after, _): &&(u64, Slot)| data.logged || *after < data.changed;
        self.writers.iter().rev().find(since).map_or(self.old, |(_, slot)| *slot)
    }
}

/// The data that the initrd would give to a slot.
fn data(
    sound: &Sound,
    slot: Slot,
    on_trial: bool,
    recorded_trial: bool,
) -> std::result::Result<btrfs::Subvolume, Harm> {
    let named = |subvolume: &Subvolume| sound.subvolumes.get(&subvolume.to_string()).copied();
    let there: BTreeMap<Subvolume, btrfs::Subvolume> =
        Subvolume::ALL.into_iter().filter_map(|subvolume| Some((subvolume, named(&subvolume)?))).collect();
    // The recorded machine's disk is far from full.
    let facts = Facts { slot, on_trial, recorded_trial, short: false, there: there.keys().copied().collect() };
    let mut paper = Paper { there, made: None };
    match carry_out(&plan(&facts), &mut paper, &mut || Ok(())) {
        Err(error) => Err(Harm::Unbootable(format!("with {:?} the initrd fails: {error}", facts.there))),
        Ok(()) if paper.made == Some(Subvolume::Var) => {
            Err(Harm::Lost(format!("with {:?} slot {slot} would start without any data", facts.there)))
        }
        Ok(()) => paper
            .there
            .remove(&Subvolume::Var)
            .ok_or_else(|| Harm::Lost(format!("with {:?} slot {slot} would find no data", facts.there))),
    }
}

/// The top level, on paper.
struct Paper {
    there: BTreeMap<Subvolume, btrfs::Subvolume>,
    /// What was made empty.
    made: Option<Subvolume>,
}

impl Paper {
    fn take(&mut self, subvolume: Subvolume) -> std::result::Result<btrfs::Subvolume, UpdateError> {
        self.there.remove(&subvolume).ok_or_else(|| UpdateError::Unfit(format!("there is no {subvolume}")))
    }

    fn put(&mut self, name: Subvolume, subvolume: btrfs::Subvolume) -> std::result::Result<(), UpdateError> {
        match self.there.insert(name, subvolume) {
            None => Ok(()),
            Some(_) => Err(UpdateError::Unfit(format!("there is {name} already"))),
        }
    }
}

impl Subvolumes for Paper {
    fn has(&self, subvolume: Subvolume) -> std::result::Result<bool, UpdateError> {
        Ok(self.there.contains_key(&subvolume))
    }

    fn make(&mut self, subvolume: Subvolume) -> std::result::Result<(), UpdateError> {
        self.made = Some(subvolume);
        self.put(subvolume, btrfs::Subvolume { changed: 0, logged: false })
    }

    fn snapshot(&mut self, from: Subvolume, to: Subvolume, _: Access) -> std::result::Result<(), UpdateError> {
        let subvolume = self.take(from)?;
        self.there.insert(from, subvolume);
        self.put(to, subvolume)
    }

    fn set_writable(&mut self, _: Subvolume) -> std::result::Result<(), UpdateError> {
        Ok(())
    }

    fn rename(&mut self, from: Subvolume, to: Subvolume) -> std::result::Result<(), UpdateError> {
        let subvolume = self.take(from)?;
        self.put(to, subvolume)
    }

    fn delete(&mut self, subvolume: Subvolume) -> std::result::Result<(), UpdateError> {
        self.take(subvolume).map(drop)
    }

    fn free(&mut self) -> std::result::Result<(), UpdateError> {
        Ok(())
    }

    fn sync(&mut self) -> std::result::Result<(), UpdateError> {
        Ok(())
    }
}

fn sector(disk: &impl Bytes, place: u64) -> Result<Sector> {
    let mut bytes = [0; SIZE];
    disk.read(place, &mut bytes)?;
    Ok(Sector(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sound(subvolumes: &[(&str, u64)]) -> Sound {
        let subvolume = |changed| btrfs::Subvolume { changed, logged: false };
        let subvolumes = subvolumes.iter().map(|(name, changed)| ((*name).to_owned(), subvolume(*changed))).collect();
        Sound { generation: 99, subvolumes }
    }

    fn given(subvolumes: &[(&str, u64)], slot: Slot, on_trial: bool) -> Option<u64> {
        data(&sound(subvolumes), slot, on_trial, on_trial).ok().map(|data| data.changed)
    }

    #[test]
    fn the_data_on_paper_are_those_that_the_initrd_gives() {
        let all = [("@update", 1), ("@var", 20), ("@before-a", 10)];
        assert_eq!(given(&all, Slot::A, false), Some(10), "a gets back what it had");
        assert_eq!(given(&all, Slot::B, false), Some(20), "b keeps its own");
        assert_eq!(given(&all, Slot::B, true), Some(10), "a trial that began before begins again");
        assert_eq!(given(&all[..2], Slot::B, true), Some(20));
    }

    #[test]
    fn a_start_without_any_data_is_a_loss() {
        assert!(matches!(data(&sound(&[("@update", 1)]), Slot::A, false, false), Err(Harm::Lost(_))));
    }

    #[test]
    fn who_wrote_data_is_who_ran_when_it_changed_or_runs_now() {
        let contents = [
            Content::of_release(&SlotIndex { format: 1, parts: Vec::new() }, &PLACES),
            Content::of_release(&SlotIndex { format: 1, parts: Vec::new() }, &PLACES),
        ];
        let writers = vec![(0, Slot::A), (10, Slot::B), (20, Slot::A)];
        let checker = Checker { old: Slot::A, contents, copies: [0, 0], looker: Looker::new(0..1), writers };
        let writer = |changed, logged| checker.writer(&btrfs::Subvolume { changed, logged });
        assert_eq!([10, 11, 20, 21].map(|changed| writer(changed, false)), [Slot::A, Slot::B, Slot::B, Slot::A]);
        assert_eq!(writer(11, true), Slot::A);
    }

    const PLACES: Places = Places { root: 0..0, boot: 0..0 };
}
