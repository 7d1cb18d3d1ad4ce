//! A condition in a crate's `Cargo.toml`: it holds or not, however deep it is nested.
#![no_main]

use libfuzzer_sys::fuzz_target;
use sos_builder::platform::Platform;

fuzz_target!(|condition: &str| {
    let platform = Platform::of("amd64").expect("it is known");
    let held = platform.holds(condition);
    assert_eq!(held, platform.holds(condition));
});
