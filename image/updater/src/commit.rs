//! The commit: the release that is tried becomes the good one, then the doors open and letters go.
//!
//! ```text
//! boot record: this slot is good      from here on every start is of this release, not dark, with these data
//! /run/sos/trial goes                 what is rendered is not dark any more
//! rendered, followed                  ports open, Postfix delivers
//! queue flushed, deadline stopped
//! noted                               history, letter, console (settle.rs)
//! ```
//!
//! A power cut, or a fault, after the first line starts this release anew: the initrd finds no trial and renders it open,
//! and [`crate::settle`] notes what is not noted.

use std::fs;
use std::io::ErrorKind;

use sos_provision::{Device, TRIAL};

use crate::boot_state::Record;
use crate::cycle::{Action, Event, step};
use crate::error::UpdateError;
use crate::settle;
use crate::standing::{Standing, boot_state, refused};

/// Makes the release that is tried the good one.
///
/// # Errors
/// When no trial is on, or something cannot be written.
pub fn commit(device: &Device) -> Result<(), UpdateError> {
    let mut boot = boot_state(device)?;
    let ruling = boot.ruling();
    let standing = Standing::read(device, ruling)?;
    let (_, action) = step(standing.state(), Event::Passed);
    if action != Action::OpenUp {
        return Err(refused(action));
    }
    if ruling.is_none_or(|record| record.good != standing.booted || record.trial.is_some()) {
        boot.write(Record::settled(standing.booted))?;
    }
    open_up(device)?;
    let standing = Standing::read(device, boot.ruling())?;
    settle::note(device, &standing)
}

/// Ends the dark.
fn open_up(device: &Device) -> Result<(), UpdateError> {
    let trial = device.path(TRIAL);
    match fs::remove_file(&trial) {
        Err(error) if error.kind() != ErrorKind::NotFound => return Err(UpdateError::file("remove", &trial)(error)),
        _ => {}
    }
    sos_provision::apply(device)?;
    let follows: [(&str, &[&str]); 3] = [
        ("systemctl", &["stop", "--no-block", "sos-update-deadline.service"]),
        ("postqueue", &["-f"]),
        ("systemctl", &["start", "--no-block", "sos-certificate.service"]),
    ];
    for (program, arguments) in follows {
        // Letters that waited go by themselves sooner or later, and so does the certificate; without mail there is no queue.
        if let Err(error) = device.program(program).args(arguments.iter().copied()).run() {
            eprintln!("{error}");
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use sos_ipc::UpdateOutcome;

    use super::*;
    use crate::boot_state::Slot;
    use crate::fixture::{Fixture, NEW, OLD};
    use crate::store::{Earlier, Trial};

    fn on_trial() -> Fixture {
        let server = Fixture::new();
        server.leaves();
        server.boots_on_trial();
        server
    }

    #[test]
    fn makes_the_slot_the_good_one_opens_up_and_notes_it() {
        let server = on_trial();
        let template = "{% if dark %}closed{% else %}open{% endif %}";
        let manifest = "title = \"X\"\nrequired = true\nunclaimed = true\n[templates.a]\nto = \"/etc/a\"\n";
        server.put("usr/share/sos/overlays/x/service.toml", manifest);
        server.put("usr/share/sos/overlays/x/templates/a", template);
        sos_provision::apply(&server.device).unwrap();
        assert_eq!(fs::read_to_string(server.path("etc/a")).unwrap(), "closed");

        commit(&server.device).unwrap();
        assert_eq!((server.record().good, server.record().trial), (Slot::B, None));
        assert_eq!(fs::read_to_string(server.path("etc/a")).unwrap(), "open");
        assert_eq!(server.calls("postqueue"), ["-f"]);
        assert_eq!(server.calls("systemctl")[0], "stop --no-block sos-update-deadline.service");
        let history = server.store.history();
        assert_eq!((history.len(), history[0].outcome, history[0].to.as_str()), (1, UpdateOutcome::Committed, NEW));
        assert_eq!(server.store.get::<Earlier>().unwrap().version.to_string(), OLD);
        assert_eq!(server.store.get::<Trial>(), None);
    }

    #[test]
    fn goes_on_where_it_was_cut_off_after_the_record() {
        let server = on_trial();
        server.write(Record::settled(Slot::B));
        let sequence = server.record().sequence;
        commit(&server.device).unwrap();
        assert!(!server.device.is_dark());
        assert_eq!((server.record().sequence, server.store.history().len()), (sequence, 1));
    }

    #[test]
    fn writes_a_record_where_both_copies_were_damaged_in_the_trial() {
        let server = on_trial();
        server.loses_the_boot_state();
        commit(&server.device).unwrap();
        assert_eq!(server.record().good, Slot::B);
    }

    #[test]
    fn a_server_that_tries_nothing_has_nothing_to_commit() {
        let server = Fixture::new();
        let refused = commit(&server.device).unwrap_err();
        assert_eq!((refused.exit_code(), refused.to_string().as_str()), (3, "no release is being tried"));
    }
}
