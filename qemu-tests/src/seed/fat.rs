//! A small FAT disk with a label and a few files, written without any program of the host.

use std::fs::File;
use std::io::{Read, Seek, Write};
use std::path::Path;

use fatfs::{FileSystem, FormatVolumeOptions, FsOptions};

use crate::{Error, Result};

/// Room for a few hundred members, and no more than a provider would give.
const DISK_BYTES: u64 = 4 << 20;

/// Writes a FAT disk called `label` with `files` (path with `/`, text) to `path`.
///
/// # Errors
/// [`Error::File`].
pub fn write(path: &Path, label: &str, files: &[(&str, String)]) -> Result<()> {
    fill(path, label, files).map_err(Error::file(path))
}

fn fill(path: &Path, label: &str, files: &[(&str, String)]) -> std::io::Result<()> {
    let mut disk = File::options().read(true).write(true).create(true).truncate(true).open(path)?;
    disk.set_len(DISK_BYTES)?;
    let mut padded = [b' '; 11];
    padded[..label.len()].copy_from_slice(label.as_bytes());
    fatfs::format_volume(&mut disk, FormatVolumeOptions::new().volume_label(padded))?;
    disk.rewind()?;
    let fat = FileSystem::new(disk, FsOptions::new())?;
    for (name, text) in files {
        write_file(&fat, name, text)?;
    }
    fat.unmount()
}

fn write_file<T: Read + Write + Seek>(fat: &FileSystem<T>, name: &str, text: &str) -> std::io::Result<()> {
    let root = fat.root_dir();
    for (at, _) in name.match_indices('/') {
        root.create_dir(&name[..at])?;
    }
    root.create_file(name)?.write_all(text.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_come_back_under_their_long_names() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let name = "openstack/latest/meta_data.json";
        write(file.path(), "CONFIG-2", &[(name, "{}".into()), ("openstack/latest/user_data", "x".into())]).unwrap();
        let fat = FileSystem::new(file.reopen().unwrap(), FsOptions::new()).unwrap();
        assert_eq!(fat.volume_label(), "CONFIG-2");
        let mut text = String::new();
        fat.root_dir().open_file(name).unwrap().read_to_string(&mut text).unwrap();
        assert_eq!(text, "{}");
    }
}
