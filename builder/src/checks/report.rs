//! What the checks found.
//!
//! In: each rule's findings. Out: [`Report`], which stands in `build.json`, and its text for people.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::error::{Error, Refusal};

/// How many findings of a rule a refusal lists; the report has them all.
const SHOWN: usize = 20;

/// How much a finding weighs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// No image is made.
    Fault,
    /// It is said.
    Warning,
}

impl Severity {
    /// Its name in reports.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Fault => "fault",
            Self::Warning => "warning",
        }
    }
}

/// Something that a rule does not want.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Finding {
    /// Where: a path of the device, or the name of what it is about.
    pub path: String,
    /// What is wrong with it.
    pub what: String,
}

impl Finding {
    /// What is wrong at `path`.
    pub fn new(path: impl Into<String>, what: impl Into<String>) -> Self {
        Self { path: path.into(), what: what.into() }
    }
}

/// What came of a rule.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outcome {
    /// The rule.
    pub rule: String,
    /// What its findings weigh.
    pub severity: Severity,
    /// How many findings `image/checks.toml` excepts.
    pub excepted: usize,
    /// The others.
    pub findings: Vec<Finding>,
    /// What to do about them.
    pub remedy: String,
}

/// What came of all rules, in the order of the table.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Report {
    /// Each rule's.
    pub rules: Vec<Outcome>,
    /// How many files, folders and links were looked at.
    pub files: usize,
    /// How long it took.
    pub seconds: f64,
}

impl Report {
    /// How many findings are faults.
    #[must_use]
    pub fn faults(&self) -> usize {
        self.weighing(Severity::Fault).map(|outcome| outcome.findings.len()).sum()
    }

    /// How many are warnings.
    #[must_use]
    pub fn warnings(&self) -> usize {
        self.weighing(Severity::Warning).map(|outcome| outcome.findings.len()).sum()
    }

    fn weighing(&self, severity: Severity) -> impl Iterator<Item = &Outcome> {
        self.rules.iter().filter(move |outcome| outcome.severity == severity)
    }

    /// Refuses what a rule finds at fault.
    ///
    /// # Errors
    /// [`Refusal::FaultyImage`] with rule, path and what to do.
    pub fn refuse(&self) -> Result<(), Refusal> {
        if self.faults() == 0 {
            return Ok(());
        }
        let mut found = String::new();
        self.weighing(Severity::Fault).for_each(|outcome| list(&mut found, outcome, SHOWN));
        Err(Refusal::FaultyImage { faults: self.faults(), found: found.trim_end().to_owned() })
    }

    /// How it went, in a line.
    #[must_use]
    pub fn summary(&self) -> String {
        let (faults, warnings, files) = (self.faults(), self.warnings(), self.files);
        format!("checks: {faults} faults, {warnings} warnings in {files} files, {:.1} s", self.seconds)
    }

    /// Reads the report that [`Report::save`] wrote.
    ///
    /// # Errors
    /// A report that is not there, or none.
    pub fn load(path: &Path) -> Result<Self, Error> {
        let text = fs::read_to_string(path).map_err(|e| match e.kind() {
            std::io::ErrorKind::NotFound => {
                Error::malformed(path, "no build has got as far as the checks; run `sos-build build`")
            }
            _ => Error::io("read", path, e),
        })?;
        serde_json::from_str(&text).map_err(|e| Error::malformed(path, e.to_string()))
    }

    /// Writes the report to `path`.
    ///
    /// # Errors
    /// A file that cannot be written.
    pub fn save(&self, path: &Path) -> Result<(), Error> {
        fs::write(path, self.json()).map_err(|e| Error::io("write", path, e))
    }

    /// Everything, for programs.
    #[must_use]
    pub fn json(&self) -> String {
        serde_json::to_string_pretty(self).unwrap_or_else(|e| unreachable!("a report is plain data: {e}"))
    }

    /// Everything, for people.
    #[must_use]
    pub fn text(&self) -> String {
        let mut text = format!("{:<16}{:<10}{:>6}{:>10}\n", "rule", "severity", "found", "excepted");
        for outcome in &self.rules {
            let (found, severity) = (outcome.findings.len(), outcome.severity.name());
            let _ = writeln!(text, "{:<16}{severity:<10}{found:>6}{:>10}", outcome.rule, outcome.excepted);
        }
        self.rules.iter().for_each(|outcome| list(&mut text, outcome, usize::MAX));
        text + &self.summary() + "\n"
    }
}

/// Appends at most `most` findings of a rule, with what to do about them.
fn list(text: &mut String, outcome: &Outcome, most: usize) {
    for finding in outcome.findings.iter().take(most) {
        let _ = writeln!(text, "{}: {}: {}", outcome.rule, finding.path, finding.what);
    }
    match outcome.findings.len() {
        0 => {}
        found if found > most => {
            let _ = writeln!(text, "  and {} more, which `sos-build check` lists: {}", found - most, outcome.remedy);
        }
        _ => {
            let _ = writeln!(text, "  {}", outcome.remedy);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outcome(severity: Severity, findings: usize) -> Report {
        let findings = (0..findings).map(|n| Finding::new(format!("/etc/{n}"), "it is odd")).collect();
        let remedy = "take it out".to_owned();
        let outcome = Outcome { rule: "odd".into(), severity, excepted: 0, findings, remedy };
        Report { rules: vec![outcome], files: 3, seconds: 0.0 }
    }

    #[test]
    fn a_fault_is_refused_with_rule_path_and_what_to_do() {
        let refusal = outcome(Severity::Fault, 1).refuse().unwrap_err();
        assert!(refusal.to_string().contains("odd: /etc/0: it is odd\n  take it out"), "{refusal}");
        assert_eq!(Error::from(refusal).exit_code(), 3);
    }

    #[test]
    fn of_many_faults_the_first_are_said_and_the_rest_counted() {
        let refusal = outcome(Severity::Fault, SHOWN + 5).refuse().unwrap_err().to_string();
        assert!(refusal.contains("/etc/19:") && !refusal.contains("/etc/20:"), "{refusal}");
        assert!(refusal.contains("and 5 more"), "{refusal}");
        assert!(outcome(Severity::Fault, SHOWN + 5).text().contains("/etc/24:"));
    }

    #[test]
    fn a_warning_is_said_and_refuses_nothing() {
        let report = outcome(Severity::Warning, 1);
        assert!(report.refuse().is_ok());
        assert!(report.text().contains("odd: /etc/0: it is odd") && report.text().contains("0 faults, 1 warnings"));
    }
}
