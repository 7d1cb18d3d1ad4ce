//! Puts the disk together: GPT, boot code for both firmwares, the file systems of its partitions.
//!
//! In: `image/disk.toml` and a file per partition. Out: one sparse raw disk. Every identifier on it is derived
//! from the lock, so the same parts give the same disk.

use std::fs::{self, File};
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use serde::Deserialize;
use sha2::{Digest, Sha256};

use crate::error::Error;
use crate::sandbox::Sandbox;

/// Bytes in a MiB.
pub const MIB: u64 = 1024 * 1024;
/// Bytes in a sector.
pub const SECTOR: u64 = 512;

/// `image/disk.toml`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Layout {
    /// How full a slot may be, in percent.
    pub fill_percent: u64,
    alignment_mib: u64,
    partition: Vec<Described>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Described {
    name: String,
    #[serde(rename = "type")]
    kind: Kind,
    size_mib: u64,
}

/// What a partition is for; its GPT type.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Kind {
    BiosBoot,
    Esp,
    Linux,
    RootVeritySlot,
}

impl Kind {
    /// The GPT partition type. A slot's root has a type of our own: no generator or rescue system is to guess
    /// at it, only the boot partition says which one is mounted.
    fn guid(self) -> &'static str {
        match self {
            Self::BiosBoot => "21686148-6449-6E6F-744E-656564454649",
            Self::Esp => "C12A7328-F81F-11D2-BA4B-00A0C93EC93B",
            Self::Linux => "0FC63DAF-8483-4772-8E79-3D69D8477DE4",
            Self::RootVeritySlot => "5B1D1B3C-0F0B-4E57-9C2C-53D1A2B0A5E1",
        }
    }
}

/// A partition in its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Partition {
    /// The GPT name.
    pub name: String,
    /// Bytes from the start of the disk.
    pub start: u64,
    /// Bytes.
    pub size: u64,
    guid: &'static str,
}

impl Layout {
    /// Reads the text of `path`.
    ///
    /// # Errors
    /// TOML that is malformed.
    pub fn parse(path: &Path, text: &str) -> Result<Self, Error> {
        toml::from_str(text).map_err(|e| Error::malformed(path, e.to_string()))
    }

    /// The partitions, one after the other.
    #[must_use]
    pub fn partitions(&self) -> Vec<Partition> {
        let mut start = self.alignment_mib * MIB;
        self.partition
            .iter()
            .map(|described| {
                let size = described.size_mib * MIB;
                let partition = Partition { name: described.name.clone(), start, size, guid: described.kind.guid() };
                start += size;
                partition
            })
            .collect()
    }

    /// The partition of this name.
    ///
    /// # Errors
    /// A layout without it.
    pub fn partition(&self, name: &str) -> Result<Partition, Error> {
        self.partitions()
            .into_iter()
            .find(|partition| partition.name == name)
            .ok_or_else(|| Error::malformed("image/disk.toml", format!("there is no partition «{name}»")))
    }

    /// Refuses a root image of `size` bytes that leaves a slot less room than `fill_percent` asks for.
    ///
    /// # Errors
    /// The image's size beside the slot's.
    pub fn demand_room(&self, size: u64) -> Result<(), Error> {
        let (slot, percent) = (self.partition("root-a")?.size, self.fill_percent);
        if size * 100 <= slot * percent {
            return Ok(());
        }
        let (size, slot) = (size / MIB, slot / MIB);
        let text = format!("the root has {size} MiB, more than {percent} % of its slot of {slot} MiB");
        Err(Error::malformed("image/disk.toml", text))
    }

    /// Bytes of the whole disk, with the second partition table at its end.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.partitions().last().map_or(0, |last| last.start + last.size) + self.alignment_mib * MIB
    }
}

/// A UUID for `name`, the same for the same `seed` (RFC 9562, version 8).
#[must_use]
pub fn uuid(seed: &str, name: &str) -> String {
    let mut bytes: [u8; 16] = [0; 16];
    bytes.copy_from_slice(&Sha256::digest(format!("{seed}\0{name}"))[..16]);
    bytes[6] = bytes[6] & 0x0f | 0x80;
    bytes[8] = bytes[8] & 0x3f | 0x80;
    let hex = hex::encode(bytes);
    [&hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..]].join("-")
}

/// Makes an ext2 file system of `partition`'s size, holding what stands in the folder of its name, as `dir/NAME.img`;
/// the file system itself is called `label`.
///
/// # Errors
/// mke2fs's words; content that does not fit is among them.
pub fn ext2(
    tools: &Sandbox,
    dir: &Path,
    seen_at: &str,
    partition: &Partition,
    label: &str,
    seed: &str,
) -> Result<PathBuf, Error> {
    let image = format!("{}.img", partition.name);
    let id = uuid(seed, &format!("{label}.img"));
    crate::cache::remove_file(&dir.join(&image))?;
    tools
        .program("mke2fs")
        .args(["-q", "-t", "ext2", "-b", "1024", "-m", "0", "-L", label, "-U", &id])
        .args(["-E", &format!("hash_seed={id},root_owner=0:0"), "-d", &format!("{seen_at}/{}", partition.name)])
        .args([format!("{seen_at}/{image}"), format!("{}k", partition.size / 1024)])
        .run()?;
    Ok(dir.join(image))
}

