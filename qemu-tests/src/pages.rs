//! The pages of the console, by who sees them: a name for pictures and tables, and the path.

/// Of somebody who is not signed in.
pub const OF_STRANGERS: [(&str, &str); 5] = [
    ("sign-in", "/"),
    ("forgot", "/forgot"),
    ("reset-over", "/reset/0000"),
    ("invite-over", "/invite/0000"),
    ("missing", "/no/such/page"),
];

/// Of every member.
pub const OF_MEMBERS: [(&str, &str); 7] = [
    ("home", "/"),
    ("me", "/me"),
    ("me-password", "/me/password"),
    ("me-mail", "/me/mail"),
    ("me-vacation", "/me/vacation"),
    ("me-filters", "/me/filters"),
    ("me-phone", "/me/phone"),
];

/// Of administrators besides, whatever the organisation.
pub const OF_ADMINISTRATORS: [(&str, &str); 17] = [
    ("home-administrator", "/"),
    ("progress", "/progress"),
    ("dns", "/dns"),
    ("members", "/members"),
    ("members-new", "/members/new"),
    ("members-invite", "/members/invite"),
    ("members-import", "/members/import"),
    ("groups", "/groups"),
    ("groups-new", "/groups/new"),
    ("roles", "/roles"),
    ("roles-new", "/roles/new"),
    ("services", "/services"),
    ("organisation", "/organisation"),
    ("health", "/health"),
    ("updates", "/updates"),
    ("updates-back", "/updates/back"),
    ("log", "/log"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_page_has_a_name_of_its_own() {
        let all: Vec<_> = OF_STRANGERS.iter().chain(&OF_MEMBERS).chain(&OF_ADMINISTRATORS).map(|page| page.0).collect();
        let different: std::collections::BTreeSet<_> = all.iter().collect();
        assert_eq!(different.len(), all.len());
    }
}
