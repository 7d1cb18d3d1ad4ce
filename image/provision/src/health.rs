//! Every enabled service's transaction, and the report of it.
//!
//! Transactions are real work, and on a small machine that is still starting they would hold up what they wait for: so
//! one begins when no unit of its service waits to be started any more, and who was well once is not asked again.
//!
//! Written to `/run/sos/health.json` and, when waiting, to the console: `health: ok (<version>; <services>)`,
//! `health: FAILED <service>: <sentence>`, or where the owner comes in and `waiting for its owner (<version>)`.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::net::IpAddr;
use std::panic::resume_unwind;
use std::thread;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Serialize};
use sos_settings::{Overlay, Settings};

use crate::addresses::{self, Addresses};
use crate::certificate::{self, Certificate};
use crate::device::Device;
use crate::error::ProvisionError;
use crate::files::{self, Rights};
use crate::turn::NoClaim;
use crate::{claim, console, metadata};

/// Between two rounds.
const PAUSE: Duration = Duration::from_secs(2);
/// Between two looks whether a claim is over.
const LOOK: Duration = Duration::from_millis(200);
/// How long units are waited for before it is said which still start.
const STARTS: Duration = Duration::from_secs(20);
/// What systemd started again so often fails; it does not start.
const RESTARTS: u32 = 3;
/// For one transaction.
const LIMIT: Duration = Duration::from_secs(120);
/// The journal hears of every so many rounds.
const ROUNDS_UNHEARD: u32 = 15;
/// For a first answer of a certificate authority, before the owner is told that browsers will warn.
const FOR_AN_AUTHORITY: Duration = Duration::from_secs(60);
/// The report.
pub(crate) const REPORT: &str = "/run/sos/health.json";

/// Held by whoever has all services asked once.
const CHECKING: &str = "/run/sos/checking";

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
pub struct Report {
    /// The release's version.
    pub version: String,
    /// Whether there is an owner.
    pub claimed: bool,
    /// Whether all services are well.
    pub ok: bool,
    /// The services that were asked.
    pub services: Vec<ServiceHealth>,
}

/// The health of one service.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServiceHealth {
    /// Its name.
    pub name: String,
    /// Whether it did its work.
    pub ok: bool,
    /// Why it is not well, in one sentence.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fault: Option<String>,
    /// When that was found, in seconds since 1970.
    #[serde(default)]
    pub at: u64,
    /// Its units are still being started, so it was not asked.
    #[serde(default)]
    pub starting: bool,
}

/// Runs the transactions; gives whether all services are well. A server without an owner is when its owner can come in.
///
/// # Errors
/// When the services are not known or the report cannot be written.
pub fn health(device: &Device, patience: Patience) -> Result<bool, ProvisionError> {
    let start = Instant::now();
    let limit = match patience {
        Patience::Once => Duration::ZERO,
        Patience::Until(limit) => limit,
    };
    let patient = matches!(patience, Patience::Until(_));
    let _checking = if patient { None } else { Some(check(device)?) };
    let mut number = 0_u32;
    // What is well stays well until this run is over: another round asks those that were not.
    let mut well = Vec::new();
    let report = loop {
        let no_claim = no_claim(device, start + limit)?;
        // Asked before the settings are looked at: a claim writes these first.
        let told = device.path(metadata::DONE).exists()
            && (device.path(certificate::ASKED).exists() || start.elapsed() >= FOR_AN_AUTHORITY);
        let settings = device.settings()?;
        drop(no_claim);
        let report = round(device, settings.as_ref(), patient, &mut well)?;
        let settled = report.ok && (report.claimed || told);
        if settled || start.elapsed() >= limit {
            break report;
        }
        if number.is_multiple_of(ROUNDS_UNHEARD) {
            log_faults(&report);
        }
        number += 1;
        thread::sleep(PAUSE);
    };
    if patient {
        if report.ok && !report.claimed {
            say_address(device)?;
        }
        for line in lines(&report) {
            console::say(device, &line);
        }
    }
    Ok(report.ok)
}

