//! The try: the old release writes down what must be found again, gives the other slot one try, and starts the machine
//! anew.
//!
//! What is written last is the boot record. Before it, a power cut leaves a server that never tried anything; from it on,
//! the next start tries the other slot, once.

use sos_provision::Device;

use crate::boot_state::Record;
use crate::clock::now;
use crate::cycle::{Action, Event, step};
use crate::error::UpdateError;
use crate::facts::{self, Facts};
use crate::standing::{Standing, boot_state, refused};
use crate::store::{Earlier, Store, Trial};
use crate::subvolumes::{Subvolume, Subvolumes};

/// So often does the server try a release by itself.
pub const TRIES: u32 = 3;

/// Tries what is whole in the other slot. When this returns, the machine is about to start anew.
///
/// # Errors
/// When nothing whole is staged, a trial is on, the release failed too often and nobody asks for it, or something
/// cannot be written. Nothing is tried then.
pub fn begin(device: &Device, subvolumes: &mut impl Subvolumes, by: Option<&str>) -> Result<(), UpdateError> {
    let store = Store::of(device);
    let mut boot = boot_state(device)?;
    let ruling = boot.ruling();
    let standing = Standing::read(device, ruling)?;
    let staged = match (step(standing.state(), Event::Try).1, standing.whole()) {
        (Action::Leave, Some(staged)) => staged,
        (other, _) => return Err(refused(other)),
    };
    if by.is_none() && store.failures(staged.version) >= TRIES {
        let what = format!(
            "{} was tried {TRIES} times and taken back; it is left alone until somebody asks for it",
            staged.version
        );
        return Err(UpdateError::Unfit(what));
    }
    let trial = Trial {
        from: standing.running,
        to: staged.version,
        slot: staged.slot,
        began: now(),
        sequence: ruling.map_or(1, |record| record.sequence + 1),
        by: by.map(str::to_owned),
        facts: facts(device)?,
        verdict: None,
    };
    forget(&store, subvolumes, &Subvolume::ALL[2..])?;
    store.put(&trial)?;
    boot.write(Record::trying(trial.slot))?;
    sos_provision::say(device, &format!("update: starting {} to try it", trial.to));
    if let Err(error) = device.program("systemctl").arg("reboot").run() {
        // It goes on running, for who knows how long, and what was counted is not true for long.
        boot.write(Record::settled(standing.booted))?;
        store.remove::<Trial>()?;
        return Err(error.into());
    }
    Ok(())
}

/// What the new release must find again. A server whose directory is down is not kept from the release that mends it.
fn facts(device: &Device) -> Result<Facts, UpdateError> {
    facts::gather(device).or_else(|error| {
        eprintln!("entries in the directory are not counted: {error}");
        facts::without_services(device)
    })
}

/// Removes data that were kept, for good when this returns: from then on there is no going back to them.
///
/// # Errors
/// When one cannot be removed.
pub fn forget(store: &Store, subvolumes: &mut impl Subvolumes, kept: &[Subvolume]) -> Result<(), UpdateError> {
    if kept.iter().any(|kept| matches!(kept, Subvolume::Before(_))) {
        store.remove::<Earlier>()?;
    }
    for subvolume in kept {
        if subvolumes.has(*subvolume)? {
            subvolumes.delete(*subvolume)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::boot_state::Slot;
    use crate::fixture::{Fixture, NEW, OLD};

    fn begin(server: &mut Fixture, by: Option<&str>) -> Result<(), UpdateError> {
        super::begin(&server.device, &mut server.subvolumes, by)
    }

    #[test]
    fn a_try_writes_down_what_there_is_then_gives_one_try_then_starts_the_machine() {
        let mut server = Fixture::new();
        server.is_claimed("en");
        server.put("var/mail/jill/Maildir/new/1", "x");
        server.stage(Slot::B, true);
        let sequence = server.record().sequence;
        begin(&mut server, Some("jill")).unwrap();
        let trial = server.store.get::<Trial>().unwrap();
        assert_eq!((trial.from.to_string(), trial.to.to_string(), trial.slot), (OLD.into(), NEW.into(), Slot::B));
        assert_eq!((trial.by.as_deref(), trial.facts["letters of jill"]), (Some("jill"), 1));
        assert_eq!(server.record(), Record { sequence: sequence + 1, ..Record::trying(Slot::B) });
        assert_eq!(trial.sequence, sequence + 1);
        assert_eq!(server.calls("systemctl"), ["reboot"]);
    }

    #[test]
    fn what_was_kept_of_earlier_tries_goes_first() {
        let mut server = Fixture::new();
        server.stage(Slot::B, true);
        server.store.put(&Earlier { version: OLD.parse().unwrap(), since: 1 }).unwrap();
        server.subvolumes.there = Subvolume::ALL.to_vec();
        begin(&mut server, None).unwrap();
        assert_eq!(server.subvolumes.there, [Subvolume::Var, Subvolume::Update]);
        assert_eq!(server.store.get::<Earlier>(), None);
    }

    #[test]
    fn refuses_when_nothing_whole_is_in_the_other_slot() {
        let mut server = Fixture::new();
        for (slot, whole) in [(Slot::B, false), (Slot::A, true)] {
            server.stage(slot, whole);
            let refused = begin(&mut server, None).unwrap_err();
            assert_eq!((refused.exit_code(), refused.to_string()), (3, crate::cycle::Why::NothingStaged.to_string()));
        }
        assert_eq!((server.store.get::<Trial>(), server.calls("systemctl")), (None, Vec::new()));
    }

    #[test]
    fn refuses_while_a_trial_is_on_or_about_to_begin() {
        let mut server = Fixture::new();
        server.leaves();
        assert_eq!(begin(&mut server, None).unwrap_err().to_string(), crate::cycle::Why::OnTrial.to_string());
        server.boots_on_trial();
        assert_eq!(begin(&mut server, Some("jill")).unwrap_err().to_string(), crate::cycle::Why::OnTrial.to_string());
    }

    #[test]
    fn a_release_that_failed_three_times_waits_for_somebody_to_ask() {
        let mut server = Fixture::new();
        server.stage(Slot::B, true);
        server.store.set_failures(NEW.parse().unwrap(), TRIES).unwrap();
        assert_eq!(begin(&mut server, None).unwrap_err().exit_code(), 3);
        begin(&mut server, Some("jill")).unwrap();
    }

    #[test]
    fn a_server_whose_directory_is_down_tries_the_release_that_mends_it() {
        let mut server = Fixture::new();
        server.is_claimed("en");
        server.stand_in("ldapsearch", "exit 255");
        server.stage(Slot::B, true);
        begin(&mut server, None).unwrap();
        let facts = server.store.get::<Trial>().unwrap().facts;
        assert!(facts.contains_key("mailboxes") && !facts.contains_key("entries in the directory"), "{facts:?}");
    }

    #[test]
    fn where_the_machine_does_not_start_anew_nothing_is_tried() {
        let mut server = Fixture::new();
        server.stage(Slot::B, true);
        server.stand_in("systemctl", "exit 1");
        assert_eq!(begin(&mut server, None).unwrap_err().exit_code(), 1);
        assert_eq!((server.record().trial, server.record().good), (None, Slot::A));
        assert_eq!(server.store.get::<Trial>(), None);
    }
}
