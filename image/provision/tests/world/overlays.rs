//! This repository's overlays as an image of Debian 13 has them.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;

use sos_settings::{Versions, fold};

/// Lays them out in `folder`, which is made.
pub fn lay_out(folder: &Path) {
    let image = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").canonicalize().unwrap();
    let versions = Versions::of_lock(&fs::read_to_string(image.join("locks/trixie.lock")).unwrap()).unwrap();
    for service in fs::read_dir(image.join("../overlays")).unwrap().map(Result::unwrap) {
        let (name, from) = (service.file_name().into_string().unwrap(), service.path());
        let to = folder.join(&name);
        fs::create_dir_all(&to).unwrap();
        let text = fs::read_to_string(from.join("service.toml")).unwrap();
        fs::write(to.join("service.toml"), fold(&name, &text, &versions).unwrap().text).unwrap();
        let templates = from.join("templates").canonicalize();
        templates.iter().for_each(|templates| symlink(templates, to.join("templates")).unwrap());
    }
}
