//! Why a repository is not made or changed: a [`RepositoryRefusal`] (what was asked for would harm, a closed list) or a
//! fault.

use std::path::PathBuf;

use tough::schema::RoleType;

use crate::error::{Fault, Refusal};
use crate::keys::KeyId;
use crate::version::Version;

/// What is not done, because devices would refuse the result or take harm from it. Closed: each has a name and a test.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RepositoryRefusal {
    /// There is no first root.
    #[error("{} has no metadata/1.root.json: make a repository with sos-sign init", path.display())]
    NotARepository {
        /// The folder.
        path: PathBuf,
    },
    /// There is metadata already.
    #[error("{} has metadata already, and devices that trust it would never trust another: choose a new folder", path.display())]
    AlreadyARepository {
        /// The folder.
        path: PathBuf,
    },
    /// A file of the repository is not what it must be.
    #[error("{file} is not as it must be: {reason}; get the repository back from the channel or a backup")]
    Broken {
        /// Which file, relative to the repository.
        file: String,
        /// What is wrong with it.
        reason: String,
    },
    /// Not enough keys signed.
    #[error("{given} of the keys given may sign the role {role} by root {root}, and {wanted} are needed")]
    TooFewKeys {
        /// The role.
        role: RoleType,
        /// Which root says so.
        root: u64,
        /// How many there are.
        given: usize,
        /// How many there must be.
        wanted: u64,
    },
    /// A key has no say.
    #[error("key {key} is none of the role {role} by the newest root: give the right file, or rotate first")]
    UnknownKey {
        /// The key.
        key: KeyId,
        /// The role.
        role: RoleType,
    },
    /// One key would do two keys' work.
    #[error("key {key} is given twice: each key has one work, so that losing one loses one")]
    KeyTwice {
        /// The key.
        key: KeyId,
    },
    /// A role would have fewer keys than must sign.
    #[error("{given} keys are too few for the role {role}, which {wanted} must sign")]
    TooFewForRole {
        /// The role.
        role: RoleType,
        /// How many there are.
        given: usize,
        /// How many there must be.
        wanted: u64,
    },
    /// Private keys would lie where everything is published.
    #[error("{} is inside the repository, where everything is published: choose another folder for the keys", path.display())]
    KeysInside {
        /// The folder for the keys.
        path: PathBuf,
    },
    /// The release cannot be staged.
    #[error("the release has no {kind}, so that no device could update to it: make it with sos-build release")]
    NoPayload {
        /// What it lacks.
        kind: String,
    },
    /// The payload is not the one its index speaks of.
    #[error("the slot's index speaks of {index} bytes, and the slot has {slot}: make the release anew")]
    OtherPayload {
        /// Bytes by the index.
        index: u64,
        /// Bytes of the payload.
        slot: u64,
    },
    /// A newer release is offered already.
    #[error("{version} is older than {newest}, which is offered already: no device would take it")]
    OlderRelease {
        /// The version that is to be added.
        version: Version,
        /// The newest that is offered.
        newest: Version,
    },
    /// The version is offered with another manifest.
    #[error(
        "{version} is offered already, and differently: a version is one release for ever, so give this one a new number"
    )]
    ChangedRelease {
        /// The version.
        version: Version,
    },
    /// The version was taken out.
    #[error("{version} was revoked, and stays so: give the mended release a new number")]
    RevokedRelease {
        /// The version.
        version: Version,
    },
    /// The version is not offered.
    #[error("{version} is not offered")]
    NotOffered {
        /// The version.
        version: Version,
    },
    /// What is there was signed by keys that were replaced since.
    #[error("the role {role} has new keys and is not yet signed by them: give {option}")]
    NeedsKey {
        /// The role.
        role: RoleType,
        /// The option to give.
        option: &'static str,
    },
    /// Nothing was ever offered.
    #[error("nothing is offered yet, so there is nothing to sign: sos-sign add a release first")]
    Empty,
}

impl RepositoryRefusal {
    /// Every name that [`RepositoryRefusal::code`] gives.
    pub const CODES: [&str; 16] = [
        "not-a-repository",
        "already-a-repository",
        "broken-repository",
        "too-few-keys",
        "unknown-key",
        "key-twice",
        "too-few-for-role",
        "keys-inside",
        "no-payload",
        "other-payload",
        "older-release",
        "changed-release",
        "revoked-release",
        "not-offered",
        "needs-key",
        "empty-repository",
    ];

    /// The refusal's name: stable, for programs.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::NotARepository { .. } => "not-a-repository",
            Self::AlreadyARepository { .. } => "already-a-repository",
            Self::Broken { .. } => "broken-repository",
            Self::TooFewKeys { .. } => "too-few-keys",
            Self::UnknownKey { .. } => "unknown-key",
            Self::KeyTwice { .. } => "key-twice",
            Self::TooFewForRole { .. } => "too-few-for-role",
            Self::KeysInside { .. } => "keys-inside",
            Self::NoPayload { .. } => "no-payload",
            Self::OtherPayload { .. } => "other-payload",
            Self::OlderRelease { .. } => "older-release",
            Self::ChangedRelease { .. } => "changed-release",
            Self::RevokedRelease { .. } => "revoked-release",
            Self::NotOffered { .. } => "not-offered",
            Self::NeedsKey { .. } => "needs-key",
            Self::Empty => "empty-repository",
        }
    }
}

/// Every way to say no.
#[derive(Debug, thiserror::Error)]
pub enum RepositoryError {
    /// It would harm.
    #[error(transparent)]
    Refusal(#[from] RepositoryRefusal),
    /// The release is unfit.
    #[error(transparent)]
    Release(#[from] Refusal),
    /// A file could not be read or written, or a key not be used.
    #[error(transparent)]
    Fault(#[from] Fault),
    /// The metadata could not be signed.
    #[error("cannot sign: {0}")]
    Signing(String),
}

impl RepositoryError {
    /// The name of a refusal; none for a fault.
    #[must_use]
    pub fn code(&self) -> Option<&'static str> {
        match self {
            Self::Refusal(refusal) => Some(refusal.code()),
            Self::Release(refusal) => Some(refusal.code()),
            Self::Fault(_) | Self::Signing(_) => None,
        }
    }
}

impl From<crate::error::Error> for RepositoryError {
    fn from(error: crate::error::Error) -> Self {
        match error {
            crate::error::Error::Refusal(refusal) => Self::Release(refusal),
            crate::error::Error::Fault(fault) => Self::Fault(fault),
        }
    }
}
