//! A directory as LDIF: what is taken for an organisation's has members by names of the checked kind, and is, written the
//! one way, read as the same entries.
#![no_main]

use libfuzzer_sys::fuzz_target;
use sos_provision::portable::{check_directory, parse_ldif};
use sos_settings::Ldif;

fuzz_target!(|text: &[u8]| {
    let Ok(records) = parse_ldif(text) else { return };
    let mut ldif = Ldif::default();
    for record in &records {
        ldif.entry(&record.dn, record.attributes.iter().map(|(name, value)| (name.as_str(), value)));
    }
    assert!(parse_ldif(ldif.text().as_bytes()).expect("what was written is read") == records);
    if let Ok(members) = check_directory(&records) {
        assert!(members.iter().all(|name| name.as_str() != "sos-probe" && !name.as_str().contains(['/', ','])));
    }
});
