//! A Debian package's changelog (deb-changelog(5)): what its uploads were for, and which holes they closed.
//!
//! In: the text of `changelog.Debian`. Out: [`Entry`], newest first; [`between`], those that an update brings.
//! The text is people's writing: what is no entry's beginning belongs to the entry above it, or to none.

use std::cmp::Ordering;
use std::collections::BTreeSet;

use serde::Serialize;
use sos_settings::debian_version::compare;

/// One upload.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Entry {
    /// The source package's version.
    pub version: String,
    /// Where it was uploaded to, «trixie-security».
    pub distribution: String,
    /// How soon people should have it.
    pub urgency: Urgency,
    /// The CVE and DSA numbers that it names.
    pub advisories: BTreeSet<String>,
}

/// What a changelog calls the haste of an upload, least first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Urgency {
    /// Low, or a word that Debian does not know.
    Low,
    /// Medium.
    Medium,
    /// High.
    High,
    /// Emergency.
    Emergency,
    /// Critical, which Debian takes for the same as emergency.
    Critical,
}

impl Urgency {
    /// Its word.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
            Self::Emergency => "emergency",
            Self::Critical => "critical",
        }
    }

    fn parse(word: &str) -> Self {
        let all = [Self::Medium, Self::High, Self::Emergency, Self::Critical];
        all.into_iter().find(|urgency| word.eq_ignore_ascii_case(urgency.word())).unwrap_or(Self::Low)
    }
}

impl Entry {
    /// Whether it went to Debian's security archive: each such upload is one advisory (DSA) of Debian's.
    #[must_use]
    pub fn is_security(&self) -> bool {
        self.distribution.split(' ').any(|suite| suite.ends_with("-security"))
            || self.advisories.iter().any(|number| number.starts_with("DSA-"))
    }
}

/// What a changelog says of an update.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Between {
    /// The uploads after the old version, up to the new one; newest first.
    pub entries: Vec<Entry>,
    /// The CVE and DSA numbers that the uploads up to the old version name.
    pub known: BTreeSet<String>,
    /// Whether the changelog goes back to the old version; long ones are cut off.
    pub complete: bool,
}

/// The uploads of `text` that are newer than `old` and not newer than `new`, two versions of the source package.
#[must_use]
pub fn between(text: &str, old: &str, new: &str) -> Between {
    let (mut entries, past): (Vec<Entry>, Vec<Entry>) =
        parse(text).into_iter().partition(|entry| compare(&entry.version, old) == Ordering::Greater);
    entries.retain(|entry| compare(&entry.version, new) != Ordering::Greater);
    let complete = !past.is_empty();
    Between { entries, known: past.into_iter().flat_map(|entry| entry.advisories).collect(), complete }
}

/// All entries of a changelog, in its order.
#[must_use]
pub fn parse(text: &str) -> Vec<Entry> {
    let mut entries: Vec<Entry> = Vec::new();
    for line in text.lines() {
        if let Some(entry) = heading(line) {
            entries.push(entry);
        } else if let Some(entry) = entries.last_mut().filter(|_| line.starts_with("  ")) {
            entry.advisories.extend(numbers(line));
        }
    }
    entries
}

/// `openssl (3.5.7-1~deb13u2) trixie-security; urgency=medium, binary-only=yes`.
fn heading(line: &str) -> Option<Entry> {
    let (package, rest) = line.split_once(" (")?;
    let name = |b: u8| b.is_ascii_alphanumeric() || b"+-.".contains(&b);
    let (version, rest) = rest.split_once(')')?;
    let (distribution, keys) = rest.split_once(';')?;
    let fits = !package.is_empty() && package.bytes().all(name) && is_version(version) && rest.starts_with(' ');
    let urgency = keys.split([',', ' ']).find_map(|key| strip_key(key, "urgency="));
    fits.then(|| Entry {
        version: version.to_owned(),
        distribution: distribution.split_whitespace().collect::<Vec<_>>().join(" "),
        urgency: urgency.map_or(Urgency::Low, Urgency::parse),
        advisories: BTreeSet::new(),
    })
}

fn is_version(version: &str) -> bool {
    !version.is_empty() && version.bytes().all(|b| b.is_ascii_alphanumeric() || b".+-:~".contains(&b))
}

fn strip_key<'a>(text: &'a str, key: &str) -> Option<&'a str> {
    text.get(..key.len()).filter(|start| start.eq_ignore_ascii_case(key)).map(|_| &text[key.len()..])
}

