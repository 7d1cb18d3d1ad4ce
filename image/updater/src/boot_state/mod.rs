//! Which slot boots: two copies of one record in the partition `bootstate`, as `image/boot/grub.cfg` reads them.
//!
//! The partition is never mounted here. The files `state-1` and `state-2` are found by reading the file system's
//! structures, which nothing ever changes; what is written is one sector, straight to the disk, of the copy that does
//! not rule. So a power cut leaves the old state or the new one, and the file system cannot break.

pub mod choice;
pub mod ext2;
mod record;
mod sector;

use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::{FileExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use rustix::fs::OFlags;

pub use record::{NoRecord, Record, Slot};
pub use sector::{SIZE, Sector};

use crate::error::UpdateError;

/// Where the partition is.
pub const PARTITION: &str = "/dev/disk/by-partlabel/bootstate";

/// The two files.
const FILES: [&str; 2] = ["/state-1", "/state-2"];

/// What a disk without a cache in between wants buffers and places to be multiples of.
const ALIGNMENT: usize = 4096;

/// The boot state of a disk, as it was read and as it was written since.
#[derive(Debug)]
pub struct BootState {
    device: PathBuf,
    copies: [Option<Copy>; 2],
}

/// A copy that is where it should be; what it says may be damaged.
#[derive(Debug, Clone)]
struct Copy {
    place: u64,
    sector: Sector,
}

impl BootState {
    /// Reads both copies from a partition, or from a file that holds what a partition would.
    ///
    /// # Errors
    /// When neither copy can be found, as on a disk that cannot be read. Copies that are damaged are none.
    pub fn open(device: &Path) -> Result<Self, UpdateError> {
        let file = open(device, OpenOptions::new().read(true)).map_err(UpdateError::file("open", device))?;
        let found = FILES.map(|name| Copy::find(&file, name));
        if let [Err(why), Err(_)] = &found {
            return Err(UpdateError::malformed(device, why));
        }
        Ok(Self { device: device.to_owned(), copies: found.map(Result::ok) })
    }

    /// What the copy that rules says; nothing when both are damaged.
    #[must_use]
    pub fn ruling(&self) -> Option<Record> {
        self.ruling_copy().map(|(_, record)| record)
    }

    /// Replaces the copy that does not rule by `record`, with the next sequence. On the disk when it returns.
    ///
    /// # Errors
    /// When the disk cannot be written, or the copy is not where it should be.
    pub fn write(&mut self, record: Record) -> Result<Record, UpdateError> {
        let (copy, sequence) = match self.ruling_copy() {
            Some((ruling, record)) => (1 - ruling, record.sequence + 1),
            None => (usize::from(self.copies[0].is_none()), 1),
        };
        if sequence > Record::HIGHEST {
            return Err(UpdateError::malformed(
                &self.device,
                "its sequence has come to its end; install the disk anew",
            ));
        }
        let record = Record { sequence, ..record };
        let Some(copy) = &mut self.copies[copy] else {
            return Err(UpdateError::malformed(&self.device, format!("{} is not where it should be", FILES[copy])));
        };
        let sector = Sector::of(record);
        let file = open(&self.device, OpenOptions::new().read(true).write(true));
        let written = file.and_then(|file| write_at(&file, copy.place, &sector.0));
        written.map_err(UpdateError::file("write", &self.device))?;
        copy.sector = sector;
        Ok(record)
    }

    fn ruling_copy(&self) -> Option<(usize, Record)> {
        choice::ruling([0, 1].map(|copy| self.copies[copy].as_ref().map(|copy| &copy.sector)))
    }
}

impl Copy {
    fn find(file: &File, name: &str) -> Result<Self, ext2::Ext2Error> {
        let place = ext2::find(&mut |place, length| read_at(file, place, length), name)?;
        let bytes = read_at(file, place, SIZE)?;
        let sector = bytes.try_into().map_err(|_| ext2::Ext2Error::Damaged("it ends too early"))?;
        Ok(Self { place, sector: Sector(sector) })
    }
}

/// Opens past every cache. Only a test's file may lie where that is not possible.
fn open(device: &Path, options: &mut OpenOptions) -> io::Result<File> {
    let flags = |flags: OFlags| flags.bits().cast_signed();
    match options.custom_flags(flags(OFlags::DIRECT | OFlags::SYNC)).open(device) {
        Err(error) if error.kind() == io::ErrorKind::InvalidInput && device.is_file() => {
            options.custom_flags(flags(OFlags::SYNC)).open(device)
        }
        opened => opened,
    }
}

/// Reads whole aligned blocks around what is wanted.
fn read_at(file: &File, place: u64, length: usize) -> io::Result<Vec<u8>> {
    let before = usize::try_from(place % ALIGNMENT as u64).unwrap_or(0);
    let whole = (before + length).next_multiple_of(ALIGNMENT);
    let mut buffer = vec![0; whole + ALIGNMENT];
    let aligned = aligned(&mut buffer, whole)?;
    let read = file.read_at(aligned, place - before as u64)?;
    let wanted = aligned.get(before..before + length).filter(|_| read >= before + length);
    wanted.map(<[u8]>::to_vec).ok_or_else(|| io::ErrorKind::UnexpectedEof.into())
}

/// Writes one sector in one piece.
fn write_at(file: &File, place: u64, sector: &[u8; SIZE]) -> io::Result<()> {
    let mut buffer = vec![0; SIZE + ALIGNMENT];
    let aligned = aligned(&mut buffer, SIZE)?;
    aligned.copy_from_slice(sector);
    if file.write_at(aligned, place)? == SIZE { Ok(()) } else { Err(io::ErrorKind::WriteZero.into()) }
}

/// The part of `buffer` that begins at a multiple of the alignment.
fn aligned(buffer: &mut [u8], length: usize) -> io::Result<&mut [u8]> {
    let start = buffer.as_ptr().align_offset(ALIGNMENT);
    start
        .checked_add(length)
        .and_then(|end| buffer.get_mut(start..end))
        .ok_or_else(|| io::ErrorKind::OutOfMemory.into())
}
