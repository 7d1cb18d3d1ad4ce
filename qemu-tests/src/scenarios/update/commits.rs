//! Updates that succeed: the machine takes the next release by itself, is reached by nobody while it tries it, loses
//! nothing, sends nothing twice, and runs the new version then. From the release server or carried there by hand, from the
//! version before or from an older one; and who is not happy with it goes back.

use std::collections::BTreeSet;
use std::time::Duration;

use sos_ipc::UpdateOutcome;
use sos_signing::Version;

use super::kept::Belongings;
use super::traffic::Traffic;
use super::{Try, UPDATER, booted, must_be_in_the_history, running, status};
use crate::base::{Base, HEALTH_SECONDS};
use crate::channel::beside;
use crate::club::{JILL, KENTON};
use crate::downtime::Sender;
use crate::program::Program;
use crate::session::Stage;
use crate::vm::{Firmware, Plan};
use crate::world::releases::Fault;
use crate::world::{FORGER, MACHINE, WIRE};
use crate::{Error, Result, must};

/// Ports of people, all closed while a release is tried. The one for SSH stays open, as the metadata handed in a key.
const PORTS: &str = "25,80,443,465,587,993,4190";
/// What stands on the administration's page, and who had the server do it.
pub(in crate::scenarios) const NOW: &str =
    "printf jill >/run/sos/update-by && systemctl start --no-block sos-update-now.service";
/// Seconds to look at seven ports, with hardware virtualisation.
const SCAN_SECONDS: u32 = 60;

/// From the release server to the commit, under BIOS.
pub fn under_bios(stage: &mut Stage) -> Result<()> {
    updates(stage)
}

/// The same under UEFI.
pub fn under_uefi(stage: &mut Stage) -> Result<()> {
    stage.start_cold(Base::Staged, |plan| Plan { firmware: Firmware::Uefi, ..plan })?;
    updates(stage)
}

/// What was staged before is tried for somebody who waits, and committed.
fn updates(stage: &mut Stage) -> Result<()> {
    let channel = stage.channel()?;
    let next = channel.stock.next()?;
    channel.offer(next)?;
    take_and_commit(stage, next, NOW, "jill")
}

/// A release that somebody carries there in a file, the release server being out of reach.
pub fn carried_by_hand(stage: &mut Stage) -> Result<()> {
    let channel = stage.channel()?;
    let version = channel.stock.next()?;
    channel.offer(version)?;
    let bundle = stage.folder.join("release.tar");
    Program::new(beside("sos-build"))
        .arg("bundle")
        .arg(&channel.folder)
        .arg(channel.stock.release(version))
        .arg(&bundle)
        .run(Duration::from_secs(300))?;
    stage.world.releases.set_fault("/", Fault::HangUp);
    stage.shell().feed("cat >/var/lib/sos-update/release.tar", &bundle)?;
    std::fs::remove_file(&bundle).map_err(Error::file(&bundle))?;
    let command = format!("{UPDATER} run --from /var/lib/sos-update/release.tar --now --by shula");
    take_and_commit(stage, version, &command, "shula")?;
    must!(stage.world.releases.asked().is_empty(), "the release server was asked all the same");
    Ok(())
}

/// From the image's own version to the one after the next.
pub fn skips_a_version(stage: &mut Stage) -> Result<()> {
    let channel = stage.channel()?;
    let versions = channel.stock.versions()?;
    for version in &versions[..2] {
        channel.offer(*version)?;
    }
    let version = channel.stock.after_next()?;
    take_and_commit(stage, version, &format!("{UPDATER} run --now --by jill"), "jill")
}

