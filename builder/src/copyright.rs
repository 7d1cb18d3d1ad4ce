//! A package's `copyright` file, where it is machine-readable (Debian's copyright-format 1.0, once called DEP-5).
//!
//! In: the file's text. Out: [`Copyright`], what its `License` fields say: the licences that files are under, and the
//! texts of licences that stand in stanzas of their own. Written by people, so nothing in it is taken for granted:
//! whatever the text is, reading it ends in a [`Copyright`] or in nothing.

use std::collections::BTreeMap;

/// What a machine-readable `copyright` file says of licences.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Copyright {
    /// The `License` field of every stanza about files, and of the header, in their order.
    pub uses: Vec<Licence>,
    /// The texts of the stanzas that only explain a licence, by its name in small letters.
    texts: BTreeMap<String, String>,
}

/// A `License` field.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Licence {
    /// Its first line: «GPL-2+ or Artistic».
    pub line: String,
    /// The lines below, which may be none.
    pub text: String,
}

/// A field of a stanza: its name in small letters, its lines.
type Field = (String, Vec<String>);

impl Copyright {
    /// Reads a `copyright` file; nothing where it is not machine-readable.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let stanzas = stanzas(text);
        let format = value(stanzas.first()?, "format")?.first()?;
        if !["copyright-format/1.", "dep5", "dep-5"].iter().any(|known| format.to_lowercase().contains(known)) {
            return None;
        }
        let mut copyright = Self::default();
        for (place, stanza) in stanzas.iter().enumerate() {
            let Some(licence) = value(stanza, "license").map(Licence::of) else { continue };
            if place == 0 || value(stanza, "files").is_some() {
                copyright.uses.push(licence);
            } else {
                copyright.texts.entry(licence.line.to_lowercase()).or_insert(licence.text);
            }
        }
        (!copyright.uses.is_empty()).then_some(copyright)
    }

    /// The text of the licence called `name`, from a stanza of its own or from one about files; nothing where there is
    /// none.
    #[must_use]
    pub fn text(&self, name: &str) -> Option<&str> {
        let own = self.texts.get(&name.to_lowercase());
        let used = self.uses.iter().filter(|used| used.line.eq_ignore_ascii_case(name)).map(|used| &used.text);
        own.into_iter().chain(used).find(|text| !text.is_empty()).map(String::as_str)
    }
}

impl Licence {
    fn of(lines: &[String]) -> Self {
        let mut lines = lines.iter();
        let line = lines.next().cloned().unwrap_or_default();
        let text: Vec<&str> = lines.map(|line| if line.trim() == "." { "" } else { line.trim_end() }).collect();
        Self { line, text: text.join("\n").trim_matches('\n').to_owned() }
    }
}

fn value<'a>(stanza: &'a [Field], name: &str) -> Option<&'a [String]> {
    stanza.iter().find(|(called, _)| called == name).map(|(_, lines)| lines.as_slice())
}

/// The stanzas (deb822(5)): an empty line ends one, except where the text goes on indented below it.
fn stanzas(text: &str) -> Vec<Vec<Field>> {
    let mut stanzas: Vec<Vec<Field>> = Vec::new();
    let mut ended = true;
    for line in text.lines().filter(|line| !line.starts_with('#')) {
        let field = stanzas.last_mut().and_then(|stanza| stanza.last_mut());
        if line.trim().is_empty() {
            ended = true;
        } else if let Some(rest) = line.strip_prefix([' ', '\t']) {
            if let Some((_, lines)) = field {
                lines.extend(ended.then(String::new));
                lines.push(rest.to_owned());
            }
            ended = false;
        } else if let Some((name, value)) = line.split_once(':') {
            let field = (name.trim().to_lowercase(), vec![value.split_whitespace().collect::<Vec<_>>().join(" ")]);
            match stanzas.last_mut().filter(|_| !ended) {
                Some(stanza) => stanza.push(field),
                None => stanzas.push(vec![field]),
            }
            ended = false;
        }
    }
    stanzas
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "\
Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/
Upstream-Name: greeter

Files: *
Copyright: 2026 A. Person
License: GPL-2+ or  Artistic

# A remark.
Files: lib/*
Copyright: 2026 Somebody
 Else
License: own-words
 Do what you like.
 .
 But be kind.

License: gpl-2+
 On Debian systems the text is in /usr/share/common-licenses/GPL-2.

 And it goes on below an empty line.
License: not-reached
";

    #[test]
    fn each_stanza_about_files_says_its_licence_and_others_explain_one() {
        let copyright = Copyright::parse(TEXT).unwrap();
        let lines: Vec<&str> = copyright.uses.iter().map(|used| used.line.as_str()).collect();
        assert_eq!(lines, ["GPL-2+ or Artistic", "own-words"]);
        assert_eq!(copyright.text("Own-Words"), Some("Do what you like.\n\nBut be kind."));
        assert!(copyright.text("GPL-2+").unwrap().ends_with("GPL-2.\n\nAnd it goes on below an empty line."));
        assert_eq!(copyright.text("Artistic"), None);
    }

    #[test]
    fn a_licence_of_the_whole_stands_in_the_header() {
        let text = "Format: http://dep.debian.net/deps/dep5\r\nLicense: Expat\r\n\r\nFiles: *\r\nCopyright: x\r\n";
        let copyright = Copyright::parse(text).unwrap();
        assert_eq!(copyright.uses, [Licence { line: "Expat".into(), text: String::new() }]);
    }

    #[test]
    fn a_file_in_free_words_is_not_machine_readable() {
        for text in [
            "",
            "This package was debianized by Somebody.\n\nLicense: GPL-2\n",
            "Format: of its own\nLicense: GPL-2\n",
            "Files: *\nLicense: GPL-2\n",
            "Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/\n\nFiles: *\nCopyright: x\n",
        ] {
            assert_eq!(Copyright::parse(text), None, "{text}");
        }
    }
}
