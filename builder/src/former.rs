//! Keeps what a lock has while the definition asks for something more or less: nothing else is to change with it.
//!
//! In: the lock that was, and what apt chose with the preferences made from it. Out: the packages and archives of the
//! lock to be. A package that the archives have dropped since stays as well: the lock vouches for its SHA-256, and its
//! file is in the pool or in one published with a release.

use crate::apt::Chosen;
use crate::index::Packages;
use crate::lock::{Archive, Lock, Package};

/// The lock that was.
#[derive(Debug, Clone, Copy)]
pub struct Former<'a>(pub &'a Lock);

impl<'a> Former<'a> {
    /// apt_preferences(5) by which each package stays at its version, older than the archives' newest or not; and a new
    /// one comes from an archive that is still as it was, where such a one has it.
    #[must_use]
    pub fn preferences(self, now: &[Archive]) -> String {
        let unchanged = now.iter().filter(|archive| self.0.archives.contains(archive));
        let prefer = |archive: &Archive| {
            ["n", "a"].map(|key| format!("Package: *\nPin: release {key}={}\nPin-Priority: 990\n", archive.suite))
        };
        let pin = |package: &Package| {
            format!("Package: {}\nPin: version {}\nPin-Priority: 1001\n", package.name, package.version)
        };
        unchanged.flat_map(prefer).chain(self.0.packages.iter().map(pin)).collect::<Vec<_>>().join("\n")
    }

    /// The former package in place of `chosen`: the same version, or one that no index has any more. Where an index has
    /// it and apt chose another all the same, something new needs that other.
    #[must_use]
    pub fn package(self, chosen: &Chosen, indexes: &[(String, Packages)]) -> Option<&'a Package> {
        let former = self.0.packages.iter().find(|package| package.name == chosen.name)?;
        let former_choice = Chosen {
            name: former.name.clone(),
            version: former.version.clone(),
            architecture: former.architecture.clone(),
        };
        let is_offered = indexes.iter().any(|(_, packages)| packages.get(&former_choice).is_some());
        (former_choice == *chosen || !is_offered).then_some(former)
    }

    /// The archives that vouch for `packages`: as they were, except where one has a package that was not locked before.
    #[must_use]
    pub fn archives(self, now: Vec<Archive>, packages: &[Package]) -> Vec<Archive> {
        let is_new = |package: &Package| !self.0.packages.iter().any(|former| former.sha256 == package.sha256);
        let changed = |archive: &Archive| packages.iter().any(|new| new.archive == archive.name && is_new(new));
        let place = |archive: &Archive| (archive.name.clone(), archive.suite.clone(), archive.kind);
        let keep = |archive: Archive| {
            let former = self.0.archives.iter().find(|former| place(former) == place(&archive));
            former.filter(|_| !changed(&archive)).cloned().unwrap_or(archive)
        };
        now.into_iter().map(keep).collect()
    }
}
