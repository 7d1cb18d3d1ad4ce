//! `sos-console`.
fn main() {}
