//! After a boot: what became of the last update is noted, once, and told.
//!
//! The history comes first, and the document that says there is something to note goes last. A power cut between leaves
//! the document, and the history does not hear of the same try twice.

use std::thread;
use std::time::{Duration, Instant};

use sos_ipc::{UpdateEvent, UpdateOutcome};
use sos_provision::Device;

use crate::boot_state::Record;
use crate::clock::now;
use crate::cycle::{Action, Event, step};
use crate::error::UpdateError;
use crate::gate;
use crate::standing::{Standing, boot_state};
use crate::store::{Candidate, Earlier, GoingBack, Store, Trial};
use crate::texts::{self, Told};
use crate::trial::TRIES;

/// Between two looks at the health.
const PAUSE: Duration = Duration::from_secs(2);
/// What is said where there is no verdict.
const NO_VERDICT: &str = "it did not come up";

/// Looks after what the last step left. Where there is something to do, waits for health first, at most `patience`.
///
/// # Errors
/// When something cannot be read or written.
pub fn settle(device: &Device, patience: Duration) -> Result<(), UpdateError> {
    let mut boot = boot_state(device)?;
    let standing = Standing::read(device, boot.ruling())?;
    let action = step(standing.state(), Event::Settle).1;
    let soundly = boot.ruling().is_some_and(|record| record.trial.is_none_or(|_| action == Action::Nothing));
    if action == Action::Nothing && soundly {
        return Ok(());
    }
    if action == Action::Reboot {
        sos_provision::say(device, "update: this release is on trial without its gate; the one before starts");
        return gate::lead_back(device);
    }
    let healthy = wait_for_health(device, patience);
    // Without a record the boot chooser goes by what is newest: it is told again, by a release that is well.
    if !soundly && (healthy || boot.ruling().is_some()) {
        boot.write(Record::settled(standing.booted))?;
    }
    match action {
        Action::Note(_) => note(device, &standing),
        Action::Forget => {
            let store = Store::of(device);
            store.remove::<Trial>()?;
            store.remove::<GoingBack>()
        }
        _ => Ok(()),
    }
}

/// Whether all services were well in time.
fn wait_for_health(device: &Device, patience: Duration) -> bool {
    let start = Instant::now();
    loop {
        if sos_provision::last_health(device).is_some_and(|report| report.ok) {
            return true;
        }
        if start.elapsed() >= patience {
            return false;
        }
        thread::sleep(PAUSE);
    }
}

/// Notes what became of the last update, where that is not noted yet.
pub(crate) fn note(device: &Device, standing: &Standing) -> Result<(), UpdateError> {
    let Action::Note(outcome) = step(standing.state(), Event::Settle).1 else { return Ok(()) };
    let store = Store::of(device);
    let (event, began) = event(standing, outcome);
    if !is_noted(&store, &event, began) {
        store.note(event.clone())?;
        count_failures(&store, standing, outcome)?;
        keep(&store, standing, outcome)?;
        sos_provision::say(device, &format!("update: {}", line(&event)));
        tell(device, &store, &event);
    }
    store.remove::<Trial>()?;
    store.remove::<GoingBack>()
}

/// What happened, and since when that can be.
fn event(standing: &Standing, outcome: UpdateOutcome) -> (UpdateEvent, u64) {
    let running = standing.running.to_string();
    let (trial, back) = (standing.trial.as_ref(), standing.going_back.as_ref());
    let tried = trial.map_or_else(|| running.clone(), |trial| trial.to.to_string());
    let tried_from = trial.map_or_else(|| running.clone(), |trial| trial.from.to_string());
    let tried_by = trial.and_then(|trial| trial.by.clone());
    let began = trial.map_or(0, |trial| trial.began);
    let verdict = || trial.and_then(|trial| trial.verdict.clone()).unwrap_or_else(|| NO_VERDICT.to_owned());
    let (from, to, why, by) = match outcome {
        UpdateOutcome::Committed => (tried_from, tried, None, tried_by),
        UpdateOutcome::RolledBack => (tried_from, tried, Some(verdict()), tried_by),
        UpdateOutcome::WentBack => {
            let left = back.map_or_else(|| running.clone(), |back| back.from.to_string());
            (left, running, None, back.and_then(|back| back.by.clone()))
        }
    };
    (UpdateEvent { at: now(), from, to, outcome, why, by }, began)
}

/// Whether the newest event of the history is this very one: of the same try, so not from before it began.
fn is_noted(store: &Store, event: &UpdateEvent, began: u64) -> bool {
    store.history().first().is_some_and(|newest| {
        (&newest.from, &newest.to, newest.outcome) == (&event.from, &event.to, event.outcome) && newest.at >= began
    })
}

