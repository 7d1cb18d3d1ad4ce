//! No text makes a parser panic; `fuzz/` throws more at the same functions.

use std::path::Path;

use proptest::prelude::*;
use sos_builder::definition::Definition;
use sos_builder::host_sources::HostSources;
use sos_builder::index::{Packages, Release};
use sos_builder::lock::Lock;

use crate::world::fixture;

/// A good text with one stretch of it replaced.
fn damaged(good: String) -> impl Strategy<Value = String> {
    let length = good.len();
    (0..length, 0..40_usize, "\\PC{0,12}|[\n \"'\\[\\]=:#,0-9a-f]{0,12}").prop_map(move |(from, count, with)| {
        let mut bytes = good.clone().into_bytes();
        let until = (from + count).min(length);
        bytes.splice(from..until, with.into_bytes());
        String::from_utf8_lossy(&bytes).into_owned()
    })
}

fn read(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap()
}

/// The start of a committed file of this repository: whole, it would only be slow.
fn committed(path: &str, lines: usize) -> String {
    let text = read(&Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(path));
    text.lines().take(lines).fold(String::new(), |sum, line| sum + line + "\n")
}

proptest! {
    #[test]
    fn a_damaged_lock_is_read_or_named(text in damaged(committed("image/locks/trixie.lock", 60))) {
        if let Err(error) = Lock::parse(Path::new("x.lock"), &text) {
            prop_assert!(error.to_string().starts_with("x.lock: "));
        }
    }

    #[test]
    fn a_damaged_definition_is_read_or_named(text in damaged(committed("image/releases/trixie.toml", 200))) {
        if let Err(error) = Definition::parse("trixie", Path::new("x.toml"), &text) {
            prop_assert!(error.to_string().starts_with("x.toml: "));
        }
    }

    #[test]
    fn damaged_indexes_are_read_or_refused(text in damaged(read(&fixture("Packages")))) {
        drop(Packages::parse(&text));
    }

    #[test]
    fn a_damaged_inrelease_is_read_or_refused(text in damaged(read(&fixture("trixie.InRelease")))) {
        drop(Release::parse(&text));
    }

    #[test]
    fn any_apt_sources_are_read(text in "(deb|Types: deb|URIs: |Suites: |[ \\[\\]#\n]|\\PC){0,60}") {
        drop(HostSources::parse_lines(&text));
        drop(HostSources::parse_deb822(&text));
    }
}
