//! The image is a few gigabytes, the customer's disk whatever was ordered. At the first boot the state
//! partition and the file system in it take all that is left, without anybody's doing.

use crate::must;
use crate::session::Stage;
use crate::vm::{MACHINE_DISK_BYTES, find_partition};
use crate::{Error, Result};

/// What alignment and the second GPT may cost at the end of the disk.
const END_BYTES: u64 = 4 << 20;

/// See the file's header.
pub fn run(stage: &mut Stage) -> Result<()> {
    let built = find_partition(&stage.image, "state")?;
    let shell = stage.shell();

    let partition = number(&shell.succeed("blockdev --getsize64 /dev/disk/by-partlabel/state")?)?;
    let room = MACHINE_DISK_BYTES - built.offset;
    must!(partition > built.length, "the state partition still has its built size of {partition} bytes");
    must!(room - partition <= END_BYTES, "the state partition has {partition} of {room} bytes there are");

    let mounted = number(&shell.succeed("findmnt --bytes --noheadings --output SIZE /var")?)?;
    must!(mounted == partition, "the file system on /var has {mounted} of the partition's {partition} bytes");
    Ok(())
}

fn number(text: &str) -> Result<u64> {
    text.trim().parse().map_err(|_| Error::Unmet(format!("expected a number of bytes, got {text:?}")))
}
