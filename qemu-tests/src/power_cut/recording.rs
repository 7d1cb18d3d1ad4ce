//! Records every write of a whole update of the populated machine: staged, tried, and let through or taken back. All the
//! time another organisation's server hands letters over; how far the log was when each was taken says which cuts must
//! have it.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use sos_signing::SlotIndex;
use sos_signing::Version;
use sos_updater::boot_state::Slot;

use crate::base::{HEALTH_SECONDS, LOADER, STAGING_SECONDS};
use crate::client::{Security, Smtp, reaches};
use crate::club::JILL;
use crate::program::Program;
use crate::scenarios::letter;
use crate::scenarios::update::kept::Belongings;
use crate::session::Stage;
use crate::vm::{Disk, DiskFormat, Firmware, Plan};
use crate::world::{BORCHESTER, MACHINE};
use crate::{Error, Result, must};

/// The program on the device.
const UPDATER: &str = "/usr/lib/sos/sos-update";
/// Seconds from the beginning of a try to its end, whatever the end.
const TRY_SECONDS: u32 = 600;
/// Between two letters.
const LETTERS: Duration = Duration::from_secs(5);
/// How long a host that is not there is waited for.
const KNOCK: Duration = Duration::from_secs(1);
/// How long the machine goes on after the end, with hardware virtualisation.
const AFTERWARDS: u32 = 20;
/// A copy of a disk takes a minute; more means a broken one.
const COPY_LIMIT: Duration = Duration::from_secs(600);
/// What is wrong with the release that is taken back: it works, and a member's archive is gone.
const FAULT: &str = "letters-are-gone";

/// How the update ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// The new release stays.
    Committed,
    /// The old one comes back.
    RolledBack,
}

/// When something happened: the log had so many bytes then.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Moment<T> {
    /// Bytes of the log.
    pub log_bytes: u64,
    /// What happened.
    pub what: T,
}

/// A recording.
#[derive(Debug)]
pub struct Recording {
    /// How it ends.
    pub end: End,
    /// The disk before the first write, raw.
    pub start: PathBuf,
    /// The writes.
    pub log: PathBuf,
    /// The provider's metadata.
    pub seed: PathBuf,
    /// The index of the release that was tried.
    pub index: SlotIndex,
    /// Its version, and that of the one before.
    pub versions: (String, String),
    /// When the try began.
    pub tried: Moment<()>,
    /// When the loader started each slot.
    pub starts: Vec<Moment<Slot>>,
    /// When the end was there.
    pub ended: Moment<()>,
    /// What the club owned before.
    pub belongings: Belongings,
    /// When each letter was taken, by its subject.
    pub letters: Vec<Moment<String>>,
}

impl Recording {
    /// Makes one, on the machine of a populated base that runs.
    ///
    /// # Errors
    /// When the update does not go as it must.
    pub fn make(stage: &mut Stage, end: End) -> Result<Recording> {
        let channel = stage.channel()?;
        let version = channel.stock.next()?;
        channel.offer(version)?;
        let belongings = Belongings::of(&stage.shell())?;
        let (start, plan) = power_down(stage)?;
        let disk = Disk { path: stage.folder.join("recorded.raw"), format: DiskFormat::Raw };
        copy(&start, &disk.path)?;
        let log = stage.folder.join("recorded.writes");
        let seed = plan.seed.clone().ok_or_else(|| Error::Unmet("the machine has no metadata".into()))?;
        stage.start(Plan { disk: disk.clone(), log: Some(log.clone()), ..plan })?;
        let limit = stage.limit(HEALTH_SECONDS);
        stage.wait_for_health(limit)?;
        let shell = stage.shell();
        shell.wait_until_succeeds("true", 30)?;
        let old = shell.succeed(&format!("{UPDATER} status --json"))?;

        let mut postman = Postman::begin(&log);
        shell.succeed_within(&format!("{UPDATER} check && {UPDATER} stage"), STAGING_SECONDS)?;
        if end == End::RolledBack {
            shell.succeed(&format!("printf {FAULT} >/var/lib/sos-update/fault && sync"))?;
        }
        let tried = moment(&log, ())?;
        let (starts, ended) = follow(stage, &log, end, version)?;
        std::thread::sleep(stage.limit(AFTERWARDS));
        let letters = postman.end();
        must!(!letters.is_empty(), "no letter was taken during the whole update");
        // QEMU flushes its disks as it ends.
        stage.unplug()?;
        std::fs::remove_file(&disk.path).map_err(Error::file(&disk.path))?;
        let versions = (version.to_string(), running(&old)?);
        let index = channel.stock.index(version)?;
        Ok(Recording { end, start, log, seed, index, versions, tried, starts, ended, belongings, letters })
    }
}

