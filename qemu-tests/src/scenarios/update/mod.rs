//! Updates, on the populated machine. Here is what its scenarios share: how a try is begun and watched from outside, and
//! what the updater says of itself. Nobody touches the machine between the beginning of a try and its end.

pub mod commits;
pub mod crossing;
pub mod kept;
pub mod nights;
pub mod refusals;
pub mod rollbacks;
pub mod traffic;

use std::time::{Duration, Instant};

use sos_ipc::{UpdateEvent, UpdateOutcome, UpdateStatus};
use sos_signing::Version;

use crate::base::LOADER;
use crate::program::Output;
use crate::session::Stage;
use crate::vm::{Firmware, Shell};
use crate::{Error, Result, must};

/// The program on the device.
pub(super) const UPDATER: &str = "/usr/lib/sos/sos-update";
/// Seconds from the beginning of a try to its end, whatever the end: what the issue promises.
pub(super) const TRY_SECONDS: u32 = 600;
/// The longest on any host: an emulated machine starts more slowly, and its gate and its watchdogs wait no longer.
const TRY_LONGEST: Duration = Duration::from_secs(30 * 60);
/// Seconds from there until the news of it are out.
const NEWS_SECONDS: u32 = 120;

/// What the updater says of itself.
pub(super) fn status(shell: &Shell) -> Result<UpdateStatus> {
    let said = shell.succeed(&format!("{UPDATER} status --json"))?;
    serde_json::from_str(&said).map_err(|error| Error::Unmet(format!("the updater's status is none: {error}: {said}")))
}

/// Gives the updater a command, however it ends.
pub(super) fn updater(shell: &Shell, command: &str, seconds: u32) -> Result<Output> {
    shell.execute_within(&format!("{UPDATER} {command}"), seconds)
}

/// A try under way.
pub(in crate::scenarios) struct Try {
    began: Instant,
    loaders: usize,
}

impl Try {
    /// Begins it by a command that ends in a reboot, and leaves the machine alone from then on.
    pub(in crate::scenarios) fn begin(stage: &mut Stage, command: &str) -> Result<Try> {
        stage.machine()?.serial().skip();
        let loaders = starts(stage)?;
        let began = Instant::now();
        let shell = stage.shell();
        // The connection breaks under it, so its end says nothing; a refusal comes at once, though.
        let ended = shell.execute(command)?;
        must!(
            ended.code.is_none_or(|code| code == 0 || code == 255),
            "the try does not begin: {}",
            ended.into_error(command.to_owned())
        );
        shell.hang_up();
        Ok(Try { began, loaders })
    }

    /// Waits until the new release starts.
    pub(super) fn starts(&self, stage: &mut Stage, version: Version) -> Result<()> {
        self.wait(stage, &format!("sos: update: trying {version}")).map(drop)
    }

    /// Waits until a line is on the console, in the time that a try may take.
    pub(super) fn wait(&self, stage: &mut Stage, pattern: &str) -> Result<String> {
        let left = stage.limit(TRY_SECONDS).min(TRY_LONGEST).saturating_sub(self.began.elapsed());
        stage.machine()?.serial().wait(pattern, left)
    }

    /// Waits until the try is over, whose end must be told so, and until everybody could know; says how long it took.
    pub(in crate::scenarios) fn ends(&self, stage: &mut Stage, told: &str) -> Result<String> {
        let line = self.wait(stage, "sos: update: (committed|rolled back|went back to) .*")?;
        must!(line.contains(told), "it ends otherwise: the console says {line:?}, not {told:?}");
        stage.note(format!("{:.0} s from the beginning to {line:?}", self.began.elapsed().as_secs_f64()));
        stage.shell().wait_until_succeeds("true", NEWS_SECONDS)?;
        Ok(line)
    }

    /// How often the loader chose a slot since.
    pub(super) fn starts_so_far(&self, stage: &mut Stage) -> Result<usize> {
        Ok(starts(stage)? - self.loaders)
    }
}

/// How often the loader chose a slot. Under UEFI it says so twice: by the firmware, whose console is the serial line too,
/// and to the line itself.
fn starts(stage: &mut Stage) -> Result<usize> {
    let said = stage.machine()?.serial().text().matches(LOADER).count();
    Ok(if stage.plan()?.firmware == Firmware::Uefi { said / 2 } else { said })
}

/// The newest event of the history, which must be this one.
pub(super) fn must_be_in_the_history(shell: &Shell, outcome: UpdateOutcome, to: &str) -> Result<UpdateEvent> {
    let start = Instant::now();
    loop {
        let newest = status(shell)?.history.into_iter().next();
        match newest {
            Some(event) if event.outcome == outcome && event.to == to => return Ok(event),
            other if start.elapsed() > Duration::from_secs(60) => {
                return Err(Error::Unmet(format!("the newest event is not {outcome:?} to {to}, but {other:?}")));
            }
            _ => std::thread::sleep(Duration::from_secs(2)),
        }
    }
}

/// The slot that runs.
pub(super) fn booted(shell: &Shell) -> Result<String> {
    Ok(shell.succeed("sed 's/.*sos.slot=\\([ab]\\).*/\\1/' /proc/cmdline")?.trim().to_owned())
}

/// The version that runs.
pub(super) fn running(shell: &Shell) -> Result<String> {
    Ok(status(shell)?.running)
}