/// Counts by the history, so that counting twice is counting once. Whoever goes back does not want to be brought
/// forward again the next night.
fn count_failures(store: &Store, standing: &Standing, outcome: UpdateOutcome) -> Result<(), UpdateError> {
    let (version, failures) = match (outcome, &standing.trial, &standing.going_back) {
        (UpdateOutcome::RolledBack, Some(trial), _) => {
            let to = trial.to.to_string();
            let of_it = |event: &&UpdateEvent| event.outcome == UpdateOutcome::RolledBack && event.to == to;
            (trial.to, u32::try_from(store.history().iter().filter(of_it).count()).unwrap_or(u32::MAX))
        }
        (UpdateOutcome::WentBack, _, Some(back)) => (back.from, TRIES),
        _ => return Ok(()),
    };
    store.set_failures(version, failures)
}

/// Says what can be gone back to.
fn keep(store: &Store, standing: &Standing, outcome: UpdateOutcome) -> Result<(), UpdateError> {
    match (outcome, &standing.trial) {
        (UpdateOutcome::Committed, Some(trial)) => store.put(&Earlier { version: trial.from, since: trial.began }),
        _ => store.remove::<Earlier>(),
    }
}

/// The line on the console, behind `sos: update: `.
fn line(event: &UpdateEvent) -> String {
    match event.outcome {
        UpdateOutcome::Committed => format!("committed {}", event.to),
        UpdateOutcome::RolledBack => {
            format!("rolled back {}: {}", event.to, event.why.as_deref().unwrap_or(NO_VERDICT))
        }
        UpdateOutcome::WentBack => format!("went back to {}", event.to),
    }
}