/// Says as long as the file is open that all services are being asked; the kernel forgets it with this process.
fn check(device: &Device) -> Result<File, ProvisionError> {
    let path = device.path(CHECKING);
    files::make_folder(path.parent().unwrap_or(&path), Rights { mode: 0o755, ..Rights::PUBLIC })?;
    let file = File::create(&path).map_err(ProvisionError::file("open", &path))?;
    // Beside another check, each is one.
    rustix::fs::flock(&file, rustix::fs::FlockOperation::NonBlockingLockShared).ok();
    Ok(file)
}

/// Whether all services are being asked now.
pub(crate) fn is_checking(device: &Device) -> bool {
    let Ok(file) = File::open(device.path(CHECKING)) else { return false };
    let free = rustix::fs::flock(&file, rustix::fs::FlockOperation::NonBlockingLockExclusive);
    free == Err(rustix::io::Errno::WOULDBLOCK)
}

/// The report as it was written last.
#[must_use]
pub fn last(device: &Device) -> Option<Report> {
    fs::read(device.path(REPORT)).ok().and_then(|json| serde_json::from_slice(&json).ok())
}

/// Says anew where the owner comes in, if the console has heard it already and there is none.
pub(crate) fn show_address(device: &Device) -> Result<(), ProvisionError> {
    match last(device) {
        Some(report) if report.ok && !report.claimed && device.settings()?.is_none() => say_address(device),
        _ => Ok(()),
    }
}

fn say_address(device: &Device) -> Result<(), ProvisionError> {
    let addresses = addresses::public(device)?;
    let code = claim::shown(device);
    for line in way_in(&addresses, certificate::current(device).as_ref(), code.as_deref()) {
        console::say(device, &line);
    }
    Ok(())
}

/// Waits for a claim that is under way: what has no files yet is neither to be started nor asked. One that is still under
/// way at the deadline shows in what is not well.
fn no_claim(device: &Device, deadline: Instant) -> Result<Option<NoClaim>, ProvisionError> {
    loop {
        match NoClaim::now(device)? {
            None if Instant::now() < deadline => thread::sleep(LOOK),
            no_claim => return Ok(no_claim),
        }
    }
}

/// Asks every service that is not in `well` yet, and writes the report after each, so that somebody can watch.
fn round(
    device: &Device,
    settings: Option<&Settings>,
    patient: bool,
    well: &mut Vec<ServiceHealth>,
) -> Result<Report, ProvisionError> {
    let claimed = settings.is_some();
    let overlays = device.overlays()?;
    let earlier =
        last(device).filter(|report| report.claimed == claimed).map_or_else(Vec::new, |report| report.services);
    if !claimed {
        // The claim changes what the services do.
        well.clear();
    }
    let mut report = Report { version: device.image()?.version, claimed, ok: true, services: Vec::new() };
    let enabled = overlays.enabled(settings)?;
    let asked: Vec<(&Overlay, &str)> = enabled
        .into_iter()
        .filter(|overlay| claimed || overlay.manifest.unclaimed)
        .filter_map(|overlay| Some((overlay, overlay.manifest.health.as_ref()?.transaction.as_str())))
        .collect();
    let is_well = |well: &[ServiceHealth], name: &str| well.iter().any(|service| service.name == name);
    let waited_for: Vec<&Overlay> =
        asked.iter().map(|(overlay, _)| *overlay).filter(|overlay| patient && !is_well(well, &overlay.name)).collect();
    let starting = starting(device, &waited_for);
    let answer = |(overlay, program): &(&Overlay, &str)| {
        let name = overlay.name.as_str();
        match well.iter().find(|service| service.name == name) {
            Some(service) => service.clone(),
            None if overlay.manifest.units.iter().any(|unit| starting.contains(unit)) => {
                ServiceHealth { starting: true, ..found(name, Some("it is still starting".into())) }
            }
            None => ask(device, name, program),
        }
    };
    // All at once: most of a transaction is waiting, and somebody waits for the last one.
    thread::scope(|scope| {
        let answers: Vec<_> = asked.iter().map(|service| scope.spawn(|| answer(service))).collect();
        for (at, answer) in answers.into_iter().enumerate() {
            report.services.push(answer.join().unwrap_or_else(|panic| resume_unwind(panic)));
            report.ok = report.services.iter().all(|service| service.ok);
            let later = asked[at + 1..].iter().filter_map(|(next, _)| earlier.iter().find(|one| one.name == next.name));
            write(device, &so_far(&report, later, asked.len()))?;
        }
        Ok::<(), ProvisionError>(())
    })?;
    well.clone_from(&report.services);
    well.retain(|service| service.ok);
    write(device, &report)?;
    Ok(report)
}

