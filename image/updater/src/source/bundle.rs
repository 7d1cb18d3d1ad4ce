//! A channel in one file, carried by hand: a tar archive (ustar) of plain files under the channel's names. It is read by
//! an index of names, made in one pass over the headers; nothing is ever unpacked.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Read};
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};

use sos_signing::Version;
use sos_signing::offer::{Source, SourceError};

use crate::error::UpdateError;

/// A tar archive is made of these.
const BLOCK: u64 = 512;
/// Most files a bundle may have. A real one has a dozen, and more with every change of a root.
const FILES: usize = 1024;

/// A bundle that is open.
#[derive(Debug)]
pub struct Bundle {
    path: PathBuf,
    file: File,
    places: BTreeMap<String, Place>,
}

/// Where a file's bytes are in its bundle.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// From here …
    pub offset: u64,
    /// … so many.
    pub size: u64,
}

impl Bundle {
    /// Opens a bundle.
    ///
    /// # Errors
    /// When it cannot be read, or is no bundle.
    pub fn open(path: &Path) -> Result<Self, UpdateError> {
        let file = File::open(path).map_err(UpdateError::file("open", path))?;
        let about = file.metadata().map_err(UpdateError::file("read", path))?;
        if !about.is_file() {
            return Err(UpdateError::malformed(path, "it is no file, so it cannot be a release carried by hand"));
        }
        let places = index(&|offset, block| file.read_exact_at(block, offset), about.len());
        let places = places.map_err(|what| UpdateError::malformed(path, what))?;
        Ok(Self { path: path.to_owned(), file, places })
    }

    pub(super) fn payload(&self, path: &str, offset: u64, total: u64) -> Result<BundleBody<'_>, SourceError> {
        let place = self.place(path)?;
        if place.size != total || offset > total {
            let reason = format!("it has {} bytes, and {total} were signed", place.size);
            return Err(SourceError::Broken { path: path.to_owned(), reason });
        }
        Ok(BundleBody { file: &self.file, place: Place { offset: place.offset + offset, size: total - offset } })
    }

    fn place(&self, path: &str) -> Result<Place, SourceError> {
        let place = self.places.get(path).filter(|_| self.holds_what_is_offered(path));
        place.copied().ok_or_else(|| SourceError::Absent { path: path.to_owned() })
    }

    /// A bundle has the whole list of releases, and the files of one. The others' manifests count as absent, so that none
    /// of them is offered. `targets/SHA256.VERSION.manifest.json` is the manifest of VERSION.
    fn holds_what_is_offered(&self, path: &str) -> bool {
        let named = path.strip_prefix("targets/").and_then(|name| name.strip_suffix(".manifest.json"));
        let version = named.and_then(|name| name.split_once('.'));
        version.is_none_or(|(_, version)| {
            let folder = format!("releases/{version}/");
            self.places.range(folder.clone()..).next().is_some_and(|(name, _)| name.starts_with(&folder))
        })
    }
}

impl Source for Bundle {
    fn read(&self, path: &str, limit: u64) -> Result<Vec<u8>, SourceError> {
        let place = self.place(path)?;
        if place.size > limit {
            return Err(SourceError::TooLarge { path: path.to_owned(), limit });
        }
        let broken = |error: io::Error| {
            let reason = format!("{}: {error}", self.path.display());
            SourceError::Broken { path: path.to_owned(), reason }
        };
        let mut bytes = vec![0; usize::try_from(place.size).map_err(|error| broken(io::Error::other(error)))?];
        self.file.read_exact_at(&mut bytes, place.offset).map_err(broken)?;
        Ok(bytes)
    }
}

/// The rest of a bundle's payload.
#[derive(Debug)]
pub(super) struct BundleBody<'a> {
    file: &'a File,
    place: Place,
}

impl Read for BundleBody<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let most = usize::try_from(self.place.size).unwrap_or(usize::MAX).min(buffer.len());
        let read = self.file.read_at(&mut buffer[..most], self.place.offset)?;
        self.place.offset += read as u64;
        self.place.size -= read as u64;
        Ok(read)
    }
}

/// Where the files of an archive of `length` bytes are. `read` fills a block from an offset, and is asked for headers
/// only.
///
/// # Errors
/// What is wrong with it, in one sentence.
pub fn index(
    read: &dyn Fn(u64, &mut [u8; 512]) -> io::Result<()>,
    length: u64,
) -> Result<BTreeMap<String, Place>, String> {
    let mut places = BTreeMap::new();
    let mut at = 0;
    loop {
        if at + BLOCK > length {
            return Err("it ends without its last block, so it was cut short".into());
        }
        let mut header = [0; BLOCK as usize];
        read(at, &mut header).map_err(|error| format!("cannot read at byte {at}: {error}"))?;
        if header == [0; BLOCK as usize] {
            return Ok(places);
        }
        let (name, size) = entry(&header).map_err(|what| format!("at byte {at}: {what}"))?;
        let place = Place { offset: at + BLOCK, size };
        let end = size.checked_next_multiple_of(BLOCK).and_then(|padded| place.offset.checked_add(padded));
        at = match end {
            Some(end) if end <= length => end,
            _ => return Err(format!("{name} ends behind the end of the file, so it was cut short")),
        };
        if places.len() == FILES {
            return Err(format!("it has more than {FILES} files"));
        }
        if places.insert(name.clone(), place).is_some() {
            return Err(format!("it has {name} twice"));
        }
    }
}

/// The name and the size of a plain file of the channel.
fn entry(block: &[u8; 512]) -> Result<(String, u64), String> {
    let header = tar::Header::from_byte_slice(block);
    let sum: u32 = block[..148].iter().chain(&block[156..]).map(|byte| u32::from(*byte)).sum::<u32>() + 8 * 0x20;
    if header.as_ustar().is_none() || header.cksum().ok() != Some(sum) {
        return Err("this is no tar archive (ustar)".into());
    }
    let name = String::from_utf8_lossy(&header.path_bytes()).into_owned();
    if !header.entry_type().is_file() {
        return Err(format!("{name:?} is no plain file"));
    }
    if !is_of_a_channel(&name) {
        return Err(format!("{name:?} is no name of a channel's file"));
    }
    let size = header.size().map_err(|error| format!("{name}: {error}"))?;
    Ok((name, size))
}

/// The names of a channel: `metadata/NAME`, `targets/NAME`, `releases/VERSION/NAME`.
fn is_of_a_channel(path: &str) -> bool {
    match *path.split('/').collect::<Vec<_>>() {
        ["metadata" | "targets", name] => is_plain(name) && name.ends_with(".json"),
        ["releases", version, name] => version.parse::<Version>().is_ok() && is_plain(name),
        _ => false,
    }
}

fn is_plain(name: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"._+~-".contains(&byte);
    (1..=255).contains(&name.len()) && name.bytes().all(plain) && !name.starts_with(['.', '-'])
}
