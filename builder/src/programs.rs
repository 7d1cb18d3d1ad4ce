//! The device's programs: compiled from the checkout inside the tools' root, or brought by whoever builds.
//!
//! In: the checkout's workspace, the crates that `Cargo.lock` names by their SHA-256, the pinned toolchain. Out: a folder
//! with [`PROGRAMS`]. Linker, C compiler and C library are the locked ones; cargo sees everything at a place that is the
//! same on every host (`/src`, `/crates`, `/target`, `/toolchain`), no network, and files of one time.
//!
//! What cargo has compiled stays in the cache from one build to the next. Which of our own crates are still good is told
//! by the digests of their sources, never by times: a checkout may be copied, and a clock may be wrong.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::cache::{self, Key};
use crate::crates::{self, Cache, Crate};
use crate::error::{Error, Refusal, Result};
use crate::lock::Sha256;
use crate::parallel::each;
use crate::progress::{Progress, Unit};
use crate::sandbox::{Sandbox, umount};
use crate::toolchain::{self, Rust, Toolchain};
use crate::workspace::Workspace;

/// The device's programs, built from this workspace.
pub const PROGRAMS: [&str; 3] = ["sos-provision", "sos-console", "sos-update"];
/// The packages of the workspace that they are in.
const PACKAGES: [&str; 3] = ["sos-provision", "sos-console", "sos-updater"];
/// Cargo's profile for them, in the workspace's `Cargo.toml`.
const PROFILE: &str = "device";

/// Raised when this code changes what it makes.
const VERSION: u32 = 1;
/// Raised when crates are unpacked otherwise.
const UNPACKED: u32 = 1;

/// Where cargo sees the workspace.
const SOURCES: &str = "/src";
/// Where cargo sees the crates.
const CRATES: &str = "/crates";
/// Where cargo compiles to.
const TARGET: &str = "/target";
/// Where cargo itself is.
const TOOLCHAIN: &str = "/toolchain";
/// Cargo's own folder, gone with the sandbox.
const CARGO_HOME: &str = "/tmp/cargo";
/// What in a toolchain says where its sources are; a compiler that finds them writes their place into programs.
const RUST_SOURCES: &str = "lib/rustlib/src";
/// What every program is compiled with: Debian's linker, not the toolchain's.
const FLAGS: [&str; 2] = ["-Clinker=gcc", "-Clinker-features=-lld"];
/// What compilers see as the time, whatever the lock's: a new lock of the same tools compiles nothing again.
const TIME: &str = "315532800";
/// In [`TARGET`]: by which sources our own crates there were compiled.
const DIGESTS: &str = "sos-digests.json";

/// Where an image's programs come from.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub enum Programs {
    /// They stand in this folder, and nobody knows how they were made.
    Brought(PathBuf),
    /// They are compiled from a checkout.
    Compiled(Box<Compilation>),
}

/// All that a compilation needs to know.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Compilation {
    repository: PathBuf,
    toolchain: Toolchain,
    crates_key: String,
    /// The crates' files; whether they are the right ones is seen when they are unpacked.
    crates: Vec<(Crate, PathBuf)>,
}

impl Programs {
    /// Those in `folder`.
    ///
    /// # Errors
    /// [`Error::Malformed`] naming the one that is missing.
    pub fn brought(folder: &Path) -> Result<Self> {
        match PROGRAMS.iter().map(|name| folder.join(name)).find(|path| !path.is_file()) {
            None => Ok(Self::Brought(folder.to_owned())),
            Some(path) => {
                Err(Error::malformed(path, "the device's program is missing; without --programs it is compiled"))
            }
        }
    }

    /// Those of the checkout in `repository`, to be compiled: finds the toolchain, and has cargo fetch crates that are
    /// not in `crates`. Where `network` is false, rustup and cargo have to have all of it already.
    ///
    /// # Errors
    /// What [`Toolchain::find`] fails with, [`Error::NoCrates`].
    pub fn compiled(repository: &Path, crates: &Cache, network: bool) -> Result<Self> {
        let toolchain = Toolchain::find(repository, network)?;
        let path = repository.join("Cargo.lock");
        let text = fs::read_to_string(&path).map_err(|e| Error::io("read", &path, e))?;
        let locked = crates::locked(&path, &text)?;
        let crates_key = crates_key(&locked);
        let crates = files(repository, locked, crates, network)?;
        Ok(Self::Compiled(Box::new(Compilation { repository: repository.to_owned(), toolchain, crates_key, crates })))
    }

