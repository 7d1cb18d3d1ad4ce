//! The overlays of an image: a folder a service, those of the checkout and those that a build is given besides.
//!
//! In: `overlays/`, and the folders of `--with-overlay`. Out: [`Overlays`], in order of their names, which the layer,
//! the configured root and the cache's keys are made from. One from outside is treated exactly like the others.

use std::fs;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

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
}

/// What a build reads of `service.toml`; the rest is for the device.
#[derive(Debug, Default, Deserialize)]
struct Service {
    #[serde(default)]
    packages: Vec<String>,
    #[serde(default)]
    debconf: Vec<String>,
}

impl Overlays {
    /// The overlays in `house`, and `guests` beside them.
    ///
    /// # Errors
    /// [`Error::NoOverlay`] for a guest without `service.toml`, [`Error::OverlayTaken`] for a name that is there
    /// already, [`Error::PackageNotLocked`] for a guest's package that the image does not have.
    pub fn find(house: &Path, guests: &[PathBuf], lock: &Lock) -> Result<Self> {
        let mut overlays = Self { house: house.to_owned(), guests: Vec::new() };
        for guest in guests {
            let dir = fs::canonicalize(guest).map_err(|_| Error::NoOverlay { overlay: guest.clone() })?;
            if !dir.join("service.toml").is_file() {
                return Err(Error::NoOverlay { overlay: guest.clone() });
            }
            if overlays.dirs()?.iter().any(|other| other.file_name() == dir.file_name()) {
                return Err(Error::OverlayTaken { overlay: guest.clone() });
            }
            check_packages(&dir.join("service.toml"), lock)?;
            overlays.guests.push(dir);
        }
        Ok(overlays)
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
            lines.extend(service(&dir.join("service.toml"))?.debconf);
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
}

fn service(path: &Path) -> Result<Service> {
    let text = fs::read_to_string(path).map_err(|e| Error::io("read", path, e))?;
    toml::from_str(&text).map_err(|e| Error::malformed(path, e.to_string()))
}

/// The lock knows nothing of a guest, so the image has the packages it asks for only by chance.
fn check_packages(path: &Path, lock: &Lock) -> Result<()> {
    for package in service(path)?.packages {
        if !lock.packages(Set::Device).any(|locked| locked.name == package) {
            return Err(Error::PackageNotLocked { package, wanted_by: path.to_owned(), release: lock.release.clone() });
        }
    }
    Ok(())
}
