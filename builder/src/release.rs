//! Makes a release of a built disk: compressed raw image, qcow2, SBOM, manifest.
//!
//! In: `build/<release>/disk.raw`, the lock. Out: `releases/<version>/`, whole or not there. The manifest is signed
//! where a key is given; else `sos-sign sign` does it where the key is.

use std::fs::{self, File};
use std::io::{Read, Write};
use std::path::{Path, PathBuf};

use sos_signing::{Artefact, Kind, Manifest, SigningKey};

use crate::build::{Built, Plan};
use crate::cache;
use crate::error::Error;
use crate::lock::Lock;
use crate::progress::{Progress, Unit};
use crate::sandbox::{self, Sandbox};

/// zstd's level for the download.
pub const LEVEL: i32 = 19;
/// zstd's window: 2^27 bytes, the most that `zstd -d` takes without being told.
const WINDOW_LOG: u32 = 27;
/// Bytes read at a time.
const CHUNK: usize = 4 << 20;

/// What a person decides about a release.
#[derive(Debug)]
pub struct Order<'a> {
    /// The cache; the release goes to `releases/<version>` in it.
    pub cache: &'a Path,
    /// zstd's level.
    pub level: i32,
    /// The keys to sign with; none leaves the signing to `sos-sign`.
    pub keys: &'a [SigningKey],
    /// How progress is shown.
    pub progress: Progress,
}

/// Makes the release and returns its directory.
///
/// # Errors
/// A disk that was not built, a full disk, or what qemu-img or the signing fails with.
pub fn release(lock: &Lock, built: &Built, order: &Order<'_>) -> Result<PathBuf, Error> {
    let output = crate::build::output_dir(order.cache, &lock.release);
    let place = order.cache.join("releases").join(&built.version);
    let beside = place.with_extension("unfinished");
    cache::remove(&beside)?;
    fs::create_dir_all(&beside).map_err(|e| Error::io("create", &beside, e))?;
    let stem = format!("sos-{}", built.version);
    let raw = beside.join(format!("{stem}-{}.raw.zst", lock.architecture));
    compress(&output.join("disk.raw"), &raw, order)?;
    let qcow2 = beside.join(format!("{stem}-{}.qcow2", lock.architecture));
    convert(&output, &qcow2, order)?;
    let sbom = beside.join(format!("{stem}.spdx.json"));
    fs::write(&sbom, crate::sbom::spdx(lock, &built.version)).map_err(|e| Error::io("write", &sbom, e))?;
    let files = [(raw, Kind::disk_raw_zst()), (qcow2, Kind::disk_qcow2()), (sbom, Kind::sbom_spdx())];
    manifest(lock, built, &files)?.write(&beside)?;
    if !order.keys.is_empty() {
        sos_signing::sign_manifest(&beside, order.keys)?;
    }
    cache::remove(&place)?;
    fs::rename(&beside, &place).map_err(|e| Error::io("rename", &place, e))?;
    Ok(place)
}

fn manifest(lock: &Lock, built: &Built, files: &[(PathBuf, Kind)]) -> Result<Manifest, Error> {
    let malformed = |what: &str, e: &dyn std::fmt::Display| Error::malformed(what, e.to_string());
    let artefacts = files
        .iter()
        .map(|(path, kind)| Artefact::describe(path, kind.clone(), &mut |_| ()))
        .collect::<Result<Vec<_>, _>>()?;
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

/// Compresses `from` with all cores; blocks are cut by size, so their number does not change the bytes.
fn compress(from: &Path, to: &Path, order: &Order<'_>) -> Result<(), Error> {
    let mut source = File::open(from).map_err(|e| Error::io("read", from, e))?;
    let total = source.metadata().map_err(|e| Error::io("read", from, e))?.len();
    let target = File::create(to).map_err(|e| Error::io("create", to, e))?;
    let task = order.progress.task("compress", Unit::Bytes, total);
    let write = |e| Error::io("write", to, e);
    let mut encoder = zstd::Encoder::new(target, order.level).map_err(write)?;
    let workers = std::thread::available_parallelism().map_or(1, |n| u32::try_from(n.get()).unwrap_or(1));
    encoder.multithread(workers).map_err(write)?;
    encoder.long_distance_matching(true).map_err(write)?;
    encoder.window_log(WINDOW_LOG).map_err(write)?;
    encoder.include_checksum(true).map_err(write)?;
    let mut chunk = vec![0; CHUNK];
    loop {
        let read = source.read(&mut chunk).map_err(|e| Error::io("read", from, e))?;
        if read == 0 {
            break;
        }
        encoder.write_all(&chunk[..read]).map_err(write)?;
        task.advance(read as u64);
    }
    encoder.finish().map_err(write)?;
    task.finish();
    Ok(())
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
