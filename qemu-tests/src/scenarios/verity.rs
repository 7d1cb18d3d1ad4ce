//! The root is what was signed, or nothing: one flipped bit in it panics the kernel as soon as it is read,
//! and the panic reboots, where others only gave read errors (flatcar/Flatcar#422). With the bit put back
//! the machine boots as if nothing had been.

use crate::Result;
use crate::base::{HEALTH_SECONDS, LOADER, WAITING};
use crate::must;
use crate::seed::{Metadata, Source};
use crate::session::Stage;
use crate::vm::{Disk, Firmware, Plan, find_partition};

/// erofs' superblock, 1024 bytes into the file system, is read by every mount; this is a byte of its
/// volume name, which nothing but verity would mind.
const FLIPPED: u64 = 1024 + 64;
/// Seconds from power-on to the panic, and again to the loader, with hardware virtualisation.
const PANIC_SECONDS: u32 = 40;

/// See the file's header.
pub fn run(stage: &mut Stage) -> Result<()> {
    let disk = Disk::copy(&stage.image, &stage.folder.join("disk.raw"))?;
    let byte = find_partition(&stage.image, "root-a")?.offset + FLIPPED;
    let seed = Some(stage.seed(Source::NoCloud, &Metadata::default())?);
    let plan = Plan { seed, ..Plan::new(disk.clone(), Firmware::Bios) };
    let (panic, health) = (stage.limit(PANIC_SECONDS), stage.limit(HEALTH_SECONDS));

    disk.flip_bit(byte)?;
    stage.start(plan.clone())?;
    let serial = stage.machine()?.serial();
    serial.wait(r"verity.*corrupted|verity.*error", panic)?;
    serial.wait(r"Kernel panic - not syncing", panic)?;
    serial.wait(LOADER, panic)?;
    must!(!serial.text().contains("sos: "), "the machine came up with a wrong bit in its root");
    stage.unplug()?;

    disk.flip_bit(byte)?;
    stage.start(plan)?;
    stage.machine()?.serial().wait(WAITING, health).map(drop)
}
