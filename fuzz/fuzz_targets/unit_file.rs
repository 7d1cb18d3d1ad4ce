//! A unit file, as a package or an overlay brings it: keys and values come out as they stand there, and programs without
//! what tells systemd how to run them.
#![no_main]

use libfuzzer_sys::fuzz_target;
use sos_builder::checks::units::syntax::{parse, programs, values};

fuzz_target!(|text: &str| {
    let settings = parse(text);
    for (key, value) in &settings {
        assert_eq!((key.trim(), value.trim()), (key.as_str(), value.as_str()));
        assert!(!key.contains('='), "{key:?}");
        for program in programs(value, "fuzzed@instance.service") {
            assert!(!program.is_empty());
        }
    }
    for (key, _) in &settings {
        assert!(values(&settings, key).iter().all(|value| !value.is_empty()));
    }
});
