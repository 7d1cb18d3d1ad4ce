//! The people of the test world: small clients that speak SMTP, IMAP, ManageSieve and WebDriver, from a
//! host of our choice, and that can say rude things a library would not let through.

mod imap;
mod sieve;
mod smtp;
mod webdriver;
mod wire;

pub use imap::Imap;
pub use sieve::ManageSieve;
pub use smtp::{Reply, Smtp};
pub use webdriver::{Browser, Element};
pub use wire::{Security, Wire, reaches};
