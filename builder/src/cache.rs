//! The build's cache: directories named by a digest of everything they were made from.
//!
//! A directory is made beside its place and renamed when whole, so an interrupted build leaves nothing that a
//! later one could mistake for whole; it is removed under another name for the same reason. One build at a time writes
//! to a cache. Only the newest few of each kind stay.

use std::fs::{self, File};
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use crate::error::Error;
use crate::progress::Progress;

/// How many directories of each kind stay.
const KEEP: usize = 3;
/// How the names of directories end that are on their way in.
const UNFINISHED: &str = ".unfinished";
/// How the names of directories end that are on their way out.
const GOING: &str = ".going";

/// The digest of everything a cached directory is made from.
#[derive(Default)]
pub struct Key(Sha256);

impl Key {
    /// A key for directories of this `kind`, made by this `version` of the code.
    #[must_use]
    pub fn new(kind: &str, version: u32) -> Self {
        Self::default().text(kind).text(&version.to_string())
    }

    /// Adds a text.
    #[must_use]
    pub fn text(mut self, text: &str) -> Self {
        self.0.update((text.len() as u64).to_be_bytes());
        self.0.update(text.as_bytes());
        self
    }

    /// Adds the content of a file.
    ///
    /// # Errors
    /// A file that cannot be read.
    pub fn file(mut self, path: &Path) -> Result<Self, Error> {
        let bytes = fs::read(path).map_err(|e| Error::io("read", path, e))?;
        self.0.update((bytes.len() as u64).to_be_bytes());
        self.0.update(bytes);
        Ok(self)
    }

    /// Adds every file below `dir`: its relative path, whether it may be executed, its content or its target.
    ///
    /// # Errors
    /// A file that cannot be read.
    pub fn tree(mut self, dir: &Path) -> Result<Self, Error> {
        use std::os::unix::fs::PermissionsExt;
        for entry in walkdir::WalkDir::new(dir).sort_by_file_name() {
            let entry = entry.map_err(|e| Error::io("read", dir, e.into()))?;
            self = self.text(&entry.path().strip_prefix(dir).unwrap_or(entry.path()).to_string_lossy());
            if entry.file_type().is_symlink() {
                let target = fs::read_link(entry.path()).map_err(|e| Error::io("read", entry.path(), e))?;
                self = self.text(&target.to_string_lossy());
            } else if entry.file_type().is_file() {
                let mode = entry.metadata().map_err(|e| Error::io("read", dir, e.into()))?.permissions().mode();
                self = self.text(if mode & 0o100 == 0 { "file" } else { "program" }).file(entry.path())?;
            }
        }
        Ok(self)
    }

    /// All of the digest.
    #[must_use]
    pub fn sha256(self) -> crate::lock::Sha256 {
        crate::lock::Sha256::finish(self.0)
    }

    /// The key in 32 hexadecimal digits.
    #[must_use]
    pub fn hex(self) -> String {
        hex::encode(&self.0.finalize()[..16])
    }
}

/// The directory of `kind` for `key`, made by `make` where it is not there yet; and whether it was there.
///
/// # Errors
/// What `make` fails with, or a directory that cannot be made.
pub fn directory(
    cache: &Path,
    kind: &str,
    key: &str,
    make: impl FnOnce(&Path) -> Result<(), Error>,
) -> Result<(PathBuf, bool), Error> {
    let kind_dir = cache.join(kind);
    let place = kind_dir.join(key);
    if place.is_dir() {
        return Ok((place, true));
    }
    let beside = kind_dir.join(format!("{key}{UNFINISHED}"));
    remove(&beside)?;
    fs::create_dir_all(&beside).map_err(|e| Error::io("create", &beside, e))?;
    make(&beside)?;
    fs::rename(&beside, &place).map_err(|e| Error::io("rename", &beside, e))?;
    prune(&kind_dir, &place)?;
    Ok((place, false))
}

/// Waits until no other build writes to `cache`, and says so; the cache is ours while the file is open. A build whose
/// caller was killed may still be at work.
///
/// # Errors
/// A file that cannot be made.
pub fn hold(cache: &Path, progress: Progress) -> Result<File, Error> {
    fs::create_dir_all(cache).map_err(|e| Error::io("create", cache, e))?;
    let path = cache.join(".lock");
    let lock = File::create(&path).map_err(|e| Error::io("create", &path, e))?;
    if lock.try_lock().is_err() {
        progress.say(&format!("{}: another build is at work there; waiting for its end", cache.display()));
        lock.lock().map_err(|e| Error::io("lock", &path, e))?;
    }
    Ok(lock)
}

/// Puts the tree `new` in the place of another. Whenever this is interrupted, `place` is the old tree, the new one, or
/// not there.
///
/// # Errors
/// A tree that cannot be renamed or removed.
pub fn replace(new: &Path, place: &Path) -> Result<(), Error> {
    take_away(place)?;
    fs::rename(new, place).map_err(|e| Error::io("rename", place, e))
}

/// Removes a tree that may not be there, under another name than its own: half of it is not to be taken for all.
fn take_away(tree: &Path) -> Result<(), Error> {
    let mut name = tree.file_name().unwrap_or_default().to_owned();
    name.push(GOING);
    let going = tree.with_file_name(name);
    remove(&going)?;
    match fs::rename(tree, &going) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(Error::io("rename", tree, error)),
        _ => {}
    }
    remove(&going)
}

