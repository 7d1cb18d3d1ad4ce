//! How a device updates: whole releases, by the other slot, with the data put back when it goes wrong.
//!
//! ```text
//! offered ─check─▶ candidate ─stage─▶ staged ─try─▶ trial ─gate─▶ committed
//!                                                     └─────────▶ rolled back
//! ```
//!
//! `early` runs in the initrd of every boot and decides which data the booted slot gets ([`early`]); everything else
//! runs from timers, units and the console. What it keeps is in [`store`], which no rollback takes back.
//!
//! | what | where | started by |
//! | --- | --- | --- |
//! | what follows from what, as one pure function | [`cycle`], fed by [`standing`] | |
//! | look for a newer release | [`check`], [`source`] | `sos-update.timer`, the console |
//! | fill the other slot | [`stage`], [`slot`] | the same |
//! | give it one try | [`trial`], with the [`facts`] it has to find again, its [`network`] among them | the same, at night or when asked to |
//! | let it stay, or not | [`gate`], then [`commit`] | `sos-update-gate.service`, in a trial |
//! | note what came of it | [`settle`] | `sos-update-settle.service`, at every other boot |
//! | go back | [`rollback`] | the console |
//! | remove what was kept | [`sweep`] | `sos-update-sweep.timer` |
//! | say how updates stand | [`status`], [`progress`] | the helper |

pub mod boot_state;
pub mod check;
mod clock;
pub mod commit;
pub mod cycle;
pub mod early;
pub mod error;
pub mod facts;
#[cfg(test)]
mod fixture;
pub mod gate;
pub mod network;
pub mod progress;
pub mod rollback;
pub mod settle;
pub mod slot;
pub mod source;
pub mod stage;
pub mod standing;
pub mod status;
pub mod store;
pub mod subvolumes;
pub mod sweep;
#[cfg(test)]
#[path = "../../provision/src/test_programs.rs"]
mod test_programs;
#[cfg(test)]
mod test_server;
mod texts;
pub mod trial;

pub use error::UpdateError;
