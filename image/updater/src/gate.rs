//! The gate: a release that is tried stays when every service does its real work and nothing is less than it was.
//!
//! The transactions are those of the health report, which `sos-health.service` makes in a trial as at any boot; the gate
//! watches it. Before, it renders what the server will be like with its doors open; then it looks whether memory ran out
//! or a service fell over meanwhile, whether the server is connected as it was, and counts what there is. Whatever it
//! finds wrong becomes the verdict, in the store, where the old release finds it.

use std::collections::BTreeSet;
use std::fs;
use std::thread;
use std::time::{Duration, Instant};

use sos_provision::{Device, HealthReport};
use sos_settings::Overlays;

use crate::commit;
use crate::cycle::{Action, Event, step};
use crate::error::UpdateError;
use crate::facts;
use crate::network;
use crate::standing::{Standing, boot_state, refused};
use crate::store::{Store, Trial};

/// How long it waits, and for what.
#[derive(Debug, Clone, Copy)]
pub struct Patience {
    /// For all services to be well.
    pub deadline: Duration,
    /// For anything to become better, once no unit waits to be started any more.
    pub stuck: Duration,
    /// Between two looks.
    pub pause: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        let [deadline, stuck] = [600, 240].map(Duration::from_secs);
        // A look reads two small files, and meanwhile no letter is taken.
        Self { deadline, stuck, pause: Duration::from_millis(250) }
    }
}

/// Most losses that a verdict names.
const NAMED: usize = 3;

/// Lets the release through, or has the machine start the one before.
///
/// # Errors
/// When no trial is on, or what follows from the verdict cannot be done.
pub fn gate(device: &Device, patience: Patience) -> Result<(), UpdateError> {
    let standing = Standing::read(device, boot_state(device)?.ruling())?;
    if let (_, action @ Action::Refuse(_)) = step(standing.state(), Event::Passed) {
        return Err(refused(action));
    }
    let verdict = judge(device, standing.trial.as_ref(), patience).err();
    let event = if verdict.is_none() { Event::Passed } else { Event::Failed };
    match step(standing.state(), event).1 {
        Action::OpenUp => commit::commit(device),
        Action::Reboot => {
            let why = verdict.unwrap_or_default();
            note(device, standing.trial, &why);
            sos_provision::say(device, &format!("update: {} does not stay: {why}", standing.running));
            lead_back(device)
        }
        other => Err(refused(other)),
    }
}

/// Keeps the verdict for the old release. Where that fails, it says that this one did not come up.
fn note(device: &Device, trial: Option<Trial>, why: &str) {
    let noted = trial.map(|trial| Store::of(device).put(&Trial { verdict: Some(why.to_owned()), ..trial }));
    if let Some(Err(error)) = noted {
        eprintln!("the verdict cannot be kept: {error}");
    }
}

/// Starts the machine anew at once: what the services would still write is taken back anyhow.
///
/// # Errors
/// When systemd does not do it.
pub(crate) fn lead_back(device: &Device) -> Result<(), UpdateError> {
    device.program("systemctl").args(["--force", "reboot"]).run()?;
    Ok(())
}

/// Whether the release may stay; else why not.
fn judge(device: &Device, trial: Option<&Trial>, patience: Patience) -> Result<(), String> {
    // First what needs no waiting: nothing comes up by itself after a template that does not render.
    let lit = device.clone().lit();
    lit.render(device.ssh_is_on()).map_err(|error| format!("what it opens does not render: {error}"))?;
    wait(device, patience)?;
    if ran_out_of_memory(device) {
        return Err("memory ran out".into());
    }
    if let Some(trial) = trial {
        network::wait(device, &trial.facts, patience.stuck / 2)?;
        let now = facts::gather(device).map_err(|error| format!("what there is cannot be counted: {error}"))?;
        let mut lost = facts::lost(&trial.facts, &now);
        let more = lost.len().saturating_sub(NAMED);
        lost.truncate(NAMED);
        if more > 0 {
            lost.push(format!("and {more} more"));
        }
        if !lost.is_empty() {
            return Err(lost.join("; "));
        }
    }
    fell_over(device).map_err(|error| format!("the services' units cannot be looked at: {error}"))?.map_or(Ok(()), Err)
}

