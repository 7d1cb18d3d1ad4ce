//! The command that tries a release's configuration without a machine: `rehearse`.

use std::path::PathBuf;

use anyhow::Result;
use clap::Args;
use sos_builder::rehearse;

use crate::{Session, SourceArgs};

/// What is rehearsed.
#[derive(Debug, Args)]
pub struct RehearseArgs {
    /// The release, «trixie»
    release: String,
    #[command(flatten)]
    sources: SourceArgs,
    /// Where the device's programs are; compiled from the checkout, in the locked root, where not given
    #[arg(long, value_name = "DIR")]
    programs: Option<PathBuf>,
}

impl Session {
    /// Rehearses.
    pub fn rehearse(&self, args: &RehearseArgs) -> Result<()> {
        let (lock, pool, order) = self.checkout_of(&args.release, args.programs.as_deref(), &args.sources)?;
        Ok(rehearse::start(&lock, &pool, &order)?)
    }
}
