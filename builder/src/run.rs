//! Boots a built disk in QEMU for a person to look at, its ports forwarded to this machine.
//!
//! In: `build/<release>/disk.raw`, user data. Out: a running machine whose serial console is shown; with
//! [`Order::check`] it stops as soon as the appliance reports that it is healthy. Nothing is kept: the disk's changes,
//! the user data's disk and the UEFI variables go with the machine, whatever ends it.

use std::fs;
use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::path::Path;
use std::process::Child;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::{Duration, Instant};

use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};

use crate::accelerator::{Accelerator, PROBE_LIMIT, SIGNS_OF_LIFE};
use crate::command::Run;
use crate::error::Error;
use crate::firmware::Ovmf;
use crate::progress::Progress;

/// The guest's ports that a person needs, with the port of this machine that leads to each.
const FORWARDED: [(u16, u16); 6] = [(8443, 443), (8080, 80), (2525, 25), (1465, 465), (1993, 993), (4190, 4190)];
/// How many seconds the appliance may take until it reports, with hardware acceleration.
const PATIENCE: u32 = 90;
/// How often a machine that says nothing is looked after.
const INTERVAL: Duration = Duration::from_millis(200);
/// How the appliance begins its health report (`overlays/base`).
const REPORT: &str = "sos: health: ";
const QEMU: &str = "qemu-system-x86_64";

/// What a person decides about the machine.
#[derive(Debug)]
pub struct Order<'a> {
    /// The disk.
    pub disk: &'a Path,
    /// Where firmware that had to be fetched is kept.
    pub cache: &'a Path,
    /// cloud-config user data; none boots an appliance that waits for its owner.
    pub user_data: Option<&'a Path>,
    /// Boot by UEFI rather than by BIOS.
    pub uefi: bool,
    /// What runs the guest; nothing tries KVM and falls back on QEMU's translator.
    pub accelerator: Option<Accelerator>,
    /// Memory, MiB.
    pub memory_mib: u32,
    /// Stop when the appliance is healthy.
    pub check: bool,
    /// How progress is shown.
    pub progress: Progress,
}

/// How a machine came to its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    /// It reported that it is healthy, and that was all that was asked for.
    Healthy,
    /// A person stopped it.
    Stopped,
    /// It ended by itself.
    Off,
    /// It never showed that it runs.
    Lifeless,
}

/// Boots the machine and waits for its end, or with `check` for its health.
///
/// # Errors
/// A port that is in use, QEMU or its firmware missing or failing, or an appliance that is not healthy in time.
pub fn run(order: &Order<'_>) -> Result<(), Error> {
    if !order.disk.is_file() {
        return Err(Error::malformed(order.disk, "there is no disk; build it with `sos-build build`"));
    }
    let firmware = if order.uefi { Some(Ovmf::find(&order.cache.join("ovmf"))?) } else { None };
    let stop = stopped_by_signals()?;
    find_ports_free()?;
    let scratch = tempfile::tempdir().map_err(|e| Error::io("create", "a temporary folder", e))?;
    if let Some(user_data) = order.user_data {
        fill_seed(&scratch.path().join(SEED), user_data)?;
    }
    order.progress.say("starting the machine; end it with Ctrl-C");
    for (host, guest) in FORWARDED {
        order.progress.say(&format!("  127.0.0.1:{host} leads to its port {guest}"));
    }
    order.progress.say(&format!("  web: https://127.0.0.1:{}/", FORWARDED[0].0));
    let machine = |accelerator| arguments(order, accelerator, firmware.as_ref(), scratch.path());
    let probe = order.accelerator.is_none() && Accelerator::offers_kvm();
    if probe {
        match boot(order, Accelerator::Kvm, machine(Accelerator::Kvm)?, &stop, Some(PROBE_LIMIT))? {
            End::Lifeless => {
                order.progress.say("KVM runs no system here; starting again without it, which takes longer")
            }
            _ => return Ok(()),
        }
    }
    let accelerator = order.accelerator.unwrap_or(Accelerator::Tcg);
    boot(order, accelerator, machine(accelerator)?, &stop, None).map(drop)
}

/// Runs one machine to its end; it is lifeless when it shows no sign of life within `probe`.
fn boot(
    order: &Order<'_>,
    accelerator: Accelerator,
    machine: Vec<String>,
    stop: &AtomicBool,
    probe: Option<Duration>,
) -> Result<End, Error> {
    let failed = |e| Error::io("run", QEMU, e);
    let mut child = Run::new(QEMU).args(machine).start()?;
    let ended = watch(&read_lines(&mut child), order, accelerator, stop, probe);
    // One that has ended by itself does not mind.
    child.kill().map_err(failed)?;
    let status = child.wait().map_err(failed)?;
    match ended? {
        End::Off if !status.success() => {
            Err(Error::Command { program: QEMU.to_owned(), status: status.to_string(), stderr: String::new() })
        }
        end => Ok(end),
    }
}

