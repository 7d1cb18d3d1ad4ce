//! What a slot is filled with, and how it travels: the payload, zstd frames one after another, and its index.
//!
//! The payload holds a release's root file system with its verity tree, then its boot partition. Each is cut into chunks
//! of [`CHUNK`] bytes (the last may be shorter), and each chunk is one zstd frame, so that a device can check a frame
//! before it decodes it, write it, and go on behind it after a break. Boot comes last: a slot whose boot partition is
//! not there does not boot.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::digest::Digest;
use crate::error::Refusal;

/// Bytes in a chunk, before compression.
pub const CHUNK: u64 = 4 << 20;

/// The most bytes an index may have. A real one has about forty thousand.
pub const INDEX_LIMIT: u64 = 1 << 20;

/// A device writes whole blocks of this many bytes, so the size of a part is a multiple of it.
pub const BLOCK: u64 = 4096;

/// The most bytes a part may have: more than any slot.
const PART_LIMIT: u64 = 64 << 30;

/// The index of a slot's payload.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SlotIndex {
    /// The index's own format: [`SlotIndex::FORMAT`].
    pub format: u32,
    /// The parts in the order of the payload: [`Part::Root`], then [`Part::Boot`].
    pub parts: Vec<SlotPart>,
}

/// Which of a slot's two partitions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Part {
    /// The root file system and its verity tree.
    Root,
    /// Kernel, initrd and what the boot chooser reads.
    Boot,
}

/// What goes to one partition, from its first byte on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SlotPart {
    /// Which partition.
    pub part: Part,
    /// Bytes, uncompressed: a multiple of [`BLOCK`].
    pub size: u64,
    /// The chunks, in order.
    pub chunks: Vec<SlotChunk>,
}

/// One chunk.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SlotChunk {
    /// Bytes of its frame in the payload.
    pub compressed: u32,
    /// The SHA-256 of its frame, which is checked before the frame is decoded.
    pub sha256: Digest,
    /// The XXH3 (128 bits) of the chunk itself, by which a device finds out whether its disk kept it. It is a check
    /// against accidents; what comes from elsewhere is held to `sha256`.
    pub xxh3: Sum,
}

/// An XXH3 of 128 bits, written as 32 lower-case hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct Sum(u128);

impl Sum {
    /// The sum of some bytes.
    #[must_use]
    pub fn of(bytes: &[u8]) -> Self {
        Self(xxhash_rust::xxh3::xxh3_128(bytes))
    }
}

impl fmt::Debug for Sum {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", self.0)
    }
}

impl From<Sum> for String {
    fn from(sum: Sum) -> Self {
        format!("{sum:?}")
    }
}

impl TryFrom<String> for Sum {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let digits = text.len() == 32 && text.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b));
        match u128::from_str_radix(&text, 16) {
            Ok(sum) if digits => Ok(Self(sum)),
            _ => Err("a sum has 32 lower-case hexadecimal digits".into()),
        }
    }
}

impl SlotPart {
    /// Bytes of chunk `number`, uncompressed.
    #[must_use]
    pub fn chunk_size(&self, number: usize) -> u64 {
        self.size.saturating_sub(number as u64 * CHUNK).min(CHUNK)
    }

    /// Bytes of all its frames.
    #[must_use]
    pub fn compressed(&self) -> u64 {
        self.chunks.iter().map(|chunk| u64::from(chunk.compressed)).sum()
    }
}

impl SlotIndex {
    /// The format this crate writes, and the only one it reads.
    pub const FORMAT: u32 = 1;

    /// Reads an index and checks all that can be said without the payload.
    ///
    /// # Errors
    ///
    /// [`Refusal::MalformedSlotIndex`].
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, Refusal> {
        let malformed = |reason: String| Refusal::MalformedSlotIndex { reason };
        if bytes.len() as u64 > INDEX_LIMIT {
            return Err(malformed(format!("it has more than {INDEX_LIMIT} bytes")));
        }
        let index: Self = serde_json::from_slice(bytes).map_err(|e| malformed(e.to_string()))?;
        index.check().map_err(malformed)?;
        Ok(index)
    }

