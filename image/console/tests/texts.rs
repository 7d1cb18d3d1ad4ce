//! The catalogues: every sentence that is said exists in English and German, takes the same arguments in each language,
//! and is said somewhere.
#![allow(missing_docs, reason = "a test")]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// Keys of these are looked up by a name that comes from elsewhere: a service's folder.
const BY_NAME: [&str; 1] = ["service-"];

/// Keys of a catalogue, each with the arguments of its sentence.
fn catalogue(language: &str) -> BTreeMap<String, BTreeSet<String>> {
    let mut found = BTreeMap::new();
    for file in files(&root().join("locales").join(language), "ftl") {
        let mut key = None::<String>;
        for line in fs::read_to_string(&file).unwrap().lines() {
            let begins = line.starts_with(|first: char| first.is_ascii_lowercase());
            if let (true, Some((name, _))) = (begins, line.split_once(" =")) {
                assert!(!found.contains_key(name), "{language}: {name} stands there twice");
                found.insert(name.to_owned(), BTreeSet::new());
                key = Some(name.to_owned());
            }
            let Some(arguments) = key.as_ref().and_then(|key| found.get_mut(key)) else { continue };
            if !line.starts_with('#') {
                arguments.extend(line.split('$').skip(1).map(|rest| {
                    rest.split(|char: char| !char.is_ascii_alphanumeric() && char != '_').next().unwrap().to_owned()
                }));
            }
        }
    }
    found
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).to_owned()
}

fn files(folder: &Path, ending: &str) -> Vec<PathBuf> {
    let mut all = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            all.extend(files(&path, ending));
        } else if path.extension().is_some_and(|found| found == ending) {
            all.push(path);
        }
    }
    all
}

/// Everything that may say a sentence: templates, and sources without what is only a comment.
fn sources() -> String {
    let mut text = String::new();
    for file in files(&root().join("src"), "rs").iter().chain(&files(&root().join("templates"), "html")) {
        for line in fs::read_to_string(file).unwrap().lines() {
            if !line.trim_start().starts_with("//") {
                text.push_str(line);
                text.push('\n');
            }
        }
    }
    text
}

/// The literals that stand first in a call of `say`, `with` or `count`.
fn said(sources: &str) -> BTreeSet<String> {
    let mut keys = BTreeSet::new();
    for call in [".say(", ".with(", ".count(", ".count_with(", ".titled("] {
        for rest in sources.split(call).skip(1) {
            if let Some((key, _)) = rest.trim_start().strip_prefix('"').and_then(|rest| rest.split_once('"')) {
                keys.insert(key.to_owned());
            }
        }
    }
    keys
}

#[test]
fn every_sentence_that_is_said_exists_in_english() {
    let english = catalogue("en");
    let missing: Vec<_> = said(&sources()).into_iter().filter(|key| !english.contains_key(key)).collect();
    assert!(missing.is_empty(), "add to locales/en: {missing:?}");
}

#[test]
fn german_is_complete_and_every_language_takes_the_same_arguments() {
    let english = catalogue("en");
    let german = catalogue("de");
    let missing: Vec<_> = english.keys().filter(|key| !german.contains_key(*key)).collect();
    assert!(missing.is_empty(), "add to locales/de: {missing:?}");
    for (language, sentences) in [("de", german), ("cy", catalogue("cy"))] {
        for (key, arguments) in &sentences {
            let wanted = english.get(key).unwrap_or_else(|| panic!("{language}: nobody says {key}"));
            assert_eq!(arguments, wanted, "{language}: {key}");
        }
    }
}

#[test]
fn no_sentence_is_there_that_nobody_says() {
    let sources = sources();
    let said = |key: &str| sources.contains(&format!("\"{key}\"")) || BY_NAME.iter().any(|by| key.starts_with(by));
    let unused: Vec<String> = catalogue("en").into_keys().filter(|key| !said(key)).collect();
    assert!(unused.is_empty(), "remove, or say: {unused:?}");
}
