//! The update cycle, as a pure function: where a server stands and what happens → where it stands then and what is to be
//! done. Nothing here reads or writes; [`crate::standing`] says where a server stands, and the other files do what is to
//! be done.
//!
//! ```text
//!               Offered            Whole            Try              Booted            Passed
//!   settled ──────────▶ candidate ───────▶ staged ────────▶ leaving ────────▶ trial ───────────▶ committed
//!      ▲  │             (stage)           ▲    │   (leave)          (start dark) │   (open up)      │
//!      │  └─────────── Whole ─────────────┘    └─ Offered: candidate             │ Booted           │
//!      │                                          (stage)         Failed: reboot │ (put back)       │
//!      │                                                                         ▼                  │
//!      ├───────────────────────────────── Settle (note) ─────────────────── rolled back             │
//!      ├───────────────────────────────── Settle (note) ────────────────────────────────────────────┘
//!      │                 GoBack              Booted
//!      │  at rest ───────────────▶ returning ───────▶ went back
//!      │          (return)                  (put back)    │
//!      ├───────────────────────────────── Settle (note) ──┘
//!      └── not begun ── Settle (forget)
//! ```
//!
//! At rest are settled, candidate and staged. `Booted` is any start of the machine, wanted or not: in a trial the boot
//! record has no try left, so whatever starts the machine again leads back. Every state is told from what is on the disk,
//! and each step's last write is the one that changes the state: a power cut anywhere leaves the state before or after.

use std::fmt;

use sos_ipc::UpdateOutcome;

/// Where a server stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// The release that runs is the good one, and nothing newer is known.
    Settled,
    /// A newer release is known and verified.
    Candidate,
    /// The other slot is whole.
    Staged,
    /// The next start tries the other slot.
    Leaving,
    /// The new release runs, dark, and may be taken back.
    Trial,
    /// The new release is the good one; that is not noted yet.
    Committed,
    /// The release before runs again after a try, with the data from before it; that is not noted yet.
    RolledBack,
    /// The next start goes back to the release before, as a person wished.
    Returning,
    /// The release before runs again, as a person wished; that is not noted yet.
    WentBack,
    /// A try or a going back was written down, and the boot record never heard of it.
    NotBegun,
}

/// What happens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Event {
    /// A newer release than the one that runs was verified.
    Offered,
    /// The other slot was filled and read back.
    Whole,
    /// The other slot is to be tried.
    Try,
    /// A person wants the release before.
    GoBack,
    /// The machine started, in the slot that the boot record chose.
    Booted,
    /// The gate let the release through.
    Passed,
    /// The gate did not.
    Failed,
    /// The machine is up: what is left of the last step is looked after.
    Settle,
}

/// What is to be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// Nothing.
    Nothing,
    /// Fill the other slot.
    Stage,
    /// Write down what must be found again, give the other slot one try, and start the machine anew.
    Leave,
    /// Keep the data as they are, and start without a way in or out.
    StartDark,
    /// Make this slot the good one, open the ports, let the letters go.
    OpenUp,
    /// Start the machine anew, which leads back.
    Reboot,
    /// Make the other slot the good one and start the machine anew.
    Return,
    /// Put the data back as they were when this slot was left.
    PutBack,
    /// Note it in the history and tell the administrators.
    Note(UpdateOutcome),
    /// Forget what was written down.
    Forget,
    /// Say why not.
    Refuse(Why),
}

/// Why something may not be done now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Why {
    /// Nothing in the other slot could be started.
    NothingStaged,
    /// A trial is on, or about to begin.
    OnTrial,
    /// No trial is on.
    NoTrial,
    /// The server is about to go back.
    GoingBack,
    /// What happened last has to be noted first.
    Unsettled,
}

impl fmt::Display for Why {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NothingStaged => "no newer release is whole in the other slot; stage one first",
            Self::OnTrial => "a release is being tried; wait until it stays or is taken back",
            Self::NoTrial => "no release is being tried",
            Self::GoingBack => "the server is about to go back to the release before",
            Self::Unsettled => "what came of the last update is not noted yet; wait for sos-update-settle.service",
        })
    }
}

