//! One job: a copy of this program in namespaces of its own (network, mounts, processes; users too when
//! not root), with a world around one machine. Everything in it ends when the job's first process does.

use std::cell::RefCell;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};

use crate::accelerator::Accelerator;
use crate::base::{Base, HEALTH_SECONDS, Sources, needed};
use crate::bench::{self, Measured};
use crate::channel::Channel;
use crate::power_cut::cuts::Wanted;
use crate::program::Program;
use crate::registry;
use crate::results::Outcome;
use crate::seed::{Metadata, Source};
use crate::vm::{Disk, Firmware, Key, Machine, Plan, Shell};
use crate::world::{self, World, Zone};
use crate::{Error, Result};

/// What a job is told, as JSON on its command line.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Order {
    /// The built disk.
    pub image: PathBuf,
    /// What bases are made of.
    pub sources: Sources,
    /// The UEFI firmware's code, its variables beside it.
    pub ovmf: PathBuf,
    /// `kvm` or `tcg`.
    pub accelerator: String,
    /// `target/sos/vm`.
    pub folder: PathBuf,
    /// axe-core's script, for scenarios that look at pages.
    pub axe: PathBuf,
    /// Whether machines that have an owner start by UEFI.
    pub uefi: bool,
    /// How often the power is cut, where it is.
    pub cuts: Wanted,
    /// Whether a few of many members are enough, where each would take long.
    pub brief: bool,
    /// The job's name, and its scratch folder's.
    pub name: String,
    /// What to do.
    pub task: Task,
}

/// What a job does.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub enum Task {
    /// Makes a base.
    Make(Base),
    /// Runs scenarios one after another on one machine that starts from the base.
    Run(Base, Vec<String>),
    /// Takes measurements.
    Bench(bench::Wanted),
}

/// What a job reports, one JSON object a line of its standard output.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub enum Event {
    /// A scenario ended.
    Finished(Outcome),
    /// The base is there.
    Made,
    /// A measurement.
    Measured(Measured),
    /// How far a long scenario is, in one line.
    Progress(String),
    /// The job could not be done; whether the host is to blame.
    Ended {
        /// Why.
        message: String,
        /// The host lacks something: exit code 3.
        refused: bool,
    },
}

impl Order {
    /// The command that carries it out in namespaces of its own.
    ///
    /// # Errors
    /// [`Error::Wire`] when this program cannot find itself.
    pub fn command(&self) -> Result<std::process::Command> {
        let own = std::env::current_exe().map_err(Error::wire("finding sos-vm itself"))?;
        let order = serde_json::to_string(self).map_err(|error| Error::Unmet(error.to_string()))?;
        let mut unshare = Program::new("unshare").words("--net --mount --pid --fork --kill-child --mount-proc");
        if !runs_as_root() {
            unshare = unshare.words("--user --map-root-user");
        }
        Ok(unshare.env(sos_builder::firmware::VARIABLE, &self.ovmf).arg(own).arg("inside").arg(order).into_command())
    }

    /// Carries it out, here, reporting on standard output.
    pub fn carry_out(&self) {
        end_with_the_caller();
        if let Err(error) = self.run() {
            let refused = matches!(error, Error::Refused(_));
            report(&Event::Ended { message: error.to_string(), refused });
        }
    }

    fn run(&self) -> Result<()> {
        let bases = self.folder.join("bases");
        match &self.task {
            Task::Make(base) => {
                let mut stage = Stage::set(self, &Zone::default())?;
                if let Err(error) = base.make(&mut stage, &bases, &self.sources) {
                    stage.keep_evidence(&self.folder.join(&self.name));
                    return Err(error);
                }
                report(&Event::Made);
                Ok(())
            }
            Task::Run(base, names) => {
                let mut stage = Stage::set(self, &base.zone(&bases)?)?;
                match base {
                    Base::Unbooted => {}
                    _ if self.uefi && base.is_claimed() => stage.start_cold(*base, |plan| plan)?,
                    _ => base.restore(&mut stage, &bases)?,
                }
                names.iter().try_for_each(|name| self.play(&mut stage, name))
            }
            Task::Bench(wanted) => {
                let mut stage = Stage::set(self, &Zone::default())?;
                bench::measure(&mut stage, wanted, |measured| report(&Event::Measured(measured)))
            }
        }
    }

    fn play(&self, stage: &mut Stage, name: &str) -> Result<()> {
        let scenario = registry::find(name)?;
        let start = Instant::now();
        stage.notes.take();
        let ended = (scenario.run)(stage);
        if let Err(refused @ Error::Refused(_)) = ended {
            return Err(refused);
        }
        if ended.is_err() {
            stage.keep_evidence(&self.folder.join(name));
        }
        let failure = ended.err().map(|error| error.to_string());
        let seconds = start.elapsed().as_secs_f64();
        let notes = stage.notes.take();
        report(&Event::Finished(Outcome { scenario: name.to_owned(), seconds, failure, skipped: None, notes }));
        Ok(())
    }
}

