//! Reads the log of a disk's writes as QEMU's driver `blklogwrites` writes it, in the format of the kernel's target
//! log-writes (`Documentation/admin-guide/device-mapper/log-writes.rst`): a superblock, then an entry for each write in
//! the order in which the disk had done them, with the bytes behind it.
//!
//! In: the log and the size of the disk. Out: where each write went and where its bytes are in the log; they are not read,
//! for a log has gigabytes.

use std::io::{self, Read, Seek, SeekFrom};

/// The superblock's first eight bytes.
const MAGIC: u64 = 0x006a_7366_7773_6872;
const VERSION: u64 = 1;
/// Sectors of a log are told for in its superblock; these are the ones that disks have.
const SECTORS: [u32; 2] = [512, 4096];
/// What an entry says of itself: flush, forced unit access, discard. A forced write counts as one that the next flush
/// makes durable, so a cut may take more of it than a disk would.
const FLUSH: u64 = 1;
const FORCED: u64 = 2;
const DISCARD: u64 = 4;

/// What an entry did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Done {
    /// Wrote bytes, which are in the log from this offset on.
    Wrote(u64),
    /// Gave room back: the bytes read as zeros, or as before.
    Discarded,
    /// Made all before it durable.
    Flushed,
}

/// One entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Entry {
    /// Where the entry begins in the log.
    pub at: u64,
    /// What it did.
    pub done: Done,
    /// The first byte of the disk it is about.
    pub offset: u64,
    /// How many bytes; none for a flush.
    pub length: u64,
}

/// Why a log cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum WriteLogError {
    /// The file cannot be read.
    #[error("cannot read the log of writes: {0}")]
    Read(#[from] io::Error),
    /// It is not such a log.
    #[error("this is no log of writes: {0}")]
    Foreign(String),
    /// An entry is not as it must be.
    #[error("entry {number} of the log of writes {what}")]
    Malformed {
        /// Which, from 0.
        number: u64,
        /// What is wrong with it.
        what: String,
    },
}

/// Reads all entries of a log about a disk of `disk_bytes`.
///
/// The entries behind the last flush do not count: QEMU counts them with the next flush, and makes one when it ends.
///
/// # Errors
/// [`WriteLogError`] for anything that such a log cannot hold.
pub fn read(log: &mut (impl Read + Seek), disk_bytes: u64) -> Result<Vec<Entry>, WriteLogError> {
    let log_bytes = log.seek(SeekFrom::End(0))?;
    let (count, sector) = superblock(log, log_bytes)?;
    let mut reader = Reader { log, log_bytes, disk_bytes, sector, at: sector, number: 0 };
    // A count from outside is no reason to take memory.
    let mut entries = Vec::new();
    while reader.number < count {
        entries.push(reader.entry()?);
        reader.number += 1;
    }
    Ok(entries)
}

/// The number of entries, and the bytes of a sector.
fn superblock(log: &mut (impl Read + Seek), log_bytes: u64) -> Result<(u64, u64), WriteLogError> {
    let mut bytes = [0; 28];
    if log_bytes < bytes.len() as u64 {
        return Err(WriteLogError::Foreign(format!("it has {log_bytes} bytes, which is no superblock")));
    }
    log.seek(SeekFrom::Start(0))?;
    log.read_exact(&mut bytes)?;
    let (magic, version, count) = (u64_at(&bytes, 0), u64_at(&bytes, 8), u64_at(&bytes, 16));
    let sector = u32::from_le_bytes([bytes[24], bytes[25], bytes[26], bytes[27]]);
    if (magic, version) != (MAGIC, VERSION) {
        return Err(WriteLogError::Foreign(format!("it begins with {magic:#x}, version {version}")));
    }
    if !SECTORS.contains(&sector) {
        return Err(WriteLogError::Foreign(format!("its sectors have {sector} bytes")));
    }
    Ok((count, sector.into()))
}

struct Reader<'a, L> {
    log: &'a mut L,
    log_bytes: u64,
    disk_bytes: u64,
    sector: u64,
    at: u64,
    number: u64,
}

impl<L: Read + Seek> Reader<'_, L> {
    fn entry(&mut self) -> Result<Entry, WriteLogError> {
        let mut header = [0; 32];
        if self.log_bytes.saturating_sub(self.at) < self.sector {
            return Err(self.malformed("is behind the end of the log"));
        }
        self.log.seek(SeekFrom::Start(self.at))?;
        self.log.read_exact(&mut header)?;
        let (sector, sectors, flags) = (u64_at(&header, 0), u64_at(&header, 8), u64_at(&header, 16));
        if flags & !(FLUSH | FORCED | DISCARD) != 0 {
            return Err(self.malformed(format!("has flags {flags:#x}, which QEMU does not write")));
        }
        let (at, data) = (self.at, self.at + self.sector);
        let length = sectors.checked_mul(self.sector);
        let in_log = if flags & DISCARD != 0 { Some(0) } else { length };
        let next = in_log.and_then(|length| data.checked_add(length));
        let (Some(length), Some(next)) = (length, next) else {
            return Err(self.malformed("is longer than anything"));
        };
        if next > self.log_bytes {
            return Err(self.malformed("has fewer bytes in the log than it says"));
        }
        self.at = next;
        let offset = sector.checked_mul(self.sector).filter(|offset| self.is_on_the_disk(*offset, length));
        let Some(offset) = offset else {
            return Err(self.malformed("is about bytes that the disk does not have"));
        };
        let done = match flags {
            _ if flags & DISCARD != 0 => Done::Discarded,
            _ if flags & FLUSH != 0 && length == 0 => Done::Flushed,
            _ if flags & FLUSH != 0 => return Err(self.malformed("is a flush with bytes, which QEMU does not write")),
            _ => Done::Wrote(data),
        };
        Ok(Entry { at, done, offset, length })
    }

    fn is_on_the_disk(&self, offset: u64, length: u64) -> bool {
        offset.checked_add(length).is_some_and(|end| end <= self.disk_bytes)
    }

    fn malformed(&self, what: impl Into<String>) -> WriteLogError {
        WriteLogError::Malformed { number: self.number, what: what.into() }
    }
}

