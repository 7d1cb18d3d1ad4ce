//! The two ways to say no: a [`Refusal`] (untrusted or unfit, a closed list) and a [`Fault`]
//! (something broke).

use std::io;
use std::path::PathBuf;

use crate::keys::KeyId;

/// Why a release is not to be trusted or not fit to be used. Closed: each has a name, and a test
/// vector of that name in `signing/tests/vectors/`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// There is no `manifest.json`.
    #[error("there is no manifest.json: this is not a release, or not all of one")]
    MissingManifest,
    /// There is no `manifest.json.sig`.
    #[error("there is no manifest.json.sig: the release is not signed")]
    MissingSignature,
    /// The manifest or its signature file is larger than any real one.
    #[error("{file} is larger than {limit} bytes, which no release needs")]
    Oversized {
        /// Which of the two files.
        file: &'static str,
        /// The most bytes it may have.
        limit: u64,
    },
    /// The signature file is not one.
    #[error("manifest.json.sig is malformed: {reason}")]
    MalformedSignature {
        /// What the parser says.
        reason: String,
    },
    /// None of the keys that signed is one of those we trust.
    #[error("signed by {}, which is none of the keys trusted here", ids(.key_ids))]
    UnknownKey {
        /// The keys that signed.
        key_ids: Vec<KeyId>,
    },
    /// A trusted key's signature does not fit the manifest.
    #[error("the signature by key {key_id} does not fit manifest.json: one of them was changed")]
    BadSignature {
        /// The key it claims to be by.
        key_id: KeyId,
    },
    /// The manifest is properly signed and yet not a manifest.
    #[error("manifest.json is malformed: {reason}")]
    MalformedManifest {
        /// What the parser says.
        reason: String,
    },
    /// The manifest is of a format made after this program, or never.
    #[error("manifest.json has format {found}, and this program knows format {known} only")]
    UnknownFormat {
        /// The format it says it has.
        found: u64,
        /// The one we know.
        known: u32,
    },
    /// It is something else that was signed.
    #[error("this is a release of {found:?}, not of {wanted:?}")]
    OtherProduct {
        /// The product it is.
        found: String,
        /// The product it should be.
        wanted: String,
    },
    /// It is for other machines.
    #[error("this release is for {found:?}, and this machine is {wanted:?}")]
    OtherArchitecture {
        /// Debian's name of the architecture it is for.
        found: String,
        /// Debian's name of the architecture it should be for.
        wanted: String,
    },
    /// An artefact's name leads out of the directory.
    #[error("artefact {name:?} leads out of the release's directory")]
    PathEscapes {
        /// The name as the manifest has it.
        name: String,
    },
    /// An artefact's name is not one we ever give.
    #[error(
        "artefact {name:?} has a name that is empty, hidden, reserved, or not only of the letters A-Z a-z 0-9 . _ + ~ -"
    )]
    BadArtefactName {
        /// The name as the manifest has it.
        name: String,
    },
    /// Two artefacts have one name.
    #[error("artefact {name:?} is listed twice")]
    DuplicateArtefact {
        /// The name.
        name: String,
    },
    /// An artefact is listed and not there.
    #[error("artefact {name:?} is listed and not there")]
    MissingArtefact {
        /// The name.
        name: String,
    },
    /// An artefact is a symbolic link, a directory or the like.
    #[error("artefact {name:?} is not a regular file")]
    NotAFile {
        /// The name.
        name: String,
    },
    /// An artefact is shorter or longer than it should be.
    #[error("artefact {name:?} has {found} bytes, and should have {wanted}")]
    WrongSize {
        /// The name.
        name: String,
        /// Bytes it has.
        found: u64,
        /// Bytes it should have.
        wanted: u64,
    },
    /// An artefact's content is not what it should be.
    #[error("artefact {name:?} has SHA-256 {found}, and should have {wanted}")]
    WrongHash {
        /// The name.
        name: String,
        /// The SHA-256 it has, in hexadecimal.
        found: String,
        /// The SHA-256 it should have, in hexadecimal.
        wanted: String,
    },
    /// The index of a slot's payload is not one.
    #[error("the slot's index is malformed: {reason}")]
    MalformedSlotIndex {
        /// What is wrong with it.
        reason: String,
    },
    /// There is something in the directory that is not listed.
    #[error("{name:?} is in the directory and not in the manifest: take it away")]
    ExtraArtefact {
        /// The name.
        name: String,
    },
}

