//! What the rules look at: the root, and what the build knows of it.
//!
//! In: [`Input`], what a build has at hand just before the root image. Out: [`Facts`].

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::services::Services;
use super::tree::Tree;
use crate::dpkg::Database;
use crate::error::Error;
use crate::lock::Package;
use crate::rootfs::FACTORY;
use crate::users::Users;

/// A package of the lock.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Locked {
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: String,
    /// Its architecture.
    pub architecture: String,
}

impl From<&Package> for Locked {
    fn from(package: &Package) -> Self {
        let (name, version) = (package.name.clone(), package.version.clone());
        Self { name, version, architecture: package.architecture.clone() }
    }
}

/// The slot that the image is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Slot {
    /// Bytes.
    pub size: u64,
    /// How full it may be.
    pub fill_percent: u64,
}

/// What a build has at hand.
#[derive(Debug)]
pub struct Input<'a> {
    /// The root, with everything that the image is to have.
    pub root: &'a Path,
    /// What [`crate::dpkg::keep`] kept.
    pub dpkg: &'a Path,
    /// The paths that overlays, programs and the build itself bring.
    pub layer: &'a BTreeSet<String>,
    /// The lock's packages for the image.
    pub locked: &'a [Locked],
    /// The pinned accounts.
    pub users: &'a Users,
    /// Which release it is of, «trixie».
    pub release: &'a str,
    /// `SOURCE_DATE_EPOCH`, seconds.
    pub epoch: u64,
    /// The slot.
    pub slot: Slot,
    /// The checkout, which has the samples.
    pub repository: &'a Path,
}

/// What the rules look at.
#[derive(Debug)]
pub struct Facts<'a> {
    /// Every path of the root.
    pub tree: Tree,
    /// dpkg's packages.
    pub database: Database,
    /// The paths in the root that somebody brings.
    pub owned: HashSet<String>,
    /// The services, rendered.
    pub services: Services,
    /// The lock's packages.
    pub locked: &'a [Locked],
    /// The pinned accounts.
    pub users: &'a Users,
    /// `SOURCE_DATE_EPOCH`, seconds.
    pub epoch: u64,
    /// The slot.
    pub slot: Slot,
}

impl<'a> Facts<'a> {
    /// Looks at everything once.
    ///
    /// # Errors
    /// A file that cannot be read.
    pub fn gather(input: &Input<'a>, samples: &[String]) -> Result<Self, Error> {
        let tree = Tree::walk(input.root)?;
        let database = Database::load(input.dpkg)?;
        let services = Services::load(&tree, input.repository, samples)?;
        let owned = owned(&tree, &database.files, input.layer);
        let (locked, users, epoch, slot) = (input.locked, input.users, input.epoch, input.slot);
        Ok(Self { tree, database, owned, services, locked, users, epoch, slot })
    }

    /// A file's text; none where there is no such file.
    ///
    /// # Errors
    /// A file that cannot be read.
    pub fn text(&self, path: &str) -> Result<String, Error> {
        match self.tree.get(path) {
            Some(_) => Ok(String::from_utf8_lossy(&self.tree.read(path)?).into_owned()),
            None => Ok(String::new()),
        }
    }

    /// Names and ids of a file of accounts (passwd(5), group(5)).
    ///
    /// # Errors
    /// A file that cannot be read.
    pub fn accounts(&self, path: &str) -> Result<BTreeMap<String, u32>, Error> {
        let account = |line: &str| {
            let mut fields = line.split(':');
            let name = fields.next()?;
            Some((name.to_owned(), fields.nth(1)?.parse().ok()?))
        };
        Ok(self.text(path)?.lines().filter_map(account).collect())
    }
}

/// The paths of `tree` that packages or the layer bring. A package may name a path by another way, through `/lib`, say.
fn owned(tree: &Tree, packages: &BTreeSet<String>, layer: &BTreeSet<String>) -> HashSet<String> {
    let mut owned: HashSet<String> = layer.clone().into_iter().collect();
    let mut folders: BTreeMap<String, Option<String>> = BTreeMap::new();
    for path in packages {
        let path = match path.strip_prefix("/var/") {
            Some(below) => format!("/{FACTORY}/var/{below}"),
            None => path.clone(),
        };
        if tree.get(&path).is_some() {
            owned.insert(path);
        } else if let Some((folder, name)) = path.rsplit_once('/') {
            let leads_to = folders.entry(folder.to_owned()).or_insert_with(|| tree.resolve(folder));
            owned.extend(leads_to.as_ref().map(|folder| format!("{folder}/{name}")));
        }
    }
    owned
}
