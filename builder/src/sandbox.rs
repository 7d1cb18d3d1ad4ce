//! Runs locked programs inside a root made from the lock, with no network and nothing of the host's.
//!
//! The whole build re-executes itself once in namespaces of its own ([`run_inside`]); inside, [`Sandbox`] prepares a
//! root's `/proc`, `/dev`, `/run` and `/tmp` and starts programs with `chroot`. It needs no rights of the
//! host's root where user namespaces exist, and no loop devices. Mounts go when the namespace's last process does.

use std::ffi::OsString;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use crate::command::{self, Run};
use crate::error::Error;

/// The devices a root gets: none of the host's disks, no console.
const DEVICES: [&str; 6] = ["null", "zero", "full", "random", "urandom", "tty"];

/// What the exit code of the inner half is higher by than that of `sos-build`, so that unshare(1)'s own is told apart.
pub const INSIDE: u8 = 10;

/// Runs `sos-build command arguments`, the inner half of a stage, in namespaces of its own.
///
/// # Errors
/// [`Error::Inside`] where the inner half failed and has said why; else what keeps us from having namespaces.
pub fn run_inside(command: &str, arguments: Vec<OsString>, json: bool) -> Result<(), Error> {
    if !is_root() {
        find_subordinate_ids()?;
    }
    let ourselves = std::env::current_exe().map_err(|e| Error::io("find", "sos-build", e))?;
    let line = enter(&ourselves, command, arguments, json, !is_root());
    let status = Run::new("unshare").args(&line).inherit(&["RUST_LOG"]).run_visibly()?;
    match status.code().and_then(|code| u8::try_from(code).ok()) {
        Some(0) => Ok(()),
        Some(code) if (INSIDE + 1..=INSIDE + 3).contains(&code) => Err(Error::Inside { code: code - INSIDE }),
        Some(_) => Err(Error::NoNamespaces),
        None => Err(Error::Command { program: command.to_owned(), status: status.to_string(), stderr: String::new() }),
    }
}

/// What the inner half does first, where it makes roots: files and folders that no package has a mode for get theirs by
/// the umask, and that is whoever's who builds.
pub fn forget_the_umask() {
    rustix::process::umask(rustix::fs::Mode::WGRP | rustix::fs::Mode::WOTH);
}

/// unshare(1)'s arguments for that: mount, PID, UTS, IPC and network namespaces; for an ordinary user a user namespace
/// as well, in which their subordinate ids (subuid(5)) stand for the image's users.
fn enter(program: &Path, command: &str, arguments: Vec<OsString>, json: bool, ordinary_user: bool) -> Vec<OsString> {
    let mut line: Vec<OsString> = Vec::new();
    if ordinary_user {
        line.extend(["--map-auto", "--map-root-user"].map(OsString::from));
    }
    line.extend(["--mount", "--pid", "--uts", "--ipc", "--net", "--fork", "--kill-child", "--"].map(OsString::from));
    line.push(program.into());
    line.extend(json.then(|| "--json".into()));
    line.push(command.into());
    line.extend(arguments);
    line
}

/// An ordinary user needs a range of ids for the image's users, and the programs that hand them out.
fn find_subordinate_ids() -> Result<(), Error> {
    if !command::is_installed("newuidmap") {
        return Err(Error::MissingProgram { program: "newuidmap".to_owned(), package: "uidmap".to_owned() });
    }
    let user = Run::new("id").arg("-un").run()?.trim().to_owned();
    let id = Run::new("id").arg("-u").run()?.trim().to_owned();
    let lists = |path: &str| {
        let owner = |line: &str| line.split(':').next().is_some_and(|owner| owner == user || owner == id);
        fs::read_to_string(path).unwrap_or_default().lines().any(owner)
    };
    if lists("/etc/subuid") && lists("/etc/subgid") { Ok(()) } else { Err(Error::NoSubordinateIds { user }) }
}

/// Whether we run as root: only then do the host's own ids stand for the image's.
#[must_use]
pub fn is_root() -> bool {
    use std::os::unix::fs::MetadataExt;
    fs::metadata("/proc/self").is_ok_and(|m| m.uid() == 0)
}

/// A root prepared to run programs in.
#[derive(Debug)]
pub struct Sandbox {
    root: PathBuf,
    epoch: u64,
}

impl Sandbox {
    /// Prepares `root`; programs see `epoch` (seconds) as `SOURCE_DATE_EPOCH`.
    ///
    /// # Errors
    /// A mount or a directory that cannot be made.
    pub fn prepare(root: &Path, epoch: u64) -> Result<Self, Error> {
        for dir in ["proc", "dev", "run", "tmp", "sys"] {
            create_dir(&root.join(dir))?;
        }
        mount(&["-t", "proc", "proc"], &root.join("proc"))?;
        for dir in ["dev", "run", "tmp"] {
            mount(&["-t", "tmpfs", "-o", "mode=0755", "tmpfs"], &root.join(dir))?;
        }
        for device in DEVICES {
            let node = root.join("dev").join(device);
            fs::write(&node, "").map_err(|e| Error::io("create", &node, e))?;
            mount(&["--bind", &format!("/dev/{device}")], &node)?;
        }
        link("/proc/self/fd", &root.join("dev/fd"))?;
        create_dir(&root.join("dev/shm"))?;
        Ok(Self { root: root.to_owned(), epoch })
    }

