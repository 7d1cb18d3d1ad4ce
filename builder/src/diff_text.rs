//! A [`Diff`] in words, ready to be a release's notes: one line on what it means, then what is behind it.
//!
//! In: a [`Diff`]. Out: text, Markdown that also reads well as it is.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use sos_settings::debian_version::compare;

use crate::diff::{Change, Diff, News, One, Part};
use crate::own::{CrateChange, Own};

/// How many CVE numbers a line names; a kernel has hundreds.
const NUMBERS: usize = 12;
/// How many packages a line names.
const PACKAGES: usize = 6;

/// The whole text.
#[must_use]
pub fn notes(diff: &Diff) -> String {
    let mut text = format!("# {} → {}\n\n{}\n", diff.old, diff.new, summary(diff));
    let part = &diff.image;
    section(&mut text, "Security", part.newer.iter().filter(closes).map(security));
    section(&mut text, "Open again", part.older.iter().filter(closes).map(security));
    section(&mut text, "Newer", part.newer.iter().map(change));
    section(&mut text, "Older", part.older.iter().map(change));
    section(&mut text, "New", part.added.iter().map(one));
    section(&mut text, "Gone", part.removed.iter().map(one));
    section(&mut text, "Same version, built again", part.rebuilt.iter().map(one));
    if let Some(own) = &diff.own {
        section(&mut text, "Our own", own.parts.iter().cloned());
        section(&mut text, "Crates in our programs", own.crates.iter().map(crate_change));
    }
    section(&mut text, "Size", sizes(diff));
    section(&mut text, "Only in the build's tools", tools(diff));
    unknown(&mut text, &part.newer, "closed");
    unknown(&mut text, &part.older, "open again");
    text
}

/// One line: «12 packages newer, 3 security advisories closed (17 CVEs), 1.4 MiB larger».
#[must_use]
pub fn summary(diff: &Diff) -> String {
    let part = &diff.image;
    if part.is_empty() {
        let tools = if diff.tools.is_empty() { "" } else { "; the build's tools differ" };
        return match &diff.own {
            None => format!("No package changes in the image{tools}."),
            Some(own) if own.is_empty() => format!("Nothing changes in the image{tools}."),
            Some(own) => format!("No package changes in the image, {}{tools}.", own_parts(own)),
        };
    }
    let packages = |changes: &[Change]| changes.iter().map(|change| change.packages.len()).sum::<usize>();
    let mut parts: Vec<String> = Vec::new();
    for (count, what) in [
        (packages(&part.newer), "newer"),
        (packages(&part.older), "older"),
        (part.added.len(), "new"),
        (part.removed.len(), "gone"),
        (part.rebuilt.len(), "built again"),
    ] {
        parts.extend((count > 0).then(|| format!("{} {what}", counted(count, "package", "packages"))));
    }
    parts.extend(closed(&part.newer, "closed"));
    parts.extend(closed(&part.older, "open again"));
    parts.extend(diff.own.as_ref().filter(|own| !own.is_empty()).map(own_parts));
    parts.push(growth(part.size.growth()));
    parts.join(", ") + "."
}

/// «3 parts of our own changed».
fn own_parts(own: &Own) -> String {
    match own.parts.len() {
        0 => "other crates".into(),
        count => format!("{} of our own changed", counted(count, "part", "parts")),
    }
}

/// «serde 1.0.219 → 1.0.228».
fn crate_change(change: &CrateChange) -> String {
    let (old, new) = (change.old.join(", "), change.new.join(", "));
    match (old.is_empty(), new.is_empty()) {
        (true, _) => format!("{} {new}, new", change.name),
        (_, true) => format!("{} {old}, gone", change.name),
        _ => format!("{} {old} → {new}", change.name),
    }
}

/// «3 security advisories closed (17 CVEs)».
fn closed(changes: &[Change], what: &str) -> Option<String> {
    let news = || changes.iter().filter_map(|change| change.news.as_ref());
    let advisories: usize = news().map(|news| news.advisories.len()).sum();
    let numbers: BTreeSet<&String> = news().flat_map(cves).collect();
    let cves = (!numbers.is_empty()).then(|| counted(numbers.len(), "CVE", "CVEs"));
    if advisories == 0 {
        return cves.map(|cves| format!("{cves} {what}"));
    }
    let cves = cves.map(|cves| format!(" ({cves})")).unwrap_or_default();
    Some(format!("{} {what}{cves}", counted(advisories, "security advisory", "security advisories")))
}

