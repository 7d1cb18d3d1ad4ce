//! A package file from which its papers are read: whatever its archives hold, reading ends, and follows no link in a
//! circle.
#![no_main]

use std::fs;

use libfuzzer_sys::fuzz_target;
use sos_builder::lock::{Package, Set, Sha256};
use sos_builder::papers::{Lacking, Shelf};
use sos_builder::pool::Pool;
use sos_builder::progress::Progress;

fuzz_target!(|bytes: &[u8]| {
    let world = tempfile::tempdir().expect("a temporary folder");
    let pool = Pool::at(world.path().join("pool"));
    let package = Package {
        name: "greeter".into(),
        version: "1.0-1".into(),
        architecture: "all".into(),
        archive: "main".into(),
        path: "pool/greeter.deb".into(),
        size: bytes.len() as u64,
        sha256: Sha256::of(bytes),
        sets: vec![Set::Device],
        source: "greeter".into(),
        source_version: None,
        essential: false,
    };
    let file = pool.file(&package);
    fs::create_dir_all(file.parent().expect("it has one")).expect("room");
    fs::write(&file, bytes).expect("room");
    let all = [package];
    let wanted = [&all[0]];
    let Ok(shelf) = Shelf::gather(&all, &wanted, &pool, world.path(), Lacking::Refused, Progress::Silent) else { return };
    let first = (shelf.copyright("greeter"), shelf.changelog("greeter"), shelf.control("greeter", "Built-Using"));
    let again = Shelf::gather(&all, &wanted, &pool, world.path(), Lacking::Refused, Progress::Silent).expect("it is kept");
    let second = (again.copyright("greeter"), again.changelog("greeter"), again.control("greeter", "Built-Using"));
    assert_eq!(first, second);
});
