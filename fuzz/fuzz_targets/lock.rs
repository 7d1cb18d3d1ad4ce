//! A lock, as it comes with somebody's change: what is read is written the one way, and read again as the same.
#![no_main]

use std::path::Path;

use libfuzzer_sys::fuzz_target;
use sos_builder::lock::Lock;

fuzz_target!(|text: &str| {
    let path = Path::new("fuzzed.lock");
    let Ok(lock) = Lock::parse(path, text) else { return };
    let again = Lock::parse(path, &lock.to_text()).expect("what was written is read");
    assert_eq!(again, lock);
    assert!(lock.packages.iter().all(|package| !package.path.starts_with('/')));
});
