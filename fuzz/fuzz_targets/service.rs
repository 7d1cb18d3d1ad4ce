//! An overlay's `service.toml`, as builder and device read it: package names are names and never options or paths, and
//! nothing is rendered to anywhere but below `/etc`.
#![no_main]

use std::path::Path;

use libfuzzer_sys::fuzz_target;
use sos_builder::definition::Definition;
use sos_builder::lock::Set;
use sos_settings::ServiceManifest;

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
    let Ok(manifest) = ServiceManifest::parse("fuzzed", text) else { return };
    for template in manifest.templates.values() {
        assert!(
            template.to.starts_with("/etc/") && !template.to.split('/').any(|part| part == ".."),
            "{:?}",
            template.to
        );
    }
});
