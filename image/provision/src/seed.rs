//! Factory `/var` → state: folders the packages made and the state lacks, with owners and modes.
//!
//! A missing folder is copied whole beside its place and then renamed, so a power cut leaves it there or not there.
//! Inside a folder that is there, only missing folders are added: a file that a service removed stays removed.

use std::fs;
use std::os::unix::fs::{MetadataExt as _, symlink};
use std::path::Path;

use crate::error::ProvisionError;
use crate::files::{self, Rights};

/// Copies into `to` what `from` has and `to` lacks.
pub(crate) fn seed(from: &Path, to: &Path) -> Result<(), ProvisionError> {
    for entry in list(from)? {
        let (source, target) = (entry.path(), to.join(entry.file_name()));
        let about = fs::symlink_metadata(&source).map_err(ProvisionError::file("read", &source))?;
        let there = fs::symlink_metadata(&target).ok();
        if about.is_dir() && there.as_ref().is_some_and(fs::Metadata::is_dir) {
            seed(&source, &target)?;
        } else if there.is_none() && (about.is_dir() || about.is_symlink()) {
            let beside = to.join(format!(".sos-seed-{}", entry.file_name().to_string_lossy()));
            clear(&beside)?;
            copy(&source, &beside)?;
            fs::rename(&beside, &target).map_err(ProvisionError::file("make", &target))?;
        }
    }
    Ok(())
}

fn copy(source: &Path, target: &Path) -> Result<(), ProvisionError> {
    let about = fs::symlink_metadata(source).map_err(ProvisionError::file("read", source))?;
    let rights = Rights { mode: about.mode() & 0o7777, uid: about.uid(), gid: about.gid() };
    if about.is_symlink() {
        let points = fs::read_link(source).map_err(ProvisionError::file("read", source))?;
        symlink(points, target).map_err(ProvisionError::file("link", target))?;
        return files::own_link(target, rights.uid, rights.gid);
    }
    if about.is_dir() {
        fs::create_dir(target).map_err(ProvisionError::file("make", target))?;
        for entry in list(source)? {
            copy(&entry.path(), &target.join(entry.file_name()))?;
        }
    } else if about.is_file() {
        fs::copy(source, target).map_err(ProvisionError::file("copy", target))?;
    } else {
        // Sockets, pipes and devices are made by whoever uses them.
        return Ok(());
    }
    files::own(target, rights)
}

fn clear(path: &Path) -> Result<(), ProvisionError> {
    if fs::symlink_metadata(path).is_ok_and(|about| about.is_dir()) {
        files::remove_folder(path)
    } else {
        files::remove(path)
    }
}

fn list(folder: &Path) -> Result<Vec<fs::DirEntry>, ProvisionError> {
    let fault = || ProvisionError::file("list", folder);
    let mut entries = fs::read_dir(folder).map_err(fault())?.collect::<Result<Vec<_>, _>>().map_err(fault())?;
    entries.sort_by_key(fs::DirEntry::file_name);
    Ok(entries)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[test]
    fn adds_missing_folders_whole_and_leaves_the_rest_alone() {
        let dir = tempfile::tempdir().unwrap();
        let (from, to) = (dir.path().join("factory"), dir.path().join("var"));
        fs::create_dir_all(from.join("lib/new")).unwrap();
        fs::create_dir_all(from.join("lib/old/deeper")).unwrap();
        fs::write(from.join("lib/new/file"), "x").unwrap();
        fs::write(from.join("lib/old/removed"), "x").unwrap();
        fs::set_permissions(from.join("lib/new"), fs::Permissions::from_mode(0o2750)).unwrap();
        symlink("/run", from.join("run")).unwrap();
        fs::create_dir_all(to.join("lib/old")).unwrap();
        fs::create_dir_all(to.join("lib/.sos-seed-new/rubbish")).unwrap();

        seed(&from, &to).unwrap();
        assert_eq!(fs::read(to.join("lib/new/file")).unwrap(), b"x");
        assert_eq!(fs::metadata(to.join("lib/new")).unwrap().mode() & 0o7777, 0o2750);
        assert!(to.join("lib/old/deeper").is_dir() && !to.join("lib/old/removed").exists());
        assert!(!to.join("lib/new/rubbish").exists());
        assert_eq!(fs::read_link(to.join("run")).unwrap(), Path::new("/run"));
        seed(&from, &to).unwrap();
    }
}
