//! How the services are, and the few ways there are to mend them.

use std::collections::BTreeMap;
use std::time::Duration;

use sos_ipc::{Mend, Reply, ServiceHealth, ServiceState, UnitState};
use sos_settings::{MemberName, Overlay};

use super::answer::issue;
use super::changes;
use crate::command::Program;
use crate::device::Device;
use crate::error::ProvisionError;
use crate::health::{self as report, last};

/// For all transactions, one after the other.
const CHECK: Duration = Duration::from_secs(600);

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
    let units = unit_states(device, &enabled)?;
    let waited_for = is_waited_for(device);
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
    let asked = enabled.iter().filter(|overlay| overlay.manifest.health.is_some());
    Ok(Reply::Progress(asked.map(state).collect()))
}

/// Whether the health report still waits for services. Afterwards whoever is not well yet does not start: they fail.
fn is_waited_for(device: &Device) -> bool {
    let show = ["show", "--property=ActiveState", "--value", "--", "sos-health.service"];
    let state = device.program("systemctl").args(show).run();
    state.is_ok_and(|state| matches!(String::from_utf8_lossy(&state).trim(), "active" | "activating" | "deactivating"))
}

/// What systemd says of the units, by name.
fn unit_states(device: &Device, enabled: &[&Overlay]) -> Result<BTreeMap<String, String>, ProvisionError> {
    let units: Vec<&str> = enabled.iter().flat_map(|overlay| &overlay.manifest.units).map(String::as_str).collect();
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

/// The health as last found, or found now.
pub(super) fn health(device: &Device, fresh: bool) -> Result<Reply, ProvisionError> {
    if fresh {
        // With all the rights that transactions need, which this program does not have.
        device.program("systemctl").args(["start", "sos-check.service"]).limit(CHECK).run()?;
    }
    let overlays = device.overlays()?;
    let title = |name: &str| {
        let overlay = overlays.iter().find(|overlay| overlay.name == name);
        overlay.map_or_else(|| name.to_owned(), |overlay| overlay.manifest.title.clone())
    };
    let services = last(device).map(|report| report.services).unwrap_or_default();
    let service = |service: report::ServiceHealth| ServiceHealth {
        title: title(&service.name),
        name: service.name,
        ok: service.ok,
        fault: service.fault,
        at: service.at,
    };
    Ok(Reply::Health(services.into_iter().map(service).collect()))
}

/// Mends, and notes who did it.
pub(super) fn mend(device: &Device, what: &Mend, by: &MemberName) -> Result<Reply, ProvisionError> {
    let (program, change, about) = match what {
        Mend::Restart { service } => {
            let settings = device.settings()?;
            let overlays = device.overlays()?;
            let enabled = overlays.enabled(settings.as_ref())?;
            let Some(overlay) = enabled.into_iter().find(|overlay| overlay.name == *service) else {
                return Ok(issue("service", format!("there is no service {service:?}")));
            };
            (restart(device, overlay), "service-restarted", service.as_str())
        }
        Mend::FlushQueue => (Some(device.program("postqueue").arg("-f")), "queue-flushed", ""),
        Mend::Certificate => {
            let start = ["start", "--no-block", "sos-certificate-now.service"];
            (Some(device.program("systemctl").args(start)), "certificate-asked", "")
        }
    };
    if let Some(program) = program {
        program.run()?;
    }
    changes::note(device, by.as_str(), change, about)?;
    Ok(Reply::Done)
}

/// Starts the units again without waiting: the console may be among them.
fn restart(device: &Device, overlay: &Overlay) -> Option<Program> {
    let units = overlay.manifest.units.iter().map(String::as_str);
    let some = !overlay.manifest.units.is_empty();
    some.then(|| device.program("systemctl").args(["restart", "--no-block", "--"]).args(units))
}
