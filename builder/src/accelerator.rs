//! What runs a virtual machine's instructions: KVM, or QEMU's own translator. `/dev/kvm` existing proves nothing: on
//! some hosts a stock kernel hangs under it. So KVM counts only after a guest has shown [`SIGNS_OF_LIFE`] in time.
//! Every time limit is scaled by the answer.

use std::path::Path;
use std::str::FromStr;
use std::time::Duration;

/// What the image's initrd writes to the serial line, one of these at least: firmware, GRUB, kernel and user space work.
pub const SIGNS_OF_LIFE: [&str; 4] = ["systemd[1]", "running in system mode", "dracut", "sos: "];
/// How long a guest under KVM may take to its first sign of life.
pub const PROBE_LIMIT: Duration = Duration::from_secs(40);
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
    /// Whether KVM is worth a try.
    #[must_use]
    pub fn offers_kvm() -> bool {
        std::fs::File::options().read(true).write(true).open(Path::new("/dev/kvm")).is_ok()
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

/// There is no accelerator of this name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("no accelerator is called {0:?}: say kvm or tcg")]
pub struct UnknownAccelerator(String);

impl FromStr for Accelerator {
    type Err = UnknownAccelerator;

    fn from_str(name: &str) -> Result<Self, UnknownAccelerator> {
        match name {
            "kvm" => Ok(Accelerator::Kvm),
            "tcg" => Ok(Accelerator::Tcg),
            _ => Err(UnknownAccelerator(name.to_owned())),
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
    fn a_translated_machine_has_one_processor() {
        assert_eq!((Accelerator::Kvm.cpus(2), Accelerator::Tcg.cpus(2)), (2, 1));
    }

    #[test]
    fn names_round_trip() {
        for accelerator in [Accelerator::Kvm, Accelerator::Tcg] {
            assert_eq!(accelerator.to_string().parse(), Ok(accelerator));
        }
        assert!("xen".parse::<Accelerator>().is_err());
    }
}
