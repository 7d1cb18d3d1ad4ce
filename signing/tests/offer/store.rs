//! Threat: what the device kept is lost or torn, by a power cut or a bad disk.

use std::fs;

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use sos_signing::repository::RoleType::{Root, Snapshot, Timestamp};

use crate::world::{Channel, Device, NEWER, Provider};

const FILES: [&str; 3] = ["root.json", "timestamp.json", "snapshot.json"];

/// A device that saw a channel after its root and its online key changed, and that channel before.
fn seen() -> (Provider, Device, Channel) {
    let provider = Provider::offering();
    provider.make_key("online-2");
    provider.rotate(&[Root], &[], &["root-1", "root-2"]);
    provider.rotate(&[Snapshot, Timestamp], &["online-2"], &["root-1", "root-2"]);
    provider.timestamp("online-2", None);
    let old = provider.channel();
    provider.timestamp("online-2", None);
    let device = Device::of(&provider);
    assert_eq!(device.offered(&provider.channel()).as_deref(), Some(NEWER));
    (provider, device, old)
}

#[test]
fn garbage_in_the_store_blocks_nothing() {
    let (provider, device, _) = seen();
    let channel = provider.channel();
    let mut runner = TestRunner::new(Config { cases: 60, failure_persistence: None, ..Config::default() });
    let garbage = (0..FILES.len(), any::<Vec<u8>>(), any::<prop::sample::Index>(), any::<bool>());
    runner
        .run(&garbage, |(file, garbage, at, torn)| {
            let path = device.store.path().join(FILES[file]);
            let mut bytes = fs::read(&path).unwrap();
            if torn {
                bytes.truncate(at.index(bytes.len()));
            }
            fs::write(&path, if torn { &bytes } else { &garbage }).unwrap();
            let offered = device.offered(&channel);
            prop_assert_eq!(offered.as_deref(), Some(NEWER));
            Ok(())
        })
        .unwrap();
}

#[test]
fn without_its_root_it_still_refuses_what_is_older() {
    let (provider, device, old) = seen();
    for garbage in ["", "{", "{}", "garbage"] {
        fs::write(device.store.path().join("root.json"), garbage).unwrap();
        assert_eq!(device.refusal(&old).code(), "older-metadata", "{garbage:?}");
    }
    assert_eq!(device.offered(&provider.channel()).as_deref(), Some(NEWER));
}

#[test]
fn a_root_that_does_not_vouch_for_itself_is_not_begun_from() {
    let (provider, device, _) = seen();
    let path = device.store.path().join("root.json");
    let forged = fs::read_to_string(&path).unwrap().replacen("\"version\":3", "\"version\":9", 1);
    fs::write(&path, forged).unwrap();
    assert_eq!(device.offered(&provider.channel()).as_deref(), Some(NEWER));
}

#[test]
fn folders_where_files_should_be_block_nothing() {
    let (provider, device, _) = seen();
    for file in FILES {
        let path = device.store.path().join(file);
        fs::remove_file(&path).unwrap();
        fs::create_dir(&path).unwrap();
        fs::write(path.join("more"), "").unwrap();
        assert_eq!(device.offered(&provider.channel()).as_deref(), Some(NEWER), "{file}");
        assert!(path.is_file(), "{file}");
    }
}

#[test]
fn what_a_cut_off_asking_left_behind_blocks_nothing() {
    let (provider, device, _) = seen();
    let working = device.store.path().join("working");
    fs::write(working.join("timestamp.json"), "torn").unwrap();
    fs::write(working.join("latest_known_time.json"), "\"2999-01-01T00:00:00Z\"").unwrap();
    assert_eq!(device.offered(&provider.channel()).as_deref(), Some(NEWER));
    fs::remove_dir_all(&working).unwrap();
    fs::write(&working, "a file").unwrap();
    assert_eq!(device.offered(&provider.channel()).as_deref(), Some(NEWER));
}

#[test]
fn an_empty_store_is_begun_from_the_image() {
    let (provider, mut device, _) = seen();
    device.store = tempfile::tempdir().unwrap();
    assert_eq!(device.offered(&provider.channel()).as_deref(), Some(NEWER));
}
