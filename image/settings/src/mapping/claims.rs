//! Who claims which address: every one belongs to exactly one member, group or role.

use std::collections::{BTreeMap, BTreeSet};

use super::reader::Node;
use super::{ADMINISTRATORS, NEW_PAGE, PAGE_NAMES, STANDING_ADDRESSES};
use crate::directory::PROBE_MEMBER;
use crate::names::{LocalPart, MemberName};
use crate::problem::Problems;

/// What a name is the name of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Member,
    Group,
    Role,
}

/// Names and addresses met so far, each with its places.
#[derive(Default)]
pub(super) struct Claims {
    members: BTreeSet<MemberName>,
    /// First place of each local part, and the further ones.
    addresses: BTreeMap<String, Vec<String>>,
}

impl Claims {
    /// The name at `node`, which is also an address.
    pub(super) fn name(&mut self, node: &Node<'_>, kind: Kind, problems: &mut Problems) -> Option<MemberName> {
        let name: MemberName = node.parse(problems)?;
        if !self.claim(node, name.as_str(), kind, problems) {
            return None;
        }
        if name.as_str() == NEW_PAGE || (kind == Kind::Member && PAGE_NAMES.contains(&name.as_str())) {
            problems
                .add(&node.path, format!("{:?} is the name of a page of the console; choose another", name.as_str()));
            return None;
        }
        if kind == Kind::Member {
            self.members.insert(name.clone());
        }
        Some(name)
    }

    /// The further address `local` at `node`.
    pub(super) fn address(&mut self, node: &Node<'_>, local: &str, problems: &mut Problems) -> Option<LocalPart> {
        match local.parse::<LocalPart>() {
            Ok(local) => self.claim(node, local.as_str(), Kind::Member, problems).then_some(local),
            Err(error) => {
                problems.add(&node.path, error.to_string());
                None
            }
        }
    }

    /// The member whom `node` names.
    pub(super) fn member(&self, node: &Node<'_>, problems: &mut Problems) -> Option<MemberName> {
        let name: MemberName = node.parse(problems)?;
        if !self.members.contains(&name) {
            problems.add(&node.path, format!("there is no member {name}; add them under members, or remove them here"));
            return None;
        }
        Some(name)
    }

    /// Notes every address that has more than one place, at each place but the first.
    pub(super) fn report_duplicates(&self, problems: &mut Problems) {
        for (local, places) in &self.addresses {
            for place in &places[1..] {
                problems.add(place, format!("{local:?} is taken at {} already; choose another", places[0]));
            }
        }
    }

    fn claim(&mut self, node: &Node<'_>, local: &str, kind: Kind, problems: &mut Problems) -> bool {
        let standing = STANDING_ADDRESSES.contains(&local);
        if standing || local == "mailer-daemon" {
            problems
                .add(&node.path, format!("{local:?} always reaches the role {ADMINISTRATORS}; put its readers there"));
            return false;
        }
        if local == PROBE_MEMBER || (local == ADMINISTRATORS && kind != Kind::Role) {
            problems.add(&node.path, format!("{local:?} is kept for the server's own use; choose another"));
            return false;
        }
        self.addresses.entry(local.to_owned()).or_default().push(node.path.clone());
        true
    }
}
