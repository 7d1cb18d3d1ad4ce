//! Offers that are not to be trusted or not fit: each is refused with its reason, and nothing has changed. The boot state
//! has the bytes it had, nothing of the other slot counts, and the machine goes on as if nothing had been offered.

use sos_ipc::UpdatePhase;
use sos_signing::Version;

use super::{UPDATER, status, updater};
use crate::base::STAGING_SECONDS;
use crate::channel::Channel;
use crate::session::Stage;
use crate::vm::Shell;
use crate::world::releases::Fault;
use crate::{Error, Result, must};

/// Exit codes: a fault, and a refusal.
const FAULT: i32 = 1;
const REFUSED: i32 = 3;
/// The boot state, whole; and the beginnings of the other slot's partitions, where every file system says what it is.
const UNTOUCHED: &str = "sha256sum /dev/disk/by-partlabel/bootstate; \
    for part in boot-b root-b; do head -c 4M /dev/disk/by-partlabel/$part | sha256sum; done; cat /proc/cmdline";
/// Forgets everything that was ever offered: scenarios of one machine do not depend on each other.
const FORGET: &str = "cd /var/lib/sos-update && rm -rf ./* && test ! -e /run/sos/trial";
/// Some other day's release.
const OLDER: &str = "13.20200101.1";
/// Signing hashes a release of some hundred megabytes.
const LIMIT: std::time::Duration = std::time::Duration::from_secs(300);

/// Asks for what is offered now, and stages it: one of the two must end with this code and these words.
fn refused(stage: &Stage, code: i32, why: &str) -> Result<()> {
    let shell = stage.shell();
    let before = shell.succeed(UNTOUCHED)?;
    let mut ended = updater(&shell, "check", STAGING_SECONDS)?;
    if ended.code == Some(0) {
        ended = updater(&shell, "stage", STAGING_SECONDS)?;
    }
    must!(
        ended.code == Some(code),
        "exit status {code} expected, and it ended so: {}",
        ended.into_error(UPDATER.into())
    );
    nothing_changed(&shell, &before)?;
    let fault = status(&shell)?.fault.unwrap_or_default();
    must!(fault.contains(why), "the status says {fault:?}, and it is because of {why:?}");
    must!(ended.stderr.contains(why), "the updater says {:?}, and it is because of {why:?}", ended.stderr);
    Ok(())
}

/// What was refused left no trace.
pub(super) fn nothing_changed(shell: &Shell, before: &str) -> Result<()> {
    must!(shell.succeed(UNTOUCHED)? == before, "boot state or slots are not what they were");
    no_slot_is_whole(shell)
}

/// Nothing that counts is staged, and nothing goes on.
fn no_slot_is_whole(shell: &Shell) -> Result<()> {
    let whole = shell.execute("grep -q '\"whole\":true' /var/lib/sos-update/staged.json")?;
    must!(whole.code != Some(0), "the other slot counts as whole");
    let now = status(shell)?;
    must!(now.phase == UpdatePhase::Idle, "the updater is {:?}", now.phase);
    let tried = updater(shell, "try", STAGING_SECONDS)?;
    must!(tried.code == Some(REFUSED), "what was refused can be tried (exit status {:?})", tried.code);
    Ok(())
}

/// A repository of its own, the machine knowing nothing yet.
pub(super) fn fresh(stage: &Stage) -> Result<Channel> {
    stage.shell().succeed(FORGET)?;
    stage.channel()
}

/// And with the next release offered.
fn offered(stage: &Stage) -> Result<(Channel, Version)> {
    let channel = fresh(stage)?;
    let next = channel.stock.next()?;
    channel.offer(next)?;
    Ok((channel, next))
}

/// The manifest of the release is not the one that was signed.
pub fn forged(stage: &mut Stage) -> Result<()> {
    let (channel, _) = offered(stage)?;
    let folder = channel.folder.join("targets");
    let entries = std::fs::read_dir(&folder).map_err(Error::file(&folder))?.flatten();
    for path in entries.map(|entry| entry.path()) {
        let text = std::fs::read_to_string(&path).map_err(Error::file(&path))?;
        // As long as before: what is forged well differs in content only.
        std::fs::write(&path, text.replacen("trixie", "woolly", 1)).map_err(Error::file(&path))?;
    }
    refused(stage, REFUSED, "is not the file that was signed")
}

/// Somebody else's keys, made just as well.
pub fn wrong_key(stage: &mut Stage) -> Result<()> {
    let (ours, next) = offered(stage)?;
    let keys = tempfile::tempdir().map_err(Error::file(&std::env::temp_dir()))?;
    let theirs = stage.folder.join("theirs");
    let init = |word: &str| crate::program::Program::new(crate::channel::beside("sos-sign")).arg(word).arg(&theirs);
    init("init").arg("--out").arg(keys.path()).run(LIMIT)?;
    let key = |name: &str| keys.path().join(format!("{name}.key"));
    let add = init("add").arg(ours.stock.release(next)).arg("--targets-key").arg(key("targets"));
    add.arg("--online-key").arg(key("online")).run(LIMIT)?;
    stage.world.releases.mount("/metadata", &theirs.join("metadata"));
    let said = refused(stage, REFUSED, "is signed by none of the keys that may");
    std::fs::remove_dir_all(&theirs).map_err(Error::file(&theirs))?;
    said
}

/// A new root that one of the two keys signed.
pub fn one_signature_of_two(stage: &mut Stage) -> Result<()> {
    let (channel, _) = offered(stage)?;
    channel.rotate_root()?;
    let trusted = channel.root_keys("1.root.json")?;
    channel.tamper("2.root.json", |root| {
        if let Some(signatures) = root["signatures"].as_array_mut() {
            // The new keys signed it, too, and what they say counts for nothing yet.
            signatures.retain(|signature| trusted.contains(&signature["keyid"]));
            signatures.truncate(1);
        }
    })?;
    refused(stage, REFUSED, "is signed by 1 of the 2 keys that must")
}

