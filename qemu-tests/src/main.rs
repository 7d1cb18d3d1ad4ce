//! `sos-vm`: runs scenarios against the built image, or measures it. The command line only; the work is
//! in the library. Exit codes: 0 all passed, 1 a failure, 2 usage, 3 refused by the host.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context;
use clap::{Parser, Subcommand, ValueEnum as _};
use sos_qemu_tests::Error;
use sos_qemu_tests::accelerator::Accelerator;
use sos_qemu_tests::bench::{self, Part};
use sos_qemu_tests::power_cut::cuts::Wanted;
use sos_qemu_tests::registry::{self, Scenario};
use sos_qemu_tests::results;
use sos_qemu_tests::run::{self, Workplace};
use sos_qemu_tests::sample::sample;
use sos_qemu_tests::schedule;
use sos_qemu_tests::session::{Order, Task};

/// Boots the built image in QEMU, inside a small internet of its own, and holds it to its promises.
#[derive(Parser)]
#[command(version, args_conflicts_with_subcommands = true)]
struct Arguments {
    #[command(subcommand)]
    command: Option<Command>,
    /// Scenarios to run; all when none is named.
    scenarios: Vec<String>,
    /// List the scenarios and stop.
    #[arg(long)]
    list: bool,
    /// Keep the scratch folders of jobs that passed, too.
    #[arg(long)]
    keep: bool,
    /// Of the scenarios that a short run may leave out, take this many, and say which are left out.
    #[arg(long, value_name = "N", requires = "seed")]
    sample: Option<usize>,
    /// What chooses them, and where power is cut: the same seed, the same choice.
    #[arg(long)]
    seed: Option<String>,
    /// Cut the power of machines that update in this many places, and boot a twentieth of them; both a few when not said.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(2..))]
    cuts: Option<u32>,
    /// Run each so many times, on a machine of its own each time.
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u16).range(1..))]
    times: u16,
    /// Start machines that have an owner by UEFI, from the disk of their base; others choose their firmware themselves.
    #[arg(long)]
    uefi: bool,
    #[command(flatten)]
    common: Common,
}

#[derive(clap::Args)]
struct Common {
    /// Print one JSON document instead of lines.
    #[arg(long)]
    json: bool,
    /// Machines at once.
    #[arg(long, default_value_t = 2, value_parser = clap::value_parser!(u8).range(1..=16))]
    jobs: u8,
    /// The built disk, raw.
    #[arg(long, default_value = "target/sos/build/trixie/disk.raw")]
    disk: PathBuf,
    /// The built disk of the next Debian, raw.
    #[arg(long, default_value = "target/sos/build/forky/disk.raw")]
    next_disk: PathBuf,
    /// Where bases, scratch files and the evidence of failures go.
    #[arg(long, default_value = "target/sos/vm")]
    folder: PathBuf,
    /// Newer releases, and the keys to offer them with.
    #[arg(long, default_value = "target/sos/update")]
    releases: PathBuf,
    /// axe-core's script, which looks at pages for people who do not see them.
    #[arg(long, default_value = "target/tools/browser/node_modules/axe-core/axe.min.js")]
    axe: PathBuf,
    /// What runs the guest, instead of trying it out: kvm or tcg.
    #[arg(long, env = "SOS_ACCELERATOR")]
    accelerator: Option<Accelerator>,
}

#[derive(Subcommand)]
enum Command {
    /// Measure boot times, idle memory, mail throughput, the console's pages and updates.
    Bench {
        /// Measure this part only; may be given several times.
        #[arg(long = "only", value_enum)]
        parts: Vec<Part>,
        /// A plain Debian disk with the same packages, to compare the boot with (`sos-build plain`).
        #[arg(long)]
        plain_disk: Option<PathBuf>,
        /// Later boots of each machine, to take the median of.
        #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u8).range(1..))]
        boots: u8,
        #[command(flatten)]
        common: Common,
    },
    /// Carry out one job in the namespaces it was started in.
    #[command(hide = true)]
    Inside {
        /// The order, as JSON.
        order: String,
    },
}

