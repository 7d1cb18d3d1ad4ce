//! What btrfs writes (btrfs on-disk format, <https://btrfs.readthedocs.io/en/latest/dev/On-disk-format.html>): superblock,
//! blocks of trees, chunks, roots. All numbers are little-endian; nothing on the disk is trusted.

use std::ops::Range;

use crate::{Error, Result};

/// Where the superblock is, and how long.
pub const SUPERBLOCK: u64 = 64 << 10;
/// Bytes of the superblock.
pub const SUPERBLOCK_BYTES: usize = 4096;
const MAGIC: &[u8] = b"_BHRfS_M";
/// Of a block: its header, an entry that points to a block below, an entry that points to an item in it.
const HEADER: usize = 101;
const POINTER: usize = 33;
const ITEM: usize = 25;
const KEY: usize = 17;
/// Where the superblock keeps the chunks that the chunk tree lies in.
const SYSTEM_CHUNKS: usize = 811;

/// Types of keys.
pub mod kind {
    /// A subvolume's name in another.
    pub const ROOT_REF: u8 = 156;
    /// Where a tree is.
    pub const ROOT: u8 = 132;
    /// Checksums of data.
    pub const CHECKSUM: u8 = 128;
    /// Where a run of logical addresses is on the disk.
    pub const CHUNK: u8 = 228;
}

/// A key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Key {
    /// Of which object.
    pub object: u64,
    /// One of [`kind`].
    pub kind: u8,
    /// By its kind.
    pub offset: u64,
}

/// Where a block of a tree is, and what it must be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pointer {
    /// Its logical address.
    pub address: u64,
    /// The transaction that wrote it.
    pub generation: u64,
    /// Blocks below it, to the leaves.
    pub level: u8,
}

/// The superblock, as far as it is needed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Superblock {
    /// The last transaction that was committed.
    pub generation: u64,
    /// The tree of trees.
    pub root: Pointer,
    /// The tree of chunks.
    pub chunks: Pointer,
    /// The tree of what was synchronised since the last transaction.
    pub log: Option<Pointer>,
    /// Bytes of a block of a tree.
    pub block: usize,
    /// Bytes that have one checksum.
    pub sector: usize,
    /// The identity that each block repeats.
    identity: [u8; 16],
    /// The chunks that the chunk tree lies in.
    pub system: Vec<Chunk>,
}

/// Where a run of logical addresses is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chunk {
    /// The logical addresses.
    pub logical: Range<u64>,
    /// Where each copy begins on the disk.
    pub copies: Vec<u64>,
}

/// A tree's root, as far as it is needed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Root {
    /// Its first block.
    pub top: Pointer,
    /// Whether anything leads to it. A subvolume that is being deleted is nobody's.
    pub is_used: bool,
}

/// A block of a tree, sound.
#[derive(Debug)]
pub struct Block {
    bytes: Vec<u8>,
    count: usize,
    pointer: Pointer,
}

impl Superblock {
    /// Reads it.
    ///
    /// # Errors
    /// [`Error::Unmet`] when it is not sound, or of a kind that our images do not make.
    pub fn read(bytes: &[u8]) -> Result<Superblock> {
        let is = |holds: bool, what: &str| if holds { Ok(()) } else { Err(unsound(format!("the superblock {what}"))) };
        is(bytes.len() == SUPERBLOCK_BYTES && bytes[64..72] == *MAGIC, "is not there")?;
        is(u16_at(bytes, 196)? == 0, "says another checksum than CRC-32C")?;
        is(u32_at(bytes, 0)? == crc32c::crc32c(&bytes[32..]), "has a wrong checksum")?;
        let (block, sector) = (u32_at(bytes, 148)? as usize, u32_at(bytes, 144)? as usize);
        is(matches!(block, 4096..=65536) && matches!(sector, 4096..=65536), "says impossible sizes")?;
        // INCOMPAT_METADATA_UUID: blocks repeat another identity than the file system has.
        let identity = if u64_at(bytes, 188)? & (1 << 10) == 0 { 32 } else { 571 };
        let generation = u64_at(bytes, 72)?;
        let pointer = |at, generation, level: usize| -> Result<Pointer> {
            Ok(Pointer { address: u64_at(bytes, at)?, generation, level: bytes[level] })
        };
        let log = pointer(96, generation + 1, 200)?;
        Ok(Superblock {
            generation,
            root: pointer(80, generation, 198)?,
            chunks: pointer(88, u64_at(bytes, 164)?, 199)?,
            log: Some(log).filter(|log| log.address != 0),
            block,
            sector,
            identity: std::array::from_fn(|index| bytes[identity + index]),
            system: system_chunks(part(bytes, SYSTEM_CHUNKS, u32_at(bytes, 160)? as usize)?)?,
        })
    }

    /// Takes bytes for the block that `pointer` promises.
    ///
    /// # Errors
    /// [`Error::Unmet`] when they are another, or not sound.
    pub fn block(&self, pointer: Pointer, bytes: Vec<u8>) -> Result<Block> {
        let Pointer { address, generation, level } = pointer;
        let is = |holds: bool, what: &str| {
            let which = || format!("the block at {address} of transaction {generation} {what}");
            if holds { Ok(()) } else { Err(unsound(which())) }
        };
        is(u32_at(&bytes, 0)? == crc32c::crc32c(part(&bytes, 32, self.block - 32)?), "has a wrong checksum")?;
        is(bytes[32..48] == self.identity, "is another file system's")?;
        is(u64_at(&bytes, 48)? == address, "belongs elsewhere")?;
        is(u64_at(&bytes, 80)? == generation, "is of another transaction")?;
        is(bytes[100] == level, "is on another level")?;
        let count = u32_at(&bytes, 96)? as usize;
        let entry = if level == 0 { ITEM } else { POINTER };
        is(count <= (self.block - HEADER) / entry, "has more entries than room")?;
        Ok(Block { bytes, count, pointer })
    }
}

