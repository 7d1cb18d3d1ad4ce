//! Every enabled service's transaction, and the report of it.
//!
//! Transactions are real work, and on a small machine that is still starting they would hold up what they wait for: so
//! one begins when no unit of its service waits to be started any more, and who was well once is not asked again.
//!
//! Written to `/run/sos/health.json` and, when waiting, to the console: `health: ok (<version>; <services>)`,
//! `health: FAILED <service>: <sentence>`, or `waiting for its owner (<version>)`.

use std::collections::BTreeSet;
use std::thread;
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};

use crate::command::Program;
use crate::device::Device;
use crate::error::ProvisionError;
use crate::files::{self, Rights};
use crate::{console, metadata};

/// Between two rounds.
const PAUSE: Duration = Duration::from_secs(2);
/// How long units are waited for before it is said which still start.
const STARTS: Duration = Duration::from_secs(20);
/// For one transaction.
const LIMIT: Duration = Duration::from_secs(120);
/// The journal hears of every so many rounds.
const ROUNDS_UNHEARD: u32 = 15;
/// The report.
pub(crate) const REPORT: &str = "/run/sos/health.json";

/// How long to try.
#[derive(Debug, Clone, Copy)]
pub enum Patience {
    /// One round.
    Once,
    /// Rounds until all are well, at most this long; then the console is told.
    Until(Duration),
}

/// The health of the server.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Report {
    pub(crate) version: String,
    pub(crate) claimed: bool,
    pub(crate) ok: bool,
    pub(crate) services: Vec<ServiceHealth>,
}

/// The health of one service.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ServiceHealth {
    pub(crate) name: String,
    pub(crate) ok: bool,
    /// Why it is not well, in one sentence.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) fault: Option<String>,
}

/// Runs the transactions; gives whether all services are well. A server without an owner is.
///
/// # Errors
/// When the services are not known or the report cannot be written.
pub fn health(device: &Device, patience: Patience) -> Result<bool, ProvisionError> {
    let (patient, end) = match patience {
        Patience::Once => (false, Instant::now()),
        Patience::Until(limit) => (true, Instant::now() + limit),
    };
    let mut number = 0_u32;
    let mut well = BTreeSet::new();
    let report = loop {
        // Asked before the settings are looked at: a claim writes these first.
        let metadata_done = device.path(metadata::DONE).exists();
        let report = round(device, patient, &mut well)?;
        let settled = if report.claimed { report.ok } else { metadata_done };
        if settled || Instant::now() >= end {
            break report;
        }
        if number.is_multiple_of(ROUNDS_UNHEARD) {
            log_faults(&report);
        }
        number += 1;
        thread::sleep(PAUSE);
    };
    let json = serde_json::to_vec_pretty(&report)
        .map_err(|error| ProvisionError::Malformed { path: REPORT.into(), what: error.to_string() })?;
    files::write(&device.path(REPORT), &json, Rights::PUBLIC)?;
    if patient {
        for line in lines(&report) {
            console::say(device, &line);
        }
    }
    Ok(report.ok)
}

/// One round. Services that are `well` already are not asked again; who is `patient` asks only those that have started.
fn round(device: &Device, patient: bool, well: &mut BTreeSet<String>) -> Result<Report, ProvisionError> {
    let version = device.image()?.version;
    let Some(settings) = device.settings()? else {
        return Ok(Report { version, claimed: false, ok: true, services: Vec::new() });
    };
    let overlays = device.overlays()?;
    let enabled = overlays.enabled(Some(&settings))?;
    let not_well = enabled.iter().filter(|overlay| patient && !well.contains(&overlay.name));
    let units: Vec<&str> = not_well.flat_map(|overlay| &overlay.manifest.units).map(String::as_str).collect();
    let starting = starting(&units);
    let mut services = Vec::new();
    for overlay in enabled {
        let Some(health) = &overlay.manifest.health else { continue };
        let fault = if well.contains(&overlay.name) {
            None
        } else if overlay.manifest.units.iter().any(|unit| starting.contains(unit)) {
            Some("it is still starting".to_owned())
        } else {
            ask(device, &health.transaction)
        };
        if fault.is_none() {
            well.insert(overlay.name.clone());
        }
        services.push(ServiceHealth { name: overlay.name.clone(), ok: fault.is_none(), fault });
    }
    Ok(Report { version, claimed: true, ok: services.iter().all(|service| service.ok), services })
}

