//! Makes the payload that fills a slot, and its index, from the built disk.
//!
//! In: `disk.raw`, and where root-a and boot-a are on it. Out: `*.slot`, one zstd frame after another, and the
//! [`SlotIndex`]. A slot that an update fills holds the very bytes that a written disk has. Frames are made on all
//! cores, each on its own, so neither their number nor their speed changes a byte.

use std::fs::File;
use std::io::Write as _;
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};

use sos_signing::{BLOCK, CHUNK, Digest, Part, SlotChunk, SlotIndex, SlotPart, Sum};

use crate::error::{Error, Result};
use crate::parallel::each;
use crate::progress::{Progress, Task, Unit};

/// Chunks in the work at a time, for each core: what is compressed waits in memory until its turn to be written.
const BATCH: usize = 8;

/// A part of a slot, as it is on the disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Source {
    /// Which part.
    pub part: Part,
    /// Where it begins, bytes.
    pub start: u64,
    /// How much of it is used, bytes.
    pub used: u64,
}

/// A payload that was written.
#[derive(Debug)]
pub struct Slot {
    /// What it was made from, in the order of the index's parts.
    pub sources: Vec<Source>,
    /// What it consists of.
    pub index: SlotIndex,
    /// Where it is.
    pub payload: PathBuf,
}

/// One chunk of the disk, and what became of it.
struct Frame {
    bytes: Vec<u8>,
    chunk: SlotChunk,
}

/// Writes the payload of `sources` on `disk` to `payload`.
///
/// # Errors
/// [`Error::Io`] or [`Error::DiskFull`].
pub fn write(disk: &Path, sources: &[Source], level: i32, payload: &Path, progress: Progress) -> Result<Slot> {
    let from = File::open(disk).map_err(|e| Error::io("read", disk, e))?;
    let mut to = File::create(payload).map_err(|e| Error::io("create", payload, e))?;
    let workers = std::thread::available_parallelism().map_or(1, usize::from);
    let task = progress.task("slot", Unit::Bytes, sources.iter().map(size).sum());
    let mut parts = Vec::new();
    for source in sources {
        let pieces = pieces(source);
        let mut chunks = Vec::with_capacity(pieces.len());
        for batch in pieces.chunks(workers * BATCH) {
            for frame in each(workers, batch, |piece| compress(&from, *piece, level, &task)) {
                let frame = frame.map_err(|e| Error::io("compress", disk, e))?;
                to.write_all(&frame.bytes).map_err(|e| Error::io("write", payload, e))?;
                chunks.push(frame.chunk);
            }
        }
        parts.push(SlotPart { part: source.part, size: size(source), chunks });
    }
    task.finish();
    let index = SlotIndex { format: SlotIndex::FORMAT, parts };
    Ok(Slot { sources: sources.to_vec(), index, payload: payload.to_owned() })
}

/// Bytes of a part: whole blocks.
pub(crate) fn size(source: &Source) -> u64 {
    source.used.next_multiple_of(BLOCK)
}

/// Where the chunks of a part begin on the disk, and how long they are.
fn pieces(source: &Source) -> Vec<(u64, u64)> {
    chunks(source.start, size(source)).collect()
}

/// Where the chunks of so many bytes of a disk begin, and how long they are.
pub(crate) fn chunks(start: u64, length: u64) -> impl Iterator<Item = (u64, u64)> {
    (0..length).step_by(CHUNK as usize).map(move |at| (start + at, CHUNK.min(length - at)))
}

fn compress(disk: &File, (start, length): (u64, u64), level: i32, task: &Task) -> std::io::Result<Frame> {
    let mut chunk = vec![0; usize::try_from(length).map_err(std::io::Error::other)?];
    disk.read_exact_at(&mut chunk, start)?;
    let bytes = zstd::bulk::compress(&chunk, level)?;
    task.advance(length);
    let compressed = u32::try_from(bytes.len()).map_err(std::io::Error::other)?;
    let chunk = SlotChunk { compressed, sha256: Digest::of(&bytes), xxh3: Sum::of(&chunk) };
    Ok(Frame { bytes, chunk })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A disk of noise and text, whose parts do not begin where chunks do.
    fn disk(dir: &Path) -> std::path::PathBuf {
        let path = dir.join("disk.raw");
        let noise = |n: u64| (n.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 40) as u8;
        let bytes: Vec<u8> = (0..10 << 20).map(|n| if n % 8192 < 4096 { noise(n) } else { (n / 100) as u8 }).collect();
        std::fs::write(&path, bytes).unwrap();
        path
    }

    const SOURCES: [Source; 2] = [
        Source { part: Part::Root, start: 4096 + 512, used: CHUNK + 5000 },
        Source { part: Part::Boot, start: 6 << 20, used: 1 << 20 },
    ];

    #[test]
    fn a_slot_filled_from_the_payload_holds_the_disks_bytes() {
        let dir = tempfile::tempdir().unwrap();
        let (disk, payload) = (disk(dir.path()), dir.path().join("x.slot"));
        let Slot { index, .. } = write(&disk, &SOURCES, 3, &payload, Progress::Silent).unwrap();
        assert_eq!(SlotIndex::from_bytes(&index.to_bytes()).unwrap(), index, "a device would take it");
        let (raw, mut rest) = (std::fs::read(disk).unwrap(), &std::fs::read(&payload).unwrap()[..]);
        assert_eq!(index.payload_size(), rest.len() as u64);
        for (source, part) in SOURCES.iter().zip(&index.parts) {
            let mut filled = Vec::new();
            for chunk in &part.chunks {
                let (frame, behind) = rest.split_at(chunk.compressed as usize);
                assert_eq!(Digest::of(frame), chunk.sha256);
                let bytes = zstd::bulk::decompress(frame, CHUNK as usize).unwrap();
                assert_eq!(Sum::of(&bytes), chunk.xxh3);
                filled.extend(bytes);
                rest = behind;
            }
            assert_eq!(filled.len() as u64, part.size);
            assert!(filled == raw[source.start as usize..][..filled.len()], "{:?}", source.part);
        }
        assert_eq!(index.parts[0].size, CHUNK + 8192, "a part is whole blocks");
    }

    #[test]
    fn a_payload_is_the_same_each_time() {
        let dir = tempfile::tempdir().unwrap();
        let disk = disk(dir.path());
        let make = |name: &str| {
            let payload = dir.path().join(name);
            let Slot { index, .. } = write(&disk, &SOURCES, 3, &payload, Progress::Silent).unwrap();
            (std::fs::read(payload).unwrap(), index.to_bytes())
        };
        assert!(make("one") == make("two"));
    }

    #[test]
    fn a_disk_that_ends_too_early_is_named() {
        let dir = tempfile::tempdir().unwrap();
        let disk = disk(dir.path());
        let beyond = [Source { part: Part::Root, start: 9 << 20, used: 2 << 20 }];
        let error = write(&disk, &beyond, 3, &dir.path().join("x.slot"), Progress::Silent).unwrap_err();
        assert!(error.to_string().contains("disk.raw"), "{error}");
    }
}
