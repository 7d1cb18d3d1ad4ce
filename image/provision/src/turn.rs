//! Who waits for whom: one process at a time writes what is rendered, and nobody asks after services while a claim sets
//! them up. The kernel gives a turn back with the process that had it.

use std::fs::{File, OpenOptions};
use std::os::unix::fs::OpenOptionsExt as _;

use rustix::fs::{FlockOperation, flock};
use rustix::io::Errno;

use crate::device::Device;
use crate::error::ProvisionError;
use crate::files::{self, Rights};

/// What whoever changes or renders settings holds meanwhile.
const RENDERING: &str = "/run/sos/rendering.lock";
/// What whoever makes an owner holds meanwhile.
const CLAIMING: &str = "/run/sos/claiming.lock";

/// The turn to change settings and to write what is rendered from them. One process at a time has it: whoever rendered
/// older settings would write over what was rendered from newer ones.
#[derive(Debug)]
#[must_use = "the turn is over when it is dropped"]
pub(crate) struct Turn {
    _file: File,
}

impl Turn {
    /// Waits for the turn. To be dropped before systemd is told anything: units that start may wait for theirs.
    pub(crate) fn wait(device: &Device) -> Result<Self, ProvisionError> {
        Ok(Self { _file: wait(device, RENDERING)? })
    }
}

/// A claim, from before there is an owner until systemd is told to start the services. In between, settings name services
/// whose files are not written yet: who started one of them then would start it with Debian's.
#[derive(Debug)]
#[must_use = "the claim is over when it is dropped"]
pub(crate) struct Claiming {
    _file: File,
}

impl Claiming {
    /// Waits until no other claim is under way. To be had before the [`Turn`], never while one has it: a claim needs more
    /// than one turn.
    pub(crate) fn begin(device: &Device) -> Result<Self, ProvisionError> {
        Ok(Self { _file: wait(device, CLAIMING)? })
    }
}

/// No claim begins while somebody has this.
#[derive(Debug)]
#[must_use = "a claim may begin when it is dropped"]
pub(crate) struct NoClaim {
    _file: File,
}

impl NoClaim {
    /// Nothing while a claim is under way.
    pub(crate) fn now(device: &Device) -> Result<Option<Self>, ProvisionError> {
        let file = open(device, CLAIMING)?;
        match flock(&file, FlockOperation::NonBlockingLockShared) {
            Ok(()) => Ok(Some(Self { _file: file })),
            Err(Errno::WOULDBLOCK) => Ok(None),
            Err(error) => Err(ProvisionError::file("lock", &device.path(CLAIMING))(error.into())),
        }
    }
}

fn wait(device: &Device, name: &str) -> Result<File, ProvisionError> {
    let file = open(device, name)?;
    let fault = |error: Errno| ProvisionError::file("lock", &device.path(name))(error.into());
    flock(&file, FlockOperation::LockExclusive).map_err(fault)?;
    Ok(file)
}

fn open(device: &Device, name: &str) -> Result<File, ProvisionError> {
    let path = device.path(name);
    files::make_folder(path.parent().unwrap_or(&path), Rights { mode: 0o755, ..Rights::PUBLIC })?;
    let mut options = OpenOptions::new();
    let opened = options.write(true).create(true).truncate(false).mode(0o600).open(&path);
    opened.map_err(ProvisionError::file("open", &path))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_at_a_time_has_the_turn() {
        let root = tempfile::tempdir().unwrap();
        let device = Device::new(root.path());
        let turn = Turn::wait(&device).unwrap();
        let (send, had) = std::sync::mpsc::channel();
        let other = device.clone();
        let waits = std::thread::spawn(move || send.send(Turn::wait(&other).is_ok()).unwrap());
        assert!(had.recv_timeout(std::time::Duration::from_millis(200)).is_err(), "two have the turn");
        drop(turn);
        assert!(had.recv().unwrap());
        waits.join().unwrap();
    }

    #[test]
    fn while_a_claim_is_under_way_nobody_is_told_that_there_is_none_and_none_begins_while_somebody_is() {
        let root = tempfile::tempdir().unwrap();
        let device = Device::new(root.path());
        let claiming = Claiming::begin(&device).unwrap();
        assert!(NoClaim::now(&device).unwrap().is_none());
        drop(claiming);
        let (first, second) = (NoClaim::now(&device).unwrap(), NoClaim::now(&device).unwrap());
        assert!(first.is_some() && second.is_some(), "any number may look");
        let other = device.clone();
        let begins = std::thread::spawn(move || Claiming::begin(&other).map(drop).unwrap());
        std::thread::sleep(std::time::Duration::from_millis(100));
        assert!(!begins.is_finished(), "it began while the settings were looked at");
        drop((first, second));
        begins.join().unwrap();
    }
}
