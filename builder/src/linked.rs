//! The Rust crates that are linked into the device's programs, and their licences.
//!
//! In: the checkout's `Cargo.lock` and `Cargo.toml`s, Cargo's folder with the crates' packages, the cache. Out:
//! [`Linked`]. What each crate needs, and its licence, is in the `Cargo.toml` of its package, whose SHA-256 the lock
//! has; so two machines with the same checkout list the same. A crate that runs only while compiling (a build script's,
//! a macro's) is not in the image and not on the list.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::crate_manifest::{Manifest, Store};
use crate::crates::{Cache, CargoLock, Locked};
use crate::error::{Error, Result};
use crate::kept::Kept;
use crate::lock::Sha256;
use crate::platform::Platform;
use crate::sbom::escaped;

/// What is linked into the device's programs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Linked {
    /// The crates, by name and version.
    pub crates: Vec<Crate>,
    /// The version of Rust, whose standard library is linked as well.
    pub rust: String,
}

/// A crate in at least one of the device's programs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Crate {
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: String,
    /// The SHA-256 of its package; nothing for a crate of this repository.
    pub sha256: Option<Sha256>,
    /// The SPDX expression that its author gave.
    pub licence: Option<String>,
    /// The programs that it is in.
    pub programs: BTreeSet<String>,
}

impl Crate {
    /// Its address in all of the world's packages (the purl specification, type `cargo`).
    #[must_use]
    pub fn purl(&self) -> String {
        format!("pkg:cargo/{}@{}", escaped(&self.name), escaped(&self.version))
    }
}

/// `rust-toolchain.toml`.
#[derive(Debug, Deserialize)]
struct Toolchain {
    toolchain: Channel,
}

#[derive(Debug, Deserialize)]
struct Channel {
    channel: String,
}

/// What is linked into the programs of the checkout at `root`, for Debian's `architecture`.
///
/// # Errors
/// [`Error::NoCrate`] for a package that Cargo has not fetched, [`Error::Malformed`] naming a file that does not read.
pub fn linked(root: &Path, architecture: &str, packages: &Cache, cache: &Path) -> Result<Linked> {
    let platform = Platform::of(architecture).ok_or_else(|| {
        Error::malformed("Cargo.lock", format!("no device of architecture «{architecture}» is known"))
    })?;
    let lock: CargoLock = load(&root.join("Cargo.lock"))?;
    let workspace: Manifest = load(&root.join("Cargo.toml"))?;
    let toolchain: Toolchain = load(&root.join("rust-toolchain.toml"))?;
    let store = Store { packages: packages.clone(), kept: Kept::at(cache, "crates", 1) };
    let members = members(root, &workspace)?;
    let (shared, licence) = match workspace.workspace {
        Some(workspace) => (workspace.dependencies, workspace.package.and_then(|package| package.license)),
        None => (toml::Table::new(), None),
    };
    let mut walk =
        Walk { lock: &lock, platform, shared, store, members, read: BTreeMap::new(), found: BTreeMap::new() };
    for place in 0..lock.package.len() {
        if lock.package[place].source.is_none() {
            let programs: Vec<String> = walk.manifest(place)?.programs().map(str::to_owned).collect();
            programs.iter().try_for_each(|program| walk.follow(place, program))?;
        }
    }
    Ok(Linked { crates: walk.crates(licence.as_deref()), rust: toolchain.toolchain.channel })
}

/// The `Cargo.toml`s of the checkout's own crates, by name.
fn members(root: &Path, workspace: &Manifest) -> Result<BTreeMap<String, PathBuf>> {
    let mut members = BTreeMap::new();
    for member in workspace.workspace.iter().flat_map(|workspace| &workspace.members) {
        let path = root.join(member).join("Cargo.toml");
        let manifest: Manifest = load(&path)?;
        members.extend(manifest.package.map(|about| (about.name, path)));
    }
    Ok(members)
}

/// A walk through `Cargo.lock`, from a program to all that is linked into it.
struct Walk<'a> {
    lock: &'a CargoLock,
    platform: Platform,
    /// The workspace's dependencies.
    shared: toml::Table,
    store: Store,
    members: BTreeMap<String, PathBuf>,
    /// What was read, by place in the lock.
    read: BTreeMap<usize, Manifest>,
    /// The programs that each crate is in, by place in the lock.
    found: BTreeMap<usize, BTreeSet<String>>,
}

