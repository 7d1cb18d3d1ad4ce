//! Which slot boots: two copies of one record in the partition `bootstate`, as `image/boot/grub.cfg` reads them.

mod record;

pub use record::{Record, Slot};
