//! Measures a machine: seconds from power-on to the health report under each firmware, against a plain
//! Debian installation when one is given; memory of each service when idle; messages per second from
//! submission to mailbox.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::PathBuf;
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

/// Messages of the throughput measurement.
const MESSAGES: usize = 100;
/// What a machine is left alone for before its memory counts as idle.
const IDLE: Duration = Duration::from_secs(30);
/// What a plain Debian installation says when it is up.
const PLAIN_UP: &str = r"login:|Reached target .*multi-user";
/// The guest's sum of proportional set sizes by control group, in KiB: one line each.
const PSS: &str = r#"for p in /proc/[0-9]*; do
  pss=$(awk '/^Pss:/ { print $2 }' $p/smaps_rollup 2>/dev/null); [ -n "$pss" ] || continue
  group=$(sed -n 's/^0:://p' $p/cgroup); echo "${group##*/} $pss"
done | awk '{ sum[$1] += $2 } END { for (name in sum) print sum[name], name }'"#;
/// What the kernel says is in use: total less available, in KiB.
const IN_USE: &str = "awk '/^MemTotal/ { t = $2 } /^MemAvailable/ { a = $2 } END { print t - a }' /proc/meminfo";

/// What to compare with.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Wanted {
    /// A raw disk with a plain Debian installation of the same packages.
    pub plain_disk: Option<PathBuf>,
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
    let ended = schedule::watch(order, |event| {
        if let Event::Measured(measured) = event {
            all.push(measured);
        }
    });
    ended.map(|()| all)
}

/// Takes every measurement, inside the job.
///
/// # Errors
/// As [`run`].
pub fn measure(stage: &mut Stage, wanted: &Wanted, mut tell: impl FnMut(Measured)) -> Result<()> {
    if let Some(plain) = &wanted.plain_disk {
        tell(Measured::new("power-on to multi-user, plain Debian, BIOS", plain_boot(stage, plain)?, "s"));
    }
    let first = first_boot(stage, Firmware::Uefi)?;
    tell(Measured::new("power-on to health report, first boot, UEFI", first, "s"));
    tell(Measured::new("power-on to health report, later boot, UEFI", later_boot(stage)?, "s"));
    let first = first_boot(stage, Firmware::Bios)?;
    tell(Measured::new("power-on to health report, first boot, BIOS", first, "s"));
    tell(Measured::new("power-on to health report, later boot, BIOS", later_boot(stage)?, "s"));
    idle_memory(stage)?.into_iter().for_each(&mut tell);
    tell(Measured::new(format!("submission to mailbox, {MESSAGES} messages"), throughput(stage)?, "messages/s"));
    console::measure(stage)?.into_iter().for_each(&mut tell);
    Ok(())
}

/// The numbers as a table.
#[must_use]
pub fn table(measured: &[Measured]) -> String {
    measured.iter().fold(String::new(), |mut table, Measured { what, value, unit }| {
        writeln!(table, "{what:<60} {value:>9.1} {unit}").ok();
        table
    })
}

/// The numbers as JSON.
#[must_use]
pub fn json(measured: &[Measured]) -> String {
    serde_json::json!({ "measured": measured }).to_string()
}

fn plain_boot(stage: &mut Stage, plain: &std::path::Path) -> Result<f64> {
    let disk = Disk::overlay(plain, &stage.folder.join("plain.qcow2"))?;
    let (start, limit) = (Instant::now(), stage.limit(HEALTH_SECONDS));
    stage.start(Plan::new(disk, Firmware::Bios))?;
    stage.machine()?.serial().wait(PLAIN_UP, limit)?;
    let seconds = start.elapsed().as_secs_f64();
    stage.unplug()?;
    Ok(seconds)
}

fn first_boot(stage: &mut Stage, firmware: Firmware) -> Result<f64> {
    let limit = stage.limit(HEALTH_SECONDS);
    let metadata = Metadata::with_mapping(club::MAPPING).and_key(&stage.key.public);
    let start = Instant::now();
    stage.boot(firmware, Source::NoCloud, &metadata)?;
    stage.wait_for_health(limit)?;
    Ok(start.elapsed().as_secs_f64())
}

fn later_boot(stage: &mut Stage) -> Result<f64> {
    let (plan, limit) = (stage.plan()?, stage.limit(HEALTH_SECONDS));
    stage.shell().hang_up();
    stage.machine()?.power_down(limit)?;
    let start = Instant::now();
    stage.start(plan)?;
    stage.wait_for_health(limit)?;
    Ok(start.elapsed().as_secs_f64())
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
        assert_eq!(table(&measured).trim_end(), format!("{:<60} {:>9} s", "boot", "61.2"));
    }
}