/// The serial console's lines as they come; its end is the machine's.
fn read_lines(child: &mut Child) -> Receiver<String> {
    let (send, lines) = std::sync::mpsc::channel();
    if let Some(console) = child.stdout.take() {
        std::thread::spawn(move || {
            for line in BufReader::new(console).split(b'\n').map_while(Result::ok) {
                if send.send(String::from_utf8_lossy(&line).trim_end().to_owned()).is_err() {
                    return;
                }
            }
        });
    }
    lines
}

/// Shows the serial console until the machine's end, a person's signal, or where that was asked for the health report.
fn watch(
    lines: &Receiver<String>,
    order: &Order<'_>,
    accelerator: Accelerator,
    stop: &AtomicBool,
    probe: Option<Duration>,
) -> Result<End, Error> {
    let (began, patience) = (Instant::now(), accelerator.limit(PATIENCE));
    let mut alive = probe.is_none();
    loop {
        let line = lines.recv_timeout(INTERVAL);
        if stop.load(Ordering::Relaxed) {
            return Ok(End::Stopped);
        }
        match line {
            Ok(line) => {
                println!("{line}");
                alive |= SIGNS_OF_LIFE.iter().any(|sign| line.contains(sign));
                if let Some((_, report)) = line.split_once(REPORT) {
                    order.progress.say(&format!("reported after {} s: {report}", began.elapsed().as_secs()));
                    if order.check {
                        return if report.starts_with("ok") { Ok(End::Healthy) } else { Err(unhealthy(report)) };
                    }
                }
            }
            Err(RecvTimeoutError::Disconnected) if !alive => return Ok(End::Lifeless),
            Err(RecvTimeoutError::Disconnected) if order.check => return Err(unhealthy("the machine stopped")),
            Err(RecvTimeoutError::Disconnected) => return Ok(End::Off),
            Err(RecvTimeoutError::Timeout) => {}
        }
        if !alive && probe.is_some_and(|limit| began.elapsed() > limit) {
            return Ok(End::Lifeless);
        }
        if order.check && began.elapsed() > patience {
            return Err(unhealthy(&format!("no health report within {} s", patience.as_secs())));
        }
    }
}

fn unhealthy(report: &str) -> Error {
    Error::Unhealthy { report: report.to_owned() }
}

/// A flag that Ctrl-C, a closed terminal or kill(1) raises; without it they would leave the scratch folder behind.
fn stopped_by_signals() -> Result<Arc<AtomicBool>, Error> {
    let stop = Arc::new(AtomicBool::new(false));
    for signal in [SIGINT, SIGTERM, SIGHUP] {
        signal_hook::flag::register(signal, Arc::clone(&stop)).map_err(|e| Error::io("watch", "for signals", e))?;
    }
    Ok(stop)
}

/// QEMU names neither the port nor the reason when it cannot listen.
fn find_ports_free() -> Result<(), Error> {
    FORWARDED.iter().try_for_each(|(port, _)| match TcpListener::bind(("127.0.0.1", *port)) {
        Err(error) if error.kind() == std::io::ErrorKind::AddrInUse => Err(Error::PortInUse { port: *port }),
        Err(error) => Err(Error::io("listen on", format!("127.0.0.1:{port}"), error)),
        Ok(_) => Ok(()),
    })
}

/// The folder that QEMU shows as a NoCloud disk.
const SEED: &str = "cidata";

fn fill_seed(seed: &Path, user_data: &Path) -> Result<(), Error> {
    fs::create_dir(seed).map_err(|e| Error::io("create", seed, e))?;
    fs::copy(user_data, seed.join("user-data")).map_err(|e| Error::io("read", user_data, e))?;
    let meta = seed.join("meta-data");
    fs::write(&meta, "instance-id: demo\n").map_err(|e| Error::io("write", &meta, e))
}

