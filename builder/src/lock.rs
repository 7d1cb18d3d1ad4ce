//! The lock: what a definition resolved to, every package with its SHA-256. Generated, committed, read as a diff.
//!
//! In: `image/locks/<release>.lock` (TOML). Out: [`Lock`], checked; the same bytes again when written.

use std::collections::HashSet;
use std::fmt;
use std::fs;
use std::io::Write as _;
use std::path::Path;

use serde::{Deserialize, Serialize};
use sha2::Digest as _;

use crate::error::{Error, Refusal, Result};

/// The version of the lock's format that this program writes and reads.
pub const FORMAT: u32 = 1;

/// What a definition resolved to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Lock {
    /// [`FORMAT`].
    pub format: u32,
    /// The release's name, «trixie».
    pub release: String,
    /// Debian's name of the architecture, «amd64».
    pub architecture: String,
    /// The newest archive date, in seconds since 1970: the time that a build stamps on everything.
    pub source_date_epoch: u64,
    /// SHA-256 of what was asked for ([`crate::definition::Definition::digest`]).
    pub definition_sha256: Sha256,
    /// The archives, in the order of the definition.
    #[serde(rename = "archive")]
    pub archives: Vec<Archive>,
    /// The packages, sorted by name.
    #[serde(rename = "package")]
    pub packages: Vec<Package>,
}

/// An archive as it was when the lock was made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Archive {
    /// Our name for it, «security».
    pub name: String,
    /// Its suite, «trixie-security».
    pub suite: String,
    /// Which of a mirror's trees it lies in.
    pub kind: Kind,
    /// The `Date` of its `InRelease`, in seconds since 1970.
    pub date: u64,
    /// SHA-256 of its `InRelease`, whose signature was good.
    pub inrelease_sha256: Sha256,
}

/// Which of a mirror's trees an archive lies in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// The main tree, «debian».
    Main,
    /// The tree of security updates, «debian-security».
    Security,
}

/// A package by its SHA-256.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Package {
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: String,
    /// Its architecture: the lock's, or «all».
    pub architecture: String,
    /// The name of the [`Archive`] that has it.
    pub archive: String,
    /// Its path under the archive's tree, «pool/main/b/bash/bash_5.2_amd64.deb».
    pub path: String,
    /// The package file's size in bytes.
    pub size: u64,
    /// The package file's SHA-256.
    pub sha256: Sha256,
    /// Where it goes: into the image, into the root of the build's tools, or both.
    pub sets: Vec<Set>,
    /// The source package it was built from.
    pub source: String,
    /// The source package's version, where it differs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source_version: Option<String>,
    /// Debian's `Essential: yes`: must be configured before all others.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub essential: bool,
}

/// What packages are for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Set {
    /// The image.
    Device,
    /// The root in which the build's own tools run.
    Tools,
}

impl Set {
    /// Its name in the lock.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Device => "device",
            Self::Tools => "tools",
        }
    }
}

/// A SHA-256 as 64 lower-case hexadecimal digits; safe as a file name.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Sha256(String);

impl Sha256 {
    /// The digest of `bytes`.
    #[must_use]
    pub fn of(bytes: &[u8]) -> Self {
        Self(hex::encode(sha2::Sha256::digest(bytes)))
    }

    /// The digest that a hasher arrived at.
    #[must_use]
    pub fn finish(hasher: sha2::Sha256) -> Self {
        Self(hex::encode(hasher.finalize()))
    }

    /// The 64 digits.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for Sha256 {
    type Error = String;

    fn try_from(text: String) -> std::result::Result<Self, String> {
        if text.len() == 64 && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f')) {
            Ok(Self(text))
        } else {
            Err(format!("«{text}» is not a SHA-256 of 64 lower-case hexadecimal digits"))
        }
    }
}

impl From<Sha256> for String {
    fn from(digest: Sha256) -> Self {
        digest.0
    }
}

impl fmt::Display for Sha256 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Lock {
    /// Reads and checks the lock at `path`.
    ///
    /// # Errors
    /// [`Error::Io`] where it cannot be read, [`Error::Malformed`] where it is not a lock of this format,
    /// [`Refusal::LockEdited`] where it has other bytes than this program wrote.
    pub fn load(path: &Path) -> Result<Self> {
        let text = fs::read_to_string(path).map_err(|e| Error::io("read", path, e))?;
        let lock = Self::parse(path, &text)?;
        if lock.to_text() != text {
            return Err(Refusal::LockEdited { lock: path.to_owned(), release: lock.release }.into());
        }
        Ok(lock)
    }

