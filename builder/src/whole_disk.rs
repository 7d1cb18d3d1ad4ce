//! Compresses the whole disk for people to download: the slot's frames as they are, and frames of what is around them.
//!
//! In: `disk.raw` and the [`Slot`] made of it. Out: `*.raw.zst`, one zstd frame after another, which `zstd -d` puts
//! together (RFC 8878, section 3). Nearly all that a disk holds is its slot, so this takes hardly any time beyond it.

use std::fs::File;
use std::io::Write as _;
use std::os::unix::fs::FileExt as _;
use std::path::Path;

use sos_signing::CHUNK;

use crate::error::{Error, Result};
use crate::parallel::each;
use crate::progress::{Progress, Unit};
use crate::slot::{self, Slot, chunks};

/// Chunks in the work at a time, for each core.
const BATCH: usize = 8;

/// Writes the disk to `to`.
///
/// # Errors
/// [`Error::Io`] or [`Error::DiskFull`].
pub fn write(disk: &Path, slot: &Slot, level: i32, to: &Path, progress: Progress) -> Result<()> {
    let from = File::open(disk).map_err(|e| Error::io("read", disk, e))?;
    let end = from.metadata().map_err(|e| Error::io("read", disk, e))?.len();
    let mut target = File::create(to).map_err(|e| Error::io("create", to, e))?;
    let task = progress.task("disk", Unit::Bytes, end);
    let empty = zstd::bulk::compress(&vec![0; CHUNK as usize], level).map_err(|e| Error::io("compress", disk, e))?;
    let frames = Frames { disk: &from, level, empty: &empty };
    let payload = File::open(&slot.payload).map_err(|e| Error::io("read", &slot.payload, e))?;
    let mut parts = in_the_payload(slot);
    parts.sort_by_key(|part| part.start);
    let workers = std::thread::available_parallelism().map_or(1, usize::from);
    let mut done = 0;
    for part in parts.iter().map(Some).chain([None]) {
        let before: Vec<_> = chunks(done, part.map_or(end, |part| part.start) - done).collect();
        for batch in before.chunks(workers * BATCH) {
            for frame in each(workers, batch, |piece| frames.of(*piece)) {
                let frame = frame.map_err(|e| Error::io("compress", disk, e))?;
                target.write_all(&frame).map_err(|e| Error::io("write", to, e))?;
            }
            task.advance(batch.iter().map(|(_, length)| length).sum());
        }
        let Some(part) = part else { break };
        for (at, length) in &part.frames {
            let mut frame = vec![0; *length as usize];
            payload.read_exact_at(&mut frame, *at).map_err(|e| Error::io("read", &slot.payload, e))?;
            target.write_all(&frame).map_err(|e| Error::io("write", to, e))?;
        }
        task.advance(part.size);
        done = part.start + part.size;
    }
    task.finish();
    Ok(())
}

/// What makes frames of a disk.
struct Frames<'a> {
    disk: &'a File,
    level: i32,
    /// The frame of a chunk of zeros. A disk that was just made has a thousand of them.
    empty: &'a [u8],
}

impl Frames<'_> {
    fn of(&self, (start, length): (u64, u64)) -> std::io::Result<Vec<u8>> {
        let mut chunk = vec![0; usize::try_from(length).map_err(std::io::Error::other)?];
        self.disk.read_exact_at(&mut chunk, start)?;
        let is_empty = length == CHUNK && chunk.iter().all(|byte| *byte == 0);
        if is_empty { Ok(self.empty.to_vec()) } else { zstd::bulk::compress(&chunk, self.level) }
    }
}

/// A part of the disk that is in the payload already.
struct Kept {
    /// Where it is on the disk, bytes.
    start: u64,
    /// How much of the disk it is, bytes.
    size: u64,
    /// Where each of its frames begins in the payload, and how long it is, bytes.
    frames: Vec<(u64, u32)>,
}

fn in_the_payload(slot: &Slot) -> Vec<Kept> {
    let mut at = 0;
    let mut next = |length: u32| {
        at += u64::from(length);
        (at - u64::from(length), length)
    };
    let parts = slot.sources.iter().zip(&slot.index.parts);
    let kept = parts.map(|(source, part)| Kept {
        start: source.start,
        size: slot::size(source),
        frames: part.chunks.iter().map(|chunk| next(chunk.compressed)).collect(),
    });
    kept.collect()
}

#[cfg(test)]
mod tests {
    use sos_signing::Part;

    use super::*;
    use crate::slot::Source;

    /// Noise, a hole of more than a chunk, text; parts whose order on the disk is not that in the payload.
    #[test]
    fn what_comes_out_is_the_disk() {
        let dir = tempfile::tempdir().unwrap();
        let path = |name: &str| dir.path().join(name);
        let noise = |n: u64| (n.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 40) as u8;
        let hole = (6 << 20)..(15 << 20);
        let byte = |n: u64| {
            if hole.contains(&n) {
                0
            } else if n % 8192 < 4096 {
                noise(n)
            } else {
                (n / 100) as u8
            }
        };
        let bytes: Vec<u8> = (0..20 << 20).map(byte).collect();
        std::fs::write(path("disk.raw"), &bytes).unwrap();
        let sources = [
            Source { part: Part::Root, start: 15 << 20, used: CHUNK + 5000 },
            Source { part: Part::Boot, start: 1 << 20, used: 1 << 20 },
        ];
        let slot = slot::write(&path("disk.raw"), &sources, 3, &path("x.slot"), Progress::Silent).unwrap();
        write(&path("disk.raw"), &slot, 3, &path("x.raw.zst"), Progress::Silent).unwrap();
        let whole = zstd::decode_all(File::open(path("x.raw.zst")).unwrap()).unwrap();
        assert!(whole == bytes);
        std::fs::write(&slot.payload, b"too short").unwrap();
        let error = write(&path("disk.raw"), &slot, 3, &path("x.raw.zst"), Progress::Silent).unwrap_err();
        assert!(error.to_string().contains("x.slot"), "{error}");
    }
}
