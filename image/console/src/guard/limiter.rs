//! How often somebody may guess a password. Placeholder until its rules are here.

/// Counts.
#[derive(Debug, Default)]
pub struct Limiter;
