//! Where two releases differ: the first byte of the first partition.
//!
//! In: a release's folder, and the disk that was built again. Out: sentences for people. All of it is for whoever looks
//! for a cause; that the releases differ, their manifests have said already.

use std::fs::{self, File};
use std::io::{Read, Seek as _, SeekFrom, Write};
use std::os::unix::fs::FileExt as _;
use std::path::Path;

use sos_signing::{CHUNK, Kind, Manifest, Part, SlotIndex};

use crate::build::{Built, Extent};
use crate::error::{Error, Result};

/// How much is compared at a time, in bytes.
const PIECE: usize = 1 << 20;

/// A disk that was built again.
#[derive(Debug, Clone, Copy)]
pub struct Again<'a> {
    /// The disk.
    pub disk: &'a Path,
    /// Where its partitions are.
    pub built: &'a Built,
}

impl Again<'_> {
    /// The first place where the slot in `dir` differs from the disk. The release's root is written to `root`.
    ///
    /// # Errors
    /// A slot that is missing or not as its index says; [`Error::Io`].
    pub fn slot(&self, dir: &Path, manifest: &Manifest, root: &Path) -> Result<Option<String>> {
        let artefact = |kind: Kind| {
            let found = manifest.artefact(&kind).map(|artefact| dir.join(&artefact.name));
            found.ok_or_else(|| Error::malformed(dir, format!("the release has no {}", kind.as_str())))
        };
        let (payload, index) = (artefact(Kind::slot())?, artefact(Kind::slot_index())?);
        let bytes = fs::read(&index).map_err(|e| Error::io("read", &index, e))?;
        let parts = SlotIndex::from_bytes(&bytes).map_err(|e| Error::malformed(&index, e.to_string()))?.parts;
        let mut frames = File::open(&payload).map_err(|e| Error::io("read", &payload, e))?;
        let disk = File::open(self.disk).map_err(|e| Error::io("read", self.disk, e))?;
        let mut copy = File::create(root).map_err(|e| Error::io("create", root, e))?;
        let mut first = None;
        for part in &parts {
            let extent = self.built.partition(partition(part.part))?;
            for (number, chunk) in part.chunks.iter().enumerate() {
                let theirs = frame(&mut frames, chunk.compressed).map_err(|e| Error::io("read", &payload, e))?;
                if part.part == Part::Root {
                    copy.write_all(&theirs).map_err(|e| Error::io("write", root, e))?;
                }
                let at = number as u64 * CHUNK;
                let ours = piece(&disk, extent, at, theirs.len()).map_err(|e| Error::io("read", self.disk, e))?;
                if first.is_none() {
                    first = difference(&ours, &theirs).map(|more| place(partition(part.part), at + more));
                }
            }
        }
        Ok(first)
    }

    /// The first place where the whole disk in `dir` differs; nothing where there is none to compare with.
    ///
    /// # Errors
    /// A disk that is not packed as `release` does; [`Error::Io`].
    pub fn whole_disk(&self, dir: &Path, manifest: &Manifest) -> Result<Option<String>> {
        let Some(artefact) = manifest.artefact(&Kind::disk_raw_zst()) else { return Ok(None) };
        let path = dir.join(&artefact.name);
        let unpacked = |e| Error::io("read", &path, e);
        let Ok(packed) = File::open(&path) else { return Ok(None) };
        let mut theirs = zstd::Decoder::new(packed).map_err(unpacked)?;
        let mut ours = File::open(self.disk).map_err(|e| Error::io("read", self.disk, e))?;
        let (mut one, mut other, mut at) = (vec![0; PIECE], vec![0; PIECE], 0);
        loop {
            let (a, b) = (fill(&mut ours, &mut one), fill(&mut theirs, &mut other));
            let (a, b) = (a.map_err(|e| Error::io("read", self.disk, e))?, b.map_err(unpacked)?);
            if let Some(more) = difference(&one[..a], &other[..b]) {
                return Ok(Some(self.place_on_disk(at + more)));
            }
            if a == 0 {
                return Ok(None);
            }
            at += a as u64;
        }
    }

    /// The partition that a byte of the disk lies in, and where in it.
    fn place_on_disk(&self, at: u64) -> String {
        let inside = |(_, start, size): &&(String, u64, u64)| (*start..start + size).contains(&at);
        match self.built.partitions.iter().find(inside) {
            Some((name, start, _)) => place(name, at - start),
            None => format!("the partition table, from byte {at} of the disk"),
        }
    }
}

/// Copies a partition of the disk into a file of its own.
///
/// # Errors
/// [`Error::Io`], [`Error::DiskFull`].
pub fn cut(disk: &Path, extent: Extent, to: &Path) -> Result<()> {
    let mut from = File::open(disk).map_err(|e| Error::io("read", disk, e))?;
    from.seek(SeekFrom::Start(extent.start)).map_err(|e| Error::io("read", disk, e))?;
    let mut file = File::create(to).map_err(|e| Error::io("create", to, e))?;
    std::io::copy(&mut from.take(extent.size), &mut file).map(drop).map_err(|e| Error::io("write", to, e))
}

/// The partition of slot a that a part fills.
fn partition(part: Part) -> &'static str {
    match part {
        Part::Root => "root-a",
        Part::Boot => "boot-a",
    }
}

fn place(partition: &str, at: u64) -> String {
    format!("partition {partition}, from its byte {at}")
}

/// One frame, unpacked.
fn frame(frames: &mut File, compressed: u32) -> std::io::Result<Vec<u8>> {
    let mut bytes = vec![0; compressed as usize];
    frames.read_exact(&mut bytes)?;
    zstd::bulk::decompress(&bytes, usize::try_from(CHUNK).map_err(std::io::Error::other)?)
}

