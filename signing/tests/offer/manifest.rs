//! Threat: the manifest is not the one that was signed, or one was signed that is not for this device.

use std::fs;

use sos_signing::offer::OfferRefusal;
use sos_signing::{Artefact, Kind, Manifest};

use crate::world::{Device, NEWER, Provider};

/// A channel whose newest entry's file holds other bytes, signed all the same.
fn signed_as_newer(bytes: &[u8]) -> OfferRefusal {
    let provider = Provider::offering();
    let mut channel = provider.channel();
    let targets = channel.find(".targets.json");
    let sha256 = sos_signing::Digest::of(bytes).to_string();
    channel.forge(&provider, &targets, &["targets"], |signed| {
        let entry = &mut signed["targets"][format!("{NEWER}.manifest.json")];
        entry["length"] = bytes.len().into();
        entry["hashes"]["sha256"] = sha256.clone().into();
    });
    channel.files.insert(format!("targets/{sha256}.{NEWER}.manifest.json"), bytes.to_vec());
    channel.seal(&provider);
    Device::of(&provider).refusal(&channel)
}

fn bent(bend: impl FnOnce(&mut Manifest)) -> OfferRefusal {
    let provider = Provider::new();
    let release = provider.release_of(NEWER, bend);
    signed_as_newer(&fs::read(release.join("manifest.json")).unwrap())
}

refuses! {
    fn refuses_a_manifest_that_was_changed() -> "wrong-hash" {
        let provider = Provider::offering();
        let mut channel = provider.channel();
        let path = channel.find(".manifest.json");
        channel.files.get_mut(&path).unwrap()[50] ^= 1;
        Device::of(&provider).refusal(&channel)
    }

    fn refuses_a_manifest_that_was_cut_off() -> "wrong-hash" {
        let provider = Provider::offering();
        let mut channel = provider.channel();
        let path = channel.find(".manifest.json");
        channel.files.get_mut(&path).unwrap().truncate(50);
        Device::of(&provider).refusal(&channel)
    }

    fn refuses_another_versions_manifest() -> "other-version" {
        bent(|manifest| manifest.version = "13.20260301.1".parse().unwrap())
    }

    fn refuses_another_product() -> "other-product" {
        bent(|manifest| manifest.product = "large-organisation-server".into())
    }

    fn refuses_another_architecture() -> "other-architecture" {
        bent(|manifest| manifest.architecture = "arm64".into())
    }

    fn refuses_a_manifest_that_is_none() -> "unfit-manifest" {
        signed_as_newer(b"{}")
    }

    fn refuses_a_manifest_whose_names_lead_elsewhere() -> "unfit-manifest" {
        bent(|manifest| {
            let of = &manifest.artefacts[0];
            let away = Artefact { name: "../../etc/passwd".into(), kind: Kind::notes(), ..of.clone() };
            manifest.artefacts.push(away);
        })
    }
}
