//! What can be wrong with what a person typed about a member, group or role, and the sentence that says what to do.
//! Forms and the import of a list check with the same functions.

use std::borrow::Borrow;

use sos_settings::{Domain, LocalPart, MailAddress, MemberName, NEW_PAGE, PAGE_NAMES, Title};

use crate::directory::DirectoryError;
use crate::form::is_odd;
use crate::login_name;
use crate::text::Say;

/// Most further addresses of one member.
const MOST_ADDRESSES: usize = 20;
/// Largest quota, in MiB; the provider's mapping has the same bound.
const MOST_MIB: u32 = 1 << 20;

/// Something wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Slip {
    /// No full name.
    FullNameMissing,
    /// More than 100 characters.
    FullNameLong,
    /// A control character, one that turns the direction of writing, or one that nobody sees.
    OddCharacters,
    /// A spreadsheet would calculate it.
    Formula(String),
    /// No name to sign in with.
    LoginMissing,
    /// No name that one can sign in with.
    LoginOdd,
    /// The name of a page of ours.
    NameKept,
    /// None can be made from this full name.
    LoginNotMade(String),
    /// An address that is not at the organisation's domain.
    AddressElsewhere(String),
    /// No first part of an address.
    AddressOdd(String),
    /// More further addresses than anybody needs.
    AddressesMany,
    /// It belongs to somebody already.
    Taken {
        /// What stands before the `@`.
        address: String,
        /// Whose it is.
        by: String,
    },
    /// It stands on another line of the list already.
    TwiceInFile {
        /// What stands before the `@`.
        address: String,
        /// On which line.
        line: u64,
    },
    /// A line of a list names somebody who seems to be a member already.
    ThereAlready {
        /// The full name.
        full_name: String,
        /// Whom that member signs in as.
        by: String,
    },
    /// No mail address.
    ForwardOdd,
    /// An address of this server.
    ForwardHere,
    /// No address elsewhere, where one is needed.
    RecoveryMissing,
    /// No mail address.
    RecoveryOdd,
    /// An address of this server.
    RecoveryHere,
    /// No number of megabytes.
    QuotaOdd,
    /// Nobody is picked.
    NobodyPicked,
    /// Somebody picked is no member any more.
    NoSuchMember(String),
    /// Nobody would be left to look after the server.
    LastAdministrator,
    /// A line of a list has another number of columns than its first line.
    Columns,
}

impl Slip {
    /// The sentence.
    #[must_use]
    pub fn say(&self, t: impl Borrow<Say>) -> String {
        let t: Say = *t.borrow();
        match self {
            Self::FullNameMissing => t.say("slip-full-name-missing"),
            Self::FullNameLong => t.say("slip-full-name-long"),
            Self::OddCharacters => t.say("form-odd-characters"),
            Self::Formula(text) => t.with("slip-formula", [("text", text.as_str())]),
            Self::LoginMissing => t.say("slip-login-missing"),
            Self::LoginOdd => t.say("slip-login-odd"),
            Self::NameKept => t.say("claim-name-kept"),
            Self::LoginNotMade(name) => t.with("slip-login-not-made", [("name", name.as_str())]),
            Self::AddressElsewhere(text) => t.with("slip-address-elsewhere", [("text", text.as_str())]),
            Self::AddressOdd(text) => t.with("slip-address-odd", [("text", text.as_str())]),
            Self::AddressesMany => t.say("slip-addresses-many"),
            Self::Taken { address, by } => t.with("slip-taken", [("address", address.as_str()), ("by", by.as_str())]),
            Self::TwiceInFile { address, line } => {
                t.with("slip-twice", [("address", address.as_str()), ("line", line.to_string().as_str())])
            }
            Self::ThereAlready { full_name, by } => {
                t.with("slip-there-already", [("name", full_name.as_str()), ("by", by.as_str())])
            }
            Self::ForwardOdd => t.say("slip-forward-odd"),
            Self::ForwardHere => t.say("slip-forward-here"),
            Self::RecoveryMissing => t.say("slip-recovery-missing"),
            Self::RecoveryOdd => t.say("slip-recovery-odd"),
            Self::RecoveryHere => t.say("slip-recovery-here"),
            Self::QuotaOdd => t.say("slip-quota-odd"),
            Self::NobodyPicked => t.say("slip-nobody-picked"),
            Self::NoSuchMember(name) => t.with("slip-no-such-member", [("name", name.as_str())]),
            Self::LastAdministrator => t.say("slip-last-administrator"),
            Self::Columns => t.say("slip-columns"),
        }
    }

    /// What a person can mend of what the directory says; nothing when it is not theirs to mend.
    #[must_use]
    pub fn of_directory(error: &DirectoryError) -> Option<Self> {
        match error {
            DirectoryError::Taken { address, by } => Some(Self::Taken { address: address.clone(), by: by.clone() }),
            DirectoryError::NoSuchMember(name) => Some(Self::NoSuchMember(name.clone())),
            DirectoryError::Empty => Some(Self::NobodyPicked),
            DirectoryError::LastAdministrator => Some(Self::LastAdministrator),
            _ => None,
        }
    }
}

/// Refuses what does not belong on a line.
fn plain(text: &str) -> Result<&str, Slip> {
    let text = text.trim();
    if text.chars().any(|char| char.is_control() || is_odd(char)) { Err(Slip::OddCharacters) } else { Ok(text) }
}

/// Somebody's full name.
///
/// # Errors
/// What is wrong.
pub fn full_name(text: &str) -> Result<Title, Slip> {
    let text = plain(text)?;
    if text.is_empty() {
        return Err(Slip::FullNameMissing);
    }
    text.parse().map_err(|_| Slip::FullNameLong)
}

