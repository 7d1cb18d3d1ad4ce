//! The exact sources of a release: which source package each Debian package was built from, where archives keep it,
//! and the crates in the device's programs. A release carries the list as `sos-VERSION.sources.json`.
//!
//! In: a [`Lock`], the papers of its packages, the crates. Out: [`SourceList`], the same bytes for the same of these.
//! Paths are those below an archive's tree, as in the lock; no host is named.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use sos_settings::debian_version::without_epoch;

use crate::linked::Linked;
use crate::lock::{Archive, Lock, Package, Set, Sha256};
use crate::papers::Shelf;

/// The version of the list's format that this program writes and reads.
pub const FORMAT: u32 = 1;

/// All sources of a release.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SourceList {
    /// [`FORMAT`].
    pub format: u32,
    /// The release's version.
    pub version: String,
    /// The definition's name, «trixie».
    pub release: String,
    /// Debian's name of the architecture.
    pub architecture: String,
    /// The newest archive date in the lock, seconds since 1970.
    pub source_date_epoch: u64,
    /// The archives that the packages came from.
    pub archives: Vec<Archive>,
    /// The source packages, by name and version.
    pub sources: Vec<Source>,
    /// Crates in the device's programs.
    pub crates: Vec<CrateSource>,
    /// The version of Rust whose standard library is in the device's programs.
    pub rust: String,
}

/// A source package of Debian.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Source {
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: String,
    /// The name of the archive that has it.
    pub archive: String,
    /// Where it is below the archive's tree. It lists the other files of the source by their digests, and is signed.
    pub dsc: String,
    /// The packages that were built from it.
    pub packages: Vec<Built>,
    /// Packages from other sources that have a part of this one inside (`Built-Using`, `Static-Built-Using`).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub inside: Vec<String>,
}

/// A package that was built from a source.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Built {
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: String,
    /// The package file's SHA-256.
    pub sha256: Sha256,
    /// The package file's size in bytes.
    pub size: u64,
    /// What it is for.
    pub sets: Vec<Set>,
}

/// A crate, which is its own source.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CrateSource {
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: String,
    /// The SHA-256 of its package, as registries hand it out.
    pub sha256: Sha256,
}

impl SourceList {
    /// The sources of release `version` of what `lock` names, with `linked` in the device's programs.
    #[must_use]
    pub fn new(lock: &Lock, version: &str, shelf: &Shelf, linked: &Linked) -> Self {
        let mut sources: BTreeMap<(String, String), Source> = BTreeMap::new();
        for package in &lock.packages {
            let source = entry(&mut sources, &package.source, source_version(package), package);
            source.packages.push(Built::of(package));
        }
        for package in &lock.packages {
            for (name, version) in built_using(shelf, &package.name) {
                let source = entry(&mut sources, &name, &version, package);
                if !source.packages.iter().any(|built| built.name == package.name) {
                    source.inside.push(package.name.clone());
                }
            }
        }
        Self {
            format: FORMAT,
            version: version.to_owned(),
            release: lock.release.clone(),
            architecture: lock.architecture.clone(),
            source_date_epoch: lock.source_date_epoch,
            archives: lock.archives.clone(),
            sources: sources.into_values().collect(),
            crates: crates(linked),
            rust: linked.rust.clone(),
        }
    }

    /// The list's text, the same bytes for the same list.
    #[must_use]
    pub fn to_text(&self) -> String {
        let text = serde_json::to_string_pretty(self).unwrap_or_else(|e| unreachable!("a list is plain data: {e}"));
        text + "\n"
    }

    /// Reads a list's text.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn parse(text: &[u8]) -> Result<Self, String> {
        let list: Self = serde_json::from_slice(text).map_err(|e| e.to_string())?;
        if list.format == FORMAT {
            Ok(list)
        } else {
            Err(format!("format {} is not the format {FORMAT} of source lists that this program reads", list.format))
        }
    }
}

impl Built {
    /// What is said of `package`.
    #[must_use]
    pub fn of(package: &Package) -> Self {
        Self {
            name: package.name.clone(),
            version: package.version.clone(),
            sha256: package.sha256.clone(),
            size: package.size,
            sets: package.sets.clone(),
        }
    }
}

/// The version of the source that `package` was built from.
#[must_use]
pub fn source_version(package: &Package) -> &str {
    package.source_version.as_ref().unwrap_or(&package.version)
}

/// The source of this name and version; `package` was built from it, or has a part of it inside.
fn entry<'a>(
    sources: &'a mut BTreeMap<(String, String), Source>,
    name: &str,
    version: &str,
    package: &Package,
) -> &'a mut Source {
    sources.entry((name.to_owned(), version.to_owned())).or_insert_with(|| Source {
        name: name.to_owned(),
        version: version.to_owned(),
        archive: package.archive.clone(),
        dsc: dsc(name, version, &package.path),
        packages: Vec::new(),
        inside: Vec::new(),
    })
}

/// Where Debian's archives keep a source: `<component>/<letter>/<source>/<source>_<version>.dsc`, the component being
/// that of the package at `path`. Four letters stand for the sources of libraries.
fn dsc(name: &str, version: &str, path: &str) -> String {
    let mut tree = path;
    for _ in 0..3 {
        tree = tree.rsplit_once('/').map_or("", |(above, _)| above);
    }
    let letters = if name.starts_with("lib") { 4 } else { 1 };
    let prefix: String = name.chars().take(letters).collect();
    let separator = if tree.is_empty() { "" } else { "/" };
    format!("{tree}{separator}{prefix}/{name}/{name}_{}.dsc", without_epoch(version))
}