impl Refusal {
    /// Every name that [`Refusal::code`] gives, so that a test can ask for a vector of each.
    pub const CODES: [&str; 19] = [
        "missing-manifest",
        "missing-signature",
        "oversized",
        "malformed-signature",
        "unknown-key",
        "bad-signature",
        "malformed-manifest",
        "unknown-format",
        "other-product",
        "other-architecture",
        "path-escapes",
        "bad-artefact-name",
        "duplicate-artefact",
        "missing-artefact",
        "not-a-file",
        "wrong-size",
        "wrong-hash",
        "malformed-slot-index",
        "extra-artefact",
    ];

    /// The refusal's name: stable, for programs.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::MissingManifest => "missing-manifest",
            Self::MissingSignature => "missing-signature",
            Self::Oversized { .. } => "oversized",
            Self::MalformedSignature { .. } => "malformed-signature",
            Self::UnknownKey { .. } => "unknown-key",
            Self::BadSignature { .. } => "bad-signature",
            Self::MalformedManifest { .. } => "malformed-manifest",
            Self::UnknownFormat { .. } => "unknown-format",
            Self::OtherProduct { .. } => "other-product",
            Self::OtherArchitecture { .. } => "other-architecture",
            Self::PathEscapes { .. } => "path-escapes",
            Self::BadArtefactName { .. } => "bad-artefact-name",
            Self::DuplicateArtefact { .. } => "duplicate-artefact",
            Self::MissingArtefact { .. } => "missing-artefact",
            Self::NotAFile { .. } => "not-a-file",
            Self::WrongSize { .. } => "wrong-size",
            Self::WrongHash { .. } => "wrong-hash",
            Self::MalformedSlotIndex { .. } => "malformed-slot-index",
            Self::ExtraArtefact { .. } => "extra-artefact",
        }
    }
}

/// What broke while signing or verifying. It says nothing about the release.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    /// A file or a directory could not be read.
    #[error("cannot read {path}: {source}")]
    Read {
        /// The file or directory.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// A file could not be written.
    #[error("cannot write {path}: {source}")]
    Write {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// A key file holds no key.
    #[error("{path} is not an Ed25519 {what} in PEM: {reason}")]
    NotAKey {
        /// The file.
        path: PathBuf,
        /// "private key" or "public key".
        what: &'static str,
        /// What the parser says.
        reason: String,
    },
    /// A private key's file can be read by others.
    #[error("{path} has mode {mode:04o}, so others can read this private key: chmod 600 it")]
    KeyExposed {
        /// The file.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
    /// A private key was about to be made inside a git repository.
    #[error(
        "{path} is inside the git repository {repository}, where a private key gets committed: choose a directory outside"
    )]
    InsideGit {
        /// Where the key was to go.
        path: PathBuf,
        /// The repository's top directory.
        repository: PathBuf,
    },
    /// A key's file exists already.
    #[error("{path} exists, and a key is never overwritten: choose another --name")]
    KeyExists {
        /// The file.
        path: PathBuf,
    },
    /// A key's name would not make a plain file name.
    #[error("{name:?} is no name for a key: use the letters a-z, 0-9 and -")]
    BadKeyName {
        /// The name.
        name: String,
    },
    /// There is nothing to sign with.
    #[error("no key to sign with was given")]
    NoKey,
    /// The manifest to sign or to write is not one we would verify.
    #[error("{path} would be refused when verified, so it is not signed: {refusal}")]
    Unfit {
        /// The manifest.
        path: PathBuf,
        /// Why it would be refused.
        refusal: Refusal,
    },
}

/// Either way to say no.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The release is untrusted or unfit.
    #[error("{0}")]
    Refusal(#[from] Refusal),
    /// Something broke.
    #[error("{0}")]
    Fault(#[from] Fault),
}

fn ids(ids: &[KeyId]) -> String {
    ids.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}
