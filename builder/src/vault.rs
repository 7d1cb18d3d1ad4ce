//! The vault: all that releases are made of, for good. `objects/ab/<sha256>` is each file once, however many releases
//! need it; `releases/*.toml` is an [`Inventory`] each.
//!
//! In: a folder. Out: [`Vault`]; [`Held`], the vault while one process writes to it; and [`PoolReady`], the proof that
//! all packages of a lock are in it. To read from a vault nothing is written, so it may stand on a medium that cannot be.

use std::fs::{self, File};
use std::io::Write as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use crate::error::{Error, Refusal, Result};
use crate::inventory::Inventory;
use crate::lock::{Lock, Package, Sha256};
use crate::objects::{INCOMING, Objects, State};
use crate::parallel::each;
use crate::pool::{Pool, PoolReady};
use crate::progress::{Progress, Unit};

/// A folder that is a vault, or will be one.
#[derive(Debug, Clone)]
pub struct Vault {
    dir: PathBuf,
}

/// A vault to which no other process writes.
#[derive(Debug)]
pub struct Held<'a> {
    vault: &'a Vault,
    _lock: File,
}

impl Vault {
    /// The vault in `dir`, which need not exist yet.
    #[must_use]
    pub fn at(dir: impl AsRef<Path>) -> Self {
        Self { dir: dir.as_ref().to_owned() }
    }

    /// The vault in `dir`, which somebody exported to.
    ///
    /// # Errors
    /// [`Error::NoVault`].
    pub fn open(dir: &Path) -> Result<Self> {
        let vault = Self::at(dir);
        if vault.releases().is_dir() { Ok(vault) } else { Err(Error::NoVault { path: dir.to_owned() }) }
    }

    /// Its folder.
    #[must_use]
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// Its objects.
    #[must_use]
    pub fn objects(&self) -> Objects {
        Objects::at(self.dir.join("objects"))
    }

    /// Where its inventories are.
    fn releases(&self) -> PathBuf {
        self.dir.join("releases")
    }

