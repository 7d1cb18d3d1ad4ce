//! What changes of our own, beside Debian's packages: files, programs, and the crates in them.
//!
//! In: what two builds were made from, and the crates that two lists of sources name. Out: [`Own`].

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use crate::recipe::{Inputs, Named};
use crate::source_list::SourceList;

/// What changes of our own.
#[derive(Debug, Default, PartialEq, Eq, Serialize)]
pub struct Own {
    /// What differs, each in a few words.
    pub parts: Vec<String>,
    /// The crates in the device's programs that are others than before; nothing where a side does not name them.
    pub crates: Vec<CrateChange>,
}

/// A crate whose versions change; there may be several of one crate.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub struct CrateChange {
    /// Its name.
    pub name: String,
    /// The versions that only the old side has.
    pub old: Vec<String>,
    /// The versions that only the new side has.
    pub new: Vec<String>,
}

impl Own {
    /// What changes from one build to another.
    #[must_use]
    pub fn between(old: &Inputs, new: &Inputs) -> Self {
        let mut parts: Vec<String> = Vec::new();
        parts.extend((old.checkout != new.checkout).then(|| "files in image/ and overlays/".to_owned()));
        parts.extend(named("program", &old.programs, &new.programs));
        parts.extend(named("overlay from outside", &old.overlays, &new.overlays));
        parts.extend((old.channel != new.channel).then(|| "where the image looks for updates".to_owned()));
        Self { parts, crates: Vec::new() }
    }

    /// The same with the crates that two lists of sources name.
    #[must_use]
    pub fn with_crates(self, old: &SourceList, new: &SourceList) -> Self {
        let (old, new) = (versions(old), versions(new));
        let names: BTreeSet<&str> = old.union(&new).map(|(name, _)| *name).collect();
        let only = |name: &str, these: &BTreeSet<(&str, &str)>, those: &BTreeSet<(&str, &str)>| -> Vec<String> {
            let changed = these.difference(those).filter(|(other, _)| *other == name);
            changed.map(|(_, version)| (*version).to_owned()).collect()
        };
        let change = |name: &str| CrateChange {
            name: name.to_owned(),
            old: only(name, &old, &new),
            new: only(name, &new, &old),
        };
        let crates = names.into_iter().map(change).filter(|change| !change.old.is_empty() || !change.new.is_empty());
        Self { crates: crates.collect(), ..self }
    }

    /// Whether nothing changes.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.parts.is_empty() && self.crates.is_empty()
    }
}

/// Name and version of each crate, Rust's standard library among them.
fn versions(list: &SourceList) -> BTreeSet<(&str, &str)> {
    let crates = list.crates.iter().map(|one| (one.name.as_str(), one.version.as_str()));
    crates.chain([("Rust's standard library", list.rust.as_str())]).collect()
}

/// The things of one kind that are not the same, not there before, or there no more.
fn named(kind: &str, old: &[Named], new: &[Named]) -> Vec<String> {
    let by_name = |list: &'_ [Named]| -> BTreeMap<String, String> {
        list.iter().map(|one| (one.name.clone(), one.sha256.to_string())).collect()
    };
    let (old, new) = (by_name(old), by_name(new));
    let names: BTreeSet<&String> = old.keys().chain(new.keys()).collect();
    let line = |name: &String| match (old.get(name), new.get(name)) {
        (one, other) if one == other => None,
        (None, _) => Some(format!("{kind} {name}, which is new")),
        (_, None) => Some(format!("{kind} {name}, which is gone")),
        _ => Some(format!("{kind} {name}")),
    };
    names.into_iter().filter_map(line).collect()
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::lock::Sha256;
    use crate::source_list::{CrateSource, FORMAT};

    /// What a build of these files, programs and overlays from outside was made from; a content is its digest's text.
    pub(crate) fn inputs(files: &str, programs: &[(&str, &str)], overlays: &[(&str, &str)]) -> Inputs {
        let digest = |text: &str| Sha256::of(text.as_bytes());
        let named = |list: &[(&str, &str)]| -> Vec<Named> {
            list.iter().map(|(name, text)| Named { name: (*name).into(), sha256: digest(text) }).collect()
        };
        Inputs {
            number: 1,
            checkout: digest(files),
            programs: named(programs),
            rust: None,
            overlays: named(overlays),
            channel: None,
        }
    }

    fn list(rust: &str, crates: &[(&str, &str)]) -> SourceList {
        let one = |(name, version): &(&str, &str)| CrateSource {
            name: (*name).into(),
            version: (*version).into(),
            sha256: Sha256::of(b""),
        };
        SourceList {
            format: FORMAT,
            version: "13.1.1".into(),
            release: "trixie".into(),
            architecture: "amd64".into(),
            source_date_epoch: 1,
            archives: vec![],
            sources: vec![],
            crates: crates.iter().map(one).collect(),
            rust: rust.into(),
        }
    }

    #[test]
    fn what_differs_is_named_by_what_it_is() {
        let old = inputs("a", &[("sos-console", "1"), ("sos-update", "1")], &[("chat", "1"), ("faults", "1")]);
        let new = inputs("b", &[("sos-console", "2"), ("sos-update", "1")], &[("faults", "2"), ("wiki", "1")]);
        assert_eq!(
            Own::between(&old, &new).parts,
            [
                "files in image/ and overlays/",
                "program sos-console",
                "overlay from outside chat, which is gone",
                "overlay from outside faults",
                "overlay from outside wiki, which is new",
            ]
        );
        assert!(Own::between(&old, &Inputs { number: 2, ..old.clone() }).is_empty(), "a number is no part");
    }

    #[test]
    fn a_crate_is_told_by_the_versions_that_come_and_go() {
        let old =
            list("1.95.0", &[("axum", "0.8.4"), ("hashbrown", "0.14.5"), ("hashbrown", "0.15.2"), ("old", "1.0.0")]);
        let new =
            list("1.96.0", &[("axum", "0.8.4"), ("hashbrown", "0.14.5"), ("hashbrown", "0.16.0"), ("young", "1.0.0")]);
        let own = Own::default().with_crates(&old, &new);
        let crates: Vec<(&str, String, String)> =
            own.crates.iter().map(|one| (one.name.as_str(), one.old.join(" "), one.new.join(" "))).collect();
        let wanted = [
            ("Rust's standard library", "1.95.0", "1.96.0"),
            ("hashbrown", "0.15.2", "0.16.0"),
            ("old", "1.0.0", ""),
            ("young", "", "1.0.0"),
        ];
        assert_eq!(crates, wanted.map(|(name, old, new)| (name, old.to_owned(), new.to_owned())));
        assert!(Own::default().with_crates(&old, &old).is_empty());
    }
}
