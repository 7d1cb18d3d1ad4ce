//! Builds the appliance's releases from Debian packages.
//!
//! Each stage is a function of the one before: [`definition::Definition`] (what we ask for) → [`lock::Lock`] (what
//! that resolved to, by `apt`) → [`fetch::PoolReady`] (those packages, checked) → rootfs → disk → release. Only the
//! first two steps touch the network.

pub mod command;
pub mod error;
pub mod fetch;
pub mod lock;
pub mod progress;
