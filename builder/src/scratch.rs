//! A folder of the cache in which a release is built again, and which goes when that is done.
//!
//! In: the cache. Out: [`Scratch`], empty. What interrupted verifications left goes first. A build whose caller was
//! killed may still be at work there, so each folder has a name of its own.

use std::fs::{self, File};
use std::path::{Path, PathBuf};

use crate::cache;
use crate::error::{Error, Result};
use crate::progress::Progress;
use crate::sandbox;

/// Where in the cache these folders are.
const FOLDER: &str = "verify";

/// The folder.
#[derive(Debug)]
pub struct Scratch {
    dir: PathBuf,
    _held: File,
}

impl Scratch {
    /// Waits for another verification in this `cache`, and begins anew.
    ///
    /// # Errors
    /// [`Error::Io`], [`Error::DiskFull`]; what keeps us from having namespaces.
    pub fn make(cache: &Path, progress: Progress) -> Result<Self> {
        let place = cache.join(FOLDER);
        let held = cache::hold(&place, progress)?;
        let failed = |e| Error::io("list", &place, e);
        for entry in fs::read_dir(&place).map_err(failed)? {
            let entry = entry.map_err(failed)?;
            if entry.file_type().map_err(failed)?.is_dir() {
                remove(&entry.path())?;
            }
        }
        let dir = tempfile::Builder::new().prefix("again-").tempdir_in(&place);
        let dir = dir.map_err(|e| Error::io("create", &place, e))?.keep();
        Ok(Self { dir: dir.canonicalize().map_err(|e| Error::io("read", dir, e))?, _held: held })
    }

    /// Where it is.
    #[must_use]
    pub fn dir(&self) -> &Path {
        &self.dir
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        if let Err(error) = remove(&self.dir) {
            log::warn!("{} stays: {error}", self.dir.display());
        }
    }
}

/// Removes a tree; an ordinary user's build has files of other ids, which only its namespace may remove.
fn remove(tree: &Path) -> Result<()> {
    cache::remove(tree).or_else(|_| sandbox::run_inside("inside-remove", vec![tree.into()], false))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_goes_and_so_does_what_an_interrupted_one_left() {
        let cache = tempfile::tempdir().unwrap();
        let left = cache.path().join("verify/again-x");
        fs::create_dir_all(left.join("half")).unwrap();
        let scratch = Scratch::make(cache.path(), Progress::Silent).unwrap();
        let dir = scratch.dir().to_owned();
        assert!(dir.is_dir() && !left.exists());
        fs::write(dir.join("file"), "x").unwrap();
        drop(scratch);
        assert!(!dir.exists());
    }
}
