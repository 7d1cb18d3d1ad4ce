//! Outlook's question, as anybody may post it: an address that is found in it is a plain one, and stood there.
#![no_main]

use libfuzzer_sys::fuzz_target;
use sos_console::pages::autoconfig::address_asked;

fuzz_target!(|question: &str| {
    let Some(address) = address_asked(question) else { return };
    let address = address.as_str();
    assert!(!address.contains(['<', '>', '"', ';', ' ', '\n']));
    assert!(question.to_ascii_lowercase().contains(&address.to_ascii_lowercase()));
});
