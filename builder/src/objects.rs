//! A folder of files by their SHA-256, `ab/<sha256>`: what a vault is made of, and where `lock` keeps indexes.
//!
//! In: bytes, with the SHA-256 that they must have. Out: files that are whole or not there: an object gets its name
//! when all of it is on the disk and was found right. What an interrupted run left has another name, and goes with the
//! next [`Objects::sweep`].

use std::fs::{self, File};
use std::io::Read;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use sha2::Digest as _;

use crate::error::{Error, Refusal, Result};
use crate::lock::Sha256;

/// How much is read at a time, in bytes.
const CHUNK: usize = 1 << 17;
/// How the names of files begin that are on their way into a vault.
pub(crate) const INCOMING: &str = ".incoming-";

/// A folder of objects, which need not exist yet.
#[derive(Debug, Clone)]
pub struct Objects {
    dir: PathBuf,
}

/// How it stands about an object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum State {
    /// It is there, and right.
    Whole,
    /// It is not there.
    Missing,
    /// Something else stands in its place.
    Damaged {
        /// The SHA-256 of what stands there.
        found: Sha256,
    },
}

impl Objects {
    /// The objects in `dir`.
    #[must_use]
    pub fn at(dir: impl AsRef<Path>) -> Self {
        Self { dir: dir.as_ref().to_owned() }
    }

    /// An object's path in any folder of objects.
    #[must_use]
    pub fn entry(sha256: &Sha256) -> String {
        let digits = sha256.as_str();
        format!("{}/{digits}", &digits[..2])
    }

    /// The folder.
    #[must_use]
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// Where an object is, or would be.
    #[must_use]
    pub fn file(&self, sha256: &Sha256) -> PathBuf {
        self.dir.join(Self::entry(sha256))
    }

    /// Reads an object through.
    ///
    /// # Errors
    /// [`Error::Io`] where it is there and cannot be read.
    pub fn state(&self, sha256: &Sha256) -> Result<State> {
        let path = self.file(sha256);
        let file = match File::open(&path) {
            Ok(file) => file,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(State::Missing),
            Err(error) => return Err(Error::io("read", path, error)),
        };
        let found = copy(file, std::io::sink(), &path, &path)?.0;
        Ok(if found == *sha256 { State::Whole } else { State::Damaged { found } })
    }

    /// The bytes of an object; nothing where it is not there, or damaged.
    ///
    /// # Errors
    /// [`Error::Io`] where it is there and cannot be read.
    pub fn read(&self, sha256: &Sha256) -> Result<Option<Vec<u8>>> {
        let path = self.file(sha256);
        match fs::read(&path) {
            Ok(bytes) => Ok((Sha256::of(&bytes) == *sha256).then_some(bytes)),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(Error::io("read", path, error)),
        }
    }

    /// Puts in what stands in the file `from`; whether that was needed. A damaged object is replaced.
    ///
    /// # Errors
    /// [`Refusal::ObjectDiffers`] where the file is not what `sha256` names; [`Error::Io`], [`Error::DiskFull`].
    pub fn put_file(&self, from: &Path, sha256: &Sha256) -> Result<bool> {
        if self.state(sha256)? == State::Whole {
            return Ok(false);
        }
        let file = File::open(from).map_err(|e| Error::io("read", from, e))?;
        self.put(file, from, sha256).map(|()| true)
    }

    /// Puts in some bytes; their SHA-256, and whether that was needed.
    ///
    /// # Errors
    /// [`Error::Io`], [`Error::DiskFull`].
    pub fn put_bytes(&self, bytes: &[u8]) -> Result<(Sha256, bool)> {
        let sha256 = Sha256::of(bytes);
        let new = self.state(&sha256)? != State::Whole;
        if new {
            self.put(bytes, &self.file(&sha256), &sha256)?;
        }
        Ok((sha256, new))
    }

    /// Writes an object beside its place, brings it to the disk, and gives it its name when it is right.
    fn put(&self, source: impl Read, from: &Path, wanted: &Sha256) -> Result<()> {
        let target = self.file(wanted);
        let folder = target.parent().unwrap_or(&self.dir);
        fs::create_dir_all(folder).map_err(|e| Error::io("create", folder, e))?;
        let failed = |e| Error::io("write", &target, e);
        let mut incoming = tempfile::Builder::new().prefix(INCOMING).tempfile_in(folder).map_err(failed)?;
        let (found, _) = copy(source, incoming.as_file_mut(), from, &target)?;
        if found != *wanted {
            let (wanted, found) = (wanted.to_string(), found.to_string());
            return Err(Refusal::ObjectDiffers { path: from.to_owned(), wanted, found }.into());
        }
        fs::set_permissions(incoming.path(), fs::Permissions::from_mode(0o644)).map_err(failed)?;
        incoming.as_file().sync_all().map_err(failed)?;
        incoming.persist(&target).map_err(|e| failed(e.error))?;
        File::open(folder).and_then(|folder| folder.sync_all()).map_err(failed)
    }