/// Waits until all services are well.
fn wait(device: &Device, patience: Patience) -> Result<(), String> {
    let start = Instant::now();
    let mut watch = Watch::default();
    loop {
        let report = sos_provision::last_health(device);
        if report.as_ref().is_some_and(|report| report.ok) {
            return Ok(());
        }
        if ran_out_of_memory(device) {
            return Err("memory ran out".into());
        }
        if let Some(why) = watch.look(report.as_ref(), start.elapsed(), patience) {
            return Err(why);
        }
        thread::sleep(patience.pause);
    }
}

/// What became better, and when.
#[derive(Debug, Default)]
struct Watch {
    well: BTreeSet<String>,
    better: Duration,
}

impl Watch {
    /// Looks at a report `at` so much time; gives why there is nothing to wait for any more.
    fn look(&mut self, report: Option<&HealthReport>, at: Duration, patience: Patience) -> Option<String> {
        let Some(report) = report else {
            return (at >= patience.deadline).then(|| "no service's health was found out in time".into());
        };
        let well = report.services.iter().filter(|service| service.ok).map(|service| service.name.clone()).collect();
        if self.well != well || report.services.iter().any(|service| service.starting) {
            self.well = well;
            self.better = at;
        }
        if at < patience.deadline && at.saturating_sub(self.better) < patience.stuck {
            return None;
        }
        let faults = report.services.iter().filter(|service| !service.ok);
        let faults: Vec<String> = faults
            .map(|service| format!("{}: {}", service.name, service.fault.as_deref().unwrap_or("it is not well")))
            .collect();
        Some(if faults.is_empty() {
            "not every service's health was found out in time".into()
        } else {
            faults.join("; ")
        })
    }
}

/// Whether the kernel ended a program to have memory again, since the machine started.
fn ran_out_of_memory(device: &Device) -> bool {
    let counts = fs::read_to_string(device.path("/proc/vmstat")).unwrap_or_default();
    let ended = counts.lines().find_map(|line| line.strip_prefix("oom_kill "));
    ended.and_then(|count| count.trim().parse::<u64>().ok()).is_some_and(|count| count > 0)
}

