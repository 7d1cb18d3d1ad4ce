//! The crates that the device's programs are made of, by the SHA-256 that `Cargo.lock` names.
//!
//! In: `Cargo.lock`, and cargo's own cache of what it has downloaded. Out: [`Crate`]s and their files; and a directory
//! source (the Cargo book, «Source Replacement») from which cargo builds without a network.

use std::fs;
use std::io::Read as _;
use std::path::{Component, Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};
use crate::lock::Sha256;
use crate::objects::Objects;

/// A crate of a registry.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Crate {
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: String,
    /// The SHA-256 of its `.crate`.
    pub sha256: Sha256,
}

/// `Cargo.lock`, as far as it matters to us.
#[derive(Debug, Deserialize)]
pub(crate) struct CargoLock {
    #[serde(default)]
    pub(crate) package: Vec<Locked>,
}

/// A crate in it.
#[derive(Debug, Deserialize)]
pub(crate) struct Locked {
    pub(crate) name: String,
    pub(crate) version: String,
    /// Where it comes from; nothing for one of the workspace's own.
    pub(crate) source: Option<String>,
    pub(crate) checksum: Option<Sha256>,
    #[serde(default)]
    pub(crate) dependencies: Vec<String>,
}

/// The crates that a `Cargo.lock` takes from a registry; `path` is for messages.
///
/// # Errors
/// [`Error::Malformed`], naming a crate that comes from elsewhere.
pub fn locked(path: &Path, text: &str) -> Result<Vec<Crate>> {
    let lock: CargoLock = toml::from_str(text).map_err(|e| Error::malformed(path, e.to_string()))?;
    let mut crates = Vec::new();
    for Locked { name, version, source, checksum, .. } in lock.package {
        let Some(source) = source else { continue };
        let wrong = |reason: &str| Error::malformed(path, format!("crate «{name} {version}» {reason}"));
        let plain = |word: &str| {
            word.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '_')
                && word.chars().all(|c| c.is_ascii_alphanumeric() || "-_.+".contains(c))
        };
        if !plain(&name) || !plain(&version) {
            return Err(wrong("has no plain name and version"));
        }
        let checksum = checksum.filter(|_| source.starts_with("registry+") || source.starts_with("sparse+"));
        let sha256 = checksum.ok_or_else(|| wrong("comes from no registry, so nothing vouches for it"))?;
        crates.push(Crate { name, version, sha256 });
    }
    crates.sort();
    Ok(crates)
}

/// Where crates' files are: in cargo's cache, or in a vault. The default is nowhere.
#[derive(Debug, Clone, Default)]
pub struct Cache {
    registries: Vec<PathBuf>,
    vault: Option<Objects>,
}

impl Cache {
    /// The one of cargo's home (`$CARGO_HOME`, else `~/.cargo`); empty where there is none.
    #[must_use]
    pub fn find() -> Self {
        let home = std::env::var_os("CARGO_HOME").map(PathBuf::from);
        let home = home.or_else(|| Some(PathBuf::from(std::env::var_os("HOME")?).join(".cargo")));
        home.map_or_else(Self::default, |home| Self::of(&home))
    }

    /// The one of this home.
    #[must_use]
    pub fn of(home: &Path) -> Self {
        let listing = fs::read_dir(home.join("registry/cache")).into_iter().flatten().flatten();
        let mut registries: Vec<PathBuf> = listing.map(|entry| entry.path()).collect();
        registries.sort();
        Self { registries, vault: None }
    }

    /// The same, with what this vault has.
    #[must_use]
    pub fn with(self, vault: Objects) -> Self {
        Self { vault: Some(vault), ..self }
    }

    /// The same, looked for again: cargo may have fetched more.
    #[must_use]
    pub fn again(&self) -> Self {
        Self { vault: self.vault.clone(), ..Self::find() }
    }

    /// Where a crate's file is: in the vault, else in cargo's cache, whichever registry it came from.
    #[must_use]
    pub fn file(&self, krate: &Crate) -> Option<PathBuf> {
        let kept = self.vault.iter().map(|vault| vault.file(&krate.sha256));
        let files = self.registries.iter().map(|registry| registry.join(krate.file_name()));
        kept.chain(files).find(|file| file.is_file())
    }

