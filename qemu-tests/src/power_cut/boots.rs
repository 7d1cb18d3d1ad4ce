//! A cut disk, really booted: the slot that was foretold starts, comes up well, and everything is there that was there, or
//! was taken since, before the cut.

use std::path::Path;
use std::time::{Duration, Instant};

use super::check::Fate;
use super::recording::{End, Recording};
use crate::base::{HEALTH_SECONDS, LOADER};
use crate::scenarios::update::kept::Belongings;
use crate::session::Stage;
use crate::vm::{Disk, Firmware, Plan, Shell};
use crate::{Error, Result, must};

/// Seconds from power-on to the end of a trial, whatever the end.
const TRIAL_SECONDS: u32 = 600;
/// Seconds for what is queued to be delivered, with hardware virtualisation.
const DELIVERY_SECONDS: u32 = 90;
/// Between two looks into the mailbox.
const PAUSE: Duration = Duration::from_secs(3);

/// Boots the disk at `cut`, which stays as it is, and holds it to what must be there: `letters` are the subjects of those
/// that were taken before the cut. `name` is what its journal is kept by when it is not as it must be.
///
/// # Errors
/// [`Error::Unmet`] or [`Error::Late`] with what is wrong.
pub fn boot(
    stage: &mut Stage,
    recording: &Recording,
    (name, cut): (usize, &Path),
    fate: Fate,
    letters: &[&str],
) -> Result<()> {
    let overlay = stage.folder.join("booted.qcow2");
    let disk = Disk::overlay(cut, &overlay)?;
    stage.start(Plan { seed: Some(recording.seed.clone()), ..Plan::new(disk, Firmware::Bios) })?;
    let ended = watch(stage, recording, fate).and_then(|()| look(stage, recording, letters));
    if ended.is_err()
        && let Ok(journal) = stage.shell().journal()
    {
        let path = stage.folder.join(format!("journal-of-cut-{name}.log"));
        std::fs::write(&path, journal).map_err(Error::file(&path))?;
    }
    stage.unplug()?;
    std::fs::remove_file(&overlay).map_err(Error::file(&overlay))?;
    ended
}

/// Watches it come up.
fn watch(stage: &mut Stage, recording: &Recording, fate: Fate) -> Result<()> {
    let (health, trial) = (stage.limit(HEALTH_SECONDS), stage.limit(TRIAL_SECONDS));
    let started = stage.machine()?.serial().wait(&format!("{LOADER} [ab]"), health)?;
    let slot = started.chars().last().unwrap_or_default().to_string();
    must!(slot == fate.slot.to_string(), "slot {slot} starts, and it was foretold that {} would", fate.slot);
    let (new, old) = &recording.versions;
    let must_run = match (fate.on_trial, recording.end) {
        (true, End::Committed) => {
            stage.machine()?.serial().wait(&format!("sos: update: committed {new}"), trial)?;
            new
        }
        (true, End::RolledBack) => {
            stage.machine()?.serial().wait(&format!("sos: update: rolled back {new}"), trial)?;
            old
        }
        (false, _) => {
            stage.wait_for_health(health)?;
            if fate.slot == recording.starts[0].what { new } else { old }
        }
    };
    let shell = stage.shell();
    shell.wait_until_succeeds("true", 60)?;
    let said = shell.succeed("/usr/lib/sos/sos-update status --json")?;
    let status: sos_ipc::UpdateStatus =
        serde_json::from_str(&said).map_err(|error| Error::Unmet(format!("the updater's status: {error}: {said}")))?;
    must!(status.running == *must_run, "{} runs, and {must_run} must", status.running);
    Ok(())
}

/// Looks whether everything is there.
fn look(stage: &Stage, recording: &Recording, letters: &[&str]) -> Result<()> {
    let shell = stage.shell();
    recording.belongings.must_be_kept(&Belongings::of(&shell)?)?;
    let (limit, start) = (stage.limit(DELIVERY_SECONDS), Instant::now());
    // What was put off waits for minutes; nobody here wants to.
    shell.succeed("postqueue -f")?;
    loop {
        let missing = missing(&shell, letters)?;
        if missing.is_empty() {
            return Ok(());
        }
        let count = missing.len();
        must!(
            start.elapsed() < limit,
            "{count} letters were taken before the cut and are gone: {}",
            missing.join(", ")
        );
        std::thread::sleep(PAUSE);
    }
}

/// The subjects that no letter has.
fn missing<'a>(shell: &Shell, letters: &[&'a str]) -> Result<Vec<&'a str>> {
    let found = shell.succeed("grep -rhE '^Subject: power-cut-[0-9]+' /var/mail || true")?;
    let found: Vec<_> = found.lines().filter_map(|line| line.trim().strip_prefix("Subject: ")).collect();
    Ok(letters.iter().copied().filter(|subject| !found.contains(subject)).collect())
}
