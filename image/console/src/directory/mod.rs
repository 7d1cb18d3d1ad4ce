//! The directory: members, groups and roles, over one connection to slapd's Unix socket.
//!
//! Who we are is told to slapd by the kernel (SASL EXTERNAL). In: checked names of `sos_settings`. Out: [`Member`],
//! [`Team`], or a [`DirectoryError`]. Distinguished names and filters are built in `name.rs` and nowhere else.
//! A write that takes an address or counts administrators holds one lock, because this program is the only writer.

mod connection;
mod error;
mod kept;
mod member;
mod members;
mod name;
mod password;
mod revision;
mod team;
mod teams;

use std::sync::Arc;

use tokio::sync::{Mutex, OnceCell};

use crate::clock::Clock;
use crate::tokens::Tokens;

pub use error::DirectoryError;
pub use member::{Member, MemberChange, NewMember, Standing};
pub use revision::Revision;
pub use team::{NewTeam, Team, TeamChange, TeamKind};

use connection::Connection;
use kept::Kept;

/// The directory; cheap to clone, and every clone shares its connection and its lock.
#[derive(Debug, Clone)]
pub struct Directory(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    connection: Connection,
    /// Held by every write that must not race another one.
    writing: Mutex<()>,
    /// The organisation's domain, once known; it never changes.
    domain: OnceCell<String>,
    members: Kept<Member>,
    groups: Kept<Team>,
    roles: Kept<Team>,
    /// Who was invited and has no password yet.
    invitations: Option<(Arc<Tokens>, Clock)>,
}

impl Directory {
    /// The directory at `uri`, such as `ldapi://%2Frun%2Fslapd%2Fldapi`. Connects when it is first asked.
    #[must_use]
    pub fn new(uri: &str) -> Self {
        Self::with(uri, None)
    }

    /// The same; who holds an invitation of `tokens` is not taken for somebody who can log in.
    #[must_use]
    pub fn inviting(uri: &str, tokens: Arc<Tokens>, clock: Clock) -> Self {
        Self::with(uri, Some((tokens, clock)))
    }

    fn with(uri: &str, invitations: Option<(Arc<Tokens>, Clock)>) -> Self {
        Self(Arc::new(Inner {
            connection: Connection::new(uri),
            writing: Mutex::new(()),
            domain: OnceCell::new(),
            members: Kept::default(),
            groups: Kept::default(),
            roles: Kept::default(),
            invitations,
        }))
    }
}
