//! Finds out what really runs guests here: KVM gets one short real boot with a time limit, else TCG is used.

use std::path::Path;

pub use sos_builder::accelerator::Accelerator;
use sos_builder::accelerator::{PROBE_LIMIT, SIGNS_OF_LIFE};

use crate::vm::{Disk, Firmware, Machine, Plan};
use crate::{Error, Result};

/// Tries KVM with a real boot of `disk`; anything but success means TCG.
///
/// # Errors
/// Only the host's own faults: no QEMU, no room for the probe's files.
pub fn probe(disk: &Path, scratch: &Path) -> Result<Accelerator> {
    if !Accelerator::offers_kvm() {
        return Ok(Accelerator::Tcg);
    }
    std::fs::create_dir_all(scratch).map_err(Error::file(scratch))?;
    let overlay = Disk::overlay(disk, &scratch.join("probe.qcow2"))?;
    let plan = Plan { network: false, ..Plan::new(overlay, Firmware::Bios) };
    let alive = SIGNS_OF_LIFE.map(regex::escape).join("|");
    let booted = Machine::start(plan, scratch, Accelerator::Kvm)
        .and_then(|mut machine| machine.serial().wait(&alive, PROBE_LIMIT));
    std::fs::remove_dir_all(scratch).map_err(Error::file(scratch))?;
    Ok(if booted.is_ok() { Accelerator::Kvm } else { Accelerator::Tcg })
}
