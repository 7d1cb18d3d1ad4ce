//! The data follow the slot, wherever the power is cut: from every state that a disk can be left in, by one cut or by
//! many, the next boots come to the same end, and at no moment are the data lost.

use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use sos_updater::UpdateError;
use sos_updater::boot_state::choice::{Content, choose, ruling};
use sos_updater::boot_state::{Record, Sector, Slot};
use sos_updater::early::{Facts, carry_out, plan};
use sos_updater::subvolumes::Subvolume::{self, Before, Failed, Update, Var};
use sos_updater::subvolumes::{Access, Subvolumes};

/// What each subvolume holds, and whether it may be written to.
type Data = BTreeMap<Subvolume, (&'static str, bool)>;

/// A disk without power.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct World {
    data: Data,
    copies: [String; 2],
    /// Whether what a failed try wrote fills it.
    full: bool,
}

/// A disk with power, and so many operations until it is cut.
struct Disk {
    now: Data,
    /// What a cut may leave: the last state that is on the disk for sure, and all behind it.
    left_by_a_cut: Vec<Data>,
    operations: Rc<Cell<usize>>,
}

/// How a boot ended.
struct Boot {
    /// The disk, in each of the states that a cut at the end of it may leave.
    worlds: Vec<World>,
    on_trial: bool,
    /// Whether it came through without a cut.
    whole: bool,
}

