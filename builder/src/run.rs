//! Boots a built disk in QEMU for a person to look at, its ports forwarded to this machine.
//!
//! In: `build/<release>/disk.raw`, user data. Out: a running machine whose serial console is shown; with
//! [`Order::check`] it stops as soon as the appliance reports that it is healthy. Nothing is kept: the disk is an
//! overlay in a temporary folder.

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::error::Error;
use crate::progress::Progress;

/// The guest's ports that a person needs, with the port of this machine that leads to each.
const FORWARDED: [(u16, u16); 6] = [(8443, 443), (8080, 80), (2525, 25), (1465, 465), (1993, 993), (4190, 4190)];
/// How long the appliance may take until it reports, without hardware acceleration.
const PATIENCE: Duration = Duration::from_secs(600);
/// How the appliance begins its health report (`overlays/base`).
const REPORT: &str = "sos: health: ";

/// What a person decides about the machine.
#[derive(Debug)]
pub struct Order<'a> {
    /// The disk.
    pub disk: &'a Path,
    /// cloud-config user data; none boots an appliance that waits for its owner.
    pub user_data: Option<&'a Path>,
    /// Boot by UEFI rather than by BIOS.
    pub uefi: bool,
    /// Memory, MiB.
    pub memory_mib: u32,
    /// Stop when the appliance is healthy.
    pub check: bool,
    /// How progress is shown.
    pub progress: Progress,
}

/// Boots the machine and waits for its end, or with `check` for its health.
///
/// # Errors
/// QEMU missing or failing, or an appliance that is not healthy in time.
pub fn run(order: &Order<'_>) -> Result<(), Error> {
    let scratch = tempfile::tempdir().map_err(|e| Error::io("create", "a temporary folder", e))?;
    let arguments = arguments(order, scratch.path())?;
    order.progress.say("starting the machine; end it with Ctrl-C");
    for (host, guest) in FORWARDED {
        order.progress.say(&format!("  127.0.0.1:{host} leads to its port {guest}"));
    }
    order.progress.say(&format!("  web: https://127.0.0.1:{}/", FORWARDED[0].0));
    let mut child = start(&arguments)?;
    let healthy = watch(&mut child, order);
    if order.check || healthy.is_err() {
        child.kill().map_err(|e| Error::io("stop", "qemu-system-x86_64", e))?;
    }
    let status = child.wait().map_err(|e| Error::io("run", "qemu-system-x86_64", e))?;
    healthy?;
    if order.check || status.success() {
        return Ok(());
    }
    Err(Error::Command { program: "qemu-system-x86_64".to_owned(), status: status.to_string(), stderr: String::new() })
}

/// Shows the serial console; ends with the machine, or with its health where only that was asked for.
fn watch(child: &mut Child, order: &Order<'_>) -> Result<(), Error> {
    let Some(console) = child.stdout.take() else { return Ok(()) };
    let (send, lines) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        for line in BufReader::new(console).split(b'\n').map_while(Result::ok) {
            if send.send(String::from_utf8_lossy(&line).trim_end().to_owned()).is_err() {
                return;
            }
        }
    });
    let began = Instant::now();
    loop {
        match lines.recv_timeout(Duration::from_secs(1)) {
            Ok(line) => {
                println!("{line}");
                if let Some((_, report)) = line.split_once(REPORT) {
                    order.progress.say(&format!("reported after {} s: {report}", began.elapsed().as_secs()));
                    if order.check {
                        return if report.starts_with("ok") { Ok(()) } else { Err(unhealthy(report)) };
                    }
                }
            }
            Err(std::sync::mpsc::RecvTimeoutError::Disconnected) if order.check => {
                return Err(unhealthy("the machine stopped"));
            }
            Err(std::sync::mpsc::RecvTimeoutError::Disconnected) => return Ok(()),
            Err(std::sync::mpsc::RecvTimeoutError::Timeout) if order.check && began.elapsed() > PATIENCE => {
                return Err(unhealthy(&format!("no health report within {} s", PATIENCE.as_secs())));
            }
            Err(std::sync::mpsc::RecvTimeoutError::Timeout) => {}
        }
    }
}

fn unhealthy(report: &str) -> Error {
    Error::malformed("the appliance is not healthy", report)
}

fn start(arguments: &[String]) -> Result<Child, Error> {
    Command::new("qemu-system-x86_64").args(arguments).stdin(Stdio::null()).stdout(Stdio::piped()).spawn().map_err(
        |e| match e.kind() {
            std::io::ErrorKind::NotFound => Error::MissingProgram {
                program: "qemu-system-x86_64".to_owned(),
                package: "qemu-system-x86".to_owned(),
            },
            _ => Error::io("run", "qemu-system-x86_64", e),
        },
    )
}

/// QEMU's command line. Software emulation: an existing `/dev/kvm` proves nothing, and a person can wait. One
/// processor: when a kernel patches its own code while a second one runs it, QEMU 7.2 may run the breakpoint in between.
fn arguments(order: &Order<'_>, scratch: &Path) -> Result<Vec<String>, Error> {
    let disk = fs::canonicalize(order.disk).map_err(|e| Error::io("read", order.disk, e))?;
    let forwards: String =
        FORWARDED.iter().map(|(host, guest)| format!(",hostfwd=tcp:127.0.0.1:{host}-:{guest}")).collect();
    let mut line: Vec<String> = ["-machine", "q35", "-accel", "tcg,thread=multi", "-cpu", "max", "-smp", "1"]
        .into_iter()
        .chain(["-nodefaults", "-display", "none", "-serial", "stdio", "-monitor", "none"])
        .map(str::to_owned)
        .collect();
    line.extend(["-m".to_owned(), order.memory_mib.to_string()]);
    let escaped = disk.to_string_lossy().replace(',', ",,");
    line.extend(["-drive".to_owned(), format!("file={escaped},format=raw,if=virtio,snapshot=on")]);
    line.extend(["-netdev".to_owned(), format!("user,id=net{forwards}")]);
    line.extend(["-device", "virtio-net-pci,netdev=net"].map(str::to_owned));
    if order.uefi {
        let code = firmware(&["/usr/share/OVMF/OVMF_CODE_4M.fd", "/usr/share/OVMF/OVMF_CODE.fd"])?;
        line.extend(["-drive".to_owned(), format!("if=pflash,unit=0,readonly=on,format=raw,file={}", code.display())]);
    }
    if let Some(user_data) = order.user_data {
        let seed = scratch.join("cidata");
        fs::create_dir(&seed).map_err(|e| Error::io("create", &seed, e))?;
        fs::copy(user_data, seed.join("user-data")).map_err(|e| Error::io("read", user_data, e))?;
        let meta = seed.join("meta-data");
        fs::write(&meta, "instance-id: demo\n").map_err(|e| Error::io("write", &meta, e))?;
        let path = seed.to_string_lossy().replace(',', ",,");
        line.extend(["-drive".to_owned(), format!("driver=vvfat,dir={path},label=cidata,if=virtio,read-only=on")]);
    }
    Ok(line)
}

/// The first of these firmware files that is there, or the one that `SOS_OVMF` names.
fn firmware(places: &[&str]) -> Result<PathBuf, Error> {
    std::env::var_os("SOS_OVMF")
        .map(PathBuf::from)
        .into_iter()
        .chain(places.iter().map(PathBuf::from))
        .find(|path| path.is_file())
        .ok_or_else(|| Error::MissingProgram { program: "OVMF".to_owned(), package: "ovmf".to_owned() })
}
