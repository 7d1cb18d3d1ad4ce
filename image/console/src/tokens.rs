//! One-time links: an invitation, or a way back in for who forgot their password.
//!
//! A token is 256 random bits, for one purpose and one member, with an end. The state file holds its SHA-256 only
//! (`tokens.json`, 0600, written beside and renamed), so whoever reads the file can use none of them.

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use rand::RngCore as _;
use rand::rngs::OsRng;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use sos_settings::MemberName;
use subtle::ConstantTimeEq as _;

/// Most links of one purpose that a member has at once; the oldest gives way.
const MOST_EACH: usize = 3;
/// Most links in all.
const MOST: usize = 5_000;

/// What a link is for; one for something else is worth nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Purpose {
    /// A new member chooses their first password.
    Invite,
    /// A member who forgot theirs chooses another.
    Reset,
}

impl Purpose {
    /// For how many seconds a link is good.
    #[must_use]
    pub fn seconds(self) -> u64 {
        match self {
            Self::Invite => 7 * 24 * 3600,
            Self::Reset => 3600,
        }
    }
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    purpose: Purpose,
    member: MemberName,
    #[serde(with = "hex::serde")]
    sha256: [u8; 32],
    until: u64,
}

/// All links that are still good.
#[derive(Debug)]
pub struct Tokens {
    file: PathBuf,
    entries: Mutex<Vec<Entry>>,
}

impl Tokens {
    /// The links of `state`, the console's own folder. A file that cannot be read holds none: they are asked for again.
    #[must_use]
    pub fn open(state: &Path) -> Self {
        let file = state.join("tokens.json");
        let entries = match fs::read(&file) {
            Ok(text) => serde_json::from_slice(&text).unwrap_or_else(|error| {
                eprintln!("{}: {error}; all links are void", file.display());
                Vec::new()
            }),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Vec::new(),
            Err(error) => {
                eprintln!("cannot read {}: {error}; all links are void", file.display());
                Vec::new()
            }
        };
        Self { file, entries: Mutex::new(entries) }
    }

    /// A new token for `member`, good from `now` (seconds since 1970) on.
    ///
    /// # Errors
    /// When the state file cannot be written; then there is no new token.
    pub fn issue(&self, purpose: Purpose, member: &MemberName, now: u64) -> io::Result<String> {
        let tokens = self.issue_all(purpose, std::slice::from_ref(member), now)?;
        tokens.into_iter().next().ok_or_else(|| io::Error::other("no token"))
    }

    /// A new token for each of `members`, with one writing of the file.
    ///
    /// # Errors
    /// As [`Tokens::issue`].
    pub fn issue_all(&self, purpose: Purpose, members: &[MemberName], now: u64) -> io::Result<Vec<String>> {
        self.change(now, |entries| {
            let mut tokens = Vec::with_capacity(members.len());
            for member in members {
                let mut bytes = [0; 32];
                OsRng.fill_bytes(&mut bytes);
                let token = hex::encode(bytes);
                make_room(entries, purpose, member);
                let sha256 = digest(&token);
                entries.push(Entry { purpose, member: member.clone(), sha256, until: now + purpose.seconds() });
                tokens.push(token);
            }
            tokens
        })
    }

    /// Whose token this is, without using it up: to show the page with the form.
    #[must_use]
    pub fn check(&self, purpose: Purpose, token: &str, now: u64) -> Option<MemberName> {
        let entries = self.lock();
        find(&entries, purpose, token, now).map(|at| entries[at].member.clone())
    }

    /// Whose token this is. It is good for nothing afterwards.
    ///
    /// # Errors
    /// When the state file cannot be written; the token is not used up then, and must not count.
    pub fn take(&self, purpose: Purpose, token: &str, now: u64) -> io::Result<Option<MemberName>> {
        if self.check(purpose, token, now).is_none() {
            return Ok(None);
        }
        self.change(now, |entries| find(entries, purpose, token, now).map(|at| entries.remove(at).member))
    }

    /// Voids all links of a member: they are gone, suspended, or have a new password.
    ///
    /// # Errors
    /// When the state file cannot be written.
    pub fn revoke(&self, member: &MemberName, now: u64) -> io::Result<()> {
        if self.lock().iter().any(|entry| entry.member == *member) {
            self.change(now, |entries| entries.retain(|entry| entry.member != *member))?;
        }
        Ok(())
    }

