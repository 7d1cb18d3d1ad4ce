//! What changes from one release to another: packages, the holes they close, their sizes, and what is our own.
//!
//! In: two [`Side`]s, and the papers of the packages that are at hand. Out: [`Diff`], for programs (JSON) and, by
//! [`crate::diff_text`], for people. A hole counts as closed where Debian's changelog names it between the two
//! versions and the older package's does not name it yet; a changelog that is not at hand, or does not go back that far,
//! is said to be so.

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde::Serialize;
use sos_settings::debian_version::compare;

use crate::changelog::{Urgency, between, parse};
use crate::error::Result;
use crate::lock::{Package, Set};
use crate::matched::{Growth, largest, matched};
use crate::own::Own;
use crate::papers::{Lacking, Shelf};
use crate::pool::Pool;
use crate::progress::Progress;
use crate::side::Side;
use crate::source_list::source_version;

/// What changes.
#[derive(Debug, Serialize)]
pub struct Diff {
    /// What is left.
    pub old: String,
    /// What comes.
    pub new: String,
    /// What changes in the image.
    pub image: Part,
    /// What changes among the build's tools.
    pub tools: Part,
    /// What changes beside Debian's packages, where both sides say what they were made from.
    pub own: Option<Own>,
    /// Bytes that a device fetches for the whole, where both sides are releases.
    pub download: Option<Size>,
}

/// What changes in one set of packages.
#[derive(Debug, Default, Serialize)]
pub struct Part {
    /// Sources with newer packages.
    pub newer: Vec<Change>,
    /// Sources with older packages.
    pub older: Vec<Change>,
    /// Packages that were not there.
    pub added: Vec<One>,
    /// Packages that are no longer there.
    pub removed: Vec<One>,
    /// Packages of the same version that are not the same.
    pub rebuilt: Vec<One>,
    /// Bytes of all package files.
    pub size: Size,
    /// The largest changes of package files, by what they change.
    pub largest: Vec<Growth>,
}

/// Packages of one source that all go from one version to another.
#[derive(Debug, Serialize)]
pub struct Change {
    /// The source package.
    pub source: String,
    /// Its old version.
    pub old: String,
    /// Its new version.
    pub new: String,
    /// The packages.
    pub packages: Vec<Pair>,
    /// What Debian's changelog says; nothing where it is not at hand.
    pub news: Option<News>,
}

/// A package on both sides.
#[derive(Debug, Serialize)]
pub struct Pair {
    /// Its new name.
    pub name: String,
    /// Its old name, where that has a version in it that changed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub old_name: Option<String>,
    /// Its old version.
    pub old: String,
    /// Its new version.
    pub new: String,
}

/// A package on one side.
#[derive(Debug, Serialize)]
pub struct One {
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: String,
    /// Bytes of its package file.
    pub size: u64,
}

/// What the changelog says between two versions.
#[derive(Debug, Default, Serialize)]
pub struct News {
    /// The versions of the uploads to Debian's security archive: an advisory (DSA) each.
    pub advisories: Vec<String>,
    /// The CVE and DSA numbers that are named, and were not before.
    pub numbers: BTreeSet<String>,
    /// The greatest haste.
    pub urgency: Option<Urgency>,
    /// Whether the changelog goes back to the older version.
    pub complete: bool,
}

/// A size on both sides, bytes.
#[derive(Debug, Default, Clone, Copy, Serialize)]
pub struct Size {
    /// Before.
    pub old: u64,
    /// After.
    pub new: u64,
}

impl Size {
    /// After, less before.
    #[must_use]
    pub fn growth(self) -> i64 {
        self.new.cast_signed().wrapping_sub(self.old.cast_signed())
    }
}

impl Part {
    /// Whether nothing changes.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        let changes = self.newer.len() + self.older.len() + self.added.len() + self.removed.len() + self.rebuilt.len();
        changes == 0
    }
}

/// Compares two sides; changelogs come from `pool` and what the cache keeps of packages seen before.
///
/// # Errors
/// A package file that does not read.
pub fn diff(old: &Side, new: &Side, pool: &Pool, cache: &Path, progress: Progress) -> Result<Diff> {
    let [mut image, mut tools] = [Set::Device, Set::Tools].map(|set| part(old, new, set));
    let gather = |side: &Side, is_new: bool| {
        let changes = [&image, &tools].into_iter().flat_map(|part| part.newer.iter().chain(&part.older));
        let names: BTreeSet<&str> = changes.filter_map(|change| change.name(is_new)).collect();
        let wanted: Vec<&Package> = side.packages.iter().filter(|one| names.contains(one.name.as_str())).collect();
        Shelf::gather(&side.packages, &wanted, pool, cache, Lacking::Skipped, progress)
    };
    let (before, after) = (gather(old, false)?, gather(new, true)?);
    for part in [&mut image, &mut tools] {
        // What going back opens again stands in the changelog of the old side, which is the newer one then.
        part.newer.iter_mut().for_each(|change| change.read(true, &after, &before));
        part.older.iter_mut().for_each(|change| change.read(false, &before, &after));
    }
    let download = old.download.zip(new.download).map(|(old, new)| Size { old, new });
    Ok(Diff { old: old.title.clone(), new: new.title.clone(), image, tools, own: own(old, new), download })
}

