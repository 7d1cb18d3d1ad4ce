//! Measures a machine: seconds from power-on to the health report under each firmware, beside a plain Debian
//! installation of the same packages when there is one; memory of each service when idle; messages per second from
//! submission to mailbox; what an update takes.
//!
//! Both machines are the same one but for the disk: the same QEMU arguments, the same metadata. Ours is up when its
//! health report says so, which takes a letter sent and read back; the plain one when its services answer
//! (`qemu-tests/plain`).

use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};

use crate::base::HEALTH_SECONDS;
use crate::club::{self, JILL, KENTON};
use crate::scenarios::letter;
use crate::schedule;
use crate::seed::{Metadata, Source};
use crate::session::{Event, Order, Stage};
use crate::vm::{Disk, Firmware, Plan};
use crate::{Error, Result};

mod console;
mod updates;

/// Messages of the throughput measurement.
const MESSAGES: usize = 100;
/// What a machine is left alone for before its memory counts as idle.
const IDLE: Duration = Duration::from_secs(30);
/// What the plain installation says when systemd has started all it is to start,
const PLAIN_STARTED: &str = "plain: multi-user";
/// and when its services answer.
const PLAIN_UP: &str = "plain: every service answers";
/// The guest's sum of proportional set sizes by control group, in KiB: one line each.
const PSS: &str = r#"for p in /proc/[0-9]*; do
  pss=$(awk '/^Pss:/ { print $2 }' $p/smaps_rollup 2>/dev/null); [ -n "$pss" ] || continue
  group=$(sed -n 's/^0:://p' $p/cgroup); echo "${group##*/} $pss"
done | awk '{ sum[$1] += $2 } END { for (name in sum) print sum[name], name }'"#;
/// What the kernel says is in use: total less available, in KiB.
const IN_USE: &str = "awk '/^MemTotal/ { t = $2 } /^MemAvailable/ { a = $2 } END { print t - a }' /proc/meminfo";

/// A part of the measurements.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "kebab-case")]
pub enum Part {
    /// Boots under UEFI.
    Uefi,
    /// Boots under BIOS.
    Bios,
    /// Memory when idle, and messages per second.
    Idle,
    /// The console of an organisation with 200 members.
    Console,
    /// Filling a slot, and how long an update interrupts the mail.
    Updates,
}

/// What to compare with.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Wanted {
    /// What is measured.
    pub parts: Vec<Part>,
    /// A raw disk with a plain Debian installation of the same packages (`sos-build plain`).
    pub plain_disk: Option<PathBuf>,
    /// How many later boots of each machine are measured, to take the median of.
    pub boots: u8,
}

/// One number.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Measured {
    /// What was measured.
    pub what: String,
    /// The number.
    pub value: f64,
    /// Its unit.
    pub unit: String,
}

impl Measured {
    fn new(what: impl Into<String>, value: f64, unit: &str) -> Measured {
        Measured { what: what.into(), value, unit: unit.into() }
    }
}

/// Runs the measuring job and gives its numbers.
///
/// # Errors
/// Whatever keeps a machine from booting.
pub fn run(order: &Order) -> Result<Vec<Measured>> {
    let mut all = Vec::new();
    let ended = schedule::watch(order, |event| match event {
        Event::Measured(measured) => all.push(measured),
        Event::Progress(said) => eprintln!("{said}"),
        _ => {}
    });
    ended.map(|()| all)
}

/// Takes every measurement, inside the job.
///
/// # Errors
/// As [`run`].
pub fn measure(stage: &mut Stage, wanted: &Wanted, mut tell: impl FnMut(Measured)) -> Result<()> {
    let wants = |part| wanted.parts.contains(&part);
    for (part, firmware) in [(Part::Uefi, Firmware::Uefi), (Part::Bios, Firmware::Bios)] {
        if !wants(part) {
            continue;
        }
        let plain = match &wanted.plain_disk {
            Some(disk) => Some(boots(stage, &Which::Plain(disk), firmware, wanted.boots)?),
            None => None,
        };
        let ours = boots(stage, &Which::Ours, firmware, wanted.boots)?;
        compare(firmware, &ours, plain.as_ref()).into_iter().for_each(&mut tell);
    }
    if wants(Part::Idle) {
        if !wants(Part::Uefi) && !wants(Part::Bios) {
            let metadata = Metadata::with_mapping(club::MAPPING).and_key(&stage.key.public);
            stage.boot(Firmware::Bios, Source::NoCloud, &metadata)?;
            stage.wait_for_health(stage.limit(HEALTH_SECONDS))?;
        }
        idle_memory(stage)?.into_iter().for_each(&mut tell);
        tell(Measured::new(format!("submission to mailbox, {MESSAGES} messages"), throughput(stage)?, "messages/s"));
    }
    if wants(Part::Console) {
        console::measure(stage)?.into_iter().for_each(&mut tell);
    }
    if wants(Part::Updates) {
        updates::measure(stage)?.into_iter().for_each(&mut tell);
    }
    Ok(())
}

