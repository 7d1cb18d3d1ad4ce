//! What was read out of a package once and is kept, one file each, named by the package's SHA-256.
//!
//! In: a folder of the cache, a package's digest. Out: its bytes, whole or not there: a file gets its name when it is
//! written. Nothing is taken out again; a release adds what its new packages say, some kilobytes each.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use crate::error::{Error, Result};
use crate::lock::Sha256;

/// A folder of what is kept.
#[derive(Debug, Clone)]
pub struct Kept {
    dir: PathBuf,
}

impl Kept {
    /// The folder for this `kind` in the cache; `version` is raised when what is kept changes.
    #[must_use]
    pub fn at(cache: &Path, kind: &str, version: u32) -> Self {
        Self { dir: cache.join("cache").join(format!("{kind}-{version}")) }
    }

    /// What is kept for `digest`; nothing where it is not there or not whole.
    #[must_use]
    pub fn get(&self, digest: &Sha256) -> Option<Vec<u8>> {
        zstd::decode_all(fs::File::open(self.file(digest)).ok()?).ok()
    }

    /// Keeps `bytes` for `digest`.
    ///
    /// # Errors
    /// [`Error::Io`], [`Error::DiskFull`].
    pub fn put(&self, digest: &Sha256, bytes: &[u8]) -> Result<()> {
        let place = self.file(digest);
        let failed = |e| Error::io("write", &place, e);
        fs::create_dir_all(&self.dir).map_err(failed)?;
        let packed = zstd::encode_all(bytes, zstd::DEFAULT_COMPRESSION_LEVEL).map_err(failed)?;
        let mut beside = tempfile::Builder::new().prefix(".kept").tempfile_in(&self.dir).map_err(failed)?;
        beside.write_all(&packed).map_err(failed)?;
        beside.persist(&place).map(drop).map_err(|e| failed(e.error))
    }

    fn file(&self, digest: &Sha256) -> PathBuf {
        self.dir.join(format!("{digest}.zst"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_kept_is_there_whole_or_not_at_all() {
        let cache = tempfile::tempdir().unwrap();
        let (kept, digest) = (Kept::at(cache.path(), "papers", 1), Sha256::of(b"package"));
        assert_eq!(kept.get(&digest), None);
        kept.put(&digest, b"what it says").unwrap();
        assert_eq!(kept.get(&digest).unwrap(), b"what it says");
        assert_eq!(Kept::at(cache.path(), "papers", 2).get(&digest), None);
        let file = cache.path().join("cache/papers-1").join(format!("{digest}.zst"));
        let bytes = fs::read(&file).unwrap();
        fs::write(&file, &bytes[..bytes.len() - 1]).unwrap();
        assert_eq!(kept.get(&digest), None);
    }
}
