//! `sos-update`: the command line of the updater. Exit codes: 0 done, 1 fault, 2 usage, 3 refused.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use clap::{Args, Parser, Subcommand};
use sos_ipc::UpdatePhase;
use sos_provision::Device;
use sos_updater::UpdateError;
use sos_updater::check::{Found, check, is_due};
use sos_updater::gate::Patience;
use sos_updater::progress::AtWork;
use sos_updater::store::Checked;
use sos_updater::subvolumes::{TOP_LEVEL, TopLevel};
use sos_updater::{commit, early, gate, rollback, settle, stage, status, sweep, trial};

#[derive(Parser)]
#[command(version, about = "Finds, stages, tries, commits and takes back a Small Organisation Server's releases")]
struct Arguments {
    /// The root folder of the device.
    #[arg(long, global = true, default_value = "/")]
    root: PathBuf,
    /// Say how far it is, as one JSON object a line.
    #[arg(long, global = true)]
    json: bool,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// In the initrd: give the slot that runs its data.
    Early,
    /// Look for a newer release.
    Check,
    /// Look, and fill the other slot.
    Stage {
        #[command(flatten)]
        carried: Carried,
    },
    /// Start the release in the other slot, to try it.
    Try {
        #[command(flatten)]
        asked: Asked,
    },
    /// Look, fill the other slot, and start it: at night, or now.
    Run {
        #[command(flatten)]
        carried: Carried,
        /// Do not wait for the night, nor after faults.
        #[arg(long)]
        now: bool,
        #[command(flatten)]
        asked: Asked,
    },
    /// In a trial: let the release stay, or lead back.
    Gate,
    /// In a trial: let the release stay.
    Commit,
    /// After a boot: note what became of the last update.
    Settle,
    /// Go back to the release before, and to the data as they were then.
    Rollback {
        #[command(flatten)]
        asked: Asked,
    },
    /// Remove data kept of earlier releases, when its time is over.
    Sweep,
    /// Say how updates stand.
    Status,
}

#[derive(Args)]
struct Carried {
    /// A release carried by hand, in place of the channel.
    #[arg(long, value_name = "FILE")]
    from: Option<PathBuf>,
}

#[derive(Args)]
struct Asked {
    /// Who asks for it.
    #[arg(long, value_name = "NAME")]
    by: Option<String>,
    /// A file with the name of who asks for it.
    #[arg(long, value_name = "FILE", conflicts_with = "by")]
    by_file: Option<PathBuf>,
}

impl Asked {
    /// Who asks for it. A file that is not there is nobody's.
    fn name(&self) -> Option<String> {
        let read = |path: &PathBuf| fs::read_to_string(path).ok();
        let name = self.by.clone().or_else(|| self.by_file.as_ref().and_then(read));
        name.map(|name| name.trim().to_owned()).filter(|name| !name.is_empty())
    }
}

/// The longest that is waited for health before it is noted what became of an update.
const HEALTH: Duration = Duration::from_secs(15 * 60);

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
    let work = || AtWork::begin(&device, arguments.json);
    let mut subvolumes = TopLevel::at(device.path(TOP_LEVEL));
    match &arguments.command {
        Command::Early => early::early(&device),
        Command::Check => check(&work()?, None).map(drop),
        Command::Stage { carried } => fill(&work()?, carried.from.as_deref()).map(drop),
        Command::Try { asked } => start(&work()?, &mut subvolumes, &asked.name()),
        Command::Run { carried, now, asked } => {
            let work = work()?;
            if !*now && carried.from.is_none() && !is_due(work.store().get::<Checked>().as_ref(), seconds()) {
                println!("faults lately; it is not time to ask again");
                return Ok(());
            }
            match fill(&work, carried.from.as_deref())? {
                Some(_) if *now || status::is_night(&device) => start(&work, &mut subvolumes, &asked.name()),
                Some(found) => {
                    println!("{} is whole, and waits for the night", found.version());
                    Ok(())
                }
                None => Ok(()),
            }
        }
        Command::Gate => gate::gate(&device, Patience::default()),
        Command::Commit => commit::commit(&device),
        Command::Settle => settle::settle(&device, HEALTH),
        Command::Rollback { asked } => {
            let work = work()?;
            work.say(UpdatePhase::Trying);
            rollback::rollback(&device, &subvolumes, asked.name().as_deref())
        }
        Command::Sweep => {
            let _alone = work()?;
            sweep::sweep(&device, &mut subvolumes)
        }
        Command::Status => say(&device, arguments.json),
    }
}

/// Fills the other slot with what is newer, if something is.
fn fill(work: &AtWork, from: Option<&Path>) -> Result<Option<Found>, UpdateError> {
    let found = check(work, from)?;
    match &found {
        Some(found) => stage::stage(work, found)?,
        None => println!("there is nothing newer"),
    }
    Ok(found)
}

fn start(work: &AtWork, subvolumes: &mut TopLevel, by: &Option<String>) -> Result<(), UpdateError> {
    work.say(UpdatePhase::Trying);
    trial::begin(work.device(), subvolumes, by.as_deref())
}

fn say(device: &Device, json: bool) -> Result<(), UpdateError> {
    let status = status::status(device)?;
    if json {
        let text =
            serde_json::to_string(&status).map_err(|error| UpdateError::malformed(Path::new("status"), error))?;
        println!("{text}");
        return Ok(());
    }
    println!("running: {}", status.running);
    if let Some(available) = &status.available {
        println!("available: {}", available.version);
    }
    if let Some(back) = &status.back {
        println!("can go back to: {}", back.version);
    }
    if let Some(fault) = &status.fault {
        println!("last fault: {fault}");
    }
    for event in &status.history {
        println!("{}: {} → {}: {:?}", event.at, event.from, event.to, event.outcome);
    }
    Ok(())
}

/// Seconds since 1970.
fn seconds() -> u64 {
    std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).map_or(0, |since| since.as_secs())
}