/// What changes of our own; nothing where a side does not say what it was made from.
fn own(old: &Side, new: &Side) -> Option<Own> {
    let own = Own::between(old.inputs.as_ref()?, new.inputs.as_ref()?);
    Some(match (&old.sources, &new.sources) {
        (Some(old), Some(new)) => own.with_crates(old, new),
        _ => own,
    })
}

impl Change {
    /// The package whose changelog is read, as the new or the old side calls it.
    fn name(&self, is_new: bool) -> Option<&str> {
        let pair = self.packages.first()?;
        Some(pair.old_name.as_deref().filter(|_| !is_new).unwrap_or(&pair.name))
    }

    /// Reads what the newer package's changelog says and the older one's does not.
    fn read(&mut self, is_newer: bool, newer: &Shelf, older: &Shelf) {
        let Some(text) = self.name(is_newer).and_then(|name| newer.changelog(name)) else { return };
        let (low, high) = if is_newer { (&self.old, &self.new) } else { (&self.new, &self.old) };
        let between = between(text, low, high);
        // Debian mends a stable release by uploads of its own, and the version that comes after names the hole again.
        let past = self.name(!is_newer).and_then(|name| older.changelog(name)).map(parse).unwrap_or_default();
        let known: BTreeSet<String> =
            between.known.into_iter().chain(past.into_iter().flat_map(|entry| entry.advisories)).collect();
        let mut news = News { complete: between.complete, ..News::default() };
        for entry in between.entries {
            news.urgency = news.urgency.max(Some(entry.urgency));
            if entry.is_security() {
                news.advisories.push(entry.version);
            }
            news.numbers.extend(entry.advisories.into_iter().filter(|number| !known.contains(number)));
        }
        self.news = Some(news);
    }
}

/// What changes in one set.
fn part(old: &Side, new: &Side, set: Set) -> Part {
    let of = |side: &'_ Side| -> Vec<Package> {
        side.packages.iter().filter(|package| package.sets.contains(&set)).cloned().collect()
    };
    let (old, new) = (of(old), of(new));
    let matched = matched(&old, &new);
    let mut part = Part::default();
    let mut changes: BTreeMap<(bool, &str, &str, &str), Vec<Pair>> = BTreeMap::new();
    for (before, after) in &matched.pairs {
        let versions = (source_version(before), source_version(after));
        // A package that was built again from the same source has a version of its own.
        let versions = if versions.0 == versions.1 { (&*before.version, &*after.version) } else { versions };
        let older = match compare(&after.version, &before.version) {
            Ordering::Equal if before.sha256 == after.sha256 => continue,
            Ordering::Equal => {
                part.rebuilt.push(One::of(after));
                continue;
            }
            order => order == Ordering::Less,
        };
        changes
            .entry((older, after.source.as_str(), versions.0, versions.1))
            .or_default()
            .push(Pair::of(before, after));
    }
    for ((older, source, old, new), packages) in changes {
        let change = Change { source: source.into(), old: old.into(), new: new.into(), packages, news: None };
        if older { part.older.push(change) } else { part.newer.push(change) }
    }
    part.added = matched.added.iter().map(|package| One::of(package)).collect();
    part.removed = matched.removed.iter().map(|package| One::of(package)).collect();
    part.size = Size { old: total(&old), new: total(&new) };
    part.largest = largest(&matched);
    part
}

fn total(packages: &[Package]) -> u64 {
    packages.iter().map(|package| package.size).sum()
}

impl One {
    fn of(package: &Package) -> Self {
        Self { name: package.name.clone(), version: package.version.clone(), size: package.size }
    }
}

