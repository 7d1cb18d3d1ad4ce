//! What came out: outcomes of scenarios, as a line for a person and as JSON, and the closing count.

use serde::{Deserialize, Serialize};

/// How one scenario ended.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Outcome {
    /// Its name.
    pub scenario: String,
    /// How long it took, its share of a common machine's start not included.
    pub seconds: f64,
    /// Why it failed; nothing when it passed.
    pub failure: Option<String>,
    /// Why it was not played, through nobody's fault.
    #[serde(default)]
    pub skipped: Option<String>,
    /// What it measured or left behind, a line each.
    #[serde(default)]
    pub notes: Vec<String>,
}

impl Outcome {
    /// A scenario that was not played.
    #[must_use]
    pub fn skipped(scenario: &str, why: &str) -> Outcome {
        let skipped = Some(why.to_owned());
        Outcome { scenario: scenario.to_owned(), seconds: 0.0, failure: None, skipped, notes: Vec::new() }
    }

    /// The line for a person.
    #[must_use]
    pub fn line(&self) -> String {
        let verdict = match (&self.failure, &self.skipped) {
            (Some(_), _) => "FAILED",
            (None, Some(_)) => "skip  ",
            (None, None) => "ok    ",
        };
        let line = format!("{verdict} {:<48} {:>7.1} s", self.scenario, self.seconds);
        let skipped = self.skipped.iter().map(|why| format!("skipped: {why}"));
        let below = self.notes.iter().chain(&self.failure).cloned().chain(skipped);
        below.fold(line, |all, said| format!("{all}\n       {}", said.replace('\n', "\n       ")))
    }
}

/// The line that closes a run, alone on it.
#[must_use]
pub fn count(outcomes: &[Outcome]) -> String {
    let failed = outcomes.iter().filter(|outcome| outcome.failure.is_some()).count();
    let skipped = outcomes.iter().filter(|outcome| outcome.skipped.is_some()).count();
    let told = if skipped == 0 { String::new() } else { format!(", {skipped} skipped") };
    format!("{} passed, {failed} failed{told}", outcomes.len() - failed - skipped)
}

/// All outcomes as one JSON document.
#[must_use]
pub fn json(outcomes: &[Outcome]) -> String {
    serde_json::json!({ "summary": count(outcomes), "scenarios": outcomes }).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outcomes() -> Vec<Outcome> {
        let outcome = |name: &str, failure| Outcome {
            scenario: name.into(),
            seconds: 1.5,
            failure,
            skipped: None,
            notes: Vec::new(),
        };
        vec![outcome("a", None), outcome("b", Some("it rained\nall day".into())), outcome("c", None)]
    }

    #[test]
    fn the_closing_line_counts_both() {
        assert_eq!(count(&outcomes()), "2 passed, 1 failed");
    }

    #[test]
    fn a_failure_says_why_below_its_name() {
        let line = outcomes()[1].line();
        assert!(line.starts_with("FAILED b "), "{line}");
        assert!(line.ends_with("1.5 s\n       it rained\n       all day"), "{line}");
    }

    #[test]
    fn what_was_skipped_counts_for_itself_and_says_why() {
        let mut outcomes = outcomes();
        outcomes[2].skipped = Some("Debian testing lacks dovecot-imapd".into());
        assert_eq!(count(&outcomes), "1 passed, 1 failed, 1 skipped");
        let line = outcomes[2].line();
        assert!(
            line.starts_with("skip   c ") && line.ends_with("skipped: Debian testing lacks dovecot-imapd"),
            "{line}"
        );
    }

    #[test]
    fn what_was_measured_stands_below_a_success_too() {
        let outcome = Outcome { notes: vec!["41.0 s".into()], ..outcomes().remove(0) };
        assert!(outcome.line().ends_with("1.5 s\n       41.0 s"), "{}", outcome.line());
    }
}
