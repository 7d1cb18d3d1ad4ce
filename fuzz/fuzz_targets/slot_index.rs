//! The index of a slot's payload, as it comes from a channel: what is read is written the one way, read again as the
//! same, and speaks of no more bytes than there can be.
#![no_main]

use libfuzzer_sys::fuzz_target;
use sos_signing::{CHUNK, SlotIndex};

fuzz_target!(|bytes: &[u8]| {
    let Ok(index) = SlotIndex::from_bytes(bytes) else { return };
    assert_eq!(SlotIndex::from_bytes(&index.to_bytes()).expect("what was written is read"), index);
    for part in &index.parts {
        let chunks: u64 = (0..part.chunks.len()).map(|number| part.chunk_size(number)).sum();
        assert_eq!(chunks, part.size);
        assert!(part.chunks.iter().all(|chunk| u64::from(chunk.compressed) < 2 * CHUNK));
    }
    assert!(index.payload_size() > 0);
});
