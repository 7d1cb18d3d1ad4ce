//! The pages of the server: the first-run form, the administrators' console and the members' own pages.
//!
//! ```text
//! nginx ──Unix socket──▶ routes ─▶ guard (headers, session, CSRF, who may) ─▶ pages ─┬▶ directory (slapd)
//! Dovecot ──127.0.0.1──▶ guard::policy ─▶ guard::limiter                             └▶ helper (sos-ipc)
//! ```
//!
//! Runs unprivileged: what needs rights is asked of the helper. How a page is written stands in [`page`], how a form is
//! in [`form`], how a sentence is in [`text`].

pub mod app;
pub mod assets;
pub mod claim;
pub mod clock;
pub mod directory;
pub mod dns;
pub mod form;
pub mod guard;
pub mod helper;
pub mod import;
pub mod invitation;
pub mod journal;
pub mod letters;
pub mod login_name;
pub mod logo;
pub mod menu;
pub mod page;
pub mod pages;
pub mod password;
pub mod routes;
pub mod sieve;
pub mod slip;
pub mod text;
pub mod tokens;
pub mod when;
pub mod zones;
