//! The DNS records that the organisation publishes at its registrar: how they are shown, and whether the world sees them.

mod check;
mod record;

pub use check::{Checker, Found, Seen};
pub use record::Wanted;
