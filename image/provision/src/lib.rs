//! What happens on the device between the provider's metadata and running services.
//!
//! ```text
//! initrd:    early     factory /var → state, machine id, secrets, /etc rendered
//! each boot: metadata  SSH keys; the `sos:` mapping while there is no owner (claim), else a claim code
//!            health    every service's transaction, until all are well
//! on demand: serve     does for the console what needs rights
//!            export    writes all that the organisation has in open formats; import, checksums
//! timers:    certificate, sweep
//! ```
//!
//! The decisions are in `sos-settings`; this crate carries them out, below one root folder ([`Device`]), so that the
//! tests run it anywhere.

mod addresses;
mod apply;
mod certificate;
mod claim;
mod cloud_init;
mod command;
mod console;
mod device;
mod directory;
mod dns;
mod early;
mod error;
mod files;
mod hash;
mod health;
mod machine_id;
mod metadata;
pub mod portable;
mod secrets;
mod seed;
mod serve;
mod ssh;
mod status;
mod sweep;
#[cfg(test)]
mod test_programs;
mod turn;

pub use apply::apply;
pub use certificate::{Hurry, certificate};
pub use cloud_init::listed_ssh_keys;
pub use command::{CommandError, Program};
pub use console::say;
pub use device::{Device, Image, TRIAL};
pub use dns::dns;
pub use early::early;
pub use error::ProvisionError;
pub use files::write_file;
pub use health::{Patience, Report as HealthReport, ServiceHealth, health, last as last_health};
pub use metadata::metadata;
pub use serve::{serve, write_to_administrators};
pub use status::status;
pub use sweep::sweep;
