//! The manifest: what a release is and which files it has. In: those facts. Out: the bytes of
//! `manifest.json`, the same for the same facts.

use std::collections::BTreeSet;
use std::fmt;
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::digest::{Digest, Progress, hash_file};
use crate::error::{Fault, Refusal};
use crate::file::write_whole;
use crate::version::Version;
use crate::{MANIFEST_FILE, SIGNATURE_FILE};

/// The most bytes a manifest may have. A real one has about two thousand.
pub(crate) const MANIFEST_LIMIT: u64 = 64 << 10;

/// What a release is, and which files it has.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// The manifest's own format: [`Manifest::FORMAT`].
    pub format: u32,
    /// What it is a release of: [`Manifest::PRODUCT`].
    pub product: String,
    /// The release's version.
    pub version: Version,
    /// Debian's code name, such as `trixie`.
    pub release: String,
    /// Debian's name of the architecture, such as `amd64`.
    pub architecture: String,
    /// Seconds since 1970: the newest archive date in the lock.
    pub source_date_epoch: u64,
    /// The SHA-256 of the lock the release was built from.
    pub lock_sha256: Digest,
    /// dm-verity's root hash of the root file system.
    pub root_hash: Digest,
    /// Every file of the release but the manifest and its signatures.
    pub artefacts: Vec<Artefact>,
}

/// One file of a release.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Artefact {
    /// A plain file name in the manifest's directory.
    pub name: String,
    /// Bytes.
    pub size: u64,
    /// The SHA-256 of its content.
    pub sha256: Digest,
    /// What it is for.
    pub kind: Kind,
}

/// What an artefact is for: a word of lower-case letters, digits and dashes. The list is open, so
/// that an old device can read the manifest of a newer release and ignore what it has no use for.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct Kind(String);

/// Why a text is not a [`Kind`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{text:?} is not a kind of artefact: 1 to 32 letters a-z, 0-9 and -")]
pub struct KindError {
    text: String,
}

/// Reads the format alone, whatever else there is.
#[derive(Deserialize)]
struct FormatOnly {
    format: u64,
}

impl Manifest {
    /// The format this crate writes, and the only one it reads.
    pub const FORMAT: u32 = 1;

    /// The product this crate verifies releases of.
    pub const PRODUCT: &str = "small-organisation-server";

    /// The bytes of `manifest.json`: two-space JSON, fields in the order above, artefacts by name,
    /// a line feed at the end. The same manifest gives the same bytes.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut sorted = self.clone();
        sorted.artefacts.sort();
        let mut bytes =
            serde_json::to_vec_pretty(&sorted).expect("a manifest has text keys only, so it is always JSON");
        bytes.push(b'\n');
        bytes
    }

    /// Reads a manifest and checks all that can be said without its files. It is not yet to be
    /// trusted: [`crate::verify_manifest`] looks at the signature first.
    ///
    /// # Errors
    ///
    /// [`Refusal::UnknownFormat`], [`Refusal::MalformedManifest`], [`Refusal::PathEscapes`],
    /// [`Refusal::BadArtefactName`] or [`Refusal::DuplicateArtefact`].
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, Refusal> {
        let malformed = |reason: serde_json::Error| Refusal::MalformedManifest { reason: reason.to_string() };
        let FormatOnly { format } = serde_json::from_slice(bytes).map_err(malformed)?;
        if format != u64::from(Self::FORMAT) {
            return Err(Refusal::UnknownFormat { found: format, known: Self::FORMAT });
        }
        let manifest: Self = serde_json::from_slice(bytes).map_err(malformed)?;
        manifest.check()?;
        Ok(manifest)
    }

    /// Writes `manifest.json` into a release's directory, wholly or not at all.
    ///
    /// # Errors
    ///
    /// [`Fault::Unfit`] when it would be refused, [`Fault::Write`] when it cannot be written.
    pub fn write(&self, dir: &Path) -> Result<(), Fault> {
        let path = dir.join(MANIFEST_FILE);
        let bytes = self.to_bytes();
        Self::from_bytes(&bytes).map_err(|refusal| Fault::Unfit { path: path.clone(), refusal })?;
        write_whole(&path, &bytes)
    }

    /// The artefact of a kind, if there is one.
    #[must_use]
    pub fn artefact(&self, kind: &Kind) -> Option<&Artefact> {
        self.artefacts.iter().find(|a| a.kind == *kind)
    }

    fn check(&self) -> Result<(), Refusal> {
        if self.artefacts.is_empty() {
            return Err(Refusal::MalformedManifest { reason: "it lists no artefacts".into() });
        }
        let mut seen = BTreeSet::new();
        for Artefact { name, .. } in &self.artefacts {
            check_name(name)?;
            if !seen.insert(name) {
                return Err(Refusal::DuplicateArtefact { name: name.clone() });
            }
        }
        Ok(())
    }
}

