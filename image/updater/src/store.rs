//! What the updater keeps: small JSON documents in a subvolume of its own (`@update`), which no rollback takes back.

use std::collections::BTreeMap;
use std::fs;
use std::io::ErrorKind;
use std::path::PathBuf;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use sos_ipc::UpdateEvent;
use sos_provision::Device;
use sos_signing::{Digest, Version};

use crate::boot_state::Slot;
use crate::error::UpdateError;

/// Where the subvolume `@update` is mounted.
pub const FOLDER: &str = "/var/lib/sos-update";

/// Most events that the history keeps.
const HISTORY: usize = 100;

/// The updater's documents.
#[derive(Debug, Clone)]
pub struct Store {
    folder: PathBuf,
}

/// The newest release that was offered and verified.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Candidate {
    /// Its version.
    pub version: Version,
    /// Bytes of its payload.
    pub bytes: u64,
    /// What changes, by language.
    pub notes: BTreeMap<String, String>,
}

/// How the last asking of the channel, or the staging behind it, ended.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Checked {
    /// When, seconds since 1970.
    pub at: u64,
    /// Why it ended early.
    pub fault: Option<String>,
    /// How often in a row it did: the back-off.
    pub faults: u32,
}

/// How far the other slot is filled. Written after the chunks it speaks of are on the disk.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Staged {
    /// With which release.
    pub version: Version,
    /// The SHA-256 of its slot index.
    pub index: Digest,
    /// Which slot.
    pub slot: Slot,
    /// Chunks written, of all parts in the payload's order.
    pub chunks: usize,
    /// All of them are written and were read back as they must be.
    pub whole: bool,
}

/// A try: written by the old release before it starts the new one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trial {
    /// The version that ran.
    pub from: Version,
    /// The version that is tried.
    pub to: Version,
    /// The slot that is tried.
    pub slot: Slot,
    /// When it began, seconds since 1970.
    pub began: u64,
    /// The boot record's sequence that begins it: as long as the boot state has not come to it, nothing was tried.
    #[serde(default)]
    pub sequence: u32,
    /// Who asked for it, when somebody did.
    pub by: Option<String>,
    /// What the gate of the new release must find again: how much there is of what, by name.
    pub facts: BTreeMap<String, u64>,
    /// What the gate said when it did not let the release through.
    pub verdict: Option<String>,
}

/// The release before this one, which can be gone back to while its data are kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Earlier {
    /// Its version.
    pub version: Version,
    /// When it was left, seconds since 1970.
    pub since: u64,
}

/// What a going back needs to know when the old release is up again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GoingBack {
    /// The version that was left.
    pub from: Version,
    /// Who asked for it.
    pub by: Option<String>,
}

/// A document's file.
pub trait Document: Serialize + DeserializeOwned {
    /// The file's name in the store.
    const FILE: &'static str;
}

macro_rules! documents {
    ($($kind:ty = $file:literal),* $(,)?) => { $(impl Document for $kind { const FILE: &'static str = $file; })* };
}

documents! {
    Candidate = "candidate.json",
    Checked = "checked.json",
    Staged = "staged.json",
    Trial = "trial.json",
    Earlier = "earlier.json",
    GoingBack = "going-back.json",
    Vec<UpdateEvent> = "history.json",
    BTreeMap<Version, u32> = "failed.json",
}

impl Store {
    /// The store of a device.
    #[must_use]
    pub fn of(device: &Device) -> Self {
        Self { folder: device.path(FOLDER) }
    }

    /// A store in `folder`.
    #[must_use]
    pub fn at(folder: PathBuf) -> Self {
        Self { folder }
    }

    /// Where a file of the store is.
    #[must_use]
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    /// A document; nothing where there is none. One that cannot be read counts as none and is said in the journal: the
    /// updater must go on after anything that a disk can do to it.
    #[must_use]
    pub fn get<D: Document>(&self) -> Option<D> {
        let path = self.path(D::FILE);
        let bytes = match fs::read(&path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == ErrorKind::NotFound => return None,
            Err(error) => {
                eprintln!("cannot read {}: {error}", path.display());
                return None;
            }
        };
        serde_json::from_slice(&bytes).map_err(|error| eprintln!("{}: {error}", path.display())).ok()
    }

    /// Writes a document, wholly and on the disk, or not at all.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn put<D: Document>(&self, document: &D) -> Result<(), UpdateError> {
        let path = self.path(D::FILE);
        let bytes = serde_json::to_vec(document).map_err(|error| UpdateError::malformed(&path, error))?;
        sos_provision::write_file(&path, &bytes, 0o644)?;
        Ok(())
    }

    /// Removes a document that may not be there, for good when this returns.
    ///
    /// # Errors
    /// When it cannot be removed.
    pub fn remove<D: Document>(&self) -> Result<(), UpdateError> {
        let path = self.path(D::FILE);
        match fs::remove_file(&path) {
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
            removed => removed
                .and_then(|()| fs::File::open(&self.folder)?.sync_all())
                .map_err(UpdateError::file("remove", &path)),
        }
    }

    /// What happened so far, newest first.
    #[must_use]
    pub fn history(&self) -> Vec<UpdateEvent> {
        self.get().unwrap_or_default()
    }

    /// Notes an event.
    ///
    /// # Errors
    /// When the history cannot be written.
    pub fn note(&self, event: UpdateEvent) -> Result<(), UpdateError> {
        let mut history = self.history();
        history.insert(0, event);
        history.truncate(HISTORY);
        self.put(&history)
    }

    /// Says how often a release was tried and taken back.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn set_failures(&self, version: Version, failures: u32) -> Result<(), UpdateError> {
        let mut failed: BTreeMap<Version, u32> = self.get().unwrap_or_default();
        failed.insert(version, failures);
        self.put(&failed)
    }

    /// How often a release was tried and taken back.
    #[must_use]
    pub fn failures(&self, version: Version) -> u32 {
        self.get::<BTreeMap<Version, u32>>().and_then(|failed| failed.get(&version).copied()).unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_document_is_there_or_not_and_a_broken_one_is_not() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::at(folder.path().to_owned());
        assert_eq!(store.get::<Checked>(), None);
        let checked = Checked { at: 7, fault: Some("no answer".into()), faults: 1 };
        store.put(&checked).unwrap();
        assert_eq!(store.get(), Some(checked));
        fs::write(store.path(Checked::FILE), "{\"at\":").unwrap();
        assert_eq!(store.get::<Checked>(), None);
        store.remove::<Checked>().unwrap();
        store.remove::<Checked>().unwrap();
    }
}
