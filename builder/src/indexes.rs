//! The archives' signed indexes of a lock, kept beside it: without them a lock is only our word for what Debian signed.
//!
//! In: what apt has verified when a lock is made ([`keep`]), or a lock's archive and places to fetch from ([`Search`]).
//! Out: `InRelease` and the `Packages` that it vouches for, among the objects of `cache/indexes`; or which of them can
//! no longer be had. `InRelease` is the lock's by its SHA-256, whose signature apt has checked.

use std::fs;

use crate::apt;
use crate::definition::Definition;
use crate::error::{Error, Result};
use crate::fetch::get;
use crate::index::{Listed, listed};
use crate::inventory::{Absent, Kind, Object};
use crate::lock::{Archive, Sha256};
use crate::mirror::{Mirror, Place};
use crate::objects::Objects;
use crate::sources::{Sources, tree};

/// How an index may be packed, the smallest first.
const PACKINGS: [&str; 3] = [".xz", ".gz", ""];
/// What is said of a file that nobody offers.
const GONE: &str = "the archive has moved on, and no source that was named still has it";

/// An archive of a lock, and where its indexes may be.
#[derive(Debug, Clone, Copy)]
pub struct Search<'a> {
    /// The archive.
    pub archive: &'a Archive,
    /// Its components that packages may come from.
    pub components: &'a [String],
    /// Debian's name of the architecture.
    pub architecture: &'a str,
    /// Folders of objects that may have them; what is fetched goes into the first.
    pub stores: &'a [&'a Objects],
    /// The places to fetch from.
    pub sources: &'a Sources,
}

/// The indexes of an archive.
#[derive(Debug, Default)]
pub struct Gathered {
    /// Those that are there, with their bytes.
    pub found: Vec<(Object, Vec<u8>)>,
    /// Those that can no longer be had.
    pub absent: Vec<Absent>,
}

/// Keeps what apt has just verified for a lock of `definition`: each `InRelease`, and each `Packages` as the mirror has
/// it packed, else unpacked as apt has it.
///
/// # Errors
/// [`Error::Io`], [`Error::DiskFull`], [`Error::Network`].
pub fn keep(definition: &Definition, indexes: &[apt::Index], mirror: &Mirror, kept: &Objects) -> Result<()> {
    for index in indexes {
        let inrelease = fs::read(&index.inrelease).map_err(|e| Error::io("read", &index.inrelease, e))?;
        let unpacked = fs::read(&index.packages).map_err(|e| Error::io("read", &index.packages, e))?;
        let vouched = files_of(&index.inrelease, &inrelease)?;
        kept.put_bytes(&inrelease)?;
        let archive = definition.archives.iter().find(|archive| archive.suite == index.suite);
        let packed = packed(&index.path, &vouched);
        let (Some(archive), Some(packed)) = (archive, packed) else {
            kept.put_bytes(&unpacked)?;
            continue;
        };
        if kept.read(&packed.sha256)?.is_none() {
            let base = mirror.base(archive.kind).join(&format!("dists/{}", archive.suite));
            kept.put_bytes(&get(&places(&base, packed), &packed.sha256)?.unwrap_or(unpacked))?;
        }
    }
    Ok(())
}

/// The smallest packing of the index of this name; nothing where there is none.
fn packed<'a>(name: &str, vouched: &'a [Listed]) -> Option<&'a Listed> {
    let packings = PACKINGS.iter().filter(|packing| !packing.is_empty());
    packings.map(|packing| format!("{name}{packing}")).find_map(|path| vouched.iter().find(|file| file.path == path))
}

