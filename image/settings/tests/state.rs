//! What services keep: every path below `/var` that an overlay speaks of is declared, and docs/state-formats.md says of
//! each what `service.toml` says, for both releases.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

mod release;

use release::{overlays_of, repository};
use sos_settings::{Forward, StateSpec};

/// Paths below `/var` that hold nothing of a service's: places of the system's that are emptied or hold what a boot
/// makes, and /var/mail itself, whose folders are declared.
const NOBODYS: [&str; 6] = ["/var/tmp", "/var/run", "/var/lib/cloud", "/var/mail", "/var/log/nginx", "/var/log/rspamd"];

fn declared(release: &str) -> BTreeMap<String, StateSpec> {
    let overlays = overlays_of(release, &repository("overlays"));
    overlays
        .iter()
        .flat_map(|overlay| overlay.manifest.state.clone())
        .map(|state| (state.path.clone(), state))
        .collect()
}

#[test]
fn every_path_that_an_overlay_speaks_of_is_declared() {
    let declared: Vec<String> = declared("trixie").into_keys().chain(declared("forky").into_keys()).collect();
    let mut seen = BTreeSet::new();
    for folder in fs::read_dir(repository("overlays")).unwrap().map(Result::unwrap) {
        for part in ["files", "templates", "variants"] {
            paths(&folder.path().join(part), &mut seen);
        }
    }
    assert!(seen.contains("/var/lib/ldap") && seen.contains("/var/lib/valkey"), "{seen:?}");
    let below = |path: &str, folder: &str| path == folder || path.starts_with(&format!("{folder}/"));
    let known = |path: &String| {
        declared.iter().any(|state| below(path, state) || below(state, path) && path.contains("/lib/"))
            || NOBODYS.iter().any(|folder| below(path, folder))
            || path == "/var"
            || path == "/var/lib"
    };
    let strange: Vec<_> = seen.iter().filter(|path| !known(path)).collect();
    assert!(strange.is_empty(), "declare them in [[state]] of their service: {strange:?}");
}

/// Adds every path below `/var` in the files below `folder`.
fn paths(folder: &Path, seen: &mut BTreeSet<String>) {
    let Ok(listing) = fs::read_dir(folder) else { return };
    for entry in listing.map(Result::unwrap) {
        if entry.file_type().unwrap().is_dir() {
            paths(&entry.path(), seen);
        } else if entry.file_type().unwrap().is_file() {
            let text = fs::read_to_string(entry.path()).unwrap();
            let place = |c: char| c.is_ascii_alphanumeric() || "/_.-".contains(c);
            for (start, _) in text.match_indices("/var/") {
                // Not in the middle of another path, such as the image's own factory.
                if !text[..start].ends_with(place) {
                    let path: String = text[start..].chars().take_while(|c| place(*c)).collect();
                    seen.insert(path.trim_end_matches(['/', '.']).to_owned());
                }
            }
        }
    }
}

#[test]
fn no_path_is_declared_by_two_services() {
    for release in ["trixie", "forky"] {
        let overlays = overlays_of(release, &repository("overlays"));
        let mut all: Vec<_> =
            overlays.iter().flat_map(|overlay| &overlay.manifest.state).map(|state| &state.path).collect();
        let number = all.len();
        all.sort();
        all.dedup();
        assert_eq!(all.len(), number, "{release}");
    }
}

#[test]
fn the_page_says_what_the_services_say() {
    let page = fs::read_to_string(repository("docs/state-formats.md")).unwrap();
    let rows: BTreeMap<String, Vec<String>> = page.lines().filter_map(row).collect();
    let (trixie, forky) = (declared("trixie"), declared("forky"));
    assert_eq!(
        rows.keys().collect::<Vec<_>>(),
        forky.keys().collect::<Vec<_>>(),
        "paths of the page, and declared ones"
    );
    assert_eq!(trixie.keys().collect::<Vec<_>>(), forky.keys().collect::<Vec<_>>(), "both releases keep the same");
    for (path, new) in &forky {
        let old = &trixie[path];
        let expected = [new.holds.clone(), old.format.clone(), new.format.clone(), forward(new)];
        assert_eq!(rows[path][..4], expected, "{path}");
        assert_eq!((old.forward, &old.by, &old.holds), (new.forward, &new.by, &new.holds), "{path}");
    }
}

#[test]
fn the_versions_that_the_page_names_are_those_of_the_locks() {
    let page = fs::read_to_string(repository("docs/state-formats.md")).unwrap();
    for (release, package, words, version) in [
        ("trixie", "btrfs-progs", "made by btrfs-progs 6.14", "6.14"),
        ("trixie", "linux-image-amd64", "mounted by Linux 6.12", "6.12."),
        ("forky", "linux-image-amd64", "mounted by Linux 7.2", "7.2."),
        ("trixie", "e2fsprogs", "made by mke2fs 1.47", "1.47."),
        ("forky", "e2fsprogs", "made by mke2fs 1.47", "1.47."),
        ("trixie", "grub-pc-bin", "| GRUB | 2.12,", "2.12-"),
        ("trixie", "postsrsd", "postsrsd 1.10", "1.10-"),
        ("forky", "postsrsd", "postsrsd 2.4", "2.4."),
        ("trixie", "slapd", "OpenLDAP 2.6", "2.6."),
        ("forky", "slapd", "OpenLDAP 2.6", "2.6."),
        ("trixie", "postfix", "Postfix 3.10", "3.10."),
        ("forky", "postfix", "Postfix 3.11", "3.11."),
    ] {
        assert!(page.contains(words), "{words}");
        let locked = locked_version(release, package);
        assert!(locked.starts_with(version), "{release} has {package} {locked}: measure again, and change the page");
    }
}

/// The version that a lock has of a package, for the image or for the build's tools.
fn locked_version(release: &str, package: &str) -> String {
    let text = fs::read_to_string(repository(&format!("image/locks/{release}.lock"))).unwrap();
    let lock: toml::Table = text.parse().unwrap();
    let packages = lock["package"].as_array().unwrap();
    let found = packages.iter().find(|found| found["name"].as_str() == Some(package));
    found.unwrap()["version"].as_str().unwrap().to_owned()
}

/// A row of the table of paths: the path, and the other cells.
fn row(line: &str) -> Option<(String, Vec<String>)> {
    let (path, rest) = line.strip_prefix("| `/var/")?.split_once("` |")?;
    Some((format!("/var/{path}"), rest.trim_end_matches('|').split('|').map(|cell| cell.trim().to_owned()).collect()))
}

fn forward(state: &StateSpec) -> String {
    match state.forward {
        Forward::AsIs => "as it is".to_owned(),
        Forward::MadeAgain => "made again".to_owned(),
        Forward::Converted => format!("by {}", state.by.as_deref().unwrap_or_default()),
    }
}
