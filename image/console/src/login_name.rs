//! The name that somebody signs in with, made from their full name.

use any_ascii::any_ascii;
use sos_settings::{ADMINISTRATORS, MemberName, PAGE_NAMES, PROBE_MEMBER, STANDING_ADDRESSES};

/// Longest name.
const LONGEST: usize = 32;

/// The name for `full_name`: `Siân Phillips` → `sian.phillips`. Nothing when no letter of it has one in a-z.
#[must_use]
pub fn suggest(full_name: &str) -> Option<MemberName> {
    suggest_free(full_name, |_| true)
}

/// As [`suggest`], with a number behind it when `is_free` says that others have it.
#[must_use]
pub fn suggest_free(full_name: &str, is_free: impl Fn(&MemberName) -> bool) -> Option<MemberName> {
    let words: Vec<String> =
        full_name.split(|char: char| char.is_whitespace() || ",;/".contains(char)).map(word).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).filter(|word| !word.is_empty()).collect();
    let base = match words[..] {
        [] => return None,
        [only] => only.to_owned(),
        [first, .., last] => format!("{first}.{last}"),
    };
    let base = base.trim_start_matches(|first: char| !first.is_ascii_lowercase());
    (1..1_000).find_map(|number| {
        let ending = if number == 1 { String::new() } else { number.to_string() };
        let room = base.chars().take(LONGEST - ending.len()).collect::<String>();
        let name: MemberName = format!("{}{ending}", room.trim_end_matches(['.', '-', '_'])).parse().ok()?;
        (!is_kept(&name) && is_free(&name)).then_some(name)
    })
}

/// A word of a name in small letters a-z, digits and hyphens.
fn word(word: &str) -> String {
    let plain: String = any_ascii(word)
        .to_ascii_lowercase()
        .chars()
        .filter(|char| char.is_ascii_lowercase() || char.is_ascii_digit() || *char == '-')
        .collect();
    plain.trim_matches('-').to_owned()
}

/// Whether the server keeps this name for itself.
#[must_use]
pub fn is_kept(name: &MemberName) -> bool {
    let name = name.as_str();
    STANDING_ADDRESSES.contains(&name)
        || PAGE_NAMES.contains(&name)
        || [ADMINISTRATORS, PROBE_MEMBER, "mailer-daemon"].contains(&name)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use sos_settings::LocalPart;

    use super::*;

    fn suggested(full_name: &str) -> Option<String> {
        suggest(full_name).map(String::from)
    }

    #[test]
    fn makes_names_that_people_recognise() {
        for (full_name, name) in [
            ("Jill Archer", "jill.archer"),
            ("Siân Phillips", "sian.phillips"),
            ("Jürgen Groß", "jurgen.gross"),
            ("Mary-Ann O'Neill", "mary-ann.oneill"),
            ("Anna Maria van der Berg", "anna.berg"),
            ("Cher", "cher"),
            ("Ольга Иванова", "olga.ivanova"),
            ("Root", "root2"),
            ("New", "new2"),
        ] {
            assert_eq!(suggested(full_name).as_deref(), Some(name), "{full_name}");
        }
        assert_eq!(suggested("123 !!"), None);
        assert_eq!(suggested(""), None);
    }

    #[test]
    fn counts_on_when_a_name_is_taken() {
        let name = suggest_free("Jill Archer", |name| !["jill.archer", "jill.archer2"].contains(&name.as_str()));
        assert_eq!(name.map(String::from).as_deref(), Some("jill.archer3"));
    }

    proptest! {
        #[test]
        fn whatever_it_makes_is_a_name_and_an_address(full_name in "\\PC{0,60}") {
            if let Some(name) = suggest(&full_name) {
                prop_assert!(name.as_str().parse::<LocalPart>().is_ok());
                prop_assert!(!is_kept(&name));
            }
        }
    }
}
