//! A signature file, as it comes from a mirror: what is read is written the one way, and read again as the same.
#![no_main]

use libfuzzer_sys::fuzz_target;
use sos_signing::SignatureFile;

fuzz_target!(|bytes: &[u8]| {
    let Ok(file) = SignatureFile::from_bytes(bytes) else { return };
    let again = SignatureFile::from_bytes(&file.to_bytes()).expect("what was written is read");
    assert_eq!(again, file);
});