/// An artefact's name is a plain file name of the directory it is in, and not one of the two
/// files that speak about the others.
fn check_name(name: &str) -> Result<(), Refusal> {
    if name.contains(['/', '\\', '\0']) || name == ".." || name == "." {
        return Err(Refusal::PathEscapes { name: name.into() });
    }
    let plain = |b: u8| b.is_ascii_alphanumeric() || b"._+~-".contains(&b);
    let fits = (1..=255).contains(&name.len())
        && name.bytes().all(plain)
        && !name.starts_with(['.', '-'])
        && name != MANIFEST_FILE
        && name != SIGNATURE_FILE;
    if fits { Ok(()) } else { Err(Refusal::BadArtefactName { name: name.chars().take(255).collect() }) }
}

impl Artefact {
    /// Reads a file and describes it.
    ///
    /// # Errors
    ///
    /// [`Fault::Read`] when the file cannot be read.
    pub fn describe(path: &Path, kind: Kind, progress: &mut dyn FnMut(Progress<'_>)) -> Result<Self, Fault> {
        let (sha256, size) = hash_file(path, progress)?;
        let name = path.file_name().unwrap_or_default();
        Ok(Self { name: name.to_string_lossy().into_owned(), size, sha256, kind })
    }
}

impl Kind {
    /// The whole disk, raw, compressed with zstd.
    #[must_use]
    pub fn disk_raw_zst() -> Self {
        Self("disk-raw-zst".into())
    }

    /// The whole disk as qcow2.
    #[must_use]
    pub fn disk_qcow2() -> Self {
        Self("disk-qcow2".into())
    }

    /// The list of what is inside, as SPDX 2.3 JSON.
    #[must_use]
    pub fn sbom_spdx() -> Self {
        Self("sbom-spdx".into())
    }

    /// Where the release comes from: an in-toto statement with SLSA provenance, JSON.
    #[must_use]
    pub fn provenance() -> Self {
        Self("provenance".into())
    }

    /// The exact sources of everything inside: JSON.
    #[must_use]
    pub fn sources() -> Self {
        Self("sources".into())
    }

    /// What a slot is filled with: zstd frames, one after another.
    #[must_use]
    pub fn slot() -> Self {
        Self("slot".into())
    }

    /// The index of [`Kind::slot`]: a [`crate::SlotIndex`].
    #[must_use]
    pub fn slot_index() -> Self {
        Self("slot-index".into())
    }

    /// What a release changes, in words for people: JSON, each language's code with its text.
    #[must_use]
    pub fn notes() -> Self {
        Self("notes".into())
    }

    /// How the release was made, for whoever makes it again: TOML.
    #[must_use]
    pub fn recipe() -> Self {
        Self("recipe".into())
    }

    /// The kind as the manifest has it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl From<Kind> for String {
    fn from(kind: Kind) -> Self {
        kind.0
    }
}

impl TryFrom<String> for Kind {
    type Error = KindError;

    fn try_from(text: String) -> Result<Self, KindError> {
        let word = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
        if (1..=32).contains(&text.len()) && text.bytes().all(word) {
            Ok(Self(text))
        } else {
            let text = text.chars().take(80).collect();
            Err(KindError { text })
        }
    }
}
