//! The letter that invites a new member, and the link in it.

use sos_ipc::Letter;

use crate::text::Say;

/// Where an invitation is taken up. The host is the settings', never what a browser says it asked.
#[must_use]
pub fn link(host: &str, token: &str) -> String {
    format!("https://{host}/invite/{token}")
}

/// The letter.
#[must_use]
pub fn letter(t: Say, to: &str, full_name: &str, organisation: &str, link: &str) -> Letter {
    Letter {
        to: to.to_owned(),
        subject: t.with("invitation-subject", [("organisation", organisation)]),
        text: t.with("invitation-text", [("name", full_name), ("organisation", organisation), ("link", link)]),
    }
}