/// Where a scenario plays: the world, and the machine in it.
#[derive(Debug)]
pub struct Stage {
    /// The job's scratch folder.
    pub folder: PathBuf,
    /// Where pictures of pages stay, whether the scenario passes or not.
    pub pictures: PathBuf,
    /// axe-core's script.
    pub axe: PathBuf,
    /// The built disk, never to be written.
    pub image: PathBuf,
    /// What runs the guest.
    pub accelerator: Accelerator,
    /// The internet around it.
    pub world: World,
    /// The key for looking into the guest.
    pub key: Key,
    /// What starts machines that a scenario starts anew from a base.
    pub firmware: Firmware,
    /// How often the power is cut, where it is.
    pub cuts: Wanted,
    /// Whether a few of many members are enough, where each would take long.
    pub brief: bool,
    sources: Sources,
    bases: PathBuf,
    machine: Option<Machine>,
    plan: Option<Plan>,
    notes: RefCell<Vec<String>>,
    sockets: tempfile::TempDir,
}

impl Stage {
    fn set(order: &Order, own: &Zone) -> Result<Stage> {
        let folder = empty(order.folder.join("jobs").join(&order.name))?;
        let sockets =
            tempfile::Builder::new().prefix("sos-vm-").tempdir().map_err(Error::file(&std::env::temp_dir()))?;
        Ok(Stage {
            world: World::lay_out(&folder, own)?,
            key: Key::make(&folder)?,
            image: order.image.clone(),
            sources: order.sources.clone(),
            bases: order.folder.join("bases"),
            accelerator: order.accelerator.parse().map_err(|error| Error::Usage(format!("{error}")))?,
            firmware: if order.uefi { Firmware::Uefi } else { Firmware::Bios },
            cuts: order.cuts.clone(),
            brief: order.brief,
            machine: None,
            plan: None,
            notes: RefCell::default(),
            pictures: order.folder.join("pictures").join(&order.name),
            axe: order.axe.clone(),
            sockets,
            folder,
        })
    }

    /// A new repository in place of the last one, in which nothing is offered yet, served by the release server.
    ///
    /// # Errors
    /// [`Error::Refused`] when there are no releases to offer.
    pub fn channel(&self) -> Result<Channel> {
        let stock = needed(self.sources.stock.as_ref())?;
        self.world.releases.mend();
        Channel::lay_out(stock, &self.folder.join("channel"), &self.world.releases)
    }

    /// The built disk of the next Debian.
    ///
    /// # Errors
    /// [`Error::Refused`] when there is none.
    pub fn next_image(&self) -> Result<PathBuf> {
        self.sources.next_image.clone().ok_or_else(no_next_image)
    }

    /// Starts a machine from a base's disk as after a power cut, built otherwise than the one that was saved, and waits
    /// until it is well.
    ///
    /// # Errors
    /// When it does not start, or reports that it is not well.
    pub fn start_cold(&mut self, base: Base, otherwise: impl FnOnce(Plan) -> Plan) -> Result<()> {
        self.unplug()?;
        self.shell().hang_up();
        let bases = self.bases.clone();
        let plan = base.cold(self, &bases, self.firmware)?;
        self.start(otherwise(plan))?;
        let limit = self.limit(HEALTH_SECONDS);
        self.wait_for_health(limit)?;
        self.shell().wait_until_succeeds("true", 30).map(drop)
    }

    /// Says something about the scenario that plays, to stand below its name: what it measured.
    pub fn note(&self, said: impl Into<String>) {
        self.notes.borrow_mut().push(said.into());
    }

    /// Says how far a long scenario is, at once.
    pub fn tell(&self, said: impl Into<String>) {
        report(&Event::Progress(said.into()));
    }

    /// A time limit, given for hardware virtualisation.
    #[must_use]
    pub fn limit(&self, seconds: u32) -> Duration {
        self.accelerator.limit(seconds)
    }

    /// Starts a machine, instead of the one that may be running.
    ///
    /// # Errors
    /// As [`Machine::start`].
    pub fn start(&mut self, plan: Plan) -> Result<()> {
        self.machine = None;
        self.shell().hang_up();
        self.machine = Some(Machine::start(plan.clone(), &self.folder, self.accelerator)?);
        self.plan = Some(Plan { snapshot: None, ..plan });
        Ok(())
    }

    /// Boots the image for the first time, on an overlay of its own, with this metadata.
    ///
    /// # Errors
    /// As [`Machine::start`].
    pub fn boot(&mut self, firmware: Firmware, source: Source, metadata: &Metadata) -> Result<()> {
        self.boot_image(&self.image.clone(), firmware, source, metadata)
    }

    /// The same with another image.
    ///
    /// # Errors
    /// As [`Machine::start`].
    pub fn boot_image(&mut self, image: &Path, firmware: Firmware, source: Source, metadata: &Metadata) -> Result<()> {
        self.unplug()?;
        let path = self.folder.join("disk.qcow2");
        // The disk of the machine before goes with it.
        if path.exists() {
            std::fs::remove_file(&path).map_err(Error::file(&path))?;
        }
        let disk = Disk::overlay(image, &path)?;
        let plan = Plan { seed: Some(self.seed(source, metadata)?), ..Plan::new(disk, firmware) };
        self.start(plan)
    }