    /// The index's bytes, the same for the same index.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = serde_json::to_vec(self).expect("an index has text keys only, so it is always JSON");
        bytes.push(b'\n');
        bytes
    }

    /// Bytes of the payload.
    #[must_use]
    pub fn payload_size(&self) -> u64 {
        self.parts.iter().map(SlotPart::compressed).sum()
    }

    /// The part for one partition. A checked index has both.
    #[must_use]
    pub fn part(&self, part: Part) -> Option<&SlotPart> {
        self.parts.iter().find(|p| p.part == part)
    }

    fn check(&self) -> Result<(), String> {
        if self.format != Self::FORMAT {
            return Err(format!("it has format {}, and this program knows format {} only", self.format, Self::FORMAT));
        }
        if self.parts.iter().map(|p| p.part).ne([Part::Root, Part::Boot]) {
            return Err("its parts must be root and boot, in this order".into());
        }
        self.parts.iter().try_for_each(SlotPart::check)
    }
}

impl SlotPart {
    fn check(&self) -> Result<(), String> {
        if self.size == 0 || self.size > PART_LIMIT || !self.size.is_multiple_of(BLOCK) {
            return Err(format!(
                "a part of {} bytes is none: whole blocks of {BLOCK}, at most {PART_LIMIT}",
                self.size
            ));
        }
        if self.chunks.len() as u64 != self.size.div_ceil(CHUNK) {
            return Err(format!("{} bytes are not {} chunks", self.size, self.chunks.len()));
        }
        // zstd's own bound is a little above the size of what does not compress.
        let bound = CHUNK + CHUNK / 128;
        match self.chunks.iter().find(|chunk| chunk.compressed == 0 || u64::from(chunk.compressed) > bound) {
            Some(chunk) => Err(format!("a frame of {} bytes holds no chunk", chunk.compressed)),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn index() -> SlotIndex {
        let chunk = |n: u8| SlotChunk { compressed: 100, sha256: Digest::of(&[n]), xxh3: Sum::of(&[n]) };
        let root = SlotPart { part: Part::Root, size: CHUNK + BLOCK, chunks: vec![chunk(1), chunk(2)] };
        let boot = SlotPart { part: Part::Boot, size: CHUNK, chunks: vec![chunk(3)] };
        SlotIndex { format: 1, parts: vec![root, boot] }
    }

    #[test]
    fn reads_what_it_writes() {
        let index = index();
        assert_eq!(SlotIndex::from_bytes(&index.to_bytes()).unwrap(), index);
        assert_eq!((index.payload_size(), index.parts[0].chunk_size(1)), (300, BLOCK));
    }

    #[test]
    fn refuses_what_could_not_be_written_to_a_slot() {
        type Bend = fn(&mut SlotIndex);
        let wrong: [(&str, Bend); 8] = [
            ("format", |index| index.format = 2),
            ("no boot", |index| index.parts.truncate(1)),
            ("boot first", |index| index.parts.reverse()),
            ("no bytes", |index| index.parts[0].size = 0),
            ("half a block", |index| index.parts[0].size -= 1),
            ("a chunk missing", |index| index.parts[0].chunks.truncate(1)),
            ("an empty frame", |index| index.parts[1].chunks[0].compressed = 0),
            ("a frame larger than its chunk can be", |index| index.parts[1].chunks[0].compressed = 5 << 20),
        ];
        for (what, bend) in wrong {
            let mut index = index();
            bend(&mut index);
            let read = SlotIndex::from_bytes(&index.to_bytes());
            assert!(matches!(read, Err(Refusal::MalformedSlotIndex { .. })), "{what}: {read:?}");
        }
    }

    #[test]
    fn refuses_sums_that_are_not_written_the_one_way() {
        let good = String::from(Sum::of(b"x"));
        assert_eq!(Sum::try_from(good.clone()), Ok(Sum::of(b"x")));
        for wrong in [good.to_uppercase(), good[1..].to_owned(), format!("+{}", &good[1..]), String::new()] {
            assert!(Sum::try_from(wrong.clone()).is_err(), "{wrong}");
        }
    }
}
