//! A package's `copyright` file: whatever it says, the licence is an expression in which every name is one of SPDX's or
//! has its text beside it.
#![no_main]

use libfuzzer_sys::fuzz_target;
use sos_builder::copyright::Copyright;
use sos_builder::licences::declared;

fuzz_target!(|text: &str| {
    let Some(copyright) = Copyright::parse(text) else { return };
    let declared = declared(&copyright);
    let mut open = 0;
    for word in declared.expression.split(' ') {
        open += word.matches('(').count() as i64 - word.matches(')').count() as i64;
        assert!(open >= 0);
        let name = word.trim_matches(['(', ')']);
        assert!(!name.is_empty());
        assert!(name.bytes().all(|b| b.is_ascii_alphanumeric() || b"-.".contains(&b)), "{name}");
        assert!(!name.starts_with("LicenseRef-") || declared.extracted.contains_key(name), "{name}");
    }
    assert_eq!(open, 0);
    for id in declared.extracted.keys() {
        assert!(declared.expression.contains(id.as_str()));
    }
});
