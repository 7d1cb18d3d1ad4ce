//! An overlay's `service.toml`, as builder and device read it: package names are names and never options or paths,
//! nothing is rendered to anywhere but below `/etc`, and what was folded for an image is what its device reads.
#![no_main]

use std::path::Path;

use libfuzzer_sys::fuzz_target;
use sos_builder::definition::Definition;
use sos_builder::lock::Set;
use sos_settings::{ServiceManifest, Versions, fold};

/// Of the packages that our own variants ask about.
const VERSIONS: [(&str, &str); 5] = [
    ("cloud-init", "25.1.4-1"),
    ("postfix", "3.11.1-1"),
    ("postsrsd", "2.4.1-1"),
    ("rspamd", "4.1.0-1"),
    ("valkey-server", "8.1.1+dfsg1-3"),
];
const DEFINITION: &str = include_str!("../../image/releases/trixie.toml");

fuzz_target!(|text: &str| {
    let mut definition =
        Definition::parse("trixie", Path::new("trixie.toml"), DEFINITION).expect("ours is well formed");
    if definition.add_service(Path::new("fuzzed/service.toml"), text).is_ok() {
        for package in definition.wanted(Set::Device).keys() {
            let name = !package.is_empty() && !package.starts_with('-') && !package.contains(['/', ' ', '\n']);
            assert!(name, "{package:?}");
        }
    }
    let versions: Versions = VERSIONS.into_iter().collect();
    if let Ok(folded) = fold("fuzzed", text, &versions) {
        ServiceManifest::parse("fuzzed", &folded.text).expect("a device reads what was folded");
        let inside = |folder: &String| !folder.contains('/') && !folder.starts_with('.');
        assert!(folded.files.iter().all(inside), "{:?}", folded.files);
    }
    let Ok(manifest) = ServiceManifest::parse("fuzzed", text) else { return };
    for template in manifest.templates.values() {
        assert!(
            template.to.starts_with("/etc/") && !template.to.split('/').any(|part| part == ".."),
            "{:?}",
            template.to
        );
    }
});
