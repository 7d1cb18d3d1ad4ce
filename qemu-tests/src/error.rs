//! What can go wrong in a run, and the difference between «the host cannot» and «the image is wrong».

use std::path::{Path, PathBuf};

/// The result of everything here.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why a run, or one scenario of it, came to an end.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The image did not do what the scenario says it must.
    #[error("{0}")]
    Unmet(String),
    /// Something awaited did not happen within its (scaled) time limit.
    #[error("{what} did not happen within {seconds} s{detail}")]
    Late {
        /// What was awaited.
        what: String,
        /// The limit that ran out.
        seconds: u64,
        /// The last thing seen instead; empty, or starting with `: `.
        detail: String,
    },
    /// A program on the host or in the guest failed.
    #[error("`{program}` failed ({status}): {stderr}")]
    Program {
        /// The command line.
        program: String,
        /// How it ended.
        status: String,
        /// The end of its standard error.
        stderr: String,
    },
    /// The host lacks something a run needs; nothing was tried.
    #[error("{0}")]
    Refused(String),
    /// The command line asks for something that does not exist.
    #[error("{0}")]
    Usage(String),
    /// A file could not be read or written.
    #[error("{}: {source}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// A conversation over the network broke.
    #[error("{what}: {source}")]
    Wire {
        /// The conversation.
        what: String,
        /// What the system said.
        source: std::io::Error,
    },
    /// The other side of a protocol said something else than expected.
    #[error("{protocol}: after {said:?} expected {expected}, got {got:?}")]
    Reply {
        /// SMTP, IMAP, ManageSieve, QMP or WebDriver.
        protocol: &'static str,
        /// What we had said.
        said: String,
        /// What should have come.
        expected: String,
        /// What came.
        got: String,
    },
}

impl Error {
    /// The exit code of house style: 1 fault, 2 usage, 3 refused.
    #[must_use]
    pub fn exit_code(&self) -> u8 {
        match self {
            Error::Usage(_) => 2,
            Error::Refused(_) => 3,
            _ => 1,
        }
    }

    /// A closure that names the file an I/O error is about.
    pub fn file(path: &Path) -> impl FnOnce(std::io::Error) -> Error {
        let path = path.to_owned();
        move |source| Error::File { path, source }
    }

    /// A closure that names the conversation an I/O error broke.
    pub fn wire(what: impl Into<String>) -> impl FnOnce(std::io::Error) -> Error {
        let what = what.into();
        move |source| Error::Wire { what, source }
    }
}

/// Ends the scenario with [`Error::Unmet`] unless the condition holds; the message says what must hold.
#[macro_export]
macro_rules! must {
    ($condition:expr, $($message:tt)+) => {
        if !$condition {
            return Err($crate::Error::Unmet(format!($($message)+)));
        }
    };
}
