//! How updates stand, as the updater says it, and what a person may have it do: look, update now, go back. The updater
//! runs by itself, in units of its own, with the rights that this program does not have.

use std::path::Path;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use sos_ipc::{Reply, UpdatePhase, UpdateStatus};
use sos_settings::MemberName;

use super::answer::issue;
use super::changes;
use super::lately::Lately;
use crate::command::Program;
use crate::device::Device;
use crate::error::ProvisionError;
use crate::files::write_file;

/// The updater.
const PROGRAM: &str = "/usr/lib/sos/sos-update";
/// What it may take to say how updates stand: it reads a few small files.
const PATIENCE: Duration = Duration::from_secs(20);
/// Who asked, for the units that are started here.
const BY: &str = "/run/sos/update-by";
/// Asks the channel, and does no more.
const LOOK: &str = "sos-update-check.service";
/// Asks the channel, fetches what it offers and starts it.
const NOW: &str = "sos-update-now.service";
/// Goes back to the release before.
const BACK: &str = "sos-update-back.service";
/// For so long after it was asked for, it may not have begun.
const BEGINS: Duration = Duration::from_secs(5);

/// What the helper keeps of it between requests.
#[derive(Debug, Default)]
pub(super) struct Updates {
    /// How updates stood.
    lately: Lately,
    /// When something was last asked for, and how it will begin.
    asked: Mutex<Option<(Instant, UpdatePhase)>>,
}

impl Updates {
    /// How updates stand. What was asked for a moment ago counts as begun.
    pub(super) fn status(&self, device: &Device) -> Result<Reply, ProvisionError> {
        self.lately.or(|| {
            let mut status = status(device)?;
            let asked = *self.asked.lock().unwrap_or_else(PoisonError::into_inner);
            if let Some((_, phase)) = asked.filter(|(at, _)| at.elapsed() < BEGINS)
                && matches!(status.phase, UpdatePhase::Idle | UpdatePhase::Staged)
            {
                status.phase = phase;
            }
            Ok(Reply::Updates(Box::new(status)))
        })
    }

    /// Looks for a newer release.
    pub(super) fn look(&self, device: &Device, by: &MemberName) -> Result<Reply, ProvisionError> {
        self.start(device, by, LOOK, "update-looked-for", "", UpdatePhase::Checking)
    }

    /// Updates now.
    pub(super) fn update(&self, device: &Device, by: &MemberName) -> Result<Reply, ProvisionError> {
        let version = status(device)?.available.map(|release| release.version).unwrap_or_default();
        self.start(device, by, NOW, "update-begun", &version, UpdatePhase::Checking)
    }

    /// Goes back, where there is something to go back to.
    pub(super) fn go_back(&self, device: &Device, by: &MemberName) -> Result<Reply, ProvisionError> {
        match status(device)?.back {
            Some(earlier) => self.start(device, by, BACK, "going-back", &earlier.version, UpdatePhase::Trying),
            None => Ok(issue("back", "there is no earlier release to go back to")),
        }
    }

    /// Notes who does what, and has the updater do it. Without waiting: it may be what ends this program.
    fn start(
        &self,
        device: &Device,
        by: &MemberName,
        unit: &str,
        change: &str,
        about: &str,
        phase: UpdatePhase,
    ) -> Result<Reply, ProvisionError> {
        changes::note(device, by.as_str(), change, about)?;
        write_file(&device.path(BY), by.as_str().as_bytes(), 0o644)?;
        device.program("systemctl").args(["start", "--no-block", unit]).run()?;
        *self.asked.lock().unwrap_or_else(PoisonError::into_inner) = Some((Instant::now(), phase));
        self.lately.forget();
        Ok(Reply::Done)
    }
}

/// What the updater says.
fn status(device: &Device) -> Result<UpdateStatus, ProvisionError> {
    let program = device.path(PROGRAM);
    let said = Program::new(&program.to_string_lossy()).args(["status", "--json"]).limit(PATIENCE).run()?;
    serde_json::from_slice(&said).map_err(|error| ProvisionError::Malformed {
        path: Path::new(PROGRAM).to_owned(),
        what: format!("does not say how updates stand: {error}"),
    })
}
