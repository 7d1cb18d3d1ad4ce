//! Cuts the power after every so many of the writes of a whole update, and looks what became of the machine.
//!
//! 1. [`recording`] has a populated machine update on a disk whose writes QEMU keeps in a log ([`write_log`] reads it).
//! 2. [`model`] is the disk after a cut anywhere in that log: what no flush had made durable may be there or not.
//!    [`cuts`] says which cuts are made.
//! 3. [`check`] looks at each cut disk without booting it, by the updater's own functions: a slot starts that is whole
//!    ([`slots`]), the state's file system is whole ([`btrfs`]), and the slot gets its own data.
//! 4. [`boots`] really boots a sample.
//!
//! There is harm when a machine does not start, when a slot has the other's data, or when something is lost.

pub mod boots;
pub mod btrfs;
pub mod check;
pub mod cuts;
pub mod model;
pub mod recording;
pub mod slots;
pub mod write_log;

use std::ops::Range;
use std::path::Path;
use std::time::{Duration, Instant};

use self::check::{Checker, Decided, Fate, Harm, Layout};
use self::cuts::{Kind, Plan, Wanted};
use self::model::{Log, Model, View};
use self::recording::{End, Recording};
use crate::program::Program;
use crate::session::Stage;
use crate::vm::MACHINE_DISK_BYTES;
use crate::{Error, Result, must};

/// `btrfs check` is asked about one cut of so many.
const SECOND_OPINION: usize = 40;
/// How long it may take.
const OPINION_LIMIT: Duration = Duration::from_secs(600);
/// So many harms are told.
const TOLD: usize = 12;
/// Between two words on how far it is.
const TELL: Duration = Duration::from_secs(60);

/// Cuts a recording and holds every cut disk to what must be.
///
/// # Errors
/// [`Error::Unmet`] with the first harms.
pub fn replay(stage: &mut Stage, recording: &Recording, wanted: &Wanted) -> Result<()> {
    let (log, layout) = (Log::open(&recording.log, MACHINE_DISK_BYTES)?, Layout::find(&recording.start)?);
    let times = Times::of(&log, recording)?;
    let plan = Plan::new(&log, &layout.boot_state, &times.stretches(log.entries.len()), wanted);
    let mut model = Model::new(&log, &recording.start)?;
    let checker = Checker::new(&model.view(|_| true, None), &layout, &recording.index)?;
    let mut replay = Replay {
        stage,
        recording,
        layout,
        times,
        plan,
        checker,
        tally: Tally::default(),
        writes: log.entries.len(),
        told: Instant::now(),
    };
    let start = Instant::now();
    while model.position() < log.entries.len() {
        for written in model.advance()? {
            replay.checker.forget(&written);
        }
        replay.cut(&model)?;
    }
    let Replay { tally, .. } = replay;
    let harms = tally.harms.len();
    stage.note(tally.told(log.entries.len(), start.elapsed(), &wanted.seed));
    let told: Vec<_> = tally.harms.into_iter().take(TOLD).collect();
    must!(harms == 0, "{harms} cuts did harm:\n{}", told.join("\n"));
    Ok(())
}

/// When things happened, as numbers of entries.
#[derive(Debug)]
struct Times {
    tried: usize,
    starts: Vec<usize>,
    ended: usize,
    letters: Vec<usize>,
}

impl Times {
    fn of(log: &Log, recording: &Recording) -> Result<Times> {
        let at = |bytes| log.entries_before(bytes);
        let times = Times {
            tried: at(recording.tried.log_bytes),
            starts: recording.starts.iter().map(|start| at(start.log_bytes)).collect(),
            ended: at(recording.ended.log_bytes),
            letters: recording.letters.iter().map(|letter| at(letter.log_bytes)).collect(),
        };
        let all = [times.tried].into_iter().chain(times.starts.clone()).chain([times.ended, log.entries.len()]);
        must!(times.tried > 0 && all.is_sorted(), "the recording's moments are in no order: {times:?}");
        Ok(times)
    }

    /// The trial first, then what came after it, then the staging: a short run has boots of the first ones only.
    fn stretches(&self, entries: usize) -> [Range<usize>; 3] {
        [self.tried..self.ended, self.ended..entries + 1, 0..self.tried]
    }

    fn decided(&self, position: usize, end: End, old: sos_updater::boot_state::Slot) -> Decided {
        match (position, end) {
            (at, _) if at <= self.tried => Decided::For(old),
            (at, _) if at < self.ended => Decided::Open,
            (_, End::Committed) => Decided::For(old.other()),
            (_, End::RolledBack) => Decided::For(old),
        }
    }
}

/// One pass through a log.
struct Replay<'a> {
    stage: &'a mut Stage,
    recording: &'a Recording,
    layout: Layout,
    times: Times,
    plan: Plan,
    checker: Checker,
    tally: Tally,
    writes: usize,
    told: Instant,
}