/// Nobody renewed it since before the release that runs.
pub fn expired(stage: &mut Stage) -> Result<()> {
    let (channel, _) = offered(stage)?;
    channel.renew(&["--online-expires", "2020-01-01T00:00:00Z"])?;
    refused(stage, REFUSED, "expired on 2020-01-01")
}

/// An older release than the one that runs is nothing to take, however well it is signed.
pub fn older_release(stage: &mut Stage) -> Result<()> {
    let channel = fresh(stage)?;
    let older = channel.altered(channel.stock.next()?, |manifest| manifest["version"] = OLDER.into())?;
    channel.offer_folder(&older, &[])?;
    let shell = stage.shell();
    let before = shell.succeed(UNTOUCHED)?;
    let ended = updater(&shell, "check", STAGING_SECONDS)?;
    must!(ended.code == Some(0), "nothing newer is no fault: {}", ended.into_error(UPDATER.into()));
    let offered = status(&shell)?.available;
    must!(offered.is_none(), "{offered:?} is offered to a newer machine");
    nothing_changed(&shell, &before)
}

/// Metadata that the machine has seen newer: somebody holds back what is new.
pub fn older_metadata(stage: &mut Stage) -> Result<()> {
    let (channel, _) = offered(stage)?;
    let old = std::fs::read(channel.folder.join("metadata/timestamp.json")).map_err(Error::file(&channel.folder))?;
    channel.renew(&[])?;
    let asked = updater(&stage.shell(), "check", STAGING_SECONDS)?;
    must!(asked.code == Some(0), "what is newer is not taken: {}", asked.stderr);
    stage.world.releases.put("/metadata/timestamp.json", old);
    refused(stage, REFUSED, "was here already")
}

/// Files of two days, each signed well.
pub fn mixed_metadata(stage: &mut Stage) -> Result<()> {
    let (channel, _) = offered(stage)?;
    channel.offer(channel.stock.after_next()?)?;
    let first = std::fs::read(channel.folder.join("metadata/1.targets.json")).map_err(Error::file(&channel.folder))?;
    stage.world.releases.put("/metadata/2.targets.json", first);
    refused(stage, REFUSED, "do not belong together")
}

/// The payload ends early, each time it is asked for.
pub fn truncated(stage: &mut Stage) -> Result<()> {
    let (_, next) = offered(stage)?;
    stage.world.releases.set_fault(&slot_of(next), Fault::CutAfter(64 << 10));
    staging_breaks(stage)
}

/// The payload is wrong from its first byte to its last.
pub fn garbage_for_a_payload(stage: &mut Stage) -> Result<()> {
    let (_, next) = offered(stage)?;
    stage.world.releases.set_fault(&slot_of(next), Fault::Garbage);
    staging_breaks(stage)
}

/// The slot's index has a byte more than was signed.
pub fn wrong_size(stage: &mut Stage) -> Result<()> {
    let (channel, next) = offered(stage)?;
    let name = format!("sos-{next}-amd64.slot.json");
    let path = channel.stock.release(next).join(&name);
    let mut index = std::fs::read(&path).map_err(Error::file(&path))?;
    index.push(b'\n');
    stage.world.releases.put(&format!("/releases/{next}/{name}"), index);
    let shell = stage.shell();
    let before = shell.succeed(UNTOUCHED)?;
    let ended = updater(&shell, "check", STAGING_SECONDS)?;
    must!(ended.code.is_some_and(|code| code != 0), "an index that is too long is taken");
    must!(status(&shell)?.fault.is_some_and(|fault| fault.contains(".slot.json")), "the status does not name the file");
    nothing_changed(&shell, &before)
}

/// Signed well, and a release of something else.
pub fn other_product(stage: &mut Stage) -> Result<()> {
    let channel = fresh(stage)?;
    let other =
        channel.altered(channel.stock.next()?, |manifest| manifest["product"] = "large-organisation-server".into())?;
    channel.offer_product(&other, "large-organisation-server")?;
    refused(stage, REFUSED, "large-organisation-server")
}

/// Signed well, and for other machines.
pub fn other_architecture(stage: &mut Stage) -> Result<()> {
    let channel = fresh(stage)?;
    let other = channel.altered(channel.stock.next()?, |manifest| manifest["architecture"] = "arm64".into())?;
    channel.offer_folder(&other, &["--architecture", "arm64"])?;
    refused(stage, REFUSED, "arm64")
}

/// A payload that is not what was signed fills no slot. Its chunks go to the other slot as they are found good, so that
/// may have changed; it does not count.
fn staging_breaks(stage: &Stage) -> Result<()> {
    let shell = stage.shell();
    let bootstate = "sha256sum /dev/disk/by-partlabel/bootstate";
    let before = shell.succeed(bootstate)?;
    let asked = updater(&shell, "check", STAGING_SECONDS)?;
    must!(asked.code == Some(0), "what is offered is not found: {}", asked.stderr);
    let ended = updater(&shell, "stage", STAGING_SECONDS)?;
    must!(matches!(ended.code, Some(FAULT | REFUSED)), "exit status {:?} after a bad payload", ended.code);
    must!(shell.succeed(bootstate)? == before, "the boot state is not what it was");
    must!(status(&shell)?.fault.is_some(), "the status does not say that staging broke");
    no_slot_is_whole(&shell)
}

/// Where a release's payload is.
pub(super) fn slot_of(version: Version) -> String {
    format!("/releases/{version}/sos-{version}-amd64.slot")
}
