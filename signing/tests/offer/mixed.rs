//! Threat: somebody mixes files of different times, each of them properly signed.

use serde_json::json;
use sos_signing::repository::RoleType::Root;

use crate::world::{Channel, Device, Provider, TIMESTAMP};

/// Two states of one channel.
fn two() -> (Provider, Channel, Channel) {
    let provider = Provider::offering();
    let old = provider.channel();
    provider.add("13.20260215.1");
    let new = provider.channel();
    (provider, old, new)
}

refuses! {
    fn refuses_an_older_snapshot_in_the_place_of_the_newer() -> "mixed-metadata" {
        let (provider, old, mut new) = two();
        new.files.insert("metadata/2.snapshot.json".into(), old.files["metadata/1.snapshot.json"].clone());
        Device::of(&provider).refusal(&new)
    }

    fn refuses_an_older_list_of_releases_in_the_place_of_the_newer() -> "mixed-metadata" {
        let (provider, old, mut new) = two();
        new.files.insert("metadata/2.targets.json".into(), old.files["metadata/1.targets.json"].clone());
        Device::of(&provider).refusal(&new)
    }

    fn refuses_a_snapshot_that_was_cut_off() -> "mixed-metadata" {
        let provider = Provider::offering();
        let mut channel = provider.channel();
        channel.files.get_mut("metadata/1.snapshot.json").unwrap().truncate(100);
        Device::of(&provider).refusal(&channel)
    }

    fn refuses_a_snapshot_of_another_version_than_the_timestamp_speaks_of() -> "mixed-metadata" {
        let provider = Provider::offering();
        let mut channel = provider.channel();
        let bytes = channel.files["metadata/1.snapshot.json"].clone();
        channel.files.insert("metadata/7.snapshot.json".into(), bytes);
        channel.forge(&provider, TIMESTAMP, &["online"], |signed| {
            signed["meta"]["snapshot.json"]["version"] = json!(7);
        });
        Device::of(&provider).refusal(&channel)
    }

    fn refuses_a_root_that_leaves_one_out() -> "mixed-metadata" {
        let provider = Provider::offering();
        for _ in 0..2 {
            provider.rotate(&[Root], &[], &["root-1", "root-2"]);
        }
        let mut channel = provider.channel();
        let third = channel.files.remove("metadata/3.root.json").unwrap();
        channel.files.insert("metadata/2.root.json".into(), third);
        Device::of(&provider).refusal(&channel)
    }
}