impl Replay<'_> {
    /// Makes the cuts here.
    fn cut(&mut self, model: &Model<'_>) -> Result<()> {
        let position = model.position();
        for (number, _) in self.times.starts.iter().enumerate().filter(|(_, at)| **at == position) {
            let slot = self.recording.starts[number].what;
            self.checker.starts(&model.view(|_| true, None), slot)?;
        }
        let decided = self.times.decided(position, self.recording.end, self.checker.old);
        for kind in self.plan.at(position).to_vec() {
            let view = model.view(|write| self.plan.keeps(position, kind, write), kind.torn());
            self.tally.count(kind);
            match self.checker.check(&view, decided)? {
                Ok(fate) => self.further(&view, position, kind, fate)?,
                Err(harm) => self.tally.harm(position, kind, &harm),
            }
            if self.told.elapsed() >= TELL {
                self.told = Instant::now();
                self.stage.tell(self.tally.progress(position, self.writes));
            }
        }
        Ok(())
    }

    /// What is done with a sample of the sound ones.
    fn further(&mut self, view: &View<'_>, position: usize, kind: Kind, fate: Fate) -> Result<()> {
        let (asks, boots) = (self.tally.cuts() % SECOND_OPINION == 1, self.plan.boots(position, kind));
        if !asks && !boots {
            return Ok(());
        }
        let put = view.put()?;
        let mut ended = Ok(());
        if asks {
            self.tally.opinions += 1;
            ended = second_opinion(&self.recording.start, &self.layout.state, &self.stage.folder);
        }
        if boots && ended.is_ok() {
            self.tally.boots += 1;
            let taken = self.recording.letters.iter().zip(&self.times.letters);
            let taken: Vec<_> = taken.filter(|(_, at)| **at <= position).map(|(letter, _)| &*letter.what).collect();
            ended = boots::boot(self.stage, self.recording, (position, &self.recording.start), fate, &taken);
        }
        put.take_back()?;
        match ended {
            Err(refused @ Error::Refused(_)) => Err(refused),
            Err(error) => {
                self.tally.harms.push(format!("after {position} writes, {kind:?}, really: {error}"));
                Ok(())
            }
            Ok(()) => Ok(()),
        }
    }
}

/// Asks `btrfs check`, which looks at references and room, too.
fn second_opinion(disk: &Path, state: &Range<u64>, folder: &Path) -> Result<()> {
    let partition = folder.join("state.raw");
    let (disk, length) = (disk.display(), state.end - state.start);
    let part = format!("driver=raw,offset={},size={length},file.driver=file,file.filename={disk}", state.start);
    let convert = Program::new("qemu-img").words("convert -O raw --image-opts").arg(part).arg(&partition);
    convert.run(OPINION_LIMIT)?;
    let asked = Program::new("btrfs").words("check --readonly").arg(&partition).run(OPINION_LIMIT);
    std::fs::remove_file(&partition).map_err(Error::file(&partition))?;
    asked.map(drop)
}

/// How many of what.
#[derive(Debug, Default)]
struct Tally {
    whole: usize,
    some: usize,
    torn: usize,
    opinions: usize,
    boots: usize,
    unbootable: usize,
    mixed: usize,
    lost: usize,
    harms: Vec<String>,
}

impl Tally {
    fn cuts(&self) -> usize {
        self.whole + self.some + self.torn
    }

    fn count(&mut self, kind: Kind) {
        match kind {
            Kind::Whole => self.whole += 1,
            Kind::Some => self.some += 1,
            Kind::Torn(_) => self.torn += 1,
        }
    }

    fn harm(&mut self, position: usize, kind: Kind, harm: &Harm) {
        let (count, name, what) = match harm {
            Harm::Unbootable(what) => (&mut self.unbootable, "unbootable", what),
            Harm::Mixed(what) => (&mut self.mixed, "mixed", what),
            Harm::Lost(what) => (&mut self.lost, "lost", what),
        };
        *count += 1;
        self.harms.push(format!("after {position} writes, {kind:?}: {name}: {what}"));
    }

    fn progress(&self, position: usize, writes: usize) -> String {
        let (cuts, harms) = (self.cuts(), self.harms.len());
        format!("{position} of {writes} writes, {cuts} cut disks, {} of them really booted: {harms} harmed", self.boots)
    }

    fn told(&self, writes: usize, took: Duration, seed: &str) -> String {
        let Tally { whole, some, torn, opinions, boots, unbootable, mixed, lost, .. } = self;
        let really = self.harms.len() - unbootable - mixed - lost;
        format!(
            "{} cut disks of {writes} writes (seed {seed:?}, {:.0} s): {whole} with all, {some} with some of what was not \
             flushed, {torn} with a torn boot state: {unbootable} unbootable, {mixed} mixed, {lost} lost\n{boots} of them \
             really booted, btrfs check asked about {opinions}: {really} not as they must be",
            self.cuts(),
            took.as_secs_f64()
        )
    }
}

#[cfg(test)]
mod tests {
    use sos_updater::boot_state::Slot;

    use super::*;

    #[test]
    fn before_the_try_and_after_the_end_it_is_decided_which_slot_starts() {
        let times = Times { tried: 10, starts: vec![20], ended: 30, letters: Vec::new() };
        let decided = |at, end| times.decided(at, end, Slot::A);
        assert_eq!(
            [10, 11, 29].map(|at| decided(at, End::Committed)),
            [Decided::For(Slot::A), Decided::Open, Decided::Open]
        );
        assert_eq!(decided(30, End::Committed), Decided::For(Slot::B));
        assert_eq!(decided(30, End::RolledBack), Decided::For(Slot::A));
        assert_eq!(times.stretches(40), [10..30, 30..41, 0..10]);
    }

    #[test]
    fn the_tally_says_each_harm_by_its_kind() {
        let mut tally = Tally::default();
        [Kind::Whole, Kind::Some, Kind::Torn(3)].into_iter().for_each(|kind| tally.count(kind));
        tally.harm(7, Kind::Some, &Harm::Mixed("a and b".into()));
        assert_eq!(tally.progress(7, 100), "7 of 100 writes, 3 cut disks, 0 of them really booted: 1 harmed");
        let told = tally.told(100, Duration::from_secs(1), "s");
        assert!(told.starts_with("3 cut disks of 100 writes (seed \"s\", 1 s)"), "{told}");
        assert!(told.contains("0 unbootable, 1 mixed, 0 lost") && told.ends_with("0 not as they must be"), "{told}");
        assert_eq!(tally.harms, ["after 7 writes, Some: mixed: a and b"]);
    }
}
