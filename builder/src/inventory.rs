//! What a vault has of one release: `releases/<release>-<day>-<lock>.toml`.
//!
//! In: that file's text. Out: [`Inventory`], checked: every object by its kind, its path, its size and its SHA-256, and
//! what could no longer be had. Paths are those of a mirror (`debian/pool/…`), so that one can be laid out again from a
//! vault; none leads outside.

use std::collections::HashSet;
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::error::{Error, Refusal, Result};
use crate::lock::{Lock, Sha256};
use crate::version::day;

/// The version of the inventory's format that this program writes and reads.
pub const FORMAT: u32 = 1;
/// How many digits of the lock's SHA-256 are in the name.
const DIGITS: usize = 16;

/// What a vault has of one release.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Inventory {
    /// [`FORMAT`].
    pub format: u32,
    /// The release's name, «trixie».
    pub release: String,
    /// Debian's name of the architecture.
    pub architecture: String,
    /// The newest archive date of the lock, in seconds since 1970.
    pub source_date_epoch: u64,
    /// The SHA-256 of the lock's text.
    pub lock_sha256: Sha256,
    /// The SHA-256 of what was asked for, as the lock has it.
    pub definition_sha256: Sha256,
    /// What could not be had when this was written.
    #[serde(rename = "absent", default, skip_serializing_if = "Vec::is_empty")]
    pub absent: Vec<Absent>,
    /// Every object, sorted by its path.
    #[serde(rename = "object")]
    pub objects: Vec<Object>,
}

/// A file that the vault has.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Object {
    /// What it is.
    pub kind: Kind,
    /// Where it lies in a mirror or a checkout: `debian/pool/main/b/bash/bash_5.2_amd64.deb`.
    pub path: String,
    /// Bytes.
    pub size: u64,
    /// The SHA-256 of its content; its name among the objects.
    pub sha256: Sha256,
}

/// A file that the vault ought to have and has not.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Absent {
    /// What it is.
    pub kind: Kind,
    /// Where it would lie.
    pub path: String,
    /// The SHA-256 that it would have, where that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sha256: Option<Sha256>,
    /// Why it is not there.
    pub reason: String,
}

impl Absent {
    /// Whether it is a crate.
    #[must_use]
    pub fn is_crate(&self) -> bool {
        self.kind == Kind::Crate
    }
}

/// What a file is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// The lock.
    Lock,
    /// A Debian package.
    Package,
    /// An archive's `InRelease`, signed by Debian.
    Inrelease,
    /// A `Packages` that an `InRelease` vouches for.
    Index,
    /// `Cargo.lock`.
    CargoLock,
    /// A crate that `Cargo.lock` names.
    Crate,
}

impl Inventory {
    /// An inventory of `lock` with nothing in it.
    #[must_use]
    pub fn new(lock: &Lock) -> Self {
        Self {
            format: FORMAT,
            release: lock.release.clone(),
            architecture: lock.architecture.clone(),
            source_date_epoch: lock.source_date_epoch,
            lock_sha256: Sha256::of(lock.to_text().as_bytes()),
            definition_sha256: lock.definition_sha256.clone(),
            absent: Vec::new(),
            objects: Vec::new(),
        }
    }

    /// The name of the file that has it: `trixie-20261122-0123456789abcdef.toml`.
    #[must_use]
    pub fn file_name(&self) -> String {
        let digits = &self.lock_sha256.as_str()[..DIGITS];
        format!("{}-{}-{digits}.toml", self.release, day(self.source_date_epoch))
    }

    /// The file's text, the same bytes for the same inventory.
    #[must_use]
    pub fn to_text(&self) -> String {
        let mut sorted = self.clone();
        sorted.objects.sort_by(|a, b| a.path.cmp(&b.path));
        sorted.absent.sort_by(|a, b| a.path.cmp(&b.path));
        let body = toml::to_string(&sorted).unwrap_or_else(|e| unreachable!("an inventory is plain data: {e}"));
        format!(
            "# What a lock of «{}» is made of: objects/ab/<sha256> is each file. Written by `sos-build vault export`;\n\
             # docs/vault.md says how to check it and how to build from it.\n{body}",
            self.release
        )
    }

