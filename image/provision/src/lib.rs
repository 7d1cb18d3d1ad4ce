//! What happens on the device between the provider's metadata and running services.
//!
//! ```text
//! initrd:    early     factory /var → state, machine id, secrets, /etc rendered
//! each boot: metadata  SSH keys; the `sos:` mapping while there is no owner (claim)
//!            health    every service's transaction, until all are well
//! ```
//!
//! The decisions are in `sos-settings`; this crate carries them out, below one root folder ([`Device`]), so that the
//! tests run it anywhere.

mod apply;
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
mod secrets;
mod seed;
mod ssh;
mod status;

pub use cloud_init::listed_ssh_keys;
pub use command::{CommandError, Program};
pub use device::Device;
pub use dns::dns;
pub use early::early;
pub use error::ProvisionError;
pub use health::{Patience, health};
pub use metadata::metadata;
pub use status::status;