impl Walk<'_> {
    fn manifest(&mut self, place: usize) -> Result<&Manifest> {
        self.read(place)?;
        Ok(&self.read[&place])
    }

    /// Reads the `Cargo.toml` of the crate at `place`, once.
    fn read(&mut self, place: usize) -> Result<()> {
        if !self.read.contains_key(&place) {
            let locked = &self.lock.package[place];
            let manifest = match self.members.get(&locked.name).filter(|_| locked.source.is_none()) {
                Some(path) => load(path)?,
                None => self.store.manifest(locked)?,
            };
            self.read.insert(place, manifest);
        }
        Ok(())
    }

    /// Notes the crate at `place`, and all that is linked into it, for `program`.
    fn follow(&mut self, place: usize, program: &str) -> Result<()> {
        let mut open = vec![place];
        while let Some(place) = open.pop() {
            if !self.found.entry(place).or_default().insert(program.to_owned()) {
                continue;
            }
            let lock = self.lock;
            for dependency in &lock.package[place].dependencies {
                let next = find(lock, dependency)?;
                self.read(place)?;
                let linked = self.read[&place].links(&lock.package[next].name, &self.platform, &self.shared);
                if linked && !self.manifest(next)?.is_macro() {
                    open.push(next);
                }
            }
        }
        Ok(())
    }

    fn crates(self, shared: Option<&str>) -> Vec<Crate> {
        let mut crates: Vec<Crate> = Vec::new();
        for (place, programs) in self.found {
            let locked = &self.lock.package[place];
            crates.push(Crate {
                name: locked.name.clone(),
                version: locked.version.clone(),
                sha256: locked.checksum.clone(),
                licence: self.read.get(&place).and_then(|manifest| manifest.licence(shared)),
                programs,
            });
        }
        crates
    }
}

/// The place in the lock of what a dependency there names: «name», «name version» or «name version (source)».
fn find(lock: &CargoLock, dependency: &str) -> Result<usize> {
    let mut words = dependency.split(' ');
    let (name, version) = (words.next().unwrap_or_default(), words.next());
    let fits = |locked: &Locked| locked.name == name && version.is_none_or(|version| locked.version == version);
    let found = lock.package.iter().position(fits);
    found
        .ok_or_else(|| Error::malformed("Cargo.lock", format!("it has no package for «{dependency}»; run cargo build")))
}

