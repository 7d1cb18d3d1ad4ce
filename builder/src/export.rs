//! Pool → vault: puts all that a lock's release is made of among a vault's objects.
//!
//! In: a lock whose packages are in the pool, the kept indexes and places to fetch them from, `Cargo.lock` and cargo's
//! cache. Out: objects, those that the vault had already left alone, and last of all the release's inventory. What can
//! no longer be had stands in the inventory as absent.

use std::fs;
use std::path::{Path, PathBuf};

use crate::crates::{self, Cache};
use crate::definition::Definition;
use crate::error::{Error, Result};
use crate::indexes::Search;
use crate::inventory::{Absent, Inventory, Kind, Object};
use crate::lock::{Lock, Package, Sha256};
use crate::objects::Objects;
use crate::parallel::each;
use crate::pool::PoolReady;
use crate::progress::{Progress, Task, Unit};
use crate::sources::{Sources, tree};
use crate::vault::Vault;

/// What is exported, and where it may be.
#[derive(Debug)]
pub struct Order<'a> {
    /// What was asked for.
    pub definition: &'a Definition,
    /// What that resolved to.
    pub lock: &'a Lock,
    /// Where its packages are.
    pub pool: &'a PoolReady,
    /// Where `lock` keeps indexes.
    pub kept: &'a Objects,
    /// Where indexes may be that were not kept.
    pub sources: &'a Sources,
    /// The checkout's `Cargo.lock`.
    pub cargo_lock: &'a Path,
    /// What cargo has downloaded.
    pub cargo: &'a Cache,
    /// How progress is shown.
    pub progress: Progress,
}

/// What came of it.
#[derive(Debug)]
pub struct Exported {
    /// The inventory's path.
    pub inventory: PathBuf,
    /// How many objects the release has.
    pub objects: usize,
    /// How many of them the vault had not.
    pub new: usize,
    /// Bytes of those.
    pub new_bytes: u64,
    /// What could not be had.
    pub absent: Vec<Absent>,
}

/// A file on its way into the vault.
struct Item {
    object: Object,
    content: Content,
}

/// Where a file's bytes are.
enum Content {
    File(PathBuf),
    Bytes(Vec<u8>),
}

/// Exports the release into `vault`.
///
/// # Errors
/// [`Error::Network`] where a source cannot be reached, [`crate::error::Refusal::ObjectDiffers`], [`Error::Io`],
/// [`Error::DiskFull`]. The vault is then as it was, but for objects that the next run needs not bring in again.
pub fn export(order: &Order<'_>, vault: &Vault) -> Result<Exported> {
    let held = vault.hold()?;
    let mut inventory = Inventory::new(order.lock);
    let mut items = vec![lock_item(order.lock)];
    items.extend(order.lock.packages.iter().map(|package| package_item(order, package)));
    let objects = vault.objects();
    let stores = [order.kept, &objects];
    for archive in &order.lock.archives {
        let asked = order.definition.archives.iter().find(|asked| asked.name == archive.name);
        let search = Search {
            archive,
            components: asked.map_or(&[][..], |asked| &asked.components[..]),
            architecture: &order.lock.architecture,
            stores: &stores,
            sources: order.sources,
        };
        let gathered = search.gather()?;
        items.extend(gathered.found.into_iter().map(|(object, bytes)| Item { object, content: Content::Bytes(bytes) }));
        inventory.absent.extend(gathered.absent);
    }
    add_crates(order, &mut items, &mut inventory)?;
    let (new, new_bytes) = put(&items, &objects, order.progress)?;
    inventory.objects = items.into_iter().map(|item| item.object).collect();
    let path = held.write(&inventory)?;
    let count = inventory.objects.len();
    Ok(Exported { inventory: path, objects: count, new, new_bytes, absent: inventory.absent })
}

/// The lock itself.
fn lock_item(lock: &Lock) -> Item {
    let bytes = lock.to_text().into_bytes();
    bytes_item(Kind::Lock, format!("image/locks/{}.lock", lock.release), bytes)
}

fn bytes_item(kind: Kind, path: String, bytes: Vec<u8>) -> Item {
    let object = Object { kind, path, size: bytes.len() as u64, sha256: Sha256::of(&bytes) };
    Item { object, content: Content::Bytes(bytes) }
}

/// A package, under the path that it has in a mirror.
fn package_item(order: &Order<'_>, package: &Package) -> Item {
    let tree = order.lock.archive(package).map_or("debian", |archive| tree(archive.kind));
    let path = format!("{tree}/{}", package.path);
    let object = Object { kind: Kind::Package, path, size: package.size, sha256: package.sha256.clone() };
    Item { object, content: Content::File(order.pool.file(package)) }
}

/// `Cargo.lock`, and the crates that cargo has downloaded; those that it has not are absent.
fn add_crates(order: &Order<'_>, items: &mut Vec<Item>, inventory: &mut Inventory) -> Result<()> {
    let path = order.cargo_lock;
    let text = fs::read_to_string(path).map_err(|e| Error::io("read", path, e))?;
    for krate in crates::locked(path, &text)? {
        let (kind, path, sha256) = (Kind::Crate, format!("crates/{}", krate.file_name()), krate.sha256.clone());
        match order.cargo.file(&krate) {
            Some(file) => {
                let size = fs::metadata(&file).map_err(|e| Error::io("read", &file, e))?.len();
                items.push(Item { object: Object { kind, path, size, sha256 }, content: Content::File(file) });
            }
            None => {
                let reason = "cargo had not downloaded it: `cargo fetch --locked` does".to_owned();
                inventory.absent.push(Absent { kind, path, sha256: Some(sha256), reason });
            }
        }
    }
    items.push(bytes_item(Kind::CargoLock, "Cargo.lock".to_owned(), text.into_bytes()));
    Ok(())
}

/// Puts all items among the objects; how many were new, and their bytes.
fn put(items: &[Item], objects: &Objects, progress: Progress) -> Result<(usize, u64)> {
    let task = progress.task("vault", Unit::Bytes, items.iter().map(|item| item.object.size).sum());
    let workers = std::thread::available_parallelism().map_or(1, usize::from);
    let (mut new, mut bytes) = (0, 0);
    for (item, put) in items.iter().zip(each(workers, items, |item| put_one(item, objects, &task))) {
        if put? {
            new += 1;
            bytes += item.object.size;
        }
    }
    task.finish();
    Ok((new, bytes))
}

fn put_one(item: &Item, objects: &Objects, task: &Task) -> Result<bool> {
    let new = match &item.content {
        Content::File(file) => objects.put_file(file, &item.object.sha256)?,
        Content::Bytes(bytes) => objects.put_bytes(bytes)?.1,
    };
    task.advance(item.object.size);
    Ok(new)
}
