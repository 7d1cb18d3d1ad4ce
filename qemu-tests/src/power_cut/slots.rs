//! Whether a slot is whole: every byte of its root and boot partitions as its release has them. A chunk that was found so
//! counts until something is written over it.

use std::collections::HashSet;
use std::ops::Range;

use sos_signing::{CHUNK, Part, SlotIndex, Sum};

use super::model::Bytes;
use crate::Result;

/// Where a slot's two partitions are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Places {
    /// The root's.
    pub root: Range<u64>,
    /// The boot files'.
    pub boot: Range<u64>,
}

/// What a slot must hold.
#[derive(Debug)]
pub struct Content {
    chunks: Vec<(Range<u64>, Sum)>,
    /// Of those, the ones that were found so.
    found: HashSet<usize>,
}

impl Content {
    /// What it holds now is what it must hold.
    ///
    /// # Errors
    /// [`crate::Error::File`].
    pub fn of_now(disk: &impl Bytes, places: &Places) -> Result<Content> {
        let ranges = [&places.root, &places.boot].into_iter().flat_map(|part| {
            let (start, end) = (part.start, part.end);
            (start..end).step_by(CHUNK as usize).map(move |at| at..(at + CHUNK).min(end))
        });
        let chunks: Result<_> = ranges.map(|range| Ok((range.clone(), sum(disk, &range)?))).collect();
        Ok(Content { chunks: chunks?, found: HashSet::new() })
    }

    /// What a release's index says it must hold.
    #[must_use]
    pub fn of_release(index: &SlotIndex, places: &Places) -> Content {
        let part = |part, place: &Range<u64>| {
            let start = place.start;
            index.part(part).into_iter().flat_map(move |part| {
                part.chunks.iter().enumerate().map(move |(number, chunk)| {
                    let first = start + number as u64 * CHUNK;
                    (first..first + part.chunk_size(number), chunk.xxh3)
                })
            })
        };
        let chunks = part(Part::Root, &places.root).chain(part(Part::Boot, &places.boot)).collect();
        Content { chunks, found: HashSet::new() }
    }

    /// Something was written there for good.
    pub fn forget(&mut self, written: &Range<u64>) {
        let chunks = &self.chunks;
        self.found.retain(|number| chunks[*number].0.end <= written.start || written.end <= chunks[*number].0.start);
    }

    /// The first chunk that the disk does not have as it must be; nothing when the slot is whole.
    ///
    /// # Errors
    /// [`crate::Error::File`].
    pub fn missing(&mut self, disk: &impl Bytes) -> Result<Option<Range<u64>>> {
        for (number, (range, must)) in self.chunks.iter().enumerate() {
            let settled = !disk.is_cut_at(range);
            if settled && self.found.contains(&number) {
                continue;
            }
            if sum(disk, range)? != *must {
                return Ok(Some(range.clone()));
            }
            if settled {
                self.found.insert(number);
            }
        }
        Ok(None)
    }
}

fn sum(disk: &impl Bytes, range: &Range<u64>) -> Result<Sum> {
    let mut bytes = vec![0; (range.end - range.start) as usize];
    disk.read(range.start, &mut bytes)?;
    Ok(Sum::of(&bytes))
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;

    use sos_signing::Digest;
    use sos_signing::{BLOCK, SlotChunk, SlotPart};

    use super::*;

    struct Memory {
        bytes: RefCell<Vec<u8>>,
        cut: bool,
    }

    impl Bytes for Memory {
        fn read(&self, offset: u64, into: &mut [u8]) -> Result<()> {
            into.copy_from_slice(&self.bytes.borrow()[offset as usize..][..into.len()]);
            Ok(())
        }

        fn is_cut_at(&self, _: &Range<u64>) -> bool {
            self.cut
        }
    }

    const PLACES: Places = Places { root: 0..CHUNK + 2 * BLOCK, boot: CHUNK + 2 * BLOCK..CHUNK + 4 * BLOCK };

    fn disk() -> Memory {
        let bytes = (0..PLACES.boot.end).map(|at| (at / 1000) as u8).collect();
        Memory { bytes: RefCell::new(bytes), cut: false }
    }

    #[test]
    fn a_slot_is_whole_until_something_else_is_written_to_it() {
        let mut disk = disk();
        let mut content = Content::of_now(&disk, &PLACES).unwrap();
        assert_eq!(content.missing(&disk).unwrap(), None);
        disk.bytes.borrow_mut()[CHUNK as usize + 5] ^= 1;
        assert_eq!(content.missing(&disk).unwrap(), None, "what was found counts until it is forgotten");
        disk.cut = true;
        assert_eq!(content.missing(&disk).unwrap(), Some(CHUNK..CHUNK + 2 * BLOCK), "and not where the cut is");
        disk.cut = false;
        content.forget(&(CHUNK + 4..CHUNK + 6));
        assert!(content.missing(&disk).unwrap().is_some());
    }

    #[test]
    fn a_release_says_what_a_slot_must_hold_and_what_follows_is_nobodys() {
        let disk = disk();
        let chunk = |range: Range<u64>| SlotChunk {
            compressed: 1,
            sha256: Digest::of(b""),
            xxh3: Sum::of(&disk.bytes.borrow()[range.start as usize..range.end as usize]),
        };
        let boot = PLACES.boot.start;
        let root = SlotPart {
            part: Part::Root,
            size: CHUNK + BLOCK,
            chunks: vec![chunk(0..CHUNK), chunk(CHUNK..CHUNK + BLOCK)],
        };
        let boot = SlotPart { part: Part::Boot, size: BLOCK, chunks: vec![chunk(boot..boot + BLOCK)] };
        let mut content = Content::of_release(&SlotIndex { format: 1, parts: vec![root, boot] }, &PLACES);
        disk.bytes.borrow_mut()[(CHUNK + BLOCK) as usize] ^= 1;
        assert_eq!(content.missing(&disk).unwrap(), None);
        disk.bytes.borrow_mut()[PLACES.boot.start as usize] ^= 1;
        content.forget(&PLACES.boot);
        assert_eq!(content.missing(&disk).unwrap(), Some(PLACES.boot.start..PLACES.boot.start + BLOCK));
    }
}
