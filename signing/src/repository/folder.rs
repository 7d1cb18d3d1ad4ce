//! A repository's folder: `metadata/` and `targets/`, read with every signature checked, and written so that whoever
//! reads meanwhile finds the old state or the new one.

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};

use serde::Serialize;
use serde::de::DeserializeOwned;
use tough::schema::{Hashes, Metafile, Role, RoleType, Root, Signed, Snapshot, Targets, Timestamp};

use super::error::{RepositoryError, RepositoryRefusal};
use super::signer::enough;
use crate::digest::Digest;
use crate::error::Fault;
use crate::file::{Small, read_limited, write_whole};
use crate::limits;

/// The version of TUF's file format.
pub(super) const SPECIFICATION: &str = "1.0.0";

/// A repository as it stands.
pub(super) struct Folder {
    path: PathBuf,
    roots: Vec<Signed<Root>>,
    offered: Option<Offered>,
}

/// What the repository offers.
pub(super) struct Offered {
    pub(super) targets: Signed<Targets>,
    pub(super) snapshot: Signed<Snapshot>,
    pub(super) timestamp: Signed<Timestamp>,
}

impl Folder {
    /// Reads a repository. Each root must be signed by the one before it, everything else by keys that some root of the
    /// chain names: after a rotation the newest does not yet.
    pub(super) fn open(path: &Path) -> Result<Self, RepositoryError> {
        let mut folder = Self { path: path.into(), roots: Vec::new(), offered: None };
        while let Some(root) = folder.read_root()? {
            folder.roots.push(root);
        }
        if folder.roots.is_empty() {
            return Err(RepositoryRefusal::NotARepository { path: path.into() }.into());
        }
        folder.offered = folder.read_offered()?;
        Ok(folder)
    }

    /// The newest root.
    pub(super) fn root(&self) -> &Root {
        &self.roots.last().expect("a repository that was opened has a root").signed
    }

    /// What is offered, if anything ever was.
    pub(super) fn offered(&self) -> Option<&Offered> {
        self.offered.as_ref()
    }

    fn read_root(&self) -> Result<Option<Signed<Root>>, RepositoryError> {
        let version = self.roots.len() as u64 + 1;
        let file = format!("metadata/{version}.root.json");
        let Some(root) = self.read::<Root>(&file, limits::ROOT)? else { return Ok(None) };
        let broken = |reason: String| RepositoryRefusal::Broken { file: file.clone(), reason };
        if root.signed.version.get() != version {
            return Err(broken(format!("it says that it is version {}", root.signed.version)).into());
        }
        let before = self.roots.last().map(|root| &root.signed);
        for by in before.into_iter().chain([&root.signed]) {
            by.verify_role(&root).map_err(|error| broken(error.to_string()))?;
        }
        Ok(Some(root))
    }

    fn read_offered(&self) -> Result<Option<Offered>, RepositoryError> {
        let Some(timestamp) = self.read::<Timestamp>("metadata/timestamp.json", limits::TIMESTAMP)? else {
            return Ok(None);
        };
        self.known("metadata/timestamp.json", &timestamp)?;
        let snapshot: Signed<Snapshot> =
            self.read_pointed(timestamp.signed.meta.get("snapshot.json"), "snapshot", limits::SNAPSHOT)?;
        let targets = self.read_pointed(snapshot.signed.meta.get("targets.json"), "targets", limits::TARGETS)?;
        Ok(Some(Offered { targets, snapshot, timestamp }))
    }

    /// A file that another one speaks of.
    fn read_pointed<T>(&self, meta: Option<&Metafile>, role: &str, limit: u64) -> Result<Signed<T>, RepositoryError>
    where
        T: Role + DeserializeOwned,
    {
        let broken = |file: &str, reason: &str| RepositoryRefusal::Broken { file: file.into(), reason: reason.into() };
        let Some(meta) = meta else { return Err(broken(role, "nothing speaks of it").into()) };
        let file = format!("metadata/{}.{role}.json", meta.version);
        let bytes = self.bytes(&file, limit)?.ok_or_else(|| broken(&file, "it is not there"))?;
        if meta.hashes.as_ref().is_some_and(|hashes| hashes.sha256[..] != Digest::of(&bytes).as_bytes()[..]) {
            return Err(broken(&file, "its SHA-256 is another").into());
        }
        let signed: Signed<T> = serde_json::from_slice(&bytes).map_err(|error| broken(&file, &error.to_string()))?;
        self.known(&file, &signed)?;
        Ok(signed)
    }

    /// Refuses a role that no root of the chain vouches for.
    fn known<T: Role>(&self, file: &str, role: &Signed<T>) -> Result<(), RepositoryError> {
        if self.roots.iter().rev().any(|root| root.signed.verify_role(role).is_ok()) {
            return Ok(());
        }
        let reason = "no root vouches for its signatures".into();
        Err(RepositoryRefusal::Broken { file: file.into(), reason }.into())
    }