/// Makes the ESP with `BOOTX64.EFI` where every firmware looks for it (UEFI 2.10, 3.5.1.1), as `dir/esp.img`.
///
/// # Errors
/// The words of mkfs.fat or mtools.
pub fn esp(tools: &Sandbox, dir: &Path, seen_at: &str, partition: &Partition, seed: &str) -> Result<PathBuf, Error> {
    let image = format!("{seen_at}/esp.img");
    let path = dir.join("esp.img");
    let file = File::create(&path).map_err(|e| Error::io("create", &path, e))?;
    file.set_len(partition.size).map_err(|e| Error::io("write", &path, e))?;
    let volume = &uuid(seed, "esp").replace('-', "")[..8].to_owned();
    tools.program("mkfs.fat").args(["--invariant", "-F", "32", "-s", "1", "-n", "ESP", "-i", volume, &image]).run()?;
    tools.program("mmd").args(["-i", &image, "::/EFI", "::/EFI/BOOT"]).run()?;
    tools.program("mcopy").args(["-i", &image, &format!("{seen_at}/BOOTX64.EFI"), "::/EFI/BOOT/BOOTX64.EFI"]).run()?;
    Ok(path)
}

/// The two copies of the boot state (`image/boot/grub.cfg` says what they mean), for a disk that was never booted.
#[must_use]
pub fn boot_state(sequence: u32) -> Vec<u8> {
    let record = format!("{sequence}:a:-:0");
    let mut block = format!("# GRUB Environment Block\nrecord={record}\ntwin={record}\n").into_bytes();
    block.resize(SECTOR as usize, b'#');
    block
}

/// Writes the whole disk to `disk`: partition table, boot code, then each part into its partition.
///
/// # Errors
/// sfdisk's words, a part larger than its partition, or a disk that cannot be written.
pub fn assemble(
    tools: &Sandbox,
    disk: &Path,
    seen_at: &str,
    layout: &Layout,
    seed: &str,
    parts: &[(&str, PathBuf)],
) -> Result<(), Error> {
    let io = |e| Error::io("write", disk, e);
    let file = File::create(disk).map_err(io)?;
    file.set_len(layout.size()).map_err(io)?;
    drop(file);
    tools
        .program("sfdisk")
        .args(["--quiet", "--no-reread", "--no-tell-kernel", seen_at])
        .input(table(layout, seed))
        .run()?;
    let mut file = File::options().write(true).open(disk).map_err(io)?;
    for (name, part) in parts {
        let (start, room) = match *name {
            "boot code" => (0, 440),
            name => layout.partition(name).map(|partition| (partition.start, partition.size))?,
        };
        let size = fs::metadata(part).map_err(|e| Error::io("read", part, e))?.len();
        if size > room {
            return Err(Error::malformed(
                part,
                format!("it has {size} bytes; its place on the disk, {name}, holds {room}"),
            ));
        }
        copy_sparse(part, &mut file, start).map_err(io)?;
    }
    Ok(())
}

/// The partition table in sfdisk(8)'s script format.
fn table(layout: &Layout, seed: &str) -> String {
    let mut script = format!("label: gpt\nlabel-id: {}\nunit: sectors\nfirst-lba: 2048\n", uuid(seed, "disk"));
    for partition in layout.partitions() {
        script.push_str(&format!(
            "start={}, size={}, type={}, uuid={}, name=\"{}\"\n",
            partition.start / SECTOR,
            partition.size / SECTOR,
            partition.guid,
            uuid(seed, &partition.name),
            partition.name
        ));
    }
    script
}

/// Copies `from` to `start` in `to`, leaving holes where it holds only zeros.
fn copy_sparse(from: &Path, to: &mut File, start: u64) -> std::io::Result<()> {
    let mut from = File::open(from)?;
    let mut buffer = vec![0; MIB as usize];
    let mut place = start;
    loop {
        let read = from.read(&mut buffer)?;
        if read == 0 {
            return Ok(());
        }
        if buffer[..read].iter().any(|byte| *byte != 0) {
            to.seek(SeekFrom::Start(place))?;
            to.write_all(&buffer[..read])?;
        }
        place += read as u64;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn layout() -> Layout {
        let text = include_str!("../../image/disk.toml");
        Layout::parse(Path::new("disk.toml"), text).unwrap()
    }

    #[test]
    fn partitions_stand_in_the_order_that_the_boot_chooser_counts_on() {
        let names: Vec<String> = layout().partitions().into_iter().map(|partition| partition.name).collect();
        assert_eq!(names, ["bios", "esp", "bootstate", "boot-a", "root-a", "boot-b", "root-b", "state"]);
    }

    #[test]
    fn state_is_last_so_that_it_can_grow_with_the_disk() {
        let partitions = layout().partitions();
        assert!(partitions.windows(2).all(|pair| pair[0].start + pair[0].size <= pair[1].start));
        assert_eq!(partitions.last().unwrap().name, "state");
        assert!(layout().size() < 16 * 1024 * MIB);
    }

    #[test]
    fn an_image_that_leaves_its_slot_too_little_room_is_no_disk() {
        let (layout, slot) = (layout(), layout().partition("root-a").unwrap().size);
        assert!(layout.demand_room(slot * layout.fill_percent / 100).is_ok());
        let error = layout.demand_room(slot * layout.fill_percent / 100 + 1).unwrap_err();
        assert!(error.to_string().contains("more than 60 % of its slot"), "{error}");
    }

    #[test]
    fn a_boot_state_has_the_bytes_that_the_updater_would_write() {
        use sos_updater::boot_state::{Record, Sector, Slot};
        for sequence in [1, 2, 10] {
            let record = Record { sequence, ..Record::settled(Slot::A) };
            assert_eq!(boot_state(sequence), Sector::of(record).0);
        }
    }

    #[test]
    fn identifiers_depend_on_the_seed_and_the_name_alone() {
        assert_eq!(uuid("a", "b"), uuid("a", "b"));
        assert_ne!(uuid("a", "b"), uuid("a", "c"));
        assert_eq!(&uuid("a", "b")[14..15], "8");
    }
}
