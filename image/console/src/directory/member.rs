//! A member as pages see them, a new one, and a change of one.

use std::collections::HashMap;

use ldap3::SearchEntry;
use sos_settings::{LocalPart, MailAddress, MemberName, Title};

use super::Revision;

/// What is asked for of a member. Never the password: it is written and compared, and nobody reads it.
pub(super) const ATTRIBUTES: [&str; 8] =
    ["uid", "cn", "mailLocalAddress", "mailRoutingAddress", "sosRecovery", "sosMailQuota", "sosSuspended", "entryCSN"];

/// Somebody.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// Whom they log in as, and the first part of their address.
    pub name: MemberName,
    /// Their full name.
    pub full_name: String,
    /// What stands before the `@` of their further addresses, sorted.
    pub addresses: Vec<String>,
    /// Where their mail goes on to, if they want no mailbox here.
    pub forward: Option<String>,
    /// Their address elsewhere, for a forgotten password.
    pub recovery: Option<String>,
    /// Most that their mailbox holds, in MiB; otherwise the organisation's.
    pub quota_mib: Option<u32>,
    /// They cannot log in anywhere; their mail is still taken in.
    pub suspended: bool,
    /// At which state this was read.
    pub revision: Revision,
}

/// A member, and whether they look after the server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    /// The member.
    pub member: Member,
    /// They have the role of administrators.
    pub administrator: bool,
}

/// Somebody to be added. They have no password until one is set, and cannot log in before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewMember {
    /// Whom they log in as, and the first part of their address.
    pub name: MemberName,
    /// Their full name.
    pub full_name: Title,
    /// Further addresses.
    pub addresses: Vec<LocalPart>,
    /// Where their mail goes on to.
    pub forward: Option<MailAddress>,
    /// Their address elsewhere.
    pub recovery: Option<MailAddress>,
    /// Most that their mailbox holds, in MiB.
    pub quota_mib: Option<u32>,
}

/// What changes about a member: what is `None` stays, `Some(None)` goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MemberChange {
    /// Who.
    pub name: MemberName,
    /// Their full name.
    pub full_name: Option<Title>,
    /// All their further addresses.
    pub addresses: Option<Vec<LocalPart>>,
    /// Where their mail goes on to.
    pub forward: Option<Option<MailAddress>>,
    /// Their address elsewhere.
    pub recovery: Option<Option<MailAddress>>,
    /// Most that their mailbox holds, in MiB.
    pub quota_mib: Option<Option<u32>>,
    /// Whether they can log in.
    pub suspended: Option<bool>,
}

impl MemberChange {
    /// No change yet of `name`.
    #[must_use]
    pub fn of(name: &MemberName) -> Self {
        Self {
            name: name.clone(),
            full_name: None,
            addresses: None,
            forward: None,
            recovery: None,
            quota_mib: None,
            suspended: None,
        }
    }
}

/// What `entry` says; nothing when it has no name that a member can have.
pub(super) fn read(entry: SearchEntry) -> Option<Member> {
    let mut attributes = entry.attrs;
    let name: MemberName = first(&mut attributes, "uid")?.parse().ok()?;
    let mut addresses: Vec<String> = attributes
        .remove("mailLocalAddress")
        .unwrap_or_default()
        .iter()
        .map(|address| local_part(address).to_owned())
        .filter(|local| local != name.as_str())
        .collect();
    addresses.sort();
    Some(Member {
        full_name: first(&mut attributes, "cn").unwrap_or_default(),
        addresses,
        forward: first(&mut attributes, "mailRoutingAddress"),
        recovery: first(&mut attributes, "sosRecovery"),
        quota_mib: first(&mut attributes, "sosMailQuota").and_then(|mib| mib.parse().ok()),
        suspended: first(&mut attributes, "sosSuspended").is_some_and(|suspended| suspended == "TRUE"),
        revision: revision(&mut attributes),
        name,
    })
}

/// The first value of an attribute, taken out.
pub(super) fn first(attributes: &mut HashMap<String, Vec<String>>, name: &str) -> Option<String> {
    attributes.remove(name)?.into_iter().next()
}

/// At which state an entry is; where slapd does not say, one that no entry is at.
pub(super) fn revision(attributes: &mut HashMap<String, Vec<String>>) -> Revision {
    first(attributes, "entryCSN").and_then(|csn| csn.parse().ok()).unwrap_or_default()
}

/// What stands before the `@`.
pub(super) fn local_part(address: &str) -> &str {
    address.rsplit_once('@').map_or(address, |(local, _)| local)
}