fn load<T: DeserializeOwned>(path: &Path) -> Result<T> {
    let text = fs::read_to_string(path).map_err(|e| Error::io("read", path, e))?;
    toml::from_str(&text).map_err(|e| Error::malformed(path, e.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A checkout, Cargo's folder and a cache.
    struct World(tempfile::TempDir);

    impl World {
        /// A device's program that needs `used` at run time, and other crates in all other ways.
        fn new() -> Self {
            let world = Self(tempfile::tempdir().unwrap());
            world.write(
                "Cargo.toml",
                "[workspace]\nmembers = ['device', 'host']\npackage.license = 'MIT OR Apache-2.0'\n\
                 [workspace.dependencies]\nused = '1'\nshort = {package = 'long', version = '1'}\n",
            );
            world.write("rust-toolchain.toml", "[toolchain]\nchannel = '1.95.0'\n");
            world.write(
                "device/Cargo.toml",
                "[package]\nname = 'ours'\nversion.workspace = true\nlicense.workspace = true\n[[bin]]\nname = 'sos-update'\n\
                 [dependencies]\nused.workspace = true\nshort.workspace = true\nderive = '1'\n\
                 other = {package = 'renamed', version = '1'}\n\
                 [dev-dependencies]\ntested = '1'\n[build-dependencies]\nbuilt = '1'\n\
                 [target.'cfg(windows)'.dependencies]\nwindows = '1'\n",
            );
            world.write("host/Cargo.toml", "[package]\nname = 'host'\n[dependencies]\nhosted = '1'\n");
            let mut lock = "version = 4\n".to_owned();
            let ours = "'built', 'derive', 'long', 'renamed', 'tested', 'used 1.0.0', 'windows'";
            for (name, needs) in [("ours", ours), ("host", "'hosted'")] {
                lock.push_str(&format!("[[package]]\nname = '{name}'\nversion = '0.1.0'\ndependencies = [{needs}]\n"));
            }
            for (name, manifest) in [
                ("used", "license = 'MIT/Unlicense'\n[dependencies]\ndeep = '1'\n"),
                ("deep", "license-file = 'COPYING'\n"),
                ("renamed", "license = 'ISC'\n"),
                ("long", "license = 'ISC'\n"),
                ("derive", "license = 'ISC'\n[lib]\nproc-macro = true\n[dependencies]\nhosted = '1'\n"),
            ] {
                let checksum = world.publish(name, manifest);
                let needs = if name == "used" { "'deep'" } else { "" };
                lock.push_str(&format!(
                    "[[package]]\nname = '{name}'\nversion = '1.0.0'\nsource = 'registry+x'\nchecksum = '{checksum}'\n\
                     dependencies = [{needs}]\n"
                ));
            }
            for name in ["built", "tested", "windows", "hosted"] {
                let checksum = Sha256::of(name.as_bytes());
                lock.push_str(&format!(
                    "[[package]]\nname = '{name}'\nversion = '1.0.0'\nsource = 'registry+x'\nchecksum = '{checksum}'\n"
                ));
            }
            world.write("Cargo.lock", &lock);
            world
        }

        fn path(&self, below: &str) -> PathBuf {
            self.0.path().join(below)
        }

        fn write(&self, below: &str, text: &str) {
            let path = self.path(below);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }

        /// Puts a crate's package where Cargo keeps those it fetched.
        fn publish(&self, name: &str, manifest: &str) -> Sha256 {
            let text = format!("[package]\nname = '{name}'\n{manifest}");
            let mut archive = tar::Builder::new(flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast()));
            let mut header = tar::Header::new_gnu();
            header.set_size(text.len() as u64);
            archive.append_data(&mut header, format!("{name}-1.0.0/Cargo.toml"), text.as_bytes()).unwrap();
            let bytes = archive.into_inner().unwrap().finish().unwrap();
            let place = self.path("cargo/registry/cache/some-registry");
            fs::create_dir_all(&place).unwrap();
            fs::write(place.join(format!("{name}-1.0.0.crate")), &bytes).unwrap();
            Sha256::of(&bytes)
        }

        fn linked(&self) -> Result<Linked> {
            linked(self.0.path(), "amd64", &Cache::of(&self.path("cargo")), &self.path("cache"))
        }
    }

    #[test]
    fn what_is_linked_into_a_program_is_told_from_what_compiling_it_needed() {
        let linked = World::new().linked().unwrap();
        let crates: Vec<(&str, Option<&str>)> =
            linked.crates.iter().map(|one| (one.name.as_str(), one.licence.as_deref())).collect();
        let wanted = [
            ("ours", Some("MIT OR Apache-2.0")),
            ("used", Some("MIT OR Unlicense")),
            ("deep", None),
            ("renamed", Some("ISC")),
            ("long", Some("ISC")),
        ];
        assert_eq!(crates, wanted);
        assert_eq!(linked.rust, "1.95.0");
        assert!(linked.crates.iter().all(|one| one.programs.iter().eq(["sos-update"])));
        assert_eq!(linked.crates[0].sha256, None);
    }

    #[test]
    fn what_was_read_of_a_crate_is_not_read_again() {
        let world = World::new();
        let first = world.linked().unwrap();
        fs::remove_dir_all(world.path("cargo")).unwrap();
        assert_eq!(world.linked().unwrap(), first);
    }

    #[test]
    fn a_crate_that_is_not_the_one_of_the_lock_is_not_read() {
        let world = World::new();
        world.publish("deep", "license = 'GPL-3.0-only'\n");
        let error = world.linked().unwrap_err();
        assert!(matches!(&error, Error::NoCrate { name, .. } if name == "deep-1.0.0"), "{error}");
        assert_eq!(error.exit_code(), 2);
    }

    #[test]
    fn a_crate_that_nothing_vouches_for_is_named() {
        let world = World::new();
        let lock = fs::read_to_string(world.path("Cargo.lock")).unwrap();
        let without = lock.lines().filter(|line| !line.starts_with("checksum")).collect::<Vec<_>>().join("\n");
        world.write("Cargo.lock", &without);
        assert!(world.linked().unwrap_err().to_string().contains("has no checksum"));
    }
}
