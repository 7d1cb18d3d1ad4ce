//! SHA-256 digests as the manifest writes them, and of files too large for memory.

use std::fmt;
use std::fs::File;
use std::io::{ErrorKind, Read};
use std::path::Path;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use sha2::Digest as _;

use crate::error::Fault;

/// How much of a file is read at once.
const BLOCK: usize = 1 << 20;

/// A SHA-256 digest, or dm-verity's root hash, which is one. Written as 64 lower-case hexadecimal
/// digits.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct Digest([u8; 32]);

/// Why a text is not a [`Digest`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{text:?} is not 64 lower-case hexadecimal digits")]
pub struct DigestError {
    text: String,
}

impl Digest {
    /// The SHA-256 of some bytes.
    #[must_use]
    pub fn of(bytes: &[u8]) -> Self {
        Self(sha2::Sha256::digest(bytes).into())
    }

    /// The digest's 32 bytes.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl From<[u8; 32]> for Digest {
    fn from(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for Digest {
    type Err = DigestError;

    fn from_str(text: &str) -> Result<Self, DigestError> {
        let wrong = || DigestError { text: text.chars().take(80).collect() };
        if text.bytes().any(|b| b.is_ascii_uppercase()) {
            return Err(wrong());
        }
        let mut bytes = [0; 32];
        hex::decode_to_slice(text, &mut bytes).map_err(|_| wrong())?;
        Ok(Self(bytes))
    }
}

impl From<Digest> for String {
    fn from(digest: Digest) -> Self {
        digest.to_string()
    }
}

impl TryFrom<String> for Digest {
    type Error = DigestError;

    fn try_from(text: String) -> Result<Self, DigestError> {
        text.parse()
    }
}

/// How far the hashing of one file has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress<'a> {
    /// The file's name.
    pub artefact: &'a str,
    /// Bytes hashed so far.
    pub done: u64,
    /// Bytes there are in all.
    pub total: u64,
}

/// The SHA-256 and the size in bytes of a file, read in blocks.
///
/// # Errors
///
/// [`Fault::Read`] when the file cannot be read.
pub fn hash_file(path: &Path, progress: &mut dyn FnMut(Progress<'_>)) -> Result<(Digest, u64), Fault> {
    let unreadable = |source| Fault::Read { path: path.into(), source };
    let file = File::open(path).map_err(unreadable)?;
    let total = file.metadata().map_err(unreadable)?.len();
    hash_open(file, path, total, progress)
}

/// The same of a file that is open already and expected to have `total` bytes.
pub(crate) fn hash_open(
    mut file: impl Read,
    path: &Path,
    total: u64,
    progress: &mut dyn FnMut(Progress<'_>),
) -> Result<(Digest, u64), Fault> {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let mut block = vec![0; BLOCK];
    let mut hash = sha2::Sha256::new();
    let mut done = 0;
    loop {
        let read = match file.read(&mut block) {
            Err(e) if e.kind() == ErrorKind::Interrupted => continue,
            other => other.map_err(|source| Fault::Read { path: path.into(), source })?,
        };
        if read == 0 {
            return Ok((Digest(hash.finalize().into()), done));
        }
        hash.update(&block[..read]);
        done += read as u64;
        progress(Progress { artefact: &name, done, total });
    }
}
