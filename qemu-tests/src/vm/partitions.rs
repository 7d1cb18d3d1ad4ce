//! Finds partitions of a raw disk by their GPT label, so scenarios need no copy of the disk's plan.
//! Layout: UEFI specification 2.10, section 5.3.

use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::Path;

use crate::{Error, Result};

const SECTOR: u64 = 512;

/// Where a partition lies, in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Partition {
    /// First byte.
    pub offset: u64,
    /// Length.
    pub length: u64,
}

/// The partition labelled `label` on the raw disk at `path`.
///
/// # Errors
/// [`Error::Unmet`] when the disk has no GPT or no such partition.
pub fn find_partition(path: &Path, label: &str) -> Result<Partition> {
    let disk = File::open(path).map_err(Error::file(path))?;
    let mut header = [0; 92];
    disk.read_exact_at(&mut header, SECTOR).map_err(Error::file(path))?;
    if &header[..8] != b"EFI PART" {
        return Err(Error::Unmet(format!("{} has no GPT", path.display())));
    }
    let (table, count, size) = (u64_at(&header, 72), u32_at(&header, 80), u32_at(&header, 84));
    for number in 0..u64::from(count) {
        let mut entry = vec![0; size as usize];
        disk.read_exact_at(&mut entry, table * SECTOR + number * u64::from(size)).map_err(Error::file(path))?;
        if name_of(&entry) == label {
            let (first, last) = (u64_at(&entry, 32), u64_at(&entry, 40));
            return Ok(Partition { offset: first * SECTOR, length: (last - first + 1) * SECTOR });
        }
    }
    Err(Error::Unmet(format!("{} has no partition labelled {label}", path.display())))
}

fn name_of(entry: &[u8]) -> String {
    let units = entry[56..128].chunks(2).map(|pair| u16::from_le_bytes([pair[0], pair[1]]));
    String::from_utf16_lossy(&units.take_while(|unit| *unit != 0).collect::<Vec<_>>())
}

fn u32_at(bytes: &[u8], at: usize) -> u32 {
    u32::from_le_bytes(std::array::from_fn(|index| bytes[at + index]))
}

fn u64_at(bytes: &[u8], at: usize) -> u64 {
    u64::from_le_bytes(std::array::from_fn(|index| bytes[at + index]))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A disk with one partition, `state`, of the sectors 40 to 49.
    fn disk() -> tempfile::NamedTempFile {
        let mut bytes = vec![0; 34 * 512];
        bytes[512..520].copy_from_slice(b"EFI PART");
        bytes[512 + 72..512 + 80].copy_from_slice(&2u64.to_le_bytes());
        bytes[512 + 80..512 + 84].copy_from_slice(&4u32.to_le_bytes());
        bytes[512 + 84..512 + 88].copy_from_slice(&128u32.to_le_bytes());
        let entry = 2 * 512 + 128;
        bytes[entry + 32..entry + 40].copy_from_slice(&40u64.to_le_bytes());
        bytes[entry + 40..entry + 48].copy_from_slice(&49u64.to_le_bytes());
        for (index, letter) in "state".encode_utf16().enumerate() {
            bytes[entry + 56 + 2 * index..entry + 58 + 2 * index].copy_from_slice(&letter.to_le_bytes());
        }
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), bytes).unwrap();
        file
    }

    #[test]
    fn a_partition_is_found_by_its_label() {
        let expected = Partition { offset: 40 * 512, length: 10 * 512 };
        assert_eq!(find_partition(disk().path(), "state").unwrap(), expected);
    }

    #[test]
    fn a_missing_partition_is_named() {
        let error = find_partition(disk().path(), "root-a").unwrap_err();
        assert!(error.to_string().ends_with("has no partition labelled root-a"), "{error}");
    }
}