    fn read<T: Role + DeserializeOwned>(&self, file: &str, limit: u64) -> Result<Option<Signed<T>>, RepositoryError> {
        let Some(bytes) = self.bytes(file, limit)? else { return Ok(None) };
        let broken =
            |error: serde_json::Error| RepositoryRefusal::Broken { file: file.into(), reason: error.to_string() };
        Ok(Some(serde_json::from_slice(&bytes).map_err(broken)?))
    }

    fn bytes(&self, file: &str, limit: u64) -> Result<Option<Vec<u8>>, RepositoryError> {
        match read_limited(&self.path.join(file), limit)? {
            Small::Bytes(bytes) => Ok(Some(bytes)),
            Small::Absent => Ok(None),
            Small::TooLarge => {
                let reason = format!("it has more than {limit} bytes");
                Err(RepositoryRefusal::Broken { file: file.into(), reason }.into())
            }
        }
    }

    /// Writes a root that continues the chain; nothing else is ever written.
    pub(super) fn write_root(&mut self, root: Signed<Root>) -> Result<PathBuf, RepositoryError> {
        if let Some(before) = self.roots.last() {
            enough(&before.signed, &root)?;
        }
        enough(&root.signed, &root)?;
        let path = self.write(&root.signed.filename(true), &to_bytes(&root)?)?;
        self.roots.push(root);
        Ok(path)
    }

    /// Writes a role that the newest root vouches for.
    pub(super) fn write_role<T: Role>(&self, role: &Signed<T>) -> Result<PathBuf, RepositoryError> {
        enough(self.root(), role)?;
        self.write(&role.signed.filename(true), &to_bytes(role)?)
    }

    fn write(&self, name: &str, bytes: &[u8]) -> Result<PathBuf, RepositoryError> {
        let path = make(&self.path.join("metadata"))?.join(name);
        write_whole(&path, bytes)?;
        Ok(path)
    }

    /// Writes a target under the name by which consistent snapshots know it.
    pub(super) fn write_target(&self, name: &str, bytes: &[u8]) -> Result<PathBuf, RepositoryError> {
        let path = make(&self.path.join("targets"))?.join(format!("{}.{name}", Digest::of(bytes)));
        write_whole(&path, bytes)?;
        Ok(path)
    }

    /// A new repository in a folder that has no metadata.
    pub(super) fn create(path: &Path) -> Result<Self, RepositoryError> {
        let metadata = make(&path.join("metadata"))?;
        let unreadable = |source| Fault::Read { path: metadata.clone(), source };
        if fs::read_dir(&metadata).map_err(unreadable)?.next().is_some() {
            return Err(RepositoryRefusal::AlreadyARepository { path: path.into() }.into());
        }
        Ok(Self { path: path.into(), roots: Vec::new(), offered: None })
    }

    /// Whether the newest root vouches for what is offered.
    pub(super) fn stale(&self) -> Vec<RoleType> {
        let Some(Offered { targets, snapshot, timestamp }) = &self.offered else { return Vec::new() };
        let root = self.root();
        let mut stale = Vec::new();
        for (role, good) in [
            (RoleType::Targets, root.verify_role(targets).is_ok()),
            (RoleType::Snapshot, root.verify_role(snapshot).is_ok()),
            (RoleType::Timestamp, root.verify_role(timestamp).is_ok()),
        ] {
            if !good {
                stale.push(role);
            }
        }
        stale
    }
}

fn make(folder: &Path) -> Result<PathBuf, Fault> {
    fs::create_dir_all(folder).map_err(|source| Fault::Write { path: folder.into(), source })?;
    Ok(folder.into())
}

/// A signed file's bytes: the same for the same content, whatever order a hash map has today.
pub(super) fn to_bytes<T: Serialize>(signed: &Signed<T>) -> Result<Vec<u8>, RepositoryError> {
    let ordered = serde_json::to_value(signed).map_err(|error| RepositoryError::Signing(error.to_string()))?;
    let mut bytes = serde_json::to_vec_pretty(&ordered).map_err(|error| RepositoryError::Signing(error.to_string()))?;
    bytes.push(b'\n');
    Ok(bytes)
}

/// How one file of metadata speaks of another.
pub(super) fn pointer<T: Role>(signed: &Signed<T>) -> Result<Metafile, RepositoryError> {
    let bytes = to_bytes(signed)?;
    Ok(Metafile {
        length: Some(bytes.len() as u64),
        hashes: Some(Hashes { sha256: Digest::of(&bytes).as_bytes().to_vec().into(), _extra: HashMap::new() }),
        version: signed.signed.version(),
        _extra: HashMap::new(),
    })
}
