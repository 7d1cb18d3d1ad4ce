//! What can go wrong with the directory. Pages say it in their own sentences; these are for the log.

use ldap3::{LdapError, LdapResult};

/// Why the directory did not do it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DirectoryError {
    /// Somebody changed the entry after it was read; nothing was changed.
    #[error("somebody else changed it in between")]
    Stale,
    /// An address belongs to somebody already; nothing was changed.
    #[error("the address {address} belongs to {by} already")]
    Taken {
        /// What stands before the `@`.
        address: String,
        /// The name of the member, group or role that has it.
        by: String,
    },
    /// The member, group or role is not there (any more).
    #[error("it is not there any more")]
    Gone,
    /// A group or role names a member who is not there.
    #[error("there is no member {0}")]
    NoSuchMember(String),
    /// A group or role would have nobody in it.
    #[error("nobody would be left in it")]
    Empty,
    /// Nobody would be left who can look after the server.
    #[error("no administrator would be left")]
    LastAdministrator,
    /// slapd refuses it, for a reason that the pages should have found before.
    #[error("the directory refuses it: {0}")]
    Refused(String),
    /// slapd does not answer.
    #[error("the directory does not answer: {0}")]
    Down(String),
}

impl From<LdapError> for DirectoryError {
    fn from(error: LdapError) -> Self {
        match error {
            LdapError::LdapResult { result } => result.into(),
            LdapError::FilterParsing | LdapError::AddNoValues | LdapError::DecodingUTF8 => {
                Self::Refused(error.to_string())
            }
            _ => Self::Down(error.to_string()),
        }
    }
}

/// Result codes of RFC 4511, appendix A, and RFC 4528 (assertionFailed).
impl From<LdapResult> for DirectoryError {
    fn from(result: LdapResult) -> Self {
        const NO_SUCH_OBJECT: u32 = 32;
        const BUSY: u32 = 51;
        const UNAVAILABLE: u32 = 52;
        const ASSERTION_FAILED: u32 = 122;
        match result.rc {
            ASSERTION_FAILED => Self::Stale,
            NO_SUCH_OBJECT => Self::Gone,
            BUSY | UNAVAILABLE => Self::Down(result.to_string()),
            _ => Self::Refused(result.to_string()),
        }
    }
}