/// QEMU's command line.
fn arguments(
    order: &Order<'_>,
    accelerator: Accelerator,
    firmware: Option<&Ovmf>,
    scratch: &Path,
) -> Result<Vec<String>, Error> {
    let disk = fs::canonicalize(order.disk).map_err(|e| Error::io("read", order.disk, e))?;
    let escaped = |path: &Path| path.to_string_lossy().replace(',', ",,");
    let forwards: String =
        FORWARDED.iter().map(|(host, guest)| format!(",hostfwd=tcp:127.0.0.1:{host}-:{guest}")).collect();
    let mut line: Vec<String> = format!(
        "-machine q35 {} -smp {} -m {} -nodefaults -display none -serial stdio -monitor none",
        accelerator.arguments(),
        accelerator.cpus(2),
        order.memory_mib
    )
    .split(' ')
    .map(str::to_owned)
    .collect();
    line.extend(["-drive".to_owned(), format!("file={},format=raw,if=virtio,snapshot=on", escaped(&disk))]);
    line.extend(["-netdev".to_owned(), format!("user,id=net{forwards}")]);
    line.extend(["-device", "virtio-net-pci,netdev=net"].map(str::to_owned));
    if let Some(firmware) = firmware {
        line.extend(firmware.arguments(&scratch.join("uefi-variables.fd"))?);
    }
    if order.user_data.is_some() {
        let dir = escaped(&scratch.join(SEED));
        line.extend(["-drive".to_owned(), format!("driver=vvfat,dir={dir},label=cidata,if=virtio,read-only=on")]);
    }
    Ok(line)
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::channel;

    use super::*;

    fn order(disk: &Path, check: bool) -> Order<'_> {
        Order {
            disk,
            cache: Path::new("/nowhere"),
            user_data: None,
            uefi: false,
            accelerator: None,
            memory_mib: 1024,
            check,
            progress: Progress::Silent,
        }
    }

    /// What becomes of a machine that says this and ends.
    fn watched(said: &[&str], check: bool, probe: Option<Duration>) -> Result<End, Error> {
        let (send, lines) = channel();
        said.iter().for_each(|line| send.send((*line).to_owned()).unwrap());
        drop(send);
        let order = order(Path::new("/disk"), check);
        watch(&lines, &order, Accelerator::Tcg, &AtomicBool::new(false), probe)
    }

    #[test]
    fn a_check_ends_with_the_report_and_a_person_may_go_on() {
        let said = ["GRUB", "sos: health: ok (13.1; base)", "more"];
        assert_eq!(watched(&said, true, None).unwrap(), End::Healthy);
        assert_eq!(watched(&said, false, None).unwrap(), End::Off);
    }

    #[test]
    fn a_bad_report_and_a_machine_that_stops_are_faults_of_the_appliance() {
        let error = watched(&["sos: health: FAILED mail: no answer"], true, None).unwrap_err();
        assert_eq!((error.exit_code(), error.to_string().contains("mail: no answer")), (1, true), "{error}");
        assert!(matches!(watched(&["GRUB"], true, None), Err(Error::Unhealthy { .. })));
    }

    #[test]
    fn kvm_that_runs_no_system_is_told_from_one_that_does() {
        let probe = Some(Duration::from_secs(60));
        assert_eq!(watched(&["GRUB"], true, probe).unwrap(), End::Lifeless);
        assert_eq!(watched(&["systemd[1]: up"], false, probe).unwrap(), End::Off);
        let (send, silent) = channel();
        let order = order(Path::new("/disk"), false);
        let hangs = watch(&silent, &order, Accelerator::Kvm, &AtomicBool::new(false), Some(Duration::ZERO));
        assert_eq!(hangs.unwrap(), End::Lifeless);
        drop(send);
    }

    #[test]
    fn a_signal_stops_a_machine_that_says_nothing() {
        let (send, silent) = channel();
        let order = order(Path::new("/disk"), true);
        let end = watch(&silent, &order, Accelerator::Tcg, &AtomicBool::new(true), None).unwrap();
        assert_eq!(end, End::Stopped);
        drop(send);
    }

    #[test]
    fn a_port_in_use_is_named() {
        // Another test world of this machine may hold any of them; one that we hold must be named.
        let held: Vec<_> =
            FORWARDED.iter().filter_map(|(port, _)| TcpListener::bind(("127.0.0.1", *port)).ok()).collect();
        let error = find_ports_free().unwrap_err();
        assert!(matches!(error, Error::PortInUse { port: 8443 }), "{error}");
        assert_eq!(error.exit_code(), 2);
        drop(held);
    }

    #[test]
    fn a_translated_machine_has_one_processor_and_a_disk_that_keeps_nothing() {
        let disk = tempfile::NamedTempFile::new().unwrap();
        let line =
            arguments(&order(disk.path(), false), Accelerator::Tcg, None, Path::new("/scratch")).unwrap().join(" ");
        assert!(line.contains("-smp 1 ") && line.contains(",snapshot=on"), "{line}");
        assert!(line.contains("hostfwd=tcp:127.0.0.1:8443-:443"), "{line}");
    }
}
