//! Where a server stands: what the boot state and the store say, made one [`State`].

use sos_provision::Device;
use sos_signing::Version;

use crate::boot_state::{self, BootState, Record, Slot};
use crate::check::running;
use crate::cycle::{Action, State};
use crate::early;
use crate::error::UpdateError;
use crate::store::{Candidate, GoingBack, Staged, Store, Trial};

/// All that a state is told from.
#[derive(Debug, Clone)]
pub struct Standing {
    /// The slot that runs.
    pub booted: Slot,
    /// The version that runs.
    pub running: Version,
    /// Whether the machine started dark.
    pub dark: bool,
    /// What the boot state says; nothing when both copies are damaged.
    pub record: Option<Record>,
    /// The newest release that is known.
    pub candidate: Option<Candidate>,
    /// How far a slot is filled.
    pub staged: Option<Staged>,
    /// A try that was written down.
    pub trial: Option<Trial>,
    /// A going back that was written down.
    pub going_back: Option<GoingBack>,
}

impl Standing {
    /// Reads it, but for the boot state, which is `record`.
    ///
    /// # Errors
    /// When it is not known which slot or version runs.
    pub fn read(device: &Device, record: Option<Record>) -> Result<Self, UpdateError> {
        let store = Store::of(device);
        Ok(Self {
            booted: early::booted_slot(device)?,
            running: running(device)?,
            dark: device.is_dark(),
            record,
            candidate: store.get(),
            staged: store.get(),
            trial: store.get(),
            going_back: store.get(),
        })
    }

    /// Where the server stands.
    #[must_use]
    pub fn state(&self) -> State {
        let record_tries = self.record.and_then(|record| Some((record.on_trial()?, record.tries)));
        match record_tries {
            Some((slot, _)) if slot == self.booted => State::Trial,
            Some((_, 1..)) => State::Leaving,
            Some((_, 0)) => State::RolledBack,
            // The boot state was lost, and the initrd went by the try that is written down.
            None if self.record.is_none() && self.dark => State::Trial,
            None => self.of_what_is_written().unwrap_or_else(|| self.at_rest()),
        }
    }

    /// Where it stands by a try or a going back that is written down, when the boot record has no trial.
    fn of_what_is_written(&self) -> Option<State> {
        if let Some(back) = &self.going_back {
            let left = self.record.is_some_and(|record| record.good != self.booted);
            return Some(match (back.from == self.running, left) {
                (false, _) => State::WentBack,
                (true, true) => State::Returning,
                (true, false) => State::NotBegun,
            });
        }
        let trial = self.trial.as_ref()?;
        let begun = self.record.is_none_or(|record| record.sequence >= trial.sequence);
        Some(match (trial.slot == self.booted, begun) {
            (true, _) => State::Committed,
            (false, true) => State::RolledBack,
            (false, false) => State::NotBegun,
        })
    }

    fn at_rest(&self) -> State {
        match (self.whole(), &self.candidate) {
            (Some(_), _) => State::Staged,
            (None, Some(candidate)) if candidate.version > self.running => State::Candidate,
            _ => State::Settled,
        }
    }

    /// The newer release that is whole in the other slot.
    #[must_use]
    pub fn whole(&self) -> Option<&Staged> {
        let there = |staged: &&Staged| staged.whole && self.is_other(staged) && staged.version > self.running;
        self.staged.as_ref().filter(there)
    }

    /// Whether filling the other slot has begun, so that what it held is gone.
    #[must_use]
    pub fn is_other_taken(&self) -> bool {
        self.staged.as_ref().is_some_and(|staged| self.is_other(staged))
    }

    fn is_other(&self, staged: &Staged) -> bool {
        staged.slot == self.booted.other()
    }
}

/// The boot state of a device.
///
/// # Errors
/// When it cannot be read.
pub fn boot_state(device: &Device) -> Result<BootState, UpdateError> {
    BootState::open(&device.path(boot_state::PARTITION))
}