/// Writes to the administrators. A letter that cannot be sent is no reason not to go on; the history has it all.
fn tell(device: &Device, store: &Store, event: &UpdateEvent) {
    let settings = match device.settings() {
        Ok(Some(settings)) => settings,
        Ok(None) => return,
        Err(error) => return eprintln!("nobody is told of the update: {error}"),
    };
    let candidate = store.get::<Candidate>().filter(|candidate| candidate.version.to_string() == event.to);
    let told = Told {
        organisation: settings.organisation.name.as_str(),
        event,
        notes: candidate.map(|candidate| candidate.notes).unwrap_or_default(),
        verdict: event.why.as_deref().filter(|why| *why != NO_VERDICT),
        given_up: event.to.parse().is_ok_and(|version| store.failures(version) >= TRIES),
    };
    let letter = texts::letter(settings.language.as_str(), &told);
    if let Err(error) = sos_provision::write_to_administrators(device, &letter.subject, &letter.text) {
        eprintln!("the administrators are not told of the update: {error}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::boot_state::Slot;
    use crate::fixture::{Fixture, NEW, OLD, trial};

    const AT_ONCE: Duration = Duration::ZERO;

    /// A release was tried, and the one before runs again.
    fn rolled_back(verdict: Option<&str>) -> Fixture {
        let server = Fixture::new();
        server.leaves();
        let tried = server.store.get::<Trial>().unwrap();
        server.store.put(&Trial { verdict: verdict.map(Into::into), ..tried }).unwrap();
        server.write(Record::settled(Slot::A));
        server
    }

    fn settled(server: &Fixture) -> Vec<UpdateEvent> {
        settle(&server.device, AT_ONCE).unwrap();
        server.store.history()
    }

    #[test]
    fn a_rollback_is_noted_once_with_why() {
        for (verdict, why) in [(Some("mail: no mail came back"), "mail: no mail came back"), (None, NO_VERDICT)] {
            let server = rolled_back(verdict);
            let history = settled(&server);
            assert_eq!((history.len(), history[0].outcome), (1, UpdateOutcome::RolledBack));
            assert_eq!((history[0].from.as_str(), history[0].to.as_str()), (OLD, NEW));
            assert_eq!(history[0].why.as_deref(), Some(why));
            assert_eq!(line(&history[0]), format!("rolled back {NEW}: {why}"));
            assert_eq!(server.store.failures(NEW.parse().unwrap()), 1);
            assert_eq!(settled(&server), history);
        }
    }

    #[test]
    fn a_release_that_never_came_so_far_as_to_be_noticed_in_the_initrd_was_rolled_back_too() {
        let server = Fixture::new();
        server.leaves();
        server.write(server.record().given_up());
        assert_eq!(settled(&server)[0].outcome, UpdateOutcome::RolledBack);
        assert_eq!((server.record().trial, server.record().good), (None, Slot::A));
    }

    #[test]
    fn a_power_cut_between_the_history_and_the_end_lets_nothing_be_noted_twice() {
        let server = rolled_back(None);
        let tried = server.store.get::<Trial>().unwrap();
        let history = settled(&server);
        server.store.put(&tried).unwrap();
        assert_eq!(settled(&server), history);
        assert_eq!(server.store.failures(NEW.parse().unwrap()), 1);
        assert_eq!(server.store.get::<Trial>(), None);
    }

    #[test]
    fn the_same_release_fails_again_and_is_counted_again() {
        let server = rolled_back(None);
        let first = server.event(UpdateOutcome::RolledBack, 5);
        server.store.note(first).unwrap();
        let tried = server.store.get::<Trial>().unwrap();
        server.store.put(&Trial { began: 6, ..tried }).unwrap();
        assert_eq!(settled(&server).len(), 2);
        assert_eq!(server.store.failures(NEW.parse().unwrap()), 2);
    }

    #[test]
    fn a_commit_that_was_cut_off_is_noted_at_the_next_boot() {
        let server = Fixture::new();
        server.leaves();
        server.write(Record::settled(Slot::B));
        server.boots(Slot::B, NEW);
        let history = settled(&server);
        assert_eq!((history[0].outcome, line(&history[0])), (UpdateOutcome::Committed, format!("committed {NEW}")));
        assert_eq!(server.store.get::<Earlier>().unwrap().version.to_string(), OLD);
    }

    #[test]
    fn a_try_that_never_started_is_forgotten() {
        let server = Fixture::new();
        server.store.put(&trial(server.record().sequence + 1)).unwrap();
        assert_eq!(settled(&server), []);
        assert_eq!((server.store.get::<Trial>(), server.calls("systemctl")), (None, Vec::new()));
    }

    #[test]
    fn who_went_back_is_not_brought_forward_again() {
        let server = Fixture::new();
        server.store.put(&GoingBack { from: NEW.parse().unwrap(), by: Some("jill".into()) }).unwrap();
        server.store.put(&Earlier { version: OLD.parse().unwrap(), since: 1 }).unwrap();
        let history = settled(&server);
        assert_eq!((history[0].outcome, history[0].by.as_deref()), (UpdateOutcome::WentBack, Some("jill")));
        assert_eq!(line(&history[0]), format!("went back to {OLD}"));
        assert_eq!(server.store.failures(NEW.parse().unwrap()), TRIES);
        assert_eq!((server.store.get::<Earlier>(), server.store.get::<GoingBack>()), (None, None));
    }

    #[test]
    fn the_administrators_are_told_in_their_language() {
        for (language, subject) in
            [("en", "=?utf-8?B?VGhlIHVwZGF0ZSB0by"), ("de", "=?utf-8?B?RGllIEFrdHVhbGlzaWVydW5nIG")]
        {
            let server = rolled_back(None);
            server.is_claimed(language);
            settled(&server);
            let letter = server.given("sendmail");
            assert!(letter.contains("\nTo: <administrators@ambridge.example>\n"), "{letter}");
            assert!(letter.contains(&format!("\nSubject: {subject}")), "{letter}");
            assert_eq!(server.calls("sendmail").len(), 1);
        }
    }

    #[test]
    fn a_letter_that_cannot_be_sent_does_not_stop_it() {
        let server = rolled_back(None);
        server.is_claimed("en");
        server.stand_in("sendmail", "exit 75");
        assert_eq!(settled(&server).len(), 1);
        assert_eq!(server.store.get::<Trial>(), None);
    }

    #[test]
    fn where_the_boot_state_is_lost_a_server_that_is_well_says_again_which_slot_is_good() {
        let server = Fixture::new();
        server.loses_the_boot_state();
        server.boots(Slot::B, NEW);
        server.health(Some("no page"), false);
        let record = || boot_state(&server.device).unwrap().ruling();
        settled(&server);
        assert_eq!(record(), None);
        server.health(None, false);
        settled(&server);
        assert_eq!(record(), Some(Record { sequence: 1, ..Record::settled(Slot::B) }));
    }

    #[test]
    fn a_trial_without_its_gate_is_led_back() {
        let server = Fixture::new();
        server.leaves();
        server.boots_on_trial();
        assert_eq!(settled(&server), []);
        assert_eq!(server.calls("systemctl"), ["--force reboot"]);
    }

    #[test]
    fn nothing_happens_where_nothing_happened() {
        let server = Fixture::new();
        let before = server.record();
        assert_eq!(settled(&server), []);
        assert_eq!((server.record(), server.calls("systemctl")), (before, Vec::new()));
        assert!(!server.root().join("var/lib/sos-update").exists());
    }
}
