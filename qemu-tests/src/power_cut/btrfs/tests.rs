//! Real file systems, made by `mkfs.btrfs` without a mount.

use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::PathBuf;
use std::time::Duration;

use super::*;
use crate::Error;
use crate::program::Program;

const BYTES: u64 = 128 << 20;
/// Where the partition begins.
const START: u64 = 1 << 20;

/// A disk as it is.
struct Disk(File);

impl Bytes for Disk {
    fn read(&self, offset: u64, into: &mut [u8]) -> Result<()> {
        self.0.read_exact_at(into, offset).map_err(Error::wire("reading the disk"))
    }

    fn is_cut_at(&self, _: &Range<u64>) -> bool {
        false
    }
}

struct Made {
    _folder: tempfile::TempDir,
    disk: Disk,
    looker: Looker,
}

/// A file system with some files, a megabyte into a disk.
fn made() -> Made {
    let folder = tempfile::tempdir().unwrap();
    let (tree, image) = (folder.path().join("tree"), folder.path().join("image"));
    for name in ["a", "b"] {
        std::fs::create_dir_all(tree.join(name)).unwrap();
        (0..200_u32).for_each(|number| {
            std::fs::write(tree.join(name).join(format!("letter-{number}")), number.to_le_bytes().repeat(2000))
                .unwrap();
        });
    }
    let file = File::create(&image).unwrap();
    file.set_len(BYTES).unwrap();
    let mkfs = Program::new("mkfs.btrfs").words("--quiet --metadata dup --rootdir").arg(&tree).arg(&image);
    mkfs.run(Duration::from_secs(60)).unwrap();
    let disk: PathBuf = folder.path().join("disk");
    let disk = File::options().read(true).write(true).create_new(true).open(disk).unwrap();
    disk.write_all_at(&std::fs::read(&image).unwrap(), START).unwrap();
    Made { _folder: folder, disk: Disk(disk), looker: Looker::new(START..START + BYTES) }
}

#[test]
fn a_file_system_is_sound_until_one_of_its_sectors_is_not() {
    let Made { disk, mut looker, .. } = made();
    let sound = looker.look(&disk).unwrap();
    assert!(sound.subvolumes.is_empty() && sound.generation > 0);
    assert!(looker.sectors.len() >= 400 && looker.blocks.len() > 10);
    let in_rows: u64 = looker.rows.values().map(|(row, _)| (row.end - row.start) / 4096).sum();
    assert_eq!(in_rows, looker.sectors.len() as u64, "every sector is in a row");

    let (&place, _) = looker.sectors.iter().next().unwrap();
    let mut byte = [0];
    disk.read(place + 77, &mut byte).unwrap();
    disk.0.write_all_at(&[byte[0] ^ 1], place + 77).unwrap();
    assert!(looker.look(&disk).is_ok(), "what was found sound counts until something is written there");
    looker.forget(&(place + 77..place + 78));
    let error = looker.look(&disk).unwrap_err().to_string();
    assert!(error.starts_with("the data at "), "{error}");
    disk.0.write_all_at(&byte, place + 77).unwrap();
    looker.forget(&(place + 77..place + 78));
    assert_eq!(looker.look(&disk).unwrap(), sound);
}

#[test]
fn a_block_may_be_lost_once_but_not_twice() {
    let Made { disk, mut looker, .. } = made();
    looker.look(&disk).unwrap();
    // A leaf of the tree of files, by what it holds.
    let (place, block) = {
        let holds = |block: &Block| block.items().unwrap().iter().any(|(key, _)| key.kind == 1 && key.object > 256);
        let (place, (_, block)) = looker.blocks.iter().find(|(_, (_, block))| holds(block)).unwrap();
        (*place, block.clone())
    };
    let mut bytes = vec![0; 65536];
    disk.read(place, &mut bytes).unwrap();
    disk.0.write_all_at(&[0xff; 512], place + 200).unwrap();
    looker.forget(&(place + 200..place + 712));
    looker.look(&disk).unwrap();
    let copy = looker.blocks.iter().find(|(_, (_, other))| other.items().unwrap() == block.items().unwrap());
    let copy = *copy.unwrap().0;
    assert_ne!(copy, place);
    disk.0.write_all_at(&[0xff; 512], copy + 200).unwrap();
    looker.forget(&(copy..copy + 4096));
    let error = looker.look(&disk).unwrap_err().to_string();
    assert!(error.contains("has a wrong checksum"), "{error}");
}

#[test]
fn a_superblock_half_written_is_none() {
    let Made { disk, mut looker, .. } = made();
    looker.look(&disk).unwrap();
    disk.0.write_all_at(&[0xff; 16], START + SUPERBLOCK + 512).unwrap();
    looker.forget(&(START + SUPERBLOCK..START + SUPERBLOCK + 4096));
    assert_eq!(looker.look(&disk).unwrap_err().to_string(), "the superblock has a wrong checksum");
    disk.0.write_all_at(&[0; 4096], START + SUPERBLOCK).unwrap();
    assert_eq!(looker.look(&disk).unwrap_err().to_string(), "the superblock is not there");
}
