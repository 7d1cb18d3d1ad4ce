//! A file system that holds the boot state, as a disk may bring it: a file that is found lies on the disk.
#![no_main]

use std::io::{Error, ErrorKind};

use libfuzzer_sys::fuzz_target;
use sos_updater::boot_state::ext2;

fuzz_target!(|bytes: &[u8]| {
    let mut read = |place: u64, length: usize| {
        assert!(length <= 4096);
        let start = usize::try_from(place).map_err(|_| Error::from(ErrorKind::UnexpectedEof))?;
        let read = start.checked_add(length).and_then(|end| bytes.get(start..end));
        read.map(<[u8]>::to_vec).ok_or_else(|| ErrorKind::UnexpectedEof.into())
    };
    if let Ok(place) = ext2::find(&mut read, "/state-1") {
        assert!(place > 1024 && place.is_multiple_of(1024));
    }
});
