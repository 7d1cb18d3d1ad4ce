//! Threat: a server answers garbage, or somebody with a key signs it.

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use serde_json::json;

use crate::world::{Device, NEWER, Provider, TIMESTAMP};

refuses! {
    fn refuses_a_timestamp_that_is_not_json() -> "malformed-metadata" {
        let provider = Provider::offering();
        let mut channel = provider.channel();
        channel.files.insert(TIMESTAMP.into(), b"<html>404 not found</html>".to_vec());
        Device::of(&provider).refusal(&channel)
    }

    fn refuses_a_timestamp_that_was_cut_off() -> "malformed-metadata" {
        let provider = Provider::offering();
        let mut channel = provider.channel();
        channel.files.get_mut(TIMESTAMP).unwrap().truncate(200);
        Device::of(&provider).refusal(&channel)
    }

    fn refuses_a_root_that_is_not_json() -> "malformed-metadata" {
        let provider = Provider::offering();
        let mut channel = provider.channel();
        channel.files.insert("metadata/2.root.json".into(), b"<html>welcome</html>".to_vec());
        Device::of(&provider).refusal(&channel)
    }

    fn refuses_a_timestamp_that_speaks_of_more_than_a_snapshot() -> "malformed-metadata" {
        let provider = Provider::offering();
        let mut channel = provider.channel();
        channel.forge(&provider, TIMESTAMP, &["online"], |signed| {
            signed["meta"]["targets.json"] = json!({ "version": 1 });
        });
        Device::of(&provider).refusal(&channel)
    }

    fn refuses_a_timestamp_that_speaks_of_no_snapshot() -> "malformed-metadata" {
        let provider = Provider::offering();
        let mut channel = provider.channel();
        channel.forge(&provider, TIMESTAMP, &["online"], |signed| {
            signed["meta"] = json!({ "targets.json": { "version": 1 } });
        });
        Device::of(&provider).refusal(&channel)
    }

    fn refuses_a_snapshot_that_speaks_of_no_list_of_releases() -> "malformed-metadata" {
        let provider = Provider::offering();
        let mut channel = provider.channel();
        let snapshot = channel.find(".snapshot.json");
        channel.forge(&provider, &snapshot, &["online"], |signed| signed["meta"] = json!({}));
        channel.seal_timestamp(&provider);
        Device::of(&provider).refusal(&channel)
    }

    fn refuses_a_release_without_a_rollout() -> "malformed-metadata" {
        let provider = Provider::offering();
        let mut channel = provider.channel();
        let targets = channel.find(".targets.json");
        channel.forge(&provider, &targets, &["targets"], |signed| {
            signed["targets"][format!("{NEWER}.manifest.json")]["custom"] = json!({ "another": 1 });
        });
        channel.seal(&provider);
        Device::of(&provider).refusal(&channel)
    }
}

#[test]
fn passes_over_what_later_programs_put_into_the_list() {
    let provider = Provider::offering();
    let mut channel = provider.channel();
    let targets = channel.find(".targets.json");
    channel.forge(&provider, &targets, &["targets"], |signed| {
        let entry = signed["targets"][format!("{NEWER}.manifest.json")].clone();
        signed["targets"]["99.20990101.1.delta"] = entry.clone();
        signed["targets"]["../../99.20990101.1.manifest.json"] = entry;
        signed["later"] = json!("more");
    });
    channel.seal(&provider);
    assert_eq!(Device::of(&provider).offered(&channel).as_deref(), Some(NEWER));
}

/// Whatever happens to one byte of a channel, a device takes the true release or none.
#[test]
fn no_changed_byte_changes_what_is_taken() {
    let provider = Provider::offering();
    provider.rotate(&[sos_signing::repository::RoleType::Root], &[], &["root-1", "root-2"]);
    let channel = provider.channel();
    let truth = Device::of(&provider).ask(&channel).unwrap();
    let paths: Vec<String> = channel.files.keys().cloned().collect();
    let mut runner = TestRunner::new(Config { cases: 400, failure_persistence: None, ..Config::default() });
    let change = (0..paths.len(), any::<prop::sample::Index>(), any::<u8>(), any::<bool>());
    runner
        .run(&change, |(path, at, byte, cut)| {
            let mut spoilt = provider.channel();
            let bytes = spoilt.files.get_mut(&paths[path]).unwrap();
            let at = at.index(bytes.len());
            bytes[at] = byte;
            if cut {
                bytes.truncate(at);
            }
            if let Ok(taken) = Device::of(&provider).ask(&spoilt) {
                prop_assert_eq!(&taken, &truth);
            }
            Ok(())
        })
        .unwrap();
}
