//! The people of the test world: small clients that speak SMTP, IMAP, ManageSieve, HTTPS and WebDriver, from a
//! host of our choice, and that can say rude things a library would not let through.

mod browser;
mod device;
mod imap;
mod sieve;
mod site;
mod smtp;
mod webdriver;
mod wire;

pub use browser::{Browser, Element};
pub use device::{DEVICES, Device};
pub use imap::Imap;
pub use sieve::ManageSieve;
pub use site::{Answer, Site};
pub use smtp::{Reply, Smtp};
pub use wire::{Security, Wire, reaches, shown, trusts};
