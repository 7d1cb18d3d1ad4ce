//! One side of a comparison: what a lock, a release or a build is made of.
//!
//! In: what a person names: a lock's file, a release's folder, a build's name. Out: [`Side`], its packages, and what is
//! known of our own parts. A release's files count only with the SHA-256 that its manifest has; who signed that,
//! `sos-sign verify` says.

use std::fs;
use std::path::Path;

use sos_signing::{Artefact, Kind, MANIFEST_FILE, Manifest};
use time::OffsetDateTime;

use crate::build::{Built, LOCK_FILE, output_dir};
use crate::error::{Error, Refusal, Result};
use crate::lock::{Lock, Package, Sha256};
use crate::recipe::{Inputs, Recipe};
use crate::repository::Repository;
use crate::source_list::SourceList;

/// One side.
#[derive(Debug)]
pub struct Side {
    /// What a person calls it: «13.20261123.1», «trixie of 2026-11-21 (6eedc81e)».
    pub title: String,
    /// Its packages, sorted by name.
    pub packages: Vec<Package>,
    /// Bytes that a device fetches for the whole of it; known of a release only.
    pub download: Option<u64>,
    /// What it was made from beside packages; not known of a lock.
    pub inputs: Option<Inputs>,
    /// The list of its sources; known of a release that is not of the slot alone.
    pub sources: Option<SourceList>,
}

impl Side {
    /// Finds what a person named.
    ///
    /// # Errors
    /// [`Error::NotComparable`], or a lock or a release that does not read.
    pub fn open(name: &str, repository: &Repository, cache: &Path) -> Result<Self> {
        let path = Path::new(name);
        if path.is_file() {
            return Lock::load(path).map(Self::of_lock);
        }
        if path.join(MANIFEST_FILE).is_file() {
            return Self::of_release(path, repository);
        }
        let plain = !name.is_empty() && !name.contains('/') && !name.starts_with('.');
        let output = output_dir(cache, name);
        if plain && output.join(LOCK_FILE).is_file() {
            let inputs = Some(Built::load(&output)?.inputs);
            return Ok(Self { inputs, ..Self::of_lock(Lock::load(&output.join(LOCK_FILE))?) });
        }
        let reason = if path.is_dir() { "the folder has no manifest.json" } else { "there is none of that name" };
        Err(Error::NotComparable { name: name.to_owned(), reason: reason.to_owned() })
    }

    fn of_lock(lock: Lock) -> Self {
        // Two locks of one day are told apart.
        let digest = Sha256::of(lock.to_text().as_bytes());
        let title = format!("{} of {} ({})", lock.release, day(lock.source_date_epoch), &digest.as_str()[..8]);
        Self { title, packages: lock.packages, download: None, inputs: None, sources: None }
    }

    fn of_release(dir: &Path, repository: &Repository) -> Result<Self> {
        let path = dir.join(MANIFEST_FILE);
        let bytes = fs::read(&path).map_err(|e| Error::io("read", &path, e))?;
        let manifest = Manifest::from_bytes(&bytes).map_err(|e| Error::malformed(&path, e.to_string()))?;
        let title = manifest.version.to_string();
        let download = manifest.artefact(&Kind::slot()).map(|artefact| artefact.size);
        let inputs = match manifest.artefact(&Kind::recipe()) {
            Some(artefact) => Some(recipe(&dir.join(&artefact.name), artefact)?.inputs),
            None => None,
        };
        let sources = match manifest.artefact(&Kind::sources()) {
            Some(artefact) => Some(sources(&dir.join(&artefact.name), artefact)?),
            None => None,
        };
        let packages = match &sources {
            Some(list) => packages(list),
            None => Self::packages_of_lock(&manifest, repository)?,
        };
        Ok(Self { title, packages, download, inputs, sources })
    }

    /// The packages of a release of the slot alone, where the checkout still has its lock.
    fn packages_of_lock(manifest: &Manifest, repository: &Repository) -> Result<Vec<Package>> {
        let path = repository.lock_file(&manifest.release);
        let lock = Lock::load(&path)?;
        if Sha256::of(lock.to_text().as_bytes()).as_str() == manifest.lock_sha256.to_string() {
            return Ok(lock.packages);
        }
        let reason = format!("the release has no list of sources, and {} is not its lock", path.display());
        Err(Error::NotComparable { name: manifest.version.to_string(), reason })
    }
}

/// A release's file at `path`, which is the one that its manifest lists.
fn listed(path: &Path, artefact: &Artefact) -> Result<Vec<u8>> {
    let bytes = fs::read(path).map_err(|e| Error::io("read", path, e))?;
    if Sha256::of(&bytes).as_str() == artefact.sha256.to_string() {
        return Ok(bytes);
    }
    Err(Refusal::ArtefactDiffers { path: path.to_owned() }.into())
}

fn recipe(path: &Path, artefact: &Artefact) -> Result<Recipe> {
    let bytes = listed(path, artefact)?;
    Recipe::parse(path, &String::from_utf8(bytes).map_err(|e| Error::malformed(path, e.to_string()))?)
}

fn sources(path: &Path, artefact: &Artefact) -> Result<SourceList> {
    SourceList::parse(&listed(path, artefact)?).map_err(|reason| Error::malformed(path, reason))
}

/// The packages in a release's list of sources.
fn packages(list: &SourceList) -> Vec<Package> {
    let mut packages = Vec::new();
    for source in &list.sources {
        packages.extend(source.packages.iter().map(|built| Package {
            name: built.name.clone(),
            version: built.version.clone(),
            architecture: list.architecture.clone(),
            archive: source.archive.clone(),
            path: source.dsc.clone(),
            size: built.size,
            sha256: built.sha256.clone(),
            sets: built.sets.clone(),
            source: source.name.clone(),
            source_version: Some(source.version.clone()).filter(|version| *version != built.version),
            essential: false,
        }));
    }
    packages.sort_by(|one, other| one.name.cmp(&other.name));
    packages
}

/// The day of a lock, as people and programs read it.
fn day(epoch: u64) -> String {
    let time = i64::try_from(epoch).ok().and_then(|epoch| OffsetDateTime::from_unix_timestamp(epoch).ok());
    time.map_or_else(|| "an unknown day".into(), |time| time.date().to_string())
}
