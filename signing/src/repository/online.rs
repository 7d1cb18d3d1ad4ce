//! The list of releases, the snapshot and the timestamp: signed one after the other, the pointer last.

use std::collections::HashMap;
use std::num::NonZeroU64;
use std::sync::Arc;

use jiff::Timestamp as Time;
use serde_json::json;
use tough::schema::{RoleType, Signed, Snapshot, Targets, Timestamp};

use super::Change;
use super::error::{RepositoryError, RepositoryRefusal};
use super::folder::{Folder, SPECIFICATION, pointer};
use super::periods;
use super::signer::{has_key, sign};
use crate::keys::SigningKey;
use crate::offer::OURS;

/// When things stop to hold. What is not given is counted from now.
#[derive(Debug, Clone, Copy)]
pub struct Expiries {
    /// Now, seconds since 1970. It is signed with the timestamp: to a device whose clock is wrong it says how late it is
    /// at least.
    pub now: u64,
    /// The list of releases: [`periods::TARGETS`] when not given.
    pub targets: Option<Time>,
    /// The snapshot: [`periods::SNAPSHOT`] when not given.
    pub snapshot: Option<Time>,
    /// The timestamp: [`periods::TIMESTAMP`] when not given.
    pub timestamp: Option<Time>,
}

impl Expiries {
    /// As the periods say.
    #[must_use]
    pub fn from_now(now: u64) -> Self {
        Self { now, targets: None, snapshot: None, timestamp: None }
    }
}

/// One more than a version, or the first.
pub(super) fn next(version: Option<NonZeroU64>) -> NonZeroU64 {
    version.map_or(NonZeroU64::MIN, |version| version.saturating_add(1))
}

/// Refuses a key that the newest root does not know for a role.
pub(super) fn must_know(folder: &Folder, role: RoleType, key: &SigningKey) -> Result<(), RepositoryError> {
    let key = key.public();
    if has_key(folder.root(), role, &key) {
        return Ok(());
    }
    Err(RepositoryRefusal::UnknownKey { key: key.id(), role }.into())
}

/// The keys for a new list of releases, which the newest root knows.
pub(super) struct Keys {
    targets: Arc<SigningKey>,
    online: Arc<SigningKey>,
}

impl Keys {
    /// Refuses keys that the newest root does not know, before anything is written.
    pub(super) fn known(folder: &Folder, targets: SigningKey, online: SigningKey) -> Result<Self, RepositoryError> {
        must_know(folder, RoleType::Targets, &targets)?;
        must_know(folder, RoleType::Snapshot, &online)?;
        must_know(folder, RoleType::Timestamp, &online)?;
        Ok(Self { targets: Arc::new(targets), online: Arc::new(online) })
    }
}

/// Signs a list of releases, and makes it the one that counts.
pub(super) fn publish_targets(
    folder: &Folder,
    mut targets: Targets,
    keys: &Keys,
    expiries: &Expiries,
    change: &mut Change,
) -> Result<(), RepositoryError> {
    targets.version = next(folder.offered().map(|offered| offered.targets.signed.version));
    targets.expires = expiries.targets.unwrap_or_else(|| periods::after(expiries.now, periods::TARGETS));
    let targets = sign(targets, &[folder.root()], std::slice::from_ref(&keys.targets))?;
    change.files.push(folder.write_role(&targets)?);
    let snapshot = publish_snapshot(folder, &targets, &keys.online, expiries, change)?;
    publish_timestamp(folder, &snapshot, &keys.online, expiries, change)
}

/// Signs a snapshot that speaks of `targets`.
pub(super) fn publish_snapshot(
    folder: &Folder,
    targets: &Signed<Targets>,
    key: &Arc<SigningKey>,
    expiries: &Expiries,
    change: &mut Change,
) -> Result<Signed<Snapshot>, RepositoryError> {
    let version = next(folder.offered().map(|offered| offered.snapshot.signed.version));
    let expires = expiries.snapshot.unwrap_or_else(|| periods::after(expiries.now, periods::SNAPSHOT));
    let mut snapshot = Snapshot::new(SPECIFICATION.into(), version, expires);
    snapshot.meta.insert("targets.json".into(), pointer(targets)?);
    let snapshot = sign(snapshot, &[folder.root()], std::slice::from_ref(key))?;
    change.files.push(folder.write_role(&snapshot)?);
    Ok(snapshot)
}

/// Signs a timestamp that speaks of `snapshot`.
pub(super) fn publish_timestamp(
    folder: &Folder,
    snapshot: &Signed<Snapshot>,
    key: &Arc<SigningKey>,
    expiries: &Expiries,
    change: &mut Change,
) -> Result<(), RepositoryError> {
    let version = next(folder.offered().map(|offered| offered.timestamp.signed.version));
    let expires = expiries.timestamp.unwrap_or_else(|| periods::after(expiries.now, periods::TIMESTAMP));
    let mut timestamp = Timestamp::new(SPECIFICATION.into(), version, expires);
    timestamp.meta.insert("snapshot.json".into(), pointer(snapshot)?);
    timestamp._extra = HashMap::from([(OURS.into(), json!({ "signed": expiries.now }))]);
    let timestamp = sign(timestamp, &[folder.root()], std::slice::from_ref(key))?;
    change.files.push(folder.write_role(&timestamp)?);
    Ok(())
}
