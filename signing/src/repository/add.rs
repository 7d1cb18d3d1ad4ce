//! `sos-sign add`: offers a release, or changes how many devices take one that is offered.

use std::fs::File;
use std::path::Path;

use super::Change;
use super::error::{RepositoryError, RepositoryRefusal};
use super::folder::Folder;
use super::online::{Expiries, Keys, publish_targets};
use super::releases;
use crate::MANIFEST_FILE;
use crate::error::Refusal;
use crate::file::{Small, read_limited};
use crate::keys::{PublicKey, SigningKey};
use crate::manifest::{Artefact, Kind, MANIFEST_LIMIT, Manifest};
use crate::offer::Rollout;
use crate::slot::{INDEX_LIMIT, SlotIndex};
use crate::verify::{Expected, check_expected, check_opened, verify_with};
use crate::version::Version;

/// What is offered, and how.
#[derive(Debug)]
pub struct Add<'a> {
    /// The release's directory.
    pub release: &'a Path,
    /// Keys of which one must have signed the release's manifest; none asks for no signature.
    pub signed_by: Vec<PublicKey>,
    /// What the release has to be for.
    pub expected: Expected,
    /// How many devices take it, and from when on.
    pub rollout: Rollout,
    /// The key of the role targets.
    pub targets_key: SigningKey,
    /// The key of the roles snapshot and timestamp.
    pub online_key: SigningKey,
    /// When things stop to hold.
    pub expiries: Expiries,
}

/// Offers a release. One that is offered already, with the same manifest, gets another share of the devices.
///
/// # Errors
///
/// A [`RepositoryRefusal`] or a [`Refusal`] when devices would not take it, a [`crate::Fault`] when something broke.
pub fn add(path: &Path, add: Add<'_>) -> Result<Change, RepositoryError> {
    let folder = Folder::open(path)?;
    let (manifest, bytes) = checked(&add)?;
    let keys = Keys::known(&folder, add.targets_key, add.online_key)?;
    let version = manifest.version;
    let mut targets = releases::of(&folder);
    let name = releases::name(version)?;
    let entry = releases::entry(&bytes, add.rollout);
    if releases::revoked(&targets).contains(&version) {
        return Err(RepositoryRefusal::RevokedRelease { version }.into());
    }
    match targets.targets.get(&name) {
        Some(there) if there.hashes != entry.hashes => {
            return Err(RepositoryRefusal::ChangedRelease { version }.into());
        }
        Some(_) => {}
        None => newer(version, releases::newest(&targets))?,
    }
    targets.targets.insert(name.clone(), entry);

    let mut change = Change::default();
    change.files.push(folder.write_target(name.raw(), &bytes)?);
    publish_targets(&folder, targets, &keys, &add.expiries, &mut change)?;
    Ok(change)
}

fn newer(version: Version, newest: Option<Version>) -> Result<(), RepositoryRefusal> {
    match newest {
        Some(newest) if newest > version => Err(RepositoryRefusal::OlderRelease { version, newest }),
        _ => Ok(()),
    }
}

/// The release's manifest and its bytes, when every file that it lists is there and a device could stage it.
fn checked(add: &Add<'_>) -> Result<(Manifest, Vec<u8>), RepositoryError> {
    let bytes = match read_limited(&add.release.join(MANIFEST_FILE), MANIFEST_LIMIT)? {
        Small::Bytes(bytes) => bytes,
        Small::Absent => return Err(Refusal::MissingManifest.into()),
        Small::TooLarge => return Err(Refusal::Oversized { file: MANIFEST_FILE, limit: MANIFEST_LIMIT }.into()),
    };
    let manifest = Manifest::from_bytes(&bytes)?;
    check_expected(&manifest, &add.expected)?;
    if add.signed_by.is_empty() {
        // Links are followed: whoever signs knows what is behind them.
        let check = |artefact: &Artefact| {
            check_opened(&add.release.join(&artefact.name), |path| File::open(path), artefact, &mut |_| {})
        };
        manifest.artefacts.iter().try_for_each(check)?;
    } else {
        let verified = verify_with(add.release, &add.signed_by, &add.expected, &mut |_| {})?;
        if *verified.manifest() != manifest {
            return Err(Refusal::MalformedManifest { reason: "it changed while it was read".into() }.into());
        }
    }
    check_payload(add.release, &manifest)?;
    Ok((manifest, bytes))
}

/// A release must have what a slot is filled with, and an index that fits it.
fn check_payload(release: &Path, manifest: &Manifest) -> Result<(), RepositoryError> {
    let needed = |kind: Kind| {
        manifest.artefact(&kind).ok_or_else(|| RepositoryRefusal::NoPayload { kind: kind.as_str().to_owned() })
    };
    let slot = needed(Kind::slot())?;
    let index = needed(Kind::slot_index())?;
    let bytes = match read_limited(&release.join(&index.name), INDEX_LIMIT)? {
        Small::Bytes(bytes) => bytes,
        Small::Absent => return Err(Refusal::MissingArtefact { name: index.name.clone() }.into()),
        Small::TooLarge => return Err(Refusal::MalformedSlotIndex { reason: "it is too large".into() }.into()),
    };
    let index = SlotIndex::from_bytes(&bytes)?.payload_size();
    if index != slot.size {
        return Err(RepositoryRefusal::OtherPayload { index, slot: slot.size }.into());
    }
    Ok(())
}
