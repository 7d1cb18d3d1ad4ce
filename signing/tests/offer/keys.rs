//! Threat: somebody without the keys, or with too few of them, signs metadata.

use serde_json::json;
use sos_signing::repository::RoleType::{Root, Snapshot, Targets, Timestamp};

use crate::world::{Device, Provider, TIMESTAMP};

refuses! {
    fn refuses_a_timestamp_that_was_changed_after_it_was_signed() -> "wrong-key" {
        let provider = Provider::offering();
        let mut channel = provider.channel();
        channel.bend(TIMESTAMP, |whole| whole["signed"]["expires"] = json!("2999-01-01T00:00:00Z"));
        Device::of(&provider).refusal(&channel)
    }

    fn refuses_a_timestamp_signed_by_a_stranger() -> "wrong-key" {
        let (provider, stranger) = (Provider::offering(), Provider::offering());
        Device::of(&provider).refusal(&stranger.channel())
    }

    fn refuses_a_timestamp_signed_by_the_key_of_another_role() -> "wrong-key" {
        let provider = Provider::offering();
        let mut channel = provider.channel();
        channel.forge(&provider, TIMESTAMP, &["targets"], |_| {});
        Device::of(&provider).refusal(&channel)
    }

    fn refuses_a_file_of_another_role_under_its_name() -> "wrong-key" {
        let provider = Provider::offering();
        let mut channel = provider.channel();
        channel.files.insert(TIMESTAMP.into(), channel.files["metadata/1.snapshot.json"].clone());
        Device::of(&provider).refusal(&channel)
    }

    fn refuses_metadata_without_a_signature() -> "wrong-key" {
        let provider = Provider::offering();
        let mut channel = provider.channel();
        channel.bend(TIMESTAMP, |whole| whole["signatures"] = json!([]));
        Device::of(&provider).refusal(&channel)
    }

    fn refuses_a_list_of_releases_signed_by_the_online_key() -> "wrong-key" {
        let provider = Provider::offering();
        let mut channel = provider.channel();
        let targets = channel.find(".targets.json");
        channel.forge(&provider, &targets, &["online"], |_| {});
        channel.seal(&provider);
        Device::of(&provider).refusal(&channel)
    }

    fn refuses_a_key_that_was_replaced() -> "wrong-key" {
        let provider = Provider::offering();
        let old = provider.channel();
        provider.make_key("online-2");
        provider.rotate(&[Snapshot, Timestamp], &["online-2"], &["root-1", "root-2"]);
        provider.timestamp("online-2", None);
        let mut channel = provider.channel();
        channel.files.insert(TIMESTAMP.into(), old.files[TIMESTAMP].clone());
        Device::of(&provider).refusal(&channel)
    }

    fn refuses_a_root_by_strangers() -> "wrong-key" {
        let provider = Provider::offering();
        for name in ["root-4", "root-5"] {
            provider.make_key(name);
        }
        let mut channel = provider.channel();
        channel.files.insert("metadata/2.root.json".into(), provider.first_root());
        channel.forge(&provider, "metadata/2.root.json", &["root-4", "root-5"], |signed| signed["version"] = json!(2));
        Device::of(&provider).refusal(&channel)
    }

    fn refuses_a_root_with_one_signature_of_two() -> "below-threshold" {
        let provider = Provider::offering();
        provider.rotate(&[Root], &[], &["root-1", "root-2"]);
        let mut channel = provider.channel();
        channel.bend("metadata/2.root.json", |whole| drop(whole["signatures"].as_array_mut().unwrap().pop()));
        Device::of(&provider).refusal(&channel)
    }

    fn refuses_a_root_that_one_thief_signed_for_himself() -> "below-threshold" {
        let provider = Provider::offering();
        for name in ["root-4", "root-5", "root-6"] {
            provider.make_key(name);
        }
        provider.rotate(&[Root], &["root-4", "root-5", "root-6"], &["root-1", "root-2", "root-4", "root-5"]);
        let mut channel = provider.channel();
        // Enough of his own keys, and one of the old ones.
        channel.forge(&provider, "metadata/2.root.json", &["root-1", "root-4", "root-5"], |_| {});
        Device::of(&provider).refusal(&channel)
    }

    fn refuses_a_root_that_its_own_keys_did_not_sign() -> "below-threshold" {
        let provider = Provider::offering();
        for name in ["root-4", "root-5", "root-6"] {
            provider.make_key(name);
        }
        provider.rotate(&[Root], &["root-4", "root-5", "root-6"], &["root-1", "root-2", "root-4", "root-5"]);
        let mut channel = provider.channel();
        channel.forge(&provider, "metadata/2.root.json", &["root-1", "root-2", "root-4"], |_| {});
        Device::of(&provider).refusal(&channel)
    }

    fn refuses_one_key_that_signs_twice() -> "malformed-metadata" {
        let provider = Provider::offering();
        provider.rotate(&[Root], &[], &["root-1", "root-2"]);
        let mut channel = provider.channel();
        channel.forge(&provider, "metadata/2.root.json", &["root-1", "root-1"], |_| {});
        Device::of(&provider).refusal(&channel)
    }
}

#[test]
fn a_refused_root_leaves_the_one_before_in_force() {
    let provider = Provider::offering();
    let device = Device::of(&provider);
    provider.make_key("targets-2");
    provider.rotate(&[Targets], &["targets-2"], &["root-1", "root-2"]);
    let mut channel = provider.channel();
    channel.bend("metadata/2.root.json", |whole| drop(whole["signatures"].as_array_mut().unwrap().pop()));
    device.refusal(&channel);
    channel.files.remove("metadata/2.root.json");
    assert!(device.offered(&channel).is_some());
}