/// The numbers as a table.
#[must_use]
pub fn table(measured: &[Measured]) -> String {
    measured.iter().fold(String::new(), |mut table, Measured { what, value, unit }| {
        writeln!(table, "{what:<60} {value:>9.2} {unit}").ok();
        table
    })
}

/// The numbers as JSON.
#[must_use]
pub fn json(measured: &[Measured]) -> String {
    serde_json::json!({ "measured": measured }).to_string()
}

/// Which of the two machines.
enum Which<'a> {
    Ours,
    Plain(&'a Path),
}

/// Seconds from power-on until a machine is up.
#[derive(Debug)]
struct Boots {
    first: f64,
    /// The median of the later ones.
    later: f64,
    /// The same until multi-user.target, of a plain one.
    started: Option<f64>,
}

/// Boots a machine for the first time and then some more; it stays up.
fn boots(stage: &mut Stage, which: &Which<'_>, firmware: Firmware, count: u8) -> Result<Boots> {
    let (image, file) = match which {
        Which::Ours => (stage.image.clone(), "disk.qcow2"),
        Which::Plain(disk) => (disk.to_path_buf(), "plain.qcow2"),
    };
    let metadata = Metadata::with_mapping(club::MAPPING).and_key(&stage.key.public);
    let disk = Disk::overlay(&image, &stage.folder.join(file))?;
    let plan = Plan { seed: Some(stage.seed(Source::NoCloud, &metadata)?), ..Plan::new(disk, firmware) };
    let (first, _) = power_on(stage, which, plan.clone())?;
    let (mut later, mut started) = (Vec::new(), Vec::new());
    for _ in 0..count.max(1) {
        let limit = stage.limit(HEALTH_SECONDS);
        stage.shell().hang_up();
        stage.machine()?.power_down(limit)?;
        let (up, multi_user) = power_on(stage, which, plan.clone())?;
        later.push(up);
        started.extend(multi_user);
    }
    Ok(Boots { first, later: median(later).unwrap_or(first), started: median(started) })
}

/// Seconds from now until a machine started now is up, and until the plain one reached multi-user.target.
fn power_on(stage: &mut Stage, which: &Which<'_>, plan: Plan) -> Result<(f64, Option<f64>)> {
    let (start, limit) = (Instant::now(), stage.limit(HEALTH_SECONDS));
    stage.start(plan)?;
    let mut started = None;
    match which {
        Which::Ours => stage.wait_for_health(limit)?,
        Which::Plain(_) => {
            stage.machine()?.serial().wait(PLAIN_STARTED, limit)?;
            started = Some(start.elapsed().as_secs_f64());
            stage.machine()?.serial().wait(PLAIN_UP, limit)?;
        }
    }
    Ok((start.elapsed().as_secs_f64(), started))
}

fn median(mut seconds: Vec<f64>) -> Option<f64> {
    seconds.sort_by(f64::total_cmp);
    seconds.get(seconds.len() / 2).copied()
}

/// The boots of one firmware as numbers; the last says who is faster.
fn compare(firmware: Firmware, ours: &Boots, plain: Option<&Boots>) -> Vec<Measured> {
    let name = match firmware {
        Firmware::Bios => "BIOS",
        Firmware::Uefi => "UEFI",
    };
    let seconds = |what: &str, value| Measured::new(format!("power-on to {what}, {name}"), value, "s");
    let mut all =
        vec![seconds("health report, first boot", ours.first), seconds("health report, later boot", ours.later)];
    if let Some(plain) = plain {
        all.extend(plain.started.map(|value| seconds("multi-user of plain Debian, later boot", value)));
        all.push(seconds("services of plain Debian, first boot", plain.first));
        all.push(seconds("services of plain Debian, later boot", plain.later));
        let ratio = ours.later / plain.later;
        let verdict = if ratio <= 1.0 { "times (ours <= plain)" } else { "times (ours is SLOWER than plain)" };
        all.push(Measured::new(format!("later boot, ours by plain Debian's, {name}"), ratio, verdict));
    }
    all
}

