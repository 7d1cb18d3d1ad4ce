//! Looks at an image before it is made: a table of small rules, each with a name, what its findings weigh, a sentence,
//! and a function.
//!
//! In: [`Input`] (the root as it is about to become an image, and what the build knows of it) and `image/checks.toml`
//! (exceptions, each with a reason). Out: [`Report`]. One walk over the root serves all rules. `docs/image-checks.md` is
//! the table for people.

mod exceptions;
mod facts;
mod identity;
mod links;
mod ownership;
mod report;
mod rights;
mod secrets;
mod services;
mod size;
mod times;
mod tree;
pub mod units;

#[cfg(test)]
mod fixture;

use std::fs;
use std::path::Path;
use std::time::Instant;

use crate::error::{Error, Refusal};
use exceptions::Allowed;
use facts::Facts;
pub use facts::{Input, Locked, Slot};
pub use report::{Finding, Outcome, Report, Severity};

/// Where the exceptions stand in the checkout.
pub const EXCEPTIONS: &str = "image/checks.toml";

/// A rule.
#[derive(Debug)]
pub struct Rule {
    /// Its name.
    pub name: &'static str,
    /// What its findings weigh.
    pub severity: Severity,
    /// What it holds an image to, one sentence.
    pub description: &'static str,
    /// What to do about a finding.
    pub remedy: &'static str,
    check: Check,
}

