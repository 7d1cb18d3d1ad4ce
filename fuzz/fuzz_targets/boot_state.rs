//! A copy of the boot state, as a disk may bring it: what it says is what the chooser would write, and counting a try in
//! it either fails or leaves a copy that says so.
#![no_main]

use libfuzzer_sys::fuzz_target;
use sos_updater::boot_state::{SIZE, Sector};

fuzz_target!(|bytes: &[u8]| {
    let mut sector = Sector([b'#'; SIZE]);
    let length = bytes.len().min(SIZE);
    sector.0[..length].copy_from_slice(&bytes[..length]);
    let Some(record) = sector.record() else { return };
    assert_eq!(Sector::of(record).record(), Some(record));
    if let Some(saved) = sector.saved(record.given_up()).and_then(|saved| saved.record()) {
        assert!(saved == record || saved == record.given_up());
    }
});
