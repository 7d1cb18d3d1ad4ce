//! Names in a Maildir++ as Dovecot writes them: letters with their flags, folders, and the files beside them.

use std::collections::BTreeMap;

use sha2::{Digest as _, Sha256};

use super::sums::is_name;

/// Folders that every mailbox has or gets the first time that somebody looks in: without letters they say nothing.
const EVERYBODYS: [&str; 6] = ["", ".Drafts", ".Sent", ".Junk", ".Trash", ".Archive"];
/// Names of keywords, by letter; in a file of this name.
pub(super) const KEYWORDS: &str = "dovecot-keywords";
/// The letters' numbers (RFC 3501, section 2.3.1.1), so that mail programs need not fetch all anew.
pub(super) const NUMBERS: &str = "dovecot-uidlist";
/// Which folders a mail program shows.
pub(super) const SUBSCRIPTIONS: &str = "subscriptions";
/// Empty; what makes a folder a folder of a Maildir++.
pub(super) const FOLDER: &str = "maildirfolder";

/// Whether a folder without letters says nothing of its member.
pub(super) fn is_everybodys(folder: &str) -> bool {
    EVERYBODYS.contains(&folder)
}

/// Whether `name` is that of a folder inside of a Maildir.
pub(super) fn is_folder(name: &str) -> bool {
    name.len() > 1 && name.starts_with('.') && is_name(name)
}

/// Whether `name` is a file beside the letters of the inbox (`folder` is empty) or of a folder that is worth to be kept.
pub(super) fn is_beside(folder: &str, name: &str) -> bool {
    match name {
        KEYWORDS | NUMBERS => true,
        FOLDER => !folder.is_empty(),
        SUBSCRIPTIONS | "dovecot-uidvalidity" => folder.is_empty(),
        _ => {
            let number = name.strip_prefix("dovecot-uidvalidity.").unwrap_or_default();
            folder.is_empty() && number.len() == 8 && number.bytes().all(|byte| byte.is_ascii_hexdigit())
        }
    }
}

/// Names of keywords, from the file beside the letters: `0 $Junk`.
pub(super) fn keywords(text: &str) -> BTreeMap<char, String> {
    let keyword = |line: &str| {
        let (number, name) = line.split_once(' ')?;
        let letter = char::from(b'a'.checked_add(number.parse().ok()?)?);
        letter.is_ascii_lowercase().then(|| (letter, name.to_owned()))
    };
    text.lines().filter_map(keyword).collect()
}

/// The flags in a letter's name: those that everybody knows, then the keywords by their names.
pub(super) fn flags(name: &str, keywords: &BTreeMap<char, String>) -> String {
    let mut known: Vec<char> = Vec::new();
    let mut named: Vec<String> = Vec::new();
    for flag in name.rsplit_once(":2,").map_or("", |(_, flags)| flags).chars() {
        match keywords.get(&flag) {
            Some(keyword) => named.push(keyword.clone()),
            None => known.push(flag),
        }
    }
    known.sort_unstable();
    known.dedup();
    named.sort_unstable();
    format!("{} {}", known.into_iter().collect::<String>(), named.join(" "))
}

/// What stays of a letter's name when its flags change.
pub(super) fn base(name: &[u8]) -> &[u8] {
    name.iter().position(|byte| *byte == b':').map_or(name, |at| &name[..at])
}

/// The name that a letter has in an export: its own, unless other systems could not write it.
pub(super) fn portable(name: &std::ffi::OsStr, came: u64) -> String {
    let bytes = name.as_encoded_bytes();
    match name.to_str() {
        Some(own) if is_name(own) && !own.starts_with('.') => own.to_owned(),
        _ => {
            let base = hex::encode(&Sha256::digest(base(bytes))[..8]);
            let name = name.to_string_lossy();
            let flags = name.rsplit_once(":2,").map_or("", |(_, flags)| flags);
            let flags: String = flags.chars().filter(char::is_ascii_alphabetic).collect();
            format!("{came}.{base}.export:2,{flags}")
        }
    }
}

/// What somebody subscribed to by themselves, sorted.
pub(super) fn subscriptions(text: &str) -> Vec<&str> {
    let own = |line: &&str| {
        !line.is_empty()
            && *line != "V\t2"
            && *line != "INBOX"
            && !EVERYBODYS[1..].iter().any(|name| name[1..] == **line)
    };
    let mut lines: Vec<&str> = text.lines().filter(own).collect();
    lines.sort_unstable();
    lines.dedup();
    lines
}

#[cfg(test)]
mod tests {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt as _;

    use super::*;

    #[test]
    fn flags_are_the_same_whatever_letters_their_keywords_have() {
        let (here, there) = (keywords("0 $Junk\n1 work\n"), keywords("0 work\n3 $Junk\n"));
        assert_eq!(flags("1.M2.host,S=3:2,SFab", &here), "FS $Junk work");
        assert_eq!(flags("9.other:2,FSad", &there), flags("1.M2.host,S=3:2,SFab", &here));
        assert_eq!(flags("1.M2.host", &here), " ");
        assert_eq!(flags("1:2,Sz", &here), "Sz ", "a keyword without a name stays a letter");
    }

    #[test]
    fn names_that_others_cannot_write_are_replaced() {
        let own = "1735689600.M1P1.host,S=3,W=4:2,S";
        assert_eq!(portable(OsStr::new(own), 7), own);
        let odd = portable(OsStr::from_bytes(b"1.\xff:2,FS"), 7);
        assert!(odd.starts_with("7.") && odd.ends_with(".export:2,FS") && is_name(&odd), "{odd}");
        assert_eq!(base(portable(OsStr::from_bytes(b"1.\xff:2,"), 7).as_bytes()), base(odd.as_bytes()));
    }

    #[test]
    fn only_what_says_something_is_kept_beside_letters() {
        for good in [("", "subscriptions"), ("", "dovecot-uidvalidity.69a1b2c3"), (".X", "maildirfolder")] {
            assert!(is_beside(good.0, good.1), "{good:?}");
        }
        for bad in
            [("", "maildirfolder"), (".X", "subscriptions"), ("", "dovecot.index"), ("", "dovecot-uidvalidity.x")]
        {
            assert!(!is_beside(bad.0, bad.1), "{bad:?}");
        }
    }

    #[test]
    fn folders_that_everybody_has_are_no_one_s_subscription() {
        assert_eq!(subscriptions("V\t2\n\nTrash\nGarden\tShows\nJunk\nEntwürfe\n"), ["Entwürfe", "Garden\tShows"]);
    }
}
