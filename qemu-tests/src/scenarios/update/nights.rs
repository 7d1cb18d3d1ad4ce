//! Bad nights: keys that changed long ago, a clock that is wrong, a network that is gone, a server that talks nonsense or
//! never stops, a disk that is full. The updater says so and goes on another night; nothing changes meanwhile, and
//! nothing keeps it from the next good one.

use super::refusals::{fresh, nothing_changed, slot_of};
use super::{status, updater};
use crate::base::STAGING_SECONDS;
use crate::channel::Channel;
use crate::session::Stage;
use crate::vm::Shell;
use crate::world::releases::Fault;
use crate::{Error, Result, must};

/// Roots that a device of two years ago has to follow.
const ROOTS: usize = 6;
/// The boot state and the other slot's beginnings, as in [`super::refusals`].
const UNTOUCHED: &str = "sha256sum /dev/disk/by-partlabel/bootstate; \
    for part in boot-b root-b; do head -c 4M /dev/disk/by-partlabel/$part | sha256sum; done; cat /proc/cmdline";
/// What an asking may take, whatever the other side does, with hardware virtualisation.
const PATIENCE_SECONDS: u32 = 300;
/// And the memory it may take meanwhile, in MiB.
const MEMORY_MIB: u64 = 96;

/// Two years of other keys, for root too, and each time the old ones' metadata expired: it follows, and finds what is new.
pub fn follows_the_chain_of_roots(stage: &mut Stage) -> Result<()> {
    let channel = fresh(stage)?;
    let next = channel.stock.next()?;
    channel.offer(next)?;
    found(stage, &channel)?;
    for _ in 0..ROOTS {
        channel.rotate_root()?;
    }
    let keys = channel.rotate_online()?;
    channel.renew_by(&keys, &[])?;
    found(stage, &channel)
}

/// 1970, and ten years ahead: neither keeps it from what is new, nor opens the door to what is not.
pub fn wrong_clock(stage: &mut Stage) -> Result<()> {
    let channel = fresh(stage)?;
    channel.offer(channel.stock.next()?)?;
    let now = std::time::UNIX_EPOCH.elapsed().unwrap_or_default().as_secs();
    let shell = stage.shell();
    let played = [86_400, now + 10 * 365 * 86_400].into_iter().try_for_each(|clock| {
        shell.succeed(&format!("date --set=@{clock}"))?;
        found(stage, &channel)?;
        let old =
            std::fs::read(channel.folder.join("metadata/timestamp.json")).map_err(Error::file(&channel.folder))?;
        channel.renew(&[])?;
        found(stage, &channel)?;
        stage.world.releases.put("/metadata/timestamp.json", old);
        let held_back = updater(&shell, "check", STAGING_SECONDS)?;
        must!(held_back.code == Some(3), "at {clock} older metadata is taken: {}", held_back.stderr);
        stage.world.releases.mend();
        Ok(())
    });
    shell.succeed(&format!("date --set=@{now}"))?;
    played
}

/// The server cannot be reached, says garbage, and then nothing more is known for a month: said, and forgotten on the
/// first good night.
pub fn network_is_gone(stage: &mut Stage) -> Result<()> {
    every_night_fails(stage, &[Fault::HangUp, Fault::Absent])
}

/// What comes is not what was asked for.
pub fn server_talks_garbage(stage: &mut Stage) -> Result<()> {
    every_night_fails(stage, &[Fault::Garbage])
}

/// A byte a second, and a body that never ends: it lets go by itself, and takes no memory for it.
pub fn server_never_ends(stage: &mut Stage) -> Result<()> {
    every_night_fails(stage, &[Fault::Slow, Fault::Endless])
}

fn every_night_fails(stage: &Stage, faults: &[Fault]) -> Result<()> {
    let channel = fresh(stage)?;
    channel.offer(channel.stock.next()?)?;
    let shell = stage.shell();
    let before = shell.succeed(UNTOUCHED)?;
    for fault in faults {
        stage.world.releases.set_fault("/metadata/timestamp.json", *fault);
        let ended = bounded(&shell, &format!("{} check", super::UPDATER))?;
        must!(ended.code != Some(0), "{fault:?}: an asking that cannot have worked says that it did");
        must!(
            status(&shell)?.fault.is_some(),
            "{fault:?}: the status does not say that the channel could not be asked"
        );
        nothing_changed(&shell, &before)?;
        stage.world.releases.mend();
    }
    found(stage, &channel)
}

