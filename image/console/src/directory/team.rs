//! Groups and roles: one address that several members read.

use ldap3::SearchEntry;
use sos_settings::MemberName;

use super::member::{first, revision};
use super::{Revision, name};

/// What is asked for of a group or role.
pub(super) const ATTRIBUTES: [&str; 4] = ["cn", "member", "sosOpen", "entryCSN"];

/// Which of the two.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TeamKind {
    /// Members who get mail together.
    Group,
    /// An office with an address, held by one member or more.
    Role,
}

impl TeamKind {
    /// The unit of the directory, which is also the path of its pages.
    #[must_use]
    pub fn unit(self) -> &'static str {
        match self {
            Self::Group => "groups",
            Self::Role => "roles",
        }
    }
}

/// A group or role.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Team {
    /// Which of the two.
    pub kind: TeamKind,
    /// Its name and the first part of its address.
    pub name: MemberName,
    /// Who is in it, sorted.
    pub members: Vec<MemberName>,
    /// It takes letters from outside too; otherwise from our members only.
    pub open: bool,
    /// At which state this was read.
    pub revision: Revision,
}

/// A group or role to be added.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewTeam {
    /// Which of the two.
    pub kind: TeamKind,
    /// Its name and the first part of its address.
    pub name: MemberName,
    /// Who is in it, at least one.
    pub members: Vec<MemberName>,
    /// It takes letters from outside too.
    pub open: bool,
}

/// What a group or role is to be from now on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TeamChange {
    /// Which of the two.
    pub kind: TeamKind,
    /// Its name.
    pub name: MemberName,
    /// Who is in it, at least one.
    pub members: Vec<MemberName>,
    /// It takes letters from outside too.
    pub open: bool,
}

/// What `entry` says; nothing when it has no name that a group or role can have. One without a mark is open.
pub(super) fn read(kind: TeamKind, entry: SearchEntry) -> Option<Team> {
    let mut attributes = entry.attrs;
    let name = first(&mut attributes, "cn")?.parse().ok()?;
    let dns = attributes.remove("member").unwrap_or_default();
    let mut members: Vec<MemberName> = dns.iter().filter_map(|dn| name::member_of_dn(dn)).collect();
    members.sort();
    let open = first(&mut attributes, "sosOpen").is_none_or(|open| open != "FALSE");
    Some(Team { kind, name, members, open, revision: revision(&mut attributes) })
}
