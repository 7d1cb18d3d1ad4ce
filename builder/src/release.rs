//! Makes a release of a built disk: what fills a slot, compressed raw image, qcow2, notes, recipe, SBOM, sources,
//! provenance, manifest.
//!
//! In: `build/<name>/disk.raw`, the lock, notes. Out: `releases/<version>/`, whole or not there. The manifest is signed
//! where a key is given; else `sos-sign sign` does it where the key is.

use std::fs;
use std::path::{Path, PathBuf};

use sos_signing::{Artefact, Kind, Manifest, Part, SigningKey};

use crate::build::{Built, Plan};
use crate::cache;
use crate::error::Error;
use crate::lock::Lock;
use crate::origin::Origin;
use crate::progress::Progress;
use crate::provenance::{self, Facts};
use crate::recipe::Recipe;
use crate::sandbox::{self, Sandbox};
use crate::slot::{self, Slot, Source};
use crate::whole_disk;

/// zstd's level for the download.
pub const LEVEL: i32 = 19;

/// What a person decides about a release.
#[derive(Debug)]
pub struct Order<'a> {
    /// The cache; the release goes to `releases/<version>` in it.
    pub cache: &'a Path,
    /// The build's folder below `build/`.
    pub name: &'a str,
    /// zstd's level.
    pub level: i32,
    /// What the release changes, in words for people.
    pub notes: Option<&'a Path>,
    /// Leave out what only people download: whole disks, and what the release says of where it comes from.
    pub only_slot: bool,
    /// Where what the release says of its origin is read.
    pub origin: Origin,
    /// The keys to sign with; none leaves the signing to `sos-sign`.
    pub keys: &'a [SigningKey],
    /// How progress is shown.
    pub progress: Progress,
}

/// An artefact that is there.
type Made = (PathBuf, Kind);

/// Makes the release and returns its directory.
///
/// # Errors
/// A disk that was not built or whose checks found faults, notes that are none, a full disk, or what qemu-img or the
/// signing fails with.
pub fn release(lock: &Lock, built: &Built, order: &Order<'_>) -> Result<PathBuf, Error> {
    let output = crate::build::output_dir(order.cache, order.name);
    if built.release != lock.release {
        let reason = format!("it was built from the lock of «{}», not of «{}»", built.release, lock.release);
        return Err(Error::malformed(output, reason));
    }
    crate::checks::demand(built.checks.as_ref(), &output.join("build.json"))?;
    if !crate::build::is_of(&output, lock) {
        return Err(Error::malformed(output, "it was built from another lock; run `sos-build build` again"));
    }
    let notes = order.notes.map(crate::notes::load).transpose()?;
    let place = order.cache.join("releases").join(&built.version);
    let beside = order.cache.join("releases").join(format!("{}.unfinished", built.version));
    cache::remove(&beside)?;
    fs::create_dir_all(&beside).map_err(|e| Error::io("create", &beside, e))?;
    let stem = beside.join(format!("sos-{}", built.version));
    let disk_stem = with(&stem, &format!("-{}", lock.architecture));
    let slot = slot(&output, &disk_stem, built, order)?;
    let index = write(with(&disk_stem, ".slot.json"), &slot.index.to_bytes(), Kind::slot_index())?;
    let mut files = vec![(slot.payload.clone(), Kind::slot()), index];
    if let Some(notes) = notes {
        files.push(write(with(&stem, ".notes.json"), &notes, Kind::notes())?);
    }
    if !order.only_slot {
        files.extend(disks(&output, &disk_stem, &slot, order)?);
    }
    let recipe = Recipe {
        commit: order.origin.commit.clone(),
        ..Recipe::new(lock, &built.version, &built.inputs, order.level, order.only_slot)
    };
    files.push(write(with(&stem, ".recipe.toml"), recipe.to_text().as_bytes(), Kind::recipe())?);
    let mut artefacts = describe(&files)?;
    if !order.only_slot {
        artefacts.extend(papers(lock, &recipe, &artefacts, &stem, order)?);
    }
    manifest(lock, built, artefacts)?.write(&beside)?;
    if !order.keys.is_empty() {
        sos_signing::sign_manifest(&beside, order.keys)?;
    }
    cache::replace(&beside, &place)?;
    Ok(place)
}

