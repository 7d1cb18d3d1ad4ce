//! Threat: a server that never ends, or a chain that never does.

use serde_json::json;

use crate::chain::with_roots;
use crate::world::{Device, NEWER, Provider, TIMESTAMP};

refuses! {
    fn refuses_a_timestamp_without_end() -> "oversized" {
        let provider = Provider::offering();
        let mut channel = provider.channel();
        channel.files.get_mut(TIMESTAMP).unwrap().resize(17 << 10, b' ');
        Device::of(&provider).refusal(&channel)
    }

    fn refuses_a_root_without_end() -> "oversized" {
        let provider = Provider::offering();
        let mut channel = provider.channel();
        channel.files.insert("metadata/2.root.json".into(), vec![b' '; 65 << 10]);
        Device::of(&provider).refusal(&channel)
    }

    fn refuses_a_snapshot_longer_than_the_timestamp_says() -> "oversized" {
        let provider = Provider::offering();
        let mut channel = provider.channel();
        channel.files.get_mut("metadata/1.snapshot.json").unwrap().push(b'\n');
        Device::of(&provider).refusal(&channel)
    }

    fn refuses_a_list_of_releases_longer_than_any() -> "oversized" {
        let provider = Provider::offering();
        let mut channel = provider.channel();
        let targets = channel.find(".targets.json");
        channel.forge(&provider, &targets, &["targets"], |signed| signed["more"] = json!("x".repeat(1 << 20)));
        channel.seal(&provider);
        Device::of(&provider).refusal(&channel)
    }

    fn refuses_a_manifest_that_is_said_to_be_longer_than_any() -> "oversized" {
        let provider = Provider::offering();
        let mut channel = provider.channel();
        let targets = channel.find(".targets.json");
        channel.forge(&provider, &targets, &["targets"], |signed| {
            signed["targets"][format!("{NEWER}.manifest.json")]["length"] = json!(u64::MAX);
        });
        channel.seal(&provider);
        Device::of(&provider).refusal(&channel)
    }

    fn refuses_a_chain_of_roots_without_end() -> "too-many-roots" {
        let provider = Provider::offering();
        Device::of(&provider).refusal(&with_roots(&provider, 600))
    }
}
