//! Which package of one side is which of the other, and whose files change most.
//!
//! In: the packages of two sides. Out: `Matched`: pairs, and those on one side only; [`Growth`]s, the largest first.

use std::collections::{BTreeSet, HashMap};

use serde::Serialize;

use crate::diff::Size;
use crate::lock::Package;

/// How many of the largest changes of size are told.
const LARGEST: usize = 10;

/// How much larger a package file is, or smaller.
#[derive(Debug, Serialize)]
pub struct Growth {
    /// The package.
    pub name: String,
    /// Bytes.
    pub bytes: i64,
}

/// Packages by the side they are on.
pub(crate) struct Matched<'a> {
    /// A package before and after.
    pub(crate) pairs: Vec<(&'a Package, &'a Package)>,
    /// Packages that were not there.
    pub(crate) added: Vec<&'a Package>,
    /// Packages that are no longer there.
    pub(crate) removed: Vec<&'a Package>,
}

/// Finds each package's partner: the one of its name, else of its source and of its name but for numbers in it, as
/// `linux-image-6.12.117+deb13-amd64` has.
pub(crate) fn matched<'a>(old: &'a [Package], new: &'a [Package]) -> Matched<'a> {
    let names: HashMap<&str, &Package> = new.iter().map(|package| (package.name.as_str(), package)).collect();
    let (mut pairs, mut removed) = (Vec::new(), Vec::new());
    for before in old {
        match names.get(before.name.as_str()) {
            Some(after) => pairs.push((before, *after)),
            None => removed.push(before),
        }
    }
    let known: BTreeSet<&str> = old.iter().map(|package| package.name.as_str()).collect();
    let mut added: Vec<&Package> = new.iter().filter(|package| !known.contains(package.name.as_str())).collect();
    removed.retain(|before| {
        let renamed = added.iter().position(|after| after.source == before.source && stem(after) == stem(before));
        pairs.extend(renamed.map(|place| (*before, added.remove(place))));
        renamed.is_none()
    });
    pairs.sort_by(|one, other| one.1.name.cmp(&other.1.name));
    Matched { pairs, added, removed }
}

/// A package's name with each of its numbers as one `#`.
fn stem(package: &Package) -> String {
    let mut stem = String::new();
    for letter in package.name.chars() {
        let letter = if letter.is_ascii_digit() { '#' } else { letter };
        if letter != '#' || !stem.ends_with('#') {
            stem.push(letter);
        }
    }
    stem
}

/// The packages whose files change most.
pub(crate) fn largest(matched: &Matched<'_>) -> Vec<Growth> {
    let growth = |package: &Package, old: u64, new: u64| Growth {
        name: package.name.clone(),
        bytes: Size { old, new }.growth(),
    };
    let mut all: Vec<Growth> = Vec::new();
    all.extend(matched.pairs.iter().map(|(before, after)| growth(after, before.size, after.size)));
    all.extend(matched.added.iter().map(|package| growth(package, 0, package.size)));
    all.extend(matched.removed.iter().map(|package| growth(package, package.size, 0)));
    all.retain(|growth| growth.bytes != 0);
    all.sort_by(|one, other| {
        other.bytes.unsigned_abs().cmp(&one.bytes.unsigned_abs()).then_with(|| one.name.cmp(&other.name))
    });
    all.truncate(LARGEST);
    all
}
