//! An export's folder as somebody brings it: nothing of it is used before all of it is what it was when it was written.

use std::collections::HashSet;
use std::fs::File;
use std::io::{self, BufReader, Read as _};
use std::path::{Path, PathBuf};

use super::classify::Place;
use super::dir::Dir;
use super::manifest::{self, Manifest};
use super::progress::Progress;
use super::refusal::Refusal;
use super::sums::{Line, Sums};
use super::take::{add_seconds, pour};
use super::{MANIFEST, SUMS, room};
use crate::error::ProvisionError;

/// An export that says that it is whole.
#[derive(Debug)]
pub(super) struct Export {
    dir: Dir,
    path: PathBuf,
    pub(super) manifest: Manifest,
}

/// What an import needs.
#[derive(Debug, Clone, Copy)]
pub(super) struct Survey {
    /// Bytes of all files.
    pub(super) bytes: u64,
    /// Bytes that they take on a disk.
    pub(super) needed: u64,
}

impl Export {
    /// Opens the export in `path`.
    pub(super) fn open(path: &Path) -> Result<Self, ProvisionError> {
        let dir = Dir::open(path).map_err(ProvisionError::file("open", path))?;
        if dir.file(SUMS).is_err() {
            return Err(Refusal::Unfinished(path.to_owned()).into());
        }
        let text = small(&dir, MANIFEST, manifest::LARGEST)?.ok_or_else(|| Refusal::Missing(MANIFEST.into()))?;
        let text = String::from_utf8(text).map_err(|_| Refusal::malformed(MANIFEST, "is no UTF-8"))?;
        Ok(Self { dir, path: path.to_owned(), manifest: Manifest::parse(&text)? })
    }

    /// SHA-256 of the list, and so of everything.
    pub(super) fn id(&self) -> Result<String, ProvisionError> {
        let mut list = self.list()?;
        Ok(pour(&mut list, &mut io::sink()).map_err(ProvisionError::file("read", &self.path))?.digest)
    }

    fn list(&self) -> Result<File, Refusal> {
        self.dir.file(SUMS).map_err(|error| Refusal::malformed(SUMS, error))
    }

    /// All files, as listed, with what they are.
    pub(super) fn files(&self) -> Result<impl Iterator<Item = Result<(Line, Place), Refusal>> + use<>, Refusal> {
        let lines = Sums::new(BufReader::with_capacity(64 << 10, self.list()?));
        Ok(lines.map(|line| {
            let line = line?;
            let place = Place::of(&line.path).ok_or_else(|| Refusal::Unknown(line.path.clone()))?;
            Ok((line, place))
        }))
    }

    /// Opens a file of the list.
    pub(super) fn file(&self, path: &str) -> Result<File, Refusal> {
        self.dir.beneath(path).map_err(|error| match error.kind() {
            io::ErrorKind::NotFound => Refusal::Missing(path.to_owned()),
            _ => Refusal::NoFile(path.to_owned()),
        })
    }

    /// What is in a small file; nothing, where the export has none.
    pub(super) fn small(&self, path: &str, largest: u64) -> Result<Option<Vec<u8>>, Refusal> {
        small(&self.dir, path, largest)
    }

    /// Looks through the list: every file has its place, and there are as many as there should be.
    pub(super) fn survey(&self) -> Result<Survey, Refusal> {
        let (mut files, mut bytes, mut seconds, mut needed) = (0_u64, 0_u64, 0, 0_u64);
        for file in self.files()? {
            let (line, _) = file?;
            if line.path != MANIFEST {
                files += 1;
                bytes = bytes.saturating_add(line.size);
                seconds = add_seconds(seconds, line.modified);
            }
            needed = needed.saturating_add(room::taken(line.size));
        }
        let said = &self.manifest;
        let counts = [("files", files, said.files), ("bytes", bytes, said.bytes), ("seconds", seconds, said.seconds)];
        match counts.into_iter().find(|(_, found, said)| found != said) {
            Some((what, found, said)) => Err(Refusal::Count { what, found, said }),
            None => Ok(Survey { bytes, needed }),
        }
    }

    /// Reads every file: each is as it was written, and there is none besides.
    pub(super) fn verify(&self, bytes: u64, progress: &mut Progress) -> Result<(), ProvisionError> {
        progress.stage("checking", Some(bytes));
        let mut listed = 0_u64;
        for file in self.files()? {
            let (line, _) = file?;
            let mut file = self.file(&line.path)?;
            let changed = || Refusal::Changed(line.path.clone());
            if file.metadata().map(|about| about.len()).ok() != Some(line.size) {
                return Err(changed().into());
            }
            let taken =
                pour(&mut file, &mut io::sink()).map_err(ProvisionError::file("read", Path::new(&line.path)))?;
            if taken.digest != line.digest {
                return Err(changed().into());
            }
            progress.advance(taken.size);
            listed += 1;
        }
        progress.finish();
        let fault = ProvisionError::file("list", &self.path);
        let found = count(&self.dir, "", &mut |_| true).map_err(fault)?;
        // The list does not list itself.
        if found == listed + 1 { Ok(()) } else { Err(self.unlisted()?.into()) }
    }

    /// Names a file that is not in the list.
    fn unlisted(&self) -> Result<Refusal, ProvisionError> {
        let mut known: HashSet<String> = HashSet::from([SUMS.to_owned()]);
        for file in self.files()? {
            let (line, _) = file?;
            if !known.insert(line.path.clone()) {
                return Ok(Refusal::malformed(SUMS, format!("has {} twice", line.path)));
            }
        }
        let mut odd = None;
        let fault = ProvisionError::file("list", &self.path);
        count(&self.dir, "", &mut |path| {
            if odd.is_none() && !known.contains(path) {
                odd = Some(path.to_owned());
            }
            odd.is_none()
        })
        .map_err(fault)?;
        Ok(Refusal::Unlisted(odd.unwrap_or_default()))
    }
}

fn small(dir: &Dir, path: &str, largest: u64) -> Result<Option<Vec<u8>>, Refusal> {
    let file = match dir.beneath(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(_) => return Err(Refusal::NoFile(path.to_owned())),
    };
    let mut bytes = Vec::new();
    file.take(largest + 1).read_to_end(&mut bytes).map_err(|error| Refusal::malformed(path, error))?;
    if bytes.len() as u64 > largest {
        return Err(Refusal::malformed(path, format!("is larger than {largest} bytes")));
    }
    Ok(Some(bytes))
}

/// How many files are in a folder and those in it, as long as `go_on` says so.
fn count(dir: &Dir, prefix: &str, go_on: &mut dyn FnMut(&str) -> bool) -> io::Result<u64> {
    let mut files = 0;
    for found in dir.list()? {
        let found = found?;
        let path = format!("{prefix}{}", found.name.to_string_lossy());
        if found.folder {
            files += count(&dir.folder(&found.name)?, &format!("{path}/"), go_on)?;
        } else {
            files += 1;
            if !go_on(&path) {
                break;
            }
        }
    }
    Ok(files)
}
