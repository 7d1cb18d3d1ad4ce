//! Decides whether a directory is a release we trust. In: the directory and the keys. Out: a
//! [`Verified`], which nothing else makes, or the reason why not.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind, Read};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use crate::digest::{Progress, hash_open};
use crate::error::{Error, Fault, Refusal};
use crate::file::{Small, read_limited};
use crate::keys::{KeyId, PublicKey};
use crate::manifest::{Artefact, MANIFEST_LIMIT, Manifest};
use crate::signature::{SIGNATURE_LIMIT, SignatureFile, message};
use crate::version::Version;
use crate::{MANIFEST_FILE, SIGNATURE_FILE};

/// What the release has to be for, besides being signed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Expected {
    /// The product.
    pub product: String,
    /// Debian's name of the architecture.
    pub architecture: String,
}

impl Default for Expected {
    fn default() -> Self {
        Self { product: Manifest::PRODUCT.into(), architecture: "amd64".into() }
    }
}

/// A manifest whose signature is good; nothing is said about the files it lists.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrustedManifest {
    manifest: Manifest,
    keys: Vec<KeyId>,
}

/// A release whose manifest is signed by a trusted key and whose files are what the manifest says.
/// Only [`verify`] and [`verify_with`] make one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verified {
    dir: PathBuf,
    trusted: TrustedManifest,
}

impl TrustedManifest {
    /// What was signed.
    #[must_use]
    pub fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// The trusted keys that signed it, at least one.
    #[must_use]
    pub fn keys(&self) -> &[KeyId] {
        &self.keys
    }
}

impl Verified {
    /// What was signed.
    #[must_use]
    pub fn manifest(&self) -> &Manifest {
        &self.trusted.manifest
    }

    /// The release's version.
    #[must_use]
    pub fn version(&self) -> Version {
        self.trusted.manifest.version
    }

    /// The trusted keys that signed it, at least one.
    #[must_use]
    pub fn keys(&self) -> &[KeyId] {
        &self.trusted.keys
    }

    /// Where an artefact is. Whoever reads it later than the verification, from a place others
    /// write to, hashes it again while reading.
    #[must_use]
    pub fn path(&self, artefact: &Artefact) -> PathBuf {
        self.dir.join(&artefact.name)
    }
}

/// Verifies a release's directory for amd64, without reporting progress.
///
/// # Errors
///
/// A [`Refusal`] when it is untrusted or unfit, a [`Fault`] when it could not be read.
pub fn verify(dir: &Path, keys: &[PublicKey]) -> Result<Verified, Error> {
    verify_with(dir, keys, &Expected::default(), &mut |_| {})
}

