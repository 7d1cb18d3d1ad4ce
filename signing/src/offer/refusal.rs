//! Why nothing is taken from a channel: an [`OfferRefusal`] (untrusted or unfit, a closed list), a [`SourceError`], or a
//! fault of the device.

use super::source::SourceError;
use crate::error::Refusal;
use crate::version::Version;

/// Why an offer is not to be trusted or not fit. Closed: each has a name and a test.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OfferRefusal {
    /// Nobody who may sign it did.
    #[error("the channel's {what} is signed by none of the keys that may")]
    WrongKey {
        /// Which role.
        what: String,
    },
    /// Too few of those who must sign it did.
    #[error("the channel's {what} is signed by {found} of the {wanted} keys that must")]
    BelowThreshold {
        /// Which role.
        what: String,
        /// Good signatures.
        found: u64,
        /// How many there must be.
        wanted: u64,
    },
    /// It does not hold any more.
    #[error("the channel's {what} expired on {since}: either nobody renewed it, or somebody holds newer releases back")]
    Expired {
        /// Which role.
        what: String,
        /// When.
        since: String,
    },
    /// It is older than what was here before.
    #[error("the channel's {what} has version {found}, and version {known} was here already")]
    Older {
        /// Which role.
        what: String,
        /// The version that was found.
        found: u64,
        /// The version that is known.
        known: u64,
    },
    /// Its files are of different times.
    #[error("the channel's files do not belong together: {reason}")]
    Mixed {
        /// Which of them do not.
        reason: String,
    },
    /// A file is not what it must be.
    #[error("the channel's {what} is malformed: {reason}")]
    Malformed {
        /// Which file or role.
        what: String,
        /// What is wrong with it.
        reason: String,
    },
    /// A file is larger than any real one.
    #[error("the channel's {what} has more than {limit} bytes")]
    Oversized {
        /// Which file.
        what: String,
        /// The most bytes it may have.
        limit: u64,
    },
    /// There is no end of new roots.
    #[error("the channel has more than {limit} new roots at once")]
    TooManyRoots {
        /// The most that are followed at one asking.
        limit: u64,
    },
    /// A release's manifest is not the one that was signed.
    #[error("the channel's {what} is not the file that was signed")]
    WrongHash {
        /// Which file.
        what: String,
    },
    /// The manifest is another version's.
    #[error("{named} is offered, and its manifest is that of {found}")]
    OtherVersion {
        /// The version that is offered.
        named: Version,
        /// The version in the manifest.
        found: Version,
    },
    /// It is a release of something else.
    #[error("a release of {found:?} is offered, and this is {wanted:?}")]
    OtherProduct {
        /// The product it is.
        found: String,
        /// The product it should be.
        wanted: String,
    },
    /// It is for other machines.
    #[error("a release for {found:?} is offered, and this machine is {wanted:?}")]
    OtherArchitecture {
        /// Debian's name of the architecture it is for.
        found: String,
        /// Debian's name of the architecture it should be for.
        wanted: String,
    },
    /// The manifest is not one.
    #[error("the manifest of {version} is unfit: {reason}")]
    UnfitManifest {
        /// The version that is offered.
        version: Version,
        /// What is wrong with it.
        reason: Refusal,
    },
}

impl OfferRefusal {
    /// Every name that [`OfferRefusal::code`] gives, so that a test can ask for a test of each.
    pub const CODES: [&str; 13] = [
        "wrong-key",
        "below-threshold",
        "expired",
        "older-metadata",
        "mixed-metadata",
        "malformed-metadata",
        "oversized",
        "too-many-roots",
        "wrong-hash",
        "other-version",
        "other-product",
        "other-architecture",
        "unfit-manifest",
    ];

    /// The refusal's name: stable, for programs.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::WrongKey { .. } => "wrong-key",
            Self::BelowThreshold { .. } => "below-threshold",
            Self::Expired { .. } => "expired",
            Self::Older { .. } => "older-metadata",
            Self::Mixed { .. } => "mixed-metadata",
            Self::Malformed { .. } => "malformed-metadata",
            Self::Oversized { .. } => "oversized",
            Self::TooManyRoots { .. } => "too-many-roots",
            Self::WrongHash { .. } => "wrong-hash",
            Self::OtherVersion { .. } => "other-version",
            Self::OtherProduct { .. } => "other-product",
            Self::OtherArchitecture { .. } => "other-architecture",
            Self::UnfitManifest { .. } => "unfit-manifest",
        }
    }
}

/// Every way to say no.
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