/// Commits, is used, and is left again for the release before.
pub fn goes_back_after_a_commit(stage: &mut Stage) -> Result<()> {
    let before = running(&stage.shell())?;
    updates(stage)?;
    let shell = stage.shell();
    let next = running(&shell)?;
    let offered = status(&shell)?.back.map(|earlier| earlier.version);
    must!(offered.as_deref() == Some(before.as_str()), "going back is offered to {offered:?}, not to {before}");
    let then = Belongings::of(&shell)?;
    stage.member_writes(KENTON, "jill@ambridge.example", "Written after the update", "Going back loses this.")?;
    stage.member_receives(JILL, "INBOX", "Written after the update")?;

    let back = Try::begin(stage, &format!("{UPDATER} rollback --by jill"))?;
    back.ends(stage, &format!("went back to {before}"))?;
    let shell = stage.shell();
    shell.succeed("/usr/lib/sos/sos-provision health")?;
    must!(running(&shell)? == before, "{} runs, not {before}", running(&shell)?);
    let event = must_be_in_the_history(&shell, UpdateOutcome::WentBack, &before)?;
    must!(event.from == next && event.by.as_deref() == Some("jill"), "the history says {event:?}");
    must!(
        stage.mailbox_of(JILL)?.find("INBOX", "Written after the update")?.is_empty(),
        "a letter of after the update is there after going back"
    );
    let now = Belongings::of(&shell)?;
    must!(now.letters() <= then.letters(), "there are more letters after going back than before");
    Ok(())
}

/// The whole of it: letters both ways meanwhile, nothing reached while it is tried, nothing lost or doubled.
pub(super) fn take_and_commit(stage: &mut Stage, version: Version, command: &str, by: &str) -> Result<()> {
    let shell = stage.shell();
    let (from, slot) = (running(&shell)?, booted(&shell)?);
    let before = Belongings::of(&shell)?;
    let mut traffic = Traffic::begin(stage)?;
    let sender = Sender::begin();
    sender.wait_for_one(stage)?;

    let run = Try::begin(stage, command)?;
    run.starts(stage, version)?;
    traffic.open_up(&stage.world.borchester);
    let open = open_ports(stage)?;
    must!(open.is_empty(), "while it is tried, a stranger finds {open:?} open");
    traffic.must_wait(&stage.world.borchester)?;
    run.ends(stage, &format!("committed {version}"))?;
    stage.note(format!("no letter was taken for {:.0} s", sender.longest_silence(stage)?));
    must!(run.starts_so_far(stage)? == 1, "it took {} starts, not one", run.starts_so_far(stage)?);

    let shell = stage.shell();
    must!(running(&shell)? == version.to_string(), "{} runs, not {version}", running(&shell)?);
    must!(booted(&shell)? != slot, "it is still slot {slot} that runs");
    traffic.must_arrive_once(stage)?;
    // Whoever comes in as the doors open meets services that have read all of their files.
    let stumbled = shell.succeed(
        "journalctl --quiet --boot --output=cat -t postfix/smtpd -t postfix/master -g 'startup|^fatal:' || true",
    )?;
    must!(stumbled.trim().is_empty(), "Postfix stumbled as it opened up: {stumbled}");
    before.must_be_kept(&Belongings::of(&shell)?)?;
    let event = must_be_in_the_history(&shell, UpdateOutcome::Committed, &version.to_string())?;
    must!(event.from == from && event.by.as_deref() == Some(by), "the history says {event:?}");
    shell.succeed("/usr/lib/sos/sos-provision health")?;
    is_the_good_one(stage, version)
}

/// A power cycle later it is still the new release that starts, and that is no try.
fn is_the_good_one(stage: &mut Stage, version: Version) -> Result<()> {
    let limit = stage.limit(HEALTH_SECONDS);
    stage.reboot(limit)?;
    stage.shell().wait_until_succeeds("true", 30)?;
    let running = running(&stage.shell())?;
    must!(running == version.to_string(), "after a restart {running} runs, not {version}");
    Ok(())
}

/// The ports that a stranger finds open. A machine that starts just now answers nothing at all.
fn open_ports(stage: &Stage) -> Result<BTreeSet<u16>> {
    let report = Program::new("nmap")
        .words(&format!("-n -Pn -sS -p {PORTS} --max-retries 2 --open -oG -"))
        .words(&format!("-e {WIRE} -S {FORGER} {MACHINE}"))
        .run(stage.limit(SCAN_SECONDS))?;
    let ports = report.split_whitespace().filter_map(|word| word.split_once("/open/tcp"));
    ports.map(|(port, _)| port.parse().map_err(|_| Error::Unmet(format!("nmap says {port:?}")))).collect()
}