/// Those of the units that wait to be started still. One program waits for them for a while: to look again and again
/// would take the time of what starts. Where it cannot be found out, the transaction tells.
fn starting(units: &[&str]) -> BTreeSet<String> {
    if units.is_empty() {
        return BTreeSet::new();
    }
    let systemctl = |arguments: &[&str]| Program::new("systemctl").args(arguments.iter().chain(units).copied());
    // They are to run anyhow; so this only waits for the jobs that there are. Who fails shows by the transaction.
    systemctl(&["start", "--"]).limit(STARTS).run().ok();
    let jobs = systemctl(&["show", "--property=Id,Job", "--"]).run().unwrap_or_default();
    with_a_job(&String::from_utf8_lossy(&jobs))
}

/// Reads what `systemctl show` says of units, a paragraph each: those that have a job, which is a number.
fn with_a_job(units: &str) -> BTreeSet<String> {
    let of =
        |unit: &str, key: &str| unit.lines().find_map(|line| line.strip_prefix(key)).unwrap_or_default().to_owned();
    let waits = |unit: &&str| !matches!(of(unit, "Job=").as_str(), "" | "0");
    units.split("\n\n").filter(waits).map(|unit| of(unit, "Id=")).collect()
}

/// Runs the transaction; gives why the service is not well, in one sentence.
fn ask(device: &Device, program: &str) -> Option<String> {
    let program = device.path(program);
    let outcome = Program::new(&program.to_string_lossy()).limit(LIMIT).run();
    outcome.err().map(|error| {
        let sentence = error.said.lines().last().unwrap_or_default().to_owned();
        if sentence.is_empty() { error.to_string() } else { sentence }
    })
}

/// Tells the journal what is being waited for.
fn log_faults(report: &Report) {
    for service in report.services.iter().filter(|service| !service.ok) {
        console::log(&format!("waiting for {}: {}", service.name, service.fault.as_deref().unwrap_or_default()));
    }
}

fn lines(report: &Report) -> Vec<String> {
    if !report.claimed {
        return vec![format!("waiting for its owner ({})", report.version)];
    }
    if report.ok {
        let names: Vec<&str> = report.services.iter().map(|service| service.name.as_str()).collect();
        return vec![format!("health: ok ({}; {})", report.version, names.join(" "))];
    }
    let failed = report.services.iter().filter(|service| !service.ok);
    failed
        .map(|service| format!("health: FAILED {}: {}", service.name, service.fault.as_deref().unwrap_or_default()))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report(claimed: bool, services: &[(&str, Option<&str>)]) -> Report {
        let services: Vec<ServiceHealth> = services
            .iter()
            .map(|(name, fault)| ServiceHealth {
                name: (*name).into(),
                ok: fault.is_none(),
                fault: fault.map(Into::into),
            })
            .collect();
        Report { version: "13.20261123.1".into(), claimed, ok: services.iter().all(|service| service.ok), services }
    }

    #[test]
    fn a_unit_with_a_job_is_waited_for() {
        let said = "Id=slapd.service\nJob=\n\nId=rspamd.service\nJob=582\n\nId=nginx.service\nJob=0\n";
        assert_eq!(with_a_job(said), BTreeSet::from(["rspamd.service".to_owned()]));
        assert!(with_a_job("").is_empty());
    }

    #[test]
    fn the_console_hears_exactly_these_lines() {
        assert_eq!(lines(&report(false, &[])), ["waiting for its owner (13.20261123.1)"]);
        assert_eq!(
            lines(&report(true, &[("base", None), ("directory", None)])),
            ["health: ok (13.20261123.1; base directory)"]
        );
        assert_eq!(
            lines(&report(true, &[("base", None), ("mail", Some("no mail came back"))])),
            ["health: FAILED mail: no mail came back"]
        );
    }
}
