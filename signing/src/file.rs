//! Small files: read with a limit, written beside and renamed into place.

use std::fs::{self, File};
use std::io::{ErrorKind, Read, Write};
use std::path::Path;

use crate::error::Fault;

/// What [`read_limited`] found.
pub(crate) enum Small {
    /// The file's bytes.
    Bytes(Vec<u8>),
    /// There is no such file.
    Absent,
    /// It has more bytes than the limit.
    TooLarge,
}

/// Reads a file of at most `limit` bytes, and never more than that into memory.
pub(crate) fn read_limited(path: &Path, limit: u64) -> Result<Small, Fault> {
    let unreadable = |source| Fault::Read { path: path.into(), source };
    let file = match File::open(path) {
        Err(e) if e.kind() == ErrorKind::NotFound => return Ok(Small::Absent),
        other => other.map_err(unreadable)?,
    };
    let mut bytes = Vec::new();
    file.take(limit + 1).read_to_end(&mut bytes).map_err(unreadable)?;
    if bytes.len() as u64 > limit {
        return Ok(Small::TooLarge);
    }
    Ok(Small::Bytes(bytes))
}

/// Writes a file wholly or not at all.
pub(crate) fn write_whole(path: &Path, bytes: &[u8]) -> Result<(), Fault> {
    let mut name = path.file_name().unwrap_or_default().to_os_string();
    name.push(".part");
    let beside = path.with_file_name(name);
    let written = File::create(&beside)
        .and_then(|mut file| {
            file.write_all(bytes)?;
            file.sync_all()
        })
        .and_then(|()| fs::rename(&beside, path));
    written.map_err(|source| {
        // The fault is the news; that the rest could not be cleared away either is not.
        fs::remove_file(&beside).ok();
        Fault::Write { path: path.into(), source }
    })
}
