//! Releases that are no good, each in another way. The machine finds it out by itself, starts the release before with the
//! data as they were, and says what happened: in the history, on the console, to the administrators. At most two starts,
//! ten minutes, nothing lost, nothing twice.
//!
//! Most faults sleep in the next release (`qemu-tests/overlays/faults`) until a file that no rollback takes back wakes one;
//! the others are done to the staged slot, or to the machine.

use sos_ipc::UpdateOutcome;
use sos_signing::Version;

use super::kept::Belongings;
use super::traffic::Traffic;
use super::{Try, UPDATER, booted, must_be_in_the_history, running};
use crate::base::{Base, LOADER};
use crate::club::JILL;
use crate::scenarios::MAIL_SECONDS;
use crate::session::Stage;
use crate::vm::{Plan, Shell, Watchdog};
use crate::{Result, must};

/// How the next release fails.
pub(super) struct Failure<'a> {
    /// What is done to the machine before the try.
    before: &'a dyn Fn(&Shell) -> Result<()>,
    /// What is done to it during the try; nothing, mostly.
    during: &'a dyn Fn(&mut Stage, &Try) -> Result<()>,
    /// What the console says about why.
    why: &'a str,
    /// How often the loader starts a slot: the release that is tried, and the one before.
    starts: usize,
}

/// The reason when a release could not say one itself.
const SILENT: &str = "it did not come up";

impl<'a> Failure<'a> {
    pub(super) fn new(before: &'a dyn Fn(&Shell) -> Result<()>, why: &'a str) -> Self {
        Failure { before, during: &|_, _| Ok(()), why, starts: 2 }
    }

    /// Plays it with the next release, and holds the machine to what it promises.
    fn play(&self, stage: &mut Stage) -> Result<()> {
        let version = stage.channel()?.stock.next()?;
        self.play_with(stage, version)
    }

    /// The same with the release that is staged.
    pub(super) fn play_with(&self, stage: &mut Stage, version: Version) -> Result<()> {
        let shell = stage.shell();
        (self.before)(&shell)?;
        let (from, slot) = (running(&shell)?, booted(&shell)?);
        let before = Belongings::of(&shell)?;
        let mut traffic = Traffic::begin(stage)?;

        let run = Try::begin(stage, &format!("{UPDATER} try"))?;
        run.wait(stage, LOADER)?;
        // What leaves the release that is tried now leaves the one before again.
        traffic.open_up(&stage.world.borchester);
        (self.during)(stage, &run)?;
        let line = run.ends(stage, &format!("rolled back {version}: "))?;
        let starts = run.starts_so_far(stage)?;
        must!(starts <= self.starts, "it took {starts} starts, and may take {}", self.starts);
        must!(line.contains(self.why), "the console says {line:?}, and it is because of {:?}", self.why);

        let shell = stage.shell();
        must!(running(&shell)? == from, "{} runs, not {from}", running(&shell)?);
        must!(booted(&shell)? == slot, "another slot than {slot} runs");
        traffic.must_arrive_once(stage)?;
        before.must_be_kept(&Belongings::of(&shell)?)?;
        everybody_knows(stage, version, &from, self.why)?;
        shell.succeed("/usr/lib/sos/sos-provision health").map(drop)
    }
}

/// The history says it, and so does a letter to the administrators.
fn everybody_knows(stage: &Stage, version: Version, from: &str, why: &str) -> Result<()> {
    let event = must_be_in_the_history(&stage.shell(), UpdateOutcome::RolledBack, &version.to_string())?;
    must!(event.from == from, "the history says that {} was left, not {from}", event.from);
    must!(event.why.as_deref().is_some_and(|said| said.contains(why)), "the history says {event:?}, not {why:?}");
    // The server looks for it behind whatever encodings the letter has.
    stage.mailbox_of(JILL)?.wait_for_text("INBOX", &version.to_string(), stage.limit(MAIL_SECONDS)).map(drop)
}

/// Wakes a fault that sleeps in the next release.
pub(super) fn wakes(fault: &'static str) -> impl Fn(&Shell) -> Result<()> {
    move |shell| shell.succeed(&format!("printf {fault} >/var/lib/sos-update/fault && sync")).map(drop)
}

/// Does something to the slot that was staged, `b`.
fn damages(command: &'static str) -> impl Fn(&Shell) -> Result<()> {
    move |shell| shell.succeed(&format!("set -e; boot=/dev/disk/by-partlabel/boot-b; {command}; sync")).map(drop)
}

