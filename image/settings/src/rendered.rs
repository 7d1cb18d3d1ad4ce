//! What the renderer makes: every path below `/etc` with what is to stand there.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

/// One file or link.
#[derive(Clone, PartialEq, Eq)]
pub enum Entry {
    /// A file.
    File {
        /// Its content. May hold secrets, which is why an entry has no revealing `Debug`.
        bytes: Vec<u8>,
        /// Its mode.
        mode: u32,
        /// Its owner's id.
        uid: u32,
        /// Its group's id.
        gid: u32,
    },
    /// A symbolic link.
    Link {
        /// Where it points.
        target: String,
    },
}

impl std::fmt::Debug for Entry {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::File { bytes, mode, uid, gid } => {
                write!(out, "File({} bytes, mode {mode:04o}, owner {uid}:{gid})", bytes.len())
            }
            Self::Link { target } => write!(out, "Link({target})"),
        }
    }
}

/// What to do to a unit when a file of its changes.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Change {
    /// Reload it.
    Reload(String),
    /// Start it again.
    Restart(String),
}

/// The whole rendering, sorted by path.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Rendered {
    pub(crate) entries: BTreeMap<String, Entry>,
    pub(crate) changes: BTreeMap<String, Change>,
    pub(crate) units: Vec<String>,
}

impl Rendered {
    /// Absolute path and entry, sorted by path.
    pub fn entries(&self) -> impl Iterator<Item = (&str, &Entry)> {
        self.entries.iter().map(|(path, entry)| (path.as_str(), entry))
    }

    /// The entry at `path`.
    #[must_use]
    pub fn get(&self, path: &str) -> Option<&Entry> {
        self.entries.get(path)
    }

    /// What follows when the file at `path` changes or goes.
    #[must_use]
    pub fn change(&self, path: &str) -> Option<&Change> {
        self.changes.get(path)
    }

    /// The enabled services' units, in the order of services and manifests.
    #[must_use]
    pub fn units(&self) -> &[String] {
        &self.units
    }

    /// What follows when exactly `paths` changed.
    #[must_use]
    pub fn follow_ups<'a>(&self, paths: impl IntoIterator<Item = &'a str>) -> BTreeSet<Change> {
        paths.into_iter().filter_map(|path| self.changes.get(path)).cloned().collect()
    }
}

/// Units to reload and units to start again. One that starts again is not reloaded.
#[must_use]
pub fn units_to_follow(changes: &BTreeSet<Change>) -> (BTreeSet<&str>, BTreeSet<&str>) {
    let (mut reload, mut restart) = (BTreeSet::new(), BTreeSet::new());
    for change in changes {
        match change {
            Change::Reload(unit) => reload.insert(unit.as_str()),
            Change::Restart(unit) => restart.insert(unit.as_str()),
        };
    }
    reload.retain(|unit| !restart.contains(unit));
    (reload, restart)
}
