//! Which files of Debian's packages the appliance leaves out, and which give nobody rights here: `image/exclude.toml`,
//! each group with its reason.
//!
//! In: the TOML text. Out: a matcher for absolute paths. A later `keep` wins over an `exclude`.

use std::path::Path;

use globset::{Glob, GlobSet, GlobSetBuilder};
use serde::Deserialize;

use crate::error::Error;

/// The file as written.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    group: Vec<Group>,
}

/// Patterns that share a reason.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Group {
    #[serde(rename = "reason")]
    _reason: String,
    #[serde(default)]
    exclude: Vec<String>,
    #[serde(default)]
    keep: Vec<String>,
    #[serde(default)]
    plain: Vec<String>,
}

/// A compiled list of patterns; `*` matches across `/`.
#[derive(Debug)]
pub struct Exclude {
    exclude: GlobSet,
    keep: GlobSet,
    plain: GlobSet,
}

impl Exclude {
    /// Leaves nothing out.
    #[must_use]
    pub fn nothing() -> Self {
        Self { exclude: GlobSet::empty(), keep: GlobSet::empty(), plain: GlobSet::empty() }
    }

    /// Reads the text of `path`.
    ///
    /// # Errors
    /// [`Error`] naming `path` where the TOML or a pattern is malformed.
    pub fn parse(path: &Path, text: &str) -> Result<Self, Error> {
        let file: File = toml::from_str(text).map_err(|e| Error::malformed(path, e.to_string()))?;
        let set = |patterns: &mut dyn Iterator<Item = &String>| -> Result<GlobSet, Error> {
            let mut builder = GlobSetBuilder::new();
            for pattern in patterns {
                builder.add(Glob::new(pattern).map_err(|e| Error::malformed(path, e.to_string()))?);
            }
            builder.build().map_err(|e| Error::malformed(path, e.to_string()))
        };
        Ok(Self {
            exclude: set(&mut file.group.iter().flat_map(|g| &g.exclude))?,
            keep: set(&mut file.group.iter().flat_map(|g| &g.keep))?,
            plain: set(&mut file.group.iter().flat_map(|g| &g.plain))?,
        })
    }

    /// Whether the file at this absolute path is left out.
    #[must_use]
    pub fn matches(&self, path: &Path) -> bool {
        self.exclude.is_match(path) && !self.keep.is_match(path)
    }

    /// Whether the file at this absolute path is a plain one here: neither set-uid nor set-gid.
    #[must_use]
    pub fn is_plain(&self, path: &Path) -> bool {
        self.plain.is_match(path)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kept_file_stays_though_its_folder_is_left_out() {
        let text = "[[group]]\nreason = 'x'\nexclude = ['/usr/share/doc/*']\nkeep = ['/usr/share/doc/*/copyright']\n";
        let exclude = Exclude::parse(Path::new("exclude.toml"), text).unwrap();
        assert!(exclude.matches(Path::new("/usr/share/doc/bash/README")));
        assert!(!exclude.matches(Path::new("/usr/share/doc/bash/copyright")));
    }

    #[test]
    fn a_plain_file_stays_and_gives_no_rights() {
        let text = "[[group]]\nreason = 'x'\nplain = ['/usr/bin/{su,mount}']\n";
        let exclude = Exclude::parse(Path::new("exclude.toml"), text).unwrap();
        assert!(exclude.is_plain(Path::new("/usr/bin/su")) && !exclude.matches(Path::new("/usr/bin/su")));
        assert!(!exclude.is_plain(Path::new("/usr/bin/sudo")));
    }
}
