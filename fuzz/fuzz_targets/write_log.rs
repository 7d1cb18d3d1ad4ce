//! A log of writes, as QEMU writes it: each entry is about bytes that the disk has, and its own bytes are in the log.
#![no_main]

use std::io::Cursor;

use libfuzzer_sys::fuzz_target;
use sos_qemu_tests::power_cut::write_log::{self, Done};

const DISK: u64 = 1 << 20;

fuzz_target!(|bytes: &[u8]| {
    let Ok(entries) = write_log::read(&mut Cursor::new(bytes), DISK) else { return };
    for entry in &entries {
        assert!(entry.offset + entry.length <= DISK);
        if let Done::Wrote(data) = entry.done {
            assert!(entry.at < data && data + entry.length <= bytes.len() as u64);
        }
    }
    assert!(entries.is_sorted_by_key(|entry| entry.at));
});
