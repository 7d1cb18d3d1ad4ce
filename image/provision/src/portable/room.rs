//! Whether there is room, asked before anything is written.

use std::path::Path;

use super::refusal::Refusal;
use crate::error::ProvisionError;

/// What stays free besides: a directory, a database, and some days of letters.
const RESERVE: u64 = 64 << 20;
/// What a file takes at least.
const BLOCK: u64 = 4096;

/// What a file of `size` bytes takes on a disk.
pub(super) fn taken(size: u64) -> u64 {
    size.div_ceil(BLOCK).max(1).saturating_mul(BLOCK)
}

/// Refuses where the file system of `path` has less than `needed` bytes free.
pub(super) fn expect(path: &Path, needed: u64) -> Result<(), ProvisionError> {
    let about = rustix::fs::statvfs(path).map_err(|error| ProvisionError::file("look at", path)(error.into()))?;
    let (free, needed) = (about.f_bavail.saturating_mul(about.f_frsize), needed.saturating_add(RESERVE));
    if free < needed { Err(Refusal::Room { path: path.to_owned(), free, needed }.into()) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_file_takes_room_too() {
        assert_eq!([0, 1, 4096, 4097].map(taken), [4096, 4096, 4096, 8192]);
    }

    #[test]
    fn more_than_there_is_is_refused() {
        let here = tempfile::tempdir().unwrap();
        expect(here.path(), 1).unwrap();
        let error = expect(here.path(), u64::MAX).unwrap_err();
        assert!(matches!(error, ProvisionError::Portable(Refusal::Room { needed: u64::MAX, .. })), "{error}");
    }
}
