//! Measures updates, each beside what could hardly be less: filling a slot beside a plain download to the same partition of
//! the same machine, by turns; how long no letter is taken during an update beside a plain reboot, and into the next Debian
//! beside an update; the memory of filling a slot, and how often the machine starts until a release that is no good is
//! taken back.

use sos_signing::Version;

use super::{Measured, median};
use crate::base::{HEALTH_SECONDS, LOADER, STAGING_SECONDS};
use crate::channel::Channel;
use crate::downtime::Sender;
use crate::population;
use crate::seed::{Metadata, Source};
use crate::session::Stage;
use crate::vm::{Firmware, Shell};
use crate::world::releases;
use crate::{Error, Result, must};

/// Turns of filling a slot and of a plain download.
const ROUNDS: usize = 3;
/// What must be reached: speed by a plain download's, memory in MiB, downtime by a plain reboot's, starts of the machine,
/// downtime into the next Debian by an update's.
const SLOWEST: f64 = 0.8;
const MOST_MEMORY: f64 = 96.0;
const LONGEST_DOWNTIME: f64 = 1.5;
const MOST_STARTS: f64 = 2.0;
const LONGEST_CROSSING: f64 = 2.0;
/// Seconds from the beginning of a try to its end, whatever the end.
const TRY_SECONDS: u32 = 600;
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
    let metadata = Metadata::with_mapping(&population::mapping()).and_key(&stage.key.public);
    stage.boot(Firmware::Bios, Source::NoCloud, &metadata)?;
    // Two hundred members take their time.
    let limit = stage.limit(HEALTH_SECONDS) * 2;
    stage.wait_for_health(limit)?;
    let shell = stage.shell();
    shell.wait_until_succeeds("true", 30)?;
    population::settle(stage)?;

    channel.offer(versions[0])?;
    shell.succeed("/usr/lib/sos/sos-update check")?;
    let payload = channel.stock.payload(versions[0])?;
    let url = format!("http://{}/releases/{}/{payload}", releases::NAME, versions[0]);
    let mut rows = filling(&shell, &url)?;
    let reboot = downtime_of_a_reboot(stage)?;
    let update = downtime_of(stage, versions[0])?;
    rows.push(Measured::new("no letter is taken in a plain reboot", reboot, "s"));
    rows.push(Measured::new("no letter is taken in an update", update, "s"));
    rows.push(at_most("downtime of an update, by a plain reboot's", update / reboot, "times", LONGEST_DOWNTIME));
    channel.offer(versions[1])?;
    rows.push(taking_back(stage, versions[1])?);
    match channel.stock.lacking() {
        Some(lacking) => stage.tell(format!("no crossing is measured: the next Debian lacks {lacking}")),
        None => rows.extend(crossing(stage, &channel, update)?),
    }
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

/// How long no letter is taken in a plain reboot, seconds.
fn downtime_of_a_reboot(stage: &mut Stage) -> Result<f64> {
    let sender = Sender::begin();
    sender.wait_for_one(stage)?;
    let limit = stage.limit(HEALTH_SECONDS);
    stage.reboot(limit)?;
    sender.longest_silence(stage)
}

/// How long no letter is taken as the release that is staged is tried and stays, seconds.
fn downtime_of(stage: &mut Stage, version: Version) -> Result<f64> {
    let sender = Sender::begin();
    sender.wait_for_one(stage)?;
    start_try(stage)?;
    let limit = stage.limit(TRY_SECONDS);
    stage.machine()?.serial().wait(&format!("sos: update: committed {version}"), limit)?;
    sender.longest_silence(stage)
}

/// How long no letter is taken on the way into the next Debian.
fn crossing(stage: &mut Stage, channel: &Channel, update: f64) -> Result<Vec<Measured>> {
    let version = channel.stock.next_debian()?;
    channel.offer(version)?;
    let shell = stage.shell();
    shell.wait_until_succeeds("true", 60)?;
    shell.succeed("rm /var/lib/sos-update/fault")?;
    shell.succeed_within("/usr/lib/sos/sos-update check && /usr/lib/sos/sos-update stage", STAGING_SECONDS)?;
    let crossing = downtime_of(stage, version)?;
    Ok(vec![
        Measured::new("no letter is taken in a crossing to the next Debian", crossing, "s"),
        at_most("downtime of a crossing, by an update's", crossing / update, "times", LONGEST_CROSSING),
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