fn u64_at(bytes: &[u8], at: usize) -> u64 {
    u64::from_le_bytes(std::array::from_fn(|index| bytes[at + index]))
}

/// A log as QEMU would write it, for tests.
#[cfg(test)]
pub(super) mod craft {
    use super::{DISCARD, FLUSH, MAGIC};

    /// Writes entries one by one.
    #[derive(Default)]
    pub struct Log {
        entries: Vec<u8>,
        count: u64,
    }

    impl Log {
        /// Whole sectors of one letter.
        pub fn wrote(self, sector: u64, sectors: u64, letter: u8) -> Self {
            self.entry([sector, sectors, 0], &vec![letter; sectors as usize * 512])
        }

        /// Room given back.
        pub fn discarded(self, sector: u64, sectors: u64) -> Self {
            self.entry([sector, sectors, DISCARD], &[])
        }

        /// A flush.
        pub fn flushed(self) -> Self {
            self.entry([0, 0, FLUSH], &[])
        }

        /// Anything.
        pub fn entry(mut self, [sector, sectors, flags]: [u64; 3], data: &[u8]) -> Self {
            let mut header = [sector, sectors, flags, 0].map(u64::to_le_bytes).concat();
            header.resize(512, 0);
            self.entries.extend(header);
            self.entries.extend(data);
            self.count += 1;
            self
        }

        /// All bytes of the log.
        pub fn bytes(self) -> Vec<u8> {
            let mut bytes = [MAGIC, 1, self.count].map(u64::to_le_bytes).concat();
            bytes.extend(512u32.to_le_bytes());
            bytes.resize(512, 0);
            bytes.extend(self.entries);
            bytes
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::*;

    const DISK: u64 = 100 * 512;

    fn read_bytes(bytes: Vec<u8>) -> Result<Vec<Entry>, WriteLogError> {
        read(&mut Cursor::new(bytes), DISK)
    }

    #[test]
    fn each_entry_says_where_it_went_and_where_its_bytes_are() {
        let log = craft::Log::default().wrote(8, 2, b'x').discarded(50, 4).flushed().wrote(99, 1, b'y');
        let entry =
            |at, done, sector: u64, sectors: u64| Entry { at, done, offset: sector * 512, length: sectors * 512 };
        let expected = [
            entry(512, Done::Wrote(1024), 8, 2),
            entry(2048, Done::Discarded, 50, 4),
            entry(2560, Done::Flushed, 0, 0),
            entry(3072, Done::Wrote(3584), 99, 1),
        ];
        assert_eq!(read_bytes(log.bytes()).unwrap(), expected);
    }

    #[test]
    fn a_log_of_something_else_is_foreign() {
        let log = || craft::Log::default().wrote(0, 1, b'x').bytes();
        for (at, value) in [(0, 7), (8, 2), (24, 1), (25, 4)] {
            let mut bytes = log();
            bytes[at] = value;
            let read = read_bytes(bytes);
            assert!(matches!(read, Err(WriteLogError::Foreign(_))), "byte {at}: {read:?}");
        }
        assert!(matches!(read_bytes(log()[..20].to_vec()), Err(WriteLogError::Foreign(_))));
    }

    #[test]
    fn an_entry_that_cannot_be_is_named_by_its_number() {
        let good = || craft::Log::default().wrote(0, 1, b'x');
        let cut = |keep: usize| good().wrote(1, 1, b'y').bytes()[..keep].to_vec();
        let wrong = [
            ("an unknown flag", good().entry([0, 0, 16], &[]).bytes()),
            ("beyond the disk", good().wrote(100, 1, b'y').bytes()),
            ("more sectors than there are numbers", good().entry([0, u64::MAX, 0], &[]).bytes()),
            ("an offset beyond all numbers", good().entry([u64::MAX, 0, FLUSH], &[]).bytes()),
            ("bytes missing", good().entry([1, 2, 0], &[0; 512]).bytes()),
            ("a flush with bytes", good().entry([1, 1, FLUSH], &[0; 512]).bytes()),
            ("a mark", good().entry([1, 1, 8], &[]).bytes()),
            ("cut in its bytes", cut(512 + 1024 + 512 + 100)),
            ("cut in its header", cut(512 + 1024 + 100)),
        ];
        for (what, bytes) in wrong {
            let read = read_bytes(bytes);
            assert!(matches!(read, Err(WriteLogError::Malformed { number: 1, .. })), "{what}: {read:?}");
        }
    }
}
