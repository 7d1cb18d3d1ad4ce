//! Lays our own files over the configured root: the overlays, the device's programs, the image's identity.
//!
//! In: the overlays, the directory with the device's programs, [`Identity`], the channel. Out: a directory that,
//! mounted over the configured root, makes the image's root; `systemctl preset-all` then decides which units start.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::{PermissionsExt, lchown, symlink};
use std::path::Path;

use serde::Serialize;

use crate::channel::Channel;
use crate::error::Error;
use crate::overlays::Overlays;
use crate::programs::PROGRAMS;
use crate::sandbox::Sandbox;

/// What the image says of itself in `/usr/share/sos/image.toml`.
#[derive(Debug, Clone, Serialize)]
pub struct Identity {
    /// The release's version, e.g. `13.20261123.1`.
    pub version: String,
    /// The definition's name, e.g. `trixie`.
    pub release: String,
    /// Debian's suite.
    pub suite: String,
}

/// Fills `layer` with our files.
///
/// # Errors
/// A file that cannot be read or written.
pub fn fill(
    layer: &Path,
    overlays: &Overlays,
    programs: &Path,
    identity: &Identity,
    channel: Option<&Channel>,
) -> Result<(), Error> {
    for overlay in overlays.dirs()? {
        let folded = overlays.folded(&overlay)?;
        let files = [overlay.join("files")].into_iter().filter(|files| files.is_dir());
        for files in files.chain(folded.files.iter().map(|folder| overlay.join("variants").join(folder))) {
            copy_tree(&files, layer)?;
        }
        let place = layer.join("usr/share/sos/overlays").join(overlay.file_name().unwrap_or_default());
        write_file(&place.join("service.toml"), &folded.text)?;
        for template in folded.manifest.templates.keys() {
            let copy = place.join("templates").join(template);
            copy.parent().map_or(Ok(()), create_dir)?;
            copy_file(&overlay.join("templates").join(template), &copy)?;
        }
    }
    for program in PROGRAMS {
        create_dir(&layer.join("usr/lib/sos"))?;
        let place = layer.join("usr/lib/sos").join(program);
        copy_file(&programs.join(program), &place)?;
    }
    let text = toml::to_string(identity).map_err(|e| Error::malformed(layer, e.to_string()))?;
    write_file(&layer.join("usr/share/sos/image.toml"), &text)?;
    channel.map_or(Ok(()), |channel| channel.write(layer))
}

/// The paths of the device that the layer at `upper` holds: those that [`fill`] wrote, nothing else having been yet.
///
/// # Errors
/// A layer that cannot be read.
pub fn brought(upper: &Path) -> Result<BTreeSet<String>, Error> {
    let mut paths = BTreeSet::new();
    for entry in walkdir::WalkDir::new(upper).min_depth(1) {
        let entry = entry.map_err(|e| Error::io("read", upper, e.into()))?;
        let below = entry.path().strip_prefix(upper).unwrap_or(entry.path());
        paths.insert(format!("/{}", below.to_string_lossy()));
    }
    Ok(paths)
}

/// Writes a file that everybody may read, with the folder it is in.
///
/// # Errors
/// A file that cannot be written.
pub fn write_file(path: &Path, text: &str) -> Result<(), Error> {
    path.parent().map_or(Ok(()), create_dir)?;
    fs::write(path, text).map_err(|e| Error::io("write", path, e))?;
    own(path, 0o644)
}

/// Enables exactly the units that the presets name, in the root of `sandbox` (systemd.preset(5)).
///
/// # Errors
/// systemctl's words.
pub fn enable_units(sandbox: &Sandbox) -> Result<(), Error> {
    sandbox.program("systemctl").args(["--root=/", "preset-all"]).run().map(drop)
}

/// Copies a tree with the modes that the repository keeps: 755 for programs and folders, 644 for files.
///
/// # Errors
/// A file that cannot be read or written.
pub fn copy_tree(from: &Path, to: &Path) -> Result<(), Error> {
    for entry in walkdir::WalkDir::new(from).sort_by_file_name() {
        let entry = entry.map_err(|e| Error::io("read", from, e.into()))?;
        let relative = entry.path().strip_prefix(from).unwrap_or(entry.path());
        let place = to.join(relative);
        if entry.file_type().is_dir() {
            create_dir(&place)?;
        } else if entry.file_type().is_symlink() {
            let target = fs::read_link(entry.path()).map_err(|e| Error::io("read", entry.path(), e))?;
            crate::cache::remove_file(&place)?;
            symlink(target, &place).map_err(|e| Error::io("create", &place, e))?;
        } else {
            copy_file(entry.path(), &place)?;
        }
    }
    Ok(())
}

fn copy_file(from: &Path, to: &Path) -> Result<(), Error> {
    // Never through a link of the root below: what stands there is replaced.
    crate::cache::remove_file(to)?;
    fs::copy(from, to).map_err(|e| Error::io("copy", from, e))?;
    let executable = fs::metadata(from).map_err(|e| Error::io("read", from, e))?.permissions().mode() & 0o100 != 0;
    own(to, if executable { 0o755 } else { 0o644 })
}

fn create_dir(dir: &Path) -> Result<(), Error> {
    fs::create_dir_all(dir).map_err(|e| Error::io("create", dir, e))?;
    own(dir, 0o755)
}

fn own(path: &Path, mode: u32) -> Result<(), Error> {
    lchown(path, Some(0), Some(0)).map_err(|e| Error::io("chown", path, e))?;
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).map_err(|e| Error::io("chmod", path, e))
}