fn cves(news: &News) -> impl Iterator<Item = &String> {
    news.numbers.iter().filter(|number| number.starts_with("CVE-"))
}

fn closes(change: &&Change) -> bool {
    change.news.as_ref().is_some_and(|news| !news.advisories.is_empty() || !news.numbers.is_empty())
}

fn section(text: &mut String, title: &str, lines: impl IntoIterator<Item = String>) {
    let lines: Vec<String> = lines.into_iter().collect();
    if !lines.is_empty() {
        let _ = write!(text, "\n## {title}\n\n");
        lines.iter().for_each(|line| text.push_str(&format!("- {line}\n")));
    }
}

/// «openssl: 2 advisories, urgency high: CVE-2026-84782, CVE-2026-35189», the highest numbers first.
fn security(change: &Change) -> String {
    let Some(news) = &change.news else { return change.source.clone() };
    let mut parts: Vec<String> = Vec::new();
    parts.extend((!news.advisories.is_empty()).then(|| counted(news.advisories.len(), "advisory", "advisories")));
    parts.extend(news.urgency.map(|urgency| format!("urgency {}", urgency.word())));
    let mut numbers: Vec<&str> = news.numbers.iter().map(String::as_str).collect();
    numbers.sort_by(|one, other| compare(other, one));
    let numbers = some(numbers.into_iter(), NUMBERS);
    let numbers = if numbers.is_empty() { numbers } else { format!(": {numbers}") };
    let more =
        if news.complete { "" } else { "; its changelog does not go back to the older version, there may be more" };
    format!("{}: {}{numbers}{more}", change.source, parts.join(", "))
}

/// «openssl 3.5.7-1 → 3.5.9-1 (libssl3t64, openssl)».
fn change(change: &Change) -> String {
    let names = change.packages.iter().map(|pair| match &pair.old_name {
        Some(old) => format!("{} instead of {old}", pair.name),
        None => pair.name.clone(),
    });
    let names: Vec<String> = names.collect();
    let itself = names.len() == 1 && names[0] == change.source;
    let names = if itself { String::new() } else { format!(" ({})", some(names.iter().map(String::as_str), PACKAGES)) };
    format!("{} {} → {}{names}", change.source, change.old, change.new)
}

fn one(one: &One) -> String {
    format!("{} {}, {}", one.name, one.version, bytes(one.size))
}

fn sizes(diff: &Diff) -> Vec<String> {
    let part = &diff.image;
    let whole = |what: &str, size: crate::diff::Size| {
        format!("{what}: {} → {}, {}", bytes(size.old), bytes(size.new), growth(size.growth()))
    };
    let mut lines: Vec<String> = Vec::new();
    if !part.is_empty() {
        lines.push(whole("packages, as archives have them", part.size));
    }
    lines.extend(diff.download.map(|size| whole("download of the whole", size)));
    let sign = |growth: i64| if growth < 0 { "−" } else { "+" };
    lines.extend(
        part.largest.iter().map(|one| format!("{}{} {}", sign(one.bytes), bytes(one.bytes.unsigned_abs()), one.name)),
    );
    lines
}

/// What changes among the tools and not in the image as well.
fn tools(diff: &Diff) -> Vec<String> {
    let key = |change: &Change| (change.source.clone(), change.old.clone(), change.new.clone());
    let told: BTreeSet<_> = changes(&diff.image).map(key).collect();
    let mut lines: Vec<String> =
        changes(&diff.tools).filter(|change| !told.contains(&key(change))).map(change).collect();
    let told = others(&diff.image);
    lines.extend(others(&diff.tools).into_iter().filter(|line| !told.contains(line)));
    lines
}

fn changes(part: &Part) -> impl Iterator<Item = &Change> {
    part.newer.iter().chain(&part.older)
}

