//! One disk boots under both firmwares from every kind of disk a provider's virtual machine has: virtio,
//! virtio SCSI, SATA, NVMe. Many providers' machines are BIOS only; an image for UEFI alone, or an initrd
//! without the one driver that finds the disk, is found out by the customer.
//!
//! Twice the machine is claimed on the way, once by each metadata disk, to the report that all its services
//! are healthy; the others go as far as waiting for their owner. Under BIOS that is how the base `claimed` is made, which
//! half of the scenarios start from: here it is only looked whether that was the boot it is to be.

use crate::base::{HEALTH_SECONDS, LOADER, WAITING};
use crate::club;
use crate::seed::{Metadata, Source};
use crate::session::Stage;
use crate::vm::{Bus, Disk, Firmware, Plan};
use crate::{Result, must};

fn boots_unclaimed(stage: &mut Stage, firmware: Firmware, bus: Bus) -> Result<()> {
    let disk = Disk::overlay(&stage.image, &stage.folder.join("disk.qcow2"))?;
    let seed = Some(stage.seed(Source::NoCloud, &Metadata::default())?);
    stage.start(Plan { bus, seed, ..Plan::new(disk, firmware) })?;
    let limit = stage.limit(HEALTH_SECONDS);
    stage.machine()?.serial().wait(WAITING, limit).map(drop)
}

/// BIOS, virtio disk, claimed by ConfigDrive.
pub fn bios_virtio_blk(stage: &mut Stage) -> Result<()> {
    let console = stage.machine()?.serial().text();
    for said in [LOADER, "sos: health: ok"] {
        must!(console.contains(said), "the console does not say {said:?}");
    }
    let shell = stage.shell();
    shell.succeed("test ! -e /sys/firmware/efi")?;
    shell.succeed("test -b /dev/vda && test -b /dev/disk/by-label/CONFIG-2")?;
    // cloud-init writes down a card's name while udev may still be about to change it.
    shell.succeed("test -e /sys/class/net/eth0")?;
    let id = shell.succeed("cloud-init query v1.subplatform")?;
    must!(id.starts_with("config-disk"), "its metadata came from {id:?}");
    Ok(())
}

/// BIOS, virtio SCSI disk.
pub fn bios_virtio_scsi(stage: &mut Stage) -> Result<()> {
    boots_unclaimed(stage, Firmware::Bios, Bus::VirtioScsi)
}

/// BIOS, SATA disk.
pub fn bios_ahci(stage: &mut Stage) -> Result<()> {
    boots_unclaimed(stage, Firmware::Bios, Bus::Ahci)
}

/// BIOS, NVMe disk.
pub fn bios_nvme(stage: &mut Stage) -> Result<()> {
    boots_unclaimed(stage, Firmware::Bios, Bus::Nvme)
}

/// UEFI, virtio disk, claimed by NoCloud.
pub fn uefi_virtio_blk(stage: &mut Stage) -> Result<()> {
    stage.boot(Firmware::Uefi, Source::NoCloud, &Metadata::with_mapping(club::MAPPING))?;
    let limit = stage.limit(HEALTH_SECONDS);
    stage.wait_for_health(limit)
}

/// UEFI, virtio SCSI disk.
pub fn uefi_virtio_scsi(stage: &mut Stage) -> Result<()> {
    boots_unclaimed(stage, Firmware::Uefi, Bus::VirtioScsi)
}

/// UEFI, SATA disk.
pub fn uefi_ahci(stage: &mut Stage) -> Result<()> {
    boots_unclaimed(stage, Firmware::Uefi, Bus::Ahci)
}

/// UEFI, NVMe disk.
pub fn uefi_nvme(stage: &mut Stage) -> Result<()> {
    boots_unclaimed(stage, Firmware::Uefi, Bus::Nvme)
}
