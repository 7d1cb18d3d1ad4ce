//! Makes the configured root: the device's packages unpacked and configured, without anything of ours.
//!
//! In: the lock's device packages in the pool, `image/users.toml`, `image/exclude.toml`, the services' debconf
//! answers. Out: a directory with a root file system whose `/var` stands at `/usr/share/sos/factory/var`, the
//! kernel and dpkg's word on it beside it. Cached by the digest of all of it, so a changed overlay configures nothing again.

use std::fs;
use std::os::unix::fs::{PermissionsExt, lchown};
use std::path::{Path, PathBuf};

use crate::cache::remove_file;
use crate::error::Error;
use crate::exclude::Exclude;
use crate::sandbox::Sandbox;
use crate::unpack::unpack;
use crate::users::Users;

/// Packages whose programs other packages' maintainer scripts use without saying so; configured before all others.
const FIRST: [&str; 9] =
    ["libc6", "base-passwd", "base-files", "mawk", "perl-base", "debconf", "debianutils", "dash", "libpam-runtime"];

/// Where the device finds what packages expect in `/var`.
pub const FACTORY: &str = "usr/share/sos/factory";

/// Where dpkg's word on the root is kept, beside it.
pub const DPKG: &str = "dpkg";

/// What the configured root is made from.
#[derive(Debug)]
pub struct Input<'a> {
    /// The package that brings the file system's first links.
    pub base_files: PathBuf,
    /// All package files.
    pub debs: Vec<PathBuf>,
    /// Pinned users and groups.
    pub users: &'a Users,
    /// Files to leave out.
    pub exclude: &'a Exclude,
    /// Lines for debconf-set-selections(1).
    pub debconf: Vec<String>,
    /// `SOURCE_DATE_EPOCH` in seconds.
    pub epoch: u64,
}

/// Makes the root in `dir/root`, and puts the kernel at `dir/vmlinuz` and what dpkg's database said into `dir/dpkg`.
///
/// # Errors
/// A package that does not unpack or configure (with the end of dpkg's words), or a user that is not pinned.
pub fn make(dir: &Path, input: &Input<'_>, tick: &(dyn Fn(u64) + Sync)) -> Result<(), Error> {
    let root = dir.join("root");
    create_dir(&root)?;
    let workers = std::thread::available_parallelism().map_or(2, usize::from);
    unpack(&root, &input.base_files, &input.debs, input.exclude, workers, tick)?;
    // The image's initrd is made by a stage of its own, not by the kernel's hook.
    write_program(&root.join("etc/kernel/postinst.d/dracut"), "#!/bin/sh\nexit 0\n")?;
    configure(&root, input.users, &input.debconf, input.epoch)?;
    input.users.check(&root)?;
    crate::dpkg::keep(&root, &dir.join(DPKG))?;
    strip(&root)?;
    take_rights(&root, input.exclude)?;
    take_kernel(&root, dir)?;
    set_var_aside(&root)?;
    crate::clamp::clamp(&root, input.epoch)
}

/// Runs the packages' own configuration (dpkg(1) `--configure`), with the pinned accounts there before them and these
/// answers to debconf's questions.
///
/// # Errors
/// The end of dpkg's words.
pub fn configure(root: &Path, users: &Users, debconf: &[String], epoch: u64) -> Result<(), Error> {
    users.write(root)?;
    // Services are not started while an image is made.
    let policy = root.join("usr/sbin/policy-rc.d");
    write_program(&policy, "#!/bin/sh\nexit 101\n")?;
    // Scripts look for the machine's own name.
    write(&root.join("etc/hostname"), "localhost\n")?;
    write(&root.join("etc/hosts"), "127.0.0.1 localhost\n::1 localhost\n")?;
    let sandbox = Sandbox::prepare(root, epoch)?;
    sandbox.program("ldconfig").run()?;
    sandbox.program("dpkg").args(["--force-all", "--configure"]).args(FIRST).run()?;
    write(&root.join("tmp/debconf"), &(debconf.join("\n") + "\n"))?;
    sandbox.program("debconf-set-selections").arg("/tmp/debconf").run()?;
    let log = sandbox.program("dpkg").args(["--force-unsafe-io", "--configure", "--pending"]).run()?;
    write(&root.with_file_name("dpkg.log"), &log)?;
    sandbox.leave()?;
    remove_file(&policy)
}

/// Takes out what a machine must make for itself, what only a build needs, and every secret a package made.
fn strip(root: &Path) -> Result<(), Error> {
    for file in [
        "etc/hostname",
        "etc/hosts",
        "etc/resolv.conf",
        "etc/.pwd.lock",
        "etc/passwd-",
        "etc/group-",
        "etc/shadow-",
        "etc/gshadow-",
        "etc/subuid-",
        "etc/subgid-",
        "etc/.updated",
        "etc/dovecot/private/dovecot.key",
        "etc/dovecot/private/dovecot.pem",
        "etc/postsrsd.secret",
        "etc/roundcube/config.inc.php",
        "etc/ssl/private/ssl-cert-snakeoil.key",
        "etc/ssl/certs/ssl-cert-snakeoil.pem",
        "etc/vconsole.conf",
        "usr/.updated",
        "var/lib/dbus/machine-id",
        "var/lib/systemd/random-seed",
    ] {
        remove_file(&root.join(file))?;
    }
    remove_matching(&root.join("etc/ssh"), "ssh_host_")?;
    remove_links_to(&root.join("etc/ssl/certs"), "ssl-cert-snakeoil.pem")?;
    for tree in ["var/cache", "var/lib/dpkg", "var/lib/apt", "var/log", "var/lib/pam", "var/lib/ucf", "var/backups"] {
        crate::cache::remove(&root.join(tree))?;
    }
    for (dir, mode) in [("var/cache", 0o755), ("var/log", 0o755), ("var/lib/dpkg", 0o755)] {
        create_dir(&root.join(dir))?;
        set_mode(&root.join(dir), mode)?;
    }
    write(&root.join("etc/machine-id"), "")
}

