//! What travels between the console and the privileged helper: a frame that is taken is written and read again as the
//! same, and neither a request nor a reply shows a claim code when it is debugged.
#![no_main]

use std::fmt::Debug;

use libfuzzer_sys::fuzz_target;
use serde::Serialize;
use serde::de::DeserializeOwned;
use sos_ipc::{FrameError, Reply, Request, decode, encode, read_frame};

fuzz_target!(|bytes: &[u8]| {
    both_ways::<Request>(bytes);
    both_ways::<Reply>(bytes);
});

/// The bytes as a frame, and as the body of one.
fn both_ways<T: Serialize + DeserializeOwned + Debug>(bytes: &[u8]) {
    for read in [read_frame::<T>(bytes), decode::<T>(bytes)] {
        let Ok(message) = read else { continue };
        // The one spelling of ours may be longer than the one that came in.
        let frame = match encode(&message) {
            Ok(frame) => frame,
            Err(FrameError::TooLarge(_)) => continue,
            Err(error) => panic!("a message that was read cannot be written: {error}"),
        };
        let again: T = read_frame(&frame[..]).expect("what was written is read");
        assert_eq!(encode(&again).expect("it has a form"), frame);
        let _ = format!("{message:?}");
    }
}
