//! What there is to go to, and for whom.

use crate::page::Page;

/// A page in the menu and a tile on the first page.
pub struct Entry {
    /// Where it is.
    pub path: &'static str,
    /// What it is called.
    pub label: String,
    /// What can be done there.
    pub about: String,
    /// Whether the page shown is it, or below it.
    pub current: bool,
}

/// Pages of every member: path, key of the name, key of what can be done there.
const FOR_MEMBERS: [(&str, &str, &str); 5] = [
    ("/me/mail", "menu-mail", "menu-mail-about"),
    ("/me/phone", "menu-phone", "menu-phone-about"),
    ("/me/vacation", "menu-vacation", "menu-vacation-about"),
    ("/me/filters", "menu-filters", "menu-filters-about"),
    ("/me/password", "menu-password", "menu-password-about"),
];

/// Those of them that the mail server has to be there for.
const OF_MAIL: [&str; 2] = ["/me/vacation", "/me/filters"];

/// Pages of administrators.
const FOR_ADMINISTRATORS: [(&str, &str, &str); 9] = [
    ("/members", "menu-members", "menu-members-about"),
    ("/groups", "menu-groups", "menu-groups-about"),
    ("/roles", "menu-roles", "menu-roles-about"),
    ("/dns", "menu-dns", "menu-dns-about"),
    ("/health", "menu-health", "menu-health-about"),
    ("/services", "menu-services", "menu-services-about"),
    ("/organisation", "menu-organisation", "menu-organisation-about"),
    ("/updates", "menu-updates", "menu-updates-about"),
    ("/log", "menu-log", "menu-log-about"),
];

/// What a member can go to.
#[must_use]
pub fn for_members(page: &Page) -> Vec<Entry> {
    let mut entries = entries(page, &FOR_MEMBERS);
    entries.retain(|entry| page.mail || !OF_MAIL.contains(&entry.path));
    entries
}

/// What an administrator can go to besides.
#[must_use]
pub fn for_administrators(page: &Page) -> Vec<Entry> {
    entries(page, &FOR_ADMINISTRATORS)
}

fn entries(page: &Page, list: &[(&'static str, &str, &str)]) -> Vec<Entry> {
    let current =
        |path: &str| page.path.strip_prefix(path).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
    list.iter()
        .map(|(path, label, about)| Entry {
            path,
            label: page.t.say(label),
            about: page.t.say(about),
            current: current(path),
        })
        .collect()
}