fn others(part: &Part) -> Vec<String> {
    let all = [(&part.added, "new"), (&part.removed, "gone"), (&part.rebuilt, "built again")];
    let lines = |(list, what): (&'_ Vec<One>, &'static str)| -> Vec<String> {
        list.iter().map(|one| format!("{} {} {what}", one.name, one.version)).collect()
    };
    all.into_iter().flat_map(lines).collect()
}

/// What cannot be told, for the changelogs are not at hand.
fn unknown(text: &mut String, changes: &[Change], what: &str) {
    let unread = changes.iter().filter(|change| change.news.is_none()).map(|change| change.source.as_str());
    let names = unread.collect::<Vec<_>>().join(", ");
    if !names.is_empty() {
        let _ = write!(text, "\nNot known: which holes are {what} in {names}; the packages are not in the pool.\n");
    }
}

/// The first few, and how many more.
fn some<'a>(all: impl Iterator<Item = &'a str>, few: usize) -> String {
    let all: Vec<&str> = all.collect();
    let first = all[..few.min(all.len())].join(", ");
    match all.len().saturating_sub(few) {
        0 => first,
        more => format!("{first} and {more} more"),
    }
}

fn counted(count: usize, one: &str, many: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { many })
}

/// «1.4 MiB larger».
fn growth(bytes_more: i64) -> String {
    match bytes_more {
        0 => "of the same size".into(),
        more if more > 0 => format!("{} larger", bytes(more.unsigned_abs())),
        less => format!("{} smaller", bytes(less.unsigned_abs())),
    }
}

