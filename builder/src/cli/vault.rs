//! The commands that keep releases for good and make them again: `vault export`, `vault check`, `verify`.

use std::path::{Path, PathBuf};

use anyhow::Result;
use clap::{Args, Subcommand};
use indicatif::DecimalBytes;
use sos_builder::check::check;
use sos_builder::crates::Cache;
use sos_builder::export::{self, export};
use sos_builder::inventory::Absent;
use sos_builder::lock::Lock;
use sos_builder::pool::PoolReady;
use sos_builder::progress::Progress;
use sos_builder::vault::Vault;
use sos_builder::verify::{self, Offer};

use crate::{Session, SourceArgs};

/// What is done with a vault.
#[derive(Debug, Subcommand)]
pub enum VaultCommand {
    /// Put all that a lock's release is made of into a vault: packages, signed indexes, crates, the lock
    Export {
        /// The release, «trixie»
        release: String,
        /// The vault's folder
        dir: PathBuf,
        #[command(flatten)]
        sources: SourceArgs,
    },
    /// Read a whole vault through: every object, every inventory, and whether the signed indexes vouch for the packages
    Check {
        /// The vault's folder
        dir: PathBuf,
    },
}

/// What a release is made again from.
#[derive(Debug, Args)]
pub struct VerifyArgs {
    /// The release's folder, with manifest.json and the files that it lists
    release_dir: PathBuf,
    #[command(flatten)]
    sources: SourceArgs,
    /// An overlay from outside of overlays/ that the release was made with; may be given more than once
    #[arg(long, value_name = "DIR")]
    with_overlay: Vec<PathBuf>,
    /// Where the device's programs are; compiled from the checkout where not given
    #[arg(long, value_name = "DIR")]
    programs: Option<PathBuf>,
}

/// Checks a vault; no checkout is needed for it.
pub fn check_vault(dir: &Path, progress: Progress) -> Result<()> {
    let checked = check(&Vault::open(dir)?, progress)?;
    for (name, inventory) in &checked.releases {
        let (vouched, packages) = (checked.vouched[name], inventory.packages());
        progress.say(&format!("{name}: {packages} packages, a signed index vouches for {vouched} of them"));
        say_absent(&inventory.absent, progress);
    }
    let (objects, bytes) = (checked.objects, DecimalBytes(checked.bytes));
    progress.say(&format!("{}: sound, {objects} objects, {bytes}", dir.display()));
    if !checked.unnamed.is_empty() {
        progress.say(&format!("{} objects more belong to no release", checked.unnamed.len()));
    }
    Ok(())
}

/// What an inventory could not have, a line each for indexes and one for all crates.
fn say_absent(absent: &[Absent], progress: Progress) {
    let (crates, others): (Vec<_>, Vec<_>) = absent.iter().partition(|absent| absent.is_crate());
    for absent in others {
        progress.say(&format!("  absent: {}: {}", absent.path, absent.reason));
    }
    if let Some(first) = crates.first() {
        progress.say(&format!("  absent: {} crates, {} among them: {}", crates.len(), first.path, first.reason));
    }
}

impl Session {
    /// Carries out a command that needs a checkout.
    pub fn vault(&self, command: &VaultCommand) -> Result<()> {
        match command {
            VaultCommand::Export { release, dir, sources } => self.export(release, dir, sources),
            VaultCommand::Check { dir } => check_vault(dir, self.progress),
        }
    }

    fn export(&self, release: &str, dir: &Path, sources: &SourceArgs) -> Result<()> {
        let (lock, pool) = self.fetch(release, sources)?;
        let exported = export(
            &export::Order {
                definition: &self.repository.definition(release)?,
                lock: &lock,
                pool: &pool,
                kept: &self.kept_indexes(),
                sources: &sources.sources(release)?,
                cargo_lock: &self.repository.root().join("Cargo.lock"),
                cargo: &Cache::find(),
                progress: self.progress,
            },
            &Vault::at(dir),
        )?;
        say_absent(&exported.absent, self.progress);
        let (objects, new, bytes) = (exported.objects, exported.new, DecimalBytes(exported.new_bytes));
        self.progress.say(&format!("{}: {objects} objects, {new} of them new ({bytes})", exported.inventory.display()));
        Ok(())
    }

    /// Makes a release again and compares.
    pub fn verify(&self, args: &VerifyArgs) -> Result<()> {
        let offer = Offer::load(&args.release_dir)?;
        let lock = offer.lock(&self.repository, args.sources.lock.as_deref())?;
        let pool = self.packages(&lock, &args.sources)?;
        offer.verify(
            &lock,
            &pool,
            &verify::Order {
                repository: &self.repository,
                cache: &self.cache,
                crates: &args.sources.crates()?,
                programs: self.programs(args.programs.as_deref(), &args.sources)?,
                guests: &args.with_overlay,
                progress: self.progress,
            },
        )?;
        println!("the same: {}", offer.version());
        Ok(())
    }

    /// All packages of a lock: fetched into the pool; with `--offline` from the vault alone.
    pub fn packages(&self, lock: &Lock, sources: &SourceArgs) -> Result<PoolReady> {
        let Some(vault) = sources.vault.as_ref().filter(|_| sources.offline) else {
            return self.pooled(lock, sources);
        };
        let pool = Vault::open(vault)?.pool(lock, self.progress)?;
        self.progress.say(&format!("vault: all {} packages are there, and sound", lock.packages.len()));
        Ok(pool)
    }
}
