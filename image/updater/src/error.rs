//! What can go wrong while updating: a refusal (untrusted or unfit, a closed list) or a fault (something broke).

use std::fmt::Display;
use std::io;
use std::path::{Path, PathBuf};

use sos_provision::{CommandError, ProvisionError};

/// Why an update does not go on.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum UpdateError {
    /// What was offered is untrusted or unfit.
    #[error("refused: {0}")]
    Offer(#[from] sos_signing::offer::OfferRefusal),
    /// A manifest or an index that was offered is untrusted or unfit.
    #[error("refused: {0}")]
    Release(#[from] sos_signing::Refusal),
    /// Something that may not be done now, and why.
    #[error("{0}")]
    Unfit(String),
    /// A file, a partition or a folder could not be used.
    #[error("cannot {verb} {}: {source}", path.display())]
    File {
        /// What was tried.
        verb: &'static str,
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// A file is not as it must be.
    #[error("{}: {what}", path.display())]
    Malformed {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        what: String,
    },
    /// The channel could not be read.
    #[error("{0}")]
    Channel(String),
    /// A program failed.
    #[error(transparent)]
    Command(#[from] CommandError),
    /// The rest of the device failed.
    #[error(transparent)]
    Provision(#[from] ProvisionError),
}

impl UpdateError {
    /// Turns an I/O error into a fault about `path`.
    pub fn file(verb: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        move |source| Self::File { verb, path: path.to_owned(), source }
    }

    /// A file that is not as it must be.
    pub fn malformed(path: &Path, what: impl Display) -> Self {
        Self::Malformed { path: path.to_owned(), what: what.to_string() }
    }

    /// 3 for what is refused, 1 for what broke.
    #[must_use]
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::Offer(_) | Self::Release(_) | Self::Unfit(_) => 3,
            _ => 1,
        }
    }
}
