//! The command that brings a lock's packages into the pool: `fetch`. Mirrors drop superseded packages, so it may lock afresh.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Result;
use clap::Args;
use sos_builder::error::Error;

use crate::{KeyringArg, Session, SourceArgs};

/// What is fetched, and what is done where it is gone.
#[derive(Debug, Args)]
pub struct FetchArgs {
    /// The release, «trixie»
    release: String,
    #[command(flatten)]
    sources: SourceArgs,
    /// Where packages have gone from every source, lock afresh into this file and fetch that lock instead
    #[arg(long, value_name = "FILE")]
    lock_afresh: Option<PathBuf>,
    /// Where locking afresh finds that the archive lacks what the definition asks for, write that into this file, and
    /// be content
    #[arg(long, value_name = "FILE", requires = "lock_afresh")]
    lacking: Option<PathBuf>,
    #[command(flatten)]
    keyring: KeyringArg,
}

impl Session {
    /// Fetches, by a fresh lock where packages are gone and one may be made.
    pub fn fetch_or_lock_afresh(&self, args: &FetchArgs) -> Result<()> {
        let (fetched, afresh) = (self.fetch(&args.release, &args.sources), &args.lock_afresh);
        let Err(error) = fetched else { return Ok(()) };
        if afresh.is_none() || !matches!(error.downcast_ref(), Some(Error::Gone { .. })) {
            return Err(error);
        }
        self.progress.say(&error.to_string());
        let locked = self.lock(&args.release, &args.sources.mirror, &args.keyring.keyring, afresh.as_deref(), None);
        if let (Err(error), Some(place)) = (&locked, &args.lacking)
            && let Some(lacking) = lacking(error)
        {
            return self.keep_what_lacks(&args.release, &lacking, place);
        }
        locked?;
        self.fetch(&args.release, &SourceArgs { lock: afresh.clone(), ..args.sources.clone() }).map(drop)
    }

    fn keep_what_lacks(&self, release: &str, lacking: &str, place: &Path) -> Result<()> {
        fs::write(place, lacking).map_err(|e| Error::io("write", place, e))?;
        self.progress.say(&format!("{release}: the archive lacks {lacking}"));
        Ok(())
    }
}

/// What the archive lacks, where that is what the error is about.
fn lacking(error: &anyhow::Error) -> Option<String> {
    match error.downcast_ref()? {
        Error::UnknownPackage { package, .. } => Some(package.clone()),
        Error::Unsatisfiable { reason, .. } => Some(reason.clone()),
        _ => None,
    }
}
