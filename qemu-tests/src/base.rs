//! The states a scenario may start from. A base is made once per image by a real boot, saved with the
//! machine's memory, and restored in seconds.

use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::{Deserialize, Serialize};
use sos_signing::Version;

use crate::channel::Stock;
use crate::club;
use crate::population;
use crate::seed::{Metadata, Source};
use crate::session::Stage;
use crate::vm::{Disk, Firmware, Key, Plan};
use crate::world::Zone;
use crate::{Error, Result};

/// The snapshot's name inside the base's disk.
const SNAPSHOT: &str = "base";
/// Seconds from power-on to the health report, with hardware virtualisation and to spare.
pub const HEALTH_SECONDS: u32 = 90;
/// Seconds to fill a slot, with hardware virtualisation and to spare.
pub const STAGING_SECONDS: u32 = 120;

/// What the loader says when it has chosen a slot.
pub const LOADER: &str = "Small Organisation Server: booting slot";
/// What an unclaimed machine says when it is ready.
pub const WAITING: &str = "sos: waiting for its owner";

/// The serial console's log, in a job's folder and a base's.
const CONSOLE: &str = "serial.log";

/// Where a scenario starts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Base {
    /// The image as built, no power: the scenario boots it itself.
    Unbooted,
    /// Booted without a `sos:` mapping and without a key, waiting for its owner.
    Fresh,
    /// Claimed by the Ambridge Garden Club, healthy, its DNS records published.
    Claimed,
    /// The same with everybody in it, and everything they own ([`population`]).
    Populated,
    /// The same, the next release staged in its other slot.
    Staged,
    /// The populated one, a release of the next Debian staged in its other slot.
    Across,
}

/// What bases are made of.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Sources {
    /// The image's identity.
    pub image: String,
    /// The releases to update to, when there are any.
    pub stock: Option<Stock>,
    /// The built disk of the next Debian, when there is one.
    pub next_image: Option<PathBuf>,
}

