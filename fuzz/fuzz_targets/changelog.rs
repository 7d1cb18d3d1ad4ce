//! A package's changelog: whatever it says, an update brings uploads between its two versions only, and numbers that are
//! numbers.
#![no_main]

use std::cmp::Ordering;

use libfuzzer_sys::fuzz_target;
use sos_builder::changelog::{between, parse};
use sos_settings::debian_version::compare;

fuzz_target!(|input: (&str, &str, &str)| {
    let (old, new, text) = input;
    let all = parse(text);
    let some = between(text, old, new);
    assert!(some.entries.len() <= all.len());
    for entry in &some.entries {
        assert_eq!(compare(&entry.version, old), Ordering::Greater);
        assert_ne!(compare(&entry.version, new), Ordering::Greater);
    }
    for number in all.iter().flat_map(|entry| &entry.advisories) {
        assert!(number.starts_with("CVE-") || number.starts_with("DSA-"));
        assert!(number[4..].bytes().all(|b| b.is_ascii_digit() || b == b'-'));
    }
});
