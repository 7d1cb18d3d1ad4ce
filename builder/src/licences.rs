//! Debian's names of licences, said with SPDX's (SPDX 2.3, annex D), and never by a guess.
//!
//! In: a package's [`Copyright`], the table `licences.toml`. Out: [`Declared`], one expression of everything that the
//! file names; what the table does not know becomes a `LicenseRef` that carries its text, and so does a file that names
//! nothing in a way that programs read. A name in the table counts only while the text beside it, if there is one, says
//! what that licence says.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use serde::Deserialize;

use crate::copyright::{Copyright, Licence};
use crate::lock::Sha256;

/// The table as the repository has it.
const TABLE: &str = include_str!("../licences.toml");

static KNOWN: LazyLock<Known> = LazyLock::new(|| Known::read(TABLE));

/// What a package's licences are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Declared {
    /// An SPDX expression.
    pub expression: String,
    /// The licences in it that SPDX's list does not have, by their identifier.
    pub extracted: BTreeMap<String, Extracted>,
}

/// A licence that SPDX's list does not have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Extracted {
    /// What the package calls it.
    pub name: String,
    /// Its text; empty where the package gives none.
    pub text: String,
}

/// Everything that the stanzas of `copyright` name, joined: whoever has the package has to heed all of it.
#[must_use]
pub fn declared(copyright: &Copyright) -> Declared {
    let mut extracted = BTreeMap::new();
    let mut terms = Vec::new();
    for used in &copyright.uses {
        terms.push(Terms { copyright, used, extracted: &mut extracted }.line());
    }
    Declared { expression: Term::And(terms).tidy().text(), extracted }
}

/// A `copyright` file in free words, of a package built from `source`: one licence, with all of its text.
#[must_use]
pub fn in_free_words(source: &str, text: &str) -> Declared {
    let name = format!("copyright of {source}");
    let id = reference(&name, text);
    let extracted = BTreeMap::from([(id.clone(), Extracted { name, text: text.trim_end().to_owned() })]);
    Declared { expression: id, extracted }
}

/// SPDX's identifier for a licence that its list does not have: the same for the same words under the same name.
fn reference(name: &str, text: &str) -> String {
    let letters: String = name.chars().map(|c| if c.is_ascii_alphanumeric() || c == '.' { c } else { '-' }).collect();
    let letters = letters.trim_matches('-').to_lowercase();
    let stem = if letters.is_empty() { "unnamed" } else { &letters };
    let digest = Sha256::of(format!("{}\n{}", name.to_lowercase(), words(text)).as_bytes());
    format!("LicenseRef-{stem:.64}-{}", &digest.as_str()[..8])
}

/// A part of an expression.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Term {
    One(String),
    And(Vec<Term>),
    Or(Vec<Term>),
}

impl Term {
    /// The same with each part once, in the order of their letters, and neither «and» of one nor «and» in «and».
    fn tidy(self) -> Self {
        match self {
            Self::One(_) => self,
            Self::And(parts) => joined(parts.into_iter().map(Self::tidy).flat_map(Self::anded).collect(), Self::And),
            Self::Or(parts) => joined(parts.into_iter().map(Self::tidy).flat_map(Self::ored).collect(), Self::Or),
        }
    }

    fn anded(self) -> Vec<Self> {
        if let Self::And(parts) = self { parts } else { vec![self] }
    }

    fn ored(self) -> Vec<Self> {
        if let Self::Or(parts) = self { parts } else { vec![self] }
    }

    fn text(&self) -> String {
        let joined = |parts: &[Self], word: &str| parts.iter().map(Self::inner).collect::<Vec<_>>().join(word);
        match self {
            Self::One(licence) => licence.clone(),
            Self::And(parts) => joined(parts, " AND "),
            Self::Or(parts) => joined(parts, " OR "),
        }
    }

    fn inner(&self) -> String {
        if matches!(self, Self::One(_)) { self.text() } else { format!("({})", self.text()) }
    }
}

/// The parts joined, or the only one.
fn joined(parts: BTreeSet<Term>, join: impl Fn(Vec<Term>) -> Term) -> Term {
    let mut parts: Vec<Term> = parts.into_iter().collect();
    if parts.len() == 1 { parts.remove(0) } else { join(parts) }
}

