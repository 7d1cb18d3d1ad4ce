//! Data follows the slot: what happens in the initrd, before `/var` is mounted.
//!
//! A trial keeps the data as it was before it writes any; a slot that comes back after a trial, or is gone back to, gets
//! its data back. [`plan`] decides from [`Facts`] and does nothing; each step leaves the data in `@var`, `@before-a`,
//! `@before-b` or `@failed`, so a boot that finds the work half done goes on with it. What a failed try left on a full
//! disk goes at once: the release that runs again needs the room to come up.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use sos_provision::Device;

use crate::boot_state::{self, BootState, Record, Slot};
use crate::error::UpdateError;
use crate::store::{self, Store, Trial};
use crate::subvolumes::{Access, Subvolume, Subvolumes, TOP_LEVEL, TopLevel};
use crate::sweep::is_short;

/// There while a release is tried: the trial's document, as JSON.
pub const TRIAL: &str = "/run/sos/trial";

/// What is known when the initrd asks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Facts {
    /// The slot that runs.
    pub slot: Slot,
    /// Whether it is on trial.
    pub on_trial: bool,
    /// Whether the boot state speaks of a trial.
    pub recorded_trial: bool,
    /// Whether the disk is nearly full ([`crate::sweep::is_short`]).
    pub short: bool,
    /// The subvolumes that are there.
    pub there: Vec<Subvolume>,
}

/// One thing to do, wholly or not at all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// An empty subvolume.
    Make(Subvolume),
    /// A copy of a subvolume.
    Snapshot(Subvolume, Subvolume, Access),
    /// A read-only snapshot that is to be `@var`.
    SetWritable(Subvolume),
    /// Another name.
    Rename(Subvolume, Subvolume),
    /// A subvolume that is not needed any more.
    Delete(Subvolume),
    /// The room of what was deleted is there again.
    Free,
    /// All of that is on the disk before the boot state is written.
    Sync,
    /// The boot state speaks of no trial any more: this slot is good.
    Settle,
}

impl Facts {
    fn has(&self, subvolume: Subvolume) -> bool {
        self.there.contains(&subvolume)
    }
}

/// What to do.
#[must_use]
pub fn plan(facts: &Facts) -> Vec<Step> {
    use Subvolume::{Before, Failed, Update, Var};
    let mut steps = Vec::new();
    if !facts.has(Update) {
        steps.push(Step::Make(Update));
    }
    let (here, other) = (Before(facts.slot), Before(facts.slot.other()));
    if facts.on_trial && facts.has(other) {
        // This try began before: what it wrote goes, and it begins again.
        steps.extend(set_aside(facts));
        steps.push(Step::Snapshot(other, Var, Access::Writable));
    } else if !facts.on_trial && facts.has(here) {
        steps.extend(set_aside(facts));
        steps.extend([Step::SetWritable(here), Step::Rename(here, Var), Step::Sync]);
    } else if !facts.has(Var) {
        steps.push(first_data(facts));
    }
    if facts.on_trial && !facts.has(other) {
        steps.push(Step::Snapshot(Var, other, Access::ReadOnly));
    }
    if !facts.on_trial && facts.recorded_trial {
        steps.push(Step::Settle);
    }
    if !facts.on_trial && facts.short && leaves_failed(facts) {
        steps.extend([Step::Delete(Failed), Step::Free]);
    }
    steps
}

/// Whether the data of a failed try are there behind the steps of a boot that tries nothing.
fn leaves_failed(facts: &Facts) -> bool {
    use Subvolume::{Before, Failed, Var};
    let (var, failed) = (facts.has(Var), facts.has(Failed));
    if facts.has(Before(facts.slot)) { var || failed } else { var && failed }
}

/// Moves the data out of the way, once: it is kept for diagnosis.
fn set_aside(facts: &Facts) -> Vec<Step> {
    use Subvolume::{Failed, Var};
    match (facts.has(Var), facts.has(Failed)) {
        (true, true) => vec![Step::Delete(Failed), Step::Rename(Var, Failed)],
        (true, false) => vec![Step::Rename(Var, Failed)],
        (false, _) => Vec::new(),
    }
}

/// Where there is no data in its place: whatever data there is, or the first boot's none.
fn first_data(facts: &Facts) -> Step {
    use Subvolume::{Before, Failed, Var};
    let before = Slot::BOTH.map(Before).into_iter().find(|before| facts.has(*before));
    match before {
        Some(before) => Step::Snapshot(before, Var, Access::Writable),
        None if facts.has(Failed) => Step::Rename(Failed, Var),
        None => Step::Make(Var),
    }
}

