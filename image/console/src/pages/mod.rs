//! The pages, one module each.

pub mod autoconfig;
pub mod claim;
pub mod dns;
pub mod filters;
pub mod forgot;
pub mod home;
pub mod invite;
pub mod mail;
pub mod me;
pub mod password;
pub mod phone;
pub mod progress;
mod script;
pub mod sign_in;
pub mod vacation;