/// A report of which some services are not asked yet: for these it has what was found `later` in the one before.
fn so_far<'a>(report: &Report, later: impl Iterator<Item = &'a ServiceHealth>, count: usize) -> Report {
    let mut so_far = report.clone();
    so_far.services.extend(later.cloned());
    so_far.ok = so_far.services.len() == count && so_far.services.iter().all(|service| service.ok);
    so_far
}

fn write(device: &Device, report: &Report) -> Result<(), ProvisionError> {
    let json = serde_json::to_vec_pretty(report)
        .map_err(|error| ProvisionError::Malformed { path: REPORT.into(), what: error.to_string() })?;
    files::write(&device.path(REPORT), &json, Rights::PUBLIC)
}

/// The units of these services that wait to be started still. One program waits for them for a while: to look again
/// and again would take the time of what starts. Where it cannot be found out, the transaction tells.
fn starting(device: &Device, services: &[&Overlay]) -> BTreeSet<String> {
    let units: Vec<&str> = services.iter().flat_map(|overlay| &overlay.manifest.units).map(String::as_str).collect();
    if units.is_empty() {
        return BTreeSet::new();
    }
    let systemctl = |arguments: &[&str]| device.program("systemctl").args(arguments.iter().chain(&units).copied());
    // They are to run anyhow; so this only waits for the jobs that there are. Who fails shows by the transaction.
    systemctl(&["start", "--"]).limit(STARTS).run().ok();
    let jobs = systemctl(&["show", "--property=Id,Job,NRestarts", "--"]).run().unwrap_or_default();
    with_a_job(&String::from_utf8_lossy(&jobs))
}

/// Reads what `systemctl show` says of units, a paragraph each: those that have a job, which is a number. What was started
/// again and again does not start: its transaction says why.
fn with_a_job(units: &str) -> BTreeSet<String> {
    let of =
        |unit: &str, key: &str| unit.lines().find_map(|line| line.strip_prefix(key)).unwrap_or_default().to_owned();
    let waits = |unit: &&str| {
        let restarts: u32 = of(unit, "NRestarts=").parse().unwrap_or_default();
        !matches!(of(unit, "Job=").as_str(), "" | "0") && restarts < RESTARTS
    };
    units.split("\n\n").filter(waits).map(|unit| of(unit, "Id=")).collect()
}

fn ask(device: &Device, name: &str, program: &str) -> ServiceHealth {
    let program = device.path(program);
    let outcome = device.program(&program.to_string_lossy()).limit(LIMIT).run();
    let fault = outcome.err().map(|error| {
        let sentence = error.said.lines().last().unwrap_or_default().to_owned();
        if sentence.is_empty() { error.to_string() } else { sentence }
    });
    found(name, fault)
}

/// What was found of a service just now.
fn found(name: &str, fault: Option<String>) -> ServiceHealth {
    let at = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
    ServiceHealth { name: name.to_owned(), ok: fault.is_none(), fault, at, starting: false }
}

/// Tells the journal what is being waited for.
fn log_faults(report: &Report) {
    for service in report.services.iter().filter(|service| !service.ok) {
        console::log(&format!("waiting for {}: {}", service.name, service.fault.as_deref().unwrap_or_default()));
    }
}

