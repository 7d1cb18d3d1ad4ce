//! What can go wrong on the device.

use std::path::{Path, PathBuf};

use sos_settings::{Problems, SettingsError};

use crate::command::CommandError;
use crate::portable::Refusal;

/// A fault, or a refusal of what the provider handed over.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ProvisionError {
    /// A file cannot be read, written or moved.
    #[error("cannot {verb} {}: {source}", path.display())]
    File {
        /// What was tried.
        verb: &'static str,
        /// The file.
        path: PathBuf,
        /// Why it failed.
        source: std::io::Error,
    },
    /// Settings, manifests or templates are not as they must be.
    #[error(transparent)]
    Settings(#[from] SettingsError),
    /// A program failed.
    #[error(transparent)]
    Command(#[from] CommandError),
    /// An export or import is not done.
    #[error(transparent)]
    Portable(#[from] Refusal),
    /// The mapping has problems; nothing of it was applied.
    #[error("the metadata has {} problem(s), named on the console; nothing of it was applied", .problems.iter().count())]
    BadMapping {
        /// All of them.
        problems: Problems,
    },
    /// There is no owner yet.
    #[error("this server has no owner yet; hand in a `sos:` mapping with the provider's user data")]
    Unclaimed,
    /// A password cannot be hashed.
    #[error("cannot hash the password of {member}: {what}")]
    Hash {
        /// Whose password.
        member: String,
        /// Why not.
        what: String,
    },
    /// A file of the image or the state is not as it must be.
    #[error("{}: {what}", path.display())]
    Malformed {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        what: String,
    },
}

impl ProvisionError {
    /// Turns an I/O error into a fault about `path`.
    pub(crate) fn file(verb: &'static str, path: &Path) -> impl FnOnce(std::io::Error) -> Self {
        move |source| Self::File { verb, path: path.to_owned(), source }
    }
}