/// What a rule looks at.
#[derive(Debug)]
enum Check {
    /// The root.
    Root(fn(&Facts<'_>) -> Result<Vec<Finding>, Error>),
    /// What the exceptions were good for, so it is the last.
    Exceptions,
}

/// The table.
pub const RULES: [Rule; 14] = [
    Rule {
        name: "machine-id",
        severity: Severity::Fault,
        description: "The machine id is there and empty, and no other id or seed of a machine is in the image.",
        remedy: "have the stage «rootfs» take it out (builder/src/rootfs.rs, strip); the device makes its own",
        check: Check::Root(identity::machine_id),
    },
    Rule {
        name: "host-keys",
        severity: Severity::Fault,
        description: "No key by which an SSH server is known is in the image.",
        remedy: "have the stage «rootfs» take it out (builder/src/rootfs.rs, strip); the device makes its own",
        check: Check::Root(identity::host_keys),
    },
    Rule {
        name: "set-id",
        severity: Severity::Fault,
        description: "No file gives its caller more rights by set-uid, set-gid or capabilities, beyond the excepted.",
        remedy: "take the bits away with `plain` in image/exclude.toml, or except it with a reason in image/checks.toml",
        check: Check::Root(rights::set_id),
    },
    Rule {
        name: "world-writable",
        severity: Severity::Fault,
        description: "Nothing may be written by everybody but folders with the sticky bit.",
        remedy: "give the overlay's file another mode, or have the stage «rootfs» give a package's one",
        check: Check::Root(rights::world_writable),
    },
    Rule {
        name: "unowned",
        severity: Severity::Fault,
        description: "Every file comes from a package of the lock, from an overlay or from the build's list of programs.",
        remedy: "put it into an overlay, have the stage «rootfs» take it out, or except what a maintainer script makes in \
                 image/checks.toml",
        check: Check::Root(ownership::unowned),
    },
    Rule {
        name: "pinned-ids",
        severity: Severity::Fault,
        description: "Every account has its pinned id, and every file belongs to one of them.",
        remedy: "pin the account in image/users.toml; files in state keep their owners by these numbers",
        check: Check::Root(rights::pinned_ids),
    },
    Rule {
        name: "packages",
        severity: Severity::Fault,
        description: "The packages that dpkg configured are those of the lock, in the lock's versions.",
        remedy: "name it in image/releases or an overlay's service.toml and run `sos-build lock`",
        check: Check::Root(ownership::packages),
    },
    Rule {
        name: "unit-programs",
        severity: Severity::Fault,
        description: "Every program that an enabled or wanted unit or a health report starts is there, and so are the units.",
        remedy: "add what is missing, or mask the unit in an overlay (a link to /dev/null in files/etc/systemd/system)",
        check: Check::Root(units::programs),
    },
    Rule {
        name: "templates",
        severity: Severity::Fault,
        description: "Every template renders for the sample settings, by the code that renders on the device.",
        remedy: "correct the template, or the sample where the settings have changed",
        check: Check::Root(services::templates),
    },
    Rule {
        name: "size",
        severity: Severity::Fault,
        description: "The image fills no more of a slot than `fill_percent` in image/disk.toml.",
        remedy: "leave files out in image/exclude.toml, or packages; a slot cannot grow on servers that run",
        check: Check::Root(size::size),
    },
    Rule {
        name: "secrets",
        severity: Severity::Fault,
        description: "No private key, token or password, not even hashed, is in the image; every account is locked.",
        remedy: "take it out, and make it worthless where it was in use: whoever has the image can read it",
        check: Check::Root(secrets::secrets),
    },
    Rule {
        name: "times",
        severity: Severity::Fault,
        description: "No time of a file, or inside of one, is later than the lock's.",
        remedy: "have what makes it use SOURCE_DATE_EPOCH; a time of the build makes every build another",
        check: Check::Root(times::times),
    },
    Rule {
        name: "links",
        severity: Severity::Warning,
        description: "Every link leads to something, in the image or in what a running server has.",
        remedy: "take the link out, or keep what it leads to in image/exclude.toml",
        check: Check::Root(links::links),
    },
    Rule {
        name: "exceptions",
        severity: Severity::Fault,
        description: "Every exception in image/checks.toml excepts something.",
        remedy: "take the pattern out of image/checks.toml",
        check: Check::Exceptions,
    },
];

/// Checks the root of `input`, with the exceptions of the checkout.
///
/// # Errors
/// A file that cannot be read, or exceptions that are none. What the rules find is in the report.
pub fn check(input: &Input<'_>) -> Result<Report, Error> {
    let started = Instant::now();
    let path = input.repository.join(EXCEPTIONS);
    let text = fs::read_to_string(&path).map_err(|e| Error::io("read", &path, e))?;
    let mut allowed = allowed(&path, &text, input.release)?;
    let facts = Facts::gather(input, &allowed.samples)?;
    let rules = outcomes(&facts, &mut allowed)?;
    Ok(Report { rules, files: facts.tree.entries().count(), seconds: started.elapsed().as_secs_f64() })
}

/// The user data that the checks render for, as `image/checks.toml` of `repository` names it: paths there.
///
/// # Errors
/// Exceptions that cannot be read or are none.
pub fn samples(repository: &Path, release: &str) -> Result<Vec<String>, Error> {
    let path = repository.join(EXCEPTIONS);
    let text = fs::read_to_string(&path).map_err(|e| Error::io("read", &path, e))?;
    Ok(allowed(&path, &text, release)?.samples)
}

/// Refuses a build that a rule of the table has found at fault or not looked at.
///
/// # Errors
/// [`Refusal::Unchecked`] or [`Refusal::FaultyImage`]; `build` is the account that has the report.
pub fn demand(report: Option<&Report>, build: &Path) -> Result<(), Refusal> {
    let outcomes = report.map(|report| &*report.rules).unwrap_or_default();
    let missing = RULES.iter().find(|rule| outcomes.iter().all(|outcome| outcome.rule != rule.name));
    match (missing, report) {
        (Some(rule), _) => Err(Refusal::Unchecked { build: build.to_owned(), rule: rule.name.to_owned() }),
        (None, Some(report)) => report.refuse(),
        (None, None) => Ok(()),
    }
}

/// What comes of each rule of the table.
fn outcomes(facts: &Facts<'_>, allowed: &mut Allowed) -> Result<Vec<Outcome>, Error> {
    RULES.iter().map(|rule| rule.outcome(facts, allowed)).collect()
}

fn allowed(path: &Path, text: &str, release: &str) -> Result<Allowed, Error> {
    Allowed::parse(path, text, &RULES.map(|rule| rule.name), release)
}

impl Rule {
    fn outcome(&self, facts: &Facts<'_>, allowed: &mut Allowed) -> Result<Outcome, Error> {
        let mut findings = match self.check {
            Check::Root(check) => check(facts)?,
            Check::Exceptions => allowed.unused(),
        };
        let excepted = allowed.take(self.name, &mut findings);
        log::debug!("{}: {} findings, {excepted} excepted", self.name, findings.len());
        let (rule, severity, remedy) = (self.name.to_owned(), self.severity, self.remedy.to_owned());
        Ok(Outcome { rule, severity, excepted, findings, remedy })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use fixture::{Fixture, findings};

    #[test]
    fn a_good_root_breaks_no_rule() {
        Fixture::good().breaks_nothing();
    }

    #[test]
    fn an_exception_takes_a_finding_out_and_is_a_finding_where_it_takes_none() {
        let except = "[[except]]\nrule = 'unowned'\npaths = ['/etc/made/*']\nreason = 'a postinst makes them'\n";
        let outcomes = Fixture::good().stray("/etc/made/one", "").outcomes(except);
        assert!(findings(&outcomes).is_empty());
        assert_eq!(outcomes.iter().map(|outcome| outcome.excepted).sum::<usize>(), 1);
        let found = findings(&Fixture::good().outcomes(except));
        assert_eq!(found.into_iter().collect::<Vec<_>>(), [("exceptions".to_owned(), "/etc/made/*".to_owned())]);
    }

    #[test]
    fn every_rule_has_a_name_of_its_own_and_says_what_it_is_for() {
        let names: std::collections::BTreeSet<&str> = RULES.iter().map(|rule| rule.name).collect();
        assert_eq!(names.len(), RULES.len());
        for rule in &RULES {
            assert!(rule.description.ends_with('.') && !rule.remedy.ends_with('.'), "{}", rule.name);
        }
    }

    #[test]
    fn the_page_has_the_table() {
        let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/image-checks.md");
        let text = fs::read_to_string(&page).unwrap();
        let (before, rest) = text.split_once(BEGINS).unwrap();
        let (_, behind) = rest.split_once(ENDS).unwrap();
        let expected = format!("{before}{BEGINS}{}{ENDS}{behind}", table());
        if std::env::var_os("SOS_BLESS").is_some() {
            fs::write(&page, &expected).unwrap();
            return;
        }
        assert!(text == expected, "docs/image-checks.md differs from the table; SOS_BLESS=1 writes it anew");
    }

    const BEGINS: &str = "<!-- the table: SOS_BLESS=1 cargo test -p sos-builder checks -->\n";
    const ENDS: &str = "<!-- the table's end -->\n";

    /// The rules as a page has them.
    fn table() -> String {
        let row = |rule: &Rule| {
            format!("| `{}` | {} | {} | {} |\n", rule.name, rule.severity.name(), rule.description, rule.remedy)
        };
        let head = "| rule | severity | what it holds an image to | what to do |\n| --- | --- | --- | --- |\n";
        head.to_owned() + &RULES.iter().map(row).collect::<String>()
    }
}