    /// Shows the host's `from` at `at` inside the root, without what is mounted below `from`.
    ///
    /// # Errors
    /// A mount or a directory that cannot be made.
    pub fn bind(&self, from: &Path, at: &str) -> Result<(), Error> {
        let target = self.inside(at);
        create_dir(&target)?;
        mount(&["--bind", &from.to_string_lossy()], &target)
    }

    /// The same, and nothing in there can be changed through it.
    ///
    /// # Errors
    /// A mount or a directory that cannot be made.
    pub fn bind_read_only(&self, from: &Path, at: &str) -> Result<(), Error> {
        self.bind(from, at)?;
        let target = self.inside(at);
        // A mount that came from outside of our user namespace keeps what it forbids; so this has to be said again.
        let options = Run::new("findmnt").args(["--noheadings", "--output", "VFS-OPTIONS", "--mountpoint"]);
        let options = options.arg(&target).run()?;
        let kept = options.trim().split(',').filter(|option| !["rw", "ro"].contains(option));
        let options = ["remount", "bind", "ro"].into_iter().chain(kept).collect::<Vec<_>>().join(",");
        mount(&["-o", &options], &target)
    }

    /// An empty folder in memory at `at` inside the root, over whatever is there.
    ///
    /// # Errors
    /// A mount or a directory that cannot be made.
    pub fn tmpfs(&self, at: &str) -> Result<(), Error> {
        let target = self.inside(at);
        create_dir(&target)?;
        mount(&["-t", "tmpfs", "-o", "mode=0755", "tmpfs"], &target)
    }

    /// The host's name for a path inside the root.
    #[must_use]
    pub fn inside(&self, path: &str) -> PathBuf {
        self.root.join(path.trim_start_matches('/'))
    }

    /// A program to run inside the root, with a cleared environment.
    #[must_use]
    pub fn program(&self, program: &str) -> Run {
        Run::new("chroot")
            .arg(&self.root)
            .arg(program)
            .env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin")
            .env("HOME", "/root")
            .env("LC_ALL", "C.UTF-8")
            .env("TZ", "UTC")
            .env("DEBIAN_FRONTEND", "noninteractive")
            .env("DEBCONF_NONINTERACTIVE_SEEN", "true")
            .env("SOURCE_DATE_EPOCH", self.epoch.to_string())
    }

    /// Unmounts what [`Sandbox::prepare`] mounted.
    ///
    /// # Errors
    /// A mount that is still in use.
    pub fn leave(self) -> Result<(), Error> {
        for device in DEVICES {
            umount(&self.root.join("dev").join(device))?;
        }
        ["proc", "dev", "run", "tmp"].iter().try_for_each(|dir| umount(&self.root.join(dir)))
    }
}

/// Mounts `lower` (read only) and `upper` (written) as one tree at `merged` (overlayfs).
///
/// # Errors
/// A mount or a directory that cannot be made.
pub fn overlay(lower: &Path, upper: &Path, merged: &Path) -> Result<(), Error> {
    let work = upper.with_extension("work");
    for dir in [upper, &work, merged] {
        create_dir(dir)?;
    }
    let options = format!("lowerdir={},upperdir={},workdir={}", lower.display(), upper.display(), work.display());
    mount(&["-t", "overlay", "-o", &options, "overlay"], merged)
}

/// Unmounts `target`.
///
/// # Errors
/// A mount that is still in use.
pub fn umount(target: &Path) -> Result<(), Error> {
    Run::new("umount").arg(target).run().map(drop)
}

fn mount(arguments: &[&str], target: &Path) -> Result<(), Error> {
    Run::new("mount").args(arguments).arg(target).run().map(drop)
}

fn create_dir(dir: &Path) -> Result<(), Error> {
    fs::create_dir_all(dir).map_err(|e| Error::io("create", dir, e))
}

fn link(to: &str, at: &Path) -> Result<(), Error> {
    symlink(to, at).map_err(|e| Error::io("create", at, e))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_an_ordinary_user_enters_a_user_namespace() {
        let line = |json, ordinary_user| {
            let words = enter(Path::new("/bin/sos-build"), "inside", vec!["plan".into()], json, ordinary_user);
            words.into_iter().map(|word| word.into_string().unwrap()).collect::<Vec<_>>().join(" ")
        };
        let root = "--mount --pid --uts --ipc --net --fork --kill-child -- /bin/sos-build inside plan";
        assert_eq!(line(false, false), root);
        assert_eq!(line(true, true), format!("--map-auto --map-root-user {}", root.replace("inside", "--json inside")));
    }
}
