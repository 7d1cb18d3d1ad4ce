//! Builds the appliance's releases from Debian packages.
//!
//! Each stage is a function of the one before: [`definition::Definition`] (what we ask for) → [`lock::Lock`] (what
//! that resolved to, by `apt`) → [`pool::PoolReady`] (those packages, checked) → rootfs → disk → release. Only
//! [`resolve`] and [`fetch`] touch the network.

pub mod accelerator;
pub mod apt;
pub mod build;
pub mod bundle;
pub mod cache;
pub mod channel;
pub mod checks;
pub mod clamp;
pub mod command;
pub mod copyright;
mod crate_manifest;
pub mod debian_version;
pub mod definition;
pub mod destination;
pub mod disk;
pub mod dpkg;
pub mod error;
pub mod exclude;
pub mod fetch;
pub mod firmware;
pub mod git;
pub mod grub;
pub mod host_sources;
pub mod index;
pub mod initrd;
pub mod kept;
pub mod layer;
pub mod licences;
pub mod linked;
pub mod lock;
pub mod meter;
pub mod mirror;
pub mod notes;
pub mod offered;
pub mod origin;
pub mod overlays;
pub mod papers;
pub mod parallel;
pub mod part;
pub mod plain;
pub mod platform;
pub mod pool;
pub mod progress;
pub mod provenance;
pub mod publish;
pub mod recipe;
pub mod release;
pub mod repository;
pub mod resolve;
pub mod root_image;
pub mod rootfs;
pub mod run;
pub mod sandbox;
pub mod sbom;
pub mod slot;
pub mod source_list;
pub mod sources;
pub mod unpack;
pub mod users;
pub mod version;
