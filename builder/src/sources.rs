//! Where a package can be fetched from: the mirror, then a snapshot service, then other pools.
//!
//! In: what the command line names. Out: for a package, the places to try in order.

use crate::lock::{Archive, Kind, Lock, Package};
use crate::mirror::{Mirror, Place};
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
}

impl Sources {
    /// Whether there is no place to fetch from.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.mirror.is_none() && self.snapshot.is_none() && self.pools.is_empty()
    }

    /// Where `package` of `lock` may be, in the order to try.
    #[must_use]
    pub fn offers(&self, lock: &Lock, package: &Package) -> Vec<Place> {
        let mut offers = Vec::new();
        if let Some(archive) = lock.archive(package) {
            offers.extend(self.mirror.iter().map(|mirror| mirror.base(archive.kind).join(&package.path)));
            if let Some(snapshot) = &self.snapshot {
                let times = [archive.date, archive.date + SNAPSHOT_DELAY];
                offers.extend(times.map(|time| snapshot.join(&snapshot_path(archive, time, package))));
            }
        }
        offers.extend(self.pools.iter().map(|pool| pool.join(&entry(package))));
        offers
    }
}

/// `archive/debian/20261121T091544Z/pool/…`.
fn snapshot_path(archive: &Archive, time: u64, package: &Package) -> String {
    let tree = match archive.kind {
        Kind::Main => "debian",
        Kind::Security => "debian-security",
    };
    format!("archive/{tree}/{}/{}", stamp(time), package.path)
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
