//! What a channel offers to a device: TUF's client side (TUF 1.0.34, section 5), by `tough`.
//!
//! In: the root that the image carries, what was trusted before, and a [`Source`] of the channel's small files. Out: an
//! [`Offer`], whose manifest is vouched for by the channel's roles, or the reason why not.

use std::path::Path;

use crate::manifest::Manifest;
use crate::version::Version;

/// Where the channel's small files come from: a web server, or a bundle carried by hand.
pub trait Source: Send + Sync {
    /// The bytes of `path`, relative to the channel, such as `metadata/timestamp.json`; at most `limit`.
    ///
    /// # Errors
    ///
    /// [`SourceError::Absent`] when the channel has no such file (a 404, or 403 as object stores say it).
    fn read(&self, path: &str, limit: u64) -> Result<Vec<u8>, SourceError>;
}

/// Why a file of the channel could not be had.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SourceError {
    /// There is no such file.
    #[error("the channel has no {path}")]
    Absent {
        /// Which file.
        path: String,
    },
    /// It has more bytes than it may.
    #[error("{path} has more than {limit} bytes")]
    TooLarge {
        /// Which file.
        path: String,
        /// The most bytes it may have.
        limit: u64,
    },
    /// It could not be fetched.
    #[error("cannot fetch {path}: {reason}")]
    Broken {
        /// Which file.
        path: String,
        /// Why, in one sentence.
        reason: String,
    },
}

/// Whether the metadata's expiry counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Expiry {
    /// It does, by this time, seconds since 1970: from a web server.
    Enforced(u64),
    /// It does not: a bundle carried by hand, or a clock that cannot be right. Versions count all the same.
    Ignored,
}

/// Who asks.
#[derive(Debug, Clone)]
pub struct Asker<'a> {
    /// The `root.json` of the image.
    pub root: &'a [u8],
    /// Where TUF's trusted metadata is kept between two askings.
    pub store: &'a Path,
    /// The version that runs: nothing older is offered.
    pub running: Version,
    /// Debian's name of the architecture.
    pub architecture: &'a str,
    /// Some number that stays the same for this device and differs between devices: for staged rollouts.
    pub device: &'a [u8],
    /// The time, seconds since 1970, for staged rollouts.
    pub now: u64,
    /// Whether expiry counts.
    pub expiry: Expiry,
}

/// A newer release, vouched for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Offer {
    manifest: Manifest,
}

impl Offer {
    /// What was signed: a newer version than the asker's, for its product and architecture.
    #[must_use]
    pub fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// Where an artefact is, relative to the channel: `releases/VERSION/NAME`.
    #[must_use]
    pub fn path(&self, artefact: &crate::Artefact) -> String {
        format!("releases/{}/{}", self.manifest.version, artefact.name)
    }
}

/// Why an offer is not to be trusted or not fit. Closed: each has a name and a test.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OfferRefusal {
    /// TUF's rules are broken.
    #[error("{0}")]
    Untrusted(String),
}

/// Either way to say no.
#[derive(Debug, thiserror::Error)]
pub enum OfferError {
    /// What is offered is untrusted or unfit.
    #[error("{0}")]
    Refused(#[from] OfferRefusal),
    /// The channel could not be read.
    #[error("{0}")]
    Source(#[from] SourceError),
    /// What is kept between two askings could not be read or written.
    #[error("{0}")]
    Fault(String),
}
