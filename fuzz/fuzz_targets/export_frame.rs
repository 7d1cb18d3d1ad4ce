//! A file of a member, as a service's program says it: its name is a plain one, below a member's folder.
#![no_main]

use libfuzzer_sys::fuzz_target;
use sos_provision::portable::{Frame, Place};

fuzz_target!(|line: &str| {
    let Ok(frame) = Frame::parse(line) else { return };
    let path = format!("members/{}/webmail/{}", frame.member, frame.file);
    assert!(matches!(Place::of(&path), Some(Place::Service { .. })), "{path}");
});
