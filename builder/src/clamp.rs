//! Times of files: none later than `SOURCE_DATE_EPOCH` (reproducible-builds.org, «Timestamps»).
//!
//! In: a tree in which stages and maintainer scripts wrote files just now. Out: the same tree, those files as old as the
//! lock, whatever day it is.

use std::os::unix::fs::MetadataExt;
use std::path::Path;

use rustix::fs::{AtFlags, CWD, Timespec, Timestamps, UTIME_OMIT, utimensat};

use crate::error::Error;

/// Gives everything in `tree` that was changed later than `epoch` (seconds) that time.
///
/// # Errors
/// A file that cannot be looked at or changed.
pub fn clamp(tree: &Path, epoch: u64) -> Result<(), Error> {
    let latest = i64::try_from(epoch).unwrap_or(i64::MAX);
    let omit = Timespec { tv_sec: 0, tv_nsec: UTIME_OMIT };
    let times = Timestamps { last_access: omit, last_modification: Timespec { tv_sec: latest, tv_nsec: 0 } };
    for entry in walkdir::WalkDir::new(tree) {
        let entry = entry.map_err(|e| Error::io("read", tree, e.into()))?;
        let about = entry.metadata().map_err(|e| Error::io("read", entry.path(), e.into()))?;
        if (about.mtime(), about.mtime_nsec()) > (latest, 0) {
            utimensat(CWD, entry.path(), &times, AtFlags::SYMLINK_NOFOLLOW)
                .map_err(|e| Error::io("set the time of", entry.path(), e.into()))?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::fs::{self, File, FileTimes};
    use std::time::{Duration, SystemTime};

    use super::*;

    #[test]
    fn what_is_younger_becomes_as_old_as_the_lock_and_the_rest_stays() {
        let dir = tempfile::tempdir().unwrap();
        let old = File::create(dir.path().join("old")).unwrap();
        let then = SystemTime::UNIX_EPOCH + Duration::from_secs(500);
        old.set_times(FileTimes::new().set_modified(then)).unwrap();
        fs::create_dir(dir.path().join("folder")).unwrap();
        fs::write(dir.path().join("folder/new"), "x").unwrap();
        std::os::unix::fs::symlink("/proc/version", dir.path().join("folder/link")).unwrap();
        clamp(dir.path(), 1000).unwrap();
        let time = |path: &str| fs::symlink_metadata(dir.path().join(path)).unwrap().mtime();
        for path in ["", "folder", "folder/new", "folder/link"] {
            assert_eq!(time(path), 1000, "{path}");
        }
        assert_eq!(time("old"), 500);
    }
}