    /// By which compiler they are made; nothing where they are brought.
    #[must_use]
    pub fn rust(&self) -> Option<&Rust> {
        match self {
            Self::Brought(_) => None,
            Self::Compiled(compilation) => Some(&compilation.toolchain.rust),
        }
    }

    /// Adds all that they are made from to `key`; `tools` is the digest of the tools' packages.
    ///
    /// # Errors
    /// A file that cannot be read.
    pub(crate) fn add_to(&self, key: Key, tools: &str) -> Result<Key> {
        match self {
            Self::Brought(folder) => PROGRAMS.iter().try_fold(key, |key, name| key.file(&folder.join(name))),
            Self::Compiled(compilation) => {
                let workspace = Workspace::load(&compilation.repository)?;
                Ok(key.text(&compilation.key(tools, &workspace.digests(&PACKAGES)?)?))
            }
        }
    }

    /// The folder that they are in, compiled first where they are in no cache, and whether they were there.
    ///
    /// # Errors
    /// The words of cargo, a crate that is not what `Cargo.lock` says, or a file that cannot be written.
    pub(crate) fn make(
        &self,
        tools: &Sandbox,
        digest: &str,
        kept: &Path,
        progress: Progress,
    ) -> Result<(PathBuf, bool)> {
        match self {
            Self::Brought(folder) => Ok((folder.clone(), true)),
            Self::Compiled(compilation) => compilation.make(tools, digest, kept, progress),
        }
    }
}

/// A name for what the crates are unpacked to.
fn crates_key(crates: &[Crate]) -> String {
    crates.iter().fold(Key::new("crates", UNPACKED), |key, krate| key.text(krate.sha256.as_str())).hex()
}

/// The crates' files in `cache`, fetched by cargo where one is missing and there may be a `network`.
fn files(repository: &Path, crates: Vec<Crate>, cache: &Cache, network: bool) -> Result<Vec<(Crate, PathBuf)>> {
    let is_missing = crates.iter().any(|krate| cache.file(krate).is_none());
    let fetched = if network && is_missing {
        let fetch = toolchain::host_program("cargo", repository).args(["fetch", "--locked", "--quiet"]);
        fetch.run().map_err(|e| Error::NoCrates { reason: e.to_string() })?;
        Some(cache.again())
    } else {
        None
    };
    let cache = fetched.as_ref().unwrap_or(cache);
    let file = |krate: Crate| match cache.file(&krate) {
        Some(file) => Ok((krate, file)),
        None if network => Err(Error::NoCrates { reason: format!("cargo did not keep {}", krate.file_name()) }),
        None => Err(Error::NoCrates { reason: format!("{} is nowhere here", krate.file_name()) }),
    };
    crates.into_iter().map(file).collect()
}

impl Compilation {
    /// Names what comes out: the compiler, the tools, the workspace's own files, and the members by their digests.
    fn key(&self, tools: &str, digests: &BTreeMap<String, String>) -> Result<String> {
        let key = Key::new("programs", VERSION).text(&self.state_key(tools)).text(&FLAGS.concat());
        let key =
            ["Cargo.toml", "Cargo.lock"].iter().try_fold(key, |key, file| key.file(&self.repository.join(file)))?;
        Ok(digests.iter().fold(key, |key, (name, digest)| key.text(name).text(digest)).hex())
    }

    /// Names a folder for cargo to compile to: what is in there for another compiler, other tools or other crates is of
    /// no use, and cargo itself would not see a difference between two linkers.
    fn state_key(&self, tools: &str) -> String {
        let rust = &self.toolchain.rust;
        let key = Key::new("target", VERSION).text(&rust.release).text(&rust.commit_hash);
        key.text(tools).text(&self.crates_key).hex()
    }

