//! Going back: a person wants the release before, and the data as they were when it was left.
//!
//! The other slot becomes the good one and the machine starts anew; the initrd then puts the data back, and what was there
//! until now is kept as `@failed` for a while.

use sos_provision::Device;

use crate::boot_state::Record;
use crate::cycle::{Action, Event, step};
use crate::error::UpdateError;
use crate::standing::{Standing, boot_state, refused};
use crate::store::{GoingBack, Store};
use crate::subvolumes::{Subvolume, Subvolumes};

/// Goes back. When this returns, the machine is about to start anew.
///
/// # Errors
/// When there is nothing to go back to, a trial is on, or something cannot be written. Nothing changes then.
pub fn rollback(device: &Device, subvolumes: &impl Subvolumes, by: Option<&str>) -> Result<(), UpdateError> {
    let store = Store::of(device);
    let mut boot = boot_state(device)?;
    let standing = Standing::read(device, boot.ruling())?;
    let (_, action) = step(standing.state(), Event::GoBack);
    if action != Action::Return {
        return Err(refused(action));
    }
    let other = standing.booted.other();
    if standing.is_other_taken() || !subvolumes.has(Subvolume::Before(other))? {
        return Err(UpdateError::Unfit("there is no earlier release to go back to".into()));
    }
    store.put(&GoingBack { from: standing.running, by: by.map(str::to_owned) })?;
    boot.write(Record::settled(other))?;
    sos_provision::say(device, "update: going back to the release before");
    if let Err(error) = device.program("systemctl").arg("reboot").run() {
        boot.write(Record::settled(standing.booted))?;
        store.remove::<GoingBack>()?;
        return Err(error.into());
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::boot_state::Slot;
    use crate::fixture::{Fixture, NEW};

    /// The new release was committed, and the data from before it are kept.
    fn committed() -> Fixture {
        let mut server = Fixture::new();
        server.write(Record::settled(Slot::B));
        server.boots(Slot::B, NEW);
        server.stage(Slot::B, true);
        server.subvolumes.there.push(Subvolume::Before(Slot::A));
        server
    }

    fn back(server: &Fixture) -> Result<(), UpdateError> {
        rollback(&server.device, &server.subvolumes, Some("jill"))
    }

    #[test]
    fn the_other_slot_becomes_the_good_one_and_the_machine_starts_anew() {
        let server = committed();
        back(&server).unwrap();
        assert_eq!((server.record().good, server.record().trial), (Slot::A, None));
        let noted = server.store.get::<GoingBack>().unwrap();
        assert_eq!((noted.from.to_string().as_str(), noted.by.as_deref()), (NEW, Some("jill")));
        assert_eq!(server.calls("systemctl"), ["reboot"]);
    }

    #[test]
    fn there_is_no_going_back_without_the_data_or_without_the_release() {
        let mut server = committed();
        server.subvolumes.there.pop();
        assert_eq!(back(&server).unwrap_err().exit_code(), 3);
        let server = committed();
        server.stage(Slot::A, false);
        assert_eq!(back(&server).unwrap_err().exit_code(), 3);
        assert_eq!((server.record().good, server.store.get::<GoingBack>()), (Slot::B, None));
    }

    #[test]
    fn nobody_goes_back_in_the_middle_of_a_trial() {
        let mut server = Fixture::new();
        server.leaves();
        server.boots_on_trial();
        server.subvolumes.there.push(Subvolume::Before(Slot::A));
        assert_eq!(back(&server).unwrap_err().to_string(), crate::cycle::Why::OnTrial.to_string());
    }

    #[test]
    fn where_the_machine_does_not_start_anew_nothing_changes() {
        let server = committed();
        server.stand_in("systemctl", "exit 1");
        assert_eq!(back(&server).unwrap_err().exit_code(), 1);
        assert_eq!((server.record().good, server.store.get::<GoingBack>()), (Slot::B, None));
    }
}