    /// Reads and checks an inventory's `text`; `path` is for messages.
    ///
    /// # Errors
    /// [`Error::Malformed`] naming what is wrong, [`Refusal::VaultPath`] for a path that leads outside.
    pub fn parse(path: &Path, text: &str) -> Result<Self> {
        let inventory: Self = toml::from_str(text).map_err(|e| Error::malformed(path, e.to_string()))?;
        if inventory.format != FORMAT {
            let reason = format!("format {} is not the format {FORMAT} that this program reads", inventory.format);
            return Err(Error::malformed(path, reason));
        }
        let mut seen = HashSet::new();
        let absent = inventory.absent.iter().map(|absent| &absent.path);
        for name in inventory.objects.iter().map(|object| &object.path).chain(absent).chain([&inventory.release]) {
            if !is_inside(name) {
                let (file, name) = (path.to_owned(), name.clone());
                return Err(Refusal::VaultPath { file, name }.into());
            }
            if !seen.insert(name) {
                return Err(Error::malformed(path, format!("«{name}» is there twice")));
            }
        }
        if inventory.release.contains('/') {
            return Err(Error::malformed(path, format!("«{}» is no release's name", inventory.release)));
        }
        let locks: Vec<&Object> = inventory.of(Kind::Lock).collect();
        if locks.len() != 1 || locks[0].sha256 != inventory.lock_sha256 {
            return Err(Error::malformed(path, "it has to name one lock, the one of lock_sha256"));
        }
        Ok(inventory)
    }

    /// How many packages it has.
    #[must_use]
    pub fn packages(&self) -> usize {
        self.of(Kind::Package).count()
    }

    /// The objects of a kind.
    pub fn of(&self, kind: Kind) -> impl Iterator<Item = &Object> {
        self.objects.iter().filter(move |object| object.kind == kind)
    }
}

/// Whether a path stays in the folder that it is taken from, on whatever machine, and can be shown to a person.
#[must_use]
pub fn is_inside(path: &str) -> bool {
    let plain = |part: &str| !matches!(part, "" | "." | "..");
    path.split('/').all(plain) && !path.contains(|c: char| c.is_control() || c == '\\')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn inventory() -> Inventory {
        let digest = Sha256::of(b"");
        let object = |kind, path: &str| Object { kind, path: path.into(), size: 0, sha256: digest.clone() };
        Inventory {
            format: FORMAT,
            release: "trixie".into(),
            architecture: "amd64".into(),
            source_date_epoch: 1_795_426_200,
            lock_sha256: digest.clone(),
            definition_sha256: digest.clone(),
            absent: vec![Absent {
                kind: Kind::Inrelease,
                path: "debian/dists/trixie-updates/InRelease".into(),
                sha256: Some(digest.clone()),
                reason: "no source has it any more".into(),
            }],
            objects: vec![
                object(Kind::Package, "debian/pool/main/b/bash/bash_5.2_amd64.deb"),
                object(Kind::Lock, "image/locks/trixie.lock"),
            ],
        }
    }

    fn parse(text: &str) -> Result<Inventory> {
        Inventory::parse(Path::new("x.toml"), text)
    }

    #[test]
    fn an_inventory_is_named_by_its_day_and_its_lock_and_written_the_one_way() {
        assert_eq!(inventory().file_name(), "trixie-20261123-e3b0c44298fc1c14.toml");
        let text = inventory().to_text();
        assert_eq!(parse(&text).unwrap(), inventory());
        let mut other = inventory();
        other.objects.reverse();
        assert_eq!(other.to_text(), text, "the order that files were found in does not show");
    }

    #[test]
    fn a_path_that_leads_outside_is_refused_by_its_name() {
        for name in ["../bash.deb", "/etc/passwd", "debian/../../x", "a//b", "a/./b", "", "a\\..\\b", "a\u{1b}[2J"] {
            let mut bad = inventory();
            bad.objects[0].path = name.into();
            let error = parse(&bad.to_text()).unwrap_err();
            let expected = Refusal::VaultPath { file: "x.toml".into(), name: name.into() };
            assert!(matches!(&error, Error::Refused(refusal) if *refusal == expected), "{name}: {error}");
            assert_eq!(error.exit_code(), 3);
            let mut bad = inventory();
            bad.absent[0].path = name.into();
            assert!(matches!(parse(&bad.to_text()), Err(Error::Refused(Refusal::VaultPath { .. }))), "{name}");
        }
    }

    #[test]
    fn what_does_not_hold_together_is_named() {
        let text = inventory().to_text();
        let other = Sha256::of(b"other");
        for (from, to, reason) in [
            ("format = 1", "format = 2".to_owned(), "format 2"),
            ("image/locks/trixie.lock", "debian/pool/main/b/bash/bash_5.2_amd64.deb".into(), "is there twice"),
            ("lock_sha256 = \"e3b0", "lock_sha256 = \"e3b1".into(), "one lock"),
            ("kind = \"lock\"", "kind = \"package\"".into(), "one lock"),
            ("release = \"trixie\"", "release = \"a/b\"".into(), "no release's name"),
            ("size = 0", format!("size = 0\nlink = '{other}'"), "unknown field `link`"),
        ] {
            let error = parse(&text.replacen(from, &to, 1)).unwrap_err();
            assert!(error.to_string().contains(reason), "{from}: {error}");
            assert_eq!(error.exit_code(), 2);
        }
    }
}
