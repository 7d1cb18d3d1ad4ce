//! The pages of the server.

pub mod sieve;
