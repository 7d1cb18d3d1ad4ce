//! The Ambridge Garden Club: who is in it, with which password, in the words of its `sos:` mapping.

use std::fmt::Write;

/// The mapping of `fixtures/ambridge.yaml`, ready to go into user data.
pub const MAPPING: &str = include_str!("../fixtures/ambridge.yaml");
/// The club's domain.
pub const DOMAIN: &str = "ambridge.example";
/// Its server.
pub const HOST: &str = "mail.ambridge.example";

/// A member.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Member {
    /// The name before the @.
    pub name: &'static str,
    /// The one password.
    pub password: &'static str,
}

impl Member {
    /// The member's first address.
    #[must_use]
    pub fn address(&self) -> String {
        format!("{}@{DOMAIN}", self.name)
    }
}

/// On the committee; first member, so the administrators' mail comes to her.
pub const JILL: Member = Member { name: "jill", password: "leeks-and-marrows-1957" };
/// On the committee, and the treasurer.
pub const SHULA: Member = Member { name: "shula", password: "bell-ringing-on-sunday" };
/// Forwarded to ruth@borchester.example.
pub const DAVID: Member = Member { name: "david", password: "brookfield-in-the-rain" };
/// With a quota of [`PIPS_QUOTA_MIB`].
pub const PIP: Member = Member { name: "pip", password: "heifers-by-the-river" };
/// An ordinary member.
pub const KENTON: Member = Member { name: "kenton", password: "last-orders-at-the-bull" };

/// All of them.
pub const MEMBERS: [Member; 5] = [JILL, SHULA, DAVID, PIP, KENTON];

/// What fits into pip's mailbox.
pub const PIPS_QUOTA_MIB: usize = 3;

/// A mapping with `count` members, for the large organisation.
#[must_use]
pub fn mapping_of(count: usize) -> String {
    let mut text = format!(
        "sos:\n  version: 1\n  organisation: {{name: Felpersham Choir, domain: {DOMAIN}}}\n  host: {HOST}\n  members:\n"
    );
    for number in 1..=count {
        writeln!(
            text,
            "    - {{name: singer{number}, full_name: Singer Number {number}, password: \"{}\"}}",
            password_of(number)
        )
        .ok();
    }
    text
}

/// The password of the numbered member of [`mapping_of`].
#[must_use]
pub fn password_of(number: usize) -> String {
    format!("sings-in-row-{number}-of-the-choir")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_members_here_are_the_members_of_the_mapping() {
        for member in MEMBERS {
            assert!(MAPPING.contains(&format!("- name: {}\n", member.name)), "{}", member.name);
            assert!(MAPPING.contains(&format!("password: {}\n", member.password)), "{}", member.name);
        }
        assert!(MAPPING.contains(&format!("quota_mib: {PIPS_QUOTA_MIB}\n")));
    }

    #[test]
    fn a_large_mapping_has_as_many_members_as_asked_for() {
        assert_eq!(mapping_of(200).matches("- {name: singer").count(), 200);
    }
}
