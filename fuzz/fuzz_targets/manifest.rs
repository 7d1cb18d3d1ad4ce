//! A manifest, as it comes from a mirror: what is read is written the one way, and read again as the same.
#![no_main]

use libfuzzer_sys::fuzz_target;
use sos_signing::Manifest;

fuzz_target!(|bytes: &[u8]| {
    let Ok(manifest) = Manifest::from_bytes(bytes) else { return };
    let written = manifest.to_bytes();
    let again = Manifest::from_bytes(&written).expect("what was written is read");
    assert_eq!(again.to_bytes(), written);
    assert!(manifest.artefacts.iter().all(|artefact| !artefact.name.contains('/')));
});
