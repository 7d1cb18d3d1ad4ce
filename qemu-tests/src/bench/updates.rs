//! Measures updates, each beside what could hardly be less: filling a slot beside a plain download to the same partition of
//! the same machine, by turns; how long no letter is taken during an update beside a plain reboot; the memory of filling a
//! slot, and how often the machine starts until a release that is no good is taken back.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use sos_signing::Version;

use super::{Measured, median};
use crate::base::{HEALTH_SECONDS, LOADER, STAGING_SECONDS};
use crate::client::{Security, Smtp, reaches};
use crate::club::{self, JILL};
use crate::scenarios::letter;
use crate::seed::{Metadata, Source};
use crate::session::Stage;
use crate::vm::{Firmware, Shell};
use crate::world::{BORCHESTER, MACHINE, releases};
use crate::{Error, Result, must};

/// Turns of filling a slot and of a plain download.
const ROUNDS: usize = 3;
/// What must be reached: speed by a plain download's, memory in MiB, downtime by a plain reboot's, starts of the machine.
const SLOWEST: f64 = 0.8;
const MOST_MEMORY: f64 = 96.0;
const LONGEST_DOWNTIME: f64 = 1.5;
const MOST_STARTS: f64 = 2.0;
/// Seconds from the beginning of a try to its end, whatever the end.
const TRY_SECONDS: u32 = 600;
/// Seconds until letters are taken again after that, with hardware virtualisation.
const OPEN_SECONDS: u32 = 60;
/// Between two letters.
const EVERY: Duration = Duration::from_secs(1);
/// How long a host that is not there is waited for.
const KNOCK: Duration = Duration::from_secs(1);
/// How the release fails that is taken back.
const FAULT: &str = "directory-empty";

/// Fills the slot from nothing, in a unit of its own; says nanoseconds, the most bytes the program had (VmHWM, KiB), and
/// those of its control group, which counts pages of files too.
const FILL: &str = r#"set -e
rm -f /var/lib/sos-update/staged.json /run/bench-*; sync; echo 3 >/proc/sys/vm/drop_caches
cat >/run/bench-fill <<'END'
/usr/lib/sos/sos-update stage & program=$!
while kill -0 $program 2>/dev/null; do
  awk '/^VmHWM/ { print $2 }' /proc/$program/status >/run/bench-last 2>/dev/null && test -s /run/bench-last && cp /run/bench-last /run/bench-program
  sleep 0.2
done
wait $program && cat /sys/fs/cgroup$(sed -n 's/^0:://p' /proc/self/cgroup)/memory.peak >/run/bench-group
END
from=$(date +%s%N)
systemd-run --wait --quiet --collect --property=MemoryAccounting=yes /bin/sh /run/bench-fill
to=$(date +%s%N)
echo $((to - from)) $(cat /run/bench-program) $(cat /run/bench-group)"#;

/// Measures.
pub(super) fn measure(stage: &mut Stage) -> Result<Vec<Measured>> {
    let channel = stage.channel()?;
    let versions = [channel.stock.next()?, channel.stock.after_next()?];
    let metadata = Metadata::with_mapping(club::MAPPING).and_key(&stage.key.public);
    stage.boot(Firmware::Bios, Source::NoCloud, &metadata)?;
    let limit = stage.limit(HEALTH_SECONDS);
    stage.wait_for_health(limit)?;
    let shell = stage.shell();
    shell.wait_until_succeeds("true", 30)?;

    channel.offer(versions[0])?;
    shell.succeed("/usr/lib/sos/sos-update check")?;
    let payload = channel.stock.payload(versions[0])?;
    let url = format!("http://{}/releases/{}/{payload}", releases::NAME, versions[0]);
    let mut rows = filling(&shell, &url)?;
    rows.extend(downtime(stage, versions[0])?);
    channel.offer(versions[1])?;
    rows.push(taking_back(stage, versions[1])?);
    Ok(rows)
}

/// What one filling took.
struct Filled {
    seconds: f64,
    program_mib: f64,
    group_mib: f64,
}

