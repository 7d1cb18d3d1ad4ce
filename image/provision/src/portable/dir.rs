//! Folders by their descriptors: what is opened below one is what was named, and never behind a link.

use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStringExt as _;
use std::path::Path;

use rustix::fs::{CWD, FileType, Mode, OFlags, openat};

/// An open folder.
#[derive(Debug)]
pub(super) struct Dir(OwnedFd);

/// What there is in a folder.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Found {
    pub(super) name: OsString,
    pub(super) folder: bool,
}

impl Dir {
    /// The folder at `path`, which whoever runs this program chose: links lead on here.
    pub(super) fn open(path: &Path) -> io::Result<Self> {
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        Ok(Self(openat(CWD, path, flags, Mode::empty())?))
    }

    /// The folder `name` in this one.
    pub(super) fn folder(&self, name: impl AsRef<OsStr>) -> io::Result<Self> {
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        Ok(Self(openat(&self.0, name.as_ref(), flags, Mode::empty())?))
    }

    /// The file `name` in this one.
    pub(super) fn file(&self, name: impl AsRef<OsStr>) -> io::Result<File> {
        // Nobody waits at a pipe.
        let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
        let file = File::from(openat(&self.0, name.as_ref(), flags, Mode::empty())?);
        if file.metadata()?.is_file() { Ok(file) } else { Err(io::Error::other("is no file")) }
    }

    /// The file at `path`, whose names are separated by `/`.
    pub(super) fn beneath(&self, path: &str) -> io::Result<File> {
        match path.split_once('/') {
            None => self.file(path),
            Some((name, rest)) => self.folder(name)?.beneath(rest),
        }
    }

    /// What the link `name` says.
    pub(super) fn link(&self, name: &str) -> io::Result<OsString> {
        Ok(OsString::from_vec(rustix::fs::readlinkat(&self.0, name, Vec::new())?.into_bytes()))
    }

    /// Files and folders in this one, one at a time and in no order. Links and all else are left out.
    pub(super) fn list(&self) -> io::Result<impl Iterator<Item = io::Result<Found>> + '_> {
        let entries = rustix::fs::Dir::read_from(&self.0)?;
        Ok(entries.filter_map(|entry| match entry {
            Ok(entry) => self.found(&entry).transpose(),
            Err(error) => Some(Err(error.into())),
        }))
    }

    fn found(&self, entry: &rustix::fs::DirEntry) -> io::Result<Option<Found>> {
        let name = OsString::from_vec(entry.file_name().to_bytes().to_vec());
        if name == "." || name == ".." {
            return Ok(None);
        }
        let kind = match entry.file_type() {
            FileType::Unknown => {
                let about = rustix::fs::statat(&self.0, &name, rustix::fs::AtFlags::SYMLINK_NOFOLLOW)?;
                FileType::from_raw_mode(about.st_mode)
            }
            known => known,
        };
        Ok(match kind {
            FileType::Directory => Some(Found { name, folder: true }),
            FileType::RegularFile => Some(Found { name, folder: false }),
            _ => None,
        })
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::symlink;

    use super::*;

    #[test]
    fn no_link_leads_out() {
        let here = tempfile::tempdir().unwrap();
        fs::create_dir_all(here.path().join("a/b")).unwrap();
        fs::write(here.path().join("a/b/c"), "x").unwrap();
        symlink("/etc", here.path().join("a/etc")).unwrap();
        symlink("b/c", here.path().join("a/c")).unwrap();
        let dir = Dir::open(here.path()).unwrap();
        assert!(dir.beneath("a/b/c").is_ok());
        for bad in ["a/etc/passwd", "a/c", "a/b"] {
            assert!(dir.beneath(bad).is_err(), "{bad}");
        }
        let found: Vec<Found> = dir.folder("a").unwrap().list().unwrap().collect::<io::Result<_>>().unwrap();
        assert_eq!(found, [Found { name: "b".into(), folder: true }]);
    }
}