/// One `License` field on its way to a [`Term`].
struct Terms<'a> {
    copyright: &'a Copyright,
    used: &'a Licence,
    extracted: &'a mut BTreeMap<String, Extracted>,
}

impl Terms<'_> {
    /// «and» binds closer than «or», and a comma before either keeps apart what stands around it (copyright-format 1.0,
    /// 7.2). What does not read so is one licence of its own, whatever it says.
    fn line(&mut self) -> Term {
        let lower = self.used.line.to_lowercase();
        let sides: Vec<&str> = lower.split(", ").collect();
        let joints: Vec<Option<bool>> = sides[1..].iter().map(|side| joint(side)).collect();
        if lower.contains(',') && (joints.is_empty() || joints.contains(&None)) {
            return self.unknown(&self.used.line.clone());
        }
        let mut either = vec![vec![self.side(sides[0])]];
        for (side, joint) in sides[1..].iter().zip(joints) {
            let term = self.side(side.split_once(' ').map_or("", |(_, rest)| rest));
            match either.last_mut().filter(|_| joint == Some(true)) {
                Some(both) => both.push(term),
                None => either.push(vec![term]),
            }
        }
        Term::Or(either.into_iter().map(Term::And).collect()).tidy()
    }

    fn side(&mut self, side: &str) -> Term {
        let mut either = Vec::new();
        for alternative in side.split(" or ") {
            either.push(Term::And(alternative.split(" and ").map(|item| self.item(item.trim())).collect()));
        }
        Term::Or(either).tidy()
    }

    /// One licence, perhaps with an exception.
    fn item(&mut self, item: &str) -> Term {
        let name = self.spelled(item);
        let known = match item.strip_suffix(" exception").and_then(|item| item.split_once(" with ")) {
            Some((licence, exception)) => KNOWN.exception(exception).and_then(|exception| {
                KNOWN.licence(licence, None).map(|licence| format!("{licence} WITH {exception}"))
            }),
            None => KNOWN.licence(item, self.text_of(item).as_deref()),
        };
        known.map_or_else(|| self.unknown(&name), Term::One)
    }

    /// The text that belongs to this licence alone.
    fn text_of(&self, item: &str) -> Option<String> {
        let own = Some(&self.used.text).filter(|text| self.used.line.eq_ignore_ascii_case(item) && !text.is_empty());
        own.map(String::as_str).or_else(|| self.copyright.text(item)).map(str::to_owned)
    }

    /// The name with its capital letters.
    fn spelled(&self, item: &str) -> String {
        let place = self.used.line.to_lowercase().find(item);
        let found = place.and_then(|place| self.used.line.get(place..place + item.len()));
        found.unwrap_or(item).to_owned()
    }

    /// A licence that stays what the package calls it.
    fn unknown(&mut self, name: &str) -> Term {
        let text = self.text_of(name).unwrap_or_else(|| self.used.text.clone());
        let id = reference(name, &text);
        if let Entry::Vacant(place) = self.extracted.entry(id.clone()) {
            place.insert(Extracted { name: name.to_owned(), text });
        }
        Term::One(id)
    }
}

/// Whether what follows a comma begins with «and» (else «or»); nothing where it begins with neither.
fn joint(side: &str) -> Option<bool> {
    match side.split_once(' ')?.0 {
        "and" => Some(true),
        "or" => Some(false),
        _ => None,
    }
}

/// The words of a text in small letters, with single spaces between them.
fn words(text: &str) -> String {
    let words = text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    words.map(str::to_lowercase).collect::<Vec<_>>().join(" ")
}

/// The table, by name.
#[derive(Debug, Default)]
struct Known {
    licences: BTreeMap<String, Vec<(Row, bool)>>,
    exceptions: BTreeMap<String, String>,
}

/// `licences.toml`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    licence: Vec<Row>,
    exception: Vec<ExceptionRow>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    spdx: String,
    debian: Vec<String>,
    #[serde(default)]
    loosely: Vec<String>,
    #[serde(default)]
    says: Vec<String>,
    #[serde(default)]
    lacks: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct ExceptionRow {
    spdx: String,
    debian: String,
}

