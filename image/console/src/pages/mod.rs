//! The pages, one module each.

pub mod claim;
pub mod dns;
pub mod home;
pub mod progress;
pub mod sign_in;
