//! Versions of Debian packages: their order is one, whatever they look like.
#![no_main]

use std::cmp::Ordering;

use libfuzzer_sys::fuzz_target;
use sos_settings::debian_version::compare;

fuzz_target!(|versions: [&str; 3]| {
    let [one, two, three] = versions;
    assert_eq!(compare(one, one), Ordering::Equal);
    assert_eq!(compare(one, two), compare(two, one).reverse());
    if compare(one, two) != Ordering::Greater && compare(two, three) != Ordering::Greater {
        assert_ne!(compare(one, three), Ordering::Greater);
    }
});