impl Pair {
    fn of(before: &Package, after: &Package) -> Self {
        Self {
            name: after.name.clone(),
            old_name: Some(before.name.clone()).filter(|name| *name != after.name),
            old: before.version.clone(),
            new: after.version.clone(),
        }
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::lock::Sha256;

    /// A package of the image: name, version, size, source; its source has the same version without a «+b1» at the end.
    pub(crate) fn package(name: &str, version: &str, size: u64, source: &str) -> Package {
        let source_version = version.split_once("+b").map(|(version, _)| version.to_owned());
        Package {
            name: name.into(),
            version: version.into(),
            architecture: "amd64".into(),
            archive: "main".into(),
            path: format!("pool/{name}.deb"),
            size,
            sha256: Sha256::of(format!("{name} {version} {size}").as_bytes()),
            sets: vec![Set::Device],
            source: source.into(),
            source_version,
            essential: false,
        }
    }

    pub(crate) fn side(title: &str, packages: Vec<Package>) -> Side {
        Side { title: title.into(), packages, download: None, inputs: None, sources: None }
    }

    fn compared(old: Vec<Package>, new: Vec<Package>) -> Part {
        let dir = tempfile::tempdir().unwrap();
        diff(&side("old", old), &side("new", new), &Pool::at(dir.path()), dir.path(), Progress::Silent).unwrap().image
    }

    fn names(list: &[One]) -> Vec<&str> {
        list.iter().map(|one| one.name.as_str()).collect()
    }

    #[test]
    fn packages_go_up_down_in_and_out() {
        let part = compared(
            vec![
                package("a", "1", 5, "a"),
                package("b", "2", 5, "b"),
                package("c", "1", 5, "c"),
                package("d", "1", 5, "d"),
            ],
            vec![
                package("a", "1.1", 7, "a"),
                package("b", "2~rc1", 5, "b"),
                package("c", "1", 5, "c"),
                package("e", "1", 9, "e"),
            ],
        );
        assert_eq!((part.newer.len(), part.newer[0].source.as_str()), (1, "a"));
        assert_eq!((part.older.len(), part.older[0].source.as_str()), (1, "b"));
        assert_eq!((names(&part.added), names(&part.removed)), (vec!["e"], vec!["d"]));
        assert_eq!((part.size.old, part.size.new), (20, 26));
        let largest: Vec<(&str, i64)> = part.largest.iter().map(|one| (one.name.as_str(), one.bytes)).collect();
        assert_eq!(largest, [("e", 9), ("d", -5), ("a", 2)]);
    }

    #[test]
    fn packages_of_one_source_are_one_change() {
        let part = compared(
            vec![
                package("libssl3", "1", 5, "openssl"),
                package("openssl", "1", 5, "openssl"),
                package("x", "1", 1, "x"),
            ],
            vec![
                package("libssl3", "2", 5, "openssl"),
                package("openssl", "2", 5, "openssl"),
                package("x", "1+b1", 1, "x"),
            ],
        );
        let changes: Vec<(&str, &str, &str, usize)> = part
            .newer
            .iter()
            .map(|change| (change.source.as_str(), change.old.as_str(), change.new.as_str(), change.packages.len()))
            .collect();
        assert_eq!(changes, [("openssl", "1", "2", 2), ("x", "1", "1+b1", 1)]);
    }

    #[test]
    fn a_package_whose_name_has_its_version_in_it_is_newer_not_new() {
        let part = compared(
            vec![
                package("linux-image-6.12.110+deb13-amd64", "6.12.110-1", 5, "linux"),
                package("libicu72", "72", 5, "icu"),
            ],
            vec![
                package("linux-image-6.12.117+deb13-amd64", "6.12.117-1", 5, "linux"),
                package("libicu76", "76", 5, "icu-next"),
            ],
        );
        assert_eq!(part.newer.len(), 1);
        assert_eq!(part.newer[0].packages[0].old_name.as_deref(), Some("linux-image-6.12.110+deb13-amd64"));
        assert_eq!((names(&part.added), names(&part.removed)), (vec!["libicu76"], vec!["libicu72"]));
    }

    #[test]
    fn a_package_that_is_not_the_same_in_the_same_version_is_told() {
        let part = compared(vec![package("a", "1", 5, "a")], vec![package("a", "1", 6, "a")]);
        assert_eq!((names(&part.rebuilt), part.newer.len()), (vec!["a"], 0));
    }

    #[test]
    fn the_same_packages_are_no_change() {
        let part = compared(vec![package("a", "1", 5, "a")], vec![package("a", "1", 5, "a")]);
        assert!(part.is_empty() && part.largest.is_empty());
    }

    #[test]
    fn what_is_our_own_is_compared_where_both_sides_name_it() {
        let with = |files: Option<&str>| {
            let inputs = files.map(|files| crate::own::tests::inputs(files, &[], &[]));
            Side { inputs, ..side("x", vec![package("a", "1", 5, "a")]) }
        };
        let own = |old, new| super::own(&with(old), &with(new)).map(|own| own.parts.len());
        assert_eq!(own(Some("one"), Some("two")), Some(1));
        assert_eq!(own(Some("one"), Some("one")), Some(0));
        assert_eq!((own(None, Some("two")), own(Some("one"), None)), (None, None));
    }

    #[test]
    fn a_changelog_that_is_not_at_hand_leaves_no_news() {
        let part = compared(vec![package("a", "1", 5, "a")], vec![package("a", "2", 5, "a")]);
        assert!(part.newer[0].news.is_none());
    }
}