impl Known {
    fn read(table: &str) -> Self {
        let table: Table = toml::from_str(table).unwrap_or_else(|e| unreachable!("a test reads licences.toml: {e}"));
        let mut known = Self::default();
        for row in table.licence {
            for (names, proper) in [(row.debian.clone(), true), (row.loosely.clone(), false)] {
                for name in names {
                    known.licences.entry(plain(&name)).or_default().push((row.clone(), proper));
                }
            }
        }
        known.exceptions = table.exception.into_iter().map(|row| (row.debian.to_lowercase(), row.spdx)).collect();
        known
    }

    /// SPDX's identifier for a licence of this name and text.
    fn licence(&self, name: &str, text: Option<&str>) -> Option<String> {
        let text = text.map(words);
        let fits = |(row, proper): &&(Row, bool)| match &text {
            Some(text) => {
                row.says.iter().all(|phrase| text.contains(phrase))
                    && !row.lacks.iter().any(|phrase| text.contains(phrase))
            }
            None => *proper,
        };
        self.licences.get(&plain(name))?.iter().find(fits).map(|(row, _)| row.spdx.clone())
    }

    fn exception(&self, name: &str) -> Option<&String> {
        self.exceptions.get(name)
    }
}

/// A name in small letters, without the «.0» at the end of its version: «GPL-2.0+» and «gpl-2+» are the same.
fn plain(name: &str) -> String {
    let name = name.to_lowercase();
    let (mut stem, plus) = name.strip_suffix('+').map_or((name.as_str(), ""), |stem| (stem, "+"));
    while let Some(shorter) = stem.strip_suffix(".0") {
        stem = shorter;
    }
    format!("{stem}{plus}")
}

#[cfg(test)]
mod tests {
    use super::*;

    const MIT: &str = "Permission is hereby granted, free of charge, to any person obtaining a copy of this software and \
        associated documentation files (the \"Software\"), to deal in the Software without restriction, including \
        without limitation the rights to use, copy, modify, merge, publish, distribute, sublicense, and/or sell copies \
        of the Software, and to permit persons to whom the Software is furnished to do so, subject to the following \
        conditions: The above copyright notice and this permission notice shall be included in all copies or \
        substantial portions of the Software. THE SOFTWARE IS PROVIDED \"AS IS\", WITHOUT WARRANTY OF ANY KIND";

    /// What a file says whose stanzas have these `License` fields.
    fn of(fields: &[&str]) -> Declared {
        let mut text = "Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/\n\n".to_owned();
        for field in fields {
            text.push_str(&format!("Files: x\nLicense: {field}\n\n"));
        }
        declared(&Copyright::parse(&text).unwrap())
    }

    fn expression(field: &str) -> String {
        of(&[field]).expression
    }

    #[test]
    fn debians_names_become_spdxs_however_they_are_written() {
        for (debian, spdx) in [
            ("GPL-2+", "GPL-2.0-or-later"),
            ("gpl-2.0+", "GPL-2.0-or-later"),
            ("GPL-3", "GPL-3.0-only"),
            ("LGPL-2.1+", "LGPL-2.1-or-later"),
            ("Expat", "MIT"),
            ("Apache-2.0", "Apache-2.0"),
            ("BSD-3-clause", "BSD-3-Clause"),
            ("GFDL-NIV-1.3+", "GFDL-1.3-no-invariants-or-later"),
            ("OpenLDAP-2.8", "OLDAP-2.8"),
        ] {
            assert_eq!(expression(debian), spdx);
        }
    }

    #[test]
    fn and_binds_closer_than_or_until_a_comma_keeps_them_apart() {
        for (debian, spdx) in [
            ("GPL-1+ or Artistic", "Artistic-1.0-Perl OR GPL-1.0-or-later"),
            ("GPL-2 or ISC and curl", "GPL-2.0-only OR (ISC AND curl)"),
            ("GPL-2 or ISC, and curl", "curl AND (GPL-2.0-only OR ISC)"),
            ("curl, or GPL-2 and ISC", "curl OR (GPL-2.0-only AND ISC)"),
            ("GPL-2 or GPL-2", "GPL-2.0-only"),
        ] {
            assert_eq!(expression(debian), spdx);
        }
    }

