//! What a whole run shares: the image held fast, the folder locked, the accelerator found out once.

use std::fs::{File, TryLockError};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use sos_builder::command::is_installed;
use sos_builder::firmware::Ovmf;

use crate::accelerator::{self, Accelerator};
use crate::base::{Base, Sources};
use crate::channel::Stock;
use crate::power_cut::cuts::Wanted;
use crate::registry::{self, Scenario};
use crate::session::{Order, Task, no_next_image};
use crate::{Error, Result};

/// What the host must have, each with its Debian package.
const PROGRAMS: [(&str, &str); 13] = [
    ("qemu-system-x86_64", "qemu-system-x86"),
    ("unshare", "util-linux"),
    ("ip", "iproute2"),
    ("dnsmasq", "dnsmasq-base"),
    ("ssh", "openssh-client"),
    ("ssh-keygen", "openssh-client"),
    ("nmap", "nmap"),
    ("chromium", "chromium"),
    ("chromedriver", "chromium-driver"),
    ("pebble", "pebble"),
    ("openssl", "openssl"),
    ("qemu-img", "qemu-utils"),
    ("btrfs", "btrfs-progs"),
];

/// The folder of one run at a time.
#[derive(Debug)]
pub struct Workplace {
    folder: PathBuf,
    image: PathBuf,
    sources: Sources,
    ovmf: PathBuf,
    /// What runs the guests.
    pub accelerator: Accelerator,
    _lock: File,
}

impl Workplace {
    /// Locks `folder`, takes hold of the disk, finds the `releases` to update to and the next Debian's disk when there are
    /// any, and finds out the accelerator unless it is given.
    ///
    /// # Errors
    /// [`Error::Refused`] when there is no disk, a program is missing, or another run is under way.
    pub fn open(
        disk: &Path,
        next_disk: &Path,
        folder: &Path,
        releases: &Path,
        accelerator: Option<Accelerator>,
    ) -> Result<Workplace> {
        let missing: Vec<_> = PROGRAMS.iter().filter(|(name, _)| !is_installed(name)).collect();
        if let Some((name, package)) = missing.first() {
            return Err(Error::Refused(format!(
                "the host has no program `{name}`: install the package `{package}` (`./dev` does) and try again"
            )));
        }
        if !disk.is_file() {
            return Err(Error::Refused(format!(
                "{}: there is no built disk: build one with `./dev image`, or name one with --disk",
                disk.display()
            )));
        }
        std::fs::create_dir_all(folder).map_err(Error::file(folder))?;
        let folder = folder.canonicalize().map_err(Error::file(folder))?;
        let lock = lock(&folder)?;
        let (image, image_key) = hold(disk, &folder)?;
        let accelerator = match accelerator {
            Some(given) => given,
            None => accelerator::probe(&image, &folder.join("probe"))?,
        };
        // Here and not in the jobs: those have no network to fetch it by.
        let ovmf = Ovmf::find(&folder.join("ovmf")).map_err(|error| Error::Refused(error.to_string()))?.code;
        let next_image = next_disk.canonicalize().ok();
        let image_key = format!("{image_key} {accelerator}");
        let sources = Sources { image: image_key, stock: Stock::open(releases).ok(), next_image };
        Ok(Workplace { folder, image, sources, ovmf, accelerator, _lock: lock })
    }

    /// Refuses a run that needs releases when there are none, of the next Debian too.
    ///
    /// # Errors
    /// [`Error::Refused`].
    pub fn check_releases(&self, chosen: &[&Scenario], releases: &Path) -> Result<()> {
        if !registry::offer_releases(chosen) {
            return Ok(());
        }
        let stock = Stock::open(releases)?;
        if chosen.iter().any(|scenario| scenario.next_debian) {
            stock.next_debian()?;
            self.sources.next_image.as_ref().ok_or_else(no_next_image)?;
        }
        Ok(())
    }

    /// Why nothing can be played with the next Debian: what its archive lacks.
    #[must_use]
    pub fn lacking(&self) -> Option<String> {
        let lacking = self.sources.stock.as_ref()?.lacking()?;
        Some(format!("Debian testing lacks {lacking}"))
    }

