//! The machine under test: a QEMU process with a disk, a serial console, a screen, a control socket
//! and a network card.

mod disk;
mod firmware;
mod machine;
mod partitions;
mod qmp;
mod serial;
mod ssh;

pub use disk::{Disk, DiskFormat, MACHINE_DISK_BYTES};
pub use firmware::Firmware;
pub use machine::{Bus, Machine, Plan, Watchdog};
pub use partitions::{Partition, find_partition};
pub use qmp::Qmp;
pub use serial::Serial;
pub use ssh::{Key, Shell};
