//! An archive's `Packages`, as it comes from a mirror: whatever it says, a package found in it has a digest, and the one
//! asked for; and the horizon knows each, by its newest version.
#![no_main]

use libfuzzer_sys::fuzz_target;
use sos_builder::apt::Chosen;
use sos_builder::horizon::Suite;
use sos_builder::index::Packages;
use sos_builder::lock::{Archive, Kind, Sha256};
use sos_settings::debian_version::compare;

fuzz_target!(|text: &str| {
    let Ok(packages) = Packages::parse(text) else { return };
    for paragraph in text.split("\n\n") {
        let field = |name: &str| paragraph.lines().find_map(|line| line.strip_prefix(name)).map(str::trim);
        let (Some(name), Some(version), Some(architecture)) =
            (field("Package:"), field("Version:"), field("Architecture:"))
        else {
            continue;
        };
        let chosen = Chosen { name: name.into(), version: version.into(), architecture: architecture.into() };
        if let Some(entry) = packages.get(&chosen) {
            assert!(packages.has(name));
            assert_eq!(entry.sha256.as_str().len(), 64);
        }
    }
    let archive = Archive {
        name: "main".into(),
        suite: "sid".into(),
        kind: Kind::Main,
        date: 0,
        inrelease_sha256: Sha256::of(text.as_bytes()),
    };
    let archives = [(archive, packages)];
    let suite = Suite::of("sid", &archives);
    for (package, _) in archives[0].1.iter() {
        let newest = suite.version(&package.name).expect("it is there");
        assert!(compare(newest, &package.version).is_ge(), "{package:?}");
    }
});