impl Search<'_> {
    /// Looks for the archive's `InRelease`, then for the indexes that it vouches for.
    ///
    /// # Errors
    /// [`Error::Network`] where a source cannot be reached, [`Error::Malformed`] for an `InRelease` that is none.
    pub fn gather(&self) -> Result<Gathered> {
        let mut gathered = Gathered::default();
        let sha256 = self.archive.inrelease_sha256.clone();
        let inrelease = Listed { path: "InRelease".into(), size: 0, sha256 };
        let vouched = match self.find(&inrelease)? {
            Some(bytes) => {
                let vouched = files_of(self.path("InRelease").as_ref(), &bytes)?;
                gathered.found.push(self.object(Kind::Inrelease, &inrelease, bytes));
                vouched
            }
            None => {
                gathered.absent.push(self.absent(Kind::Inrelease, &inrelease.path, Some(&inrelease.sha256)));
                Vec::new()
            }
        };
        for component in self.components {
            let name = format!("{component}/binary-{}/Packages", self.architecture);
            match self.index(&name, &vouched)? {
                Some(object) => gathered.found.push(object),
                None => {
                    let sha256 = vouched.iter().find(|file| file.path == name).map(|file| &file.sha256);
                    gathered.absent.push(self.absent(Kind::Index, &name, sha256));
                }
            }
        }
        Ok(gathered)
    }

    /// One index, in whatever packing somebody has it.
    fn index(&self, name: &str, vouched: &[Listed]) -> Result<Option<(Object, Vec<u8>)>> {
        for packing in PACKINGS {
            let path = format!("{name}{packing}");
            let Some(file) = vouched.iter().find(|file| file.path == path) else { continue };
            if let Some(bytes) = self.find(file)? {
                return Ok(Some(self.object(Kind::Index, file, bytes)));
            }
        }
        Ok(None)
    }

    /// A file by its SHA-256, from wherever it is.
    fn find(&self, file: &Listed) -> Result<Option<Vec<u8>>> {
        for store in self.stores {
            if let Some(bytes) = store.read(&file.sha256)? {
                return Ok(Some(bytes));
            }
        }
        let bases = self.sources.index_bases(self.archive);
        let places: Vec<Place> = bases.iter().flat_map(|base| places(base, file)).collect();
        let found = get(&places, &file.sha256)?;
        if let (Some(bytes), Some(first)) = (&found, self.stores.first()) {
            first.put_bytes(bytes)?;
        }
        Ok(found)
    }

    /// Where a file of the archive lies in a mirror.
    fn path(&self, below: &str) -> String {
        format!("{}/dists/{}/{below}", tree(self.archive.kind), self.archive.suite)
    }

    fn object(&self, kind: Kind, file: &Listed, bytes: Vec<u8>) -> (Object, Vec<u8>) {
        let (path, size, sha256) = (self.path(&file.path), bytes.len() as u64, file.sha256.clone());
        (Object { kind, path, size, sha256 }, bytes)
    }

    fn absent(&self, kind: Kind, below: &str, sha256: Option<&Sha256>) -> Absent {
        Absent { kind, path: self.path(below), sha256: sha256.cloned(), reason: GONE.to_owned() }
    }
}

/// Where a mirror may have a file that its `InRelease` lists: by its hash, which stays for a while, and by its name.
fn places(base: &Place, file: &Listed) -> Vec<Place> {
    let folder = file.path.rsplit_once('/').map(|(folder, _)| folder);
    let by_hash = folder.map(|folder| base.join(&format!("{folder}/by-hash/SHA256/{}", file.sha256)));
    by_hash.into_iter().chain([base.join(&file.path)]).collect()
}

/// The files that the text of an `InRelease` vouches for.
fn files_of(path: &std::path::Path, inrelease: &[u8]) -> Result<Vec<Listed>> {
    listed(&String::from_utf8_lossy(inrelease)).map_err(|reason| Error::malformed(path, reason))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_smallest_packing_of_the_very_index_is_taken() {
        let file = |path: &str| Listed { path: path.into(), size: 1, sha256: Sha256::of(path.as_bytes()) };
        // Where an archive is empty all its indexes are the same, and a mirror has not all of them.
        let names = ["main/binary-all/Packages", "main/binary-amd64/Packages"];
        let files: Vec<Listed> =
            names.iter().flat_map(|name| ["", ".gz", ".xz"].map(|packing| file(&format!("{name}{packing}")))).collect();
        assert_eq!(packed(names[1], &files).unwrap().path, "main/binary-amd64/Packages.xz");
        assert_eq!(packed(names[1], &files[..5]).unwrap().path, "main/binary-amd64/Packages.gz");
        assert_eq!(packed(names[1], &files[..4]), None);
    }
}
