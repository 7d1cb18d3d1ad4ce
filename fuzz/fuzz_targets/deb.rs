//! A package file, byte by byte: ar, the compressions, tar, the control paragraph. Its content is left out, so that
//! nothing but dpkg's database may be written.
#![no_main]

use std::path::Path;
use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use sos_builder::exclude::Exclude;
use sos_builder::unpack::unpack;

static EVERYTHING: LazyLock<Exclude> = LazyLock::new(|| {
    let text = "[[group]]\nreason = 'only what is read counts here'\nexclude = ['/*']\n";
    Exclude::parse(Path::new("exclude.toml"), text).expect("ours is well formed")
});

fuzz_target!(|bytes: &[u8]| {
    let world = tempfile::tempdir().expect("a temporary folder");
    let (deb, root) = (world.path().join("fuzzed.deb"), world.path().join("root"));
    std::fs::write(&deb, bytes).expect("room for the package");
    let unpacked = unpack(&root, &deb, &[], &EVERYTHING, 1, &|_| ());
    assert_eq!(names(world.path()), ["fuzzed.deb", "root"]);
    assert_eq!(names(&root), ["var"]);
    if unpacked.is_ok() {
        let status = std::fs::read_to_string(root.join("var/lib/dpkg/status")).expect("it was written");
        assert!(status.contains("\nStatus: install ok unpacked\n"));
    }
});

fn names(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).expect("it is there");
    let mut names: Vec<_> =
        entries.map(|entry| entry.expect("it is there").file_name().into_string().expect("ours")).collect();
    names.sort();
    names
}
