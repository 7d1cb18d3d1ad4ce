//! Stand-ins for programs of the system, for tests.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

/// Makes `folder/name` a shell script, which notes its arguments in `folder/name.called`, one call a line.
pub(crate) fn stand_in(folder: &Path, name: &str, script: &str) {
    let path = folder.join(name);
    let text = format!("#!/bin/sh\necho \"$*\" >>'{}.called'\n{script}\n", path.display());
    fs::write(&path, text).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
}

/// The calls of the stand-in `name` so far.
pub(crate) fn calls(folder: &Path, name: &str) -> Vec<String> {
    let text = fs::read_to_string(folder.join(format!("{name}.called"))).unwrap_or_default();
    text.lines().map(str::to_owned).collect()
}
