//! Which of the releases in the list is taken: the newest one that is newer than what runs and whose share of the
//! devices this one belongs to.

use tough::schema::Target;
use tough::{IntoVec, Repository, TargetName};

use super::explain::explain;
use super::refusal::{OfferError, OfferRefusal};
use super::rollout::{OURS, Rollout};
use super::source::SourceError;
use super::{Asker, Expiry, Offer, clock};
use crate::error::Refusal;
use crate::manifest::{MANIFEST_LIMIT, Manifest};
use crate::verify::{Expected, check_expected};
use crate::version::Version;

const SUFFIX: &str = ".manifest.json";

/// The name of a version's entry in the list.
pub(crate) fn target_name(version: Version) -> String {
    format!("{version}{SUFFIX}")
}

/// The version of an entry; none for what a later program put there.
pub(crate) fn target_version(name: &str) -> Option<Version> {
    name.strip_suffix(SUFFIX)?.parse().ok()
}

/// The offer to the asker, when there is one.
pub(super) async fn choose(asker: &Asker<'_>, repository: &Repository) -> Result<Option<Offer>, OfferError> {
    let now = asker.now.max(clock::signed_at(repository));
    let targets = &repository.targets().signed.targets;
    let named = targets.iter().filter_map(|(name, target)| Some((target_version(name.raw())?, name, target)));
    let mut newer: Vec<_> = named.filter(|(version, ..)| *version > asker.running).collect();
    newer.sort_by_key(|(version, ..)| std::cmp::Reverse(*version));
    for (version, name, target) in newer {
        // Whoever carries a release by hand has decided. A bundle lists all releases, and has the files of one.
        if asker.expiry == Expiry::Ignored {
            match fetch(asker, repository, version, name, target).await {
                Err(OfferError::Source(SourceError::Absent { .. })) => continue,
                fetched => return fetched.map(Some),
            }
        }
        if rollout(version, target)?.includes(asker.device, version, now) {
            return fetch(asker, repository, version, name, target).await.map(Some);
        }
    }
    Ok(None)
}

fn rollout(version: Version, target: &Target) -> Result<Rollout, OfferRefusal> {
    let malformed = |reason: String| OfferRefusal::Malformed { what: format!("rollout of {version}"), reason };
    let ours = target.custom.get(OURS).ok_or_else(|| malformed("there is none".into()))?;
    serde_json::from_value(ours.clone()).map_err(|error| malformed(error.to_string()))
}

async fn fetch(
    asker: &Asker<'_>,
    repository: &Repository,
    version: Version,
    name: &TargetName,
    target: &Target,
) -> Result<Offer, OfferError> {
    if target.length > MANIFEST_LIMIT {
        return Err(OfferRefusal::Oversized { what: name.raw().into(), limit: MANIFEST_LIMIT }.into());
    }
    let gone = || OfferRefusal::Malformed { what: name.raw().into(), reason: "it is not in the list".into() };
    let stream = repository.read_target(name).await.map_err(explain)?.ok_or_else(gone)?;
    let bytes = stream.into_vec().await.map_err(explain)?;
    Ok(Offer { manifest: fit(asker, version, &bytes)? })
}

/// The manifest, when it is of the version that was named and for this machine.
fn fit(asker: &Asker<'_>, version: Version, bytes: &[u8]) -> Result<Manifest, OfferRefusal> {
    let expected = Expected { architecture: asker.architecture.into(), ..Expected::default() };
    let checked =
        Manifest::from_bytes(bytes).and_then(|manifest| check_expected(&manifest, &expected).map(|()| manifest));
    let manifest = checked.map_err(|refusal| match refusal {
        Refusal::OtherProduct { found, wanted } => OfferRefusal::OtherProduct { found, wanted },
        Refusal::OtherArchitecture { found, wanted } => OfferRefusal::OtherArchitecture { found, wanted },
        reason => OfferRefusal::UnfitManifest { version, reason },
    })?;
    if manifest.version != version {
        return Err(OfferRefusal::OtherVersion { named: version, found: manifest.version });
    }
    Ok(manifest)
}
