//! The slot writer: the two partitions of the slot that is not booted, and nothing else. It takes only what was
//! verified ([`Found`]), and writes and reads past the page cache where the disk allows it.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Seek as _, SeekFrom};
use std::os::unix::fs::{FileExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use rustix::fs::OFlags;
use sos_provision::Device;
use sos_signing::{BLOCK, Part};

use crate::boot_state::Slot;
use crate::check::Found;
use crate::early::booted_slot;
use crate::error::UpdateError;

/// What of a boot partition is zeroed before its slot is filled: without it GRUB finds no file system there.
const HEAD: usize = 64 << 10;

/// What O_DIRECT wants memory to be aligned to: the largest sector of any disk.
const ALIGNMENT: usize = BLOCK as usize;

/// The slot that is not booted, open for writing.
#[derive(Debug)]
pub struct OtherSlot {
    slot: Slot,
    root: Partition,
    boot: Partition,
}

#[derive(Debug)]
struct Partition {
    path: PathBuf,
    file: File,
}

impl OtherSlot {
    /// Opens the other slot's partitions for a release, and writes nothing yet.
    ///
    /// # Errors
    /// When it is not known which slot runs, when a partition is not there, is in use, or is too small.
    pub fn open(device: &Device, found: &Found) -> Result<Self, UpdateError> {
        let slot = booted_slot(device)?.other();
        let open = |part: Part, name: &str| {
            let path = device.path(&format!("/dev/disk/by-partlabel/{name}-{slot}"));
            let taken = device.path(&format!("/dev/disk/by-partlabel/{name}-{}", slot.other()));
            let needed = found.index().part(part).map_or(0, |part| part.size);
            Partition::open(&path, &taken, needed)
        };
        Ok(Self { slot, root: open(Part::Root, "root")?, boot: open(Part::Boot, "boot")? })
    }

    /// Which slot it is.
    #[must_use]
    pub fn slot(&self) -> Slot {
        self.slot
    }

    /// Makes sure that this slot does not boot: what the boot chooser looks for is gone when this returns.
    pub(crate) fn disarm(&self) -> Result<(), UpdateError> {
        self.write(Part::Boot, 0, &Aligned::new(HEAD))?;
        self.boot.sync()
    }

    /// Writes `bytes`, whole blocks of them.
    pub(crate) fn write(&self, part: Part, offset: u64, bytes: &[u8]) -> Result<(), UpdateError> {
        let partition = self.partition(part);
        partition.file.write_all_at(bytes, offset).map_err(UpdateError::file("write", &partition.path))
    }

    /// Reads whole blocks.
    pub(crate) fn read(&self, part: Part, offset: u64, bytes: &mut [u8]) -> Result<(), UpdateError> {
        let partition = self.partition(part);
        partition.file.read_exact_at(bytes, offset).map_err(UpdateError::file("read", &partition.path))
    }

    /// What was written is on the disk when this returns.
    pub(crate) fn sync(&self) -> Result<(), UpdateError> {
        self.root.sync()?;
        self.boot.sync()
    }

    /// Where a partition is, for people.
    pub(crate) fn path(&self, part: Part) -> &Path {
        &self.partition(part).path
    }

    fn partition(&self, part: Part) -> &Partition {
        match part {
            Part::Root => &self.root,
            Part::Boot => &self.boot,
        }
    }
}

impl Partition {
    /// Opens `path` unless it is `taken`, which the running system has.
    fn open(path: &Path, taken: &Path, needed: u64) -> Result<Self, UpdateError> {
        let same = |other: io::Result<PathBuf>| fs::canonicalize(path).is_ok_and(|own| other.is_ok_and(|o| o == own));
        if same(fs::canonicalize(taken)) {
            return Err(UpdateError::malformed(path, "it is the partition that runs; nothing is written to it"));
        }
        let file = open_exclusively(path).map_err(UpdateError::file("open for writing", path))?;
        let partition = Self { path: path.to_owned(), file };
        let size = (&partition.file).seek(SeekFrom::End(0)).map_err(UpdateError::file("measure", path))?;
        if size < needed {
            let what = format!("the partition has {size} bytes, and the release needs {needed}");
            return Err(UpdateError::malformed(path, what));
        }
        Ok(partition)
    }

    fn sync(&self) -> Result<(), UpdateError> {
        self.file.sync_data().map_err(UpdateError::file("sync", &self.path))
    }
}

/// Opens past the page cache where that works. Exclusively: for a block device that is mounted, or below dm-verity, the
/// kernel says no.
fn open_exclusively(path: &Path) -> io::Result<File> {
    let open = |flags: OFlags| {
        let flags = i32::try_from(flags.bits()).map_err(io::Error::other)?;
        OpenOptions::new().read(true).write(true).custom_flags(flags).open(path)
    };
    match open(OFlags::EXCL | OFlags::DIRECT) {
        Err(error) if error.kind() == io::ErrorKind::InvalidInput => open(OFlags::EXCL),
        opened => opened,
    }
}

/// Zeroed memory that begins where O_DIRECT wants it to.
#[derive(Debug)]
pub(crate) struct Aligned {
    memory: Vec<u8>,
    from: usize,
    size: usize,
}

impl Aligned {
    /// `size` bytes.
    pub(crate) fn new(size: usize) -> Self {
        let memory = vec![0; size + ALIGNMENT];
        let from = memory.as_ptr().align_offset(ALIGNMENT);
        Self { memory, from, size }
    }
}

impl std::ops::Deref for Aligned {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.memory[self.from..self.from + self.size]
    }
}

impl std::ops::DerefMut for Aligned {
    fn deref_mut(&mut self) -> &mut [u8] {
        &mut self.memory[self.from..self.from + self.size]
    }
}