/// Bytes as people read them.
fn bytes(count: u64) -> String {
    match count {
        0..1024 => format!("{count} bytes"),
        1024..1_048_576 => format!("{} KiB", (count + 512) >> 10),
        _ => format!("{}.{} MiB", (count * 10 + 524_288) / 10_485_760, (count * 10 + 524_288) / 1_048_576 % 10),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diff::{Pair, Size};
    use crate::matched::Growth;

    fn changed(source: &str, count: usize, news: Option<News>) -> Change {
        let pair = |number: usize| Pair {
            name: if number == 0 { source.to_owned() } else { format!("{source}-{number}") },
            old_name: None,
            old: "1".into(),
            new: "2".into(),
        };
        Change {
            source: source.into(),
            old: "1".into(),
            new: "2".into(),
            packages: (0..count).map(pair).collect(),
            news,
        }
    }

    fn news(advisories: &[&str], numbers: &[&str], complete: bool) -> Option<News> {
        let owned = |list: &[&str]| list.iter().map(|one| (*one).to_owned()).collect::<Vec<_>>();
        let urgency = Some(crate::changelog::Urgency::High);
        Some(News { advisories: owned(advisories), numbers: owned(numbers).into_iter().collect(), urgency, complete })
    }

    fn example() -> Diff {
        let image = Part {
            newer: vec![
                changed("openssl", 2, news(&["2", "1.1"], &["CVE-2026-1234", "CVE-2026-1235", "DSA-6123-1"], true)),
                changed("linux", 9, news(&["2"], &["CVE-2026-1234"], false)),
                changed("zstd", 1, None),
            ],
            added: vec![One { name: "new".into(), version: "1".into(), size: 2048 }],
            size: Size { old: 100 << 20, new: (101 << 20) + 420_000 },
            largest: vec![
                Growth { name: "linux".into(), bytes: 1_500_000 },
                Growth { name: "zstd".into(), bytes: -900 },
            ],
            ..Part::default()
        };
        let (old, new) = ("13.20261115.1".into(), "13.20261121.1".into());
        Diff { old, new, image, tools: Part::default(), own: None, download: None }
    }

    #[test]
    fn one_line_says_what_it_means() {
        assert_eq!(
            summary(&example()),
            "12 packages newer, 1 package new, 3 security advisories closed (2 CVEs), 1.4 MiB larger."
        );
        let mut back = example();
        back.image.older = std::mem::take(&mut back.image.newer);
        back.image.added.clear();
        back.image.size = Size { old: 2000, new: 1000 };
        assert_eq!(summary(&back), "12 packages older, 3 security advisories open again (2 CVEs), 1000 bytes smaller.");
    }

    #[test]
    fn holes_that_no_advisory_speaks_of_are_counted_by_themselves() {
        let mut point = example();
        point.image.newer = vec![changed("openssl", 1, news(&[], &["CVE-2026-1234"], true))];
        point.image.added.clear();
        assert_eq!(summary(&point), "1 package newer, 1 CVE closed, 1.4 MiB larger.");
    }

    #[test]
    fn no_change_is_said_to_be_none() {
        let mut same = example();
        same.image = Part::default();
        assert_eq!(summary(&same), "No package changes in the image.");
        same.own = Some(Own::default());
        assert_eq!(summary(&same), "Nothing changes in the image.");
        same.tools.newer = vec![changed("mtools", 1, None)];
        assert_eq!(summary(&same), "Nothing changes in the image; the build's tools differ.");
        assert!(notes(&same).contains("## Only in the build's tools\n\n- mtools 1 → 2\n"));
    }

    #[test]
    fn a_package_that_is_a_tool_too_is_told_once() {
        let mut diff = example();
        diff.tools.newer = vec![changed("openssl", 1, None), changed("mtools", 1, None)];
        diff.tools.added = vec![
            One { name: "new".into(), version: "1".into(), size: 2048 },
            One { name: "tool".into(), version: "1".into(), size: 2048 },
        ];
        assert!(notes(&diff).contains("## Only in the build's tools\n\n- mtools 1 → 2\n- tool 1 new\n"));
    }

    #[test]
    fn the_highest_numbers_are_named_first() {
        let numbers = ["CVE-2025-99999", "CVE-2026-1234", "CVE-2026-12345", "CVE-2026-9999"];
        let line = security(&changed("openssl", 1, news(&[], &numbers, true)));
        assert!(line.ends_with(": CVE-2026-12345, CVE-2026-9999, CVE-2026-1234, CVE-2025-99999"), "{line}");
    }

    #[test]
    fn what_changes_of_our_own_is_told_beside_the_packages() {
        let mut diff = example();
        let change = |old: &[&str], new: &[&str]| {
            let owned = |list: &[&str]| list.iter().map(|one| (*one).to_owned()).collect();
            CrateChange { name: "serde".into(), old: owned(old), new: owned(new) }
        };
        let crates = vec![change(&["1.0.1"], &["1.0.2", "2.0.0"]), change(&[], &["1"]), change(&["1"], &[])];
        diff.own = Some(Own { parts: vec!["program sos-update".into()], crates });
        assert!(summary(&diff).contains(" (2 CVEs), 1 part of our own changed, 1.4 MiB larger."), "{}", summary(&diff));
        let text = notes(&diff);
        assert!(text.contains("\n## Our own\n\n- program sos-update\n"), "{text}");
        let crates = "\n## Crates in our programs\n\n- serde 1.0.1 → 1.0.2, 2.0.0\n- serde 1, new\n- serde 1, gone\n";
        assert!(text.contains(crates), "{text}");
        diff.image = Part::default();
        assert_eq!(summary(&diff), "No package changes in the image, 1 part of our own changed.");
    }

    #[test]
    fn the_text_reads_as_a_releases_notes() {
        let wanted = "\
# 13.20261115.1 → 13.20261121.1

12 packages newer, 1 package new, 3 security advisories closed (2 CVEs), 1.4 MiB larger.

## Security

- openssl: 2 advisories, urgency high: DSA-6123-1, CVE-2026-1235, CVE-2026-1234
- linux: 1 advisory, urgency high: CVE-2026-1234; its changelog does not go back to the older version, there may be more

## Newer

- openssl 1 → 2 (openssl, openssl-1)
- linux 1 → 2 (linux, linux-1, linux-2, linux-3, linux-4, linux-5 and 3 more)
- zstd 1 → 2

## New

- new 1, 2 KiB

## Size

- packages, as archives have them: 100.0 MiB → 101.4 MiB, 1.4 MiB larger
- +1.4 MiB linux
- −900 bytes zstd

Not known: which holes are closed in zstd; the packages are not in the pool.
";
        assert_eq!(notes(&example()), wanted);
    }
}
