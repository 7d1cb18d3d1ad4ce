//! What a channel offers: the TUF repository that `sos-sign` keeps (`metadata/`, `targets/`), as it is to be published.
//!
//! In: the repository's folder. Out: [`Offered`]: its newest metadata, and the releases that its targets list, each by
//! its manifest. Signatures are for devices to check; here it only has to hold together.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde::de::DeserializeOwned;
use sos_signing::{Artefact, Digest, MANIFEST_FILE, Manifest, Version, hash_file};

use crate::error::{Error, Refusal, Result};

/// What follows the version in the name of a release's target.
const MANIFEST_SUFFIX: &str = ".manifest.json";
/// The pointer to everything else (TUF 1.0.34, 4.6).
pub const TIMESTAMP: &str = "metadata/timestamp.json";

/// The newest state of a repository.
#[derive(Debug)]
pub struct Offered {
    repository: PathBuf,
    roots: u64,
    timestamp: u64,
    snapshot: u64,
    targets: u64,
    releases: BTreeMap<Version, Listed>,
}

/// A release that the targets list.
#[derive(Debug)]
pub struct Listed {
    /// Its manifest.
    pub manifest: Manifest,
    /// Where the manifest is in the channel: `targets/SHA256.VERSION.manifest.json`.
    pub target: String,
    sha256: Digest,
}

/// TUF's envelope; the signatures are not looked at.
#[derive(Debug, Deserialize)]
struct Signed<T> {
    signed: T,
}

/// A role that names the versions of others: timestamp, snapshot.
#[derive(Debug, Deserialize)]
struct Meta {
    version: u64,
    meta: BTreeMap<String, VersionOf>,
}

#[derive(Debug, Deserialize)]
struct VersionOf {
    version: u64,
}

#[derive(Debug, Deserialize)]
struct Targets {
    targets: BTreeMap<String, Target>,
}

#[derive(Debug, Deserialize)]
struct Target {
    hashes: Hashes,
}

#[derive(Debug, Deserialize)]
struct Hashes {
    sha256: Digest,
}

/// The version of some bytes of a `timestamp.json`; nothing where they are none.
#[must_use]
pub fn timestamp_version(bytes: &[u8]) -> Option<u64> {
    serde_json::from_slice(bytes).ok().map(|timestamp: Signed<Meta>| timestamp.signed.version)
}

impl Offered {
    /// Reads the repository.
    ///
    /// # Errors
    /// [`Error::Io`], [`Error::Malformed`] naming the file that is missing or does not fit the others.
    pub fn load(repository: &Path) -> Result<Self> {
        let timestamp: Meta = read(&repository.join(TIMESTAMP))?;
        let snapshot = version_of(&repository.join(TIMESTAMP), &timestamp, "snapshot.json")?;
        let path = repository.join(format!("metadata/{snapshot}.snapshot.json"));
        let targets = version_of(&path, &read(&path)?, "targets.json")?;
        let roots = roots(&repository.join("metadata"))?;
        let mut offered = Self {
            repository: repository.to_owned(),
            roots,
            timestamp: timestamp.version,
            snapshot,
            targets,
            releases: BTreeMap::new(),
        };
        let path = repository.join(format!("metadata/{targets}.targets.json"));
        for (name, target) in read::<Targets>(&path)?.targets {
            offered.list(&path, &name, target.hashes.sha256)?;
        }
        Ok(offered)
    }

    /// Adds the release whose manifest is the target `name`.
    fn list(&mut self, path: &Path, name: &str, sha256: Digest) -> Result<()> {
        let version: Option<Version> = name.strip_suffix(MANIFEST_SUFFIX).and_then(|version| version.parse().ok());
        let version = version.ok_or_else(|| {
            Error::malformed(path, format!("its target «{name}» is no release's manifest, VERSION{MANIFEST_SUFFIX}"))
        })?;
        let target = format!("targets/{sha256}.{name}");
        let file = self.repository.join(&target);
        let bytes = fs::read(&file).map_err(|e| Error::io("read", &file, e))?;
        if Digest::of(&bytes) != sha256 {
            return Err(Error::malformed(file, "it is not what the repository's targets list; add the release again"));
        }
        let manifest = Manifest::from_bytes(&bytes).map_err(|e| Error::malformed(&file, e.to_string()))?;
        self.releases.insert(version, Listed { manifest, target, sha256 });
        Ok(())
    }

