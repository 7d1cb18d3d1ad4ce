//! The manifest of an export that somebody brings: what is read has our format, and members by names of the checked kind.
#![no_main]

use libfuzzer_sys::fuzz_target;
use sos_provision::portable::Manifest;

fuzz_target!(|text: &str| {
    let Ok(manifest) = Manifest::parse(text) else { return };
    assert_eq!(manifest.format, 1);
    assert!(manifest.checksums.members.keys().all(|name| !name.as_str().contains(['/', '\\', '\0'])));
});
