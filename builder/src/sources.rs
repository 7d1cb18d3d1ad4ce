//! Where a package can be fetched from: a vault, the mirror, a snapshot service, other pools, in this order.
//!
//! In: what the command line names. Out: for a package, the places to try in order.

use crate::lock::{Archive, Kind, Lock, Package};
use crate::mirror::{Mirror, Place};
use crate::objects::Objects;
use crate::pool::entry;

/// A snapshot is taken some time after the archive changed: how long after it to look as well, in seconds.
const SNAPSHOT_DELAY: u64 = 24 * 3600;

/// The places that may have packages.
#[derive(Debug, Clone, Default)]
pub struct Sources {
    /// The Debian mirror.
    pub mirror: Option<Mirror>,
    /// A snapshot service, laid out as `archive/<tree>/<time>/`.
    pub snapshot: Option<Place>,
    /// Pools, laid out as ours: those published with releases.
    pub pools: Vec<Place>,
    /// Folders of objects: those of vaults.
    pub vaults: Vec<Objects>,
}

impl Sources {
    /// Whether there is no place to fetch from.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.mirror.is_none() && self.snapshot.is_none() && self.pools.is_empty() && self.vaults.is_empty()
    }

    /// Where `package` of `lock` may be, in the order to try.
    #[must_use]
    pub fn offers(&self, lock: &Lock, package: &Package) -> Vec<Place> {
        let mut offers: Vec<Place> =
            self.vaults.iter().map(|vault| Place::Folder(vault.file(&package.sha256))).collect();
        if let Some(archive) = lock.archive(package) {
            offers.extend(self.mirror.iter().map(|mirror| mirror.base(archive.kind).join(&package.path)));
            if let Some(snapshot) = &self.snapshot {
                offers.extend(snapshots(archive).map(|tree| snapshot.join(&format!("{tree}/{}", package.path))));
            }
        }
        offers.extend(self.pools.iter().map(|pool| pool.join(&entry(package))));
        offers
    }

    /// Where the indexes of `archive` may be as they were when a lock was made, in the order to try.
    #[must_use]
    pub fn index_bases(&self, archive: &Archive) -> Vec<Place> {
        let dists = format!("dists/{}", archive.suite);
        let mirror = self.mirror.iter().map(|mirror| mirror.base(archive.kind).join(&dists));
        let snapshot = self.snapshot.iter().flat_map(|snapshot| {
            let dists = &dists;
            snapshots(archive).map(move |tree| snapshot.join(&format!("{tree}/{dists}")))
        });
        mirror.chain(snapshot).collect()
    }
}

/// What a mirror calls the tree of archives of this kind.
#[must_use]
pub fn tree(kind: Kind) -> &'static str {
    match kind {
        Kind::Main => "debian",
        Kind::Security => "debian-security",
    }
}

/// The archive's tree at its own time, and somewhat later: `archive/debian/20261121T091544Z`.
fn snapshots(archive: &Archive) -> impl Iterator<Item = String> {
    let times = [archive.date, archive.date + SNAPSHOT_DELAY];
    times.into_iter().map(|time| format!("archive/{}/{}", tree(archive.kind), stamp(time)))
}

/// A time in the basic format of ISO 8601.
fn stamp(time: u64) -> String {
    let format = time::macros::format_description!("[year][month][day]T[hour][minute][second]Z");
    let time = i64::try_from(time).ok().and_then(|time| time::OffsetDateTime::from_unix_timestamp(time).ok());
    time.and_then(|time| time.format(&format).ok()).unwrap_or_else(|| "19700101T000000Z".into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_written_as_snapshot_services_name_it() {
        assert_eq!(stamp(1_795_252_544), "20261121T091544Z");
    }
}
