//! How a release was made: what somebody else has to know, beside the checkout, to make the same one again.
//!
//! In: what a build was given. Out: [`Inputs`], which `build.json` keeps, and [`Recipe`], which a release carries as
//! `sos-VERSION.recipe.toml`. The same inputs give the same bytes: neither paths nor times nor names of this machine
//! are in it.

use std::fs;
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::cache::Key;
use crate::channel::Channel;
use crate::error::{Error, Result};
use crate::lock::{Lock, Sha256};
use crate::overlays::Overlays;
use crate::programs::PROGRAMS;
use crate::toolchain::Rust;

/// The version of the recipe's format that this program writes and reads.
pub const FORMAT: u32 = 1;
/// Raised when a build reads more of the checkout, or less.
const CHECKOUT: u32 = 2;

/// What a build was made from, beside the lock.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Inputs {
    /// The number of the build among those of the lock's day (`--number`).
    pub number: u32,
    /// A digest of what a build reads of the checkout: `image/` without its programs' sources, and `overlays/`.
    pub checkout: Sha256,
    /// The device's programs.
    #[serde(rename = "program", default)]
    pub programs: Vec<Named>,
    /// The compiler that they were made by; nothing where they were brought.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rust: Option<Rust>,
    /// The overlays from outside of the checkout (`--with-overlay`), each by a digest of its files.
    #[serde(rename = "overlay", default)]
    pub overlays: Vec<Named>,
    /// Where the image looks for updates, and whom it believes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub channel: Option<Channel>,
}

/// A digest of what a build reads of the checkout's folder `image`, and of the checkout's own `overlays`.
///
/// # Errors
/// A file that cannot be read.
pub fn checkout(image: &Path, overlays: &Overlays) -> Result<Sha256> {
    let mut key = Key::new("checkout", CHECKOUT);
    for file in ["users.toml", "exclude.toml", "disk.toml", "checks.toml"] {
        key = key.file(&image.join(file))?;
    }
    Ok(overlays.add_house_to(key.tree(&image.join("boot"))?)?.sha256())
}

/// The device's programs in `folder`, each by its content.
///
/// # Errors
/// A program that is missing or cannot be read.
pub fn programs_in(folder: &Path) -> Result<Vec<Named>> {
    let program = |name: &&str| {
        let path = folder.join(name);
        let bytes = fs::read(&path).map_err(|e| Error::io("read", &path, e))?;
        Ok(Named { name: (*name).to_owned(), sha256: Sha256::of(&bytes) })
    };
    PROGRAMS.iter().map(program).collect()
}

impl Inputs {
    /// What a build reads of the checkout's `image` folder and the overlays, and the device's programs in `programs`,
    /// made by `rust`.
    ///
    /// # Errors
    /// A file that cannot be read.
    pub fn of(
        image: &Path,
        overlays: &Overlays,
        programs: &Path,
        rust: Option<Rust>,
        number: u32,
        channel: Option<Channel>,
    ) -> Result<Self> {
        let (checkout, programs) = (checkout(image, overlays)?, programs_in(programs)?);
        Ok(Self { number, checkout, programs, rust, overlays: overlays.guests()?, channel })
    }
}

/// Something by its name and its SHA-256.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Named {
    /// A plain name.
    pub name: String,
    /// The SHA-256 of its content, or of its files.
    pub sha256: Sha256,
}

/// How a release was made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Recipe {
    /// [`FORMAT`].
    pub format: u32,
    /// The version, «13.20261123.1».
    pub version: String,
    /// The definition's name, «trixie».
    pub release: String,
    /// Debian's name of the architecture.
    pub architecture: String,
    /// `SOURCE_DATE_EPOCH`, seconds.
    pub source_date_epoch: u64,
    /// The SHA-256 of the lock's text.
    pub lock_sha256: Sha256,
    /// The SHA-256 of what was asked for, as the lock has it.
    pub definition_sha256: Sha256,
    /// zstd's level for what is downloaded (`--level`).
    pub level: i32,
    /// Whether whole disks, SBOM, sources and provenance were left out (`--only-slot`).
    pub only_slot: bool,
    /// The commit that it was made from, where the checkout was one with nothing changed in it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub commit: Option<String>,
    /// What the image was made from.
    pub inputs: Inputs,
}

