//! The list of an export's files: what is read is written as the same, and no path leads out of the folder, nor does what
//! an import makes of it.
#![no_main]

use std::path::{Component, Path};

use libfuzzer_sys::fuzz_target;
use sos_provision::portable::{Place, SUMS_HEAD, Sums};

fn is_inside(path: &str) -> bool {
    !path.contains(['\n', '\\', '\0']) && Path::new(path).components().all(|part| matches!(part, Component::Normal(_)))
}

fuzz_target!(|bytes: &[u8]| {
    let mut written = format!("{SUMS_HEAD}\n");
    for line in Sums::new(bytes) {
        let Ok(line) = line else { return };
        assert!(is_inside(&line.path), "{}", line.path);
        if let Some(Place::Letter { folder, name, .. } | Place::Beside { folder, name, .. }) = Place::of(&line.path) {
            assert!(!name.contains('/') && !folder.contains('/') && (folder.is_empty() || is_inside(&folder)));
        }
        written += &line.to_string();
    }
    if !bytes.is_empty() {
        assert_eq!(written.as_bytes(), bytes);
    }
});