    /// Who was invited and did not come yet, and until when they can.
    #[must_use]
    pub fn invited(&self, now: u64) -> BTreeMap<MemberName, u64> {
        let entries = self.lock();
        let open = entries.iter().filter(|entry| entry.purpose == Purpose::Invite && entry.until > now);
        open.map(|entry| (entry.member.clone(), entry.until)).collect()
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Entry>> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Changes a copy, writes it, and only then makes it the truth.
    fn change<T>(&self, now: u64, change: impl FnOnce(&mut Vec<Entry>) -> T) -> io::Result<T> {
        let mut entries = self.lock();
        let mut changed: Vec<Entry> = entries.iter().filter(|entry| entry.until > now).cloned().collect();
        let made = change(&mut changed);
        write(&self.file, &serde_json::to_vec(&changed)?)?;
        *entries = changed;
        Ok(made)
    }
}

fn digest(token: &str) -> [u8; 32] {
    Sha256::digest(token.as_bytes()).into()
}

fn find(entries: &[Entry], purpose: Purpose, token: &str, now: u64) -> Option<usize> {
    let wanted = digest(token);
    let mut found = None;
    // Every entry is compared, so that the time tells nothing.
    for (at, entry) in entries.iter().enumerate() {
        let same = bool::from(entry.sha256.ct_eq(&wanted));
        if same && entry.purpose == purpose && entry.until > now {
            found = Some(at);
        }
    }
    found
}

fn make_room(entries: &mut Vec<Entry>, purpose: Purpose, member: &MemberName) {
    let own = |entry: &Entry| entry.purpose == purpose && entry.member == *member;
    while entries.iter().filter(|entry| own(entry)).count() >= MOST_EACH {
        if let Some(oldest) = entries.iter().position(own) {
            entries.remove(oldest);
        }
    }
    if entries.len() >= MOST {
        entries.remove(0);
    }
}

fn write(file: &Path, bytes: &[u8]) -> io::Result<()> {
    let beside = file.with_extension("new");
    let mut new = fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&beside)?;
    new.write_all(bytes)?;
    new.sync_all()?;
    fs::rename(&beside, file)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn jill() -> MemberName {
        "jill".parse().unwrap()
    }

    #[test]
    fn a_token_is_good_once_for_its_purpose_and_until_its_end() {
        let folder = tempfile::tempdir().unwrap();
        let tokens = Tokens::open(folder.path());
        let token = tokens.issue(Purpose::Reset, &jill(), 1000).unwrap();
        assert_eq!(token.len(), 64);
        assert_eq!(tokens.check(Purpose::Invite, &token, 1001), None);
        assert_eq!(tokens.check(Purpose::Reset, &token, 1000 + 3600), None);
        assert_eq!(tokens.check(Purpose::Reset, &token[1..], 1001), None);
        assert_eq!(tokens.check(Purpose::Reset, &token, 1001), Some(jill()));
        assert_eq!(tokens.take(Purpose::Reset, &token, 1001).unwrap(), Some(jill()));
        assert_eq!(tokens.take(Purpose::Reset, &token, 1001).unwrap(), None);
    }

    #[test]
    fn survives_a_restart_and_keeps_hashes_only() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().unwrap();
        let token = Tokens::open(folder.path()).issue(Purpose::Invite, &jill(), 0).unwrap();
        let file = folder.path().join("tokens.json");
        assert!(!fs::read_to_string(&file).unwrap().contains(&token));
        assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
        let again = Tokens::open(folder.path());
        assert_eq!(again.invited(1).keys().collect::<Vec<_>>(), [&jill()]);
        assert_eq!(again.take(Purpose::Invite, &token, 1).unwrap(), Some(jill()));
        assert_eq!(Tokens::open(folder.path()).check(Purpose::Invite, &token, 1), None);
    }

    #[test]
    fn the_oldest_gives_way_and_revoking_voids_all() {
        let folder = tempfile::tempdir().unwrap();
        let tokens = Tokens::open(folder.path());
        let issued: Vec<String> = (0..4).map(|_| tokens.issue(Purpose::Reset, &jill(), 0).unwrap()).collect();
        let good = |token: &String| tokens.check(Purpose::Reset, token, 1).is_some();
        assert_eq!(issued.iter().map(good).collect::<Vec<_>>(), [false, true, true, true]);
        tokens.revoke(&jill(), 1).unwrap();
        assert!(!issued.iter().any(good));
    }

    #[test]
    fn a_broken_file_holds_no_token() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("tokens.json"), "nonsense").unwrap();
        let tokens = Tokens::open(folder.path());
        assert!(tokens.invited(0).is_empty());
        assert!(tokens.issue(Purpose::Invite, &jill(), 0).is_ok());
    }
}
