//! The overlays of an image: a folder a service, those of the checkout and those that a build is given besides.
//!
//! In: `overlays/`, the folders of `--with-overlay`, the lock. Out: [`Overlays`], in order of their names, which the
//! layer, the configured root and the cache's keys are made from. One from outside is treated exactly like the others.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use sos_settings::{Folded, fold};

use crate::cache::Key;
use crate::error::{Error, Result};
use crate::lock::{Lock, Set};
use crate::recipe::Named;

/// The folders of an image's services.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Overlays {
    /// The checkout's overlays, all of them.
    house: PathBuf,
    /// The ones from outside.
    guests: Vec<PathBuf>,
    /// The image's packages and their versions, which decide what differs between releases of Debian.
    packages: BTreeMap<String, String>,
}

impl Overlays {
    /// The overlays in `house`, and `guests` beside them.
    ///
    /// # Errors
    /// [`Error::NoOverlay`] for a guest without `service.toml`, [`Error::OverlayTaken`] for a name that is there
    /// already, [`Error::PackageNotLocked`] for a guest's package that the image does not have, [`Error::Overlay`] for a
    /// `service.toml` that is not as it must be for this lock.
    pub fn find(house: &Path, guests: &[PathBuf], lock: &Lock) -> Result<Self> {
        let packages = lock.packages(Set::Device).map(|package| (package.name.clone(), package.version.clone()));
        let mut overlays = Self { house: house.to_owned(), guests: Vec::new(), packages: packages.collect() };
        for guest in guests {
            let dir = fs::canonicalize(guest).map_err(|_| Error::NoOverlay { overlay: guest.clone() })?;
            if !dir.join("service.toml").is_file() {
                return Err(Error::NoOverlay { overlay: guest.clone() });
            }
            if overlays.dirs()?.iter().any(|other| other.file_name() == dir.file_name()) {
                return Err(Error::OverlayTaken { overlay: guest.clone() });
            }
            overlays.check_packages(&dir, &lock.release)?;
            overlays.guests.push(dir);
        }
        overlays.dirs()?.iter().try_for_each(|dir| overlays.folded(dir).map(drop))?;
        Ok(overlays)
    }

    /// What the service in `dir` is in this image.
    ///
    /// # Errors
    /// [`Error::Overlay`] for a `service.toml` that is not as it must be.
    pub fn folded(&self, dir: &Path) -> Result<Folded> {
        let path = dir.join("service.toml");
        let text = fs::read_to_string(&path).map_err(|e| Error::io("read", &path, e))?;
        let name = dir.file_name().unwrap_or_default().to_string_lossy();
        let versions = self.packages.iter().map(|(name, version)| (name.as_str(), version.as_str())).collect();
        Ok(fold(&name, &text, &versions)?)
    }

    /// The folders, in order of their names.
    ///
    /// # Errors
    /// A folder that cannot be listed.
    pub fn dirs(&self) -> Result<Vec<PathBuf>> {
        let listing = fs::read_dir(&self.house).map_err(|e| Error::io("list", &self.house, e))?;
        let mut dirs: Vec<PathBuf> = listing
            .filter_map(|entry| entry.ok().map(|entry| entry.path()))
            .filter(|path| path.join("service.toml").is_file())
            .chain(self.guests.iter().cloned())
            .collect();
        dirs.sort_by_key(|dir| dir.file_name().map(ToOwned::to_owned));
        Ok(dirs)
    }

    /// The services' answers to debconf's questions.
    ///
    /// # Errors
    /// A `service.toml` that cannot be read.
    pub fn debconf(&self) -> Result<Vec<String>> {
        let mut lines = Vec::new();
        for dir in self.dirs()? {
            lines.extend(self.folded(&dir)?.manifest.debconf);
        }
        Ok(lines)
    }

    /// The checkout's overlays by a digest of all their files, added to `key`.
    ///
    /// # Errors
    /// A file that cannot be read.
    pub fn add_house_to(&self, key: Key) -> Result<Key> {
        key.tree(&self.house)
    }

    /// The overlays from outside, each with a digest of its files.
    ///
    /// # Errors
    /// A file that cannot be read.
    pub fn guests(&self) -> Result<Vec<Named>> {
        let named = |guest: &PathBuf| {
            let name = guest.file_name().unwrap_or_default().to_string_lossy().into_owned();
            Ok(Named { name, sha256: Key::default().tree(guest)?.sha256() })
        };
        self.guests.iter().map(named).collect()
    }

    /// Adds every file of every overlay to `key`.
    ///
    /// # Errors
    /// A file that cannot be read.
    pub fn add_to(&self, key: Key) -> Result<Key> {
        self.guests.iter().try_fold(key.tree(&self.house)?, |key, guest| {
            key.text(&guest.file_name().unwrap_or_default().to_string_lossy()).tree(guest)
        })
    }

    /// The lock knows nothing of a guest, so the image has the packages it asks for only by chance.
    fn check_packages(&self, guest: &Path, release: &str) -> Result<()> {
        for package in self.folded(guest)?.manifest.packages {
            if !self.packages.contains_key(&package) {
                let wanted_by = guest.join("service.toml");
                return Err(Error::PackageNotLocked { package, wanted_by, release: release.to_owned() });
            }
        }
        Ok(())
    }
}
