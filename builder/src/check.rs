//! Reads a whole vault through, and says whether it is sound.
//!
//! In: a [`Vault`]. Out: what is in it; or every object that is damaged or missing, and every package that the signed
//! index beside it does not vouch for. Whether Debian signed that index is for `gpgv` and Debian's keyring to say.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Read as _;

use crate::apt::Chosen;
use crate::error::{Error, Refusal, Result};
use crate::index::{Packages, listed};
use crate::inventory::{Inventory, Kind, Object};
use crate::lock::{Archive, Lock, Sha256};
use crate::progress::Progress;
use crate::sources::tree;
use crate::vault::Vault;

/// The most bytes that an index may have when unpacked.
const INDEX_LIMIT: u64 = 1 << 30;

/// What a sound vault has.
#[derive(Debug)]
pub struct Checked {
    /// Its inventories by their names.
    pub releases: BTreeMap<String, Inventory>,
    /// How many objects they name, each once.
    pub objects: usize,
    /// Bytes of those.
    pub bytes: u64,
    /// Objects that no inventory names.
    pub unnamed: Vec<Sha256>,
    /// For each inventory, how many of its packages a signed index in the vault vouches for.
    pub vouched: BTreeMap<String, usize>,
}

/// Checks every inventory of `vault` and every object.
///
/// # Errors
/// [`Refusal::VaultDamaged`], [`Refusal::VaultLacks`], [`Refusal::VaultIndex`], [`Refusal::VaultPath`],
/// [`Error::Malformed`].
pub fn check(vault: &Vault, progress: Progress) -> Result<Checked> {
    let mut releases = BTreeMap::new();
    for name in vault.names()? {
        let inventory = vault.inventory(&name)?;
        releases.insert(name, inventory);
    }
    let mut named: BTreeMap<&Sha256, &Object> = BTreeMap::new();
    for object in releases.values().flat_map(|inventory| &inventory.objects) {
        named.insert(&object.sha256, object);
    }
    let words: Vec<_> = named.iter().map(|(sha256, object)| (*sha256, object.path.clone())).collect();
    let lacks = vault.read_through(&words, progress)?;
    if !lacks.is_empty() {
        return Err(vault.lacks(&lacks));
    }
    let (objects, bytes) = (named.len(), named.values().map(|object| object.size).sum());
    let unnamed = vault.objects().list()?.into_iter().filter(|sha256| !named.contains_key(sha256)).collect();
    let mut vouched = BTreeMap::new();
    for (name, inventory) in &releases {
        vouched.insert(name.clone(), vouched_for(vault, inventory)?);
    }
    Ok(Checked { releases, objects, bytes, unnamed, vouched })
}

/// How many packages of the lock stand, with the lock's SHA-256, in an index that the lock's `InRelease` vouches for.
fn vouched_for(vault: &Vault, inventory: &Inventory) -> Result<usize> {
    let text = read(vault, &inventory.lock_sha256)?;
    let lock = Lock::parse(&vault.objects().file(&inventory.lock_sha256), &String::from_utf8_lossy(&text))?;
    let packages: BTreeSet<&Sha256> = inventory.of(Kind::Package).map(|object| &object.sha256).collect();
    let lacks = lock.packages.iter().filter(|package| !packages.contains(&package.sha256));
    let lacks: Vec<String> = lacks.map(|package| format!("package {} {}", package.name, package.version)).collect();
    if !lacks.is_empty() {
        return Err(vault.lacks(&lacks));
    }
    let mut vouched = 0;
    for archive in &lock.archives {
        let Some(indexes) = indexes(vault, inventory, archive)? else { continue };
        for package in lock.packages.iter().filter(|package| package.archive == archive.name) {
            let chosen = Chosen {
                name: package.name.clone(),
                version: package.version.clone(),
                architecture: package.architecture.clone(),
            };
            let found = indexes.iter().find_map(|index| index.get(&chosen));
            if found.is_none_or(|entry| entry.sha256 != package.sha256) {
                let package = format!("{} {}", package.name, package.version);
                return Err(Refusal::VaultIndex {
                    vault: vault.dir().to_owned(),
                    archive: archive.suite.clone(),
                    package,
                }
                .into());
            }
            vouched += 1;
        }
    }
    Ok(vouched)
}

/// The indexes of an archive that its `InRelease` vouches for; nothing where one of them is absent.
fn indexes(vault: &Vault, inventory: &Inventory, archive: &Archive) -> Result<Option<Vec<Packages>>> {
    let dists = format!("{}/dists/{}/", tree(archive.kind), archive.suite);
    if inventory.absent.iter().any(|absent| absent.path.starts_with(&dists)) {
        return Ok(None);
    }
    let malformed = |path: &str, reason: String| Error::malformed(vault.dir().join(path), reason);
    let inrelease = read(vault, &archive.inrelease_sha256)?;
    let signed = listed(&String::from_utf8_lossy(&inrelease)).map_err(|reason| malformed("InRelease", reason))?;
    let mut indexes = Vec::new();
    for object in inventory.of(Kind::Index).filter(|object| object.path.starts_with(&dists)) {
        if !signed.iter().any(|file| file.sha256 == object.sha256 && object.path == format!("{dists}{}", file.path)) {
            let reason = format!("the InRelease of {} does not vouch for it", archive.suite);
            return Err(malformed(&object.path, reason));
        }
        let bytes = read(vault, &object.sha256)?;
        let text = unpack(&object.path, &bytes).map_err(|e| malformed(&object.path, e.to_string()))?;
        indexes.push(Packages::parse(&text).map_err(|reason| malformed(&object.path, reason))?);
    }
    Ok(Some(indexes))
}

/// The bytes of an object; none where the inventory does not name it, or it has gone since it was read through.
fn read(vault: &Vault, sha256: &Sha256) -> Result<Vec<u8>> {
    Ok(vault.objects().read(sha256)?.unwrap_or_default())
}

/// The text of an index, however it is packed.
fn unpack(path: &str, bytes: &[u8]) -> std::io::Result<String> {
    let mut text = String::new();
    let reader: Box<dyn std::io::Read + '_> = match path.rsplit_once('.') {
        Some((_, "xz")) => Box::new(xz2::read::XzDecoder::new(bytes)),
        Some((_, "gz")) => Box::new(flate2::read::GzDecoder::new(bytes)),
        _ => Box::new(bytes),
    };
    reader.take(INDEX_LIMIT).read_to_string(&mut text)?;
    Ok(text)
}
