//! `sos-sign init`: a new repository, with its keys and its first root.

use std::collections::{BTreeSet, HashMap};
use std::num::NonZeroU64;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use jiff::Timestamp;
use tough::schema::decoded::{Decoded, Hex};
use tough::schema::{RoleKeys, RoleType, Root};

use super::Change;
use super::error::{RepositoryError, RepositoryRefusal};
use super::folder::{Folder, SPECIFICATION};
use super::signer::{sign, tuf_id, tuf_key};
use crate::error::Fault;
use crate::keys::{PublicKey, SigningKey};

/// How many root keys there are: for three people.
const ROOT_KEYS: usize = 3;

/// How many of them must sign: one may be lost, and one may be stolen.
pub(super) const ROOT_THRESHOLD: u64 = 2;

/// What a new repository is made from.
#[derive(Debug)]
pub struct Init<'a> {
    /// Where keys that do not exist yet are made: root-1, root-2, root-3, targets, online.
    pub keys: &'a Path,
    /// Root keys that exist, to sign with. Two of them make that no other has to be at hand.
    pub root_keys: Vec<SigningKey>,
    /// Further root keys that exist, of which only the public half is at hand.
    pub root_public: Vec<PublicKey>,
    /// The key that signs the list of releases, when it exists.
    pub targets: Option<PublicKey>,
    /// The key that signs snapshots and timestamps, when it exists.
    pub online: Option<PublicKey>,
    /// When the root stops to hold.
    pub expires: Timestamp,
}

/// Makes a repository in `path`, which has no metadata yet.
///
/// # Errors
///
/// A [`RepositoryRefusal`] when it would be of no use or its keys be published, a [`Fault`] when something broke.
pub fn init(path: &Path, init: Init<'_>) -> Result<Change, RepositoryError> {
    let mut folder = Folder::create(path)?;
    outside(path, init.keys)?;
    let given: Vec<PublicKey> = init.root_keys.iter().map(SigningKey::public).chain(init.root_public).collect();
    once(given.iter().chain(&init.targets).chain(&init.online))?;
    let mut change = Change::default();
    let mut made = |name: &str| -> Result<SigningKey, Fault> {
        let (key, files) = SigningKey::create(init.keys, name)?;
        change.files.extend([files.private, files.public]);
        Ok(key)
    };
    let mut root_keys: Vec<Arc<SigningKey>> = init.root_keys.into_iter().map(Arc::new).collect();
    let mut root = given;
    for number in root.len() + 1..=ROOT_KEYS {
        let key = made(&format!("root-{number}"))?;
        root.push(key.public());
        root_keys.push(Arc::new(key));
    }
    let mut or_made = |key: Option<PublicKey>, name: &str| match key {
        Some(key) => Ok(key),
        None => made(name).map(|key| key.public()),
    };
    let targets = or_made(init.targets, "targets")?;
    let online = or_made(init.online, "online")?;

    let first = first_root(&root, &targets, &online, init.expires)?;
    let signed = sign(first.clone(), &[&first], &root_keys)?;
    change.files.push(folder.write_root(signed)?);
    Ok(change)
}

fn first_root(
    root: &[PublicKey],
    targets: &PublicKey,
    online: &PublicKey,
    expires: Timestamp,
) -> Result<Root, RepositoryError> {
    let mut first = Root {
        spec_version: SPECIFICATION.into(),
        consistent_snapshot: true,
        version: NonZeroU64::MIN,
        expires,
        keys: HashMap::new(),
        roles: HashMap::new(),
        _extra: HashMap::new(),
    };
    set_role(&mut first, RoleType::Root, root, ROOT_THRESHOLD)?;
    set_role(&mut first, RoleType::Targets, std::slice::from_ref(targets), 1)?;
    set_role(&mut first, RoleType::Snapshot, std::slice::from_ref(online), 1)?;
    set_role(&mut first, RoleType::Timestamp, std::slice::from_ref(online), 1)?;
    Ok(first)
}

/// Gives a role other keys. Keys that no role has any more are taken out.
pub(super) fn set_role(
    root: &mut Root,
    role: RoleType,
    keys: &[PublicKey],
    wanted: u64,
) -> Result<(), RepositoryError> {
    let threshold = NonZeroU64::new(wanted).filter(|_| keys.len() as u64 >= wanted);
    let Some(threshold) = threshold else {
        return Err(RepositoryRefusal::TooFewForRole { role, given: keys.len(), wanted }.into());
    };
    let mut keyids: Vec<Decoded<Hex>> = Vec::new();
    for key in keys.iter().map(tuf_key) {
        let id = tuf_id(&key)?;
        root.keys.insert(id.clone(), key);
        keyids.push(id);
    }
    root.roles.insert(role, RoleKeys { keyids, threshold, _extra: HashMap::new() });
    let used: Vec<Decoded<Hex>> = root.roles.values().flat_map(|keys| keys.keyids.clone()).collect();
    root.keys.retain(|id, _| used.contains(id));
    Ok(())
}

/// Refuses a key that is given twice.
pub(super) fn once<'a>(keys: impl Iterator<Item = &'a PublicKey>) -> Result<(), RepositoryRefusal> {
    let mut seen = BTreeSet::new();
    for key in keys.map(PublicKey::id) {
        if !seen.insert(key) {
            return Err(RepositoryRefusal::KeyTwice { key });
        }
    }
    Ok(())
}

/// Refuses a folder for keys that is inside the repository.
fn outside(repository: &Path, keys: &Path) -> Result<(), RepositoryError> {
    let real = |path: &Path| -> Result<PathBuf, Fault> {
        let unreadable = |source| Fault::Read { path: path.into(), source };
        let absolute = std::path::absolute(path).map_err(unreadable)?;
        let there = absolute.ancestors().find(|p| p.exists()).unwrap_or(Path::new("/"));
        let rest = absolute.strip_prefix(there).unwrap_or(Path::new(""));
        Ok(there.canonicalize().map_err(unreadable)?.join(rest))
    };
    if real(keys)?.starts_with(real(repository)?) {
        return Err(RepositoryRefusal::KeysInside { path: keys.into() }.into());
    }
    Ok(())
}