/// One step.
#[must_use]
pub fn step(state: State, event: Event) -> (State, Action) {
    use Action::{Forget, Leave, Note, Nothing, OpenUp, PutBack, Reboot, Refuse, Return, Stage, StartDark};
    use State::{Candidate, Committed, Leaving, NotBegun, Returning, RolledBack, Settled, Staged, Trial, WentBack};
    match (state, event) {
        // At rest
        (Settled | Candidate | Staged, Event::Offered) => (Candidate, Stage),
        (Settled | Candidate | Staged, Event::Whole) => (Staged, Nothing),
        (Staged, Event::Try) => (Leaving, Leave),
        (Settled | Candidate, Event::Try) => (state, Refuse(Why::NothingStaged)),
        (Settled | Candidate | Staged, Event::GoBack) => (Returning, Return),
        (Settled | Candidate | Staged, Event::Passed | Event::Failed) => (state, Refuse(Why::NoTrial)),
        (Settled | Candidate | Staged, Event::Booted | Event::Settle) => (state, Nothing),

        // Between writing the boot record and the start that follows
        (Leaving, Event::Booted) => (Trial, StartDark),
        (Returning, Event::Booted) => (WentBack, PutBack),
        (Leaving | Returning, Event::Settle) => (state, Nothing),
        (Leaving, _) => (state, Refuse(Why::OnTrial)),
        (Returning, _) => (state, Refuse(Why::GoingBack)),

        // The trial
        (Trial, Event::Passed) => (Committed, OpenUp),
        (Trial, Event::Failed) => (Trial, Reboot),
        (Trial, Event::Booted) => (RolledBack, PutBack),
        // Settling is not for trials. Where it is reached in one, the trial began without its gate.
        (Trial, Event::Settle) => (Trial, Reboot),
        (Trial, _) => (state, Refuse(Why::OnTrial)),

        // What came of it
        (Committed, Event::Settle) => (Settled, Note(UpdateOutcome::Committed)),
        (RolledBack, Event::Settle) => (Settled, Note(UpdateOutcome::RolledBack)),
        (WentBack, Event::Settle) => (Settled, Note(UpdateOutcome::WentBack)),
        (NotBegun, Event::Settle) => (Settled, Forget),
        // A power cut may have come between any two steps of these: they are gone through again.
        (Committed, Event::Passed) => (Committed, OpenUp),
        (RolledBack | WentBack, Event::Booted) => (state, PutBack),
        (Committed | NotBegun, Event::Booted) => (state, Nothing),
        (Committed | RolledBack | WentBack | NotBegun, _) => (state, Refuse(Why::Unsettled)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const STATES: [State; 10] = [
        State::Settled,
        State::Candidate,
        State::Staged,
        State::Leaving,
        State::Trial,
        State::Committed,
        State::RolledBack,
        State::Returning,
        State::WentBack,
        State::NotBegun,
    ];
    const EVENTS: [Event; 8] = [
        Event::Offered,
        Event::Whole,
        Event::Try,
        Event::GoBack,
        Event::Booted,
        Event::Passed,
        Event::Failed,
        Event::Settle,
    ];

    fn all() -> impl Iterator<Item = (State, Event, State, Action)> {
        let one = |state, event| {
            let (next, action) = step(state, event);
            (state, event, next, action)
        };
        STATES.into_iter().flat_map(move |state| EVENTS.into_iter().map(move |event| one(state, event)))
    }

    #[test]
    fn all_pairs_do_what_the_table_says() {
        let word = |action| match action {
            Action::Refuse(why) => format!("no: {why:?}"),
            action => format!("{action:?}"),
        };
        let table: String = all()
            .map(|(state, event, next, action)| format!("{state:?} {event:?} → {next:?} {}\n", word(action)))
            .collect();
        let golden = include_str!("cycle.txt");
        assert_eq!(table, golden, "{table}");
    }

    #[test]
    fn what_is_refused_changes_nothing_and_says_why() {
        for (state, event, next, action) in all() {
            if let Action::Refuse(why) = action {
                assert_eq!(state, next, "{event:?}");
                assert!(!why.to_string().is_empty());
            }
        }
    }

    #[test]
    fn only_the_gate_makes_a_release_the_good_one_and_only_in_a_trial() {
        for (state, event, next, action) in all() {
            if (next == State::Committed && state != State::Committed) || action == Action::OpenUp {
                assert!(
                    matches!(state, State::Trial | State::Committed) && event == Event::Passed,
                    "{state:?} {event:?}"
                );
            }
        }
    }

    #[test]
    fn every_start_in_a_trial_leads_back_and_so_does_the_gate_s_no() {
        assert_eq!(step(State::Trial, Event::Booted).0, State::RolledBack);
        let (state, action) = step(State::Trial, Event::Failed);
        assert_eq!((step(state, Event::Booted).0, action), (State::RolledBack, Action::Reboot));
    }

    #[test]
    fn two_starts_and_a_settling_lead_from_anywhere_to_rest() {
        for state in STATES {
            let booted = step(step(state, Event::Booted).0, Event::Booted).0;
            let rest = step(booted, Event::Settle).0;
            assert!(matches!(rest, State::Settled | State::Candidate | State::Staged), "{state:?} → {rest:?}");
        }
    }

    #[test]
    fn the_other_slot_is_filled_at_rest_only() {
        for (state, _, _, action) in all().filter(|(.., action)| *action == Action::Stage) {
            assert!(matches!(state, State::Settled | State::Candidate | State::Staged), "{state:?} {action:?}");
        }
    }
}
