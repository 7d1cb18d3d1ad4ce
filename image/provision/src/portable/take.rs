//! Where what is collected goes: into an export's folder, or nowhere, when only its checksum is wanted.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, BufWriter, Read, Write};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use sha2::{Digest as _, Sha256};

use super::refusal::Refusal;
use super::sums::{HEAD, Line};
use super::{MANIFEST, SUMS};
use crate::error::ProvisionError;

/// Bytes that are under way at a time.
const BUFFER: usize = 64 << 10;
/// What the list is called until it is whole.
const BEGUN: &str = "SHA256SUMS.begun";

/// What was taken of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Taken {
    /// SHA-256, in hexadecimal digits.
    pub(super) digest: String,
    pub(super) size: u64,
}

/// Takes files, one after the other.
pub(super) trait Take {
    /// Takes the file that an export has at `path`; `modified` are seconds since 1970.
    fn file(&mut self, path: &str, content: &mut dyn Read, modified: u64) -> Result<Taken, ProvisionError>;

    /// Takes a folder that may stay empty.
    fn folder(&mut self, path: &str) -> Result<(), ProvisionError>;
}

/// Moves all of `from` to `into`.
pub(super) fn pour(from: &mut dyn Read, into: &mut dyn Write) -> io::Result<Taken> {
    let (mut hash, mut size, mut buffer) = (Sha256::new(), 0, vec![0; BUFFER]);
    loop {
        let read = match from.read(&mut buffer) {
            Ok(0) => return Ok(Taken { digest: hex::encode(hash.finalize()), size }),
            Ok(read) => read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(error),
        };
        hash.update(&buffer[..read]);
        into.write_all(&buffer[..read])?;
        size += read as u64;
    }
}

/// Seconds since 1970 as a time.
pub(super) fn time(seconds: u64) -> SystemTime {
    UNIX_EPOCH.checked_add(Duration::from_secs(seconds)).unwrap_or(UNIX_EPOCH)
}

/// When a file was last changed, in seconds since 1970.
pub(super) fn modified(about: &fs::Metadata) -> u64 {
    about.modified().ok().and_then(|time| time.duration_since(UNIX_EPOCH).ok()).map_or(0, |since| since.as_secs())
}

/// Times added, modulo 2⁶³: as much as a whole number of TOML holds.
pub(super) fn add_seconds(sum: u64, seconds: u64) -> u64 {
    sum.wrapping_add(seconds) & (u64::MAX >> 1)
}

/// Only the checksums are wanted.
#[derive(Debug, Default)]
pub(super) struct Nowhere;

impl Take for Nowhere {
    fn file(&mut self, path: &str, content: &mut dyn Read, _modified: u64) -> Result<Taken, ProvisionError> {
        pour(content, &mut io::sink()).map_err(ProvisionError::file("read", Path::new(path)))
    }

    fn folder(&mut self, _path: &str) -> Result<(), ProvisionError> {
        Ok(())
    }
}

/// A new export's folder, for root's eyes only.
#[derive(Debug)]
pub(super) struct Writer {
    root: PathBuf,
    sums: BufWriter<File>,
    /// The folder of the file before, which is there.
    parent: PathBuf,
    /// What is in it so far: files, their bytes, and all their times.
    pub(super) files: u64,
    pub(super) bytes: u64,
    pub(super) seconds: u64,
}

impl Writer {
    /// Begins an export at `root`, which is not there or empty.
    pub(super) fn begin(root: &Path) -> Result<Self, ProvisionError> {
        let empty = match fs::read_dir(root) {
            Ok(mut entries) => entries.next().is_none(),
            Err(error) if error.kind() == io::ErrorKind::NotFound => true,
            Err(error) => return Err(ProvisionError::file("list", root)(error)),
        };
        if !empty {
            return Err(Refusal::NotEmpty(root.to_owned()).into());
        }
        make(root)?;
        crate::files::own(root, crate::files::Rights { mode: 0o700, uid: 0, gid: 0 })?;
        let list = root.join(BEGUN);
        let mut sums = BufWriter::new(create(&list)?);
        writeln!(sums, "{HEAD}").map_err(ProvisionError::file("write", &list))?;
        Ok(Self { root: root.to_owned(), sums, parent: root.to_owned(), files: 0, bytes: 0, seconds: 0 })
    }

    /// Writes the manifest, then gives the list its name: now it is an export.
    pub(super) fn finish(mut self, manifest: &str, now: u64) -> Result<(), ProvisionError> {
        self.file(MANIFEST, &mut manifest.as_bytes(), now)?;
        let (begun, whole) = (self.root.join(BEGUN), self.root.join(SUMS));
        let fault = |verb, path| ProvisionError::file(verb, path);
        self.sums.flush().map_err(fault("write", &begun))?;
        let root = File::open(&self.root).map_err(fault("open", &self.root))?;
        rustix::fs::syncfs(&root).map_err(|error| fault("sync", &self.root)(error.into()))?;
        fs::rename(&begun, &whole).map_err(fault("name", &whole))?;
        root.sync_all().map_err(fault("sync", &self.root))
    }
}

impl Take for Writer {
    fn file(&mut self, path: &str, content: &mut dyn Read, modified: u64) -> Result<Taken, ProvisionError> {
        let place = self.root.join(path);
        let parent = place.parent().unwrap_or(&self.root);
        if self.parent != parent {
            make(parent)?;
            self.parent = parent.to_owned();
        }
        let fault = |verb| ProvisionError::file(verb, &place);
        let mut file = create(&place)?;
        let taken = pour(content, &mut file).map_err(fault("write"))?;
        file.set_modified(time(modified)).map_err(fault("date"))?;
        let line = Line { modified, size: taken.size, digest: taken.digest.clone(), path: path.to_owned() };
        write!(self.sums, "{line}").map_err(fault("list"))?;
        self.files += 1;
        self.bytes += taken.size;
        self.seconds = add_seconds(self.seconds, modified);
        Ok(taken)
    }

    fn folder(&mut self, path: &str) -> Result<(), ProvisionError> {
        make(&self.root.join(path))
    }
}

fn make(folder: &Path) -> Result<(), ProvisionError> {
    DirBuilder::new().recursive(true).mode(0o700).create(folder).map_err(ProvisionError::file("make", folder))
}

fn create(place: &Path) -> Result<File, ProvisionError> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true).mode(0o600).open(place).map_err(ProvisionError::file("make", place))
}