/// Where the owner comes in, with which code, and what their browser will say.
fn way_in(addresses: &Addresses, certificate: Option<&Certificate>, code: Option<&str>) -> Vec<String> {
    let signed = certificate.filter(|certificate| !certificate.self_signed);
    let place = signed.and_then(|certificate| certificate.names.first().cloned());
    let Some(place) = place.or_else(|| addresses.iter().next().map(|address| address.to_string())) else {
        return vec!["this server has no address yet; look at its network, then start it again".into()];
    };
    let place =
        if place.parse::<IpAddr>().is_ok_and(|address| address.is_ipv6()) { format!("[{place}]") } else { place };
    let mut lines = vec![match code {
        Some(code) => format!("open https://{place}/ and enter the claim code: {code}"),
        None => format!("open https://{place}/ and enter the claim code that you were given"),
    }];
    if let Some(certificate) = certificate.filter(|certificate| certificate.self_signed) {
        lines.push(format!(
            "your browser will warn, because no authority has signed for this address yet; the certificate's fingerprint \
             (SHA-256) is {}",
            certificate.fingerprint
        ));
    }
    lines
}

fn lines(report: &Report) -> Vec<String> {
    if !report.claimed && report.ok {
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
    use crate::turn::Claiming;

    fn report(claimed: bool, services: &[(&str, Option<&str>)]) -> Report {
        let services: Vec<ServiceHealth> = services
            .iter()
            .map(|(name, fault)| ServiceHealth {
                name: (*name).into(),
                ok: fault.is_none(),
                fault: fault.map(Into::into),
                at: 0,
                starting: false,
            })
            .collect();
        Report { version: "13.20261123.1".into(), claimed, ok: services.iter().all(|service| service.ok), services }
    }

    #[test]
    fn a_unit_with_a_job_is_waited_for() {
        let said = "Id=slapd.service\nJob=\n\nId=rspamd.service\nJob=582\nNRestarts=2\n\nId=nginx.service\nJob=0\n";
        assert_eq!(with_a_job(said), BTreeSet::from(["rspamd.service".to_owned()]));
        assert!(with_a_job(&said.replace("NRestarts=2", "NRestarts=3")).is_empty(), "it fails again and again");
        assert!(with_a_job("").is_empty());
    }

    #[test]
    fn a_claim_is_waited_for_until_it_is_over_or_the_time_is() {
        let root = tempfile::tempdir().unwrap();
        let device = Device::new(root.path());
        let claiming = Claiming::begin(&device).unwrap();
        let start = Instant::now();
        assert!(no_claim(&device, start + LOOK).unwrap().is_none());
        assert!(start.elapsed() >= LOOK);
        let other = device.clone();
        let waits = thread::spawn(move || no_claim(&other, Instant::now() + LIMIT).unwrap().is_some());
        thread::sleep(2 * LOOK);
        assert!(!waits.is_finished(), "it does not wait");
        drop(claiming);
        assert!(waits.join().unwrap());
        assert!(start.elapsed() < LIMIT);
    }

    #[test]
    fn the_owner_is_told_where_to_come_in_with_which_code_and_what_the_browser_says() {
        let own = addresses::tests::addresses(&["203.0.113.5", "2001:db8::5"]);
        let mut certificate = Certificate {
            names: vec!["vps17.provider.example".into()],
            from: 0,
            until: 1,
            self_signed: true,
            fingerprint: "AA:BB".into(),
        };
        assert_eq!(
            way_in(&own, Some(&certificate), Some("7K3M-9QXT-2WHD")),
            [
                "open https://203.0.113.5/ and enter the claim code: 7K3M-9QXT-2WHD",
                "your browser will warn, because no authority has signed for this address yet; the certificate's \
                 fingerprint (SHA-256) is AA:BB"
            ]
        );
        certificate.self_signed = false;
        assert_eq!(
            way_in(&own, Some(&certificate), None),
            ["open https://vps17.provider.example/ and enter the claim code that you were given"]
        );
        let ipv6 = addresses::tests::addresses(&["2001:db8::5"]);
        assert_eq!(way_in(&ipv6, None, Some("X")), ["open https://[2001:db8::5]/ and enter the claim code: X"]);
        assert!(way_in(&Addresses::default(), None, None)[0].starts_with("this server has no address yet"));
    }

    #[test]
    fn the_console_hears_exactly_these_lines() {
        assert_eq!(lines(&report(false, &[])), ["waiting for its owner (13.20261123.1)"]);
        assert_eq!(lines(&report(false, &[("web", Some("no page"))])), ["health: FAILED web: no page"]);
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
