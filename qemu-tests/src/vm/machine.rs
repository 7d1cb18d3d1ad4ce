//! One QEMU process: planned, started, reset, photographed, saved, ended.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;

use super::{Disk, Firmware, Qmp, Serial};
use crate::accelerator::Accelerator;
use crate::program::{Program, Running};
use crate::world;
use crate::{Error, Result};

/// How the machine sees its system disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bus {
    /// virtio block device: most providers.
    VirtioBlk,
    /// virtio SCSI host adapter.
    VirtioScsi,
    /// SATA behind an AHCI controller.
    Ahci,
    /// NVMe.
    Nvme,
}

impl Bus {
    /// QEMU's devices for the drive called `disk` on this bus.
    fn devices(self) -> &'static str {
        match self {
            Bus::VirtioBlk => "-device virtio-blk-pci,drive=disk,bootindex=0",
            Bus::VirtioScsi => "-device virtio-scsi-pci,id=scsi -device scsi-hd,bus=scsi.0,drive=disk,bootindex=0",
            Bus::Ahci => "-device ide-hd,bus=ide.0,drive=disk,bootindex=0",
            Bus::Nvme => "-device nvme,serial=sos0,drive=disk,bootindex=0",
        }
    }
}

/// What starts a machine again that hangs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Watchdog {
    /// Nothing of the machine's; the guest may have one in software.
    None,
    /// Intel's 6300ESB, as hypervisors offer it.
    I6300esb,
}

/// What machine to start.
#[derive(Debug, Clone)]
pub struct Plan {
    /// Its system disk.
    pub disk: Disk,
    /// What starts the boot loader.
    pub firmware: Firmware,
    /// How the disk is attached.
    pub bus: Bus,
    /// Further disks behind it, on virtio.
    pub more_disks: Vec<Disk>,
    /// The provider's metadata disk, read-only.
    pub seed: Option<PathBuf>,
    /// Whether it is wired to the test world.
    pub network: bool,
    /// Memory.
    pub memory_mib: u32,
    /// Processors.
    pub cpus: u32,
    /// Its watchdog.
    pub watchdog: Watchdog,
    /// Where every write of the system disk is noted, when it is.
    pub log: Option<PathBuf>,
    /// The snapshot to go on from instead of a power-on.
    pub snapshot: Option<&'static str>,
}

impl Plan {
    /// The smallest machine we promise to run on: 1 GiB, two processors, a virtio disk.
    #[must_use]
    pub fn new(disk: Disk, firmware: Firmware) -> Plan {
        Plan {
            disk,
            firmware,
            bus: Bus::VirtioBlk,
            more_disks: Vec::new(),
            seed: None,
            network: true,
            memory_mib: 1024,
            cpus: 2,
            watchdog: Watchdog::None,
            log: None,
            snapshot: None,
        }
    }
}

/// A machine that has power. Dropping it pulls the plug.
#[derive(Debug)]
pub struct Machine {
    qemu: Running,
    qmp: Qmp,
    serial: Serial,
    folder: PathBuf,
    _sockets: tempfile::TempDir,
}

impl Machine {
    /// Starts a machine; its logs and sockets go to `folder`.
    ///
    /// # Errors
    /// [`Error::Refused`] without QEMU, [`Error::Wire`] when QEMU ends at once (see `qemu.log`).
    pub fn start(plan: Plan, folder: &Path, accelerator: Accelerator) -> Result<Machine> {
        // Not in `folder`: a socket's path has at most 107 bytes.
        let sockets =
            tempfile::Builder::new().prefix("sos-vm-").tempdir().map_err(Error::file(&std::env::temp_dir()))?;
        let socket = sockets.path().join("qmp");
        let serial = Serial::new(&folder.join("serial.log"));
        if let Some(log) = &plan.log {
            // QEMU makes none itself.
            std::fs::File::create(log).map_err(Error::file(log))?;
        }
        let qemu = qemu(&plan, folder, &socket, accelerator)?.start(&folder.join("qemu.log"))?;
        let qmp = Qmp::connect(&socket)?;
        Ok(Machine { qemu, qmp, serial, folder: folder.to_owned(), _sockets: sockets })
    }

