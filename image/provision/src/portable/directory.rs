//! The directory as LDIF: members, groups and roles, without the probe of the health transactions, which each server has
//! of its own, and without what slapd notes for itself.

use std::collections::{BTreeMap, BTreeSet};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest as _, Sha256};
use sos_settings::{Ldif, LocalPart, MemberName, PROBE_MEMBER, SUFFIX};

use super::ldif::Record;
use super::refusal::Refusal;

/// Where it is in an export.
pub(super) const FILE: &str = "directory/organisation.ldif";
/// What of an entry is slapd's own (RFC 4512, section 3.4; RFC 4530).
const OPERATIONAL: [&str; 11] = [
    "structuralObjectClass",
    "entryUUID",
    "entryDN",
    "entryCSN",
    "contextCSN",
    "creatorsName",
    "createTimestamp",
    "modifiersName",
    "modifyTimestamp",
    "subschemaSubentry",
    "hasSubordinates",
];

/// Where an entry stands.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Branch {
    Root,
    Unit,
    Member(MemberName),
    Team { role: bool, name: LocalPart },
}

fn branch(dn: &str) -> Option<Branch> {
    let below = dn.strip_suffix(SUFFIX)?;
    if below.is_empty() {
        return Some(Branch::Root);
    }
    let parts: Vec<&str> = below.strip_suffix(',')?.split(',').collect();
    match parts[..] {
        ["ou=members" | "ou=groups" | "ou=roles"] => Some(Branch::Unit),
        [name, "ou=members"] => name.strip_prefix("uid=")?.parse().ok().map(Branch::Member),
        [name, unit @ ("ou=groups" | "ou=roles")] => {
            let name = name.strip_prefix("cn=")?.parse().ok()?;
            Some(Branch::Team { role: unit == "ou=roles", name })
        }
        _ => None,
    }
}

/// What of the directory's content is the organisation's.
pub(super) fn own(records: Vec<Record>) -> Vec<Record> {
    let probe = format!("uid={PROBE_MEMBER},");
    let mut own: Vec<Record> = records.into_iter().filter(|record| !record.dn.starts_with(&probe)).collect();
    for record in &mut own {
        record.attributes.retain(|(name, _)| !OPERATIONAL.iter().any(|other| other.eq_ignore_ascii_case(name)));
    }
    own
}

/// Checks that `records` are an organisation's, which slapd's own rules do not look after when it loads them. Gives its
/// members.
///
/// # Errors
/// [`Refusal::Malformed`], which says where.
pub fn check(records: &[Record]) -> Result<BTreeSet<MemberName>, Refusal> {
    let fault = |dn: &str, what: &str| Refusal::malformed(FILE, format!("{dn:?} {what}"));
    let (mut members, mut names, mut addresses) = (BTreeSet::new(), BTreeSet::new(), BTreeMap::new());
    for record in records {
        let dn = record.dn.as_str();
        let branch = branch(dn).ok_or_else(|| fault(dn, "is no place for a member, group or role"))?;
        if !names.insert(dn) {
            return Err(fault(dn, "is there twice"));
        }
        match &branch {
            Branch::Member(name) if name.as_str() == PROBE_MEMBER || record.values("sosHidden").next().is_some() => {
                return Err(fault(dn, "is a member of the system, and no person"));
            }
            Branch::Member(name) if !record.texts("uid").eq([name.as_str()]) => {
                return Err(fault(dn, "has another uid than its name says"));
            }
            Branch::Member(name) => drop(members.insert(name.clone())),
            Branch::Team { name, .. } if !record.texts("cn").eq([name.as_str()]) => {
                return Err(fault(dn, "has another cn than its name says"));
            }
            Branch::Root | Branch::Unit | Branch::Team { .. } => {}
        }
        if record.values("userPassword").any(|value| !value.starts_with(b"{")) {
            return Err(fault(dn, "has a password that is no hash, such as {ARGON2}…"));
        }
        for address in record.texts("mailLocalAddress").map(str::to_ascii_lowercase) {
            if let Some(other) = addresses.insert(address.clone(), dn).filter(|other| *other != dn) {
                return Err(fault(dn, &format!("has the address {address}, which {other:?} has too")));
            }
        }
    }
    let units = ["members", "groups", "roles"].map(|unit| format!("ou={unit},{SUFFIX}"));
    match [SUFFIX].into_iter().chain(units.iter().map(String::as_str)).find(|dn| !names.contains(dn)) {
        Some(missing) => Err(fault(missing, "is not there")),
        None => Ok(members),
    }
}

/// `records` as LDIF, with the values of an attribute together, as slapadd(8) wants its classes; parents come first.
pub(super) fn to_ldif(records: &[Record]) -> Ldif {
    let mut ldif = Ldif::default();
    let mut records: Vec<&Record> = records.iter().collect();
    records.sort_by_key(|record| record.dn.matches(',').count());
    for record in records {
        let mut attributes: Vec<(&str, &[u8])> = Vec::with_capacity(record.attributes.len());
        for (name, value) in &record.attributes {
            let last = attributes.iter().rposition(|(other, _)| other.eq_ignore_ascii_case(name));
            attributes.insert(last.map_or(attributes.len(), |at| at + 1), (name, value));
        }
        ldif.entry(&record.dn, attributes);
    }
    ldif
}

