//! `sos-build`: the command line of the builder.

fn main() {}