/// The staging and the plain download by turns; the staging last, so that the slot is whole then.
fn filling(shell: &Shell, url: &str) -> Result<Vec<Measured>> {
    let zstd = zstd(shell)?;
    let download = format!(
        "set -eo pipefail; sync; echo 3 >/proc/sys/vm/drop_caches; from=$(date +%s%N); curl -sf {url} | {zstd} -d | \
         dd of=/dev/disk/by-partlabel/root-b bs=4M iflag=fullblock oflag=direct conv=fsync status=none; \
         echo $(($(date +%s%N) - from))"
    );
    let (mut plain, mut ours) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        let said = shell.succeed_within(&format!("bash -c '{download}'"), STAGING_SECONDS)?;
        plain.push(numbers::<1>(&said)?[0] / 1e9);
        let [nanoseconds, kib, bytes] = numbers(&shell.succeed_within(FILL, STAGING_SECONDS)?)?;
        let mib = |bytes: f64| bytes / f64::from(1 << 20);
        ours.push(Filled { seconds: nanoseconds / 1e9, program_mib: mib(kib * 1024.0), group_mib: mib(bytes) });
    }
    let seconds = |all: Vec<f64>| median(all).unwrap_or_default();
    let (plain, filled) = (seconds(plain), seconds(ours.iter().map(|filled| filled.seconds).collect()));
    let most = |of: fn(&Filled) -> f64| ours.iter().map(of).fold(0.0, f64::max);
    Ok(vec![
        Measured::new(format!("curl | zstd -d | dd of a slot, median of {ROUNDS}"), plain, "s"),
        Measured::new(format!("staging the same, checked and read back, median of {ROUNDS}"), filled, "s"),
        at_least("speed of staging, by the plain download's", plain / filled, "times", SLOWEST),
        at_most("memory of staging, the program's peak", most(|filled| filled.program_mib), "MiB", MOST_MEMORY),
        at_most("memory of staging, its control group's peak", most(|filled| filled.group_mib), "MiB", MOST_MEMORY),
    ])
}

/// How to call zstd on the device, which has none unless it is brought along: `/usr/bin/zstd` needs libraries that every
/// Debian has.
fn zstd(shell: &Shell) -> Result<&'static str> {
    if shell.execute("command -v zstd")?.code == Some(0) {
        return Ok("zstd");
    }
    shell.feed("cat >/run/zstd && chmod 0755 /run/zstd", "/usr/bin/zstd".as_ref())?;
    shell.succeed("/run/zstd --version")?;
    Ok("/run/zstd")
}

/// How long no letter is taken, in a plain reboot and in an update.
fn downtime(stage: &mut Stage, version: Version) -> Result<Vec<Measured>> {
    let sender = Sender::begin();
    sender.wait_for_one(stage)?;
    let limit = stage.limit(HEALTH_SECONDS);
    stage.reboot(limit)?;
    let reboot = sender.longest_silence(stage)?;

    let sender = Sender::begin();
    sender.wait_for_one(stage)?;
    start_try(stage)?;
    let limit = stage.limit(TRY_SECONDS);
    stage.machine()?.serial().wait(&format!("sos: update: committed {version}"), limit)?;
    let update = sender.longest_silence(stage)?;
    Ok(vec![
        Measured::new("no letter is taken in a plain reboot", reboot, "s"),
        Measured::new("no letter is taken in an update", update, "s"),
        at_most("downtime of an update, by a plain reboot's", update / reboot, "times", LONGEST_DOWNTIME),
    ])
}

/// How often the machine starts until a release that is no good is taken back.
fn taking_back(stage: &mut Stage, version: Version) -> Result<Measured> {
    let shell = stage.shell();
    shell.wait_until_succeeds("true", 60)?;
    shell.succeed_within("/usr/lib/sos/sos-update check && /usr/lib/sos/sos-update stage", STAGING_SECONDS)?;
    shell.succeed(&format!("printf {FAULT} >/var/lib/sos-update/fault && sync"))?;
    let loaders = |stage: &mut Stage| -> Result<usize> { Ok(stage.machine()?.serial().text().matches(LOADER).count()) };
    let before = loaders(stage)?;
    start_try(stage)?;
    let limit = stage.limit(TRY_SECONDS);
    stage.machine()?.serial().wait(&format!("sos: update: rolled back {version}"), limit)?;
    let starts = loaders(stage)? - before;
    Ok(at_most("starts of the machine until a bad release is taken back", starts as f64, "starts", MOST_STARTS))
}

fn start_try(stage: &mut Stage) -> Result<()> {
    stage.machine()?.serial().skip();
    let shell = stage.shell();
    // The connection breaks under it, so its end says nothing; a refusal does.
    let ended = shell.execute("/usr/lib/sos/sos-update try")?;
    must!(ended.code.is_none_or(|code| code == 0 || code == 255), "the try does not begin: {}", ended.stderr.trim());
    shell.hang_up();
    Ok(())
}

