//! A device that was away for years follows the chain of roots, whatever expired and whichever keys changed meanwhile.

use std::fs;

use serde_json::json;
use sos_signing::repository::RoleType::{Root, Snapshot, Targets, Timestamp};
use sos_signing::repository::{self, periods};

use crate::world::{Channel, DAY, Device, NEWER, NOW, Provider, TIMESTAMP};

/// A provider that changed every key since the first root, one role after the other.
fn every_key_changed() -> Provider {
    let provider = Provider::offering();
    for name in ["root-4", "root-5", "root-6", "targets-2", "online-2"] {
        provider.make_key(name);
    }
    provider.rotate(&[Root], &["root-4", "root-2", "root-3"], &["root-1", "root-2", "root-4"]);
    provider.rotate(&[Root], &["root-4", "root-5", "root-3"], &["root-4", "root-3"]);
    provider.rotate(&[Root], &["root-4", "root-5", "root-6"], &["root-4", "root-5"]);
    provider.rotate(&[Targets], &["targets-2"], &["root-5", "root-6"]);
    provider.rotate(&[Snapshot, Timestamp], &["online-2"], &["root-4", "root-6"]);
    provider.timestamp("online-2", Some("targets-2"));
    provider
}

#[test]
fn follows_a_chain_on_which_every_key_changed() {
    let provider = every_key_changed();
    assert_eq!(Device::of(&provider).offered(&provider.channel()).as_deref(), Some(NEWER));
}

#[test]
fn a_device_that_asked_in_between_follows_as_well() {
    let provider = Provider::offering();
    let device = Device::of(&provider);
    assert_eq!(device.offered(&provider.channel()).as_deref(), Some(NEWER));
    provider.make_key("online-2");
    provider.rotate(&[Snapshot, Timestamp], &["online-2"], &["root-1", "root-3"]);
    provider.timestamp("online-2", None);
    assert_eq!(device.offered(&provider.channel()).as_deref(), Some(NEWER));
}

#[test]
fn a_device_two_years_behind_follows_over_roots_that_expired_long_ago() {
    let provider = Provider { dir: tempfile::tempdir().unwrap() };
    provider.init(periods::after(NOW - 730 * DAY, 30 * DAY as i64));
    for months in 1..24 {
        let mut rotate = provider.rotating(&[Root], &[], &["root-1", "root-2"]);
        rotate.expires = periods::after(NOW - (730 - months * 30) * DAY, 30 * DAY as i64);
        repository::rotate(&provider.repository(), rotate).unwrap();
    }
    provider.add(NEWER);
    let device = Device::of(&provider);
    // The newest one expired as well: nobody renewed it.
    assert_eq!(device.refusal(&provider.channel()).code(), "expired");
    provider.rotate(&[Root], &[], &["root-2", "root-3"]);
    assert_eq!(device.offered(&provider.channel()).as_deref(), Some(NEWER));
}

/// Many roots, made without writing each to a disk.
pub fn with_roots(provider: &Provider, last: u64) -> Channel {
    let mut channel = provider.channel();
    for version in 2..=last {
        let path = format!("metadata/{version}.root.json");
        channel.files.insert(path.clone(), provider.first_root());
        channel.forge(provider, &path, &["root-1", "root-2"], |signed| signed["version"] = json!(version));
    }
    channel
}

#[test]
fn a_chain_too_long_for_one_asking_is_followed_at_several() {
    let provider = Provider::offering();
    let channel = with_roots(&provider, 300);
    let device = Device::of(&provider);
    assert_eq!(device.refusal(&channel).code(), "too-many-roots");
    assert_eq!(device.offered(&channel).as_deref(), Some(NEWER));
}

#[test]
fn a_newer_root_in_the_image_counts_over_the_one_that_was_kept() {
    let provider = Provider::offering();
    let mut device = Device::of(&provider);
    device.offered(&provider.channel());
    provider.rotate(&[Root], &[], &["root-1", "root-2"]);
    device.root = fs::read(provider.repository().join("metadata/2.root.json")).unwrap();
    let mut channel = provider.channel();
    // The channel lost its newest root: the image's is enough.
    channel.files.remove("metadata/2.root.json");
    assert_eq!(device.offered(&channel).as_deref(), Some(NEWER));
}

#[test]
fn new_keys_recover_from_versions_that_a_thief_made_enormous() {
    let provider = Provider::offering();
    let device = Device::of(&provider);
    let mut stolen = provider.channel();
    stolen.forge(&provider, TIMESTAMP, &["online"], |signed| signed["version"] = json!(1_000_000_000));
    assert_eq!(device.offered(&stolen).as_deref(), Some(NEWER));
    assert_eq!(device.refusal(&provider.channel()).code(), "older-metadata");
    provider.make_key("online-2");
    provider.rotate(&[Snapshot, Timestamp], &["online-2"], &["root-1", "root-2"]);
    provider.timestamp("online-2", None);
    assert_eq!(device.offered(&provider.channel()).as_deref(), Some(NEWER));
}
