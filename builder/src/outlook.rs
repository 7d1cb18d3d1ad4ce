//! `image/horizon.toml`: what the horizon looks at beside the releases that we build, and the written exits.
//!
//! In: its text. Out: [`Outlook`].

use std::fs;
use std::path::Path;

use serde::Deserialize;

use crate::definition::is_word;
use crate::error::{Error, Result};

/// `image/horizon.toml`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Outlook {
    /// The suite of the release before the first that we build.
    pub before: String,
    /// The suite in which the next releases are made.
    pub unstable: String,
    /// Written exits.
    #[serde(default, rename = "exit")]
    pub exits: Vec<Exit>,
}

/// What we do without a source package that broke, or may break, the rule of three.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Exit {
    /// The source package.
    pub source: String,
    /// Why it is an exception.
    pub why: String,
    /// What is done without it.
    pub exit: String,
}

impl Outlook {
    /// Reads `path`.
    ///
    /// # Errors
    /// [`Error::Io`] or [`Error::Malformed`].
    pub fn load(path: &Path) -> Result<Self> {
        let text = fs::read_to_string(path).map_err(|e| Error::io("read", path, e))?;
        Self::parse(path, &text)
    }

    fn parse(path: &Path, text: &str) -> Result<Self> {
        let outlook: Self = toml::from_str(text).map_err(|e| Error::malformed(path, e.to_string()))?;
        for suite in [&outlook.before, &outlook.unstable] {
            if !is_word(suite) {
                return Err(Error::malformed(path, format!("«{suite}» is not the name of a suite")));
            }
        }
        Ok(outlook)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lock::Lock;

    fn ours() -> (std::path::PathBuf, Outlook) {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
        let outlook = Outlook::load(&root.join("image/horizon.toml")).unwrap();
        (root, outlook)
    }

    #[test]
    fn what_is_no_outlook_is_refused_with_its_reason() {
        let suites = "before = '12'\nunstable = 'sid'\n";
        assert!(Outlook::parse(Path::new("horizon.toml"), suites).is_ok());
        for (text, reason) in [
            ("before = '12'", "missing field `unstable`"),
            ("before = '../12'\nunstable = 'sid'", "«../12» is not the name of a suite"),
            (&format!("{suites}[[exit]]\nsource = 'x'\nwhy = 'y'"), "missing field `exit`"),
            (&format!("{suites}[[exits]]\nsource = 'x'"), "unknown field `exits`"),
        ] {
            let error = Outlook::parse(Path::new("horizon.toml"), text).unwrap_err();
            assert_eq!(error.exit_code(), 2);
            let said = error.to_string();
            assert!(said.contains("horizon.toml") && said.contains(reason), "{said}");
        }
    }

    #[test]
    fn an_exit_is_one_from_software_that_an_image_has() {
        let (root, outlook) = ours();
        let locks = ["trixie", "forky"].map(|name| Lock::load(&root.join(format!("image/locks/{name}.lock"))).unwrap());
        for exit in &outlook.exits {
            let source = |lock: &Lock| lock.packages.iter().any(|package| package.source == exit.source);
            assert!(locks.iter().any(source), "take {} out of image/horizon.toml", exit.source);
        }
    }

    #[test]
    fn the_page_names_the_exits_that_are_written_down() {
        let (root, outlook) = ours();
        let page = fs::read_to_string(root.join("docs/horizon.md")).unwrap();
        let rows: Vec<&str> = page.lines().filter(|line| line.starts_with("| `")).collect();
        let expected =
            outlook.exits.iter().map(|Exit { source, why, exit }| format!("| `{source}` | {why} | {exit} |"));
        assert_eq!(rows, expected.collect::<Vec<_>>());
    }
}
