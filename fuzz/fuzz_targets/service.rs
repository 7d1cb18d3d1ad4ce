//! An overlay's `service.toml`, as the builder reads it: package names are names and never options or paths.
#![no_main]

use std::path::Path;

use libfuzzer_sys::fuzz_target;
use sos_builder::definition::Definition;
use sos_builder::lock::Set;

const DEFINITION: &str = include_str!("../../image/releases/trixie.toml");

fuzz_target!(|text: &str| {
    let mut definition =
        Definition::parse("trixie", Path::new("trixie.toml"), DEFINITION).expect("ours is well formed");
    if definition.add_service(Path::new("fuzzed/service.toml"), text).is_err() {
        return;
    }
    for package in definition.wanted(Set::Device).keys() {
        assert!(!package.is_empty() && !package.starts_with('-') && !package.contains(['/', ' ', '\n']), "{package:?}");
    }
});
