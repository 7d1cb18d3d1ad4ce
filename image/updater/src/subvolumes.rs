//! The subvolumes on the state partition's top level, and what is done with them.
//!
//! btrfs keeps the order of what is done: after a power cut, everything up to some moment is there, and nothing after it.
//! [`Subvolumes::sync`] is for what must be on the disk before something elsewhere is written.

use std::fmt;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use sos_provision::Program;

use crate::boot_state::Slot;
use crate::error::UpdateError;

/// Where the top level is mounted, for root only, from the initrd on.
pub const TOP_LEVEL: &str = "/run/sos/state";
/// So long it is waited for room; the rest comes while the machine starts.
const LONGEST_FREE: Duration = Duration::from_secs(60);

/// A subvolume.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Subvolume {
    /// `@var`: the data, mounted at `/var`.
    Var,
    /// `@update`: what the updater keeps, which no rollback takes back.
    Update,
    /// `@before-a`, `@before-b`: the data as it was when this slot was left.
    Before(Slot),
    /// `@failed`: the data of the last try that failed, or of the release that was gone back from.
    Failed,
}

impl Subvolume {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Var, Self::Update, Self::Before(Slot::A), Self::Before(Slot::B), Self::Failed];
}

impl fmt::Display for Subvolume {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Var => f.write_str("@var"),
            Self::Update => f.write_str("@update"),
            Self::Before(slot) => write!(f, "@before-{slot}"),
            Self::Failed => f.write_str("@failed"),
        }
    }
}

/// Who may write to a snapshot.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// Nobody, until it is set writable.
    ReadOnly,
    /// Root, as with any subvolume.
    Writable,
}

/// What is done with subvolumes, each wholly or not at all.
pub trait Subvolumes {
    /// Whether it is there.
    ///
    /// # Errors
    /// When that cannot be said.
    fn has(&self, subvolume: Subvolume) -> Result<bool, UpdateError>;

    /// Makes an empty one.
    ///
    /// # Errors
    /// When it cannot be made, as where one is already.
    fn make(&mut self, subvolume: Subvolume) -> Result<(), UpdateError>;

    /// Makes `to` with what `from` holds now. On the disk when it returns.
    ///
    /// # Errors
    /// When it cannot be made.
    fn snapshot(&mut self, from: Subvolume, to: Subvolume, access: Access) -> Result<(), UpdateError>;

    /// Lets it be written to, if it was a read-only snapshot.
    ///
    /// # Errors
    /// When it cannot be changed.
    fn set_writable(&mut self, subvolume: Subvolume) -> Result<(), UpdateError>;

    /// Gives it another name, which no other has.
    ///
    /// # Errors
    /// When it cannot be renamed.
    fn rename(&mut self, from: Subvolume, to: Subvolume) -> Result<(), UpdateError>;

    /// Removes it with all it holds.
    ///
    /// # Errors
    /// When it cannot be removed.
    fn delete(&mut self, subvolume: Subvolume) -> Result<(), UpdateError>;

    /// Returns when the room of what was deleted is there again.
    ///
    /// # Errors
    /// When that is not to be found out.
    fn free(&mut self) -> Result<(), UpdateError>;

    /// Returns when everything done so far is on the disk.
    ///
    /// # Errors
    /// When the disk does not take it.
    fn sync(&mut self) -> Result<(), UpdateError>;
}

/// The top level of a btrfs, where it is mounted.
#[derive(Debug, Clone)]
pub struct TopLevel {
    folder: PathBuf,
}

impl TopLevel {
    /// The one mounted at `folder`.
    #[must_use]
    pub fn at(folder: PathBuf) -> Self {
        Self { folder }
    }

    /// Where it is mounted.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Where a subvolume is.
    #[must_use]
    pub fn path(&self, subvolume: Subvolume) -> PathBuf {
        self.folder.join(subvolume.to_string())
    }
}

/// `btrfs` with these words, about to be told of which subvolumes.
fn btrfs(words: &[&str]) -> Program {
    Program::new("btrfs").args(words.iter().copied())
}

impl Subvolumes for TopLevel {
    fn has(&self, subvolume: Subvolume) -> Result<bool, UpdateError> {
        let path = self.path(subvolume);
        match fs::symlink_metadata(&path) {
            Ok(_) => Ok(true),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
            Err(error) => Err(UpdateError::file("read", &path)(error)),
        }
    }

    fn make(&mut self, subvolume: Subvolume) -> Result<(), UpdateError> {
        btrfs(&["--quiet", "subvolume", "create"]).path(&self.path(subvolume)).run()?;
        Ok(())
    }

    fn snapshot(&mut self, from: Subvolume, to: Subvolume, access: Access) -> Result<(), UpdateError> {
        let words: &[&str] = match access {
            Access::ReadOnly => &["--quiet", "subvolume", "snapshot", "-r"],
            Access::Writable => &["--quiet", "subvolume", "snapshot"],
        };
        // Where `to` is a folder already, btrfs would make the snapshot in it.
        absent(&self.path(to))?;
        btrfs(words).path(&self.path(from)).path(&self.path(to)).run()?;
        Ok(())
    }

    fn set_writable(&mut self, subvolume: Subvolume) -> Result<(), UpdateError> {
        btrfs(&["property", "set", "-t", "subvol"]).path(&self.path(subvolume)).args(["ro", "false"]).run()?;
        Ok(())
    }

    fn rename(&mut self, from: Subvolume, to: Subvolume) -> Result<(), UpdateError> {
        let (from, to) = (self.path(from), self.path(to));
        absent(&to)?;
        fs::rename(&from, &to).map_err(UpdateError::file("rename", &from))
    }

    fn delete(&mut self, subvolume: Subvolume) -> Result<(), UpdateError> {
        btrfs(&["--quiet", "subvolume", "delete", "--commit-after"]).path(&self.path(subvolume)).run()?;
        Ok(())
    }

    fn free(&mut self) -> Result<(), UpdateError> {
        btrfs(&["subvolume", "sync"]).path(&self.folder).limit(LONGEST_FREE).run()?;
        Ok(())
    }

    fn sync(&mut self) -> Result<(), UpdateError> {
        let synced = File::open(&self.folder).and_then(|folder| Ok(rustix::fs::syncfs(folder)?));
        synced.map_err(UpdateError::file("sync", &self.folder))
    }
}

fn absent(path: &Path) -> Result<(), UpdateError> {
    if path.symlink_metadata().is_ok() { Err(UpdateError::malformed(path, "is there already")) } else { Ok(()) }
}
