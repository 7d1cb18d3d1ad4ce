//! Why an export or an import is not done.

use std::path::PathBuf;

/// A refusal. Of an import that is refused, nothing is on the server but what an earlier one left.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// An export is written into a folder of its own.
    #[error("{} is there and not empty; name a folder that is not there yet", .0.display())]
    NotEmpty(PathBuf),
    /// An import makes an owner, and does not add to one.
    #[error("this server belongs to {0} already; an import is for a new server, which has no owner yet")]
    Owned(String),
    /// No owner, and letters all the same: something is amiss that an import would cover up.
    #[error("this server has no owner, but a mailbox of {0}; import onto a new server")]
    Mailbox(String),
    /// What is imported while a release is tried would go when it goes.
    #[error("a new release is being tried; wait until it stays, then import")]
    Trial,
    /// The list of files comes last.
    #[error("{} has no SHA256SUMS, so it is no export, or one that was not finished", .0.display())]
    Unfinished(PathBuf),
    /// Written by a release that knows more than this one.
    #[error("the export is of format {found}, this release knows {known}; import it with a release that knows it")]
    Format {
        /// The export's.
        found: u32,
        /// Ours.
        known: u32,
    },
    /// A file of the export is not as it must be.
    #[error("{file}: {what}")]
    Malformed {
        /// The file.
        file: String,
        /// What is wrong.
        what: String,
    },
    /// A path that is none inside of the folder.
    #[error("the export names the file {0:?}, which is no path inside of its folder")]
    Path(String),
    /// Something that is no file, or behind a link.
    #[error("{0} is no file, or behind a link; copy the export again, without links")]
    NoFile(String),
    /// A file that is listed and not there.
    #[error("{0} is missing; copy the export again")]
    Missing(String),
    /// A file with another content than when it was written.
    #[error("{0} is not as it was written; copy the export again")]
    Changed(String),
    /// A file that nobody listed.
    #[error("{0} does not belong to the export; take it out of the folder")]
    Unlisted(String),
    /// Files or bytes that are not as many as the manifest says.
    #[error("the list of files has {found} {what}, the manifest says {said}; copy the export again")]
    Count {
        /// Files or bytes.
        what: &'static str,
        /// As many as there are.
        found: u64,
        /// As many as there should be.
        said: u64,
    },
    /// A file for which this release has no place.
    #[error("{0} is nothing that this release can take in; import it with the release that wrote it")]
    Unknown(String),
    /// Too small a disk.
    #[error("{} has room for {free} bytes, and {needed} are needed; take a larger disk", path.display())]
    Room {
        /// Where.
        path: PathBuf,
        /// Free there.
        free: u64,
        /// Needed.
        needed: u64,
    },
}

impl Refusal {
    /// Something wrong with a file of the export.
    pub(super) fn malformed(file: &str, what: impl std::fmt::Display) -> Self {
        Self::Malformed { file: file.to_owned(), what: what.to_string() }
    }
}
