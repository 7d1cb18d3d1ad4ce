//! The most bytes a file of a channel's metadata may have: a few times what ten years of releases and rotations need.
//! Endless files are cut off there.

/// A root. With ten keys it has about seven thousand bytes.
pub(crate) const ROOT: u64 = 64 << 10;

/// The timestamp. It has about six hundred.
pub(crate) const TIMESTAMP: u64 = 16 << 10;

/// A snapshot. It has about six hundred.
pub(crate) const SNAPSHOT: u64 = 16 << 10;

/// The list of releases. A release takes about three hundred.
pub(crate) const TARGETS: u64 = 1 << 20;

/// How many new roots are followed at one asking; the next one goes on from there. A root a month is twenty years.
pub(crate) const ROOT_UPDATES: u64 = 256;