    /// Waits until no other process writes to the vault, and takes away what interrupted ones left.
    ///
    /// # Errors
    /// [`Error::Io`].
    pub fn hold(&self) -> Result<Held<'_>> {
        let (objects, releases) = (self.objects(), self.releases());
        for folder in [objects.dir(), releases.as_path()] {
            fs::create_dir_all(folder).map_err(|e| Error::io("create", folder, e))?;
        }
        let path = self.dir.join(".lock");
        let lock = File::create(&path).map_err(|e| Error::io("create", &path, e))?;
        lock.lock().map_err(|e| Error::io("lock", &path, e))?;
        objects.sweep()?;
        self.sweep()?;
        Ok(Held { vault: self, _lock: lock })
    }

    /// Takes away the inventories that interrupted runs left half.
    fn sweep(&self) -> Result<()> {
        let folder = self.releases();
        for entry in fs::read_dir(&folder).map_err(|e| Error::io("list", &folder, e))?.flatten() {
            if entry.file_name().to_string_lossy().starts_with(INCOMING) {
                crate::cache::remove_file(&entry.path())?;
            }
        }
        Ok(())
    }

    /// The names of the inventories that it has, sorted.
    ///
    /// # Errors
    /// [`Error::Io`].
    pub fn names(&self) -> Result<Vec<String>> {
        let folder = self.releases();
        let failed = |e| Error::io("list", &folder, e);
        let mut names = Vec::new();
        for entry in fs::read_dir(&folder).map_err(failed)? {
            let name = entry.map_err(failed)?.file_name().to_string_lossy().into_owned();
            names.extend(name.ends_with(".toml").then_some(name));
        }
        names.sort();
        Ok(names)
    }

    /// The inventory of this name.
    ///
    /// # Errors
    /// [`Error::Io`], [`Error::Malformed`], [`Refusal::VaultPath`].
    pub fn inventory(&self, name: &str) -> Result<Inventory> {
        let path = self.releases().join(name);
        let text = fs::read_to_string(&path).map_err(|e| Error::io("read", &path, e))?;
        let inventory = Inventory::parse(&path, &text)?;
        if inventory.file_name() != name {
            let reason = format!("it is the inventory of another lock, {}", inventory.file_name());
            return Err(Error::malformed(path, reason));
        }
        Ok(inventory)
    }

    /// Reads every package of `lock` through.
    ///
    /// # Errors
    /// [`Refusal::VaultDamaged`] and [`Refusal::VaultLacks`], each naming every such package.
    pub fn pool(&self, lock: &Lock, progress: Progress) -> Result<PoolReady> {
        let what = |package: &Package| format!("package {} {}", package.name, package.version);
        let packages: Vec<_> = lock.packages.iter().map(|package| (&package.sha256, what(package))).collect();
        let mut lacks = self.read_through(&packages, progress)?;
        if lacks.is_empty() {
            return Ok(PoolReady::seen(Pool::of(&self.objects())));
        }
        let name = Inventory::new(lock).file_name();
        let known = self.names()?;
        if !known.contains(&name) {
            lacks.insert(0, format!("the release itself: there is no releases/{name}, only: {}", known.join(", ")));
        }
        Err(self.lacks(&lacks))
    }

    /// Reads objects through, each with what it is in words for people; those that are not there, a line each.
    ///
    /// # Errors
    /// [`Refusal::VaultDamaged`] naming every damaged one.
    pub(crate) fn read_through(&self, objects: &[(&Sha256, String)], progress: Progress) -> Result<Vec<String>> {
        let task = progress.task("vault", Unit::Items, objects.len() as u64);
        let workers = std::thread::available_parallelism().map_or(1, usize::from);
        let store = self.objects();
        let states = each(workers, objects, |(sha256, _)| {
            let state = store.state(sha256);
            task.advance(1);
            state
        });
        task.finish();
        let (mut damaged, mut lacks) = (Vec::new(), Vec::new());
        for ((sha256, what), state) in objects.iter().zip(states) {
            let line = format!("objects/{}: {what}", Objects::entry(sha256));
            match state? {
                State::Whole => {}
                State::Missing => lacks.push(line),
                State::Damaged { found } => damaged.push(format!("  {line}; it has {found}")),
            }
        }
        if damaged.is_empty() {
            return Ok(lacks);
        }
        Err(Refusal::VaultDamaged { vault: self.dir.clone(), damaged: damaged.join("\n") }.into())
    }

    /// The refusal that names what is not there.
    pub(crate) fn lacks(&self, what: &[String]) -> Error {
        let lacks = what.iter().map(|what| format!("  {what}")).collect::<Vec<_>>().join("\n");
        Refusal::VaultLacks { vault: self.dir.clone(), lacks }.into()
    }
}

impl Held<'_> {
    /// Writes an inventory, all of whose objects are there, beside its place, and renames it; its path.
    ///
    /// # Errors
    /// [`Error::Io`], [`Error::DiskFull`]; what was there before is then as it was.
    pub fn write(&self, inventory: &Inventory) -> Result<PathBuf> {
        let folder = self.vault.releases();
        let path = folder.join(inventory.file_name());
        let failed = |e| Error::io("write", &path, e);
        let mut file = tempfile::Builder::new().prefix(INCOMING).tempfile_in(&folder).map_err(failed)?;
        file.write_all(inventory.to_text().as_bytes()).map_err(failed)?;
        fs::set_permissions(file.path(), fs::Permissions::from_mode(0o644)).map_err(failed)?;
        file.as_file().sync_all().map_err(failed)?;
        file.persist(&path).map_err(|e| failed(e.error))?;
        File::open(&folder).and_then(|folder| folder.sync_all()).map_err(failed)?;
        Ok(path)
    }
}