impl Base {
    /// Its name, as in the list of scenarios.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Base::Unbooted => "unbooted",
            Base::Fresh => "fresh",
            Base::Claimed => "claimed",
            Base::Populated => "populated",
            Base::Staged => "staged",
            Base::Across => "across",
        }
    }

    /// The base that it is made from; nothing when it is made from the image.
    #[must_use]
    pub fn parent(self) -> Option<Base> {
        matches!(self, Base::Staged | Base::Across).then_some(Base::Populated)
    }

    /// Whether it has an owner, and a key to look into it.
    #[must_use]
    pub fn is_claimed(self) -> bool {
        !matches!(self, Base::Unbooted | Base::Fresh)
    }

    /// The records published when a machine of this base is about.
    ///
    /// # Errors
    /// [`Error::File`] when the base has not been made.
    pub fn zone(self, bases: &Path) -> Result<Zone> {
        match self {
            Base::Unbooted | Base::Fresh => Ok(Zone::default()),
            Base::Claimed | Base::Populated | Base::Staged | Base::Across => {
                let path = self.folder(bases).join("zone");
                Ok(Zone::read(&std::fs::read_to_string(&path).map_err(Error::file(&path))?))
            }
        }
    }

    /// Whether it has been made of these sources.
    #[must_use]
    pub fn is_made(self, bases: &Path, sources: &Sources) -> bool {
        let made_of = std::fs::read_to_string(self.folder(bases).join("made-of"));
        let same = || made_of.is_ok_and(|made_of| self.key(sources).is_ok_and(|key| made_of == key));
        self == Base::Unbooted || same()
    }

    /// Makes it: boots or goes on from its parent, waits until it is what it says, saves.
    ///
    /// # Errors
    /// Whatever keeps the machine from getting there.
    pub fn make(self, stage: &mut Stage, bases: &Path, sources: &Sources) -> Result<()> {
        let folder = self.folder(bases);
        if folder.exists() {
            std::fs::remove_dir_all(&folder).map_err(Error::file(&folder))?;
        }
        std::fs::create_dir_all(&folder).map_err(Error::file(&folder))?;
        match self.parent() {
            Some(parent) => parent.copy_to(&folder, bases)?,
            None => self.metadata(&Key::make(&folder)?).write(self.source(), &folder.join("seed.img"))?,
        }
        let seed = Some(folder.join("seed.img"));
        stage.key = Key::make(&folder)?;
        let path = folder.join("disk.qcow2");
        match self.parent() {
            Some(parent) => {
                let disk = Disk::restore(&parent.folder(bases).join("disk.qcow2"), &path)?;
                stage.start(Plan { seed, snapshot: Some(SNAPSHOT), ..Plan::new(disk, Firmware::Bios) })?;
                wake(stage)?;
            }
            None => {
                stage.start(Plan { seed, ..Plan::new(Disk::overlay(&stage.image, &path)?, Firmware::Bios) })?;
            }
        }
        self.settle(stage, &folder)?;
        stage.shell().hang_up();
        stage.machine()?.save(SNAPSHOT)?;
        stage.unplug()?;
        let console = stage.folder.join(CONSOLE);
        std::fs::copy(&console, folder.join(CONSOLE)).map_err(Error::file(&console))?;
        // Written last: a base half made has no key.
        let made_of = folder.join("made-of");
        std::fs::write(&made_of, self.key(sources)?).map_err(Error::file(&made_of))
    }

    /// Goes on from the saved state, on a disk of the stage's own.
    ///
    /// # Errors
    /// When the copy or QEMU fails.
    pub fn restore(self, stage: &mut Stage, bases: &Path) -> Result<()> {
        let folder = self.folder(bases);
        let disk = Disk::restore(&folder.join("disk.qcow2"), &stage.folder.join("disk.qcow2"))?;
        let seed = Some(folder.join("seed.img"));
        stage.key = Key::make(&folder)?;
        // What stands on the console stays there: how its owner finds an unclaimed machine.
        let console = folder.join(CONSOLE);
        std::fs::copy(&console, stage.folder.join(CONSOLE)).map_err(Error::file(&console))?;
        stage.start(Plan { seed, snapshot: Some(SNAPSHOT), ..Plan::new(disk, Firmware::Bios) })?;
        if self.is_claimed() { wake(stage) } else { Ok(()) }
    }

    /// The plan of a machine that starts from the saved disk as after a power cut, memory forgotten: for one that is
    /// built otherwise than the machine that was saved.
    ///
    /// # Errors
    /// When the copy fails.
    pub fn cold(self, stage: &mut Stage, bases: &Path, firmware: Firmware) -> Result<Plan> {
        let folder = self.folder(bases);
        let disk = Disk::restore(&folder.join("disk.qcow2"), &stage.folder.join("disk.qcow2"))?;
        stage.key = Key::make(&folder)?;
        Ok(Plan { seed: Some(folder.join("seed.img")), ..Plan::new(disk, firmware) })
    }

    fn settle(self, stage: &mut Stage, folder: &Path) -> Result<()> {
        let limit = stage.limit(HEALTH_SECONDS);
        match self {
            Base::Unbooted | Base::Fresh => {
                stage.machine()?.serial().wait(WAITING, limit)?;
                // Who reads a code off a screen and types it takes longer than what is still compiled then.
                stage.machine()?.rest(limit)
            }
            Base::Claimed => settle_claimed(stage, folder, limit),
            Base::Populated => {
                // Two hundred members take their time on a small machine.
                settle_claimed(stage, folder, limit * 2)?;
                population::settle(stage)
            }
            Base::Staged => fill_the_other_slot(stage, Stock::next),
            Base::Across => fill_the_other_slot(stage, Stock::next_debian),
        }
    }

    /// Takes what a child of it shares with it: key, metadata, records.
    fn copy_to(self, child: &Path, bases: &Path) -> Result<()> {
        for name in ["seed.img", "ssh-key", "ssh-key.pub", "zone"] {
            let from = self.folder(bases).join(name);
            std::fs::copy(&from, child.join(name)).map_err(Error::file(&from))?;
        }
        Ok(())
    }

    /// The form that its metadata come in: each is in use somewhere.
    fn source(self) -> Source {
        match self {
            Base::Claimed => Source::ConfigDrive,
            Base::Unbooted | Base::Fresh | Base::Populated | Base::Staged | Base::Across => Source::NoCloud,
        }
    }

    fn metadata(self, key: &Key) -> Metadata {
        match self {
            Base::Unbooted | Base::Fresh => Metadata::default(),
            Base::Claimed => Metadata::with_mapping(club::MAPPING).and_key(&key.public),
            Base::Populated | Base::Staged | Base::Across => {
                Metadata::with_mapping(&population::mapping()).and_key(&key.public)
            }
        }
    }

    /// What the base depends on; a difference makes it anew.
    fn key(self, sources: &Sources) -> Result<String> {
        let further = match self {
            Base::Unbooted | Base::Fresh => String::new(),
            Base::Claimed => club::MAPPING.to_owned(),
            Base::Populated => population::key(),
            Base::Staged | Base::Across => {
                format!("{}\n{}", population::key(), needed(sources.stock.as_ref())?.identity()?)
            }
        };
        Ok(format!("{}\n{:?}\n{further}", sources.image, self.source()))
    }

    fn folder(self, bases: &Path) -> PathBuf {
        bases.join(self.name())
    }
}

