//! Where systemd finds a unit (systemd.unit(5), «Unit File Load Path»): its file, what is put over it, and who wants it.
//!
//! In: the root, and what the services render into `/etc`. Out: units by their names.

use std::collections::{BTreeMap, BTreeSet};

use sos_settings::{Entry, Rendered};

use super::syntax;
use crate::checks::tree::{Kind, Tree};
use crate::error::Error;

/// Where units stand; the first that has one wins.
const FOLDERS: [&str; 3] = ["/etc/systemd/system", "/usr/local/lib/systemd/system", "/usr/lib/systemd/system"];
/// The folders beside a unit whose names are those that it starts.
const STARTS: [&str; 3] = [".wants", ".requires", ".upholds"];

/// A unit by its name.
#[derive(Debug, PartialEq, Eq)]
pub enum Found {
    /// There is none.
    Nothing,
    /// It must not start.
    Masked,
    /// What its files say, in the order in which systemd reads them.
    Unit(Vec<(String, String)>),
}

/// The units of a root, and those that a server renders over them.
pub struct Units<'a> {
    tree: &'a Tree,
    rendered: BTreeMap<&'a str, &'a Entry>,
}

impl<'a> Units<'a> {
    /// The units of `tree` under what is `rendered`.
    #[must_use]
    pub fn new(tree: &'a Tree, rendered: Option<&'a Rendered>) -> Self {
        Self { tree, rendered: rendered.into_iter().flat_map(Rendered::entries).collect() }
    }

    /// The units that a link in a folder beside another unit starts, each with the path of the link.
    #[must_use]
    pub fn started(&self) -> Vec<(String, String)> {
        let starts = |path: &str| {
            let (folder, name) = path.rsplit_once('/')?;
            STARTS.iter().any(|end| folder.ends_with(end)).then(|| (name.to_owned(), path.to_owned()))
        };
        self.paths().into_iter().filter_map(|path| starts(&path)).collect()
    }

    /// The unit called `name`.
    ///
    /// # Errors
    /// A file that cannot be read.
    pub fn find(&self, name: &str) -> Result<Found, Error> {
        let template = template(name);
        let names: Vec<&str> = [Some(name), template.as_deref()].into_iter().flatten().collect();
        for called in &names {
            for folder in FOLDERS {
                let path = format!("{folder}/{called}");
                match self.leads_to(&path) {
                    Some(Target::Nowhere) => return Ok(Found::Nothing),
                    Some(Target::Null) => return Ok(Found::Masked),
                    Some(Target::Text(real)) => return self.read(&real, &names),
                    None => {}
                }
            }
        }
        Ok(Found::Nothing)
    }

    /// Reads the unit at `path`, and what is put over the unit of these `names`.
    fn read(&self, path: &str, names: &[&str]) -> Result<Found, Error> {
        let text = self.text(path)?;
        if text.is_empty() {
            return Ok(Found::Masked);
        }
        let mut settings = syntax::parse(&text);
        let real = path.rsplit('/').next().unwrap_or_default();
        for over in self.over(names.iter().copied().chain([real]))? {
            settings.extend(syntax::parse(&over));
        }
        Ok(Found::Unit(settings))
    }

    /// The texts of the drop-ins of units with these names, in the order of their own names.
    fn over<'n>(&self, names: impl Iterator<Item = &'n str>) -> Result<Vec<String>, Error> {
        let mut files: BTreeMap<String, String> = BTreeMap::new();
        let beside: BTreeSet<String> = names.flat_map(drop_in_folders).collect();
        for folder in FOLDERS {
            for beside in &beside {
                let prefix = format!("{folder}/{beside}/");
                let own = |path: &String| path.starts_with(&prefix) && path.ends_with(".conf");
                for path in self.paths_below(&format!("{folder}/{beside}")).into_iter().filter(own) {
                    files.entry(path[prefix.len()..].to_owned()).or_insert(path);
                }
            }
        }
        let mut texts = Vec::new();
        for path in files.values() {
            match self.leads_to(path) {
                Some(Target::Text(real)) => texts.push(self.text(&real)?),
                Some(Target::Null | Target::Nowhere) | None => {}
            }
        }
        Ok(texts)
    }

    fn paths(&self) -> BTreeSet<String> {
        FOLDERS.iter().flat_map(|folder| self.paths_below(folder)).collect()
    }

    fn paths_below(&self, folder: &str) -> BTreeSet<String> {
        let prefix = format!("{folder}/");
        let rendered = self.rendered.keys().filter(|path| path.starts_with(&prefix)).map(|path| (*path).to_owned());
        let there = self.tree.below(folder).filter(|(_, entry)| entry.kind != Kind::Folder);
        there.map(|(path, _)| path.to_owned()).chain(rendered).collect()
    }

    /// What stands at `path`, links followed; nothing where nothing does.
    fn leads_to(&self, path: &str) -> Option<Target> {
        let link = match self.rendered.get(path) {
            Some(Entry::File { .. }) => return Some(Target::Text(path.to_owned())),
            Some(Entry::Link { target }) => target.clone(),
            None => match &self.tree.get(path)?.kind {
                Kind::Link(target) => target.clone(),
                _ => return Some(Target::Text(path.to_owned())),
            },
        };
        if link == "/dev/null" {
            return Some(Target::Null);
        }
        let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
        let target = if link.starts_with('/') { link } else { format!("{folder}/{link}") };
        if self.rendered.contains_key(target.as_str()) {
            return Some(Target::Text(target));
        }
        Some(self.tree.resolve(&target).map_or(Target::Nowhere, Target::Text))
    }

    fn text(&self, path: &str) -> Result<String, Error> {
        match self.rendered.get(path) {
            Some(Entry::File { bytes, .. }) => Ok(String::from_utf8_lossy(bytes).into_owned()),
            _ => Ok(String::from_utf8_lossy(&self.tree.read(path)?).into_owned()),
        }
    }
}

/// Where a path leads.
enum Target {
    /// To a file.
    Text(String),
    /// To `/dev/null`.
    Null,
    /// Over a link to nothing.
    Nowhere,
}

/// `a@.service` for the instance `a@b.service`.
fn template(name: &str) -> Option<String> {
    let ((prefix, instance), (_, kind)) = (name.split_once('@')?, name.rsplit_once('.')?);
    (!instance.starts_with('.')).then(|| format!("{prefix}@.{kind}"))
}

/// The folders with drop-ins for `name`: its own, those of its name cut at hyphens, its kind's.
fn drop_in_folders(name: &str) -> Vec<String> {
    let Some((stem, kind)) = name.rsplit_once('.') else { return Vec::new() };
    let cut = stem.match_indices('-').map(|(at, _)| format!("{}.{kind}.d", &stem[..=at]));
    [format!("{name}.d"), format!("{kind}.d")].into_iter().chain(cut).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn drop_ins_are_looked_for_under_all_names_of_a_unit() {
        let folders = drop_in_folders("a-b-c.service");
        assert_eq!(folders, ["a-b-c.service.d", "service.d", "a-.service.d", "a-b-.service.d"]);
        assert_eq!(template("a@b.service").as_deref(), Some("a@.service"));
        assert_eq!(template("a@.service"), None);
        assert_eq!(template("a.service"), None);
    }
}
