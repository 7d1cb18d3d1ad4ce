//! Which passwords are taken. The rule is that of NIST SP 800-63B, section 5.1.1.2: long enough, and nothing that
//! somebody would try first; no rules about kinds of characters.

use sos_settings::SHORTEST_PASSWORD;

use crate::text::Say;

/// Longest, in characters: hashing must stay cheap.
pub const LONGEST: usize = 256;

/// The commonest passwords, without the digits and signs that people add to them.
const COMMON: &str = include_str!("common_passwords.txt");
/// The 5,000 commonest of ten characters and more among ten million that were published (Mark Burnett, 2015; public
/// domain), in small letters, as they are.
const COMMON_LONG: &str = include_str!("common_long_passwords.txt");

/// Why a password will not do, in a sentence that says what to do; nothing when it will. `names` are those of the
/// person and the organisation.
#[must_use]
pub fn fault(password: &str, names: &[&str], t: Say) -> Option<String> {
    if password.is_empty() {
        Some(t.say("password-missing"))
    } else if password.chars().count() < SHORTEST_PASSWORD {
        Some(t.say("password-short"))
    } else if password.chars().count() > LONGEST {
        Some(t.say("password-long"))
    } else if password.chars().any(char::is_control) {
        Some(t.say("password-odd"))
    } else if names.iter().any(|name| is_made_of(password, name)) {
        Some(t.say("password-name"))
    } else if is_common(password) {
        Some(t.say("password-common"))
    } else {
        None
    }
}

/// Letters only, in lower case.
fn letters(text: &str) -> String {
    text.chars().filter(|char| char.is_alphabetic()).flat_map(char::to_lowercase).collect()
}

/// Whether `password` is a name, or the words of one, with no more than digits and signs added.
fn is_made_of(password: &str, name: &str) -> bool {
    let mut rest = letters(password);
    if rest.is_empty() {
        return false;
    }
    let mut words: Vec<String> = name.split(|char: char| !char.is_alphabetic()).map(letters).collect();
    words.retain(|word| word.chars().count() > 1);
    words.sort_by_key(|word| std::cmp::Reverse(word.len()));
    for word in &words {
        rest = rest.replace(word.as_str(), "");
    }
    rest.is_empty()
}

fn is_common(password: &str) -> bool {
    let small = password.to_lowercase();
    let mut different: Vec<char> = small.chars().collect();
    different.sort_unstable();
    different.dedup();
    let plain = plain(password);
    different.len() < 4
        || is_row(password)
        || COMMON_LONG.lines().any(|common| common == small)
        || COMMON.lines().any(|common| is_repeated(&plain, common))
}

/// In lower case, with the letters that people write as digits, and without what they add before and after.
fn plain(password: &str) -> String {
    let letter = |char: char| match char {
        '0' => 'o',
        '1' | '!' => 'i',
        '3' => 'e',
        '4' | '@' => 'a',
        '5' | '$' => 's',
        '7' => 't',
        other => other,
    };
    let trimmed = password.trim_matches(|char: char| !char.is_alphabetic());
    trimmed.to_lowercase().chars().map(letter).filter(|char| char.is_alphanumeric()).collect()
}

fn is_repeated(password: &str, word: &str) -> bool {
    !password.is_empty() && !word.is_empty() && password.replace(word, "").is_empty()
}

/// Neighbours in the alphabet, in counting, or on a keyboard, forwards or backwards.
fn is_row(password: &str) -> bool {
    const ROWS: [&str; 7] = [
        "012345678901234567890",
        "abcdefghijklmnopqrstuvwxyz",
        "qwertyuiopasdfghjklzxcvbnm",
        "qwertzuiopasdfghjklyxcvbnm",
        "azertyuiopqsdfghjklmwxcvbn",
        "1q2w3e4r5t6z7u8i9o0p",
        "1q2w3e4r5t6y7u8i9o0p",
    ];
    let password = password.to_lowercase();
    let backwards: String = password.chars().rev().collect();
    ROWS.iter().any(|row| row.contains(&password) || row.contains(&backwards))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::{Language, TEXTS};

    fn refused(password: &str) -> Option<String> {
        fault(password, &["Jill Archer", "Ambridge Garden Club", "ambridge.example"], TEXTS.speaker(Language::English))
    }

    #[test]
    fn refuses_what_somebody_would_try_first() {
        for bad in [
            "",
            "short",
            "ninechars",
            "password123",
            "Passw0rd!!!",
            "1234567890",
            "9876543210",
            "qwertyuiop",
            "aaaaaaaaaaaa",
            "abababababab",
            "Jill.Archer",
            "jillarcher1950",
            "AmbridgeGarden",
            "ambridge-club-2026",
            "iloveyou1234",
            "passwordpassword",
            "two\nlines of it",
        ] {
            assert!(refused(bad).is_some(), "{bad}");
        }
        assert!(refused(&"long words ".repeat(30)).is_some());
    }

    #[test]
    fn refuses_each_of_the_commonest_that_are_long_enough() {
        assert!(COMMON_LONG.lines().count() >= 3_000);
        for common in COMMON_LONG.lines() {
            assert!(common.chars().count() >= SHORTEST_PASSWORD, "{common} is refused as too short");
            assert!(refused(common).is_some() && refused(&common.to_uppercase()).is_some(), "{common}");
        }
    }

    #[test]
    fn takes_long_ones_of_any_kind() {
        for good in
            ["three green beans", "grün wie Gras", "bm7$Qr!x0p", "correct horse battery", "密码是很长的一句话吧"]
        {
            assert_eq!(refused(good), None, "{good}");
        }
        // Three bytes each: what is counted is what the sentence says.
        let most = "密码是很长的一句话吧我们再说一遍".repeat(16);
        assert_eq!((most.chars().count(), refused(&most)), (LONGEST, None));
        assert!(refused(&format!("{most}密")).is_some());
    }
}
