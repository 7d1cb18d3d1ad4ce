//! `sos-update`: the command line of the updater. Exit codes: 0 done, 1 fault, 2 usage, 3 refused.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use sos_provision::Device;
use sos_updater::UpdateError;

#[derive(Parser)]
#[command(version, about = "Finds, stages, tries, commits and takes back a Small Organisation Server's releases")]
struct Arguments {
    /// The root folder of the device.
    #[arg(long, global = true, default_value = "/")]
    root: PathBuf,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// In the initrd: give the slot that runs its data.
    Early,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    match run(&arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("sos-update: {error}");
            ExitCode::from(error.exit_code())
        }
    }
}

fn run(arguments: &Arguments) -> Result<(), UpdateError> {
    let device = Device::new(&arguments.root);
    match &arguments.command {
        Command::Early => sos_updater::early::early(&device),
    }
}
