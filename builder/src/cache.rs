//! The build's cache: directories named by a digest of everything they were made from.
//!
//! A directory is made beside its place and renamed when whole, so an interrupted build leaves nothing that a
//! later one could mistake for whole. Only the newest few of each kind stay.

use std::fs;
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use crate::error::Error;

/// How many directories of each kind stay.
const KEEP: usize = 3;

/// The digest of everything a cached directory is made from.
#[derive(Default)]
pub struct Key(Sha256);

impl Key {
    /// A key for directories of this `kind`, made by this `version` of the code.
    #[must_use]
    pub fn new(kind: &str, version: u32) -> Self {
        Self::default().text(kind).text(&version.to_string())
    }

    /// Adds a text.
    #[must_use]
    pub fn text(mut self, text: &str) -> Self {
        self.0.update((text.len() as u64).to_be_bytes());
        self.0.update(text.as_bytes());
        self
    }

    /// Adds the content of a file.
    ///
    /// # Errors
    /// A file that cannot be read.
    pub fn file(mut self, path: &Path) -> Result<Self, Error> {
        let bytes = fs::read(path).map_err(|e| Error::io("read", path, e))?;
        self.0.update((bytes.len() as u64).to_be_bytes());
        self.0.update(bytes);
        Ok(self)
    }

    /// Adds every file below `dir`: its relative path, whether it may be executed, its content or its target.
    ///
    /// # Errors
    /// A file that cannot be read.
    pub fn tree(mut self, dir: &Path) -> Result<Self, Error> {
        use std::os::unix::fs::PermissionsExt;
        for entry in walkdir::WalkDir::new(dir).sort_by_file_name() {
            let entry = entry.map_err(|e| Error::io("read", dir, e.into()))?;
            self = self.text(&entry.path().strip_prefix(dir).unwrap_or(entry.path()).to_string_lossy());
            if entry.file_type().is_symlink() {
                let target = fs::read_link(entry.path()).map_err(|e| Error::io("read", entry.path(), e))?;
                self = self.text(&target.to_string_lossy());
            } else if entry.file_type().is_file() {
                let mode = entry.metadata().map_err(|e| Error::io("read", dir, e.into()))?.permissions().mode();
                self = self.text(if mode & 0o100 == 0 { "file" } else { "program" }).file(entry.path())?;
            }
        }
        Ok(self)
    }

    /// All of the digest.
    #[must_use]
    pub fn sha256(self) -> crate::lock::Sha256 {
        crate::lock::Sha256::finish(self.0)
    }

    /// The key in 32 hexadecimal digits.
    #[must_use]
    pub fn hex(self) -> String {
        hex::encode(&self.0.finalize()[..16])
    }
}

/// The directory of `kind` for `key`, made by `make` where it is not there yet; and whether it was there.
///
/// # Errors
/// What `make` fails with, or a directory that cannot be made.
pub fn directory(
    cache: &Path,
    kind: &str,
    key: &str,
    make: impl FnOnce(&Path) -> Result<(), Error>,
) -> Result<(PathBuf, bool), Error> {
    let kind_dir = cache.join(kind);
    let place = kind_dir.join(key);
    if place.is_dir() {
        return Ok((place, true));
    }
    let beside = kind_dir.join(format!("{key}.unfinished"));
    remove(&beside)?;
    fs::create_dir_all(&beside).map_err(|e| Error::io("create", &beside, e))?;
    make(&beside)?;
    fs::rename(&beside, &place).map_err(|e| Error::io("rename", &beside, e))?;
    prune(&kind_dir, &place)?;
    Ok((place, false))
}

/// Removes a tree that may not be there.
///
/// # Errors
/// A file that cannot be removed.
pub fn remove(tree: &Path) -> Result<(), Error> {
    match fs::remove_dir_all(tree) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(Error::io("remove", tree, error)),
        _ => Ok(()),
    }
}

/// Removes a file that may not be there.
///
/// # Errors
/// A file that cannot be removed.
pub fn remove_file(file: &Path) -> Result<(), Error> {
    match fs::remove_file(file) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(Error::io("remove", file, error)),
        _ => Ok(()),
    }
}

/// Removes all but the newest directories of a kind, and never `current`.
fn prune(kind_dir: &Path, current: &Path) -> Result<(), Error> {
    let listing = fs::read_dir(kind_dir).map_err(|e| Error::io("list", kind_dir, e))?;
    let mut others: Vec<(std::time::SystemTime, PathBuf)> = listing
        .filter_map(Result::ok)
        .filter(|entry| entry.path() != current)
        .map(|entry| (entry.metadata().and_then(|m| m.modified()).unwrap_or(std::time::UNIX_EPOCH), entry.path()))
        .collect();
    others.sort();
    let surplus = others.len().saturating_sub(KEEP - 1);
    others.iter().take(surplus).try_for_each(|(_, path)| remove(path))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failed_directory_is_made_again() {
        let cache = tempfile::tempdir().unwrap();
        let failed = directory(cache.path(), "kind", "key", |dir| {
            fs::write(dir.join("half"), "x").unwrap();
            Err(Error::malformed(dir, "stop".to_owned()))
        });
        assert!(failed.is_err());
        let (place, cached) = directory(cache.path(), "kind", "key", |dir| {
            assert!(!dir.join("half").exists(), "what was left half done is gone");
            Ok(())
        })
        .unwrap();
        assert!(place.is_dir() && !cached);
        assert!(directory(cache.path(), "kind", "key", |_| Ok(())).unwrap().1);
    }

    #[test]
    fn a_key_depends_on_content_and_mode() {
        use std::os::unix::fs::PermissionsExt;
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("f");
        let key = || Key::new("kind", 1).tree(dir.path()).unwrap().hex();
        fs::write(&file, "1").unwrap();
        let first = key();
        fs::set_permissions(&file, fs::Permissions::from_mode(0o755)).unwrap();
        let second = key();
        fs::write(&file, "2").unwrap();
        assert!(first != second && second != key());
    }
}