/// The other sources whose code is in a package (Debian Policy 7.8): `lzo2 (= 2.10-3), linux (= 6.12.117-1)`.
fn built_using(shelf: &Shelf, package: &str) -> Vec<(String, String)> {
    let fields = ["Built-Using", "Static-Built-Using"].into_iter().filter_map(|field| shelf.control(package, field));
    let one = |entry: &str| {
        let (name, version) = entry.split_once('(')?;
        let version = version.trim().strip_prefix('=')?.strip_suffix(')')?;
        Some((name.trim().to_owned(), version.trim().to_owned()))
    };
    fields.flat_map(|list| list.split(',').filter_map(one).collect::<Vec<_>>()).collect()
}

fn crates(linked: &Linked) -> Vec<CrateSource> {
    let one = |linked: &crate::linked::Crate| {
        let sha256 = linked.sha256.clone()?;
        Some(CrateSource { name: linked.name.clone(), version: linked.version.clone(), sha256 })
    };
    linked.crates.iter().filter_map(one).collect()
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    const DIGEST: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

    fn lock() -> Lock {
        let package = |name: &str, version: &str, path: &str, source: &str, set: &str| {
            format!(
                "[[package]]\nname = '{name}'\nversion = '{version}'\narchitecture = 'amd64'\narchive = 'main'\npath = '{path}'\n\
                 size = 7\nsha256 = '{DIGEST}'\nsets = ['{set}']\n{source}\n"
            )
        };
        let text = format!(
            "format = 1\nrelease = 'trixie'\narchitecture = 'amd64'\nsource_date_epoch = 1795252544\n\
             definition_sha256 = '{DIGEST}'\n[[archive]]\nname = 'main'\nsuite = 'trixie'\nkind = 'main'\ndate = 1\n\
             inrelease_sha256 = '{DIGEST}'\n{}{}{}",
            package(
                "grub-common",
                "2.12-9",
                "pool/main/g/grub2/grub-common_2.12-9_amd64.deb",
                "source = 'grub2'",
                "tools"
            ),
            package(
                "libssl3t64",
                "1:3.5-1+b1",
                "pool/updates/main/o/openssl/libssl3t64_3.5-1+b1_amd64.deb",
                "source = 'openssl'\nsource_version = '1:3.5-1'",
                "device"
            ),
            package(
                "openssl",
                "1:3.5-1",
                "pool/updates/main/o/openssl/openssl_3.5-1_amd64.deb",
                "source = 'openssl'",
                "device"
            ),
        );
        Lock::parse(Path::new("x.lock"), &text).unwrap()
    }

    fn list() -> SourceList {
        let control = "Package: grub-common\nBuilt-Using: liblzo2 (= 2.10-3), grub2 (= 2.12-9)\nStatic-Built-Using: odd, x (>= 1)\n";
        let linked = crate::linked::Crate {
            name: "serde".into(),
            version: "1.0.0".into(),
            sha256: Some(Sha256::of(b"")),
            licence: None,
            programs: ["sos-update".to_owned()].into(),
        };
        let ours = crate::linked::Crate { name: "sos-updater".into(), sha256: None, ..linked.clone() };
        let linked = Linked { crates: vec![linked, ours], rust: "1.95.0".into() };
        SourceList::new(&lock(), "13.1.1", &Shelf::of(&[("grub-common", "", control)]), &linked)
    }

    #[test]
    fn each_package_is_listed_with_the_source_it_was_built_from() {
        let list = list();
        let dscs: Vec<&str> = list.sources.iter().map(|source| source.dsc.as_str()).collect();
        assert_eq!(
            dscs,
            [
                "pool/main/g/grub2/grub2_2.12-9.dsc",
                "pool/main/libl/liblzo2/liblzo2_2.10-3.dsc",
                "pool/updates/main/o/openssl/openssl_3.5-1.dsc",
            ]
        );
        let built: Vec<&str> = list.sources[2].packages.iter().map(|built| built.name.as_str()).collect();
        assert_eq!(built, ["libssl3t64", "openssl"]);
        assert_eq!(list.crates.len(), 1, "our own crates are in the checkout");
    }

    #[test]
    fn a_source_that_is_inside_of_a_package_of_another_is_listed() {
        let list = list();
        assert_eq!((&list.sources[1].packages, &list.sources[1].inside), (&vec![], &vec!["grub-common".to_owned()]));
        assert!(list.sources[0].inside.is_empty(), "a package is no stranger to its own source");
    }

    #[test]
    fn a_list_is_written_the_one_way_and_read_again() {
        let text = list().to_text();
        assert_eq!(text, list().to_text());
        assert_eq!(SourceList::parse(text.as_bytes()).unwrap(), list());
        for (text, reason) in [
            (text.replace("\"format\": 1", "\"format\": 9"), "format 9"),
            (text.replace("\"rust\"", "\"host\": 1, \"rust\""), "unknown field `host`"),
            (String::new(), "EOF"),
        ] {
            let error = SourceList::parse(text.as_bytes()).unwrap_err();
            assert!(error.contains(reason), "{error}");
        }
    }
}