impl Recipe {
    /// How the release `version` of `lock` is made.
    #[must_use]
    pub fn new(lock: &Lock, version: &str, inputs: &Inputs, level: i32, only_slot: bool) -> Self {
        Self {
            format: FORMAT,
            version: version.to_owned(),
            release: lock.release.clone(),
            architecture: lock.architecture.clone(),
            source_date_epoch: lock.source_date_epoch,
            lock_sha256: Sha256::of(lock.to_text().as_bytes()),
            definition_sha256: lock.definition_sha256.clone(),
            level,
            only_slot,
            commit: None,
            inputs: inputs.clone(),
        }
    }

    /// The recipe's text, the same bytes for the same recipe.
    #[must_use]
    pub fn to_text(&self) -> String {
        let body = toml::to_string(self).unwrap_or_else(|e| unreachable!("a recipe is plain data: {e}"));
        format!("# How release {} was made, for whoever makes it again.\n{body}", self.version)
    }

    /// Reads a recipe's `text`; `path` is for messages.
    ///
    /// # Errors
    /// [`Error::Malformed`] naming what is wrong.
    pub fn parse(path: &Path, text: &str) -> Result<Self> {
        let recipe: Self = toml::from_str(text).map_err(|e| Error::malformed(path, e.to_string()))?;
        if recipe.format != FORMAT {
            let reason =
                format!("format {} is not the format {FORMAT} of recipes that this program reads", recipe.format);
            return Err(Error::malformed(path, reason));
        }
        Ok(recipe)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn recipe() -> Recipe {
        let digest = Sha256::of(b"");
        let named = |name: &str| Named { name: name.into(), sha256: digest.clone() };
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path().join("root.json");
        std::fs::write(&root, "{\"signed\": {\"_type\": \"root\"},\n \"signatures\": []}").unwrap();
        Recipe {
            format: FORMAT,
            version: "13.20261123.2".into(),
            release: "trixie".into(),
            architecture: "amd64".into(),
            source_date_epoch: 1_795_426_200,
            lock_sha256: digest.clone(),
            definition_sha256: digest.clone(),
            level: 19,
            only_slot: false,
            commit: Some("0123456789abcdef0123456789abcdef01234567".into()),
            inputs: Inputs {
                number: 2,
                checkout: digest.clone(),
                programs: vec![named("sos-console")],
                rust: Some(Rust { release: "1.95.0".into(), commit_hash: "0123".into() }),
                overlays: vec![named("faults")],
                channel: Some(Channel::load(&root, "http://releases.example/").unwrap()),
            },
        }
    }

    #[test]
    fn a_recipe_is_written_the_one_way_and_read_again() {
        let text = recipe().to_text();
        assert_eq!(Recipe::parse(Path::new("x"), &text).unwrap(), recipe());
        assert_eq!(text, recipe().to_text());
        let plain = Recipe {
            commit: None,
            inputs: Inputs { channel: None, overlays: vec![], rust: None, ..recipe().inputs },
            ..recipe()
        };
        assert_eq!(Recipe::parse(Path::new("x"), &plain.to_text()).unwrap(), plain);
    }

    #[test]
    fn a_recipe_of_another_format_or_with_more_in_it_is_named() {
        let text = recipe().to_text();
        let error = Recipe::parse(Path::new("x"), &text.replace("format = 1", "format = 9")).unwrap_err();
        assert!(error.to_string().contains("format 9"), "{error}");
        let error = Recipe::parse(Path::new("x"), &text.replace("level = 19", "level = 19\nhost = 'h'")).unwrap_err();
        assert!(error.to_string().contains("unknown field `host`"), "{error}");
    }
}