/// Runs it in a scope of its own, in which it may not take more memory than it may.
fn bounded(shell: &Shell, command: &str) -> Result<crate::program::Output> {
    let scope = format!("systemd-run --quiet --pipe --wait -p MemoryMax={MEMORY_MIB}M -p MemorySwapMax=0 {command}");
    shell.execute_within(&scope, PATIENCE_SECONDS)
}

/// The connection breaks again and again: staging goes on where it was, and the slot is whole in the end.
pub fn staging_goes_on_after_breaks(stage: &mut Stage) -> Result<()> {
    let channel = fresh(stage)?;
    let next = channel.stock.next()?;
    channel.offer(next)?;
    found(stage, &channel)?;
    let shell = stage.shell();
    let slot = slot_of(next);
    stage.world.releases.set_fault(&slot, Fault::CutAfter(20 << 20));
    let broken = updater(&shell, "stage", STAGING_SECONDS)?;
    must!(broken.code != Some(0) || is_whole(&shell)?, "staging says that it is done, and the slot is not whole");
    let mut asked = stage.world.releases.asked();
    stage.world.releases.mend();
    if !is_whole(&shell)? {
        let ended = updater(&shell, "stage", STAGING_SECONDS)?;
        must!(ended.code == Some(0), "staging does not go on: {}", ended.stderr);
        asked.extend(stage.world.releases.asked());
    }
    let from: Vec<_> = asked.into_iter().filter(|asked| asked.path == slot).collect();
    must!(from.iter().any(|asked| asked.from.is_some_and(|first| first > 0)), "it began anew each time: {from:?}");
    must!(is_whole(&shell)?, "the slot is not whole");
    Ok(())
}

/// No room on the disk: staging needs none but for its notes, and says so when it cannot write those.
pub fn disk_is_full(stage: &mut Stage) -> Result<()> {
    let channel = fresh(stage)?;
    channel.offer(channel.stock.next()?)?;
    let shell = stage.shell();
    let bootstate = "sha256sum /dev/disk/by-partlabel/bootstate";
    let before = shell.succeed(bootstate)?;
    shell.succeed(
        "number=0; for piece in 1G 64M 4M 256K 16K; do \
         while fallocate -l $piece /var/full.$number 2>/dev/null; do number=$((number + 1)); done; done",
    )?;
    let tried = updater(&shell, "check", STAGING_SECONDS).and_then(|_| updater(&shell, "stage", STAGING_SECONDS));
    shell.succeed("rm -f /var/full.*; sync")?;
    let tried = tried?;
    must!(tried.code == Some(0) || !is_whole(&shell)?, "staging failed, and the slot counts as whole");
    must!(shell.succeed(bootstate)? == before, "the boot state is not what it was");
    found(stage, &channel)?;
    let ended = updater(&shell, "stage", STAGING_SECONDS)?;
    must!(ended.code == Some(0) && is_whole(&shell)?, "with room again it is not staged: {}", ended.stderr);
    Ok(())
}

fn is_whole(shell: &Shell) -> Result<bool> {
    Ok(shell.execute("grep -q '\"whole\":true' /var/lib/sos-update/staged.json")?.code == Some(0))
}

/// The next release is found, now.
fn found(stage: &Stage, channel: &Channel) -> Result<()> {
    let shell = stage.shell();
    let ended = updater(&shell, "check", STAGING_SECONDS)?;
    must!(ended.code == Some(0), "the next release is not found: {}", ended.stderr);
    let now = status(&shell)?;
    let next = channel.stock.next()?.to_string();
    let available = now.available.map(|release| release.version);
    must!(available.as_ref() == Some(&next), "{available:?} is available, and {next} is offered");
    must!(now.fault.is_none(), "a good night leaves the complaint of a bad one: {:?}", now.fault);
    Ok(())
}
