//! The command that looks ahead: `horizon`.

use anyhow::Result;
use clap::Args;
use sos_builder::horizon;
use sos_builder::horizon_table::table;
use sos_builder::outlook::Outlook;
use sos_builder::progress::Progress;

use crate::{KeyringArg, MirrorArgs, Session};

/// From where one looks ahead.
#[derive(Debug, Args)]
pub struct HorizonArgs {
    /// The release to begin with, «trixie»
    release: String,
    #[command(flatten)]
    mirror: MirrorArgs,
    #[command(flatten)]
    keyring: KeyringArg,
}

impl Session {
    /// Looks ahead, and prints what is seen.
    pub fn horizon(&self, args: &HorizonArgs) -> Result<()> {
        let (before, definitions) = self.repository.definitions_around(&args.release)?;
        let outlook = Outlook::load(&self.repository.outlook())?;
        let order = horizon::Order {
            mirror: &|suite| args.mirror.choose(suite),
            keyring: &args.keyring.keyring,
            work: &self.cache.join("apt"),
            progress: self.progress,
        };
        let seen = horizon::look(before, &definitions, &outlook, &order)?;
        match self.progress {
            Progress::Json => println!("{}", serde_json::to_string_pretty(&seen)?),
            _ => print!("{}", table(&seen)),
        }
        Ok(())
    }
}