    /// The bytes of a crate's file with the right SHA-256; nothing where there is none.
    ///
    /// # Errors
    /// [`Error::Io`] for an object of the vault that cannot be read.
    pub fn read(&self, krate: &Crate) -> Result<Option<Vec<u8>>> {
        if let Some(vault) = &self.vault
            && let Some(bytes) = vault.read(&krate.sha256)?
        {
            return Ok(Some(bytes));
        }
        let files = self.registries.iter().filter_map(|registry| fs::read(registry.join(krate.file_name())).ok());
        Ok(files.into_iter().find(|bytes| Sha256::of(bytes) == krate.sha256))
    }
}

impl Crate {
    /// `serde-1.0.228.crate`.
    #[must_use]
    pub fn file_name(&self) -> String {
        format!("{}.crate", self.folder())
    }

    /// The one folder that its archive has: `serde-1.0.228`.
    #[must_use]
    pub fn folder(&self) -> String {
        format!("{}-{}", self.name, self.version)
    }

    /// Unpacks the crate's `archive`, whose SHA-256 was found right, into a directory source; `path` is for messages.
    ///
    /// # Errors
    /// [`Error::Malformed`] naming an entry that is not a file of the crate's folder; [`Error::Io`].
    pub fn unpack(&self, path: &Path, archive: &[u8], source: &Path) -> Result<()> {
        let wrong = |reason: String| Error::malformed(path, format!("{}: {reason}", self.file_name()));
        let mut archive = tar::Archive::new(flate2::read::GzDecoder::new(archive));
        for entry in archive.entries().map_err(|e| wrong(e.to_string()))? {
            let mut entry = entry.map_err(|e| wrong(e.to_string()))?;
            let name = entry.path().map_err(|e| wrong(e.to_string()))?.into_owned();
            let inside = name.components().all(|part| matches!(part, Component::Normal(_)));
            if !inside || !name.starts_with(self.folder()) || !entry.header().entry_type().is_file() {
                return Err(wrong(format!("its entry «{}» is not a file of it", name.display())));
            }
            let mut bytes = Vec::new();
            entry.read_to_end(&mut bytes).map_err(|e| wrong(e.to_string()))?;
            write(&source.join(&name), &bytes)?;
        }
        // What cargo wants to see of a directory source: the archive's own checksum, which Cargo.lock has too.
        let checksum = serde_json::json!({"files": {}, "package": self.sha256});
        write(&source.join(self.folder()).join(".cargo-checksum.json"), checksum.to_string().as_bytes())
    }
}

/// What tells cargo to take every crate from the directory source in `folder` (`cargo --config FILE`).
#[must_use]
pub fn configuration(folder: &Path) -> String {
    let folder = toml::Value::from(folder.to_string_lossy().into_owned());
    format!("[source.crates-io]\nreplace-with = \"vault\"\n\n[source.vault]\ndirectory = {folder}\n")
}

fn write(path: &Path, bytes: &[u8]) -> Result<()> {
    let folder = path.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(folder).map_err(|e| Error::io("create", folder, e))?;
    fs::write(path, bytes).map_err(|e| Error::io("write", path, e))
}

#[cfg(test)]
mod tests {
    use super::*;

    const LOCK: &str = "version = 4\n[[package]]\nname = \"ours\"\nversion = \"0.1.0\"\n\
                        [[package]]\nname = \"serde\"\nversion = \"1.0.0\"\nsource = \"registry+elsewhere\"\n\
                        checksum = \"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855\"\n";

    fn serde() -> Crate {
        Crate { name: "serde".into(), version: "1.0.0".into(), sha256: Sha256::of(b"") }
    }

    #[test]
    fn a_lock_names_the_crates_of_registries_and_leaves_out_our_own() {
        assert_eq!(locked(Path::new("Cargo.lock"), LOCK).unwrap(), [serde()]);
        let ours = include_str!("../../Cargo.lock");
        assert!(locked(Path::new("Cargo.lock"), ours).unwrap().iter().any(|krate| krate.name == "serde"));
    }

