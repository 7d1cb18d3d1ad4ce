//! The pool: package files by their SHA-256. `fetch` brings in what a lock names and it lacks.
//!
//! In: a [`Lock`], where to fetch from ([`Sources`]). Out: [`PoolReady`], the proof that every package of the lock
//! is there with the right SHA-256.

use std::path::{Path, PathBuf};

use crate::lock::Package;

/// A folder of package files, `<first two digits>/<sha256>.deb`.
#[derive(Debug, Clone)]
pub struct Pool {
    dir: PathBuf,
}

impl Pool {
    /// The pool in `dir`, which need not exist yet.
    #[must_use]
    pub fn at(dir: impl AsRef<Path>) -> Self {
        Self { dir: dir.as_ref().to_owned() }
    }

    /// Where `package` is, or would be.
    #[must_use]
    pub fn file(&self, package: &Package) -> PathBuf {
        self.dir.join(entry(package))
    }
}

/// A package's path in any pool.
fn entry(package: &Package) -> String {
    let digest = package.sha256.as_str();
    format!("{}/{digest}.deb", &digest[..2])
}

/// A pool in which every package of a lock was found with the right SHA-256; only [`fetch`](crate::fetch) makes it.
#[derive(Debug)]
pub struct PoolReady {
    pool: Pool,
}

impl PoolReady {
    /// Where `package` is.
    #[must_use]
    pub fn file(&self, package: &Package) -> PathBuf {
        self.pool.file(package)
    }
}