    /// An order with what every job needs; name and task are the caller's.
    #[must_use]
    pub fn order(&self) -> Order {
        Order {
            image: self.image.clone(),
            sources: self.sources.clone(),
            ovmf: self.ovmf.clone(),
            accelerator: self.accelerator.to_string(),
            folder: self.folder.clone(),
            axe: PathBuf::new(),
            uefi: false,
            cuts: Wanted::short(""),
            brief: false,
            name: String::new(),
            task: Task::Run(Base::Unbooted, Vec::new()),
        }
    }
}

/// Where axe-core's script really is.
///
/// # Errors
/// [`Error::Refused`] when it is needed and not there.
pub fn find_axe(path: &Path, needed: bool) -> Result<PathBuf> {
    match path.canonicalize() {
        Ok(found) => Ok(found),
        Err(_) if !needed => Ok(path.to_owned()),
        Err(error) => Err(Error::Refused(format!(
            "{}: {error}: it looks at pages for people who do not see them. `./dev` installs it; by hand: `npm ci` in a \
             copy of qemu-tests/browser, then name node_modules/axe-core/axe.min.js with --axe",
            path.display()
        ))),
    }
}

fn lock(folder: &Path) -> Result<File> {
    let path = folder.join("lock");
    let file = File::create(&path).map_err(Error::file(&path))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(Error::Refused(format!(
            "{}: another run is under way: wait for it, or name another --folder",
            folder.display()
        ))),
        Err(TryLockError::Error(source)) => Err(Error::File { path, source }),
    }
}

/// Links the disk into the folder, so that a build replacing it cannot pull it away from under the
/// overlays; the key says which disk it is. What it was built with comes along.
fn hold(disk: &Path, folder: &Path) -> Result<(PathBuf, String)> {
    let about = std::fs::metadata(disk).map_err(Error::file(disk))?;
    let key = format!("{}-{}-{}", about.ino(), about.mtime(), about.len());
    let images = folder.join("images");
    let held = images.join(format!("{key}.raw"));
    if held.exists() {
        return Ok((held, key));
    }
    // Bases of an older image go with it.
    for old in [&images, &folder.join("bases")] {
        if old.exists() {
            std::fs::remove_dir_all(old).map_err(Error::file(old))?;
        }
    }
    std::fs::create_dir_all(&images).map_err(Error::file(&images))?;
    let plan = disk.with_file_name("plan.json");
    if plan.exists() {
        std::fs::copy(&plan, images.join("plan.json")).map_err(Error::file(&plan))?;
    }
    match std::fs::hard_link(disk, &held) {
        Ok(()) => Ok((held, key)),
        // Another file system: then the disk is used where it is.
        Err(_) => Ok((disk.canonicalize().map_err(Error::file(disk))?, key)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_disk_replaced_by_a_build_stays_readable() {
        let folder = tempfile::tempdir().unwrap();
        let disk = folder.path().join("disk.raw");
        std::fs::write(&disk, "old").unwrap();
        let (held, key) = hold(&disk, folder.path()).unwrap();
        let new = folder.path().join("new");
        std::fs::write(&new, "newer").unwrap();
        std::fs::rename(&new, &disk).unwrap();
        assert_eq!(std::fs::read_to_string(&held).unwrap(), "old");
        assert_ne!(hold(&disk, folder.path()).unwrap().1, key);
    }

    #[test]
    fn a_script_that_is_not_there_is_refused_where_it_is_needed() {
        let nowhere = Path::new("/nowhere/axe.min.js");
        assert!(matches!(find_axe(nowhere, true), Err(Error::Refused(said)) if said.contains("npm ci")));
        assert_eq!(find_axe(nowhere, false).unwrap(), nowhere);
    }

    #[test]
    fn two_runs_in_one_folder_are_refused() {
        let folder = tempfile::tempdir().unwrap();
        let _first = lock(folder.path()).unwrap();
        assert!(matches!(lock(folder.path()), Err(Error::Refused(_))));
    }
}