fn settle_claimed(stage: &mut Stage, folder: &Path, limit: Duration) -> Result<()> {
    stage.wait_for_health(limit)?;
    let shell = stage.shell();
    shell.wait_until_succeeds("true", 30)?;
    let records = shell.succeed("/usr/lib/sos/sos-provision dns")?;
    let zone = Zone::read(&records);
    stage.world.names.publish(&zone)?;
    let path = folder.join("zone");
    std::fs::write(&path, zone.text()).map_err(Error::file(&path))
}

/// Fills the other slot with a release, from the release server.
fn fill_the_other_slot(stage: &mut Stage, release: fn(&Stock) -> Result<Version>) -> Result<()> {
    let channel = stage.channel()?;
    channel.offer(release(&channel.stock)?)?;
    let shell = stage.shell();
    shell.succeed_within("/usr/lib/sos/sos-update check && /usr/lib/sos/sos-update stage", STAGING_SECONDS)?;
    // Some scenarios start from the disk alone.
    shell.succeed("sync").map(drop)
}

/// After a machine goes on from what was saved.
fn wake(stage: &Stage) -> Result<()> {
    let shell = stage.shell();
    shell.wait_until_succeeds("true", 30)?;
    // The saved clock stood still; a provider's machine asks a time server.
    let now = std::time::UNIX_EPOCH.elapsed().unwrap_or_default().as_secs();
    shell.succeed(&format!("date --set=@{now}")).map(drop)
}

/// The releases, which this needs.
///
/// # Errors
/// [`Error::Refused`] when there are none.
pub fn needed(stock: Option<&Stock>) -> Result<&Stock> {
    stock.ok_or_else(|| {
        Error::Refused(
            "there are no releases to update to: make them with `./dev`, or name a folder with --releases".into(),
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sources(image: &str) -> Sources {
        Sources { image: image.into(), stock: None, next_image: None }
    }

    #[test]
    fn a_base_made_of_another_image_or_mapping_counts_for_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let base = folder.path().join("claimed");
        std::fs::create_dir(&base).unwrap();
        std::fs::write(base.join("made-of"), Base::Claimed.key(&sources("image-1")).unwrap()).unwrap();
        assert!(Base::Claimed.is_made(folder.path(), &sources("image-1")));
        assert!(!Base::Claimed.is_made(folder.path(), &sources("image-2")));
        assert!(!Base::Fresh.is_made(folder.path(), &sources("image-1")));
    }

    #[test]
    fn the_unbooted_base_needs_no_making() {
        assert!(Base::Unbooted.is_made(Path::new("/nowhere"), &sources("any")));
    }
}
