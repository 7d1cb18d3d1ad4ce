//! Builds the appliance's releases from Debian packages.
//!
//! Each stage is a function of the one before: [`definition::Definition`] (what we ask for) → [`lock::Lock`] (what
//! that resolved to, by `apt`) → [`pool::PoolReady`] (those packages, checked) → rootfs → disk → release. Only
//! [`resolve`] and [`fetch`] touch the network.

pub mod apt;
pub mod command;
pub mod definition;
pub mod error;
pub mod fetch;
pub mod host_sources;
pub mod index;
pub mod lock;
pub mod mirror;
pub mod parallel;
pub mod part;
pub mod pool;
pub mod progress;
pub mod repository;
pub mod resolve;
pub mod sources;
