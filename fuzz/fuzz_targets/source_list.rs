//! A release's list of sources, as `diff` reads it: what is read is written the one way, and read again the same.
#![no_main]

use libfuzzer_sys::fuzz_target;
use sos_builder::source_list::SourceList;

fuzz_target!(|bytes: &[u8]| {
    let Ok(list) = SourceList::parse(bytes) else { return };
    let again = SourceList::parse(list.to_text().as_bytes()).expect("it was written by us");
    assert_eq!(list, again);
});
