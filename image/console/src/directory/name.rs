//! Distinguished names (RFC 4514) and search filters (RFC 4515): the one place that writes them, and always escaped.

use ldap3::ldap_escape;
use sos_settings::{ADMINISTRATORS, MemberName, SUFFIX, escape_dn_value};

use super::TeamKind;

/// Where members are.
pub(super) fn members() -> String {
    format!("ou=members,{SUFFIX}")
}

/// Where the groups or the roles are.
pub(super) fn teams(kind: TeamKind) -> String {
    format!("ou={},{SUFFIX}", kind.unit())
}

/// A member's entry.
pub(super) fn member(name: &str) -> String {
    format!("uid={},ou=members,{SUFFIX}", escape_dn_value(name))
}

/// A group's or role's entry.
pub(super) fn team(kind: TeamKind, name: &str) -> String {
    format!("cn={},ou={},{SUFFIX}", escape_dn_value(name), kind.unit())
}

/// The entry of those who look after the server.
pub(super) fn administrators() -> String {
    team(TeamKind::Role, ADMINISTRATORS)
}

/// The member whose entry `dn` is; nothing for a name that no member can have.
pub(super) fn member_of_dn(dn: &str) -> Option<MemberName> {
    let rest = dn.strip_prefix("uid=")?;
    let name = rest.strip_suffix(SUFFIX)?.strip_suffix(",ou=members,")?;
    name.parse().ok()
}

/// `(attribute=value)`, whatever the value.
pub(super) fn equals(attribute: &str, value: &str) -> String {
    format!("({attribute}={})", ldap_escape(value))
}

/// `(|…)`.
pub(super) fn any(filters: impl IntoIterator<Item = String>) -> String {
    format!("(|{})", filters.into_iter().collect::<String>())
}

/// `(&…)`.
pub(super) fn all(filters: impl IntoIterator<Item = String>) -> String {
    format!("(&{})", filters.into_iter().collect::<String>())
}

/// Members that are people.
pub(super) fn people() -> String {
    "(&(objectClass=sosMember)(!(sosHidden=TRUE)))".into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn filters_hold_values_and_never_syntax() {
        assert_eq!(equals("uid", "*)(uid=*"), "(uid=\\2a\\29\\28uid=\\2a)");
        assert_eq!(equals("uid", "a\\b\0"), "(uid=a\\5cb\\00)");
    }

    #[test]
    fn names_go_there_and_back() {
        let name: MemberName = "jill.archer-2".parse().unwrap();
        assert_eq!(member_of_dn(&member(name.as_str())), Some(name));
        assert_eq!(member("x,ou=roles"), "uid=x\\,ou\\=roles,ou=members,o=organisation");
        for foreign in ["", "cn=x,ou=groups,o=organisation", "uid=x\\,y,ou=members,o=organisation"] {
            assert_eq!(member_of_dn(foreign), None);
        }
    }
}