/// Another organisation's server with a letter every second.
struct Sender {
    taken: Arc<Mutex<Vec<Instant>>>,
    ended: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Sender {
    fn begin() -> Sender {
        let (taken, ended) = (Arc::<Mutex<Vec<_>>>::default(), Arc::<AtomicBool>::default());
        let (book, stop) = (taken.clone(), ended.clone());
        let thread = std::thread::spawn(move || {
            while !stop.load(Ordering::Relaxed) {
                // Each on its own: one that speaks to a machine that went waits for long.
                let book = book.clone();
                std::thread::spawn(move || {
                    if hand_over().is_ok_and(|taken| taken) {
                        book.lock().unwrap_or_else(PoisonError::into_inner).push(Instant::now());
                    }
                });
                std::thread::sleep(EVERY);
            }
        });
        Sender { taken, ended, thread: Some(thread) }
    }

    fn wait_for_one(&self, stage: &Stage) -> Result<()> {
        self.wait_for_one_after(Instant::now(), stage)
    }

    fn wait_for_one_after(&self, moment: Instant, stage: &Stage) -> Result<()> {
        let limit = stage.limit(OPEN_SECONDS);
        while !self.taken.lock().unwrap_or_else(PoisonError::into_inner).iter().any(|taken| *taken > moment) {
            if moment.elapsed() > limit {
                let what = "the taking of a letter".into();
                return Err(Error::Late { what, seconds: limit.as_secs(), detail: String::new() });
            }
            std::thread::sleep(Duration::from_millis(100));
        }
        Ok(())
    }

    /// The longest time between two letters, when letters are taken again.
    fn longest_silence(self, stage: &Stage) -> Result<f64> {
        self.wait_for_one_after(Instant::now(), stage)?;
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner).clone();
        taken.sort();
        Ok(longest(&taken).as_secs_f64())
    }
}

impl Drop for Sender {
    fn drop(&mut self) {
        self.ended.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            // It has nothing to panic about.
            thread.join().ok();
        }
    }
}

fn longest(moments: &[Instant]) -> Duration {
    moments.windows(2).map(|pair| pair[1] - pair[0]).max().unwrap_or_default()
}

fn hand_over() -> Result<bool> {
    let to = (MACHINE, 25).into();
    if !reaches(BORCHESTER, to, KNOCK) {
        return Ok(false);
    }
    let mut smtp = Smtp::connect(BORCHESTER, to, Security::Plain, "mail.borchester.example")?;
    let (from, to) = ("usha@borchester.example", JILL.address());
    let reply = smtp.send(from, &[&to], &letter(from, &to, "Every second", "Are you there?"))?;
    // Another letter comes in a second.
    smtp.command("QUIT").ok();
    Ok(reply.is_positive())
}

/// So many numbers in a line.
fn numbers<const N: usize>(said: &str) -> Result<[f64; N]> {
    let numbers: Option<Vec<f64>> = said.split_whitespace().map(|word| word.parse().ok()).collect();
    let numbers = numbers.and_then(|numbers| numbers.try_into().ok());
    numbers.ok_or_else(|| Error::Unmet(format!("the machine was to say {N} numbers, and said {said:?}")))
}

fn at_least(what: &str, value: f64, unit: &str, bound: f64) -> Measured {
    let verdict = if value >= bound { "at least" } else { "LESS than" };
    Measured::new(what, value, &format!("{unit} ({verdict} {bound})"))
}

fn at_most(what: &str, value: f64, unit: &str, bound: f64) -> Measured {
    let verdict = if value <= bound { "at most" } else { "MORE than" };
    Measured::new(what, value, &format!("{unit} ({verdict} {bound})"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_silence_counts() {
        let start = Instant::now();
        let at =
            |seconds: &[u64]| seconds.iter().map(|second| start + Duration::from_secs(*second)).collect::<Vec<_>>();
        assert_eq!(longest(&at(&[0, 1, 2, 40, 41])), Duration::from_secs(38));
        assert_eq!(longest(&at(&[5])), Duration::ZERO);
    }

    #[test]
    fn what_must_be_reached_stands_beside_what_was() {
        assert_eq!(at_most("memory", 96.0, "MiB", 96.0).unit, "MiB (at most 96)");
        assert_eq!(at_most("memory", 96.5, "MiB", 96.0).unit, "MiB (MORE than 96)");
        assert_eq!(at_least("speed", 0.8, "times", 0.8).unit, "times (at least 0.8)");
        assert_eq!(at_least("speed", 0.79, "times", 0.8).unit, "times (LESS than 0.8)");
    }

    #[test]
    fn a_line_that_is_no_numbers_is_told() {
        assert_eq!(numbers::<3>("1 2.5 3\n").unwrap(), [1.0, 2.5, 3.0]);
        assert!(numbers::<3>("1 2").is_err() && numbers::<1>("x").is_err());
    }
}
