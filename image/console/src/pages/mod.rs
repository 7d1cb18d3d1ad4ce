//! The pages, one module each.

pub mod autoconfig;
pub mod claim;
pub mod dns;
pub mod filters;
pub mod forgot;
pub mod go_back;
pub mod groups;
pub mod health;
pub mod home;
pub mod import;
pub mod invite;
pub mod log;
pub mod mail;
pub mod me;
pub mod members;
pub mod organisation;
pub mod password;
pub mod phone;
pub mod progress;
pub mod roles;
mod script;
pub mod services;
pub mod sign_in;
mod teams;
pub mod updates;
pub mod vacation;
