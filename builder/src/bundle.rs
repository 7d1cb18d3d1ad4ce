//! Packs a release for carrying by hand: one tar with what a device needs of the channel, the payload last.
//!
//! In: a repository of `sos-sign`, a release's folder. Out: a tar in the ustar format, its names those of the channel,
//! read from front to back without looking twice. The same release of the same repository gives the same bytes.

use std::fs::{self, File};
use std::io::{BufWriter, Read, Write as _};
use std::path::{Path, PathBuf};

use sos_signing::{Kind, Manifest};

use crate::error::{Error, Result};
use crate::offered::{Offered, TIMESTAMP};
use crate::progress::{Progress, Task, Unit};

/// Bytes written at a time.
const BUFFER: usize = 1 << 20;

/// Packs the release in `dir`, as `offered` offers it, into `out`, and returns how many bytes that has.
///
/// # Errors
/// What is wrong with the release ([`Offered::release`]), [`Error::Malformed`] for a release without a slot, or what
/// reading and writing fails with.
pub fn bundle(offered: &Offered, dir: &Path, out: &Path, progress: Progress) -> Result<u64> {
    let (version, listed) = offered.release(dir)?;
    let in_repository = |path: &str| (path.to_owned(), offered.repository().join(path));
    let mut files: Vec<(String, PathBuf)> = offered.metadata().iter().map(|path| in_repository(path)).collect();
    files.extend([in_repository(TIMESTAMP), in_repository(&listed.target)]);
    for (kind, needed) in [(Kind::slot_index(), true), (Kind::notes(), false), (Kind::slot(), true)] {
        match listed.manifest.artefact(&kind) {
            Some(artefact) => files.push((crate::publish::path(version, &artefact.name), dir.join(&artefact.name))),
            None if needed => {
                let reason = format!("the release has no «{}», so no device can be filled from it", kind.as_str());
                return Err(Error::malformed(dir, reason));
            }
            None => {}
        }
    }
    let beside = out.with_added_extension("unfinished");
    let size = pack(&files, &listed.manifest, &beside, progress)?;
    fs::rename(&beside, out).map_err(|e| Error::io("rename", out, e))?;
    Ok(size)
}

fn pack(files: &[(String, PathBuf)], manifest: &Manifest, out: &Path, progress: Progress) -> Result<u64> {
    let failed = |e| Error::io("write", out, e);
    let total: u64 = files.iter().filter_map(|(_, file)| fs::metadata(file).ok()).map(|m| m.len()).sum();
    let task = progress.task("bundle", Unit::Bytes, total);
    let file = File::create(out).map_err(|e| Error::io("create", out, e))?;
    let mut tar = tar::Builder::new(BufWriter::with_capacity(BUFFER, file));
    for (path, file) in files {
        let source = File::open(file).map_err(|e| Error::io("read", file, e))?;
        let size = source.metadata().map_err(|e| Error::io("read", file, e))?.len();
        let mut header = tar::Header::new_ustar();
        header.set_size(size);
        header.set_mode(0o644);
        header.set_uid(0);
        header.set_gid(0);
        header.set_mtime(manifest.source_date_epoch);
        header.set_entry_type(tar::EntryType::Regular);
        tar.append_data(&mut header, path, Counted { source, task: &task }).map_err(failed)?;
    }
    let mut file = tar.into_inner().map_err(failed)?;
    file.flush().map_err(failed)?;
    let file = file.into_inner().map_err(|e| failed(e.into_error()))?;
    file.sync_all().map_err(failed)?;
    task.finish();
    Ok(file.metadata().map_err(failed)?.len())
}

/// A file on its way into the bundle.
struct Counted<'a> {
    source: File,
    task: &'a Task,
}

impl Read for Counted<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let count = self.source.read(buffer)?;
        self.task.advance(count as u64);
        Ok(count)
    }
}
