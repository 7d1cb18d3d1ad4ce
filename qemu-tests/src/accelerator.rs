//! Finds out what really runs guests here. `/dev/kvm` existing proves nothing: on some hosts a stock
//! kernel hangs under it. So KVM gets one short real boot with a time limit, else TCG is used.
//! Every time limit of a run is scaled by the answer.

use std::path::Path;
use std::str::FromStr;
use std::time::Duration;

use crate::vm::{Disk, Firmware, Machine, Plan};
use crate::{Error, Result};

/// How long the probe boot may take to reach its initrd.
const PROBE_LIMIT: Duration = Duration::from_secs(40);
/// What systemd in the initrd writes to the serial line: firmware, GRUB, kernel and user space work.
const PROBE_LINE: &str = r"systemd\[1\]|systemd \d+.* running in system mode|dracut|sos: ";
/// How much longer things take under TCG, other guests and builds beside it included.
const TCG_SCALE: u32 = 8;

/// What runs the guest's instructions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Accelerator {
    /// Hardware virtualisation.
    Kvm,
    /// QEMU's own translator.
    Tcg,
}

impl Accelerator {
    /// Tries KVM with a real boot of `disk`; anything but success means TCG.
    ///
    /// # Errors
    /// Only the host's own faults: no QEMU, no room for the probe's files.
    pub fn probe(disk: &Path, scratch: &Path) -> Result<Accelerator> {
        let device = Path::new("/dev/kvm");
        if std::fs::File::options().read(true).write(true).open(device).is_err() {
            return Ok(Accelerator::Tcg);
        }
        std::fs::create_dir_all(scratch).map_err(Error::file(scratch))?;
        let overlay = Disk::overlay(disk, &scratch.join("probe.qcow2"))?;
        let plan = Plan { network: false, ..Plan::new(overlay, Firmware::Bios) };
        let booted = Machine::start(plan, scratch, Accelerator::Kvm)
            .and_then(|mut machine| machine.serial().wait(PROBE_LINE, PROBE_LIMIT));
        std::fs::remove_dir_all(scratch).map_err(Error::file(scratch))?;
        Ok(if booted.is_ok() { Accelerator::Kvm } else { Accelerator::Tcg })
    }

    /// The time limit for something that takes at most `seconds` with hardware virtualisation.
    #[must_use]
    pub fn limit(self, seconds: u32) -> Duration {
        self.scale(Duration::from_secs(seconds.into()))
    }

    /// How long something takes that takes `duration` with hardware virtualisation.
    #[must_use]
    pub fn scale(self, duration: Duration) -> Duration {
        match self {
            Accelerator::Kvm => duration,
            Accelerator::Tcg => duration * TCG_SCALE,
        }
    }

    /// How many of the wanted processors a machine gets. Under TCG one: when a kernel patches its own code
    /// while a second processor runs it, QEMU 7.2 may run the breakpoint in between («Oops: int3»).
    #[must_use]
    pub fn cpus(self, wanted: u32) -> u32 {
        match self {
            Accelerator::Kvm => wanted,
            Accelerator::Tcg => 1,
        }
    }

    /// QEMU's arguments for it.
    #[must_use]
    pub fn arguments(self) -> &'static str {
        match self {
            Accelerator::Kvm => "-accel kvm -cpu host",
            Accelerator::Tcg => "-accel tcg,thread=multi -cpu max",
        }
    }
}

impl std::fmt::Display for Accelerator {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(match self {
            Accelerator::Kvm => "kvm",
            Accelerator::Tcg => "tcg",
        })
    }
}

impl FromStr for Accelerator {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self> {
        match name {
            "kvm" => Ok(Accelerator::Kvm),
            "tcg" => Ok(Accelerator::Tcg),
            _ => Err(Error::Usage(format!("no accelerator is called {name:?}: say kvm or tcg"))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_are_scaled_by_the_accelerator() {
        assert_eq!(Accelerator::Kvm.limit(10), Duration::from_secs(10));
        assert_eq!(Accelerator::Tcg.limit(10), Duration::from_secs(80));
    }

    #[test]
    fn names_round_trip() {
        for accelerator in [Accelerator::Kvm, Accelerator::Tcg] {
            assert_eq!(accelerator.to_string().parse::<Accelerator>().unwrap(), accelerator);
        }
    }
}
