//! How a device updates: whole releases, by the other slot, with the data put back when it goes wrong.
//!
//! ```text
//! offered ─check─▶ candidate ─stage─▶ staged ─try─▶ trial ─gate─▶ committed
//!                                                     └─────────▶ rolled back
//! ```
//!
//! `early` runs in the initrd of every boot and decides which data the booted slot gets ([`early`]); everything else
//! runs from timers, units and the console. What it keeps is in [`store`], which no rollback takes back.

pub mod boot_state;
pub mod check;
pub mod early;
pub mod error;
pub mod progress;
pub mod slot;
pub mod source;
pub mod stage;
pub mod store;
pub mod subvolumes;
#[cfg(test)]
mod test_server;

pub use error::UpdateError;
