//! Members, groups and roles → the directory's first content.
//!
//! Entries: `uid=<name>,ou=members`, `cn=<name>,ou=groups`, `cn=<name>,ou=roles`, all below `o=organisation`. Every
//! address of ours is a `mailLocalAddress`; a member's first is also their `mail`. A `mailRoutingAddress` means that a
//! member's mail goes on to there. `sosRecovery` is an address elsewhere, `sosOpen: FALSE` marks a group that only
//! members write to.

use crate::ldif::{Ldif, escape_dn_value};
use crate::mapping::{ADMINISTRATORS, Mapping, Member, STANDING_ADDRESSES, Team};
use crate::names::{Domain, MailAddress, MemberName};
use crate::secret::Secret;

/// Name of everything in the directory.
pub const SUFFIX: &str = "o=organisation";
/// The member that health transactions act as; no list of people shows it.
pub const PROBE_MEMBER: &str = "sos-probe";

/// A member with the hash of their password, as `userPassword` takes it (`{ARGON2}$argon2id$…`).
#[derive(Debug, Clone, Copy)]
pub struct HashedMember<'a> {
    /// The member.
    pub member: &'a Member,
    /// The hash.
    pub hash: &'a Secret,
}

/// The directory's whole content. `members` are those of `mapping` in its order; `probe` is the hash of the probe
/// member's password.
#[must_use]
pub fn directory_ldif(mapping: &Mapping, members: &[HashedMember<'_>], probe: &Secret) -> Ldif {
    let domain = &mapping.organisation.domain;
    let mut ldif = Ldif::default();
    ldif.entry(
        SUFFIX,
        [("objectClass", "organization"), ("o", "organisation"), ("description", mapping.organisation.name.as_str())],
    );
    for unit in ["members", "groups", "roles"] {
        ldif.entry(&format!("ou={unit},{SUFFIX}"), [("objectClass", "organizationalUnit"), ("ou", unit)]);
    }
    for member in members {
        add_member(&mut ldif, domain, *member);
    }
    add_probe_member(&mut ldif, domain, probe);
    for group in &mapping.groups {
        add_team(&mut ldif, "groups", domain, group);
    }
    for role in &mapping.roles {
        add_team(&mut ldif, "roles", domain, role);
    }
    ldif
}

fn member_dn(name: &str) -> String {
    format!("uid={},ou=members,{SUFFIX}", escape_dn_value(name))
}

fn add_member(ldif: &mut Ldif, domain: &Domain, HashedMember { member, hash }: HashedMember<'_>) {
    let addresses = addresses_of(member, domain);
    let surname = member.full_name.as_str().rsplit(' ').next().unwrap_or_default();
    let quota = member.quota_mib.map(|quota| quota.to_string());
    let mut attributes = vec![
        ("objectClass", "inetOrgPerson"),
        ("objectClass", "inetLocalMailRecipient"),
        ("objectClass", "sosMember"),
        ("uid", member.name.as_str()),
        ("cn", member.full_name.as_str()),
        ("sn", surname),
        ("userPassword", hash.reveal()),
        ("mail", addresses[0].as_str()),
    ];
    attributes.extend(addresses.iter().map(|address| ("mailLocalAddress", address.as_str())));
    attributes.extend(member.forward.as_ref().map(|target| ("mailRoutingAddress", target.as_str())));
    attributes.extend(member.recovery.as_ref().map(|address| ("sosRecovery", address.as_str())));
    attributes.extend(quota.as_deref().map(|quota| ("sosMailQuota", quota)));
    ldif.entry(&member_dn(member.name.as_str()), attributes);
}

fn addresses_of(member: &Member, domain: &Domain) -> Vec<MailAddress> {
    let own = crate::names::LocalPart::from(member.name.clone());
    std::iter::once(&own).chain(&member.addresses).map(|local| local.at(domain)).collect()
}

/// Adds the member that health transactions act as, with the hash of their password.
pub fn add_probe_member(ldif: &mut Ldif, domain: &Domain, hash: &Secret) {
    let address = format!("{PROBE_MEMBER}@{domain}");
    ldif.entry(
        &member_dn(PROBE_MEMBER),
        [
            ("objectClass", "inetOrgPerson"),
            ("objectClass", "inetLocalMailRecipient"),
            ("objectClass", "sosMember"),
            ("uid", PROBE_MEMBER),
            ("cn", "Health probe"),
            ("sn", "probe"),
            ("userPassword", hash.reveal()),
            ("mail", &address),
            ("mailLocalAddress", &address),
            ("sosHidden", "TRUE"),
        ],
    );
}

fn add_team(ldif: &mut Ldif, unit: &str, domain: &Domain, team: &Team) {
    let name = team.name.as_str();
    let mut locals = vec![name];
    if unit == "roles" && name == ADMINISTRATORS {
        locals.extend(STANDING_ADDRESSES);
    }
    let addresses: Vec<String> = locals.iter().map(|local| format!("{local}@{domain}")).collect();
    let members: Vec<String> = team.members.iter().map(MemberName::as_str).map(member_dn).collect();
    let mut attributes = vec![("objectClass", "groupOfNames"), ("objectClass", "inetLocalMailRecipient")];
    // slapadd(8) takes an entry's classes only when they stand together.
    if unit == "groups" {
        attributes.extend([("objectClass", "sosTeam"), ("sosOpen", if team.open { "TRUE" } else { "FALSE" })]);
    }
    attributes.push(("cn", name));
    attributes.extend(addresses.iter().map(|address| ("mailLocalAddress", address.as_str())));
    attributes.extend(members.iter().map(|member| ("member", member.as_str())));
    ldif.entry(&format!("cn={},ou={unit},{SUFFIX}", escape_dn_value(name)), attributes);
}