/// What fills a slot.
fn slot(output: &Path, stem: &Path, built: &Built, order: &Order<'_>) -> Result<Slot, Error> {
    let (root, boot) = (built.partition("root-a")?, built.partition("boot-a")?);
    let sources = [
        Source { part: Part::Root, start: root.start, used: built.root.size },
        Source { part: Part::Boot, start: boot.start, used: boot.size },
    ];
    slot::write(&output.join("disk.raw"), &sources, order.level, &with(stem, ".slot"), order.progress)
}

/// Whole disks, as people download them.
fn disks(output: &Path, stem: &Path, slot: &Slot, order: &Order<'_>) -> Result<Vec<Made>, Error> {
    let (raw, qcow2) = (with(stem, ".raw.zst"), with(stem, ".qcow2"));
    whole_disk::write(&output.join("disk.raw"), slot, order.level, &raw, order.progress)?;
    convert(output, &qcow2, order)?;
    Ok(vec![(raw, Kind::disk_raw_zst()), (qcow2, Kind::disk_qcow2())])
}

/// What the release says of where it comes from; the provenance speaks of all other files, `artefacts` among them.
fn papers(
    lock: &Lock,
    recipe: &Recipe,
    artefacts: &[Artefact],
    stem: &Path,
    order: &Order<'_>,
) -> Result<Vec<Artefact>, Error> {
    let documents = order.origin.documents(lock, &recipe.version, order.progress)?;
    let mut papers = describe(&[
        write(with(stem, ".spdx.json"), documents.bill.text.as_bytes(), Kind::sbom_spdx())?,
        write(with(stem, ".sources.json"), documents.sources.to_text().as_bytes(), Kind::sources())?,
    ])?;
    let all = [artefacts, &papers].concat();
    let statement = provenance::statement(&Facts { recipe, lock, cargo_lock: &documents.cargo_lock, artefacts: &all });
    papers.extend(describe(&[write(with(stem, ".provenance.json"), statement.as_bytes(), Kind::provenance())?])?);
    Ok(papers)
}

/// `stem` with more to its name.
fn with(stem: &Path, more: &str) -> PathBuf {
    let mut name = stem.as_os_str().to_owned();
    name.push(more);
    name.into()
}

fn write(path: PathBuf, bytes: &[u8], kind: Kind) -> Result<Made, Error> {
    fs::write(&path, bytes).map_err(|e| Error::io("write", &path, e))?;
    Ok((path, kind))
}

fn describe(files: &[Made]) -> Result<Vec<Artefact>, Error> {
    let one = |(path, kind): &Made| Ok(Artefact::describe(path, kind.clone(), &mut |_| ())?);
    files.iter().map(one).collect()
}

fn manifest(lock: &Lock, built: &Built, artefacts: Vec<Artefact>) -> Result<Manifest, Error> {
    let malformed = |what: &str, e: &dyn std::fmt::Display| Error::malformed(what, e.to_string());
    Ok(Manifest {
        format: Manifest::FORMAT,
        product: Manifest::PRODUCT.to_owned(),
        version: built.version.parse().map_err(|e| malformed("build.json: version", &e))?,
        release: lock.release.clone(),
        architecture: lock.architecture.clone(),
        source_date_epoch: lock.source_date_epoch,
        lock_sha256: sos_signing::Digest::of(lock.to_text().as_bytes()),
        root_hash: built.root.root_hash.parse().map_err(|e| malformed("build.json: root_hash", &e))?,
        artefacts,
    })
}

/// Has the locked qemu-img write the qcow2, in namespaces of its own.
fn convert(output: &Path, qcow2: &Path, order: &Order<'_>) -> Result<(), Error> {
    sandbox::run_inside("inside-convert", vec![output.into(), qcow2.into()], order.progress == Progress::Json)
}

/// The inner half of the conversion.
///
/// # Errors
/// qemu-img's words.
pub fn inside_convert(output: &Path, qcow2: &Path) -> Result<(), Error> {
    let plan = Plan::load(&output.join("plan.json"))?;
    let tools = Sandbox::prepare(&plan.tools_root(), plan.epoch())?;
    let release = qcow2.parent().unwrap_or(Path::new("."));
    tools.bind(output, "/tmp/output")?;
    tools.bind(release, "/tmp/release")?;
    let name = qcow2.file_name().unwrap_or_default().to_string_lossy().into_owned();
    tools
        .program("qemu-img")
        .args(["convert", "-f", "raw", "-O", "qcow2", "-c", "-o", "compression_type=zstd", "/tmp/output/disk.raw"])
        .arg(format!("/tmp/release/{name}"))
        .run()
        .map(drop)
}
