//! Makes GRUB's core images for BIOS and UEFI, with the boot chooser inside.
//!
//! In: the tools root, `image/boot/grub.cfg`. Out: `boot.img` (the first 440 bytes of the disk), `core.img` (the
//! bios partition) and `BOOTX64.EFI` (the ESP). Only a rescue parser reads a configuration embedded in the core
//! image, so the chooser stands in a memory disk and is started by a line of that parser.

use std::fs;
use std::path::Path;

use crate::error::Error;
use crate::sandbox::Sandbox;

/// The partition that holds the boot state, on the disk that the firmware started.
const PREFIX: &str = "(,gpt3)/";
/// What the rescue parser runs: it has no `if`, so it only hands over.
const HANDOVER: &str = "set bootstate=$root\nexport bootstate\nnormal (memdisk)/grub.cfg\n";
/// Modules that the chooser needs, whatever the firmware.
pub const MODULES: [&str; 15] = [
    "normal",
    "part_gpt",
    "ext2",
    "memdisk",
    "tar",
    "serial",
    "terminal",
    "echo",
    "test",
    "regexp",
    "loadenv",
    "linux",
    "reboot",
    "sleep",
    "configfile",
];
/// Bytes of the disk's first sector that are boot code; the partition table follows.
const BOOT_CODE: usize = 440;
/// Where `boot.img` keeps the sector of the core image (GRUB_BOOT_MACHINE_KERNEL_SECTOR, 8 bytes).
const KERNEL_SECTOR: usize = 0x5c;
/// Where `boot.img` checks the drive number; two NOPs trust the BIOS less (GRUB_BOOT_MACHINE_DRIVE_CHECK).
const DRIVE_CHECK: usize = 0x66;
/// Where the first sector of `core.img` keeps the list of sectors to load (first sector, count, segment).
const BLOCK_LIST: usize = 0x1f4;
/// Bytes in a sector.
const SECTOR: u64 = 512;

/// What the core images carry.
#[derive(Debug, Clone, Copy)]
pub struct Contents<'a> {
    /// The memory disk's files: `grub.cfg` is started.
    pub files: &'a [(&'a str, &'a Path)],
    /// Modules beside those of the firmware.
    pub modules: &'a [&'a str],
}

/// What the images are made by, beside the chooser; part of their key in the cache.
#[must_use]
pub fn recipe() -> String {
    format!("{PREFIX}\n{HANDOVER}{MODULES:?}")
}

/// Makes the three files in `dir`, which the tools' sandbox sees at `seen_at`; the bios partition starts at
/// sector `bios_sector`.
///
/// # Errors
/// grub-mkimage's words, or a core image that is larger than `bios_bytes`.
pub fn make(
    tools: &Sandbox,
    tools_root: &Path,
    dir: &Path,
    seen_at: &str,
    contents: Contents<'_>,
    bios_sector: u64,
    bios_bytes: u64,
) -> Result<(), Error> {
    write(&dir.join("handover.cfg"), HANDOVER.as_bytes())?;
    write(&dir.join("memdisk.tar"), &memory_disk(contents.files)?)?;
    let image = |format: &str, output: &str, extra: &[&str]| {
        let at = |name: &str| format!("{seen_at}/{name}");
        tools
            .program("grub-mkimage")
            // The prefix comes after the memory disk, which sets one of its own.
            .args(["-O", format, "-c", &at("handover.cfg"), "-m", &at("memdisk.tar"), "-p", PREFIX, "-o", &at(output)])
            .args(contents.modules)
            .args(extra)
            .run()
    };
    image("i386-pc", "core.img", &["biosdisk"])?;
    image("x86_64-efi", "BOOTX64.EFI", &["efi_gop"])?;
    let read = |path: &Path| fs::read(path).map_err(|e| Error::io("read", path, e));
    let boot = read(&tools_root.join("usr/lib/grub/i386-pc/boot.img"))?;
    write(
        &dir.join("boot.img"),
        &boot_sector(&boot, bios_sector).ok_or_else(|| Error::malformed(dir, "boot.img is too short"))?,
    )?;
    let core = read(&dir.join("core.img"))?;
    if core.len() as u64 > bios_bytes {
        return Err(Error::malformed(
            dir,
            format!("core.img has {} bytes; the bios partition holds {bios_bytes}", core.len()),
        ));
    }
    write(
        &dir.join("core.img"),
        &core_image(core, bios_sector).ok_or_else(|| Error::malformed(dir, "core.img is too short"))?,
    )
}

/// A tar archive of these files.
fn memory_disk(files: &[(&str, &Path)]) -> Result<Vec<u8>, Error> {
    let mut archive = tar::Builder::new(Vec::new());
    for (name, path) in files {
        let bytes = fs::read(path).map_err(|e| Error::io("read", path, e))?;
        let mut header = tar::Header::new_ustar();
        header.set_size(bytes.len() as u64);
        header.set_mode(0o644);
        header.set_mtime(0);
        archive.append_data(&mut header, name, bytes.as_slice()).map_err(|e| Error::io("pack", path, e))?;
    }
    archive.into_inner().map_err(|e| Error::io("pack", Path::new("the memory disk"), e))
}

/// The disk's boot code: loads the core image's first sector.
fn boot_sector(boot: &[u8], bios_sector: u64) -> Option<Vec<u8>> {
    let mut code = boot.get(..BOOT_CODE)?.to_vec();
    code[KERNEL_SECTOR..KERNEL_SECTOR + 8].copy_from_slice(&bios_sector.to_le_bytes());
    code[DRIVE_CHECK..DRIVE_CHECK + 2].copy_from_slice(&[0x90, 0x90]);
    Some(code)
}

/// The core image whose first sector knows where the others are.
fn core_image(mut core: Vec<u8>, bios_sector: u64) -> Option<Vec<u8>> {
    let sectors = u16::try_from((core.len() as u64).div_ceil(SECTOR).checked_sub(1)?).ok()?;
    let list = core.get_mut(BLOCK_LIST..BLOCK_LIST + 10)?;
    list[..8].copy_from_slice(&(bios_sector + 1).to_le_bytes());
    list[8..].copy_from_slice(&sectors.to_le_bytes());
    Some(core)
}

fn write(path: &Path, bytes: &[u8]) -> Result<(), Error> {
    fs::write(path, bytes).map_err(|e| Error::io("write", path, e))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_boot_code_finds_the_core_image_and_the_core_image_its_rest() {
        let boot = boot_sector(&[0; 512], 2048).unwrap();
        assert_eq!((boot.len(), &boot[0x5c..0x64]), (440, &2048u64.to_le_bytes()[..]));
        let core = core_image(vec![0; 1025], 2048).unwrap();
        assert_eq!(&core[0x1f4..0x1fe], [1, 8, 0, 0, 0, 0, 0, 0, 2, 0]);
    }
}