    fn make(&self, tools: &Sandbox, digest: &str, kept: &Path, progress: Progress) -> Result<(PathBuf, bool)> {
        let digests = Workspace::load(&self.repository)?.digests(&PACKAGES)?;
        cache::directory(kept, "programs", &self.key(digest, &digests)?, |dir| {
            let crates = cache::directory(kept, "crates", &self.crates_key, |dir| self.unpack(dir, progress))?.0;
            let target = cache::room(kept, "target", &self.state_key(digest))?;
            tools.bind_read_only(&self.toolchain.dir, TOOLCHAIN)?;
            let rust_sources = format!("{TOOLCHAIN}/{RUST_SOURCES}");
            let has_sources = tools.inside(&rust_sources).is_dir();
            if has_sources {
                tools.tmpfs(&rust_sources)?;
            }
            tools.bind_read_only(&crates, CRATES)?;
            tools.bind(&target, TARGET)?;
            tools.tmpfs(SOURCES)?;
            self.copy_sources(&tools.inside(SOURCES), &digests)?;
            compile(tools, &target, &digests, progress)?;
            for program in PROGRAMS {
                let from = target.join(PROFILE).join(program);
                fs::copy(&from, dir.join(program)).map_err(|e| Error::io("copy", &from, e))?;
            }
            let rust_sources = has_sources.then_some(&*rust_sources);
            let mounted = [SOURCES, TARGET, CRATES].into_iter().chain(rust_sources).chain([TOOLCHAIN]);
            mounted.into_iter().try_for_each(|place| umount(&tools.inside(place)))
        })
    }

    /// Unpacks every crate, each with the SHA-256 that `Cargo.lock` has for it, into a directory source.
    fn unpack(&self, dir: &Path, progress: Progress) -> Result<()> {
        let task = progress.task("crates", Unit::Items, self.crates.len() as u64);
        let workers = std::thread::available_parallelism().map_or(2, usize::from);
        let unpack_one = |(krate, file): &(Crate, PathBuf)| {
            let bytes = fs::read(file).map_err(|e| Error::io("read", file, e))?;
            unpack(krate, file, &bytes, dir)?;
            task.advance(1);
            Ok(())
        };
        each(workers, &self.crates, unpack_one).into_iter().collect::<Result<Vec<()>>>()?;
        task.finish();
        Ok(())
    }

    /// Copies the workspace to `place`, and sees to it that what is there now is what the digests are of.
    fn copy_sources(&self, place: &Path, digests: &BTreeMap<String, String>) -> Result<()> {
        Workspace::load(&self.repository)?.copy(place)?;
        if Workspace::load(place)?.digests(&PACKAGES)? == *digests {
            return Ok(());
        }
        Err(Error::malformed(
            &self.repository,
            "its sources changed while they were copied; run the same command again",
        ))
    }
}

/// Unpacks the crate that has these `bytes`, if they are its own; `file` is where they are from.
fn unpack(krate: &Crate, file: &Path, bytes: &[u8], to: &Path) -> Result<()> {
    let found = Sha256::of(bytes);
    if found == krate.sha256 {
        return krate.unpack(file, bytes, to);
    }
    Err(Refusal::WrongCrate { name: krate.file_name(), path: file.to_owned(), found: found.to_string() }.into())
}

/// Has cargo compile the programs in `target`.
fn compile(tools: &Sandbox, target: &Path, digests: &BTreeMap<String, String>, progress: Progress) -> Result<()> {
    let settings = tools.inside(CARGO_HOME).join("config.toml");
    let failed = |e| Error::io("write", &settings, e);
    fs::create_dir_all(tools.inside(CARGO_HOME)).map_err(failed)?;
    fs::write(&settings, crates::configuration(Path::new(CRATES))).map_err(failed)?;
    forget(tools, target, digests)?;
    let packages = PACKAGES.iter().flat_map(|package| ["--package", package]);
    let cargo = cargo(tools, "build").arg("--bins").args(packages);
    if progress == Progress::Json {
        cargo.arg("--quiet").run()?;
    } else {
        // It shows what it compiles by itself.
        let status = cargo.inherit(&["TERM"]).run_visibly()?;
        if !status.success() {
            return Err(Error::NotCompiled { status: status.to_string() });
        }
    }
    remember(target, digests)
}