/// Bytes of a partition; fewer where it ends.
fn piece(disk: &File, extent: Extent, at: u64, length: usize) -> std::io::Result<Vec<u8>> {
    let left = usize::try_from(extent.size.saturating_sub(at)).unwrap_or(usize::MAX);
    let mut bytes = vec![0; length.min(left)];
    disk.read_exact_at(&mut bytes, extent.start + at)?;
    Ok(bytes)
}

/// Fills `bytes` as far as there is something to read.
fn fill(from: &mut impl Read, bytes: &mut [u8]) -> std::io::Result<usize> {
    let mut have = 0;
    while have < bytes.len() {
        match from.read(&mut bytes[have..])? {
            0 => break,
            count => have += count,
        }
    }
    Ok(have)
}

/// The first byte in which two pieces differ; one that ends early differs at its end.
fn difference(one: &[u8], other: &[u8]) -> Option<u64> {
    let same = one.iter().zip(other).take_while(|(a, b)| a == b).count();
    (same < one.len().max(other.len())).then_some(same as u64)
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use sos_signing::{Artefact, Digest};

    use super::*;
    use crate::progress::Progress;
    use crate::slot::{self, Source};

    const BOOT: Extent = Extent { start: 4096, size: 8192 };
    const ROOT: Extent = Extent { start: 16384, size: CHUNK + 8192 };

    fn built() -> Built {
        let digest = "00".repeat(32);
        let text = serde_json::json!({
            "key": "", "version": "13.20261123.1", "release": "trixie", "source_date_epoch": 0,
            "root": {"root_hash": digest, "hash_offset": 4096, "size": ROOT.size}, "initrd_bytes": 1, "kernel_bytes": 1,
            "packages": 1, "inputs": {"number": 1, "checkout": digest},
            "partitions": [["boot-a", BOOT.start, BOOT.size], ["root-a", ROOT.start, ROOT.size]],
            "stages": [], "seconds": 0.0,
        });
        serde_json::from_value(text).unwrap()
    }

    /// A release of a disk of text, and the disk.
    fn released(dir: &Path) -> (Manifest, PathBuf) {
        let disk = dir.join("disk.raw");
        let bytes: Vec<u8> = (0..ROOT.start + ROOT.size).map(|n| (n / 100) as u8).collect();
        fs::write(&disk, &bytes).unwrap();
        let sources = [
            Source { part: Part::Root, start: ROOT.start, used: ROOT.size },
            Source { part: Part::Boot, start: BOOT.start, used: BOOT.size },
        ];
        let slot = slot::write(&disk, &sources, 3, &dir.join("x.slot"), Progress::Silent).unwrap();
        fs::write(dir.join("x.slot.json"), slot.index.to_bytes()).unwrap();
        fs::write(dir.join("x.raw.zst"), zstd::bulk::compress(&bytes, 3).unwrap()).unwrap();
        let kinds =
            [("x.slot", Kind::slot()), ("x.slot.json", Kind::slot_index()), ("x.raw.zst", Kind::disk_raw_zst())];
        let artefacts = kinds.map(|(name, kind)| Artefact::describe(&dir.join(name), kind, &mut |_| ()).unwrap());
        let manifest = Manifest {
            format: Manifest::FORMAT,
            product: Manifest::PRODUCT.into(),
            version: "13.20261123.1".parse().unwrap(),
            release: "trixie".into(),
            architecture: "amd64".into(),
            source_date_epoch: 0,
            lock_sha256: Digest::of(b""),
            root_hash: Digest::of(b""),
            artefacts: artefacts.into(),
        };
        (manifest, disk)
    }

    #[test]
    fn the_first_byte_that_differs_is_found_in_its_partition() {
        let dir = tempfile::tempdir().unwrap();
        let (manifest, disk) = released(dir.path());
        let (built, root) = (built(), dir.path().join("root"));
        let again = Again { disk: &disk, built: &built };
        assert_eq!(again.slot(dir.path(), &manifest, &root).unwrap(), None);
        assert_eq!(again.whole_disk(dir.path(), &manifest).unwrap(), None);
        let bytes = fs::read(&disk).unwrap();
        assert!(fs::read(&root).unwrap() == bytes[ROOT.start as usize..], "the release's root is put together");
        for (at, expected) in [
            (ROOT.start + CHUNK + 5, format!("partition root-a, from its byte {}", CHUNK + 5)),
            (BOOT.start + 1, "partition boot-a, from its byte 1".to_owned()),
        ] {
            let mut other = bytes.clone();
            other[at as usize] ^= 1;
            fs::write(&disk, other).unwrap();
            assert_eq!(again.slot(dir.path(), &manifest, &root).unwrap().as_ref(), Some(&expected));
            assert_eq!(again.whole_disk(dir.path(), &manifest).unwrap(), Some(expected));
        }
        let mut other = bytes.clone();
        other[100] ^= 1;
        fs::write(&disk, other).unwrap();
        assert_eq!(again.slot(dir.path(), &manifest, &root).unwrap(), None);
        let place = again.whole_disk(dir.path(), &manifest).unwrap().unwrap();
        assert_eq!(place, "the partition table, from byte 100 of the disk");
    }

    #[test]
    fn a_disk_that_ends_early_differs_at_its_end() {
        let dir = tempfile::tempdir().unwrap();
        let (manifest, disk) = released(dir.path());
        fs::File::options().write(true).open(&disk).unwrap().set_len(ROOT.start + 10).unwrap();
        let built = built();
        let place = Again { disk: &disk, built: &built }.whole_disk(dir.path(), &manifest).unwrap();
        assert_eq!(place.unwrap(), "partition root-a, from its byte 10");
    }
}
