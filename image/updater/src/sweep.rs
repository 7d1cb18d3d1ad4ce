//! Data kept of earlier releases have their time, and their bounds.

use std::fs;
use std::path::Path;

use sos_ipc::UpdateOutcome;
use sos_provision::Device;

use crate::boot_state::Slot;
use crate::clock::now;
use crate::error::UpdateError;
use crate::store::{Earlier, Store};
use crate::subvolumes::{Subvolume, Subvolumes, TOP_LEVEL, TopLevel};
use crate::trial;

const DAY: u64 = 24 * 60 * 60;
/// So long somebody may go back.
const BACK: u64 = 7 * DAY;
/// So long the data of a failed try are there to look at.
const FAILED: u64 = 14 * DAY;
/// Most bytes that only the data of a failed try take.
const LARGEST: u64 = 512 << 20;
/// With less of the disk free, in parts of a hundred, what is kept goes at once: mail needs the room.
const SHORT: u64 = 5;

/// Removes what has had its time. Nothing is removed by a clock that went back.
///
/// # Errors
/// When something cannot be looked at or removed.
pub fn sweep(device: &Device, subvolumes: &mut impl Subvolumes) -> Result<(), UpdateError> {
    sweep_where(is_short(&device.path("/var"))?, device, subvolumes)
}

/// The same where the disk is nearly full (`short`), or is not.
fn sweep_where(short: bool, device: &Device, subvolumes: &mut impl Subvolumes) -> Result<(), UpdateError> {
    let (store, now) = (Store::of(device), now());
    if subvolumes.has(Subvolume::Failed)? {
        let history = store.history();
        let last = history.iter().find(|event| event.outcome != UpdateOutcome::Committed);
        let old = last.is_none_or(|event| now.saturating_sub(event.at) >= FAILED);
        if old || short || exclusive(device)? > LARGEST {
            trial::forget(&store, subvolumes, &[Subvolume::Failed])?;
        }
    }
    let left = store.get::<Earlier>();
    if short || left.is_none_or(|earlier| now.saturating_sub(earlier.since) >= BACK) {
        trial::forget(&store, subvolumes, &Slot::BOTH.map(Subvolume::Before))?;
    }
    Ok(())
}

/// Whether the disk that `path` is on is nearly full.
///
/// # Errors
/// When it cannot be looked at.
pub fn is_short(path: &Path) -> Result<bool, UpdateError> {
    let about = rustix::fs::statvfs(path).map_err(|error| UpdateError::file("look at", path)(error.into()))?;
    Ok(about.f_bavail.saturating_mul(100) < about.f_blocks.saturating_mul(SHORT))
}

/// Bytes that only the data of the failed try take.
fn exclusive(device: &Device) -> Result<u64, UpdateError> {
    let path = TopLevel::at(device.path(TOP_LEVEL)).path(Subvolume::Failed);
    if !fs::metadata(&path).is_ok_and(|about| about.is_dir()) {
        return Ok(0);
    }
    let said = device.program("btrfs").args(["filesystem", "du", "-s", "--raw"]).path(&path).run()?;
    let said = String::from_utf8_lossy(&said).into_owned();
    read(&said).ok_or_else(|| UpdateError::malformed(&path, format!("btrfs does not say how large it is: {said:?}")))
}

/// `Total Exclusive Set shared Filename`, and a line of these.
fn read(said: &str) -> Option<u64> {
    said.lines().nth(1)?.split_whitespace().nth(1)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::Fixture;

    fn set_up(outcome: UpdateOutcome, days: u64, exclusive: u64) -> Fixture {
        let mut server = Fixture::new();
        let at = now() - days * DAY;
        server.store.note(server.event(outcome, at)).unwrap();
        server.subvolumes.there = vec![Subvolume::Var, Subvolume::Failed, Subvolume::Before(Slot::B)];
        server.store.put(&Earlier { version: crate::fixture::OLD.parse().unwrap(), since: at }).unwrap();
        fs::create_dir_all(server.device.path(TOP_LEVEL).join("@failed")).unwrap();
        let said =
            format!("printf '     Total   Exclusive  Set shared  Filename\\n 99999999999   {exclusive}   1  /x\\n'");
        server.stand_in("btrfs", &said);
        server
    }

    fn left(mut server: Fixture) -> Vec<Subvolume> {
        sweep_where(false, &server.device, &mut server.subvolumes).unwrap();
        server.subvolumes.there
    }

    #[test]
    fn on_a_full_disk_all_that_is_kept_goes_at_once() {
        let mut server = set_up(UpdateOutcome::RolledBack, 0, 0);
        sweep_where(true, &server.device, &mut server.subvolumes).unwrap();
        assert_eq!(server.subvolumes.there, [Subvolume::Var]);
    }

    #[test]
    fn what_is_young_and_small_stays() {
        let all = vec![Subvolume::Var, Subvolume::Failed, Subvolume::Before(Slot::B)];
        assert_eq!(left(set_up(UpdateOutcome::RolledBack, 6, LARGEST)), all);
    }

    #[test]
    fn going_back_ends_after_a_week_and_looking_at_a_failure_after_two() {
        let server = set_up(UpdateOutcome::RolledBack, 8, 0);
        let store = server.store.clone();
        assert_eq!(left(server), [Subvolume::Var, Subvolume::Failed]);
        assert_eq!(store.get::<Earlier>(), None);
        assert_eq!(left(set_up(UpdateOutcome::RolledBack, 15, 0)), [Subvolume::Var]);
    }

    #[test]
    fn a_failure_that_takes_much_room_goes_at_once_and_so_does_one_that_nobody_knows_of() {
        assert_eq!(left(set_up(UpdateOutcome::WentBack, 1, LARGEST + 1)), [Subvolume::Var, Subvolume::Before(Slot::B)]);
        assert_eq!(left(set_up(UpdateOutcome::Committed, 1, 0)), [Subvolume::Var, Subvolume::Before(Slot::B)]);
    }
}