/// A directory of `kind` for `key` that somebody fills and changes as they like; empty where it was not there.
///
/// # Errors
/// A directory that cannot be made.
pub fn room(cache: &Path, kind: &str, key: &str) -> Result<PathBuf, Error> {
    let kind_dir = cache.join(kind);
    let place = kind_dir.join(key);
    fs::create_dir_all(&place).map_err(|e| Error::io("create", &place, e))?;
    // The one in use is the newest, whenever it was made.
    let now = fs::File::open(&place).and_then(|dir| dir.set_modified(std::time::SystemTime::now()));
    now.map_err(|e| Error::io("change", &place, e))?;
    prune(&kind_dir, &place)?;
    Ok(place)
}

/// Removes a tree that may not be there.
///
/// # Errors
/// A file that cannot be removed.
pub fn remove(tree: &Path) -> Result<(), Error> {
    match fs::remove_dir_all(tree) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(Error::io("remove", tree, error)),
        _ => Ok(()),
    }
}

/// Removes a file that may not be there.
///
/// # Errors
/// A file that cannot be removed.
pub fn remove_file(file: &Path) -> Result<(), Error> {
    match fs::remove_file(file) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(Error::io("remove", file, error)),
        _ => Ok(()),
    }
}

/// Removes all but the newest directories of a kind, and never `current`; and what interrupted builds left half.
fn prune(kind_dir: &Path, current: &Path) -> Result<(), Error> {
    let listing = fs::read_dir(kind_dir).map_err(|e| Error::io("list", kind_dir, e))?;
    let others = listing.filter_map(Result::ok).filter(|entry| entry.path() != current);
    let is_half = |entry: &fs::DirEntry| {
        let name = entry.file_name();
        [UNFINISHED, GOING].iter().any(|end| name.to_string_lossy().ends_with(end))
    };
    let (half, others): (Vec<_>, Vec<_>) = others.partition(is_half);
    half.iter().try_for_each(|entry| remove(&entry.path()))?;
    let mut others: Vec<(std::time::SystemTime, PathBuf)> = others
        .into_iter()
        .map(|entry| (entry.metadata().and_then(|m| m.modified()).unwrap_or(std::time::UNIX_EPOCH), entry.path()))
        .collect();
    others.sort();
    let surplus = others.len().saturating_sub(KEEP - 1);
    others.iter().take(surplus).try_for_each(|(_, path)| take_away(path))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failed_directory_is_made_again() {
        let cache = tempfile::tempdir().unwrap();
        let failed = directory(cache.path(), "kind", "key", |dir| {
            fs::write(dir.join("half"), "x").unwrap();
            Err(Error::malformed(dir, "stop".to_owned()))
        });
        assert!(failed.is_err());
        let (place, cached) = directory(cache.path(), "kind", "key", |dir| {
            assert!(!dir.join("half").exists(), "what was left half done is gone");
            Ok(())
        })
        .unwrap();
        assert!(place.is_dir() && !cached);
        assert!(directory(cache.path(), "kind", "key", |_| Ok(())).unwrap().1);
    }

    #[test]
    fn what_is_half_goes_and_the_newest_stay() {
        let cache = tempfile::tempdir().unwrap();
        let kind = cache.path().join("kind");
        for half in ["old.unfinished", "older.going"] {
            fs::create_dir_all(kind.join(half).join("half")).unwrap();
        }
        for key in ["1", "2", "3", "4"] {
            directory(cache.path(), "kind", key, |_| Ok(())).unwrap();
            std::thread::sleep(std::time::Duration::from_millis(10));
        }
        let mut left: Vec<_> = fs::read_dir(&kind).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        left.sort();
        assert_eq!(left, ["2", "3", "4"]);
    }

    #[test]
    fn a_tree_takes_anothers_place_whole() {
        let dir = tempfile::tempdir().unwrap();
        let (new, place) = (dir.path().join("new"), dir.path().join("place"));
        for text in ["first", "second"] {
            fs::create_dir_all(&new).unwrap();
            fs::write(new.join("file"), text).unwrap();
            // What a run left that was interrupted while it removed.
            fs::create_dir_all(dir.path().join("place.going/half")).unwrap();
            replace(&new, &place).unwrap();
            assert_eq!(fs::read_to_string(place.join("file")).unwrap(), text);
            assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1);
        }
    }

    #[test]
    fn one_build_at_a_time_writes_to_a_cache() {
        let dir = tempfile::tempdir().unwrap();
        let held = hold(dir.path(), Progress::Silent).unwrap();
        let other = File::create(dir.path().join(".lock")).unwrap();
        assert!(other.try_lock().is_err());
        drop(held);
        other.lock().unwrap();
    }

    #[test]
    fn a_room_keeps_what_was_put_there_while_it_is_used() {
        let cache = tempfile::tempdir().unwrap();
        fs::write(room(cache.path(), "kind", "first").unwrap().join("file"), "x").unwrap();
        for other in ["second", "third", "fourth"] {
            std::thread::sleep(std::time::Duration::from_millis(10));
            room(cache.path(), "kind", other).unwrap();
            std::thread::sleep(std::time::Duration::from_millis(10));
            assert!(room(cache.path(), "kind", "first").unwrap().join("file").is_file());
        }
        assert_eq!(fs::read_dir(cache.path().join("kind")).unwrap().count(), KEEP);
    }

    #[test]
    fn a_key_depends_on_content_and_mode() {
        use std::os::unix::fs::PermissionsExt;
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("f");
        let key = || Key::new("kind", 1).tree(dir.path()).unwrap().hex();
        fs::write(&file, "1").unwrap();
        let first = key();
        fs::set_permissions(&file, fs::Permissions::from_mode(0o755)).unwrap();
        let second = key();
        fs::write(&file, "2").unwrap();
        assert!(first != second && second != key());
    }
}
