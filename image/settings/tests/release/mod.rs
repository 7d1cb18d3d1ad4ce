//! The releases of this repository, by their locks.

use std::fs;
use std::path::{Path, PathBuf};

use sos_settings::{Overlays, Versions};

/// A file of the repository.
pub fn repository(below: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(below)
}

/// The overlays in `folder` as an image of `release` has them.
pub fn overlays_of(release: &str, folder: &Path) -> Overlays {
    let lock = fs::read_to_string(repository(&format!("image/locks/{release}.lock"))).unwrap();
    Overlays::load_for(folder, &Versions::of_lock(&lock).unwrap()).unwrap()
}