/// Cargo inside the root.
fn cargo(tools: &Sandbox, command: &str) -> crate::command::Run {
    tools
        .program("cargo")
        .env("PATH", format!("{TOOLCHAIN}/bin:/usr/sbin:/usr/bin"))
        .env("CARGO_HOME", CARGO_HOME)
        .env("CARGO_TARGET_DIR", TARGET)
        .env("CARGO_INCREMENTAL", "0")
        .env("CARGO_ENCODED_RUSTFLAGS", FLAGS.join("\x1f"))
        .env("CC", "gcc")
        .env("AR", "ar")
        .env("SOURCE_DATE_EPOCH", TIME)
        .args([command, "--manifest-path", &format!("{SOURCES}/Cargo.toml"), "--locked", "--offline"])
        .args(["--profile", PROFILE])
}

/// Removes from `target` what was compiled from other sources than those of `digests`, and takes it out of the record
/// first: whatever interrupts what follows, nothing is taken for newer than it is.
fn forget(tools: &Sandbox, target: &Path, digests: &BTreeMap<String, String>) -> Result<()> {
    let mut recorded: BTreeMap<String, String> =
        fs::read(target.join(DIGESTS)).ok().and_then(|text| serde_json::from_slice(&text).ok()).unwrap_or_default();
    recorded.retain(|name, digest| digests.get(name) == Some(digest));
    remember(target, &recorded)?;
    let changed: Vec<&String> = digests.keys().filter(|name| !recorded.contains_key(*name)).collect();
    if changed.is_empty() || !target.join(PROFILE).is_dir() {
        return Ok(());
    }
    let packages = changed.into_iter().flat_map(|name| ["--package", name]);
    cargo(tools, "clean").args(packages).run().map(drop)
}

fn remember(target: &Path, digests: &BTreeMap<String, String>) -> Result<()> {
    let (path, beside) = (target.join(DIGESTS), target.join(format!("{DIGESTS}.unfinished")));
    let text = serde_json::to_string_pretty(digests).map_err(|e| Error::malformed(&path, e.to_string()))?;
    fs::write(&beside, text).map_err(|e| Error::io("write", &beside, e))?;
    fs::rename(&beside, &path).map_err(|e| Error::io("rename", &path, e))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::objects::Objects;

    fn serde() -> Crate {
        Crate { name: "serde".into(), version: "1.0.0".into(), sha256: Sha256::of(b"its bytes") }
    }

    #[test]
    fn without_a_network_a_crate_comes_from_the_vault_or_is_named() {
        let dir = tempfile::tempdir().unwrap();
        let cache = Cache::of(&dir.path().join("cargo"));
        let error = files(dir.path(), vec![serde()], &cache, false).unwrap_err();
        assert!(error.to_string().contains("serde-1.0.0.crate is nowhere here"), "{error}");
        let vault = Objects::at(dir.path().join("vault"));
        vault.put_bytes(b"its bytes").unwrap();
        let found = files(dir.path(), vec![serde()], &cache.with(vault.clone()), false).unwrap();
        assert_eq!(found, [(serde(), vault.file(&serde().sha256))]);
    }

    #[test]
    fn a_crate_with_a_flipped_bit_is_named_and_not_unpacked() {
        let dir = tempfile::tempdir().unwrap();
        let error = unpack(&serde(), Path::new("vault/objects/aa/aaaa"), b"its bytfs", dir.path()).unwrap_err();
        assert_eq!(error.exit_code(), 3);
        let said = error.to_string();
        let found = Sha256::of(b"its bytfs").to_string();
        for part in ["vault/objects/aa/aaaa is not serde-1.0.0.crate as Cargo.lock names it", &found] {
            assert!(said.contains(part), "{said}");
        }
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 0);
    }

    #[test]
    fn brought_programs_are_all_there_or_the_missing_one_is_named() {
        let dir = tempfile::tempdir().unwrap();
        for program in &PROGRAMS[1..] {
            fs::write(dir.path().join(program), "").unwrap();
        }
        let error = Programs::brought(dir.path()).unwrap_err();
        assert!(error.to_string().contains(PROGRAMS[0]), "{error}");
        fs::write(dir.path().join(PROGRAMS[0]), "").unwrap();
        assert_eq!(Programs::brought(dir.path()).unwrap().rust(), None);
    }
}
