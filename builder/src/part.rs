//! A package file that is still on its way into the pool: `<sha256>.deb.part`.
//!
//! In: bytes as they come. Out: their SHA-256, and the file under its final name. What is already there from an
//! interrupted run counts.

use std::fs::{self, File, OpenOptions};
use std::io::{Read as _, Seek as _, Write as _};
use std::path::{Path, PathBuf};

use sha2::Digest as _;

use crate::error::{Error, Result};
use crate::lock::Sha256;
use crate::progress::Task;

/// How much is read at a time, in bytes.
const CHUNK: usize = 1 << 17;

/// A file on its way; the progress bar always shows what it has.
#[derive(Debug)]
pub struct Part<'a> {
    path: PathBuf,
    file: File,
    hasher: sha2::Sha256,
    have: u64,
    size: u64,
    task: &'a Task,
}

impl<'a> Part<'a> {
    /// Opens the part at `path`, of a file of `size` bytes, and hashes what is there.
    ///
    /// # Errors
    /// [`Error::Io`] or [`Error::DiskFull`].
    pub fn open(path: PathBuf, size: u64, task: &'a Task) -> Result<Self> {
        let failed = |e| Error::io("write", &path, e);
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder).map_err(failed)?;
        }
        let mut file = OpenOptions::new().read(true).append(true).create(true).open(&path).map_err(failed)?;
        let mut hasher = sha2::Sha256::new();
        let mut chunk = vec![0; CHUNK];
        let mut have = 0;
        loop {
            match file.read(&mut chunk).map_err(failed)? {
                0 => break,
                count => {
                    hasher.update(&chunk[..count]);
                    have += count as u64;
                }
            }
            if have > size {
                break;
            }
        }
        let mut part = Self { file, hasher, have, size, task, path };
        if part.have > size {
            part.restart()?;
        }
        Ok(part)
    }

    /// How many bytes there are.
    #[must_use]
    pub fn have(&self) -> u64 {
        self.have
    }

    /// How many bytes there will be.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.size
    }

    /// Whether all bytes are there.
    #[must_use]
    pub fn is_full(&self) -> bool {
        self.have == self.size
    }

    /// The SHA-256 of what is there.
    #[must_use]
    pub fn digest(&self) -> Sha256 {
        Sha256::finish(self.hasher.clone())
    }

    /// Drops what is there.
    ///
    /// # Errors
    /// [`Error::Io`].
    pub fn restart(&mut self) -> Result<()> {
        let failed = |e| Error::io("write", &self.path, e);
        self.file.set_len(0).map_err(failed)?;
        self.file.rewind().map_err(failed)?;
        self.task.retreat(self.have);
        self.hasher = sha2::Sha256::new();
        self.have = 0;
        Ok(())
    }

    /// Adds `bytes`.
    ///
    /// # Errors
    /// [`Error::Io`] or [`Error::DiskFull`].
    pub fn write(&mut self, bytes: &[u8]) -> Result<()> {
        self.file.write_all(bytes).map_err(|e| Error::io("write", &self.path, e))?;
        self.hasher.update(bytes);
        self.have += bytes.len() as u64;
        self.task.advance(bytes.len() as u64);
        Ok(())
    }

    /// Takes the file away, which turned out to be something else.
    ///
    /// # Errors
    /// [`Error::Io`].
    pub fn discard(mut self) -> Result<()> {
        self.restart()?;
        fs::remove_file(&self.path).map_err(|e| Error::io("remove", &self.path, e))
    }

    /// Gives the file its final name.
    ///
    /// # Errors
    /// [`Error::Io`].
    pub fn rename(self, target: &Path) -> Result<()> {
        fs::rename(&self.path, target).map_err(|e| Error::io("write", target, e))
    }
}