impl Block {
    /// Whether it is the block that was promised.
    #[must_use]
    pub fn is(&self, promised: Pointer) -> bool {
        self.pointer == promised
    }

    /// The blocks below; none of a leaf.
    ///
    /// # Errors
    /// [`Error::Unmet`].
    pub fn children(&self) -> Result<Vec<Pointer>> {
        let count = if self.pointer.level == 0 { 0 } else { self.count };
        let child = |number: usize| {
            let at = HEADER + number * POINTER + KEY;
            let (address, generation) = (u64_at(&self.bytes, at)?, u64_at(&self.bytes, at + 8)?);
            Ok(Pointer { address, generation, level: self.pointer.level - 1 })
        };
        (0..count).map(child).collect()
    }

    /// The items; none of a block that is no leaf.
    ///
    /// # Errors
    /// [`Error::Unmet`].
    pub fn items(&self) -> Result<Vec<(Key, &[u8])>> {
        let count = if self.pointer.level == 0 { self.count } else { 0 };
        let item = |number: usize| {
            let at = HEADER + number * ITEM;
            let (offset, length) = (u32_at(&self.bytes, at + KEY)?, u32_at(&self.bytes, at + KEY + 4)?);
            Ok((Key::at(&self.bytes, at)?, part(&self.bytes, HEADER + offset as usize, length as usize)?))
        };
        (0..count).map(item).collect()
    }
}

impl Key {
    fn at(bytes: &[u8], at: usize) -> Result<Key> {
        Ok(Key { object: u64_at(bytes, at)?, kind: part(bytes, at + 8, 1)?[0], offset: u64_at(bytes, at + 9)? })
    }
}

impl Root {
    /// Reads the item of a [`kind::ROOT`].
    ///
    /// # Errors
    /// [`Error::Unmet`].
    pub fn read(item: &[u8]) -> Result<Root> {
        let level = part(item, 238, 1)?[0];
        let top = Pointer { address: u64_at(item, 176)?, generation: u64_at(item, 160)?, level };
        Ok(Root { top, is_used: u32_at(item, 216)? > 0 })
    }
}

impl Chunk {
    /// Reads the item of a [`kind::CHUNK`]; with it its length in bytes.
    ///
    /// # Errors
    /// [`Error::Unmet`] when it is spread over disks, which our images never do.
    pub fn read(logical: u64, item: &[u8]) -> Result<(Chunk, usize)> {
        let (length, profile, count) = (u64_at(item, 0)?, u64_at(item, 24)?, usize::from(u16_at(item, 44)?));
        // Data, system, metadata; kept once, or twice on the one disk.
        const KNOWN: u64 = 1 | 2 | 4 | (1 << 5);
        if profile & !KNOWN != 0 || count == 0 {
            return Err(unsound(format!("the chunk at {logical} is of a kind that nobody made: {profile:#x}")));
        }
        let end = logical.checked_add(length).ok_or_else(|| unsound(format!("the chunk at {logical} has no end")))?;
        let copies: Result<_> = (0..count).map(|copy| u64_at(item, 48 + copy * 32 + 8)).collect();
        Ok((Chunk { logical: logical..end, copies: copies? }, 48 + count * 32))
    }
}

fn system_chunks(mut bytes: &[u8]) -> Result<Vec<Chunk>> {
    let mut chunks = Vec::new();
    while !bytes.is_empty() {
        let key = Key::at(bytes, 0)?;
        let (chunk, length) = Chunk::read(key.offset, &bytes[KEY..])?;
        chunks.push(chunk);
        bytes = part(bytes, KEY + length, bytes.len().saturating_sub(KEY + length))?;
    }
    Ok(chunks)
}

/// The name in the item of a [`kind::ROOT_REF`].
///
/// # Errors
/// [`Error::Unmet`].
pub fn name(item: &[u8]) -> Result<String> {
    let bytes = part(item, 18, u16_at(item, 16)?.into())?;
    Ok(String::from_utf8_lossy(bytes).into_owned())
}

/// Something that a file system must not be.
pub fn unsound(what: impl Into<String>) -> Error {
    Error::Unmet(what.into())
}

fn part(bytes: &[u8], at: usize, length: usize) -> Result<&[u8]> {
    bytes.get(at..).and_then(|rest| rest.get(..length)).ok_or_else(|| unsound("something on it ends too early"))
}

fn number<const N: usize>(bytes: &[u8], at: usize) -> Result<[u8; N]> {
    Ok(part(bytes, at, N)?.try_into().unwrap_or([0; N]))
}

fn u16_at(bytes: &[u8], at: usize) -> Result<u16> {
    number(bytes, at).map(u16::from_le_bytes)
}

fn u32_at(bytes: &[u8], at: usize) -> Result<u32> {
    number(bytes, at).map(u32::from_le_bytes)
}

fn u64_at(bytes: &[u8], at: usize) -> Result<u64> {
    number(bytes, at).map(u64::from_le_bytes)
}
