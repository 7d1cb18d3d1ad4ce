//! A vault's `Cargo.lock` and a crate from it: whatever they say, every file is written in the crate's own folder.
#![no_main]

use std::path::Path;

use libfuzzer_sys::fuzz_target;
use sos_builder::crates::{Crate, locked};
use sos_builder::lock::Sha256;

fuzz_target!(|input: (&str, &[u8])| {
    let (text, archive) = input;
    for krate in locked(Path::new("Cargo.lock"), text).unwrap_or_default() {
        assert!(!krate.file_name().contains('/') && !krate.folder().starts_with('.'));
    }
    let krate = Crate { name: "greeting".into(), version: "1.0.0".into(), sha256: Sha256::of(b"") };
    let dir = tempfile::tempdir().expect("a folder");
    let source = dir.path().join("source");
    let _ = krate.unpack(Path::new("x"), archive, &source);
    let names = |dir: &Path| std::fs::read_dir(dir).into_iter().flatten().flatten().map(|entry| entry.file_name());
    assert!(names(dir.path()).all(|name| name == "source"));
    assert!(names(&source).all(|name| name == "greeting-1.0.0"));
});
