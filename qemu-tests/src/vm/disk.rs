//! A machine's disk: the built image, never written, under a qcow2 overlay grown to a provider's size;
//! or a sparse raw copy, for scenarios that read and bend single bytes of it.

use std::fs::File;
use std::io::Write;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::program::Program;
use crate::{Error, Result};

/// The smallest disk we promise to run on.
pub const MACHINE_DISK_BYTES: u64 = 16 << 30;

/// qcow2 clusters, 64 KiB as qemu-img makes them.
const CLUSTER: u64 = 1 << CLUSTER_BITS;
const CLUSTER_BITS: u32 = 16;
/// Bytes one L1 entry maps: one L2 table's worth of clusters.
const L1_ENTRY_MAPS: u64 = CLUSTER * (CLUSTER / 8);
/// A copy of the image takes seconds; minutes mean a broken disk.
const COPY_LIMIT: Duration = Duration::from_secs(300);

/// How the file holds the disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DiskFormat {
    /// Sparse, byte for byte.
    Raw,
    /// Differences over a backing file; can hold snapshots.
    Qcow2,
}

impl DiskFormat {
    /// QEMU's name for it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            DiskFormat::Raw => "raw",
            DiskFormat::Qcow2 => "qcow2",
        }
    }
}

/// A disk file a machine may write.
#[derive(Debug, Clone)]
pub struct Disk {
    /// The file.
    pub path: PathBuf,
    /// Its format.
    pub format: DiskFormat,
}

impl Disk {
    /// An empty qcow2 overlay of [`MACHINE_DISK_BYTES`] at `path` over the raw disk `image`.
    ///
    /// # Errors
    /// [`Error::File`] for either file.
    pub fn overlay(image: &Path, path: &Path) -> Result<Disk> {
        let image = image.canonicalize().map_err(Error::file(image))?;
        let bytes = empty_overlay(&image, MACHINE_DISK_BYTES);
        File::create(path).and_then(|mut file| file.write_all(&bytes)).map_err(Error::file(path))?;
        Ok(Disk { path: path.to_owned(), format: DiskFormat::Qcow2 })
    }

    /// A sparse raw copy of `image` at `path`, grown to [`MACHINE_DISK_BYTES`].
    ///
    /// # Errors
    /// [`Error::Program`] or [`Error::File`] when the copy fails.
    pub fn copy(image: &Path, path: &Path) -> Result<Disk> {
        copy_sparse(image, path)?;
        let file = File::options().write(true).open(path).map_err(Error::file(path))?;
        file.set_len(MACHINE_DISK_BYTES).map_err(Error::file(path))?;
        Ok(Disk { path: path.to_owned(), format: DiskFormat::Raw })
    }

    /// A copy of a base's qcow2 file, snapshots included.
    ///
    /// # Errors
    /// [`Error::Program`] when the copy fails.
    pub fn restore(base: &Path, path: &Path) -> Result<Disk> {
        copy_sparse(base, path)?;
        Ok(Disk { path: path.to_owned(), format: DiskFormat::Qcow2 })
    }

    /// Reads `length` bytes of a raw disk.
    ///
    /// # Errors
    /// [`Error::File`].
    pub fn read(&self, offset: u64, length: usize) -> Result<Vec<u8>> {
        let mut bytes = vec![0; length];
        File::open(&self.path)
            .and_then(|file| file.read_exact_at(&mut bytes, offset))
            .map_err(Error::file(&self.path))?;
        Ok(bytes)
    }

    /// Flips the lowest bit of one byte of a raw disk; twice restores it.
    ///
    /// # Errors
    /// [`Error::File`].
    pub fn flip_bit(&self, offset: u64) -> Result<()> {
        let byte = self.read(offset, 1)?[0] ^ 1;
        File::options()
            .write(true)
            .open(&self.path)
            .and_then(|file| file.write_all_at(&[byte], offset))
            .map_err(Error::file(&self.path))
    }
}

