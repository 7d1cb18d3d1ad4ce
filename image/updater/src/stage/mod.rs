//! Fills the other slot with a release: fetched as a stream, checked frame by frame, written without temporary space,
//! read back, and only then bootable.
//!
//! ```text
//! channel ─frames─▶ SHA-256 ─▶ zstd ─▶ slot      every 16 chunks: synced, and said in the store
//! slot ─▶ XXH3                                   all of it; what differs is fetched once more
//! the boot partition's head ─▶ slot              last: from here on the slot boots
//! ```
//!
//! The SHA-256 of a frame vouches for what it decodes to, so the chunk is not looked at a second time before it is
//! written: without hardware for it that costs a tenth of the time, and reading back finds the same.

use std::time::Duration;

use sos_provision::Device;
use sos_signing::{BLOCK, Sum};

use crate::boot_state::{BootState, PARTITION, Record, Slot};
use crate::check::{Found, note};
use crate::early::{TRIAL, booted_slot};
use crate::error::UpdateError;
use crate::progress::AtWork;
use crate::slot::{Aligned, OtherSlot};
use crate::store::Staged;
use crate::subvolumes::{Subvolume, Subvolumes, TOP_LEVEL, TopLevel};

#[cfg(test)]
mod bench;
mod fill;
mod frames;
mod plan;
mod read_back;
#[cfg(test)]
mod tests;

use frames::Frames;
use plan::{Piece, Plan};

/// How it is gone about; the tests are in more of a hurry.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Manner {
    /// After so many chunks what was written is synced and said.
    pub(crate) sync: usize,
    /// So often is a frame asked for, one time after another.
    pub(crate) tries: u32,
    /// The first wait between, and the longest.
    pub(crate) waits: (Duration, Duration),
    /// For all of it.
    pub(crate) most: Duration,
}

impl Default for Manner {
    fn default() -> Self {
        let (first, longest) = (Duration::from_secs(1), Duration::from_secs(60));
        Self { sync: 16, tries: 8, waits: (first, longest), most: Duration::from_secs(6 * 3600) }
    }
}

/// Fills the other slot with `found`, or goes on with that. From its beginning on there is no going back to what the
/// slot had.
///
/// # Errors
/// When a release is on trial, or when something cannot be fetched or written. What was done so far is used the next
/// time.
pub fn stage(work: &AtWork, found: &Found) -> Result<(), UpdateError> {
    let ended = refuse_in_a_trial(work.device()).and_then(|()| {
        let forget = |slot| forget(&mut TopLevel::at(work.device().path(TOP_LEVEL)), slot);
        stage_so(work, found, forget, Manner::default())
    });
    note(work, ended.as_ref().err())?;
    ended
}

fn refuse_in_a_trial(device: &Device) -> Result<(), UpdateError> {
    let booted = booted_slot(device)?;
    let record = BootState::open(&device.path(PARTITION))?.ruling();
    if device.path(TRIAL).exists() || !record.is_none_or(|record| is_settled(record, booted)) {
        return Err(UpdateError::Unfit("a release is on trial; nothing is staged until that is over".into()));
    }
    Ok(())
}

/// While the slot that runs is on trial, the other one is the good one; and a trial that is about to begin needs the
/// other one as it is.
fn is_settled(record: Record, booted: Slot) -> bool {
    record.good == booted && (record.on_trial().is_none() || record.tries == 0)
}

/// Removes the data that went with what is in `slot`.
fn forget(subvolumes: &mut impl Subvolumes, slot: Slot) -> Result<(), UpdateError> {
    match subvolumes.has(Subvolume::Before(slot))? {
        true => subvolumes.delete(Subvolume::Before(slot)),
        false => Ok(()),
    }
}

pub(crate) fn stage_so(
    work: &AtWork,
    found: &Found,
    forget: impl FnOnce(Slot) -> Result<(), UpdateError>,
    manner: Manner,
) -> Result<(), UpdateError> {
    let slot = OtherSlot::open(work.device(), found)?;
    let staged = begun(work, found, &slot);
    if staged.whole {
        return Ok(());
    }
    work.store().put(&staged)?;
    forget(slot.slot())?;
    slot.disarm()?;
    let plan = Plan::of(found.index());
    let job = Job { work, found, slot: &slot, plan: &plan, manner };
    let head = fill::fill(&job, staged)?;
    let mut frames = Frames::new(found, manner);
    for piece in read_back::differing(&job)? {
        job.rewrite(piece, &mut frames)?;
    }
    job.seal(head, &mut frames)?;
    job.say(plan.pieces().len(), true)
}

/// How far this release came before. What the store says was on the disk when it said so.
fn begun(work: &AtWork, found: &Found, slot: &OtherSlot) -> Staged {
    let same = |staged: &Staged| {
        staged.version == found.version() && staged.index == found.digest() && staged.slot == slot.slot()
    };
    let fresh = Staged { version: found.version(), index: found.digest(), slot: slot.slot(), chunks: 0, whole: false };
    work.store().get::<Staged>().filter(same).unwrap_or(fresh)
}

/// One filling of one slot.
struct Job<'a> {
    work: &'a AtWork,
    found: &'a Found,
    slot: &'a OtherSlot,
    plan: &'a Plan,
    manner: Manner,
}

impl Job<'_> {
    /// Says in the store how far the slot is. Everything up to there has to be synced.
    fn say(&self, chunks: usize, whole: bool) -> Result<(), UpdateError> {
        let (version, index, slot) = (self.found.version(), self.found.digest(), self.slot.slot());
        self.work.store().put(&Staged { version, index, slot, chunks, whole })
    }

    /// Fetches and writes a chunk that the disk did not keep, and gives up when it does not keep it now.
    fn rewrite(&self, piece: &Piece, frames: &mut Frames<'_>) -> Result<(), UpdateError> {
        let (mut frame, mut chunk) = (vec![0; piece.compressed], Aligned::new(piece.size));
        frames.read(piece, &mut frame)?;
        fill::decode_and_compare(piece, &frame, &mut chunk)?;
        self.slot.write(piece.part, piece.at, &chunk)?;
        self.slot.sync()?;
        self.check(piece, &mut chunk)
    }

    /// Writes the boot partition's first chunk, which was left out: its very first block last, so that there is no
    /// moment at which the boot chooser sees half of it.
    fn seal(&self, frame: Option<Vec<u8>>, frames: &mut Frames<'_>) -> Result<(), UpdateError> {
        let piece = self.plan.head();
        let mut chunk = Aligned::new(piece.size);
        let frame = match frame {
            Some(frame) => frame,
            None => {
                let mut frame = vec![0; piece.compressed];
                frames.read(piece, &mut frame)?;
                frame
            }
        };
        fill::decode_and_compare(piece, &frame, &mut chunk)?;
        let (first, rest) = chunk.split_at(BLOCK as usize);
        self.slot.write(piece.part, piece.at + BLOCK, rest)?;
        self.slot.sync()?;
        self.slot.write(piece.part, piece.at, first)?;
        self.slot.sync()?;
        self.check(piece, &mut chunk).inspect_err(|_| drop(self.slot.disarm()))
    }

    fn check(&self, piece: &Piece, chunk: &mut [u8]) -> Result<(), UpdateError> {
        self.slot.read(piece.part, piece.at, chunk)?;
        if Sum::of(chunk) == piece.xxh3 {
            return Ok(());
        }
        let what = format!("the disk does not keep what is written to it at byte {}", piece.at);
        Err(UpdateError::malformed(self.slot.path(piece.part), what))
    }
}