/// Takes set-uid and set-gid from the files that are plain ones here; after configuring, as some get them only then.
fn take_rights(root: &Path, exclude: &Exclude) -> Result<(), Error> {
    for entry in walkdir::WalkDir::new(root) {
        let entry = entry.map_err(|e| Error::io("read", root, e.into()))?;
        let path = Path::new("/").join(entry.path().strip_prefix(root).unwrap_or(entry.path()));
        if entry.file_type().is_file() && exclude.is_plain(&path) {
            let about = entry.metadata().map_err(|e| Error::io("read", entry.path(), e.into()))?;
            let rights = fs::Permissions::from_mode(about.permissions().mode() & 0o777);
            fs::set_permissions(entry.path(), rights).map_err(|e| Error::io("chmod", entry.path(), e))?;
        }
    }
    Ok(())
}

/// Moves the kernel out of the root: it belongs to the boot partition.
fn take_kernel(root: &Path, dir: &Path) -> Result<(), Error> {
    let boot = root.join("boot");
    let listing = fs::read_dir(&boot).map_err(|e| Error::io("list", &boot, e))?;
    let kernels: Vec<PathBuf> = listing
        .filter_map(Result::ok)
        .map(|entry| entry.path())
        .filter(|path| path.file_name().is_some_and(|name| name.to_string_lossy().starts_with("vmlinuz-")))
        .collect();
    let [kernel] = kernels.as_slice() else {
        return Err(Error::malformed(&boot, format!("the lock holds {} kernels; it must hold one", kernels.len())));
    };
    fs::copy(kernel, dir.join("vmlinuz")).map_err(|e| Error::io("copy", kernel, e))?;
    crate::cache::remove(&boot)?;
    create_dir(&boot)?;
    for link in ["vmlinuz", "vmlinuz.old", "initrd.img", "initrd.img.old"] {
        remove_file(&root.join(link))?;
    }
    Ok(())
}

/// Moves `/var` to where the device finds what packages expect there; the device's own `/var` is its state.
fn set_var_aside(root: &Path) -> Result<(), Error> {
    let factory = root.join(FACTORY);
    create_dir(&factory)?;
    fs::rename(root.join("var"), factory.join("var")).map_err(|e| Error::io("rename", &factory, e))?;
    create_dir(&root.join("var"))
}

fn remove_matching(dir: &Path, prefix: &str) -> Result<(), Error> {
    let Ok(listing) = fs::read_dir(dir) else { return Ok(()) };
    listing
        .filter_map(Result::ok)
        .filter(|entry| entry.file_name().to_string_lossy().starts_with(prefix))
        .try_for_each(|entry| remove_file(&entry.path()))
}

fn remove_links_to(dir: &Path, target: &str) -> Result<(), Error> {
    let Ok(listing) = fs::read_dir(dir) else { return Ok(()) };
    listing
        .filter_map(Result::ok)
        .filter(|entry| fs::read_link(entry.path()).is_ok_and(|to| to == Path::new(target)))
        .try_for_each(|entry| remove_file(&entry.path()))
}

fn create_dir(dir: &Path) -> Result<(), Error> {
    fs::create_dir_all(dir).map_err(|e| Error::io("create", dir, e))
}

fn write(path: &Path, text: &str) -> Result<(), Error> {
    fs::write(path, text).map_err(|e| Error::io("write", path, e))
}

fn write_program(path: &Path, text: &str) -> Result<(), Error> {
    if let Some(parent) = path.parent() {
        create_dir(parent)?;
    }
    write(path, text)?;
    set_mode(path, 0o755)
}

fn set_mode(path: &Path, mode: u32) -> Result<(), Error> {
    lchown(path, Some(0), Some(0)).map_err(|e| Error::io("chown", path, e))?;
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).map_err(|e| Error::io("chmod", path, e))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::{MetadataExt, symlink};

    use super::*;

    #[test]
    fn only_the_plain_files_lose_set_uid_and_set_gid() {
        let root = tempfile::tempdir().unwrap();
        create_dir(&root.path().join("usr/bin")).unwrap();
        for (name, mode) in [("su", 0o4755), ("postdrop", 0o2755), ("chage", 0o2750)] {
            let path = root.path().join("usr/bin").join(name);
            write(&path, "").unwrap();
            fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
        }
        let text = "[[group]]\nreason = 'x'\nplain = ['/usr/bin/{su,chage}']\n";
        take_rights(root.path(), &Exclude::parse(Path::new("exclude.toml"), text).unwrap()).unwrap();
        let mode = |name: &str| fs::metadata(root.path().join("usr/bin").join(name)).unwrap().mode() & 0o7777;
        assert_eq!(["su", "postdrop", "chage"].map(mode), [0o755, 0o2755, 0o750]);
    }

    #[test]
    fn a_certificate_that_is_taken_out_takes_the_links_to_it_along() {
        let dir = tempfile::tempdir().unwrap();
        for (name, target) in [("62742064.0", "snakeoil.pem"), ("002c0b4f.0", "GlobalSign.pem")] {
            symlink(target, dir.path().join(name)).unwrap();
        }
        write(&dir.path().join("GlobalSign.pem"), "").unwrap();
        remove_links_to(dir.path(), "snakeoil.pem").unwrap();
        let left = |name: &str| fs::symlink_metadata(dir.path().join(name)).is_ok();
        assert_eq!(["62742064.0", "002c0b4f.0", "GlobalSign.pem"].map(left), [false, true, true]);
    }
}
