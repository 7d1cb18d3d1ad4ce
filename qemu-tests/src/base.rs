//! The states a scenario may start from. A base is made once per image by a real boot, saved with the
//! machine's memory, and restored in seconds.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::club;
use crate::seed::{Metadata, Source};
use crate::session::Stage;
use crate::vm::{Disk, Firmware, Key, Plan};
use crate::world::Zone;
use crate::{Error, Result};

/// The snapshot's name inside the base's disk.
const SNAPSHOT: &str = "base";
/// Seconds from power-on to the health report, with hardware virtualisation and to spare.
pub const HEALTH_SECONDS: u32 = 90;

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
}

impl Base {
    /// Its name, as in the list of scenarios.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Base::Unbooted => "unbooted",
            Base::Fresh => "fresh",
            Base::Claimed => "claimed",
        }
    }

    /// The records published when a machine of this base is about.
    ///
    /// # Errors
    /// [`Error::File`] when the base has not been made.
    pub fn zone(self, bases: &Path) -> Result<Zone> {
        match self {
            Base::Unbooted | Base::Fresh => Ok(Zone::default()),
            Base::Claimed => {
                let path = self.folder(bases).join("zone");
                Ok(Zone::read(&std::fs::read_to_string(&path).map_err(Error::file(&path))?))
            }
        }
    }

    /// Whether it has been made for this image.
    #[must_use]
    pub fn is_made(self, bases: &Path, image_key: &str) -> bool {
        let made_of = std::fs::read_to_string(self.folder(bases).join("made-of"));
        self == Base::Unbooted || made_of.is_ok_and(|key| key == self.key(image_key))
    }

    /// Makes it: boots, waits until it is what it says, saves.
    ///
    /// # Errors
    /// Whatever keeps the machine from getting there.
    pub fn make(self, stage: &mut Stage, bases: &Path, image_key: &str) -> Result<()> {
        let folder = self.folder(bases);
        if folder.exists() {
            std::fs::remove_dir_all(&folder).map_err(Error::file(&folder))?;
        }
        std::fs::create_dir_all(&folder).map_err(Error::file(&folder))?;
        let key = Key::make(&folder)?;
        let seed = folder.join("seed.img");
        self.metadata(&key).write(Source::NoCloud, &seed)?;
        let disk = Disk::overlay(&stage.image, &folder.join("disk.qcow2"))?;
        stage.key = key;
        stage.start(Plan { seed: Some(seed), ..Plan::new(disk, Firmware::Bios) })?;
        self.settle(stage, &folder)?;
        stage.shell().hang_up();
        stage.machine()?.save(SNAPSHOT)?;
        stage.unplug()?;
        let console = stage.folder.join(CONSOLE);
        std::fs::copy(&console, folder.join(CONSOLE)).map_err(Error::file(&console))?;
        // Written last: a base half made has no key.
        let made_of = folder.join("made-of");
        std::fs::write(&made_of, self.key(image_key)).map_err(Error::file(&made_of))
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
        if self == Base::Claimed {
            let shell = stage.shell();
            shell.wait_until_succeeds("true", 30)?;
            // The saved clock stood still; a provider's machine asks a time server.
            let now = std::time::UNIX_EPOCH.elapsed().unwrap_or_default().as_secs();
            shell.succeed(&format!("date --set=@{now}"))?;
        }
        Ok(())
    }

    fn settle(self, stage: &mut Stage, folder: &Path) -> Result<()> {
        let limit = stage.limit(HEALTH_SECONDS);
        if self != Base::Claimed {
            stage.machine()?.serial().wait(WAITING, limit)?;
            // Who reads a code off a screen and types it takes longer than what is still compiled then.
            return stage.machine()?.rest(limit);
        }
        stage.wait_for_health(limit)?;
        let shell = stage.shell();
        shell.wait_until_succeeds("true", 30)?;
        let records = shell.succeed("/usr/lib/sos/sos-provision dns")?;
        let zone = Zone::read(&records);
        stage.world.names.publish(&zone)?;
        let path = folder.join("zone");
        std::fs::write(&path, zone.text()).map_err(Error::file(&path))
    }

    fn metadata(self, key: &Key) -> Metadata {
        match self {
            Base::Unbooted | Base::Fresh => Metadata::default(),
            Base::Claimed => Metadata::with_mapping(club::MAPPING).and_key(&key.public),
        }
    }

    /// What the base depends on; a difference makes it anew.
    fn key(self, image_key: &str) -> String {
        let mapping = if self == Base::Claimed { club::MAPPING } else { "" };
        format!("{image_key}\n{mapping}")
    }

    fn folder(self, bases: &Path) -> PathBuf {
        bases.join(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_base_made_of_another_image_or_mapping_counts_for_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let base = folder.path().join("claimed");
        std::fs::create_dir(&base).unwrap();
        std::fs::write(base.join("made-of"), Base::Claimed.key("image-1")).unwrap();
        assert!(Base::Claimed.is_made(folder.path(), "image-1"));
        assert!(!Base::Claimed.is_made(folder.path(), "image-2"));
        assert!(!Base::Fresh.is_made(folder.path(), "image-1"));
    }

    #[test]
    fn the_unbooted_base_needs_no_making() {
        assert!(Base::Unbooted.is_made(Path::new("/nowhere"), "any"));
    }
}
