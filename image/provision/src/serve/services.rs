//! How the services are, and the few ways there are to mend them.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use sos_ipc::{Health, Mend, Reply, ServiceHealth, ServiceState, UnitState};
use sos_settings::{MemberName, Overlay};

use super::answer::issue;
use super::changes;
use crate::device::Device;
use crate::error::ProvisionError;
use crate::health::{self as report, last};

/// Runs all transactions, with all the rights that they need and this program does not have.
const CHECK: &str = "sos-check.service";
/// For so long after it was asked for, it may not have begun.
const BEGINS: Duration = Duration::from_secs(3);

/// How far each enabled service is.
pub(super) fn progress(device: &Device) -> Result<Reply, ProvisionError> {
    let settings = device.settings()?;
    let overlays = device.overlays()?;
    let enabled = overlays.enabled(settings.as_ref())?;
    let report = last(device).filter(|report| report.claimed == settings.is_some());
    let well: Vec<String> = report
        .into_iter()
        .flat_map(|report| report.services)
        .filter(|service| service.ok)
        .map(|service| service.name)
        .collect();
    let asked: Vec<&Overlay> = enabled.into_iter().filter(|overlay| overlay.manifest.health.is_some()).collect();
    // systemd is asked about those only that are not well, so about none most of the time.
    let not_well: Vec<&Overlay> = asked.iter().copied().filter(|overlay| !well.contains(&overlay.name)).collect();
    let units = unit_states(device, &not_well)?;
    let waited_for = !not_well.is_empty() && is_waited_for(device);
    let state = |overlay: &&Overlay| ServiceState {
        name: overlay.name.clone(),
        title: overlay.manifest.title.clone(),
        state: if well.contains(&overlay.name) {
            UnitState::Well
        } else {
            match judge(&overlay.manifest.units, &units) {
                UnitState::Starting | UnitState::Waiting if !waited_for => UnitState::Failed,
                state => state,
            }
        },
    };
    Ok(Reply::Progress(asked.iter().map(state).collect()))
}

/// Whether the health report still waits for services. Afterwards whoever is not well yet does not start: they fail.
fn is_waited_for(device: &Device) -> bool {
    let show = ["show", "--property=ActiveState", "--value", "--", "sos-health.service"];
    let state = device.program("systemctl").args(show).run();
    state.is_ok_and(|state| matches!(String::from_utf8_lossy(&state).trim(), "active" | "activating" | "deactivating"))
}

/// What systemd says of the units, by name.
fn unit_states(device: &Device, overlays: &[&Overlay]) -> Result<BTreeMap<String, String>, ProvisionError> {
    let units: Vec<&str> = overlays.iter().flat_map(|overlay| &overlay.manifest.units).map(String::as_str).collect();
    if units.is_empty() {
        return Ok(BTreeMap::new());
    }
    let output = device.program("systemctl").args(["show", "--property=Id,ActiveState", "--"]).args(units).run()?;
    let text = String::from_utf8_lossy(&output).into_owned();
    let of = |unit: &str, key: &str| unit.lines().find_map(|line| line.strip_prefix(key).map(str::to_owned));
    Ok(text.split("\n\n").filter_map(|unit| Some((of(unit, "Id=")?, of(unit, "ActiveState=")?))).collect())
}

fn judge(units: &[String], states: &BTreeMap<String, String>) -> UnitState {
    let is = |wanted: &str| units.iter().any(|unit| states.get(unit).is_some_and(|state| state == wanted));
    if is("failed") {
        UnitState::Failed
    } else if units.is_empty() || is("active") || is("activating") || is("reloading") {
        UnitState::Starting
    } else {
        UnitState::Waiting
    }
}

/// When the transactions were last asked for.
#[derive(Debug, Default)]
pub(super) struct Asked(Mutex<Option<Instant>>);

impl Asked {
    fn lately(&self) -> bool {
        let asked = *self.0.lock().unwrap_or_else(PoisonError::into_inner);
        asked.is_some_and(|asked| asked.elapsed() < BEGINS)
    }
}

/// The health as last found. When `fresh`, it begins to be found anew.
pub(super) fn health(device: &Device, fresh: bool, asked: &Asked) -> Result<Reply, ProvisionError> {
    if fresh {
        device.program("systemctl").args(["start", "--no-block", CHECK]).run()?;
        *asked.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now());
    }
    let overlays = device.overlays()?;
    let services = last(device).map(|report| report.services).unwrap_or_default();
    let service = |service: report::ServiceHealth| {
        let overlay = overlays.iter().find(|overlay| overlay.name == service.name);
        ServiceHealth {
            title: overlay.map_or_else(|| service.name.clone(), |overlay| overlay.manifest.title.clone()),
            restarts: overlay.is_some_and(|overlay| restarted(overlay).next().is_some()),
            name: service.name,
            ok: service.ok,
            fault: service.fault,
            at: service.at,
        }
    };
    let services = services.into_iter().map(service).collect();
    Ok(Reply::Health(Health { running: asked.lately() || report::is_checking(device), services }))
}

/// Mends, and notes who did it: before, because what is started again may be what this waits for.
pub(super) fn mend(device: &Device, what: &Mend, by: &MemberName) -> Result<Reply, ProvisionError> {
    let (program, change, about) = match what {
        Mend::Restart { service } => {
            let settings = device.settings()?;
            let overlays = device.overlays()?;
            let enabled = overlays.enabled(settings.as_ref())?;
            let Some(overlay) = enabled.into_iter().find(|overlay| overlay.name == *service) else {
                return Ok(issue("service", format!("there is no service {service:?}")));
            };
            if restarted(overlay).next().is_none() {
                return Ok(issue("service", format!("{service} has nothing that could be started again")));
            }
            // Without waiting: the console may be among them.
            let restart = device.program("systemctl").args(["restart", "--no-block", "--"]).args(restarted(overlay));
            (restart, "service-restarted", service.as_str())
        }
        Mend::FlushQueue => (device.program("postqueue").arg("-f"), "queue-flushed", ""),
        Mend::Certificate => {
            let start = ["start", "--no-block", "sos-certificate-now.service"];
            (device.program("systemctl").args(start), "certificate-asked", "")
        }
    };
    changes::note(device, by.as_str(), change, about)?;
    program.run()?;
    Ok(Reply::Done)
}

/// The units that are started again: those that run something. This very program hangs on a socket among the others.
fn restarted(overlay: &Overlay) -> impl Iterator<Item = &str> {
    overlay.manifest.units.iter().map(String::as_str).filter(|unit| unit.ends_with(".service"))
}
