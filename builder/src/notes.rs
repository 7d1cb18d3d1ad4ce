//! What a release changes, in words for people: a JSON object with each language's code and its text.
//!
//! In: `--notes FILE`. Out: the bytes of the release's notes, the same for the same texts. English is always there,
//! for whoever's language is not.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use crate::error::{Error, Result};

/// The language that every release has.
const ALWAYS: &str = "en";
/// The most characters that a text may have: a screenful, for people who want to get on.
const TEXT_LIMIT: usize = 4000;

/// Reads and checks the notes in `path`.
///
/// # Errors
/// [`Error::Malformed`], naming what is wrong with which language.
pub fn load(path: &Path) -> Result<Vec<u8>> {
    let text = fs::read_to_string(path).map_err(|e| Error::io("read", path, e))?;
    check(&text).map_err(|reason| Error::malformed(path, reason))
}

fn check(text: &str) -> Result<Vec<u8>, String> {
    let notes: BTreeMap<String, String> = serde_json::from_str(text)
        .map_err(|e| format!("notes are one JSON object of languages and texts, {{\"en\": \"…\"}}: {e}"))?;
    if !notes.contains_key(ALWAYS) {
        return Err(format!("there is no text for «{ALWAYS}», which everybody gets whose language is missing"));
    }
    for (language, text) in &notes {
        if !is_language(language) {
            return Err(format!("«{language}» is no language's code such as «en» or «pt-BR»"));
        }
        if text.trim().is_empty() {
            return Err(format!("the text for «{language}» is empty"));
        }
        if text.chars().any(|c| c.is_control() && c != '\n') {
            return Err(format!(
                "the text for «{language}» has control characters; line feeds are the only ones it may"
            ));
        }
        let length = text.chars().count();
        if length > TEXT_LIMIT {
            return Err(format!("the text for «{language}» has {length} characters, more than {TEXT_LIMIT}"));
        }
    }
    let mut bytes = serde_json::to_vec_pretty(&notes).map_err(|e| e.to_string())?;
    bytes.push(b'\n');
    Ok(bytes)
}

/// A language tag (RFC 5646) of a language and further subtags, without extensions.
fn is_language(code: &str) -> bool {
    let mut parts = code.split('-');
    let first = parts.next().unwrap_or_default();
    (2..=3).contains(&first.len())
        && first.bytes().all(|b| b.is_ascii_lowercase())
        && parts.all(|part| (2..=8).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_alphanumeric()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn notes_come_out_the_same_however_they_are_written() {
        let one = check("{\"de\":\"Neu:\\nalles\",\"en\":\"New\"}").unwrap();
        let other = check(" {\"en\": \"New\",\n \"de\": \"Neu:\\nalles\"}\n").unwrap();
        assert_eq!(String::from_utf8(one.clone()).unwrap(), "{\n  \"de\": \"Neu:\\nalles\",\n  \"en\": \"New\"\n}\n");
        assert_eq!(one, other);
    }

    #[test]
    fn notes_that_cannot_be_shown_are_refused_with_the_reason() {
        let long = format!("{{\"en\": \"{}\"}}", "ü".repeat(TEXT_LIMIT + 1));
        for (text, reason) in [
            ("", "one JSON object of languages and texts"),
            ("[\"New\"]", "one JSON object of languages and texts"),
            ("{\"en\": {\"text\": \"New\"}}", "one JSON object of languages and texts"),
            ("{}", "no text for «en»"),
            ("{\"de\": \"Neu\"}", "no text for «en»"),
            ("{\"en\": \" \"}", "the text for «en» is empty"),
            ("{\"en\": \"New\", \"Deutsch\": \"Neu\"}", "«Deutsch» is no language's code"),
            ("{\"en\": \"New\", \"d\": \"Neu\"}", "«d» is no language's code"),
            ("{\"en\": \"New\", \"de-\": \"Neu\"}", "«de-» is no language's code"),
            ("{\"en\": \"New\\u001b[2J\"}", "«en» has control characters"),
            (&long, "«en» has 4001 characters, more than 4000"),
        ] {
            let error = check(text).unwrap_err();
            assert!(error.contains(reason), "{text:.60}: {error}");
        }
    }
}
