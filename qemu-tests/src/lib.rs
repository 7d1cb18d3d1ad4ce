//! Boots the image in QEMU, inside a small internet of its own, and holds it to its promises.
//!
//! How one run goes:
//!
//! 1. [`accelerator`] finds out once whether KVM really works here; every time limit follows from that.
//! 2. [`registry`] is the table of scenarios; [`schedule`] turns a choice of them ([`sample`]) into jobs, at most a
//!    few at once, and prints a line for each scenario.
//! 3. Each job runs in [`session`], a copy of this program in network, mount and process namespaces of
//!    its own. There [`world`] lays out the internet: name server, another organisation's mail server,
//!    a forger's host, and the wire to the machine.
//! 4. [`base`] names the states a machine may start from, [`population`] fills one with a whole club, [`channel`] offers it
//!    newer releases; [`seed`] writes the provider's metadata onto
//!    a disk, and [`vm`] is the machine: power, serial console, snapshots, screen, SSH.
//! 5. The [`scenarios`] are specifications: what must hold, in the order a person would try it, spoken
//!    through the mail, IMAP, Sieve and browser [`client`]s. [`looks`] holds pages to fitting a tablet and a telephone
//!    and to keeping nobody out.
//!
//! When a scenario fails, its serial log, journal and screenshot stay under `target/sos/vm/<scenario>/`. Pictures of pages
//! stay in any case, under `target/sos/vm/pictures/<job>/`, to be looked at.

pub mod accelerator;
pub mod base;
pub mod bench;
pub mod channel;
pub mod client;
pub mod club;
pub mod downtime;
pub mod error;
pub mod looks;
pub mod pages;
pub mod population;
pub mod power_cut;
pub mod program;
pub mod registry;
pub mod results;
pub mod run;
pub mod sample;
pub mod scenarios;
pub mod schedule;
pub mod seed;
pub mod session;
pub mod vm;
pub mod world;

pub use error::{Error, Result};
