//! Definition → lock: asks apt what the packages wanted need, and writes down where each comes from.
//!
//! In: a [`Definition`], a mirror, a keyring, perhaps the lock that was. Out: a [`Lock`], the same for the same archives;
//! and the signed indexes that it was resolved from, kept for a vault.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use crate::apt::{Apt, Chosen, Index};
use crate::definition::Definition;
use crate::error::{Error, Refusal, Result};
use crate::former::Former;
use crate::index::{Packages, Release};
use crate::indexes::keep;
use crate::lock::{self, Archive, Lock, Package, Set, Sha256};
use crate::mirror::Mirror;
use crate::objects::Objects;
use crate::progress::Progress;

/// Resolves `definition` with apt in a private root below `work`, and keeps the indexes that it was resolved from; where
/// there is a `former` lock, its packages stay as they are.
///
/// # Errors
/// [`Error::UnknownPackage`], [`Error::Unsatisfiable`], [`Error::NoKeyring`], [`Error::Network`], or a [`Refusal`]
/// of the archive.
pub fn resolve(
    definition: &Definition,
    mirror: &Mirror,
    keyring: &Path,
    work: &Path,
    kept: &Objects,
    former: Option<Former<'_>>,
    progress: Progress,
) -> Result<Lock> {
    let apt = Apt::prepare(work, &definition.architecture, &definition.archives, mirror, keyring)?;
    apt.update(progress)?;
    let mut archives = Vec::new();
    let mut indexes = Vec::new();
    let listed = apt.indexes()?;
    for index in &listed {
        let (archive, packages) = verified(definition, index)?;
        indexes.push((archive.name.clone(), packages));
        if archives.last() != Some(&archive) {
            archives.push(archive);
        }
    }
    apt.prefer(&former.map_or_else(String::new, |former| former.preferences(&archives)))?;
    let mut chosen: BTreeMap<Chosen, BTreeSet<Set>> = BTreeMap::new();
    for set in [Set::Device, Set::Tools] {
        for package in solve(&apt, definition, set, &indexes)? {
            chosen.entry(package).or_default().insert(set);
        }
    }
    keep(definition, &listed, mirror, kept)?;
    let locked = |(chosen, sets): (Chosen, BTreeSet<Set>)| match former.and_then(|f| f.package(&chosen, &indexes)) {
        Some(kept) => Ok(Package { sets: sets.into_iter().collect(), ..kept.clone() }),
        None => package(chosen, sets, &indexes),
    };
    let packages = chosen.into_iter().map(locked).collect::<Result<Vec<_>>>()?;
    if let Some(former) = former {
        archives = former.archives(archives, &packages);
    }
    Ok(Lock {
        format: lock::FORMAT,
        release: definition.release.clone(),
        architecture: definition.architecture.clone(),
        source_date_epoch: archives.iter().map(|archive| archive.date).max().unwrap_or_default(),
        definition_sha256: definition.digest(),
        archives,
        packages,
    })
}

/// An index that apt has verified, with its archive; refused where that is another than the one asked for.
///
/// # Errors
/// [`Refusal::AnotherArchive`], or [`Error::Malformed`] where the index cannot be read.
pub fn verified(definition: &Definition, index: &Index) -> Result<(Archive, Packages)> {
    let archive = archive(definition, index)?;
    let text = read(&index.packages)?;
    let packages = Packages::parse(&text).map_err(|reason| Error::malformed(&index.packages, reason))?;
    Ok((archive, packages))
}

fn read(path: &Path) -> Result<String> {
    fs::read_to_string(path).map_err(|e| Error::io("read", path, e))
}

/// The archive that an index belongs to, as it is now; refused where it is another than the one asked for.
fn archive(definition: &Definition, index: &Index) -> Result<Archive> {
    let text = read(&index.inrelease)?;
    let release = Release::parse(&text).map_err(|reason| Error::malformed(&index.inrelease, reason))?;
    let asked = definition.archives.iter().find(|archive| archive.suite == index.suite);
    match asked.filter(|archive| release.is(&archive.suite)) {
        Some(asked) => Ok(Archive {
            name: asked.name.clone(),
            suite: asked.suite.clone(),
            kind: asked.kind,
            date: release.date,
            inrelease_sha256: Sha256::of(text.as_bytes()),
        }),
        None => {
            let found = format!("{} ({})", release.codename, release.suite);
            Err(Refusal::AnotherArchive { archive: index.suite.clone(), found }.into())
        }
    }
}

/// apt's answer for one set; a package that no archive has is named with the file that asks for it.
fn solve(apt: &Apt, definition: &Definition, set: Set, indexes: &[(String, Packages)]) -> Result<Vec<Chosen>> {
    let wanted = definition.wanted(set);
    for (package, by) in wanted {
        if !indexes.iter().any(|(_, packages)| packages.has(package)) {
            return Err(Error::UnknownPackage { package: package.clone(), wanted_by: by.clone() });
        }
    }
    apt.solve(set.name(), &wanted.keys().map(String::as_str).collect::<Vec<_>>())
}

/// A chosen package with what the first archive that has it says of it.
fn package(chosen: Chosen, sets: BTreeSet<Set>, indexes: &[(String, Packages)]) -> Result<Package> {
    let found = indexes.iter().find_map(|(archive, packages)| Some((archive, packages.get(&chosen)?)));
    let Some((archive, entry)) = found else {
        let reason = format!("apt chose {} {}, which no index has", chosen.name, chosen.version);
        return Err(Error::malformed("Packages", reason));
    };
    let (source, source_version) = entry.source.clone();
    Ok(Package {
        name: chosen.name,
        version: chosen.version,
        architecture: chosen.architecture,
        archive: archive.clone(),
        path: entry.path.clone(),
        size: entry.size,
        sha256: entry.sha256.clone(),
        sets: sets.into_iter().collect(),
        source,
        source_version,
        essential: entry.essential,
    })
}
