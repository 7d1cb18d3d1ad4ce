//! The pages, one module each.

pub mod claim;
pub mod dns;
pub mod groups;
pub mod health;
pub mod home;
pub mod import;
pub mod log;
pub mod members;
pub mod organisation;
pub mod progress;
pub mod roles;
pub mod services;
pub mod sign_in;
mod teams;
pub mod updates;
