//! What is trusted between two askings: the newest root, timestamp and snapshot, each a file of its own.
//!
//! `tough` writes its files in place and keeps the clock's time with them. So it gets a folder to work in, made anew at
//! each asking, and what it verified is carried over file by file, each wholly or not at all. The clock's time never
//! is: a clock that was ten years ahead once would block the device for ten years.
//!
//! A file that cannot be read counts as not there, for it alone:
//! - without the root, the chain is followed again from the image's; the timestamp and the snapshot that are here keep
//!   older ones out all the same, as long as the newest root still knows the keys that signed them;
//! - without the timestamp or the snapshot, the other one still keeps older ones out, and the version that runs does in
//!   any case.

use std::fs::{self, File, TryLockError};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use serde::de::DeserializeOwned;
use tough::schema::{Role, Root, Signed, Snapshot, Timestamp};

use super::refusal::{OfferError, OfferRefusal};
use crate::file::{Small, read_limited, write_whole};
use crate::limits;

const ROOT: &str = "root.json";
const TIMESTAMP: &str = "timestamp.json";
const SNAPSHOT: &str = "snapshot.json";

/// The files that are kept, and the most bytes each may have.
const FILES: [(&str, u64); 3] = [(ROOT, limits::ROOT), (TIMESTAMP, limits::TIMESTAMP), (SNAPSHOT, limits::SNAPSHOT)];

/// The store, for one asking.
pub(super) struct Store {
    folder: PathBuf,
    /// Keeps others out until it is dropped.
    _lock: File,
}

impl Store {
    /// Opens a store, and lays out the folder for `tough` with what can be read of it.
    pub(super) fn open(folder: &Path) -> Result<Self, OfferError> {
        fs::create_dir_all(folder).map_err(|error| fault("make", folder, &error))?;
        let path = folder.join("lock");
        let lock = File::create(&path).map_err(|error| fault("open", &path, &error))?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                return Err(OfferError::Fault("the channel is being asked already".into()));
            }
            Err(TryLockError::Error(error)) => return Err(fault("lock", &path, &error)),
        }
        let store = Self { folder: folder.into(), _lock: lock };
        store.lay_out()?;
        Ok(store)
    }

    /// The folder for `tough`.
    pub(super) fn working(&self) -> PathBuf {
        self.folder.join("working")
    }

    fn lay_out(&self) -> Result<(), OfferError> {
        let working = self.working();
        clear(&working)?;
        fs::create_dir(&working).map_err(|error| fault("make", &working, &error))?;
        for (name, limit) in [(TIMESTAMP, limits::TIMESTAMP), (SNAPSHOT, limits::SNAPSHOT)] {
            if let Some(bytes) = read(&self.folder.join(name), limit) {
                let path = working.join(name);
                fs::write(&path, bytes).map_err(|error| fault("write", &path, &error))?;
            }
        }
        Ok(())
    }

    /// The newest root that is trusted: the one kept, unless it cannot be read, does not vouch for itself, or the image
    /// has one as new.
    pub(super) fn root(&self, image: &[u8]) -> Option<Vec<u8>> {
        let of_image: Signed<Root> = serde_json::from_slice(image).ok()?;
        let bytes = read(&self.folder.join(ROOT), limits::ROOT)?;
        let kept: Signed<Root> = serde_json::from_slice(&bytes).ok()?;
        let good = kept.signed.verify_role(&kept).is_ok() && kept.signed.version > of_image.signed.version;
        good.then_some(bytes)
    }

    /// Refuses what is older than the files kept here, where the root was lost and `tough` began from the image's: it
    /// takes keys that changed since the image for ones that just changed, and forgets the versions.
    pub(super) fn not_older(&self, repository: &tough::Repository) -> Result<(), OfferRefusal> {
        let root = &repository.root().signed;
        not_older::<Timestamp>(&self.folder.join(TIMESTAMP), limits::TIMESTAMP, root, repository.timestamp())?;
        not_older::<Snapshot>(&self.folder.join(SNAPSHOT), limits::SNAPSHOT, root, repository.snapshot())
    }

    /// Keeps what `tough` verified. What it took away (after keys changed) goes first, so that a power cut in between
    /// leaves the old root, which takes it away again.
    pub(super) fn keep(&self) -> Result<(), OfferError> {
        for (name, _) in FILES.iter().skip(1) {
            if !self.working().join(name).exists() {
                clear(&self.folder.join(name))?;
            }
        }
        for (name, limit) in FILES {
            let Some(new) = read(&self.working().join(name), limit) else { continue };
            let path = self.folder.join(name);
            if read(&path, limit).as_ref() != Some(&new) {
                if path.is_dir() {
                    clear(&path)?;
                }
                write_whole(&path, &new).map_err(|error| OfferError::Fault(error.to_string()))?;
            }
        }
        Ok(())
    }
}

fn not_older<T>(path: &Path, limit: u64, root: &Root, new: &Signed<T>) -> Result<(), OfferRefusal>
where
    T: Role + DeserializeOwned,
{
    let kept: Option<Signed<T>> = read(path, limit).and_then(|bytes| serde_json::from_slice(&bytes).ok());
    let Some(kept) = kept.filter(|kept| root.verify_role(kept).is_ok()) else { return Ok(()) };
    let (found, known) = (new.signed.version().get(), kept.signed.version().get());
    if found < known {
        return Err(OfferRefusal::Older { what: T::TYPE.to_string(), found, known });
    }
    Ok(())
}

/// A file's bytes, or nothing when it cannot be read, whatever the reason.
fn read(path: &Path, limit: u64) -> Option<Vec<u8>> {
    match read_limited(path, limit) {
        Ok(Small::Bytes(bytes)) => Some(bytes),
        _ => None,
    }
}

/// Removes a file or a folder that may not be there.
fn clear(path: &Path) -> Result<(), OfferError> {
    let removed = if path.is_dir() { fs::remove_dir_all(path) } else { fs::remove_file(path) };
    match removed {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(fault("remove", path, &error)),
        _ => Ok(()),
    }
}

fn fault(verb: &str, path: &Path, error: &std::io::Error) -> OfferError {
    OfferError::Fault(format!("cannot {verb} {}: {error}", path.display()))
}