macro_rules! faults {
    ($($(#[$what:meta])* $name:ident: $fault:literal, $why:expr;)*) => { $(
        $(#[$what])*
        pub fn $name(stage: &mut Stage) -> Result<()> {
            Failure::new(&wakes($fault), $why).play(stage)
        }
    )* };
}

faults! {
    /// The root lacks a unit that mail needs.
    a_unit_is_missing: "postfix-missing", "mail";
    /// slapd ends as soon as it starts.
    slapd_does_not_start: "slapd-does-not-start", "directory";
    /// Everybody but the probe is gone from the directory: every service works.
    directory_is_empty: "directory-empty", "entries in the directory";
    /// Postfix refuses every client.
    postfix_rejects_all: "postfix-rejects", "mail";
    /// Letters are taken in and never seen again.
    letters_are_not_delivered: "letters-are-not-delivered", "mail";
    /// Indexes of mailboxes are in a format from the future, and Dovecot does not go on without them.
    dovecot_index_is_too_new: "dovecot-index-too-new", "mail";
    /// Every service works, and one member's archive is gone.
    letters_are_gone: "letters-are-gone", "letters of lilian.bellamy";
    /// rspamd ends as soon as it starts, so that letters wait.
    rspamd_does_not_start: "rspamd-does-not-start", "mail";
    /// The web server answers, with a page of nobody's.
    web_server_gives_the_default_page: "web-server-gives-the-default-page", "web";
    /// Webmail's PHP does not start.
    webmail_does_not_start: "webmail-does-not-start", "webmail";
    /// The administration runs and answers nobody.
    console_is_silent: "console-is-silent", "console";
    /// Half of the mailboxes, and the settings, are carried forward to another format.
    migration_fails_half_way: "migration-fails-half-way", "";
    /// Something takes all the memory.
    memory_runs_out: "memory-runs-out", "";
    /// Something takes all the room on the disk.
    disk_runs_full: "disk-runs-full", "";
    /// The kernel panics, each time.
    it_panics: "panics", SILENT;
    /// The network does not come up.
    network_is_missing: "network-missing", "network";
    /// The network comes up without an address, so that every service works and nobody reaches it.
    network_has_no_address: "network-without-address", "IPv4";
    /// The gate itself crashes.
    gate_crashes: "gate-crashes", "";
    /// The gate never decides.
    deadline_passes: "gate-hangs", "";
    /// The start never gets as far as the gate.
    boot_never_ends: "boot-never-ends", "";
    /// Everything stands still, and the machine has the watchdog in software that the kernel brings along.
    it_hangs: "hangs", SILENT;
}

/// The same with a watchdog of the machine's, as some providers' have.
pub fn it_hangs_with_a_hardware_watchdog(stage: &mut Stage) -> Result<()> {
    stage.start_cold(Base::Staged, |plan| Plan { watchdog: Watchdog::I6300esb, ..plan })?;
    let name = stage.shell().succeed("cat /sys/class/watchdog/watchdog0/identity")?;
    must!(name.contains("6300ESB"), "the machine's first watchdog is {name:?}");
    Failure::new(&wakes("hangs"), SILENT).play(stage)
}

/// The loader cannot read the kernel.
pub fn kernel_does_not_start(stage: &mut Stage) -> Result<()> {
    let nothing = damages(
        "head -c 1M /dev/zero >/run/kernel; debugfs -w -R 'rm vmlinuz' $boot; debugfs -w -R 'write /run/kernel vmlinuz' $boot; rm /run/kernel",
    );
    Failure::new(&nothing, SILENT).play(stage)
}

/// The kernel starts, and finds nothing to go on with.
pub fn initrd_is_broken(stage: &mut Stage) -> Result<()> {
    let nothing = damages(
        "head -c 1M /dev/zero >/run/initrd; debugfs -w -R 'rm initrd' $boot; debugfs -w -R 'write /run/initrd initrd' $boot; rm /run/initrd",
    );
    Failure::new(&nothing, SILENT).play(stage)
}

/// The root is not what its hash says.
pub fn verity_is_broken(stage: &mut Stage) -> Result<()> {
    let other = damages("printf X | dd of=/dev/disk/by-partlabel/root-b bs=1 seek=1088 conv=notrunc,fsync status=none");
    Failure::new(&other, SILENT).play(stage)
}

/// There is no root to open: what its hashes begin with is gone, so that the initrd itself comes to its end.
pub fn initrd_finds_no_root(stage: &mut Stage) -> Result<()> {
    let gone = damages(
        "offset=$(debugfs -R 'cat slot.cfg' $boot 2>/dev/null | sed -n 's/^set hash_offset=//p'); \
         [ \"$offset\" -gt 0 ]; dd if=/dev/zero of=/dev/disk/by-partlabel/root-b bs=512 count=1 seek=$((offset / 512)) \
         conv=notrunc,fsync status=none",
    );
    Failure::new(&gone, SILENT).play(stage)
}

/// A template of the next release does not fit the organisation's settings.
pub fn renderer_fails(stage: &mut Stage) -> Result<()> {
    let moves = |shell: &Shell| {
        let settings = "/var/lib/sos/settings.toml";
        shell
            .succeed(&format!(
                "sed -i 's|^timezone = .*|timezone = \"Antarctica/Troll\"|' {settings} && grep -q Troll {settings}"
            ))
            .map(drop)
    };
    Failure::new(&moves, "").play(stage)
}

/// Somebody presses the reset button: while the release is tried, and twice while the one before puts the data back.
pub fn reset_is_pressed(stage: &mut Stage) -> Result<()> {
    let presses = |stage: &mut Stage, run: &Try| {
        let version = stage.channel()?.stock.next()?;
        run.starts(stage, version)?;
        stage.machine()?.reset()?;
        for _ in 0..2 {
            run.wait(stage, LOADER)?;
            // Into the initrd, where the data are put back.
            std::thread::sleep(stage.accelerator.scale(std::time::Duration::from_millis(1500)));
            stage.machine()?.reset()?;
        }
        Ok(())
    };
    let failure = Failure::new(&|_| Ok(()), SILENT);
    Failure { during: &presses, starts: 4, ..failure }.play(stage)
}