/// Has the machine turn itself off; gives its disk, raw, and what to start it with.
fn power_down(stage: &mut Stage) -> Result<(PathBuf, Plan)> {
    let (limit, plan) = (stage.limit(HEALTH_SECONDS), stage.plan()?);
    stage.shell().hang_up();
    stage.machine()?.power_down(limit)?;
    stage.unplug().ok();
    let start = stage.folder.join("start.raw");
    let convert = Program::new("qemu-img").words("convert -f qcow2 -O raw").arg(&plan.disk.path).arg(&start);
    convert.run(COPY_LIMIT)?;
    std::fs::remove_file(&plan.disk.path).map_err(Error::file(&plan.disk.path))?;
    Ok((start, Plan { firmware: Firmware::Bios, snapshot: None, ..plan }))
}

/// A sparse copy.
fn copy(from: &Path, to: &Path) -> Result<()> {
    Program::new("cp").words("--reflink=auto --sparse=always").arg(from).arg(to).run(COPY_LIMIT).map(drop)
}

/// Begins the try and follows it to its end.
fn follow(stage: &mut Stage, log: &Path, end: End, version: Version) -> Result<(Vec<Moment<Slot>>, Moment<()>)> {
    let (began, limit) = (Instant::now(), stage.limit(TRY_SECONDS));
    let left = || limit.saturating_sub(began.elapsed());
    stage.machine()?.serial().skip();
    let shell = stage.shell();
    // The connection breaks under it, so its end says nothing; a refusal does.
    let ended = shell.execute(&format!("{UPDATER} try"))?;
    must!(ended.code.is_none_or(|code| code == 0 || code == 255), "the try does not begin: {}", ended.stderr.trim());
    shell.hang_up();
    let mut starts = Vec::new();
    let slots: &[Slot] = if end == End::Committed { &[Slot::B] } else { &[Slot::B, Slot::A] };
    for slot in slots {
        stage.machine()?.serial().wait(&format!("{LOADER} {slot}"), left())?;
        starts.push(moment(log, *slot)?);
    }
    let said = if end == End::Committed { "committed" } else { "rolled back" };
    stage.machine()?.serial().wait(&format!("sos: update: {said} {version}"), left())?;
    Ok((starts, moment(log, ())?))
}

fn moment<T>(log: &Path, what: T) -> Result<Moment<T>> {
    let log_bytes = std::fs::metadata(log).map_err(Error::file(log))?.len();
    Ok(Moment { log_bytes, what })
}

fn running(status: &str) -> Result<String> {
    let status: sos_ipc::UpdateStatus = serde_json::from_str(status)
        .map_err(|error| Error::Unmet(format!("the updater's status is none: {error}: {status}")))?;
    Ok(status.running)
}

/// The other organisation's server, which has a letter every few seconds.
#[derive(Debug)]
struct Postman {
    taken: Arc<Mutex<Vec<Moment<String>>>>,
    ended: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Postman {
    fn begin(log: &Path) -> Postman {
        let (taken, ended) = (Arc::<Mutex<Vec<_>>>::default(), Arc::<AtomicBool>::default());
        let (log, book, stop) = (log.to_owned(), taken.clone(), ended.clone());
        let thread = std::thread::spawn(move || {
            for number in 0.. {
                if stop.load(Ordering::Relaxed) {
                    return;
                }
                let subject = format!("power-cut-{number}");
                // Nobody answers in a trial: the next letter comes later.
                if hand_over(&subject).is_ok_and(|taken| taken)
                    && let Ok(moment) = moment(&log, subject)
                {
                    book.lock().unwrap_or_else(PoisonError::into_inner).push(moment);
                }
                std::thread::sleep(LETTERS);
            }
        });
        Postman { taken, ended, thread: Some(thread) }
    }

    /// Ends, and gives what was taken.
    fn end(&mut self) -> Vec<Moment<String>> {
        self.ended.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            // It has nothing to panic about.
            thread.join().ok();
        }
        std::mem::take(&mut self.taken.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Drop for Postman {
    fn drop(&mut self) {
        self.end();
    }
}

fn hand_over(subject: &str) -> Result<bool> {
    let to = SocketAddr::from((MACHINE, 25));
    if !reaches(BORCHESTER, to, KNOCK) {
        return Ok(false);
    }
    let mut smtp = Smtp::connect(BORCHESTER, to, Security::Plain, "mail.borchester.example")?;
    let (from, to) = ("usha@borchester.example", JILL.address());
    let reply = smtp.send(from, &[&to], &letter(from, &to, subject, "It may get dark."))?;
    // Another letter comes soon.
    smtp.command("QUIT").ok();
    Ok(reply.is_positive())
}
