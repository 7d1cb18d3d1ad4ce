//! Where a file of one sector lies on an ext2 file system (The Second Extended File System, internal layout).
//!
//! In: a reader of a partition's bytes, and a path. Out: the file's first byte in the partition. Only what
//! `mke2fs -t ext2` makes is read: directories of at most twelve blocks and no feature that changes the layout. Nothing
//! on the disk is trusted: every number is checked before it is used.

use std::io;

use super::sector::SIZE;

/// Reads so many bytes from a place in the partition.
pub type Reader<'a> = dyn FnMut(u64, usize) -> io::Result<Vec<u8>> + 'a;

/// Why a file was not found.
#[derive(Debug, thiserror::Error)]
pub enum Ext2Error {
    /// The partition cannot be read.
    #[error("it cannot be read: {0}")]
    Read(#[from] io::Error),
    /// It is not as an ext2 file system must be.
    #[error("its file system is damaged: {0}")]
    Damaged(&'static str),
    /// There is no such file.
    #[error("its file system has no {0}")]
    Absent(String),
}

/// The inode of the root directory.
const ROOT: u32 = 2;
/// `INCOMPAT_FILETYPE`: directory entries say of what type a file is. No other incompatible feature is known here.
const FILE_TYPES: u32 = 2;
/// Blocks that an inode names itself.
const DIRECT: usize = 12;
/// Types in an inode's mode.
const TYPE: u16 = 0xf000;
const DIRECTORY: u16 = 0x4000;
const REGULAR: u16 = 0x8000;

/// The numbers of the superblock that are needed.
struct Layout {
    block: u64,
    blocks: u32,
    first_block: u32,
    inodes: u32,
    inodes_per_group: u32,
    inode: u64,
}

/// A file's mode, size and the blocks it names itself.
struct Inode {
    mode: u16,
    size: u64,
    blocks: [u32; DIRECT],
}

/// The place in the partition of the file at `path`, which has one sector.
///
/// # Errors
/// A partition that cannot be read, is damaged, or lacks the file.
pub fn find(read: &mut Reader<'_>, path: &str) -> Result<u64, Ext2Error> {
    let layout = Layout::read(read)?;
    let mut number = ROOT;
    for name in path.split('/').filter(|name| !name.is_empty()) {
        let directory = layout.inode(read, number)?;
        number = layout.look_up(read, &directory, name)?.ok_or_else(|| Ext2Error::Absent(path.to_owned()))?;
    }
    let file = layout.inode(read, number)?;
    if file.mode & TYPE != REGULAR || file.size != SIZE as u64 {
        return Err(Ext2Error::Damaged("the file is not one of 512 bytes"));
    }
    layout.place(file.blocks[0])
}

impl Layout {
    fn read(read: &mut Reader<'_>) -> Result<Self, Ext2Error> {
        let bytes = read(1024, 1024)?;
        if u16_at(&bytes, 56)? != 0xef53 {
            return Err(Ext2Error::Damaged("it has no superblock"));
        }
        if u32_at(&bytes, 76)? != 1 || u32_at(&bytes, 96)? & !FILE_TYPES != 0 {
            return Err(Ext2Error::Damaged("it has a revision or a feature that is not of ext2"));
        }
        let log = u32_at(&bytes, 24)?;
        let layout = Self {
            block: if log <= 2 { 1024 << log } else { 0 },
            blocks: u32_at(&bytes, 4)?,
            first_block: u32_at(&bytes, 20)?,
            inodes: u32_at(&bytes, 0)?,
            inodes_per_group: u32_at(&bytes, 40)?,
            inode: u16_at(&bytes, 88)?.into(),
        };
        let sound = layout.block != 0
            && layout.first_block <= 1
            && layout.inodes_per_group != 0
            && layout.inode.is_power_of_two()
            && (128..=layout.block).contains(&layout.inode);
        if sound { Ok(layout) } else { Err(Ext2Error::Damaged("its superblock says what cannot be")) }
    }

    /// The first byte of a block.
    fn place(&self, block: u32) -> Result<u64, Ext2Error> {
        if block <= self.first_block || block >= self.blocks {
            return Err(Ext2Error::Damaged("it names a block that is none"));
        }
        Ok(u64::from(block) * self.block)
    }

    fn inode(&self, read: &mut Reader<'_>, number: u32) -> Result<Inode, Ext2Error> {
        let index = number.checked_sub(1).filter(|_| number <= self.inodes);
        let index = index.ok_or(Ext2Error::Damaged("it names an inode that is none"))?;
        let (group, index) = (index / self.inodes_per_group, index % self.inodes_per_group);
        let descriptor = self.place(self.first_block + 1)? + u64::from(group) * 32;
        let table = self.place(u32_at(&read(descriptor, 32)?, 8)?)?;
        let bytes = read(table + u64::from(index) * self.inode, 128)?;
        let mut blocks = [0; DIRECT];
        for (index, block) in blocks.iter_mut().enumerate() {
            *block = u32_at(&bytes, 40 + 4 * index)?;
        }
        Ok(Inode { mode: u16_at(&bytes, 0)?, size: u32_at(&bytes, 4)?.into(), blocks })
    }

    /// The inode of the entry `name` of a directory.
    fn look_up(&self, read: &mut Reader<'_>, directory: &Inode, name: &str) -> Result<Option<u32>, Ext2Error> {
        let count = usize::try_from(directory.size / self.block).unwrap_or(usize::MAX);
        if directory.mode & TYPE != DIRECTORY || count > DIRECT || !directory.size.is_multiple_of(self.block) {
            return Err(Ext2Error::Damaged("a directory of it is none"));
        }
        for block in &directory.blocks[..count] {
            let bytes = read(self.place(*block)?, usize::try_from(self.block).unwrap_or(0))?;
            if let Some(inode) = entry(&bytes, name.as_bytes())? {
                return Ok(Some(inode));
            }
        }
        Ok(None)
    }
}

/// The inode of the entry `name` in a block of a directory.
fn entry(mut block: &[u8], name: &[u8]) -> Result<Option<u32>, Ext2Error> {
    while !block.is_empty() {
        let (inode, length) = (u32_at(block, 0)?, usize::from(u16_at(block, 4)?));
        let named = block.get(6).map(|length| usize::from(*length)).and_then(|length| block.get(8..8 + length));
        if length < 8 || length > block.len() || named.is_none_or(|named| named.len() + 8 > length) {
            return Err(Ext2Error::Damaged("an entry of a directory has no place in it"));
        }
        if inode != 0 && named == Some(name) {
            return Ok(Some(inode));
        }
        block = &block[length..];
    }
    Ok(None)
}

fn u16_at(bytes: &[u8], at: usize) -> Result<u16, Ext2Error> {
    Ok(u16::from_le_bytes(bytes_at(bytes, at)?))
}

fn u32_at(bytes: &[u8], at: usize) -> Result<u32, Ext2Error> {
    Ok(u32::from_le_bytes(bytes_at(bytes, at)?))
}

fn bytes_at<const N: usize>(bytes: &[u8], at: usize) -> Result<[u8; N], Ext2Error> {
    bytes.get(at..).and_then(|rest| rest.first_chunk()).copied().ok_or(Ext2Error::Damaged("it ends too early"))
}