fn world(data: &[(Subvolume, &'static str)], copies: [&str; 2]) -> World {
    let data = data.iter().map(|(subvolume, holds)| (*subvolume, (*holds, !matches!(subvolume, Before(_)))));
    World { data: data.collect(), copies: copies.map(String::from), full: false }
}

impl World {
    fn sectors(&self) -> [Sector; 2] {
        [0, 1].map(|copy| Sector::of(self.copies[copy].parse().unwrap()))
    }

    fn holds(&self, subvolume: Subvolume) -> Option<&'static str> {
        self.data.get(&subvolume).map(|(holds, _)| *holds)
    }

    /// Boots, and runs what is decided in the initrd for so many operations.
    fn boot(&self, operations: usize) -> Boot {
        let whole = Content { complete: true, build: 1 };
        let choice = choose(self.sectors(), [whole, whole]);
        let (slot, sectors) = (choice.slot.unwrap(), choice.sectors);
        let (copy, record) = ruling([Some(&sectors[0]), Some(&sectors[1])]).unwrap();
        let on_trial = record.on_trial() == Some(slot);
        let mut copies = sectors.map(|sector| sector.record().unwrap().to_string());

        let there = self.data.keys().copied().collect();
        let steps = plan(&Facts { slot, on_trial, recorded_trial: record.trial.is_some(), short: self.full, there });
        let left = Rc::new(Cell::new(operations));
        let mut disk =
            Disk { now: self.data.clone(), left_by_a_cut: vec![self.data.clone()], operations: left.clone() };
        let mut settle = || {
            operate(&left)?;
            copies[1 - copy] = Record { sequence: record.sequence + 1, ..Record::settled(slot) }.to_string();
            Ok(())
        };
        let whole = carry_out(&steps, &mut disk, &mut settle).is_ok();
        let settled = copies.iter().any(|copy| copy.ends_with(":-:0") && !self.copies.contains(copy));
        assert!(!settled || disk.left_by_a_cut.len() == 1, "the boot state was written before the data");
        let worlds = disk
            .left_by_a_cut
            .into_iter()
            .map(|data| World { data, copies: copies.clone(), full: self.full })
            .collect();
        Boot { worlds, on_trial, whole }
    }

    /// Boots without a cut. What is tried writes to the data.
    fn boot_whole(&self) -> World {
        let mut boot = self.boot(usize::MAX);
        assert!(boot.whole, "{self:?}");
        let mut world = boot.worlds.pop().unwrap();
        let data = world.data.get_mut(&Var).unwrap_or_else(|| panic!("{self:?} boots without data"));
        assert!(data.1, "{self:?} boots with data that cannot be written");
        if boot.on_trial {
            assert!(world.data.contains_key(&Before(Slot::A)), "nothing was kept before the trial");
            world.data.get_mut(&Var).unwrap().0 = "written in the trial";
        }
        world
    }
}

fn operate(left: &Cell<usize>) -> Result<(), UpdateError> {
    if left.get() == 0 {
        return Err(UpdateError::Unfit("the power is cut".into()));
    }
    left.set(left.get() - 1);
    Ok(())
}

impl Disk {
    fn change(&mut self, change: impl FnOnce(&mut Data)) -> Result<(), UpdateError> {
        operate(&self.operations)?;
        change(&mut self.now);
        self.left_by_a_cut.push(self.now.clone());
        Ok(())
    }

    fn put(&mut self, subvolume: Subvolume, content: (&'static str, bool)) {
        assert_eq!(self.now.insert(subvolume, content), None, "{subvolume} was there already");
        self.left_by_a_cut.push(self.now.clone());
    }

    fn all_is_on_the_disk(&mut self) {
        self.left_by_a_cut = vec![self.now.clone()];
    }
}

impl Subvolumes for Disk {
    fn has(&self, subvolume: Subvolume) -> Result<bool, UpdateError> {
        Ok(self.now.contains_key(&subvolume))
    }

    fn make(&mut self, subvolume: Subvolume) -> Result<(), UpdateError> {
        operate(&self.operations)?;
        self.put(subvolume, ("nothing", true));
        Ok(())
    }

    fn snapshot(&mut self, from: Subvolume, to: Subvolume, access: Access) -> Result<(), UpdateError> {
        operate(&self.operations)?;
        let content = self.now[&from].0;
        self.put(to, (content, access == Access::Writable));
        self.all_is_on_the_disk();
        Ok(())
    }

    fn set_writable(&mut self, subvolume: Subvolume) -> Result<(), UpdateError> {
        self.change(|data| data.get_mut(&subvolume).unwrap().1 = true)
    }

    fn rename(&mut self, from: Subvolume, to: Subvolume) -> Result<(), UpdateError> {
        self.change(|data| {
            let content = data.remove(&from).unwrap();
            assert_eq!(data.insert(to, content), None, "{to} was there already");
        })
    }

    fn delete(&mut self, subvolume: Subvolume) -> Result<(), UpdateError> {
        self.change(|data| assert!(data.remove(&subvolume).is_some()))?;
        self.all_is_on_the_disk();
        Ok(())
    }

    fn free(&mut self) -> Result<(), UpdateError> {
        operate(&self.operations)
    }

    fn sync(&mut self) -> Result<(), UpdateError> {
        operate(&self.operations)?;
        self.all_is_on_the_disk();
        Ok(())
    }
}

/// Every state that cuts can leave the disk in, from `start`; whole boots are in between.
fn reachable(start: &World) -> BTreeSet<World> {
    let (mut found, mut new) = (BTreeSet::from([start.clone()]), vec![start.clone()]);
    while let Some(world) = new.pop() {
        let mut next = vec![world.boot_whole()];
        for operations in 0.. {
            let boot = world.boot(operations);
            next.extend(boot.worlds);
            if boot.whole {
                break;
            }
        }
        new.extend(next.into_iter().filter(|world| found.insert(world.clone())));
    }
    found
}

/// Holds every reachable state to this: some subvolume holds each of `precious`, and three boots later `end` is so.
fn converges(start: &World, precious: &[&'static str], end: impl Fn(&World)) -> usize {
    let worlds = reachable(start);
    for world in &worlds {
        for data in precious {
            assert!(Subvolume::ALL.iter().any(|at| world.holds(*at) == Some(*data)), "{data} is lost in {world:#?}");
        }
        end(&world.boot_whole().boot_whole().boot_whole());
    }
    worlds.len()
}

fn is_settled_on_a(world: &World, data: &str) {
    let sectors = world.sectors();
    let (_, record) = ruling([Some(&sectors[0]), Some(&sectors[1])]).unwrap();
    assert_eq!((record.good, record.trial), (Slot::A, None), "{world:#?}");
    assert_eq!(world.holds(Var), Some(data), "{world:#?}");
    assert_eq!(world.holds(Before(Slot::A)), None, "{world:#?}");
    assert_eq!(world.boot_whole(), *world, "an ordinary boot changes nothing");
}

#[test]
fn the_first_boot_makes_the_subvolumes() {
    let count = converges(&world(&[], ["1:a:-:0", "2:a:-:0"]), &[], |end| {
        assert_eq!(end.data, world(&[(Var, "nothing"), (Update, "nothing")], ["", ""]).data);
    });
    assert_eq!(count, 3);
}

#[test]
fn an_ordinary_boot_does_nothing() {
    let old = world(&[(Var, "old"), (Update, "kept"), (Before(Slot::B), "older")], ["3:a:-:0", "2:a:b:0"]);
    assert_eq!(reachable(&old), BTreeSet::from([old]));
}

#[test]
fn a_trial_that_comes_to_nothing_leaves_the_old_data() {
    for failed in [&[][..], &[(Failed, "an older failure")]] {
        let data = [&[(Var, "old"), (Update, "kept")], failed].concat();
        let start = world(&data, ["1:a:-:0", "2:a:b:1"]);
        assert_eq!(start.boot_whole().boot_whole().holds(Failed), Some("written in the trial"));
        let count = converges(&start, &["old"], |end| is_settled_on_a(end, "old"));
        assert!(count > 10, "{count}");
    }
}

#[test]
fn what_a_trial_left_on_a_full_disk_goes_and_the_old_data_stay() {
    for failed in [&[][..], &[(Failed, "an older failure")]] {
        let data = [&[(Var, "old"), (Update, "kept")], failed].concat();
        let start = World { full: true, ..world(&data, ["1:a:-:0", "2:a:b:1"]) };
        assert_eq!(start.boot_whole().boot_whole().holds(Failed), None);
        converges(&start, &["old"], |end| is_settled_on_a(end, "old"));
    }
}

#[test]
fn data_that_are_all_there_is_stay_on_a_full_disk() {
    let end = World { full: true, ..world(&[(Failed, "old")], ["1:a:-:0", "2:a:-:0"]) }.boot_whole();
    assert_eq!(end.holds(Var), Some("old"));
}

#[test]
fn a_trial_with_more_tries_begins_each_of_them_with_the_old_data() {
    let data = [(Var, "written in the trial"), (Update, "kept"), (Before(Slot::A), "old"), (Failed, "older failure")];
    let start = world(&data, ["1:a:-:0", "2:a:b:2"]);
    assert_eq!(start.boot(usize::MAX).worlds.pop().unwrap().holds(Var), Some("old"));
    converges(&start, &["old"], |end| is_settled_on_a(end, "old"));
}

#[test]
fn going_back_brings_the_data_of_then_and_keeps_those_of_now() {
    let data = [(Var, "now"), (Update, "kept"), (Before(Slot::A), "then"), (Failed, "an older failure")];
    converges(&world(&data, ["4:a:-:0", "3:b:-:0"]), &["now", "then"], |end| {
        is_settled_on_a(end, "then");
        assert_eq!(end.holds(Failed), Some("now"));
    });
}

#[test]
fn a_committed_release_keeps_its_data_and_those_of_before() {
    let data = [(Var, "new"), (Update, "kept"), (Before(Slot::A), "old")];
    let start = world(&data, ["3:b:-:0", "2:a:b:0"]);
    assert_eq!(reachable(&start), BTreeSet::from([start]));
}

#[test]
fn data_in_no_place_are_found_before_new_ones_are_made() {
    for (there, found) in [(Before(Slot::B), "old"), (Failed, "old"), (Update, "nothing")] {
        let end = world(&[(there, "old")], ["1:a:-:0", "2:a:-:0"]).boot_whole();
        assert_eq!(end.holds(Var), Some(found));
    }
}