    #[test]
    fn a_crate_that_nothing_vouches_for_is_named() {
        for (from, to, reason) in [
            ("registry+elsewhere", "git+elsewhere", "«serde 1.0.0» comes from no registry"),
            ("checksum", "other", "«serde 1.0.0» comes from no registry"),
            ("e3b0", "x", "line 9"),
            ("\"serde\"", "\"../serde\"", "«../serde 1.0.0» has no plain name"),
            ("1.0.0", "1/../..", "has no plain name"),
        ] {
            let error = locked(Path::new("Cargo.lock"), &LOCK.replace(from, to)).unwrap_err();
            assert!(error.to_string().contains(reason), "{from}: {error}");
        }
    }

    /// A crate's archive with one entry of this name and kind.
    fn archive(name: &str, kind: tar::EntryType) -> Vec<u8> {
        let mut header = tar::Header::new_ustar();
        header.as_mut_bytes()[..name.len()].copy_from_slice(name.as_bytes());
        header.set_entry_type(kind);
        header.set_size(if kind.is_file() { 4 } else { 0 });
        header.set_cksum();
        let mut tar = header.as_bytes().to_vec();
        if kind.is_file() {
            tar.extend(b"text");
            tar.resize(1024, 0);
        }
        tar.resize(tar.len() + 1024, 0);
        let mut packed = Vec::new();
        flate2::read::GzEncoder::new(&tar[..], flate2::Compression::fast()).read_to_end(&mut packed).unwrap();
        packed
    }

    #[test]
    fn a_crate_is_unpacked_with_the_checksum_that_cargo_asks_for() {
        let dir = tempfile::tempdir().unwrap();
        let file = tar::EntryType::Regular;
        serde().unpack(Path::new("x"), &archive("serde-1.0.0/src/lib.rs", file), dir.path()).unwrap();
        assert_eq!(fs::read_to_string(dir.path().join("serde-1.0.0/src/lib.rs")).unwrap(), "text");
        let checksum = fs::read_to_string(dir.path().join("serde-1.0.0/.cargo-checksum.json")).unwrap();
        assert_eq!(checksum, format!("{{\"files\":{{}},\"package\":\"{}\"}}", Sha256::of(b"")));
    }

    #[test]
    fn an_entry_outside_of_the_crates_folder_is_refused_by_its_name() {
        let (file, link) = (tar::EntryType::Regular, tar::EntryType::Symlink);
        for (name, kind) in [
            ("serde-1.0.0/../../x", file),
            ("../x", file),
            ("/etc/x", file),
            ("other-1.0.0/x", file),
            ("serde-1.0.0/link", link),
        ] {
            let dir = tempfile::tempdir().unwrap();
            let source = dir.path().join("source");
            let error = serde().unpack(Path::new("x"), &archive(name, kind), &source).unwrap_err();
            assert!(error.to_string().contains(&format!("«{name}» is not a file of it")), "{name}: {error}");
            assert!(fs::read_dir(dir.path()).unwrap().next().is_none(), "{name}: nothing is written");
        }
    }

    #[test]
    fn cargos_cache_is_searched_whatever_its_registry_is_called() {
        let home = tempfile::tempdir().unwrap();
        let file = home.path().join("registry/cache/somewhere-0123/serde-1.0.0.crate");
        write(&file, b"").unwrap();
        assert_eq!(Cache::of(home.path()).file(&serde()), Some(file));
        assert_eq!(Cache::of(&home.path().join("none")).file(&serde()), None);
    }

    #[test]
    fn a_crate_is_read_where_it_is_right_and_from_the_vault_first() {
        let home = tempfile::tempdir().unwrap();
        let cache = Cache::of(home.path());
        assert_eq!(cache.read(&serde()).unwrap(), None);
        write(&home.path().join("registry/cache/a/serde-1.0.0.crate"), b"another").unwrap();
        assert_eq!(Cache::of(home.path()).read(&serde()).unwrap(), None);
        write(&home.path().join("registry/cache/b/serde-1.0.0.crate"), b"").unwrap();
        assert_eq!(Cache::of(home.path()).read(&serde()).unwrap(), Some(Vec::new()));

        let vault = Objects::at(home.path().join("vault"));
        vault.put_bytes(b"").unwrap();
        assert_eq!(cache.with(vault).read(&serde()).unwrap(), Some(Vec::new()));
    }
}
