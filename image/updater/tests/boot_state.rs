//! The boot state on a partition as the build makes it: `vectors/bootstate.img.zst` is one, of the locked `mke2fs`.

use std::fs;
use std::path::PathBuf;

use sos_updater::UpdateError;
use sos_updater::boot_state::{BootState, Record, SIZE, Sector, Slot};

/// A file that holds such a partition, and the folder it is in.
fn partition() -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("bootstate");
    let image = zstd::decode_all(&include_bytes!("vectors/bootstate.img.zst")[..]).unwrap();
    fs::write(&path, image).unwrap();
    (folder, path)
}

/// Where the copies are, found by their bytes.
fn places(image: &[u8]) -> Vec<usize> {
    (0..image.len()).step_by(SIZE).filter(|at| image[*at..].starts_with(b"# GRUB Environment Block\n")).collect()
}

fn record(text: &str) -> Record {
    text.parse().unwrap()
}

#[test]
fn the_copy_that_does_not_rule_is_replaced_by_one_sector() {
    let (_folder, path) = partition();
    let built = fs::read(&path).unwrap();
    let [first, second] = places(&built)[..] else { panic!("two copies") };
    let mut state = BootState::open(&path).unwrap();
    assert_eq!(state.ruling(), Some(record("2:a:-:0")));

    assert_eq!(state.write(Record::trying(Slot::B)).unwrap(), record("3:a:b:1"));
    let mut expected = built.clone();
    expected[first..first + SIZE].copy_from_slice(&Sector::of(record("3:a:b:1")).0);
    assert!(fs::read(&path).unwrap() == expected, "one sector changed, the first copy's");

    state.write(Record::settled(Slot::B)).unwrap();
    expected[second..second + SIZE].copy_from_slice(&Sector::of(record("4:b:-:0")).0);
    assert!(fs::read(&path).unwrap() == expected, "then the second copy's");
    assert_eq!(BootState::open(&path).unwrap().ruling(), Some(record("4:b:-:0")));
}

#[test]
fn a_copy_that_was_never_written_is_as_the_build_made_it() {
    let (_folder, path) = partition();
    let image = fs::read(&path).unwrap();
    let [first, second] = places(&image)[..] else { panic!("two copies") };
    assert_eq!(image[first..first + SIZE], Sector::of(record("1:a:-:0")).0);
    assert_eq!(image[second..second + SIZE], Sector::of(record("2:a:-:0")).0);
}

#[test]
fn damaged_copies_are_none_and_are_mended_by_the_next_write() {
    let (_folder, path) = partition();
    let mut image = fs::read(&path).unwrap();
    for place in places(&image) {
        image[place + 40] ^= 1;
    }
    fs::write(&path, &image).unwrap();
    let mut state = BootState::open(&path).unwrap();
    assert_eq!(state.ruling(), None);
    state.write(Record::settled(Slot::B)).unwrap();
    assert_eq!(BootState::open(&path).unwrap().ruling(), Some(record("1:b:-:0")));
}

#[test]
fn a_sequence_that_has_come_to_its_end_is_a_fault() {
    let (_folder, path) = partition();
    let mut image = fs::read(&path).unwrap();
    let place = places(&image)[0];
    image[place..place + SIZE].copy_from_slice(&Sector::of(record("999999999:a:-:0")).0);
    fs::write(&path, &image).unwrap();
    let mut state = BootState::open(&path).unwrap();
    assert!(matches!(state.write(Record::settled(Slot::B)), Err(UpdateError::Malformed { .. })));
    assert!(fs::read(&path).unwrap() == image, "nothing was written");
}

#[test]
fn a_partition_that_is_no_ext2_or_has_no_copies_is_a_fault() {
    let (_folder, path) = partition();
    let image = fs::read(&path).unwrap();
    let fault = |bytes: &[u8]| {
        fs::write(&path, bytes).unwrap();
        BootState::open(&path).unwrap_err().to_string()
    };
    assert!(fault(&[0; 4096]).ends_with("its file system is damaged: it has no superblock"));
    assert!(fault(&image[..3000]).contains("it cannot be read"));
    assert!(fault(&[]).contains("it cannot be read"));
    let mut without = image.clone();
    while let Some(at) = without.windows(6).position(|window| window == b"state-") {
        without[at] = b'S';
    }
    assert!(fault(&without).ends_with("its file system has no /state-1"));
}

#[test]
fn nothing_in_the_file_system_is_trusted() {
    let (_folder, path) = partition();
    let image = fs::read(&path).unwrap();
    // Every byte that is not zero, up to the copies: superblock, descriptors, bitmaps, inodes, directories.
    let end = places(&image)[0];
    for at in (0..end).filter(|at| image[*at] != 0 && image[*at] != 0xff) {
        for wrong in [0, 0xff, image[at] ^ 0x80] {
            let mut read = |place: u64, length: usize| {
                let start = usize::try_from(place).unwrap_or(usize::MAX);
                let end = start.saturating_add(length);
                let mut bytes = image.get(start..end).ok_or(std::io::ErrorKind::UnexpectedEof)?.to_vec();
                if (start..end).contains(&at) {
                    bytes[at - start] = wrong;
                }
                Ok(bytes)
            };
            // Found or a fault, never a panic.
            drop(sos_updater::boot_state::ext2::find(&mut read, "/state-2"));
        }
    }
}