    #[test]
    fn all_that_the_stanzas_name_is_joined_once_and_in_order() {
        let declared = of(&["LGPL-2.1+", "GPL-2+ or Expat", "LGPL-2.1+", "curl and ISC"]);
        assert_eq!(declared.expression, "ISC AND LGPL-2.1-or-later AND curl AND (GPL-2.0-or-later OR MIT)");
        assert!(declared.extracted.is_empty());
    }

    #[test]
    fn an_exception_is_named_where_spdx_has_one_of_its_name_only() {
        assert_eq!(expression("GPL-2 with Linux-syscall-note exception"), "GPL-2.0-only WITH Linux-syscall-note");
        assert_eq!(expression("Apache-2.0 with LLVM exception"), "Apache-2.0 WITH LLVM-exception");
        assert!(expression("GPL-2+ with Autoconf exception").starts_with("LicenseRef-gpl-2--with-autoconf-exception-"));
        assert!(expression("own with LLVM exception").starts_with("LicenseRef-own-with-llvm-exception-"));
    }

    #[test]
    fn a_name_counts_only_while_its_text_says_what_the_licence_says() {
        assert_eq!(expression(&format!("Expat\n {MIT}")), "MIT");
        assert_eq!(expression(&format!("MIT/X\n {MIT}")), "MIT");
        assert!(expression("MIT/X").starts_with("LicenseRef-mit-x-"));
        assert!(expression("Expat\n Permission to use, copy and modify is granted.").starts_with("LicenseRef-expat-"));
        let more = format!("Expat\n {MIT}. Except as contained in this notice, say nothing of us.");
        assert!(expression(&more).starts_with("LicenseRef-expat-"));
    }

    #[test]
    fn what_is_not_known_keeps_its_name_and_its_text() {
        let declared =
            of(&["Public-Domain\n Do what\n  you like.", "public-domain\n Do what you like", "public-domain"]);
        let kept: Vec<(&str, &str)> =
            declared.extracted.values().map(|licence| (licence.name.as_str(), licence.text.as_str())).collect();
        assert_eq!(kept.len(), 1, "the same words are one licence: {kept:?}");
        assert_eq!(kept[0], ("Public-Domain", "Do what\n you like."));
        assert_eq!(declared.expression, *declared.extracted.keys().next().unwrap());
        assert_eq!(of(&["public-domain\n One", "public-domain\n Two"]).extracted.len(), 2);
    }

    #[test]
    fn a_file_in_free_words_is_one_licence_with_all_of_its_text() {
        let text = "This package was debianized by Somebody.\n\n\tGPL, see below.\n";
        let [one, again] = [text, &text.replace('\t', " ")].map(|text| in_free_words("gcc-14", text));
        assert!(one.expression.starts_with("LicenseRef-copyright-of-gcc-14-"), "{}", one.expression);
        assert_eq!(one.expression, again.expression, "the same words are one licence");
        assert_eq!(one.extracted[&one.expression].text, text.trim_end());
        assert_ne!(one.expression, in_free_words("gcc-14", "else").expression);
        assert_ne!(one.expression, in_free_words("gcc-15", text).expression);
    }

    #[test]
    fn a_line_that_is_not_of_the_format_is_one_licence_of_its_own() {
        for line in ["GPL-2, ISC and curl", "ISC,", "GPL-2,ISC", ""] {
            let declared = of(&[line]);
            assert_eq!(declared.extracted.len(), 1, "{line}: {}", declared.expression);
            assert_eq!(declared.extracted.keys().next(), Some(&declared.expression));
        }
    }

    #[test]
    fn the_table_names_each_licence_for_one_reason() {
        let table: Table = toml::from_str(TABLE).unwrap();
        let mut seen = std::collections::BTreeSet::new();
        for row in &table.licence {
            for name in &row.debian {
                assert!(seen.insert((plain(name), row.spdx.clone())), "{name} twice");
            }
            assert!(
                row.loosely.is_empty() || !row.says.is_empty(),
                "{}: a loose name without a text to go by",
                row.spdx
            );
            for phrase in row.says.iter().chain(&row.lacks) {
                assert_eq!(*phrase, words(phrase), "{}: words only", row.spdx);
            }
        }
    }
}
