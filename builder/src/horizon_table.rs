//! The horizon as a table for people.
//!
//! In: [`Horizon`]. Out: text, the packages at risk first, and at the end what was not looked at.

use std::fmt::Write as _;

use time::OffsetDateTime;

use crate::horizon::{Horizon, Outcome, Risk};

/// The table's text.
#[must_use]
pub fn table(horizon: &Horizon) -> String {
    let mut text = String::new();
    let _ = writeln!(text, "The archives as they were made:");
    for seen in &horizon.releases {
        let _ = writeln!(text, "  {:<12} {}", seen.name, day(seen.date));
    }
    let (risky, calm): (Vec<_>, Vec<_>) = horizon.packages.iter().partition(|outcome| !outcome.risks.is_empty());
    let _ = writeln!(text, "\nAt risk: {} of {}", risky.len(), horizon.packages.len());
    rows(horizon, &risky, &mut text);
    let _ = writeln!(text, "\nNo risk seen: {}", calm.len());
    rows(horizon, &calm, &mut text);
    let _ = writeln!(text, "\nNot looked at:");
    for what in horizon.not_looked_at {
        let _ = writeln!(text, "  {what}");
    }
    text
}

fn rows(horizon: &Horizon, outcomes: &[&Outcome], text: &mut String) {
    let head = [vec!["package".to_owned()], horizon.releases.iter().map(|seen| seen.name.clone()).collect()].concat();
    let cells = |outcome: &Outcome| {
        let versions = outcome.versions.iter().map(|version| version.clone().unwrap_or_else(|| "none".to_owned()));
        [outcome.package.clone()].into_iter().chain(versions).collect::<Vec<_>>()
    };
    let rows: Vec<Vec<String>> = outcomes.iter().map(|outcome| cells(outcome)).collect();
    let width = |column: usize| {
        let cells = [&head].into_iter().chain(&rows).filter_map(|row| row.get(column));
        cells.map(|cell| cell.chars().count()).max().unwrap_or_default()
    };
    let widths: Vec<usize> = (0..head.len()).map(width).collect();
    let line = |row: &[String]| {
        let cells = row.iter().zip(&widths).map(|(cell, width)| format!("{cell:<width$}"));
        format!("  {}", cells.collect::<Vec<_>>().join("  ").trim_end())
    };
    if !rows.is_empty() {
        let _ = writeln!(text, "{}", line(&head));
    }
    for (outcome, row) in outcomes.iter().zip(&rows) {
        let _ = writeln!(text, "{}", line(row));
        for risk in &outcome.risks {
            let _ = writeln!(text, "      {}", risk.words());
        }
        // What is older today is newer tomorrow; the others stay until somebody does something.
        if outcome.risks.iter().any(|risk| *risk != Risk::Older) {
            let exit =
                outcome.exit.as_deref().map_or("no exit is written down".to_owned(), |exit| format!("exit: {exit}"));
            let _ = writeln!(text, "      {exit}; wanted by {}", outcome.wanted_by.join(", "));
        }
    }
}

fn day(seconds: u64) -> String {
    let seconds = i64::try_from(seconds).unwrap_or_default();
    OffsetDateTime::from_unix_timestamp(seconds).unwrap_or(OffsetDateTime::UNIX_EPOCH).date().to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::horizon::Seen;

    fn outcome(package: &str, risks: Vec<Risk>) -> Outcome {
        let versions = vec![Some("1".to_owned()), None];
        let (package, source, wanted_by) =
            (package.to_owned(), package.to_owned(), vec!["mail/service.toml".to_owned()]);
        Outcome { package, source, wanted_by, versions, risks, exit: None }
    }

    #[test]
    fn who_is_at_risk_stands_first_with_the_reason_and_the_end_says_what_was_not_looked_at() {
        let horizon = Horizon {
            releases: ["trixie", "forky"].map(|name| Seen { name: name.into(), date: 1_795_252_544 }).into(),
            packages: vec![
                outcome("gone", vec![Risk::Removed]),
                outcome("slow", vec![Risk::Older]),
                outcome("calm", vec![]),
            ],
            not_looked_at: ["removals", "b", "c", "d"],
        };
        let expected = "\
The archives as they were made:
  trixie       2026-11-21
  forky        2026-11-21

At risk: 2 of 3
  package  trixie  forky
  gone     1       none
      Debian has removed it
      no exit is written down; wanted by mail/service.toml
  slow     1       none
      older in a later release: it lacks what was mended since

No risk seen: 1
  package  trixie  forky
  calm     1       none

Not looked at:
  removals
  b
  c
  d
";
        assert_eq!(table(&horizon), expected);
    }
}
