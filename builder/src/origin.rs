//! What a release says of where it comes from: its bill of materials, its sources, and the digest of `Cargo.lock`.
//!
//! In: the checkout, the pool, Cargo's folder, the cache. Out: [`Documents`], the same for the same lock and checkout,
//! whoever makes them. What they are read from has digests, in the lock and in `Cargo.lock`; what is not there stops the
//! release rather than leaving a gap that another machine would not have.

use std::fs;
use std::path::PathBuf;

use crate::build::Built;
use crate::crates::Cache;
use crate::error::{Error, Result};
use crate::git::clean_commit;
use crate::linked::linked;
use crate::lock::{Lock, Package, Sha256};
use crate::overlays::Overlays;
use crate::papers::{Lacking, Shelf};
use crate::pool::Pool;
use crate::progress::Progress;
use crate::recipe;
use crate::repository::Repository;
use crate::sbom::{Bill, bill};
use crate::source_list::SourceList;

/// Where what a release says of itself is read.
#[derive(Debug)]
pub struct Origin {
    /// The checkout.
    pub repository: PathBuf,
    /// The commit that the disk was made from; [`commit`] finds it, and whoever makes a release again knows it.
    pub commit: Option<String>,
    /// The packages.
    pub pool: Pool,
    /// The crates.
    pub crates: Cache,
    /// The cache, which keeps what was read.
    pub cache: PathBuf,
}

/// What a release says of where it comes from.
#[derive(Debug)]
pub struct Documents {
    /// The bill of materials.
    pub bill: Bill,
    /// The exact sources.
    pub sources: SourceList,
    /// The SHA-256 of `Cargo.lock`.
    pub cargo_lock: Sha256,
}

impl Origin {
    /// The documents for release `version` of `lock`.
    ///
    /// # Errors
    /// [`Error::NotInPool`], [`Error::NoCrate`], or a package or a file that does not read.
    pub fn documents(&self, lock: &Lock, version: &str, progress: Progress) -> Result<Documents> {
        let path = self.repository.join("Cargo.lock");
        let cargo_lock = Sha256::of(&fs::read(&path).map_err(|e| Error::io("read", &path, e))?);
        let linked = linked(&self.repository, &lock.architecture, &self.crates, &self.cache)?;
        let all: Vec<&Package> = lock.packages.iter().collect();
        let shelf = Shelf::gather(&lock.packages, &all, &self.pool, &self.cache, Lacking::Refused, progress)?;
        let bill = bill(lock, version, &shelf, &linked);
        progress.say(&format!(
            "licences: {} packages name theirs, {} give a text of their own, {} say nothing",
            bill.named,
            bill.in_free_words.len(),
            bill.silent.len()
        ));
        log::info!("in free words: {}; silent: {}", bill.in_free_words.join(", "), bill.silent.join(", "));
        Ok(Documents { bill, sources: SourceList::new(lock, version, &shelf, &linked), cargo_lock })
    }
}

/// The commit that the disk of `built` was made from: the one that the checkout is, where nothing in it differs from
/// one, and where it has not gone on since the disk was made.
///
/// # Errors
/// A file of the checkout that cannot be read.
pub fn commit(repository: &Repository, lock: &Lock, built: &Built) -> Result<Option<String>> {
    let Some(commit) = clean_commit(repository.root()) else { return Ok(None) };
    let overlays = Overlays::find(&repository.overlays(), &[], lock)?;
    let checkout = recipe::checkout(&repository.root().join("image"), &overlays)?;
    Ok(Some(commit).filter(|_| checkout == built.inputs.checkout))
}
