//! Publishes a channel: static files that any web server, object store or delivery network hands out.
//!
//! In: a repository of `sos-sign`, folders of releases, a [`Destination`]. Out: the same channel there. Releases' files
//! go first, then their manifests, then the metadata, and the pointer `timestamp.json` last: whoever looks at any moment
//! sees the old channel or the new one. Only what changed is sent, so a run that broke off is taken up again.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use sos_signing::{MANIFEST_FILE, SIGNATURE_FILE, Version};

use crate::destination::{Destination, Wanted};
use crate::error::{Refusal, Result};
use crate::offered::{Listed, Offered, TIMESTAMP, timestamp_version};
use crate::progress::{Progress, Unit};

/// What was done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Published {
    /// Files that were sent.
    pub files: usize,
    /// Bytes that were sent.
    pub bytes: u64,
    /// Files that were there already.
    pub there: usize,
}

/// Publishes `offered` to `place`, with the releases in the folders `dirs`.
///
/// # Errors
/// [`Refusal::PlaceIsNewer`], what is wrong with one of `dirs` ([`Offered::release`]), [`Refusal::ReleaseIncomplete`]
/// for a listed release whose files are neither there nor in `dirs`, or what reading and sending fails with.
pub fn publish(offered: &Offered, dirs: &[PathBuf], place: &Destination, progress: Progress) -> Result<Published> {
    check_newest(offered, place)?;
    let mut releases = Vec::new();
    for dir in dirs {
        let (version, listed) = offered.release(dir)?;
        releases.push((version, listed, dir));
    }
    let given = |version: &Version| releases.iter().any(|(other, ..)| other == version);
    for (version, listed) in offered.releases().filter(|(version, _)| !given(version)) {
        check_complete(*version, listed, place)?;
    }
    let mut published = Published::default();
    for (version, listed, dir) in releases {
        send(&format!("release {version}"), release_files(version, listed, dir)?, place, progress, &mut published)?;
        check_complete(version, listed, place)?;
    }
    let manifests = offered.releases().map(|(_, listed)| listed.target.clone()).collect();
    for (name, paths) in
        [("manifests", manifests), ("metadata", offered.metadata()), ("pointer", vec![TIMESTAMP.into()])]
    {
        send(name, repository_files(offered, paths)?, place, progress, &mut published)?;
    }
    Ok(published)
}

/// A channel that goes back is refused by every device that saw it, so it does not.
fn check_newest(offered: &Offered, place: &Destination) -> Result<()> {
    let theirs = place.read(TIMESTAMP)?.and_then(|bytes| timestamp_version(&bytes));
    match theirs {
        Some(theirs) if theirs > offered.timestamp() => Err(Refusal::PlaceIsNewer {
            place: place.to_string(),
            theirs,
            repository: offered.repository().to_owned(),
            ours: offered.timestamp(),
        }
        .into()),
        _ => Ok(()),
    }
}

/// A release is offered only where all of its files are.
fn check_complete(version: Version, listed: &Listed, place: &Destination) -> Result<()> {
    let mut lacking = Vec::new();
    for artefact in &listed.manifest.artefacts {
        let path = path(version, &artefact.name);
        match place.size(&path)? {
            Some(size) if size == artefact.size => {}
            Some(size) => lacking.push(format!("  {path} ({size} bytes instead of {})", artefact.size)),
            None => lacking.push(format!("  {path}")),
        }
    }
    if lacking.is_empty() {
        return Ok(());
    }
    let (version, place) = (version.to_string(), place.to_string());
    Err(Refusal::ReleaseIncomplete { version, place, files: lacking.join("\n") }.into())
}

/// A release's file in the channel.
pub(crate) fn path(version: Version, name: &str) -> String {
    format!("releases/{version}/{name}")
}

/// What the manifest lists, and the manifest with its signatures, for people who take a release by hand.
fn release_files(version: Version, listed: &Listed, dir: &Path) -> Result<Vec<Wanted>> {
    let mut files: Vec<Wanted> = listed
        .manifest
        .artefacts
        .iter()
        .map(|artefact| Wanted {
            path: path(version, &artefact.name),
            file: dir.join(&artefact.name),
            size: artefact.size,
            sha256: artefact.sha256,
        })
        .collect();
    for name in [MANIFEST_FILE, SIGNATURE_FILE] {
        if dir.join(name).is_file() {
            files.push(Wanted::describe(path(version, name), dir.join(name))?);
        }
    }
    Ok(files)
}

fn repository_files(offered: &Offered, paths: Vec<String>) -> Result<Vec<Wanted>> {
    paths.into_iter().map(|path| Wanted::describe(path.clone(), offered.repository().join(path))).collect()
}

/// Sends those of `files` that are not there yet, in their order.
fn send(
    name: &str,
    files: Vec<Wanted>,
    place: &Destination,
    progress: Progress,
    published: &mut Published,
) -> Result<()> {
    let mut changed = Vec::new();
    for file in files {
        if place.has(&file)? {
            published.there += 1;
        } else {
            changed.push(file);
        }
    }
    if changed.is_empty() {
        return Ok(());
    }
    let task = Arc::new(progress.task(name, Unit::Bytes, changed.iter().map(|file| file.size).sum()));
    for file in changed {
        place.put(&file, &task)?;
        published.files += 1;
        published.bytes += file.size;
    }
    task.finish();
    Ok(())
}
