//! The list of releases: entries by version, and the versions that were taken out.

use std::collections::{BTreeSet, HashMap};
use std::num::NonZeroU64;

use serde_json::{Value, json};
use tough::TargetName;
use tough::schema::{Hashes, Target, Targets};

use super::error::RepositoryError;
use super::folder::{Folder, SPECIFICATION};
use crate::digest::Digest;
use crate::offer::{OURS, Rollout, target_name, target_version};
use crate::version::Version;

/// The list as it stands, or an empty one.
pub(super) fn of(folder: &Folder) -> Targets {
    if let Some(offered) = folder.offered() {
        return offered.targets.signed.clone();
    }
    let mut targets = Targets::new(SPECIFICATION.into(), NonZeroU64::MIN, jiff::Timestamp::UNIX_EPOCH);
    targets.delegations = None;
    targets
}

/// The name of a version's entry.
pub(super) fn name(version: Version) -> Result<TargetName, RepositoryError> {
    TargetName::new(target_name(version)).map_err(|error| RepositoryError::Signing(error.to_string()))
}

/// The newest version that is offered.
pub(super) fn newest(targets: &Targets) -> Option<Version> {
    targets.targets.keys().filter_map(|name| target_version(name.raw())).max()
}

/// An entry for a manifest.
pub(super) fn entry(manifest: &[u8], rollout: Rollout) -> Target {
    Target {
        length: manifest.len() as u64,
        hashes: Hashes { sha256: Digest::of(manifest).as_bytes().to_vec().into(), _extra: HashMap::new() },
        custom: HashMap::from([(OURS.into(), json!(rollout))]),
        _extra: HashMap::new(),
    }
}

/// The versions that were taken out.
pub(super) fn revoked(targets: &Targets) -> BTreeSet<Version> {
    let list = targets._extra.get(OURS).and_then(|ours| ours.get("revoked")).cloned().unwrap_or(Value::Null);
    serde_json::from_value(list).unwrap_or_default()
}

/// Notes that versions were taken out.
pub(super) fn set_revoked(targets: &mut Targets, revoked: &BTreeSet<Version>) {
    targets._extra.insert(OURS.into(), json!({ "revoked": revoked }));
}