    /// Reads the lock's `text`, whoever wrote it; `path` is for messages.
    ///
    /// # Errors
    /// [`Error::Malformed`] naming what is wrong.
    pub fn parse(path: &Path, text: &str) -> Result<Self> {
        let lock: Self = toml::from_str(text).map_err(|e| Error::malformed(path, e.to_string()))?;
        lock.check().map_err(|reason| Error::malformed(path, reason))?;
        Ok(lock)
    }

    /// What the type alone does not say of a lock.
    fn check(&self) -> std::result::Result<(), String> {
        if self.format != FORMAT {
            return Err(format!(
                "format {} is not the format {FORMAT} that this program reads; lock again",
                self.format
            ));
        }
        for pair in self.packages.windows(2) {
            let (one, next) = (&pair[0], &pair[1]);
            if one.name == next.name {
                let (name, one, next) = (&one.name, &one.version, &next.version);
                return Err(format!("package {name} is there twice, in version {one} and in {next}; lock again"));
            }
            if one.name > next.name {
                return Err(format!(
                    "package {} stands behind {}: not sorted by name; lock again",
                    next.name, one.name
                ));
            }
        }
        let archives: HashSet<&str> = self.archives.iter().map(|archive| archive.name.as_str()).collect();
        for package in &self.packages {
            let name = &package.name;
            if !archives.contains(package.archive.as_str()) {
                return Err(format!("package {name}: there is no archive «{}»", package.archive));
            }
            if package.path.starts_with('/') || package.path.split('/').any(|part| matches!(part, "" | "." | "..")) {
                return Err(format!("package {name}: «{}» is not a path under an archive", package.path));
            }
        }
        Ok(())
    }

    /// The lock's text, the same bytes for the same lock. Its header names the SHA-256 of what follows, so that a lock
    /// changed by hand is told from one that was resolved.
    #[must_use]
    pub fn to_text(&self) -> String {
        let body = toml::to_string(self).unwrap_or_else(|e| unreachable!("a lock is plain data: {e}"));
        format!(
            "# Written by `sos-build lock {}`; read its diff, change the definition instead: edited by hand it is refused.\n\
             # SHA-256 of all lines below: {}\n{body}",
            self.release,
            Sha256::of(body.as_bytes())
        )
    }

    /// Writes the lock beside `path`, then renames it.
    ///
    /// # Errors
    /// [`Error::Io`] or [`Error::DiskFull`]; `path` is then as it was.
    pub fn save(&self, path: &Path) -> Result<()> {
        let folder = path.parent().unwrap_or(Path::new("."));
        fs::create_dir_all(folder).map_err(|e| Error::io("create", folder, e))?;
        let failed = |e| Error::io("write", path, e);
        let mut file = tempfile::Builder::new().prefix(".lock").tempfile_in(folder).map_err(failed)?;
        file.write_all(self.to_text().as_bytes()).map_err(failed)?;
        readable_by_all(file.path()).map_err(failed)?;
        file.as_file().sync_all().map_err(failed)?;
        file.persist(path).map(drop).map_err(|e| failed(e.error))
    }

    /// The packages of `set`, sorted by name.
    pub fn packages(&self, set: Set) -> impl Iterator<Item = &Package> {
        self.packages.iter().filter(move |package| package.sets.contains(&set))
    }

    /// A digest of the packages of `set`: it changes when what would be unpacked changes.
    #[must_use]
    pub fn digest(&self, set: Set) -> Sha256 {
        let mut hasher = sha2::Sha256::new();
        for package in self.packages(set) {
            hasher.update(format!("{} {}\n", package.name, package.sha256));
        }
        Sha256::finish(hasher)
    }

    /// The archive that has `package`.
    #[must_use]
    pub fn archive(&self, package: &Package) -> Option<&Archive> {
        self.archives.iter().find(|archive| archive.name == package.archive)
    }
}

/// Mode 0644: a temporary file is born readable by its owner only.
fn readable_by_all(path: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    fs::set_permissions(path, fs::Permissions::from_mode(0o644))
}