/// `CVE-2026-84782` and `DSA-5993-1` in a line.
fn numbers(line: &str) -> impl Iterator<Item = String> + '_ {
    line.split(|c: char| !c.is_ascii_alphanumeric() && c != '-').filter_map(|word| {
        let mut parts = word.trim_matches('-').split('-');
        let digits = |part: &str, least: usize| part.len() >= least && part.bytes().all(|b| b.is_ascii_digit());
        match (parts.next()?, parts.next()?, parts.next()) {
            ("CVE", year, Some(number)) if year.len() == 4 && digits(year, 4) && digits(number, 4) => {
                Some(format!("CVE-{year}-{number}"))
            }
            ("DSA", number, None) if digits(number, 3) => Some(format!("DSA-{number}")),
            ("DSA", number, Some(revision)) if digits(number, 3) && digits(revision, 1) => {
                Some(format!("DSA-{number}-{revision}"))
            }
            _ => None,
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "\
openssl (3.5.9-1~deb13u1) trixie; urgency=medium

  * Import 3.5.9

 -- A Maintainer <a@example.org>  Sat, 03 Oct 2026 18:00:50 +0200

openssl (3.5.7-1~deb13u3) trixie-security; urgency=HIGH, binary-only=yes

  * CVE-2026-84782 (\"DTLS\"), CVE-2026-35189/CVE-2026-35191
  * See DSA-6123-1; CVE-2026-1 and CVE-20266-12345 are no numbers

 -- A Maintainer <a@example.org>  Tue, 29 Sep 2026 22:10:28 +0200

openssl (3.5.7-1~deb13u2) trixie proposed-updates; urgency=low
  * CVE-2026-84782 again

# Older entries have been removed from this changelog.
CVE-2020-12345
";

    fn advisories(entry: &Entry) -> Vec<&str> {
        entry.advisories.iter().map(String::as_str).collect()
    }

    #[test]
    fn an_upload_has_its_version_its_haste_and_what_it_closes() {
        let entries = parse(TEXT);
        let versions: Vec<&str> = entries.iter().map(|entry| entry.version.as_str()).collect();
        assert_eq!(versions, ["3.5.9-1~deb13u1", "3.5.7-1~deb13u3", "3.5.7-1~deb13u2"]);
        assert_eq!(entries[1].urgency, Urgency::High);
        assert_eq!(advisories(&entries[1]), ["CVE-2026-35189", "CVE-2026-35191", "CVE-2026-84782", "DSA-6123-1"]);
        assert_eq!(advisories(&entries[2]), ["CVE-2026-84782"]);
    }

    #[test]
    fn an_upload_to_the_security_archive_is_an_advisory_of_debians() {
        let security: Vec<bool> = parse(TEXT).iter().map(Entry::is_security).collect();
        assert_eq!(security, [false, true, false]);
    }

    #[test]
    fn an_update_brings_what_lies_between_its_two_versions() {
        let versions = |old, new| -> Vec<String> {
            between(TEXT, old, new).entries.into_iter().map(|entry| entry.version).collect()
        };
        assert_eq!(versions("3.5.7-1~deb13u2", "3.5.9-1~deb13u1"), ["3.5.9-1~deb13u1", "3.5.7-1~deb13u3"]);
        assert_eq!(versions("3.5.7-1~deb13u2", "3.5.7-1~deb13u3"), ["3.5.7-1~deb13u3"]);
        assert_eq!(versions("3.5.9-1~deb13u1", "3.5.7-1~deb13u2"), [""; 0]);
    }

    #[test]
    fn what_was_closed_up_to_the_old_version_is_known() {
        let between = between(TEXT, "3.5.7-1~deb13u2", "3.5.9-1~deb13u1");
        assert_eq!(between.known.into_iter().collect::<Vec<_>>(), ["CVE-2026-84782"]);
    }

    #[test]
    fn a_changelog_that_was_cut_off_before_the_old_version_is_known_to_be() {
        assert!(between(TEXT, "3.5.7-1~deb13u2", "3.5.9-1~deb13u1").complete);
        assert!(between(TEXT, "3.5.7-2", "3.5.9-1~deb13u1").complete);
        assert!(!between(TEXT, "3.0.1-1", "3.5.9-1~deb13u1").complete);
        assert!(!between("", "1", "2").complete);
    }

    #[test]
    fn what_only_looks_like_the_beginning_of_an_upload_is_none() {
        for line in [
            "x (1.0) unstable",
            "x (1.0 unstable; urgency=low",
            "  x (1.0) sid; urgency=low",
            "x ()  sid; u=1",
            "x (1 0) sid; u",
            "ü (1) sid; urgency=low",
        ] {
            assert!(parse(line).is_empty(), "{line}");
        }
    }
}