fn idle_memory(stage: &Stage) -> Result<Vec<Measured>> {
    std::thread::sleep(IDLE);
    let shell = stage.shell();
    let mib = |kib: u64| kib as f64 / 1024.0;
    let in_use = shell.succeed(IN_USE)?;
    let in_use = in_use.trim().parse().map_err(|_| Error::Unmet(format!("memory in use: {in_use:?}")))?;
    let by_service = pss(&shell.succeed(PSS)?);
    let sum = by_service.values().sum();
    let mut all = vec![
        Measured::new("memory in use when idle (total less available)", mib(in_use), "MiB"),
        Measured::new("memory of all processes when idle (PSS)", mib(sum), "MiB"),
    ];
    let mut largest: Vec<_> = by_service.into_iter().collect();
    largest.sort_by_key(|(_, kib)| std::cmp::Reverse(*kib));
    all.extend(largest.into_iter().map(|(name, kib)| Measured::new(format!("  {name}"), mib(kib), "MiB")));
    Ok(all)
}

/// Reads lines of KiB and name.
fn pss(lines: &str) -> BTreeMap<String, u64> {
    let entry = |line: &str| {
        let (kib, name) = line.split_once(' ')?;
        let name = if name.is_empty() { "kernel and first process" } else { name };
        Some((name.to_owned(), kib.parse().ok()?))
    };
    lines.lines().filter_map(entry).collect()
}

fn throughput(stage: &Stage) -> Result<f64> {
    let mut outbox = stage.outbox_of(JILL)?;
    let mut mailbox = stage.mailbox_of(KENTON)?;
    let start = Instant::now();
    for number in 0..MESSAGES {
        let text = letter(&JILL.address(), &KENTON.address(), &format!("Throughput {number}"), "A line of text.");
        let reply = outbox.send(&JILL.address(), &[&KENTON.address()], &text)?;
        crate::must!(reply.is_positive(), "message {number} is refused: {reply}");
    }
    let limit = stage.limit(120);
    loop {
        let arrived = mailbox.command("STATUS INBOX (MESSAGES)")?;
        let count = arrived.split(|letter: char| !letter.is_ascii_digit()).find_map(|word| word.parse::<usize>().ok());
        if count.unwrap_or(0) >= MESSAGES {
            return Ok(MESSAGES as f64 / start.elapsed().as_secs_f64());
        }
        if start.elapsed() > limit {
            let what = format!("the arrival of {MESSAGES} messages");
            return Err(Error::Late { what, seconds: limit.as_secs(), detail: format!(": {arrived}") });
        }
        std::thread::sleep(Duration::from_millis(200));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_is_read_by_service() {
        let read = pss("20480 rspamd.service\n1024 \nnonsense\n");
        assert_eq!(read["rspamd.service"], 20480);
        assert_eq!(read["kernel and first process"], 1024);
    }

    #[test]
    fn the_table_has_a_line_for_each_number() {
        let measured = [Measured::new("boot", 61.25, "s")];
        assert_eq!(table(&measured).trim_end(), format!("{:<60} {:>9} s", "boot", "61.25"));
    }

    #[test]
    fn the_later_boots_say_who_is_faster() {
        let boots = |first, later, started| Boots { first, later, started };
        let (ours, plain) = (boots(90.0, 60.0, None), boots(70.0, 50.0, Some(40.0)));
        let verdict = |ours, plain| compare(Firmware::Bios, ours, Some(plain)).pop().unwrap();
        assert!(verdict(&ours, &plain).unit.contains("SLOWER"));
        assert!(verdict(&plain, &ours).unit.contains("ours <= plain"));
        assert!(verdict(&ours, &ours).unit.contains("ours <= plain"));
        assert_eq!(compare(Firmware::Uefi, &ours, None).len(), 2);
        assert_eq!(compare(Firmware::Uefi, &ours, Some(&plain)).len(), 6);
    }

    #[test]
    fn one_slow_boot_does_not_count() {
        assert_eq!(median(vec![50.0, 200.0, 40.0]), Some(50.0));
        assert_eq!(median(Vec::new()), None);
    }
}
