//! The pool: package files by their SHA-256, `<first two digits>/<sha256>.deb`.
//!
//! In: a folder. Out: [`Pool`], where files would be; [`Held`], the pool while one process writes to it; and
//! [`PoolReady`], the proof that all packages of a lock are there.

use std::fs::{self, File};
use std::path::{Path, PathBuf};

use sha2::Digest as _;

use crate::error::{Error, Result};
use crate::lock::{Package, Sha256};
use crate::objects::Objects;
use crate::parallel::each;

/// How a package file's name ends in a pool.
const SUFFIX: &str = ".deb";

/// A folder of package files.
#[derive(Debug, Clone)]
pub struct Pool {
    dir: PathBuf,
    suffix: &'static str,
}

/// A pool to which no other process writes.
#[derive(Debug)]
pub struct Held<'a> {
    pool: &'a Pool,
    _lock: File,
}

/// A pool in which every package of a lock was found with the right SHA-256; only [`crate::fetch::fetch`] and
/// [`crate::vault::Vault::pool`] make it.
#[derive(Debug)]
pub struct PoolReady {
    pool: Pool,
}

/// A package's path in any pool.
#[must_use]
pub fn entry(package: &Package) -> String {
    Objects::entry(&package.sha256) + SUFFIX
}

impl Pool {
    /// The pool in `dir`, which need not exist yet.
    #[must_use]
    pub fn at(dir: impl AsRef<Path>) -> Self {
        Self { dir: dir.as_ref().to_owned(), suffix: SUFFIX }
    }

    /// A folder of objects, read as a pool.
    #[must_use]
    pub fn of(objects: &Objects) -> Self {
        Self { dir: objects.dir().to_owned(), suffix: "" }
    }

    /// Where `package` is, or would be.
    #[must_use]
    pub fn file(&self, package: &Package) -> PathBuf {
        self.dir.join(Objects::entry(&package.sha256) + self.suffix)
    }

    /// Where `package` is while it is on its way.
    #[must_use]
    pub fn part(&self, package: &Package) -> PathBuf {
        self.dir.join(Objects::entry(&package.sha256) + self.suffix + ".part")
    }

    /// Waits until no other process writes to the pool.
    ///
    /// # Errors
    /// [`Error::Io`] where the folder cannot be made.
    pub fn hold(&self) -> Result<Held<'_>> {
        fs::create_dir_all(&self.dir).map_err(|e| Error::io("create", &self.dir, e))?;
        let path = self.dir.join(".lock");
        let lock = File::create(&path).map_err(|e| Error::io("create", &path, e))?;
        lock.lock().map_err(|e| Error::io("lock", &path, e))?;
        Ok(Held { pool: self, _lock: lock })
    }
}

impl Held<'_> {
    /// The packages that are not there with the right SHA-256; a wrong file is removed.
    ///
    /// # Errors
    /// [`Error::Io`] where a file cannot be read or removed.
    pub fn missing(&self, packages: &[Package]) -> Result<Vec<Package>> {
        let workers = std::thread::available_parallelism().map_or(1, usize::from);
        let there = each(workers, packages, |package| self.has(package));
        let mut missing = Vec::new();
        for (package, there) in packages.iter().zip(there) {
            if !there? {
                missing.push(package.clone());
            }
        }
        Ok(missing)
    }

    /// Whether `package` is there and whole.
    fn has(&self, package: &Package) -> Result<bool> {
        let path = self.pool.file(package);
        let mut file = match File::open(&path) {
            Ok(file) => file,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(false),
            Err(error) => return Err(Error::io("read", path, error)),
        };
        let mut hasher = sha2::Sha256::new();
        std::io::copy(&mut file, &mut hasher).map_err(|e| Error::io("read", &path, e))?;
        if Sha256::finish(hasher) == package.sha256 {
            return Ok(true);
        }
        log::warn!("{} is damaged; it is fetched again", path.display());
        fs::remove_file(&path).map_err(|e| Error::io("remove", &path, e))?;
        Ok(false)
    }

    /// The proof; the caller has seen to every package.
    pub(crate) fn ready(self) -> PoolReady {
        PoolReady { pool: self.pool.clone() }
    }
}

impl PoolReady {
    /// The proof for a pool to which nobody writes; the caller has seen to every package.
    pub(crate) fn seen(pool: Pool) -> Self {
        Self { pool }
    }

    /// Where `package` is.
    #[must_use]
    pub fn file(&self, package: &Package) -> PathBuf {
        self.pool.file(package)
    }

    /// The pool.
    #[must_use]
    pub fn pool(&self) -> &Pool {
        &self.pool
    }
}