fn copy_sparse(from: &Path, to: &Path) -> Result<()> {
    Program::new("cp").words("--reflink=auto --sparse=always").arg(from).arg(to).run(COPY_LIMIT).map(drop)
}

/// An empty version 3 qcow2 file: header, refcount table, one refcount block, L1 table, a cluster each.
/// Layout: QEMU's `docs/interop/qcow2.txt`.
fn empty_overlay(backing: &Path, size: u64) -> Vec<u8> {
    let name = backing.as_os_str().as_encoded_bytes();
    let l1_entries = size.div_ceil(L1_ENTRY_MAPS);
    let name_at = 104 + 8 + 8 + 8; // header, backing format extension, end of extensions
    let mut header = Vec::new();
    header.extend(b"QFI\xfb");
    header.extend(3u32.to_be_bytes()); // version
    header.extend((name_at as u64).to_be_bytes());
    header.extend((name.len() as u32).to_be_bytes());
    header.extend(CLUSTER_BITS.to_be_bytes());
    header.extend(size.to_be_bytes());
    header.extend(0u32.to_be_bytes()); // not encrypted
    header.extend((l1_entries as u32).to_be_bytes());
    header.extend((3 * CLUSTER).to_be_bytes()); // L1 table
    header.extend(CLUSTER.to_be_bytes()); // refcount table
    header.extend(1u32.to_be_bytes()); // clusters of the refcount table
    header.extend([0; 12]); // no snapshots
    header.extend([0; 24]); // no feature bits
    header.extend(4u32.to_be_bytes()); // refcounts of 16 bits
    header.extend(104u32.to_be_bytes()); // header length
    header.extend(0xE279_2ACA_u32.to_be_bytes()); // backing format
    header.extend(3u32.to_be_bytes());
    header.extend(b"raw\0\0\0\0\0");
    header.extend([0; 8]); // end of extensions
    header.extend(name);

    let mut file = vec![0; 4 * CLUSTER as usize];
    file[..header.len()].copy_from_slice(&header);
    let table = CLUSTER as usize;
    file[table..table + 8].copy_from_slice(&(2 * CLUSTER).to_be_bytes());
    for cluster in 0..4 {
        let entry = 2 * CLUSTER as usize + 2 * cluster;
        file[entry..entry + 2].copy_from_slice(&1u16.to_be_bytes());
    }
    file
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_backing_name_is_where_the_header_says() {
        let bytes = empty_overlay(Path::new("/images/disk.raw"), MACHINE_DISK_BYTES);
        let number = |at: usize| u64::from_be_bytes(bytes[at..at + 8].try_into().unwrap()) as usize;
        let length = u32::from_be_bytes(bytes[16..20].try_into().unwrap()) as usize;
        assert_eq!(&bytes[number(8)..number(8) + length], b"/images/disk.raw");
        assert_eq!(number(24) as u64, MACHINE_DISK_BYTES);
    }

    #[test]
    fn flipping_a_bit_twice_restores_the_disk() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("disk");
        std::fs::write(&path, [7; 600]).unwrap();
        let disk = Disk { path: path.clone(), format: DiskFormat::Raw };
        disk.flip_bit(512).unwrap();
        assert_eq!(disk.read(511, 3).unwrap(), [7, 6, 7]);
        disk.flip_bit(512).unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), [7; 600]);
    }

    #[test]
    fn a_copy_is_grown_and_stays_sparse() {
        use std::os::unix::fs::MetadataExt;
        let folder = tempfile::tempdir().unwrap();
        let image = folder.path().join("image");
        std::fs::write(&image, [1; 4096]).unwrap();
        let copy = Disk::copy(&image, &folder.path().join("copy")).unwrap();
        let metadata = std::fs::metadata(&copy.path).unwrap();
        assert_eq!(metadata.len(), MACHINE_DISK_BYTES);
        assert!(metadata.blocks() * 512 < 1 << 20);
    }
}