    /// The serial console.
    pub fn serial(&mut self) -> &mut Serial {
        &mut self.serial
    }

    /// Presses the reset button.
    ///
    /// # Errors
    /// From QMP.
    pub fn reset(&mut self) -> Result<()> {
        self.qmp.execute("system_reset", json!({})).map(drop)
    }

    /// Presses the power button and waits until the machine has turned itself off.
    ///
    /// # Errors
    /// [`Error::Late`] when it does not.
    pub fn power_down(&mut self, limit: Duration) -> Result<()> {
        self.qmp.execute("system_powerdown", json!({}))?;
        self.qemu.wait(limit)
    }

    /// Saves memory, devices and disk under a name inside the (qcow2) disk.
    ///
    /// # Errors
    /// From QMP.
    pub fn save(&mut self, name: &str) -> Result<()> {
        self.qmp.monitor(&format!("savevm {name}"))
    }

    /// Pulls the plug after QEMU has flushed its files.
    ///
    /// # Errors
    /// [`Error::Late`] when QEMU does not end.
    pub fn unplug(mut self) -> Result<()> {
        self.qmp.execute("quit", json!({}))?;
        self.qemu.wait(Duration::from_secs(60))
    }

    /// Writes what is on the screen to `<name>.png` in the machine's folder.
    ///
    /// # Errors
    /// From QMP.
    pub fn photograph(&mut self, name: &str) -> Result<PathBuf> {
        let path = self.folder.join(format!("{name}.png"));
        self.qmp.execute("screendump", json!({ "filename": path, "format": "png" }))?;
        Ok(path)
    }

    /// Waits until the machine has nothing to do any more: for ten seconds QEMU used less than a fifth of a processor.
    ///
    /// # Errors
    /// [`Error::Late`] when it is busy still after `limit`.
    pub fn rest(&mut self, limit: Duration) -> Result<()> {
        const QUIET: Duration = Duration::from_secs(10);
        let start = Instant::now();
        loop {
            let (since, before) = (Instant::now(), self.qemu.processor_time()?);
            std::thread::sleep(QUIET);
            let used = self.qemu.processor_time()?.saturating_sub(before);
            if used < since.elapsed() / 5 {
                return Ok(());
            }
            if start.elapsed() > limit {
                let detail = format!(": QEMU used {used:?} of the last {QUIET:?}");
                return Err(Error::Late { what: "a machine at rest".into(), seconds: limit.as_secs(), detail });
            }
        }
    }

    /// Whether QEMU has ended.
    pub fn has_ended(&mut self) -> bool {
        self.qemu.has_ended()
    }
}

fn qemu(plan: &Plan, folder: &Path, socket: &Path, accelerator: Accelerator) -> Result<Program> {
    let shown = |path: &Path| path.display().to_string();
    let mut program = Program::new("qemu-system-x86_64")
        .words("-machine q35,vmport=off -nodefaults -display none -device VGA -rtc base=utc")
        .words("-device virtio-rng-pci")
        .arg("-smbios")
        .arg(no_night())
        .words(accelerator.arguments())
        .words(&format!("-m {} -smp {}", plan.memory_mib, accelerator.cpus(plan.cpus)))
        .args(drive(&plan.disk, plan.log.as_deref()))
        .words(plan.bus.devices())
        .arg("-chardev")
        .arg(format!("file,id=serial,append=on,path={}", shown(&folder.join("serial.log"))))
        .words("-serial chardev:serial")
        .arg("-qmp")
        .arg(format!("unix:{},server=on,wait=off", shown(socket)))
        .args(plan.firmware.arguments(folder)?);
    for (number, disk) in plan.more_disks.iter().enumerate() {
        let (format, file) = (disk.format.name(), shown(&disk.path));
        program = program
            .arg("-drive")
            .arg(format!("if=none,id=disk{number},format={format},cache=unsafe,file={file}"))
            // OVMF connects only what has a place in the order of booting.
            .words(&format!("-device virtio-blk-pci,drive=disk{number},bootindex={}", number + 1));
    }
    if let Some(seed) = &plan.seed {
        let drive = format!("if=none,id=seed,format=raw,readonly=on,file={}", shown(seed));
        program = program.arg("-drive").arg(drive).words("-device virtio-blk-pci,drive=seed");
    }
    if plan.network {
        program = program
            .words(&format!("-netdev tap,id=net,ifname={},script=no,downscript=no", world::WIRE))
            .words(&format!("-device virtio-net-pci,netdev=net,mac={}", world::MACHINE_MAC));
    }
    if plan.watchdog == Watchdog::I6300esb {
        program = program.words("-device i6300esb -action watchdog=reset");
    }
    if let Some(snapshot) = plan.snapshot {
        program = program.words(&format!("-loadvm {snapshot}"));
    }
    Ok(program)
}

