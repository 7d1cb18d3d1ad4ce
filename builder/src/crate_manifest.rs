//! What a crate says of itself: the `Cargo.toml` in its package.
//!
//! In: the package, which counts only with the SHA-256 that `Cargo.lock` has. Out: [`Manifest`], as much of it as tells
//! what is linked into what. What was read of a package is kept in the cache.

use std::collections::BTreeMap;
use std::io::Read;
use std::path::Path;

use serde::Deserialize;

use crate::crates::{Cache, Crate, Locked};
use crate::error::{Error, Result};
use crate::kept::Kept;
use crate::lock::Sha256;
use crate::platform::Platform;
use crate::programs::PROGRAMS;

/// The most bytes that a crate's `Cargo.toml` may have.
const MANIFEST_BYTES: u64 = 4 << 20;

/// What is read of a `Cargo.toml`.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct Manifest {
    pub(crate) package: Option<About>,
    pub(crate) workspace: Option<Workspace>,
    #[serde(default)]
    bin: Vec<Binary>,
    lib: Option<Library>,
    #[serde(default)]
    dependencies: toml::Table,
    #[serde(default)]
    target: BTreeMap<String, Conditional>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct About {
    pub(crate) name: String,
    license: Option<toml::Value>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Workspace {
    pub(crate) members: Vec<String>,
    pub(crate) package: Option<Shared>,
    /// What «workspace = true» in a member's dependencies stands for.
    #[serde(default)]
    pub(crate) dependencies: toml::Table,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Shared {
    pub(crate) license: Option<String>,
}

#[derive(Debug, Deserialize)]
struct Binary {
    name: String,
}

#[derive(Debug, Deserialize)]
struct Library {
    #[serde(rename = "proc-macro", alias = "proc_macro", default)]
    macros: bool,
}

#[derive(Debug, Deserialize)]
struct Conditional {
    #[serde(default)]
    dependencies: toml::Table,
}

impl Manifest {
    /// Whether a crate of this name is linked into this one on `platform`; `shared` are the workspace's dependencies.
    pub(crate) fn links(&self, name: &str, platform: &Platform, shared: &toml::Table) -> bool {
        let conditional = self.target.iter().filter(|(condition, _)| platform.holds(condition));
        let all = std::iter::once(&self.dependencies).chain(conditional.map(|(_, target)| &target.dependencies));
        // A dependency may go by another name than its crate's.
        let package = |about: &toml::Value| about.get("package").and_then(toml::Value::as_str).map(str::to_owned);
        let called = |key: &str, about: &toml::Value| package(about).or_else(|| package(shared.get(key)?));
        all.flatten().any(|(key, about)| called(key, about).as_deref().unwrap_or(key) == name)
    }

    pub(crate) fn is_macro(&self) -> bool {
        self.lib.as_ref().is_some_and(|library| library.macros)
    }

    /// The licence, as SPDX writes it today; `shared` is what «license.workspace = true» stands for.
    pub(crate) fn licence(&self, shared: Option<&str>) -> Option<String> {
        match self.package.as_ref()?.license.as_ref()? {
            toml::Value::String(licence) => Some(licence.replace('/', " OR ")),
            _ => shared.map(str::to_owned),
        }
    }

    /// The device's programs that this crate makes.
    pub(crate) fn programs(&self) -> impl Iterator<Item = &str> {
        let own = self.package.iter().map(|about| about.name.as_str()).filter(|_| self.bin.is_empty());
        own.chain(self.bin.iter().map(|binary| binary.name.as_str())).filter(|name| PROGRAMS.contains(name))
    }
}

/// The crates' packages that Cargo fetched, and what was read of them before.
pub(crate) struct Store {
    /// The packages.
    pub(crate) packages: Cache,
    /// What is kept.
    pub(crate) kept: Kept,
}

impl Store {
    /// The `Cargo.toml` of a registry's crate.
    pub(crate) fn manifest(&self, locked: &Locked) -> Result<Manifest> {
        let Some(checksum) = &locked.checksum else {
            let reason =
                format!("crate {} has no checksum: it comes neither from a registry nor from here", locked.name);
            return Err(Error::malformed("Cargo.lock", reason));
        };
        let text = match self.kept.get(checksum) {
            Some(text) => text,
            None => {
                let text = self.read(locked, checksum)?;
                self.kept.put(checksum, &text)?;
                text
            }
        };
        let path = format!("Cargo.toml of crate {} {}", locked.name, locked.version);
        toml::from_slice(&text).map_err(|e| Error::malformed(path, e.to_string()))
    }

    /// The text of the `Cargo.toml` in the crate's package.
    fn read(&self, locked: &Locked, checksum: &Sha256) -> Result<Vec<u8>> {
        let krate = Crate { name: locked.name.clone(), version: locked.version.clone(), sha256: checksum.clone() };
        let bytes = self.packages.read(&krate)?.ok_or_else(|| Error::NoCrate { name: krate.folder() })?;
        let malformed = || Error::malformed(krate.file_name(), "it has no Cargo.toml");
        manifest_text(&bytes, &krate.folder()).ok().flatten().ok_or_else(malformed)
    }
}

fn manifest_text(package: &[u8], stem: &str) -> std::io::Result<Option<Vec<u8>>> {
    let mut archive = tar::Archive::new(flate2::read::GzDecoder::new(package));
    for entry in archive.entries()? {
        let entry = entry?;
        if entry.path()? == Path::new(stem).join("Cargo.toml") {
            let mut text = Vec::new();
            entry.take(MANIFEST_BYTES).read_to_end(&mut text)?;
            return Ok(Some(text));
        }
    }
    Ok(None)
}