fn main() -> ExitCode {
    match run(Arguments::parse()) {
        Ok(code) => code,
        Err(error) => {
            // Our own errors say their cause themselves.
            let ours = error.downcast_ref::<Error>();
            let said = ours.map_or_else(|| format!("{error:#}"), Error::to_string);
            eprintln!("sos-vm: {said}");
            ExitCode::from(ours.map_or(1, Error::exit_code))
        }
    }
}

fn run(arguments: Arguments) -> anyhow::Result<ExitCode> {
    match arguments.command {
        Some(Command::Inside { order }) => {
            let order: Order = serde_json::from_str(&order).context("reading the order")?;
            order.carry_out();
            Ok(ExitCode::SUCCESS)
        }
        Some(Command::Bench { parts, plain_disk, boots, common }) => {
            let parts = if parts.is_empty() { Part::value_variants().to_vec() } else { parts };
            measure(bench::Wanted { parts, plain_disk, boots }, &common)
        }
        None if arguments.list => {
            list(arguments.common.json);
            Ok(ExitCode::SUCCESS)
        }
        None => test(&arguments),
    }
}

fn list(json: bool) {
    if json {
        println!("{}", serde_json::json!(registry::SCENARIOS));
        return;
    }
    for Scenario { name, description, base, sampled, .. } in registry::SCENARIOS {
        let sampled = if *sampled { "; sampled" } else { "" };
        println!("{name}\n    {description} (base: {}{sampled})", base.name());
    }
}

fn test(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let common = &arguments.common;
    let seed = arguments.seed.as_deref().unwrap_or_default();
    let count = arguments.sample.unwrap_or(usize::MAX);
    let sample = sample(registry::choose(&arguments.scenarios)?, count, seed);
    let left_out = sample.told(seed);
    let axe = run::find_axe(&common.axe, registry::look_at_pages(&sample.taken))?;
    let workplace = open(common)?;
    let lacking = workplace.lacking();
    let (skipped, chosen): (Vec<_>, Vec<_>) =
        sample.taken.into_iter().partition(|scenario| scenario.next_debian && lacking.is_some());
    workplace.check_releases(&chosen, &common.releases)?;
    if let Some(left_out) = &left_out {
        eprintln!("{left_out}");
    }
    let show = |outcome: &results::Outcome| {
        if !common.json {
            println!("{}", outcome.line());
        }
    };
    let cuts = arguments.cuts.map_or_else(|| Wanted::short(seed), |cuts| Wanted::of(cuts as usize, seed));
    let brief = arguments.sample.is_some();
    let order = Order { axe, uefi: arguments.uefi, cuts, brief, ..workplace.order() };
    let run = schedule::Run { order, at_once: common.jobs.into(), keep: arguments.keep, show: &show };
    let skip = |scenario: &Scenario| results::Outcome::skipped(scenario.name, lacking.as_deref().unwrap_or_default());
    let mut outcomes: Vec<_> = skipped.into_iter().map(skip).collect();
    outcomes.iter().for_each(show);
    outcomes.extend(run.all(schedule::jobs(&chosen, arguments.times.into()))?);
    let closing = if common.json { results::json(&outcomes) } else { results::count(&outcomes) };
    // Once more where it is seen.
    if let Some(left_out) = &left_out {
        eprintln!("{left_out}");
    }
    println!("{closing}");
    let passed = outcomes.iter().all(|outcome| outcome.failure.is_none());
    Ok(if passed { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn measure(wanted: bench::Wanted, common: &Common) -> anyhow::Result<ExitCode> {
    let workplace = open(common)?;
    let plain_disk = wanted.plain_disk.as_deref().map(Path::canonicalize).transpose().context("--plain-disk")?;
    let task = Task::Bench(bench::Wanted { plain_disk, ..wanted });
    let order = Order { name: "bench".into(), task, ..workplace.order() };
    let measured = bench::run(&order)?;
    let text = if common.json { bench::json(&measured) } else { bench::table(&measured) };
    println!("{}", text.trim_end());
    Ok(ExitCode::SUCCESS)
}

fn open(common: &Common) -> sos_qemu_tests::Result<Workplace> {
    let workplace =
        Workplace::open(&common.disk, &common.next_disk, &common.folder, &common.releases, common.accelerator)?;
    if !common.json {
        eprintln!("accelerator: {}; evidence of failures: {}", workplace.accelerator, common.folder.display());
    }
    Ok(workplace)
}