    /// Every object by the name that it has, sorted; they are not read. What is on its way in is none yet.
    ///
    /// # Errors
    /// [`Error::Io`], [`Error::Malformed`] naming a file that is no object.
    pub fn list(&self) -> Result<Vec<Sha256>> {
        let mut objects = Vec::new();
        for (path, name) in self.files()?.into_iter().filter(|(_, name)| !name.starts_with(INCOMING)) {
            let sha256 = Sha256::try_from(name).ok().filter(|sha256| self.file(sha256) == path);
            objects.push(sha256.ok_or_else(|| Error::malformed(&path, "this file is no object; take it out"))?);
        }
        objects.sort();
        Ok(objects)
    }

    /// Takes away what interrupted runs left. No other process may write at the same time.
    ///
    /// # Errors
    /// [`Error::Io`].
    pub fn sweep(&self) -> Result<()> {
        for (path, name) in self.files()? {
            if name.starts_with(INCOMING) {
                crate::cache::remove_file(&path)?;
            }
        }
        Ok(())
    }

    /// Every file below the folder, with its name.
    fn files(&self) -> Result<Vec<(PathBuf, String)>> {
        let mut files = Vec::new();
        if !self.dir.exists() {
            return Ok(files);
        }
        for entry in walkdir::WalkDir::new(&self.dir) {
            let entry = entry.map_err(|e| Error::io("list", &self.dir, e.into()))?;
            if !entry.file_type().is_dir() {
                let name = entry.file_name().to_string_lossy().into_owned();
                files.push((entry.into_path(), name));
            }
        }
        Ok(files)
    }
}

/// Copies all of `source`; its SHA-256 and its size in bytes. The paths are for messages.
fn copy(mut source: impl Read, mut sink: impl std::io::Write, from: &Path, to: &Path) -> Result<(Sha256, u64)> {
    let mut hasher = sha2::Sha256::new();
    let mut chunk = vec![0; CHUNK];
    let mut size = 0;
    loop {
        let count = match source.read(&mut chunk) {
            Ok(0) => return Ok((Sha256::finish(hasher), size)),
            Ok(count) => count,
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(Error::io("read", from, error)),
        };
        hasher.update(&chunk[..count]);
        sink.write_all(&chunk[..count]).map_err(|e| Error::io("write", to, e))?;
        size += count as u64;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn objects() -> (tempfile::TempDir, Objects) {
        let dir = tempfile::tempdir().unwrap();
        let objects = Objects::at(dir.path().join("objects"));
        (dir, objects)
    }

    #[test]
    fn an_object_is_put_in_once_and_mended_when_damaged() {
        let (_dir, objects) = objects();
        let (sha256, new) = objects.put_bytes(b"content").unwrap();
        assert!(new && !objects.put_bytes(b"content").unwrap().1);
        fs::write(objects.file(&sha256), "Content").unwrap();
        assert_eq!(objects.state(&sha256).unwrap(), State::Damaged { found: Sha256::of(b"Content") });
        assert_eq!(objects.read(&sha256).unwrap(), None);
        assert!(objects.put_bytes(b"content").unwrap().1);
        assert_eq!(objects.state(&sha256).unwrap(), State::Whole);
        assert_eq!(objects.list().unwrap(), [sha256]);
    }

    #[test]
    fn what_is_not_as_named_gets_no_name() {
        let (dir, objects) = objects();
        let file = dir.path().join("file");
        fs::write(&file, "something else").unwrap();
        let wanted = Sha256::of(b"content");
        let error = objects.put_file(&file, &wanted).unwrap_err();
        assert!(matches!(&error, Error::Refused(Refusal::ObjectDiffers { path, .. }) if *path == file), "{error}");
        assert_eq!(error.exit_code(), 3);
        assert_eq!(objects.state(&wanted).unwrap(), State::Missing);
        assert!(objects.files().unwrap().is_empty(), "nothing is left of it");
    }

    #[test]
    fn what_an_interrupted_run_left_is_no_object_and_goes() {
        let (_dir, objects) = objects();
        let (sha256, _) = objects.put_bytes(b"content").unwrap();
        fs::write(objects.file(&sha256).with_file_name(".incoming-x"), "cont").unwrap();
        assert_eq!(objects.list().unwrap().len(), 1, "what is on its way is none yet");
        objects.sweep().unwrap();
        assert_eq!(objects.files().unwrap(), [(objects.file(&sha256), sha256.to_string())]);
    }

    #[test]
    fn a_file_that_is_no_object_is_named() {
        let (_dir, objects) = objects();
        let (sha256, _) = objects.put_bytes(b"content").unwrap();
        let wrong = objects.dir().join("00").join(sha256.as_str());
        fs::create_dir_all(wrong.parent().unwrap()).unwrap();
        fs::write(&wrong, "content").unwrap();
        let error = objects.list().unwrap_err();
        assert!(error.to_string().contains(&*wrong.to_string_lossy()), "{error}");
    }
}