/// A name to sign in with; the domain may stand behind it.
///
/// # Errors
/// What is wrong.
pub fn login(text: &str, domain: &str) -> Result<MemberName, Slip> {
    name(text, domain, &PAGE_NAMES)
}

/// The name of a group or role; the domain may stand behind it.
///
/// # Errors
/// What is wrong.
pub fn team(text: &str, domain: &str) -> Result<MemberName, Slip> {
    name(text, domain, &[NEW_PAGE])
}

fn name(text: &str, domain: &str, kept: &[&str]) -> Result<MemberName, Slip> {
    let text = plain(text)?.to_lowercase();
    if text.is_empty() {
        return Err(Slip::LoginMissing);
    }
    let name = text.strip_suffix(domain).and_then(|name| name.strip_suffix('@')).unwrap_or(&text);
    if kept.contains(&name) { Err(Slip::NameKept) } else { name.parse().map_err(|_| Slip::LoginOdd) }
}

/// `zoe.orsi` for «Zoë Őrsi».
///
/// # Errors
/// When nothing is left of the name in small letters.
pub fn login_of(full_name: &Title) -> Result<MemberName, Slip> {
    login_name::suggest(full_name.as_str()).ok_or_else(|| Slip::LoginNotMade(full_name.to_string()))
}

/// Further addresses, one a line or with commas between them, each with the organisation's domain or without.
///
/// # Errors
/// The first that will not do.
pub fn addresses(text: &str, domain: &str) -> Result<Vec<LocalPart>, Slip> {
    let mut found: Vec<LocalPart> = Vec::new();
    for item in text.split([',', ';', '\n', ' ']).map(str::trim).filter(|item| !item.is_empty()) {
        let local = match plain(item)?.rsplit_once('@') {
            Some((_, at)) if !at.eq_ignore_ascii_case(domain) => return Err(Slip::AddressElsewhere(item.to_owned())),
            Some((local, _)) => local,
            None => item,
        };
        let local: LocalPart = local.parse().map_err(|_| Slip::AddressOdd(item.to_owned()))?;
        if !found.contains(&local) {
            found.push(local);
        }
    }
    if found.len() > MOST_ADDRESSES { Err(Slip::AddressesMany) } else { Ok(found) }
}

/// Where mail goes on to, if anywhere.
///
/// # Errors
/// What is wrong.
pub fn forward(text: &str, domain: &str) -> Result<Option<MailAddress>, Slip> {
    elsewhere(text, domain, Slip::ForwardOdd, Slip::ForwardHere)
}

/// An address elsewhere, if there is one.
///
/// # Errors
/// What is wrong.
pub fn recovery(text: &str, domain: &str) -> Result<Option<MailAddress>, Slip> {
    elsewhere(text, domain, Slip::RecoveryOdd, Slip::RecoveryHere)
}

fn elsewhere(text: &str, domain: &str, odd: Slip, here: Slip) -> Result<Option<MailAddress>, Slip> {
    let text = plain(text)?;
    if text.is_empty() {
        return Ok(None);
    }
    let Ok(address) = text.parse::<MailAddress>() else { return Err(odd) };
    if address.domain().parse::<Domain>().is_ok_and(|at| at.as_str().eq_ignore_ascii_case(domain)) {
        return Err(here);
    }
    Ok(Some(address))
}

/// Megabytes, if any are said.
///
/// # Errors
/// When it is no number from 1 to a million.
pub fn quota(text: &str) -> Result<Option<u32>, Slip> {
    let text = plain(text)?;
    if text.is_empty() {
        return Ok(None);
    }
    match text.parse() {
        Ok(mib) if (1..=MOST_MIB).contains(&mib) => Ok(Some(mib)),
        _ => Err(Slip::QuotaOdd),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HERE: &str = "ambridge.example";

    #[test]
    fn names_what_is_wrong_with_each() {
        assert_eq!(full_name(" "), Err(Slip::FullNameMissing));
        assert_eq!(full_name(&"x".repeat(101)), Err(Slip::FullNameLong));
        assert_eq!(full_name("a\u{202e}b"), Err(Slip::OddCharacters));
        assert_eq!(login("", HERE), Err(Slip::LoginMissing));
        assert_eq!(login("jill archer", HERE), Err(Slip::LoginOdd));
        assert_eq!(login("Jill@ambridge.example", HERE).unwrap().as_str(), "jill");
        assert_eq!(login("jill@elsewhere.example", HERE), Err(Slip::LoginOdd));
        for kept in ["new", "Invite", "import@ambridge.example"] {
            assert_eq!(login(kept, HERE), Err(Slip::NameKept), "{kept}");
        }
        assert_eq!(team("New", HERE), Err(Slip::NameKept));
        assert_eq!(team("invite", HERE).unwrap().as_str(), "invite");
        assert_eq!(addresses("a, b@ambridge.example\nA", HERE).unwrap().len(), 2);
        assert_eq!(addresses("a@b.example", HERE), Err(Slip::AddressElsewhere("a@b.example".into())));
        assert_eq!(addresses("ä", HERE), Err(Slip::AddressOdd("ä".into())));
        assert_eq!(forward("x@Ambridge.Example", HERE), Err(Slip::ForwardHere));
        assert_eq!(recovery("x", HERE), Err(Slip::RecoveryOdd));
        assert_eq!(recovery("", HERE), Ok(None));
        for bad in ["0", "-1", "1.5", "lots", "99999999999", "1048577"] {
            assert_eq!(quota(bad), Err(Slip::QuotaOdd), "{bad}");
        }
    }
}