/// Verifies a release's directory, and reports how far the hashing has come.
///
/// # Errors
///
/// A [`Refusal`] when it is untrusted or unfit, a [`Fault`] when it could not be read.
pub fn verify_with(
    dir: &Path,
    keys: &[PublicKey],
    expected: &Expected,
    progress: &mut dyn FnMut(Progress<'_>),
) -> Result<Verified, Error> {
    let present = entries(dir)?;
    let manifest = small(dir, MANIFEST_FILE, MANIFEST_LIMIT, Refusal::MissingManifest)?;
    let signature = small(dir, SIGNATURE_FILE, SIGNATURE_LIMIT, Refusal::MissingSignature)?;
    let trusted = verify_manifest(&manifest, &signature, keys, expected)?;
    only_listed(&present, &trusted.manifest)?;
    for artefact in &trusted.manifest.artefacts {
        check_artefact(dir, artefact, progress)?;
    }
    Ok(Verified { dir: dir.into(), trusted })
}

/// Verifies the two small files alone, as they come over the wire, before the artefacts are there.
///
/// # Errors
///
/// A [`Refusal`] that has to do with the signature or the manifest.
pub fn verify_manifest(
    manifest: &[u8],
    signature: &[u8],
    keys: &[PublicKey],
    expected: &Expected,
) -> Result<TrustedManifest, Refusal> {
    let keys = check_signatures(manifest, &SignatureFile::from_bytes(signature)?, keys)?;
    let manifest = Manifest::from_bytes(manifest)?;
    check_expected(&manifest, expected)?;
    Ok(TrustedManifest { manifest, keys })
}

/// Refuses what is for something else.
pub(crate) fn check_expected(manifest: &Manifest, expected: &Expected) -> Result<(), Refusal> {
    if manifest.product != expected.product {
        return Err(Refusal::OtherProduct { found: manifest.product.clone(), wanted: expected.product.clone() });
    }
    if manifest.architecture != expected.architecture {
        return Err(Refusal::OtherArchitecture {
            found: manifest.architecture.clone(),
            wanted: expected.architecture.clone(),
        });
    }
    Ok(())
}

/// Every signature by a trusted key has to be good, and there has to be one.
fn check_signatures(manifest: &[u8], file: &SignatureFile, keys: &[PublicKey]) -> Result<Vec<KeyId>, Refusal> {
    let message = message(manifest);
    let mut good = Vec::new();
    for signature in &file.signatures {
        let key_id = signature.key_id;
        match keys.iter().find(|key| key.id() == key_id) {
            None => {}
            Some(key) if key.accepts(&message, &signature.signature) => good.push(key_id),
            Some(_) => return Err(Refusal::BadSignature { key_id }),
        }
    }
    if good.is_empty() {
        let key_ids = file.signatures.iter().map(|s| s.key_id).collect();
        return Err(Refusal::UnknownKey { key_ids });
    }
    Ok(good)
}

fn small(dir: &Path, file: &'static str, limit: u64, absent: Refusal) -> Result<Vec<u8>, Error> {
    match read_limited(&dir.join(file), limit)? {
        Small::Bytes(bytes) => Ok(bytes),
        Small::Absent => Err(absent.into()),
        Small::TooLarge => Err(Refusal::Oversized { file, limit }.into()),
    }
}

fn entries(dir: &Path) -> Result<BTreeSet<OsString>, Fault> {
    let unreadable = |source| Fault::Read { path: dir.into(), source };
    fs::read_dir(dir).map_err(unreadable)?.map(|entry| entry.map(|e| e.file_name()).map_err(unreadable)).collect()
}

fn only_listed(present: &BTreeSet<OsString>, manifest: &Manifest) -> Result<(), Refusal> {
    let listed = |name: &OsString| {
        name == MANIFEST_FILE || name == SIGNATURE_FILE || manifest.artefacts.iter().any(|a| *name == *a.name)
    };
    match present.iter().find(|name| !listed(name)) {
        None => Ok(()),
        Some(name) => Err(Refusal::ExtraArtefact { name: name.to_string_lossy().into_owned() }),
    }
}

fn check_artefact(dir: &Path, artefact: &Artefact, progress: &mut dyn FnMut(Progress<'_>)) -> Result<(), Error> {
    check_opened(&dir.join(&artefact.name), open_no_link, artefact, progress)
}

/// Compares one file with what the manifest says of it. How it is opened decides whether links are followed.
pub(crate) fn check_opened(
    path: &Path,
    open: fn(&Path) -> io::Result<File>,
    artefact: &Artefact,
    progress: &mut dyn FnMut(Progress<'_>),
) -> Result<(), Error> {
    let name = artefact.name.clone();
    let file = match open(path) {
        Err(e) if e.kind() == ErrorKind::NotFound => {
            return Err(Refusal::MissingArtefact { name }.into());
        }
        Err(e) if e.raw_os_error() == Some(libc::ELOOP) => {
            return Err(Refusal::NotAFile { name }.into());
        }
        other => other.map_err(|source| Fault::Read { path: path.into(), source })?,
    };
    let metadata = file.metadata().map_err(|source| Fault::Read { path: path.into(), source })?;
    if !metadata.is_file() {
        return Err(Refusal::NotAFile { name }.into());
    }
    let wrong_size = |found| Refusal::WrongSize { name: name.clone(), found, wanted: artefact.size };
    if metadata.len() != artefact.size {
        return Err(wrong_size(metadata.len()).into());
    }
    // One byte more than there should be is enough to know, should the file grow meanwhile.
    let file = file.take(artefact.size.saturating_add(1));
    let (sha256, read) = hash_open(file, path, artefact.size, progress)?;
    if read != artefact.size {
        return Err(wrong_size(read).into());
    }
    if sha256 != artefact.sha256 {
        return Err(Refusal::WrongHash {
            name: name.clone(),
            found: sha256.to_string(),
            wanted: artefact.sha256.to_string(),
        }
        .into());
    }
    Ok(())
}

/// Opens a file without following a symbolic link in its last part, and without waiting for the
/// other end of a pipe.
fn open_no_link(path: &Path) -> io::Result<File> {
    OpenOptions::new().read(true).custom_flags(libc::O_NOFOLLOW | libc::O_NONBLOCK).open(path)
}
