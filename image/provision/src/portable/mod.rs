//! Everything an organisation owns → a folder of open formats, and from there onto another server (docs/export.md).
//!
//! ```text
//! export:     device ──collect──▶ files, SHA256SUMS, manifest.toml
//! checksums:  device ──collect──▶ nowhere; what it is, as checksums that do not depend on names of files
//! import:     folder ──verify──▶ staged on the device ──collect──▶ the manifest's checksums? ──▶ placed, claimed
//! ```
//!
//! Letters go from file to file: memory does not grow with the mail, and nothing is copied in between.

mod classify;
mod collect;
mod dir;
mod directory;
mod export;
mod import;
mod ldif;
mod mail;
mod maildir;
mod manifest;
mod progress;
mod refusal;
mod room;
mod services;
mod sieve;
mod stage;
mod sums;
mod take;
mod verify;

pub use classify::Place;
pub use directory::check as check_directory;
pub use export::{checksums, export};
pub(crate) use import::forget;
pub use import::import;
pub use ldif::{Record, parse as parse_ldif};
pub use manifest::{Checksums, Manifest, MemberChecksums};
pub use progress::Progress;
pub use refusal::Refusal;
pub use services::Frame;
pub use sums::{HEAD as SUMS_HEAD, Line as SumsLine, Sums};

/// What the list of files is called in an export.
const SUMS: &str = "SHA256SUMS";
/// What says of an export what it is.
const MANIFEST: &str = "manifest.toml";
