//! A bundle that somebody carries here: every file that its index names lies within it, and none lies in another.
#![no_main]

use std::io;

use libfuzzer_sys::fuzz_target;
use sos_updater::source::index;

fuzz_target!(|bytes: &[u8]| {
    let read = |offset: u64, block: &mut [u8; 512]| {
        let from = usize::try_from(offset).map_err(io::Error::other)?;
        let found = bytes.get(from..from + block.len()).ok_or(io::ErrorKind::UnexpectedEof)?;
        block.copy_from_slice(found);
        Ok(())
    };
    let Ok(places) = index(&read, bytes.len() as u64) else { return };
    let mut places: Vec<_> = places.into_iter().collect();
    places.sort_by_key(|(_, place)| (place.offset, place.size));
    let mut end = 0;
    for (name, place) in places {
        assert!(place.offset >= end + 512, "{name}");
        assert!(name.split('/').all(|word| !word.is_empty() && !word.starts_with('.')), "{name}");
        end = place.offset + place.size;
    }
    assert!(end <= bytes.len() as u64);
});