/// Does it.
///
/// # Errors
/// The first step that fails; those behind it are not done.
pub fn carry_out(
    steps: &[Step],
    subvolumes: &mut impl Subvolumes,
    settle: &mut dyn FnMut() -> Result<(), UpdateError>,
) -> Result<(), UpdateError> {
    steps.iter().try_for_each(|step| match *step {
        Step::Make(subvolume) => subvolumes.make(subvolume),
        Step::Snapshot(from, to, access) => subvolumes.snapshot(from, to, access),
        Step::SetWritable(subvolume) => subvolumes.set_writable(subvolume),
        Step::Rename(from, to) => subvolumes.rename(from, to),
        Step::Delete(subvolume) => subvolumes.delete(subvolume),
        Step::Free => subvolumes.free(),
        Step::Sync => subvolumes.sync(),
        Step::Settle => settle(),
    })
}

/// Gives the slot that runs its data. What goes wrong outside a trial is said on the console, and the machine starts
/// with the data as they are.
///
/// # Errors
/// What goes wrong in a trial: the machine is to start again, and then has its old release and data.
pub fn early(device: &Device) -> Result<(), UpdateError> {
    let mut subvolumes = TopLevel::at(device.path(TOP_LEVEL));
    let store = Store::at(subvolumes.path(Subvolume::Update));
    let state = BootState::open(&device.path(boot_state::PARTITION));
    let record = state.as_ref().ok().and_then(BootState::ruling);
    let slot = match booted_slot(device) {
        Ok(slot) => slot,
        Err(error) => {
            sos_provision::say(device, &format!("update: the data stay as they are: {error}"));
            return Ok(());
        }
    };
    let trial = store.get::<Trial>().filter(|trial| trial.slot == slot);
    let on_trial = is_on_trial(slot, record, trial.as_ref());
    let done = give_data(slot, on_trial, record, state, &mut subvolumes);
    if on_trial {
        done?;
        return begin_trial(device, slot, trial.as_ref());
    }
    if let Err(error) = done {
        sos_provision::say(device, &format!("update: the data stay as they are: {error}"));
    }
    Ok(())
}

/// Whether the slot that runs is on trial. Where the boot state cannot be read, the trial's document says so.
fn is_on_trial(slot: Slot, record: Option<Record>, trial: Option<&Trial>) -> bool {
    match record {
        Some(record) => record.on_trial() == Some(slot),
        None => trial.is_some(),
    }
}

fn give_data(
    slot: Slot,
    on_trial: bool,
    record: Option<Record>,
    state: Result<BootState, UpdateError>,
    subvolumes: &mut TopLevel,
) -> Result<(), UpdateError> {
    let mut there = Vec::new();
    for subvolume in Subvolume::ALL {
        if subvolumes.has(subvolume)? {
            there.push(subvolume);
        }
    }
    let recorded_trial = record.is_some_and(|record| record.trial.is_some());
    let short = is_short(subvolumes.folder()).unwrap_or(false);
    let steps = plan(&Facts { slot, on_trial, recorded_trial, short, there });
    let mut state = state;
    let done = carry_out(&steps, subvolumes, &mut || {
        state.as_mut().map_or(Ok(()), |state| state.write(Record::settled(slot)).map(drop))
    });
    prepare_mounts(subvolumes)?;
    done.and(state.map(drop))
}

/// The top level is for root only, and the data have a folder where the updater's own are mounted.
fn prepare_mounts(subvolumes: &TopLevel) -> Result<(), UpdateError> {
    let top = subvolumes.folder();
    let mode = fs::metadata(top).map_err(UpdateError::file("read", top))?.permissions().mode();
    if mode & 0o7777 != 0o700 {
        fs::set_permissions(top, fs::Permissions::from_mode(0o700)).map_err(UpdateError::file("chmod", top))?;
    }
    let data = subvolumes.path(Subvolume::Var);
    let path = data.join(store::FOLDER.trim_start_matches("/var/"));
    if path.is_dir() || !data.is_dir() {
        return Ok(());
    }
    fs::create_dir_all(&path).map_err(UpdateError::file("make", &path))
}

/// Marks the running system as one on trial, and says so.
fn begin_trial(device: &Device, slot: Slot, trial: Option<&Trial>) -> Result<(), UpdateError> {
    let path = device.path(TRIAL);
    let bytes = match trial {
        Some(trial) => serde_json::to_vec(trial).map_err(|error| UpdateError::malformed(&path, error))?,
        None => b"{}".to_vec(),
    };
    sos_provision::write_file(&path, &bytes, 0o644)?;
    let what = trial.map_or_else(|| format!("the release in slot {slot}"), |trial| trial.to.to_string());
    sos_provision::say(device, &format!("update: trying {what}"));
    Ok(())
}

/// The slot that the boot chooser told the kernel of.
///
/// # Errors
/// A kernel that was told of none.
pub fn booted_slot(device: &Device) -> Result<Slot, UpdateError> {
    let path = device.path("/proc/cmdline");
    let line = fs::read_to_string(&path).map_err(UpdateError::file("read", &path))?;
    let slot = line.split_whitespace().rev().find_map(|word| word.strip_prefix("sos.slot=")).and_then(Slot::named);
    slot.ok_or_else(|| UpdateError::malformed(&path, "it names no slot (sos.slot=)"))
}