    /// The repository's folder.
    #[must_use]
    pub fn repository(&self) -> &Path {
        &self.repository
    }

    /// The version of the pointer.
    #[must_use]
    pub fn timestamp(&self) -> u64 {
        self.timestamp
    }

    /// The releases, oldest first.
    pub fn releases(&self) -> impl Iterator<Item = (&Version, &Listed)> {
        self.releases.iter()
    }

    /// The metadata that the pointer leads to, without the pointer: every root from the first one on, by which devices
    /// that were away for years find the newest; targets; snapshot.
    #[must_use]
    pub fn metadata(&self) -> Vec<String> {
        let roots = (1..=self.roots).map(|version| format!("metadata/{version}.root.json"));
        let others = [format!("{}.targets.json", self.targets), format!("{}.snapshot.json", self.snapshot)];
        roots.chain(others.into_iter().map(|name| format!("metadata/{name}"))).collect()
    }

    /// The listed release that is made in `dir`.
    ///
    /// # Errors
    /// [`Refusal::NotListed`], [`Refusal::OtherManifest`], [`Refusal::ArtefactDiffers`] naming a file that is not the
    /// one that the manifest lists.
    pub fn release(&self, dir: &Path) -> Result<(Version, &Listed)> {
        let path = dir.join(MANIFEST_FILE);
        let bytes = fs::read(&path).map_err(|e| Error::io("read", &path, e))?;
        let version = Manifest::from_bytes(&bytes).map_err(|e| Error::malformed(&path, e.to_string()))?.version;
        let repository = self.repository.clone();
        let Some(listed) = self.releases.get(&version) else {
            return Err(Refusal::NotListed { version: version.to_string(), repository }.into());
        };
        if Digest::of(&bytes) != listed.sha256 {
            return Err(Refusal::OtherManifest { manifest: path, repository }.into());
        }
        listed.manifest.artefacts.iter().try_for_each(|artefact| check_file(dir, artefact))?;
        Ok((version, listed))
    }
}

/// Whether the file of `artefact` in `dir` is the one that its manifest lists.
fn check_file(dir: &Path, artefact: &Artefact) -> Result<()> {
    let path = dir.join(&artefact.name);
    let (sha256, size) = hash_file(&path, &mut |_| ())?;
    if (sha256, size) == (artefact.sha256, artefact.size) {
        Ok(())
    } else {
        Err(Refusal::ArtefactDiffers { path }.into())
    }
}

/// How many roots there are; one that is missing would strand every device that knows an older one only.
fn roots(metadata: &Path) -> Result<u64> {
    let listing = fs::read_dir(metadata).map_err(|e| Error::io("list", metadata, e))?;
    let mut versions: Vec<u64> = listing
        .filter_map(Result::ok)
        .filter_map(|entry| entry.file_name().to_str()?.strip_suffix(".root.json")?.parse().ok())
        .collect();
    versions.sort_unstable();
    match (1..).zip(&versions).find(|(wanted, found)| wanted != *found) {
        None if !versions.is_empty() => Ok(versions.len() as u64),
        missing => {
            let version = missing.map_or(1, |(wanted, _)| wanted);
            let reason = "it is missing, and devices follow the chain of roots from the first one on; bring it back";
            Err(Error::malformed(metadata.join(format!("{version}.root.json")), reason))
        }
    }
}

fn version_of(path: &Path, role: &Meta, name: &str) -> Result<u64> {
    let found = role.meta.get(name).map(|meta| meta.version);
    found.ok_or_else(|| Error::malformed(path, format!("it says nothing about {name}")))
}

fn read<T: DeserializeOwned>(path: &Path) -> Result<T> {
    let bytes = fs::read(path).map_err(|e| match e.kind() {
        std::io::ErrorKind::NotFound => Error::malformed(
            path,
            "it is missing: this is no repository that `sos-sign init` made and `sos-sign add` has a release in",
        ),
        _ => Error::io("read", path, e),
    })?;
    let signed: Signed<T> = serde_json::from_slice(&bytes).map_err(|e| Error::malformed(path, e.to_string()))?;
    Ok(signed.signed)
}
