//! Bundles that are cut, bent, or something else.

use std::io::Read as _;

use sos_signing::offer::{Source as _, SourceError};

use super::Bundle;

const SMALL: &str = "metadata/timestamp.json";
const PAYLOAD: &str = "releases/13.20260101.1/sos-13.20260101.1-amd64.slot";

/// A header of a file, an entry of a type, with the name it says.
fn header(name: &str, size: u64, kind: tar::EntryType) -> tar::Header {
    let mut header = tar::Header::new_ustar();
    header.as_ustar_mut().unwrap().name[..name.len()].copy_from_slice(name.as_bytes());
    header.set_size(size);
    header.set_mode(0o644);
    header.set_entry_type(kind);
    header.set_cksum();
    header
}

fn archive(entries: &[(&str, &[u8])]) -> Vec<u8> {
    let mut archive = tar::Builder::new(Vec::new());
    for (name, bytes) in entries {
        archive.append(&header(name, bytes.len() as u64, tar::EntryType::Regular), *bytes).unwrap();
    }
    archive.into_inner().unwrap()
}

fn good() -> Vec<u8> {
    archive(&[(SMALL, b"{}"), (PAYLOAD, &[7; 1500])])
}

fn open(bytes: &[u8]) -> Result<Bundle, String> {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), bytes).unwrap();
    Bundle::open(file.path()).map_err(|error| error.to_string())
}

#[test]
fn reads_files_whole_and_the_payload_from_any_byte() {
    let bundle = open(&good()).unwrap();
    assert_eq!(bundle.read(SMALL, 2).unwrap(), b"{}");
    assert_eq!(bundle.read(SMALL, 1).unwrap_err(), SourceError::TooLarge { path: SMALL.into(), limit: 1 });
    let absent = SourceError::Absent { path: "metadata/2.root.json".into() };
    assert_eq!(bundle.read("metadata/2.root.json", 9).unwrap_err(), absent);
    for (offset, rest) in [(0, 1500), (1400, 100), (1500, 0)] {
        let mut bytes = Vec::new();
        bundle.payload(PAYLOAD, offset, 1500).unwrap().read_to_end(&mut bytes).unwrap();
        assert_eq!(bytes, vec![7; rest]);
    }
    let error = bundle.payload(PAYLOAD, 0, 1501).unwrap_err();
    assert!(error.to_string().contains("it has 1500 bytes, and 1501 were signed"), "{error}");
}

#[test]
fn a_bundle_that_was_cut_short_anywhere_is_none() {
    let whole = good();
    let needed = 512 + 512 + 512 + 1536 + 512;
    for length in (0..needed).step_by(97).chain([needed - 1]) {
        let error = open(&whole[..length]).unwrap_err();
        assert!(error.contains("it was cut short"), "{length}: {error}");
    }
    open(&whole[..needed]).unwrap();
}

#[test]
fn names_that_are_not_a_channel_s_are_refused() {
    let names = [
        "/etc/passwd",
        "../metadata/timestamp.json",
        "metadata/../timestamp.json",
        "./metadata/timestamp.json",
        "metadata/",
        "metadata/timestamp.txt",
        "metadata/.json",
        "metadata/a/b.json",
        "releases/latest/sos.slot",
        "releases/13.20260101.1/",
        "releases/13.20260101.1/../x",
        "releases/13.20260101.1/-x",
        "targets//x.json",
        "timestamp.json",
    ];
    for name in names {
        let error = open(&archive(&[(name, b"{}")])).unwrap_err();
        assert!(error.contains("is no name of a channel's file"), "{name}: {error}");
    }
}

#[test]
fn links_folders_and_devices_are_refused() {
    use tar::EntryType as Kind;
    for kind in [Kind::Link, Kind::Symlink, Kind::Directory, Kind::Char, Kind::Fifo, Kind::XHeader, Kind::GNULongName] {
        let mut bytes = header(SMALL, 0, kind).as_bytes().to_vec();
        bytes.extend([0; 1024]);
        let error = open(&bytes).unwrap_err();
        assert!(error.contains("is no plain file"), "{kind:?}: {error}");
    }
}

#[test]
fn a_name_twice_is_refused() {
    let error = open(&archive(&[(SMALL, b"{}"), (SMALL, b"[]")])).unwrap_err();
    assert!(error.contains("it has metadata/timestamp.json twice"), "{error}");
}

#[test]
fn sizes_that_no_file_has_are_refused() {
    for size in [1 << 40, u64::MAX - 511, u64::MAX] {
        let mut bytes = header(SMALL, size, tar::EntryType::Regular).as_bytes().to_vec();
        bytes.extend([0; 4096]);
        let error = open(&bytes).unwrap_err();
        assert!(error.contains("cut short") || error.contains("metadata/timestamp.json: "), "{size}: {error}");
    }
}

#[test]
fn what_is_no_archive_is_said_to_be_none() {
    let mut damaged = good();
    damaged[3] ^= 1;
    for bytes in [damaged, vec![b'x'; 2048], b"PK\x03\x04".repeat(400)] {
        let error = open(&bytes).unwrap_err();
        assert!(error.contains("this is no tar archive (ustar)"), "{error}");
    }
    let folder = tempfile::tempdir().unwrap();
    assert!(Bundle::open(folder.path()).unwrap_err().to_string().contains("it is no file"));
}

#[test]
fn more_files_than_any_channel_has_are_refused() {
    let names: Vec<_> = (0..1025).map(|number| format!("metadata/{number}.root.json")).collect();
    let entries: Vec<_> = names.iter().map(|name| (name.as_str(), &b""[..])).collect();
    assert!(open(&archive(&entries)).unwrap_err().contains("more than 1024 files"));
}
