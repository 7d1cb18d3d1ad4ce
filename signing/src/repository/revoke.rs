//! `sos-sign revoke`: takes releases out of the list, for ever. Devices that run one already keep it until a newer one
//! is offered.

use std::path::Path;

use super::Change;
use super::error::{RepositoryError, RepositoryRefusal};
use super::folder::Folder;
use super::online::{Expiries, Keys, publish_targets};
use super::releases;
use crate::keys::SigningKey;
use crate::version::Version;

/// What is taken out.
#[derive(Debug)]
pub struct Revoke {
    /// The versions.
    pub versions: Vec<Version>,
    /// The key of the role targets.
    pub targets_key: SigningKey,
    /// The key of the roles snapshot and timestamp.
    pub online_key: SigningKey,
    /// When things stop to hold.
    pub expiries: Expiries,
}

/// Takes releases out of the list. The manifests' files stay: a device may be reading one.
///
/// # Errors
///
/// [`RepositoryRefusal::NotOffered`] for a version that is not in the list, or as [`super::add`].
pub fn revoke(path: &Path, revoke: Revoke) -> Result<Change, RepositoryError> {
    let folder = Folder::open(path)?;
    let keys = Keys::known(&folder, revoke.targets_key, revoke.online_key)?;
    let mut targets = releases::of(&folder);
    let mut revoked = releases::revoked(&targets);
    for version in revoke.versions {
        if targets.targets.remove(&releases::name(version)?).is_none() {
            return Err(RepositoryRefusal::NotOffered { version }.into());
        }
        revoked.insert(version);
    }
    releases::set_revoked(&mut targets, &revoked);
    let mut change = Change::default();
    publish_targets(&folder, targets, &keys, &revoke.expiries, &mut change)?;
    Ok(change)
}
