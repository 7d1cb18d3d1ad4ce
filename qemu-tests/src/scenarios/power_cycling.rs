//! Ordinary power cycling uses up no tries (rauc/rauc#490): twenty resets at all moments of the boot, from
//! the loader to user space, leave the boot state's bytes as they were built, and the machine still boots.

use crate::Result;
use crate::base::{HEALTH_SECONDS, LOADER, WAITING};
use crate::must;
use crate::seed::{Metadata, Source};
use crate::session::Stage;
use crate::vm::{Disk, Firmware, Plan, find_partition};

const RESETS: u32 = 20;
/// Seconds from reset to the loader's choice of a slot, with hardware virtualisation.
const LOADER_SECONDS: u32 = 15;
/// By how much each reset comes later after the loader's line than the last, with hardware virtualisation:
/// steps through kernel and initrd.
const STEP: std::time::Duration = std::time::Duration::from_millis(100);

/// See the file's header.
pub fn run(stage: &mut Stage) -> Result<()> {
    let disk = Disk::copy(&stage.image, &stage.folder.join("disk.raw"))?;
    let bootstate = find_partition(&stage.image, "bootstate")?;
    let bytes = |disk: &Disk| disk.read(bootstate.offset, bootstate.length as usize);
    let built = bytes(&disk)?;

    let seed = Some(stage.seed(Source::NoCloud, &Metadata::default())?);
    stage.start(Plan { seed, ..Plan::new(disk.clone(), Firmware::Bios) })?;
    let (loader, health) = (stage.limit(LOADER_SECONDS), stage.limit(HEALTH_SECONDS));
    let step = stage.accelerator.scale(STEP);
    for reset in 1..=RESETS {
        stage.machine()?.serial().wait(LOADER, loader)?;
        std::thread::sleep(step * reset);
        stage.machine()?.reset()?;
        stage.machine()?.serial().skip();
        must!(bytes(&disk)? == built, "reset {reset} of {RESETS} changed the boot state's bytes");
    }

    stage.machine()?.serial().wait(WAITING, health)?;
    stage.unplug()?;
    must!(bytes(&disk)? == built, "the boot after {RESETS} resets changed the boot state's bytes");
    Ok(())
}
