//! The specifications. Each file opens with what must hold and why; each function is one scenario of the
//! table in [`crate::registry`]. Scenarios look into the guest over SSH and make it work only through the
//! ports its people have.

pub mod another_organisation;
pub mod bad_metadata;
pub mod boots;
pub mod certificate;
pub mod chooser;
pub mod claim_by_form;
pub mod claim_race;
pub mod console;
pub mod dkim;
pub mod forged_sender;
pub mod forward;
pub mod grows_state;
pub mod gtube;
pub mod journal;
pub mod keeps_state;
mod letters;
pub mod many_members;
pub mod member_to_member;
pub mod moving;
pub mod no_shell;
pub mod open_relay;
mod people;
pub mod plaintext_ports;
pub mod power_cut;
pub mod power_cycling;
pub mod quota;
pub mod roles_and_groups;
pub mod sieve;
pub mod submission;
pub mod update;
pub mod verity;
pub mod webmail;

pub use letters::{MAIL_SECONDS, imf_date, letter};