/// What an organisation's directory is, whatever the order in which it is written: a checksum for each member, with their
/// groups and roles, and one for all that is no member.
pub(super) fn checksums(records: &[Record]) -> (BTreeMap<MemberName, String>, String) {
    let mut teams_of: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
    let mut others = BTreeMap::new();
    for record in records {
        if let Some(Branch::Team { role, name }) = branch(&record.dn) {
            let team = format!("{}:{name}", if role { "role" } else { "group" });
            for member in record.texts("member") {
                teams_of.entry(member).or_default().insert(team.clone());
            }
        }
    }
    let mut members = BTreeMap::new();
    for record in records {
        let lines = lines(record);
        match branch(&record.dn) {
            Some(Branch::Member(name)) => {
                let teams = teams_of.remove(record.dn.as_str()).unwrap_or_default();
                members.insert(name, digest(lines.iter().chain(&teams)));
            }
            _ => drop(others.insert(record.dn.as_str(), digest(lines.iter()))),
        }
    }
    let others: Vec<String> = others.into_iter().map(|(dn, digest)| format!("{dn} {digest}")).collect();
    (members, digest(others.iter()))
}

/// An entry's attributes, sorted: `name:value`, the name in small letters, the value in base64.
fn lines(record: &Record) -> BTreeSet<String> {
    let line = |(name, value): &(String, Vec<u8>)| format!("{}:{}", name.to_ascii_lowercase(), STANDARD.encode(value));
    record.attributes.iter().map(line).collect()
}

/// SHA-256 of the lines, each with an end.
fn digest<'a>(lines: impl Iterator<Item = &'a String>) -> String {
    let mut hash = Sha256::new();
    for line in lines {
        hash.update(line);
        hash.update("\n");
    }
    hex::encode(hash.finalize())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::portable::ldif::parse;

    const GOOD: &str = include_str!("../../../settings/tests/golden/directory.ldif");

    fn good() -> Vec<Record> {
        own(parse(GOOD.as_bytes()).unwrap())
    }

    #[test]
    fn members_are_found_and_the_probe_is_not_among_them() {
        let members: Vec<String> = check(&good()).unwrap().iter().map(ToString::to_string).collect();
        assert_eq!(members, ["david", "jill"]);
    }

    #[test]
    fn what_is_written_is_the_same_organisation_in_whatever_order() {
        let mut records = good();
        let before = checksums(&records);
        records.reverse();
        for record in &mut records {
            record.attributes.reverse();
            record.attributes.push(("entryUUID".into(), b"1".to_vec()));
        }
        let again = own(parse(to_ldif(&records).text().as_bytes()).unwrap());
        assert_eq!(again[0].dn, SUFFIX, "parents come first");
        assert_eq!(checksums(&again), before);
    }

    #[test]
    fn a_change_to_a_member_shows_at_them_and_nobody_else() {
        let before = checksums(&good()).0;
        let name = |name: &str| name.parse::<MemberName>().unwrap();
        for change in [("sosMailQuota: 3", "sosMailQuota: 4"), ("ruth@borchester", "kate@borchester")] {
            let after = checksums(&own(parse(GOOD.replace(change.0, change.1).as_bytes()).unwrap())).0;
            assert_ne!(before[&name("david")], after[&name("david")], "{change:?}");
            assert_eq!(before[&name("jill")], after[&name("jill")], "{change:?}");
        }
        let alone = GOOD.replacen("member: uid=david,ou=members,o=organisation\n", "", 1);
        let after = checksums(&own(parse(alone.as_bytes()).unwrap())).0;
        assert_ne!(before[&name("david")], after[&name("david")], "out of a group");
        assert_eq!(before[&name("jill")], after[&name("jill")]);
    }

    #[test]
    fn what_is_no_organisation_is_refused() {
        let text = to_ldif(&good()).text().to_owned();
        let jill = "dn: uid=jill,ou=members,o=organisation";
        for (from, to, why) in [
            (jill, "dn: uid=../jill,ou=members,o=organisation", "is no place"),
            (jill, "dn: uid=jill,ou=spies,o=organisation", "is no place"),
            (jill, "dn: cn=config", "is no place"),
            ("uid: jill\n", "uid: root\n", "another uid"),
            ("cn: committee\n", "cn: spies\n", "another cn"),
            ("uid: jill\n", "uid: jill\nsosHidden: TRUE\n", "member of the system"),
            (jill, "dn: uid=sos-probe,ou=members,o=organisation", "member of the system"),
            ("{ARGON2}x", "plain", "no hash"),
            ("j.archer@", "david@", "has too"),
            (jill, "dn: uid=david,ou=members,o=organisation", ""),
            ("dn: ou=roles,o=organisation\nobjectClass: organizationalUnit\nou: roles\n\n", "", "is not there"),
        ] {
            let changed = text.replacen(from, to, 1);
            assert_ne!(changed, text, "{from}");
            let refusal = check(&parse(changed.as_bytes()).unwrap()).unwrap_err().to_string();
            assert!(refusal.contains(why), "{to}: {refusal}");
        }
    }
}
