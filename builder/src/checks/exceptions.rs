//! What the rules let pass, and what they try out: `image/checks.toml`, each exception with its reason.
//!
//! In: the TOML text. Out: [`Allowed`] for a release. Patterns are paths of the device in which `*` also matches `/`, as
//! in `image/exclude.toml`. A pattern that no finding matches is a finding itself.

use std::path::Path;

use globset::{Glob, GlobSet, GlobSetBuilder};
use serde::Deserialize;

use super::report::Finding;
use crate::error::Error;

/// The file as written.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    samples: Vec<String>,
    #[serde(default)]
    except: Vec<Except>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Except {
    rule: String,
    paths: Vec<String>,
    /// The releases whose images have this; all where none is named.
    releases: Option<Vec<String>>,
    #[serde(rename = "reason")]
    _reason: String,
}

impl Except {
    fn is_for(&self, release: &str) -> bool {
        self.releases.as_ref().is_none_or(|releases| releases.iter().any(|named| named == release))
    }
}

/// What `image/checks.toml` says.
#[derive(Debug)]
pub struct Allowed {
    /// User data for which every template is to render, files of the checkout.
    pub samples: Vec<String>,
    /// Rule and pattern of each exception.
    patterns: Vec<(String, String)>,
    set: GlobSet,
    used: Vec<bool>,
}

impl Allowed {
    /// Reads the text of `path` for an image of `release`; exceptions are to one of `rules`.
    ///
    /// # Errors
    /// [`Error::Malformed`] where the TOML or a pattern is, or there is no such rule.
    pub fn parse(path: &Path, text: &str, rules: &[&str], release: &str) -> Result<Self, Error> {
        let malformed = |what: String| Error::malformed(path, what);
        let file: File = toml::from_str(text).map_err(|e| malformed(e.to_string()))?;
        if let Some(except) = file.except.iter().find(|except| !rules.contains(&except.rule.as_str())) {
            return Err(malformed(format!("there is no rule «{}»; there are: {}", except.rule, rules.join(", "))));
        }
        let patterns: Vec<(String, String)> = file
            .except
            .into_iter()
            .filter(|except| except.is_for(release))
            .flat_map(|except| except.paths.into_iter().map(move |path| (except.rule.clone(), path)))
            .collect();
        let mut set = GlobSetBuilder::new();
        for (_, pattern) in &patterns {
            set.add(Glob::new(pattern).map_err(|e| malformed(e.to_string()))?);
        }
        let set = set.build().map_err(|e| malformed(e.to_string()))?;
        Ok(Self { samples: file.samples, used: vec![false; patterns.len()], patterns, set })
    }

    /// Takes out of `findings` of `rule` those that are excepted, and returns how many they were.
    pub fn take(&mut self, rule: &str, findings: &mut Vec<Finding>) -> usize {
        let found = findings.len();
        findings.retain(|finding| {
            let matches = self.set.matches(&finding.path);
            let mut matches = matches.into_iter().filter(|number| self.patterns[*number].0 == rule).peekable();
            let keep = matches.peek().is_none();
            matches.for_each(|number| self.used[number] = true);
            keep
        });
        found - findings.len()
    }

    /// The exceptions that matched nothing.
    #[must_use]
    pub fn unused(&self) -> Vec<Finding> {
        let unused = self.patterns.iter().zip(&self.used).filter(|(_, used)| !**used);
        unused
            .map(|((rule, pattern), _)| {
                Finding::new(pattern, format!("nothing that «{rule}» finds is there any more, and it is excepted"))
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str =
        "samples = []\n[[except]]\nrule = 'set-id'\npaths = ['/usr/bin/su', '/usr/lib/*']\nreason = 'x'\n";

    fn findings(paths: &[&str]) -> Vec<Finding> {
        paths.iter().map(|path| Finding::new(*path, "it is odd")).collect()
    }

    #[test]
    fn an_exception_is_to_its_own_rule_and_one_that_matches_nothing_is_named() {
        let mut allowed = Allowed::parse(Path::new("x"), TEXT, &["set-id", "unowned"], "trixie").unwrap();
        let mut found = findings(&["/usr/bin/su"]);
        assert_eq!((allowed.take("unowned", &mut found), found.len()), (0, 1));
        let mut found = findings(&["/usr/lib/a/b", "/usr/lib/c", "/usr/bin/sudo"]);
        assert_eq!((allowed.take("set-id", &mut found), found), (2, findings(&["/usr/bin/sudo"])));
        let unused: Vec<String> = allowed.unused().into_iter().map(|finding| finding.path).collect();
        assert_eq!(unused, ["/usr/bin/su"]);
    }

    #[test]
    fn an_exception_for_other_releases_is_none_and_is_not_missed() {
        let text = TEXT.replace("reason", "releases = ['forky']\nreason");
        for (release, excepted, unused) in [("forky", 1, 1), ("trixie", 0, 0)] {
            let mut allowed = Allowed::parse(Path::new("x"), &text, &["set-id"], release).unwrap();
            assert_eq!(allowed.take("set-id", &mut findings(&["/usr/bin/su"])), excepted);
            assert_eq!(allowed.unused().len(), unused);
        }
    }

    #[test]
    fn an_exception_to_no_rule_or_without_a_reason_is_refused() {
        for (text, message) in [
            (TEXT.replace("set-id", "set-ids"), "there is no rule «set-ids»; there are: set-id"),
            (TEXT.replace("reason = 'x'", ""), "missing field `reason`"),
            (TEXT.replace("/usr/lib/*", "/usr/lib/["), "unclosed character class"),
        ] {
            let error = Allowed::parse(Path::new("checks.toml"), &text, &["set-id"], "trixie").unwrap_err();
            assert!(error.to_string().contains(message), "{error}");
            assert_eq!(error.exit_code(), 2);
        }
    }
}