    /// Writes a metadata disk into the job's folder.
    ///
    /// # Errors
    /// [`Error::File`].
    pub fn seed(&self, source: Source, metadata: &Metadata) -> Result<PathBuf> {
        let path = self.folder.join("seed.img");
        metadata.write(source, &path)?;
        Ok(path)
    }

    /// The plan of the last machine started, for a power cycle with a change.
    ///
    /// # Errors
    /// [`Error::Unmet`] when none was.
    pub fn plan(&self) -> Result<Plan> {
        self.plan.clone().ok_or_else(|| Error::Unmet("no machine has been started yet".into()))
    }

    /// The machine that has power.
    ///
    /// # Errors
    /// [`Error::Unmet`] when there is none.
    pub fn machine(&mut self) -> Result<&mut Machine> {
        self.machine.as_mut().ok_or_else(|| Error::Unmet("the machine has no power".into()))
    }

    /// Pulls the machine's plug.
    ///
    /// # Errors
    /// As [`Machine::unplug`].
    pub fn unplug(&mut self) -> Result<()> {
        self.machine.take().map_or(Ok(()), Machine::unplug)
    }

    /// A root shell in the guest, for looking.
    #[must_use]
    pub fn shell(&self) -> Shell {
        Shell::new(&self.key, &world::MACHINE.to_string(), self.sockets.path(), self.accelerator)
    }

    /// Waits for the health report; a bad report ends the wait at once, with what it says.
    ///
    /// # Errors
    /// [`Error::Unmet`] with the report, or [`Error::Late`].
    pub fn wait_for_health(&mut self, limit: Duration) -> Result<()> {
        let report = self.machine()?.serial().wait(r"sos: (health: (ok|FAILED)|metadata: ).*", limit)?;
        crate::must!(report.starts_with("sos: health: ok"), "the machine reports: {report}");
        Ok(())
    }

    /// Restarts the guest in good order and waits for its health report.
    ///
    /// # Errors
    /// [`Error::Late`].
    pub fn reboot(&mut self, limit: Duration) -> Result<()> {
        self.goes_down()?;
        self.wait_for_health(limit)
    }

    /// Has the guest restart in good order, and waits for nothing.
    ///
    /// # Errors
    /// When no machine runs.
    pub fn goes_down(&mut self) -> Result<()> {
        self.machine()?.serial().skip();
        let shell = self.shell();
        // The connection breaks under the command, so its end says nothing.
        shell.execute("systemctl reboot").ok();
        shell.hang_up();
        Ok(())
    }

    /// Keeps what explains a failure: serial log, journal, screen, and the logs of the world.
    pub fn keep_evidence(&mut self, folder: &Path) {
        // Evidence is best effort: a machine that hangs has no journal to give.
        std::fs::create_dir_all(folder).ok();
        if let Some(machine) = &mut self.machine {
            if let Ok(picture) = machine.photograph("screen") {
                std::fs::copy(picture, folder.join("screen.png")).ok();
            }
            if let Ok(journal) = self.shell().journal() {
                std::fs::write(folder.join("journal.log"), journal).ok();
            }
        }
        for entry in std::fs::read_dir(&self.folder).into_iter().flatten().flatten() {
            let name = entry.file_name();
            if [".log", ".png", ".conf"].iter().any(|end| name.to_string_lossy().ends_with(end)) {
                std::fs::copy(entry.path(), folder.join(name)).ok();
            }
        }
    }
}

/// The refusal of what needs the next Debian's disk, where there is none.
#[must_use]
pub fn no_next_image() -> Error {
    Error::Refused(
        "there is no built disk of the next Debian: make it with `./dev`, or name one with --next-disk".into(),
    )
}

/// The folder, with nothing in it.
fn empty(folder: PathBuf) -> Result<PathBuf> {
    if folder.exists() {
        std::fs::remove_dir_all(&folder).map_err(Error::file(&folder))?;
    }
    std::fs::create_dir_all(&folder).map_err(Error::file(&folder))?;
    Ok(folder)
}

fn report(event: &Event) {
    if let Ok(line) = serde_json::to_string(event) {
        let mut stdout = std::io::stdout().lock();
        // Nobody listening means the caller is gone, and this job with it.
        writeln!(stdout, "{line}").ok();
        stdout.flush().ok();
    }
}

/// Ends this process, and so all of its namespace, when the caller's end of standard input closes.
fn end_with_the_caller() {
    std::thread::spawn(|| {
        std::io::copy(&mut std::io::stdin(), &mut std::io::sink()).ok();
        std::process::exit(1);
    });
}

fn runs_as_root() -> bool {
    use std::os::unix::fs::MetadataExt;
    std::fs::metadata("/proc/self").is_ok_and(|own| own.uid() == 0)
}