/// A unit of a service that failed, which its transaction did not need or that fell over after it.
fn fell_over(device: &Device) -> Result<Option<String>, UpdateError> {
    let settings = device.settings()?;
    let overlays =
        Overlays::load(&device.path("/usr/share/sos/overlays")).map_err(sos_provision::ProvisionError::from)?;
    let enabled = overlays.enabled(settings.as_ref()).map_err(sos_provision::ProvisionError::from)?;
    let there = enabled.into_iter().filter(|overlay| settings.is_some() || overlay.manifest.unclaimed);
    let units: Vec<&str> = there.flat_map(|overlay| &overlay.manifest.units).map(String::as_str).collect();
    if units.is_empty() {
        return Ok(None);
    }
    let asked = ["show", "--property=Id", "--property=ActiveState", "--"];
    let said = device.program("systemctl").args(asked).args(units).run()?;
    let said = String::from_utf8_lossy(&said).into_owned();
    let failed = said.split("\n\n").find(|unit| unit.lines().any(|line| line == "ActiveState=failed"));
    Ok(failed.and_then(|unit| Some(format!("{} failed", unit.lines().find_map(|line| line.strip_prefix("Id="))?))))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::boot_state::Slot;
    use crate::fixture::{Fixture, NEW};

    const SOON: Patience = Patience {
        deadline: Duration::from_millis(60),
        stuck: Duration::from_millis(20),
        pause: Duration::from_millis(1),
    };

    /// A server on trial whose release before counted what there was, and whose services are well.
    fn on_trial() -> Fixture {
        let server = Fixture::new();
        server.is_claimed("en");
        server.put("var/mail/jill/Maildir/new/1", "x");
        server.leaves();
        let trial = server.store.get::<Trial>().unwrap();
        server.store.put(&Trial { facts: facts::gather(&server.device).unwrap(), ..trial }).unwrap();
        server.boots_on_trial();
        server.health(None, false);
        server
    }

    fn verdict(server: &Fixture) -> Option<String> {
        gate(&server.device, SOON).unwrap();
        server.store.get::<Trial>().and_then(|trial| trial.verdict)
    }

    #[test]
    fn lets_a_release_through_that_is_well_and_has_everything() {
        let server = on_trial();
        assert_eq!(verdict(&server), None);
        assert_eq!((server.record().good, server.record().trial), (Slot::B, None));
        assert!(!server.device.is_dark());
    }

    #[test]
    fn a_release_that_does_not_pass_starts_the_one_before_and_says_why() {
        type Breaks<'a> = &'a dyn Fn(&Fixture);
        let gone = |server: &Fixture| fs::remove_dir_all(server.path("var/mail/jill")).unwrap();
        let unwell = |server: &Fixture| server.health(Some("no mail came back"), false);
        let never = |server: &Fixture| fs::remove_file(server.path("run/sos/health.json")).unwrap();
        let memory = |server: &Fixture| server.put("proc/vmstat", "pgfault 7\noom_kill 1\n");
        let fault = |server: &Fixture| server.stand_in("ldapsearch", "echo cannot connect >&2; exit 1");
        let cut_off = |server: &Fixture| server.stand_in("ip", "exit 0");
        let cases: [(Breaks<'_>, &str); 6] = [
            (&gone, "letters of jill: 1 before, 0 now; mailboxes: 1 before, 0 now"),
            (&unwell, "base: no mail came back"),
            (&never, "no service's health was found out in time"),
            (&memory, "memory ran out"),
            (&cut_off, "networks with an IPv4 address: 1 before, 0 now; ways out by IPv4: 1 before, 0 now"),
            (&fault, "what there is cannot be counted: ldapsearch failed (exit status: 1): cannot connect"),
        ];
        for (breaks, why) in cases {
            let server = on_trial();
            breaks(&server);
            assert_eq!(verdict(&server).as_deref(), Some(why));
            assert_eq!(server.calls("systemctl").last().unwrap(), "--force reboot");
            let record = server.record();
            assert_eq!((record.good, record.trial, record.tries), (Slot::A, Some(Slot::B), 0));
            assert!(server.device.is_dark());
        }
    }

    #[test]
    fn a_unit_that_failed_does_not_pass_though_its_transaction_did() {
        let server = on_trial();
        let manifest = "title = \"X\"\nrequired = true\nunits = [\"a.service\", \"b.service\"]\n";
        server.put("usr/share/sos/overlays/x/service.toml", manifest);
        server.stand_in(
            "systemctl",
            "printf 'Id=a.service\\nActiveState=active\\n\\nId=b.service\\nActiveState=failed\\n'",
        );
        assert_eq!(verdict(&server).as_deref(), Some("b.service failed"));
    }

    #[test]
    fn what_does_not_render_open_does_not_pass() {
        let server = on_trial();
        let manifest = "title = \"X\"\nrequired = true\n[templates.a]\nto = \"/etc/a\"\n";
        server.put("usr/share/sos/overlays/x/service.toml", manifest);
        server.put("usr/share/sos/overlays/x/templates/a", "{% if not dark %}{{ nothing }}{% endif %}");
        let verdict = verdict(&server).unwrap();
        assert!(verdict.starts_with("what it opens does not render: "), "{verdict}");
    }

    #[test]
    fn is_not_for_a_server_that_tries_nothing() {
        let server = Fixture::new();
        server.health(None, false);
        assert_eq!(gate(&server.device, SOON).unwrap_err().exit_code(), 3);
    }

    #[test]
    fn a_server_without_an_owner_passes_when_it_waits_for_one() {
        let server = Fixture::new();
        server.leaves();
        server.boots_on_trial();
        server.health(None, false);
        assert_eq!(verdict(&server), None);
        assert_eq!(server.record().good, Slot::B);
    }

    #[test]
    fn waits_for_what_still_starts_until_the_deadline_and_for_what_does_not_change_a_while() {
        let seconds = Duration::from_secs;
        let server = Fixture::new();
        let report = |fault, starting| {
            server.health(fault, starting);
            sos_provision::last_health(&server.device)
        };
        let mut watch = Watch::default();
        let mut look =
            |report: &Option<HealthReport>, at| watch.look(report.as_ref(), seconds(at), Patience::default());
        let (starting, unwell) = (report(Some("it is still starting"), true), report(Some("no page"), false));
        assert_eq!(look(&None, 599), None);
        assert_eq!(look(&starting, 300), None);
        assert_eq!(look(&unwell, 539), None);
        assert_eq!(look(&unwell, 540).as_deref(), Some("base: no page"));
        assert_eq!(look(&starting, 599), None);
        assert_eq!(look(&starting, 600).as_deref(), Some("base: it is still starting"));
        assert_eq!(unwell.unwrap().version, NEW);
    }
}
