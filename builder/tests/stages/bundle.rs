//! Packing a release for carrying by hand.

use std::collections::BTreeMap;
use std::fs;
use std::io::Read as _;
use std::path::Path;

use sos_builder::bundle::bundle;
use sos_builder::error::{Error, Refusal};
use sos_builder::progress::Progress;
use sos_signing::{Kind, Manifest};

use crate::channel::{Channel, NOW, files};

const ONE: &str = "13.20261123.1";
const TWO: &str = "13.20261123.2";

/// Packs a release and returns the bundle's bytes.
fn packed(channel: &Channel, version: &str) -> Vec<u8> {
    let out = channel.path("release.tar");
    let size = bundle(&channel.offered().unwrap(), &channel.release(version), &out, Progress::Silent).unwrap();
    let bytes = fs::read(&out).unwrap();
    assert_eq!(size, bytes.len() as u64);
    bytes
}

/// The names in a bundle, in their order, and what is behind each.
fn unpacked(bytes: &[u8]) -> (Vec<String>, BTreeMap<String, Vec<u8>>) {
    let (mut names, mut contents) = (Vec::new(), BTreeMap::new());
    for entry in tar::Archive::new(bytes).entries().unwrap() {
        let mut entry = entry.unwrap();
        let header = entry.header();
        assert!(header.as_ustar().is_some(), "every reader of tars knows ustar");
        assert_eq!((header.mode().unwrap(), header.uid().unwrap(), header.mtime().unwrap()), (0o644, 0, NOW));
        let name = entry.path().unwrap().to_str().unwrap().to_owned();
        let mut bytes = Vec::new();
        entry.read_to_end(&mut bytes).unwrap();
        names.push(name.clone());
        contents.insert(name, bytes);
    }
    (names, contents)
}

#[test]
fn a_bundle_has_what_a_device_needs_in_the_order_in_which_it_needs_it() {
    let channel = Channel::offering(&[ONE, TWO]);
    let (names, contents) = unpacked(&packed(&channel, TWO));
    let target = files(&channel.path("repo/targets")).into_iter().find(|name| name.contains(TWO)).unwrap();
    assert_eq!(
        names,
        [
            "metadata/1.root.json",
            "metadata/2.targets.json",
            "metadata/2.snapshot.json",
            "metadata/timestamp.json",
            &format!("targets/{target}"),
            &format!("releases/{TWO}/sos-{TWO}-amd64.slot.json"),
            &format!("releases/{TWO}/sos-{TWO}.notes.json"),
            &format!("releases/{TWO}/sos-{TWO}-amd64.slot"),
        ]
    );
    for (name, bytes) in contents {
        let file = match name.strip_prefix(&format!("releases/{TWO}/")) {
            Some(artefact) => channel.release(TWO).join(artefact),
            None => channel.repository().join(&name),
        };
        assert!(bytes == fs::read(file).unwrap(), "{name}");
    }
}

#[test]
fn a_bundle_is_the_same_each_time() {
    let channel = Channel::offering(&[ONE]);
    let first = packed(&channel, ONE);
    assert!(first == packed(&channel, ONE));
}

#[test]
fn only_a_release_that_is_offered_is_packed() {
    let channel = Channel::offering(&[ONE]);
    channel.make(TWO, "");
    let out = channel.path("release.tar");
    let error = bundle(&channel.offered().unwrap(), &channel.release(TWO), &out, Progress::Silent).unwrap_err();
    assert!(matches!(&error, Error::Refused(Refusal::NotListed { version, .. }) if version == TWO), "{error}");
    channel.make(ONE, " made again");
    let error = bundle(&channel.offered().unwrap(), &channel.release(ONE), &out, Progress::Silent).unwrap_err();
    assert!(matches!(error, Error::Refused(Refusal::OtherManifest { .. })), "{error}");
    assert!(!out.exists());
}

#[test]
fn a_file_that_is_not_the_listed_one_is_not_packed() {
    let channel = Channel::offering(&[ONE]);
    let file = channel.release(ONE).join(format!("sos-{ONE}.notes.json"));
    fs::write(&file, "{}").unwrap();
    let out = channel.path("release.tar");
    let error = bundle(&channel.offered().unwrap(), &channel.release(ONE), &out, Progress::Silent).unwrap_err();
    assert!(matches!(&error, Error::Refused(Refusal::ArtefactDiffers { path }) if *path == file), "{error}");
    assert!(!out.exists());
}

#[test]
fn a_bundle_that_cannot_be_written_is_a_fault_that_names_it() {
    let channel = Channel::offering(&[ONE]);
    let out = Path::new("/nowhere/release.tar");
    let error = bundle(&channel.offered().unwrap(), &channel.release(ONE), out, Progress::Silent).unwrap_err();
    assert!(error.to_string().contains("/nowhere/release.tar"), "{error}");
    assert_eq!(error.exit_code(), 1);
}

#[test]
fn a_release_without_notes_is_packed_without_them() {
    let channel = Channel::offering(&[]);
    channel.make(ONE, "");
    let dir = channel.release(ONE);
    let mut manifest = Manifest::from_bytes(&fs::read(dir.join("manifest.json")).unwrap()).unwrap();
    manifest.artefacts.retain(|artefact| artefact.kind != Kind::notes());
    manifest.write(&dir).unwrap();
    channel.add(ONE);
    let (names, _) = unpacked(&packed(&channel, ONE));
    assert!(!names.iter().any(|name| name.ends_with(".notes.json")), "{names:?}");
    assert!(names.last().unwrap().ends_with(".slot"), "{names:?}");
}
