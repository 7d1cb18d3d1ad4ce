//! Makes the initrd with the image's own dracut, for any machine and not for this one.
//!
//! In: the configured root, `image/boot/dracut.conf` and our dracut module. Out: one file, compressed with zstd.

use std::fs;
use std::path::Path;

use crate::error::Error;
use crate::sandbox::{Sandbox, overlay, umount};

/// The largest initrd that a build accepts, bytes: small machines load it with the firmware's slow calls.
const LARGEST: u64 = 16 * 1024 * 1024;
/// zstd's level; the device unpacks it at the same speed whatever the level. Level 19 takes three times as long for 6 % less
/// (ADR 27).
const LEVEL: i32 = 16;
/// How much one core compresses at a time, bytes. Said, so that all cores have something to do, and always the same.
const JOB_BYTES: u32 = 8 * 1024 * 1024;

/// Makes `dir/initrd` from the configured root at `root`.
///
/// # Errors
/// dracut's words, or an initrd over the limit.
pub fn make(dir: &Path, root: &Path, boot: &Path, epoch: u64) -> Result<(), Error> {
    let merged = dir.join("merged");
    overlay(root, &dir.join("upper"), &merged)?;
    copy_module(&boot.join("dracut/90sos"), &merged.join("usr/lib/dracut/modules.d/90sos"))?;
    let sandbox = Sandbox::prepare(&merged, epoch)?;
    let kernel = kernel_version(&merged)?;
    let configuration = merged.join("tmp/dracut.conf");
    fs::copy(boot.join("dracut.conf"), &configuration).map_err(|e| Error::io("copy", &configuration, e))?;
    for scratch in ["tmp/none", "tmp/scratch", "var/tmp"] {
        fs::create_dir_all(merged.join(scratch)).map_err(|e| Error::io("create", &merged, e))?;
    }
    sandbox
        .program("dracut")
        .args([
            "--conf",
            "/tmp/dracut.conf",
            "--confdir",
            "/tmp/none",
            "--tmpdir",
            "/tmp/scratch",
            "--force",
            "--quiet",
        ])
        .args(["/tmp/initrd", &kernel])
        .run()?;
    let plain = merged.join("tmp/initrd");
    let bytes = fs::read(&plain).map_err(|e| Error::io("read", &plain, e))?;
    let initrd = dir.join("initrd");
    let packed = compress(&bytes).map_err(|e| Error::io("compress", &plain, e))?;
    if packed.len() as u64 > LARGEST {
        return Err(Error::malformed(initrd, format!("the initrd has {} bytes, more than {LARGEST}", packed.len())));
    }
    fs::write(&initrd, packed).map_err(|e| Error::io("write", &initrd, e))?;
    sandbox.leave()?;
    umount(&merged)?;
    crate::cache::remove(&dir.join("upper"))?;
    crate::cache::remove(&dir.join("work"))?;
    crate::cache::remove(&dir.join("upper.work"))
}

/// Compresses with all cores; blocks are cut by size, so their number does not change the bytes.
fn compress(bytes: &[u8]) -> std::io::Result<Vec<u8>> {
    use std::io::Write as _;
    let mut encoder = zstd::Encoder::new(Vec::new(), LEVEL)?;
    encoder.set_parameter(zstd::zstd_safe::CParameter::JobSize(JOB_BYTES))?;
    encoder.multithread(std::thread::available_parallelism().map_or(1, |n| u32::try_from(n.get()).unwrap_or(1)))?;
    encoder.write_all(bytes)?;
    encoder.finish()
}

/// The version of the one kernel whose modules the root holds.
fn kernel_version(root: &Path) -> Result<String, Error> {
    let modules = root.join("usr/lib/modules");
    let mut listing = fs::read_dir(&modules).map_err(|e| Error::io("list", &modules, e))?.filter_map(Result::ok);
    match (listing.next(), listing.next()) {
        (Some(one), None) => Ok(one.file_name().to_string_lossy().into_owned()),
        _ => Err(Error::malformed(modules, "it must hold the modules of one kernel")),
    }
}

fn copy_module(from: &Path, to: &Path) -> Result<(), Error> {
    fs::create_dir_all(to).map_err(|e| Error::io("create", to, e))?;
    for entry in fs::read_dir(from).map_err(|e| Error::io("list", from, e))?.filter_map(Result::ok) {
        let place = to.join(entry.file_name());
        fs::copy(entry.path(), &place).map_err(|e| Error::io("copy", &place, e))?;
    }
    Ok(())
}
