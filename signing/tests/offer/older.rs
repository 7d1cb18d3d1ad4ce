//! Threat: somebody offers again what was offered once, to bring a device back to an old release.

use serde_json::json;
use sos_signing::repository::RoleType::Root;

use crate::world::{Channel, Device, NEWER, Provider, TIMESTAMP};

/// A device that saw the newer of two channels.
fn seen() -> (Provider, Device, Channel) {
    let provider = Provider::offering();
    let old = provider.channel();
    provider.add("13.20260215.1");
    let device = Device::of(&provider);
    assert_eq!(device.offered(&provider.channel()).as_deref(), Some("13.20260215.1"));
    (provider, device, old)
}

refuses! {
    fn refuses_an_older_timestamp() -> "older-metadata" {
        let (_provider, device, old) = seen();
        device.refusal(&old)
    }

    fn refuses_an_older_snapshot_under_a_new_timestamp() -> "older-metadata" {
        let (provider, device, mut old) = seen();
        old.forge(&provider, TIMESTAMP, &["online"], |signed| signed["version"] = json!(3));
        device.refusal(&old)
    }

    fn refuses_an_older_list_of_releases_under_a_new_snapshot() -> "older-metadata" {
        let (provider, device, mut old) = seen();
        let snapshot = old.find(".snapshot.json");
        old.forge(&provider, &snapshot, &["online"], |signed| signed["version"] = json!(3));
        let bytes = old.files.remove(&snapshot).unwrap();
        old.files.insert("metadata/3.snapshot.json".into(), bytes);
        old.seal_timestamp(&provider);
        old.forge(&provider, TIMESTAMP, &["online"], |signed| signed["version"] = json!(3));
        device.refusal(&old)
    }

    fn refuses_an_older_root_in_the_place_of_the_next() -> "older-metadata" {
        let provider = Provider::offering();
        provider.rotate(&[Root], &[], &["root-1", "root-2"]);
        let mut channel = provider.channel();
        channel.files.insert("metadata/2.root.json".into(), provider.first_root());
        Device::of(&provider).refusal(&channel)
    }
}

#[test]
fn what_was_seen_once_counts_although_nothing_was_taken() {
    let provider = Provider::offering();
    let old = provider.channel();
    provider.add("13.20260215.1");
    let mut new = provider.channel();
    // Its manifest is not there, so that nothing is taken from the newer channel.
    new.files.retain(|path, _| !path.ends_with("13.20260215.1.manifest.json"));
    let device = Device::of(&provider);
    assert!(device.ask(&new).is_err());
    assert_eq!(device.refusal(&old).code(), "older-metadata");
}

#[test]
fn the_same_again_is_not_older() {
    let provider = Provider::offering();
    let device = Device::of(&provider);
    for _ in 0..3 {
        assert_eq!(device.offered(&provider.channel()).as_deref(), Some(NEWER));
    }
}