/// Why the cycle does not do what was asked for.
pub(crate) fn refused(action: Action) -> UpdateError {
    UpdateError::Unfit(match action {
        Action::Refuse(why) => why.to_string(),
        other => format!("that is not to be done now ({other:?})"),
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    const OLD: &str = "13.20261101.1";
    const NEW: &str = "13.20261201.1";

    fn standing() -> Standing {
        Standing {
            booted: Slot::A,
            running: OLD.parse().unwrap(),
            dark: false,
            record: Some(record(7, "a:-:0")),
            candidate: None,
            staged: None,
            trial: None,
            going_back: None,
        }
    }

    fn record(sequence: u32, rest: &str) -> Record {
        format!("{sequence}:{rest}").parse().unwrap()
    }

    fn trial() -> Option<Trial> {
        let (from, to) = (OLD.parse().unwrap(), NEW.parse().unwrap());
        let facts = BTreeMap::new();
        Some(Trial { from, to, slot: Slot::B, began: 1, sequence: 8, by: None, facts, verdict: None })
    }

    fn staged(slot: Slot, whole: bool) -> Option<Staged> {
        Some(Staged { version: NEW.parse().unwrap(), index: sos_signing::Digest::of(b""), slot, chunks: 1, whole })
    }

    fn back() -> Option<GoingBack> {
        Some(GoingBack { from: NEW.parse().unwrap(), by: None })
    }

    #[test]
    fn at_rest_it_is_what_the_other_slot_holds() {
        let candidate = Some(Candidate { version: NEW.parse().unwrap(), bytes: 1, notes: BTreeMap::new() });
        let rest = standing();
        assert_eq!(rest.state(), State::Settled);
        assert_eq!(Standing { candidate: candidate.clone(), ..rest.clone() }.state(), State::Candidate);
        assert_eq!(Standing { staged: staged(Slot::B, false), candidate, ..rest.clone() }.state(), State::Candidate);
        assert_eq!(Standing { staged: staged(Slot::B, true), ..rest.clone() }.state(), State::Staged);
        // What was staged runs by now.
        assert_eq!(Standing { staged: staged(Slot::A, true), ..rest.clone() }.state(), State::Settled);
        let newer = NEW.parse().unwrap();
        assert_eq!(Standing { staged: staged(Slot::B, true), running: newer, ..rest }.state(), State::Settled);
    }

    #[test]
    fn a_try_is_one_from_the_moment_the_record_says_so() {
        let written = Standing { trial: trial(), ..standing() };
        assert_eq!(written.state(), State::NotBegun);
        let leaving = Standing { record: Some(record(8, "a:b:1")), ..written.clone() };
        assert_eq!(leaving.state(), State::Leaving);
        let new = Standing { booted: Slot::B, running: NEW.parse().unwrap(), dark: true, ..written.clone() };
        assert_eq!(Standing { record: Some(record(8, "a:b:0")), ..new.clone() }.state(), State::Trial);
        assert_eq!(Standing { record: Some(record(9, "b:-:0")), ..new.clone() }.state(), State::Committed);
        assert_eq!(Standing { record: None, ..new }.state(), State::Trial);
    }

    #[test]
    fn the_old_release_after_a_try_was_rolled_back_to_whatever_the_initrd_came_to() {
        let back = Standing { trial: trial(), ..standing() };
        assert_eq!(Standing { record: Some(record(8, "a:b:0")), ..back.clone() }.state(), State::RolledBack);
        assert_eq!(Standing { record: Some(record(9, "a:-:0")), ..back.clone() }.state(), State::RolledBack);
        assert_eq!(Standing { record: None, ..back }.state(), State::RolledBack);
    }

    #[test]
    fn going_back_is_one_when_the_version_is_another() {
        let new = Standing { booted: Slot::B, running: NEW.parse().unwrap(), going_back: back(), ..standing() };
        assert_eq!(Standing { record: Some(record(9, "b:-:0")), ..new.clone() }.state(), State::NotBegun);
        assert_eq!(Standing { record: Some(record(10, "a:-:0")), ..new }.state(), State::Returning);
        let old = Standing { record: Some(record(10, "a:-:0")), going_back: back(), ..standing() };
        assert_eq!(old.state(), State::WentBack);
    }

    #[test]
    fn without_a_record_it_rests_all_the_same() {
        assert_eq!(Standing { record: None, ..standing() }.state(), State::Settled);
    }
}
