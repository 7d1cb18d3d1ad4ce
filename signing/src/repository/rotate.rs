//! `sos-sign rotate`: a new root. It gives a role other keys, or only holds longer than the one before.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;

use jiff::Timestamp;
use tough::schema::RoleType;

use super::Change;
use super::error::RepositoryError;
use super::folder::Folder;
use super::init::{ROOT_THRESHOLD, set_role};
use super::online::next;
use super::signer::{sign, tuf_key};
use crate::keys::{PublicKey, SigningKey};

/// What changes.
#[derive(Debug)]
pub struct Rotate {
    /// The roles that get other keys: snapshot and timestamp go together, as they share one.
    pub roles: Vec<RoleType>,
    /// All keys that the roles have from now on; none leaves them as they are.
    pub keys: Vec<PublicKey>,
    /// Root keys to sign with: two of the old root's, and, where root's own keys change, two of the new ones.
    pub root_keys: Vec<SigningKey>,
    /// When the new root stops to hold.
    pub expires: Timestamp,
}

/// Writes the next root, signed by enough of the old root's keys and of the new one's.
///
/// # Errors
///
/// A [`super::RepositoryRefusal`] when the old root or the new one would not take it, or a key is given two works; a
/// [`crate::Fault`] when something broke.
pub fn rotate(path: &Path, rotate: Rotate) -> Result<Change, RepositoryError> {
    let mut folder = Folder::open(path)?;
    let old = folder.root().clone();
    let mut new = old.clone();
    new.version = next(Some(old.version));
    new.expires = rotate.expires;
    if !rotate.keys.is_empty() {
        unused(&old, &rotate)?;
        for &role in &rotate.roles {
            let wanted = if role == RoleType::Root { ROOT_THRESHOLD } else { 1 };
            set_role(&mut new, role, &rotate.keys, wanted)?;
        }
    }
    let keys: Vec<Arc<SigningKey>> = rotate.root_keys.into_iter().map(Arc::new).collect();
    let signed = sign(new.clone(), &[&old, &new], &keys)?;
    let files = vec![folder.write_root(signed)?];
    let stale: BTreeSet<String> = folder.stale().iter().map(ToString::to_string).collect();
    let left = match stale.contains("targets") {
        _ if stale.is_empty() => Vec::new(),
        true => vec!["sign the list of releases by the new key before publishing: sos-sign timestamp REPO --targets-key FILE --online-key FILE".into()],
        false => vec!["sign the timestamp by the new key before publishing: sos-sign timestamp REPO --online-key FILE".into()],
    };
    Ok(Change { files, left })
}

/// Refuses new keys that are given twice or that another role has.
fn unused(old: &tough::schema::Root, rotate: &Rotate) -> Result<(), RepositoryError> {
    super::init::once(rotate.keys.iter())?;
    let others = [RoleType::Root, RoleType::Targets, RoleType::Snapshot, RoleType::Timestamp]
        .into_iter()
        .filter(|role| !rotate.roles.contains(role));
    for other in others {
        for key in &rotate.keys {
            if old.keys(other).any(|known| *known == tuf_key(key)) {
                return Err(super::RepositoryRefusal::KeyTwice { key: key.id() }.into());
            }
        }
    }
    Ok(())
}
