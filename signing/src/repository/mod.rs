//! The channel's metadata as the provider makes it: a TUF repository (TUF 1.0.34) in a folder, with `tough`.
//!
//! ```text
//! REPO/metadata/N.root.json        who may sign what; each is signed by two keys of the one before it and by two of its own
//! REPO/metadata/N.targets.json     which releases there are
//! REPO/metadata/N.snapshot.json    which list of releases counts
//! REPO/metadata/timestamp.json     which snapshot counts: the pointer, written last
//! REPO/targets/SHA256.VERSION.manifest.json
//! ```
//!
//! Root has three keys of which two must sign, and is used once a year; targets has one, used for each release; snapshot
//! and timestamp share one, the online key, on the machine that publishes. What each is for, and what to do when one is
//! lost, is in `docs/key-ceremony.md`.
//!
//! Each function reads the whole repository, checks every signature in it, and either changes it wholly or refuses.

mod add;
mod error;
mod folder;
mod init;
mod online;
pub mod periods;
mod releases;
mod revoke;
mod rotate;
mod signer;
mod timestamp;

use std::path::PathBuf;

pub use add::{Add, add};
pub use error::{RepositoryError, RepositoryRefusal};
pub use init::{Init, init};
pub use online::Expiries;
pub use revoke::{Revoke, revoke};
pub use rotate::{Rotate, rotate};
use serde::Serialize;
pub use timestamp::{Timestamped, timestamp};
pub use tough::schema::RoleType;

/// What was written.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Change {
    /// The files, in the order in which they were written.
    pub files: Vec<PathBuf>,
    /// What is still to be done before it is published, in one sentence each.
    pub left: Vec<String>,
}