/// The firmware's word to systemd (systemd.system-credentials(7), `systemd.unit-dropin.*`) that updates are looked for
/// when a scenario says so: whoever runs scenarios at night would else have two at once.
fn no_night() -> String {
    let never = STANDARD.encode("[Unit]\nConditionPathExists=!/\n");
    format!("type=11,value=io.systemd.credential.binary:systemd.unit-dropin.sos-update.timer={never}")
}

/// QEMU's arguments for the drive called `disk`. Where its writes are noted, it is a disk with a cache that the machine
/// flushes, so that flushes are noted too; neither file is really flushed, for the host's power stays.
fn drive(disk: &Disk, log: Option<&Path>) -> Vec<String> {
    let (format, path) = (disk.format.name(), disk.path.display());
    let Some(log) = log else {
        return vec![
            "-drive".into(),
            format!("if=none,id=disk,format={format},cache=unsafe,discard=unmap,file={path}"),
        ];
    };
    let nodes = [
        format!("driver=file,node-name=file,filename={path},discard=unmap,cache.no-flush=on"),
        format!("driver={format},node-name=plain,file=file,discard=unmap,cache.no-flush=on"),
        format!("driver=file,node-name=log,filename={},cache.no-flush=on", log.display()),
        "driver=blklogwrites,node-name=disk,file=plain,log=log,log-sector-size=512,discard=unmap".into(),
    ];
    nodes.into_iter().flat_map(|node| ["-blockdev".into(), node]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vm::DiskFormat;

    fn command_line(plan: &Plan) -> String {
        qemu(plan, Path::new("/run/x"), Path::new("/run/x.sock"), Accelerator::Tcg).unwrap().shown().to_owned()
    }

    fn plan() -> Plan {
        Plan::new(Disk { path: "/d".into(), format: DiskFormat::Raw }, Firmware::Bios)
    }

    #[test]
    fn a_machine_has_the_smallest_promised_size_unless_told() {
        assert!(command_line(&plan()).contains("-m 1024 -smp 1 "));
    }

    #[test]
    fn a_machine_without_network_needs_no_wire() {
        assert!(command_line(&plan()).contains("-netdev tap"));
        assert!(!command_line(&Plan { network: false, ..plan() }).contains("netdev"));
    }

    #[test]
    fn a_machine_whose_writes_are_noted_has_a_disk_that_it_flushes() {
        assert!(command_line(&plan()).contains("if=none,id=disk,format=raw,cache=unsafe"));
        let noted = command_line(&Plan { log: Some("/l".into()), ..plan() });
        assert!(noted.contains("driver=blklogwrites,node-name=disk") && !noted.contains("cache=unsafe"), "{noted}");
    }

    #[test]
    fn the_metadata_disk_is_read_only() {
        let line = command_line(&Plan { seed: Some("/s".into()), ..plan() });
        assert!(line.contains("readonly=on,file=/s"), "{line}");
    }
}
