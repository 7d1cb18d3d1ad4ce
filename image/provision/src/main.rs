//! The command line of `sos-provision`. Exit codes: 0 done, 1 fault, 2 usage, 3 refused.

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use clap::{Parser, Subcommand};
use sos_provision::portable::{self, Checksums, Progress};
use sos_provision::{Device, Hurry, Patience, ProvisionError};

#[derive(Parser)]
#[command(version, about = "Takes a Small Organisation Server from the provider's metadata to running services")]
struct Arguments {
    /// The root folder of the device.
    #[arg(long, global = true, default_value = "/")]
    root: PathBuf,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// In the initrd: fill the state, make what is made once, render /etc.
    Early,
    /// Take over the provider's metadata: SSH keys, and the organisation while there is no owner.
    Metadata,
    /// Run every service's health transaction and report on the console.
    Health {
        /// Try again until all are well, or the deadline is over.
        #[arg(long)]
        wait: bool,
        /// Seconds to wait.
        #[arg(long, default_value_t = 900)]
        deadline: u64,
    },
    /// Do for the console what needs rights, on the socket that systemd hands over.
    Serve,
    /// Have an authority sign the server's certificate, when it is time to.
    Certificate {
        /// Somebody waits for it: ask even soon after a failure.
        #[arg(long)]
        now: bool,
    },
    /// Remove mailboxes that were set aside a month ago.
    Sweep,
    /// Say what this server is and how it is.
    Status,
    /// Print the DNS records the organisation should publish.
    Dns,
    /// Write all that the organisation has into a new folder, in open formats.
    Export {
        /// The folder.
        folder: PathBuf,
        /// Say how far it is, as one JSON object a line.
        #[arg(long)]
        json: bool,
    },
    /// Make this server, which has no owner yet, the organisation's whose export is in a folder.
    Import {
        /// The folder.
        folder: PathBuf,
        /// Say how far it is, as one JSON object a line.
        #[arg(long)]
        json: bool,
    },
    /// Say what the organisation has as checksums, which are the same on each server that has it: as TOML.
    Checksums {
        /// An export, in place of this server.
        folder: Option<PathBuf>,
        /// As JSON.
        #[arg(long)]
        json: bool,
    },
    /// Render /etc in memory.
    Render {
        /// Only say whether it works.
        #[arg(long, required = true)]
        check: bool,
    },
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    match run(&arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("sos-provision: {error}");
            let refused = matches!(
                error.downcast_ref(),
                Some(ProvisionError::BadMapping { .. } | ProvisionError::Unclaimed | ProvisionError::Portable(_))
            );
            ExitCode::from(if refused { 3 } else { 1 })
        }
    }
}

fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let device = Device::new(&arguments.root);
    match &arguments.command {
        Command::Early => sos_provision::early(&device)?,
        Command::Metadata => sos_provision::metadata(&device)?,
        Command::Health { wait, deadline } => {
            let patience = if *wait { Patience::Until(Duration::from_secs(*deadline)) } else { Patience::Once };
            if !sos_provision::health(&device, patience)? {
                anyhow::bail!("not every service is well; /run/sos/health.json says which");
            }
        }
        Command::Serve => sos_provision::serve(&device)?,
        Command::Certificate { now } => {
            sos_provision::certificate(&device, if *now { Hurry::Yes } else { Hurry::No })?;
        }
        Command::Sweep => sos_provision::sweep(&device)?,
        Command::Status => print!("{}", sos_provision::status(&device)?),
        Command::Dns => {
            for record in sos_provision::dns(&device)? {
                println!("{record}");
            }
        }
        Command::Export { folder, json } => {
            let manifest = portable::export(&device, folder, &mut Progress::new(*json))?;
            match json {
                true => println!("{}", serde_json::to_string(&manifest)?),
                false => println!("{} has {}", folder.display(), amount(&manifest.checksums)),
            }
        }
        Command::Import { folder, json } => {
            let manifest = portable::import(&device, folder, &mut Progress::new(*json))?;
            match json {
                true => println!("{}", serde_json::to_string(&manifest)?),
                false => {
                    println!("this server is {}'s now, with {}", manifest.organisation, amount(&manifest.checksums))
                }
            }
        }
        Command::Checksums { folder, json } => {
            let checksums = portable::checksums(&device, folder.as_deref(), &mut Progress::new(*json))?;
            let text = if *json { serde_json::to_string(&checksums)? + "\n" } else { toml::to_string(&checksums)? };
            print!("{text}");
        }
        Command::Render { check: _ } => {
            let rendered = device.render(device.ssh_is_on())?;
            println!("{} files and links, {} units", rendered.entries().count(), rendered.units().len());
        }
    }
    Ok(())
}

/// `200 members, 5000 letters`.
fn amount(checksums: &Checksums) -> String {
    let letters: u64 = checksums.members.values().map(|member| member.letters).sum();
    format!("{} members and {letters} letters", checksums.members.len())
}
