//! «Set up my phone»: a profile for Apple's devices, what other programs find by themselves, and a table for the rest.

use askama::Template;
use axum::Router;
use axum::extract::State;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use sha2::{Digest as _, Sha256};

use crate::app::App;
use crate::page::{self, ForMembers, Page};

/// Port of IMAP with TLS (RFC 8314).
pub const IMAP_PORT: u16 = 993;
/// Port of submission with TLS (RFC 8314).
pub const SMTP_PORT: u16 = 465;

/// `/me/phone` and the profile.
pub fn routes() -> Router<App> {
    Router::new().route("/me/phone", get(show)).route("/me/phone/mail.mobileconfig", get(profile))
}

#[derive(Template)]
#[template(path = "phone.html")]
struct Phone {
    page: Page,
    name: String,
    address: String,
    full_name: String,
    forward: Option<String>,
    imap_port: u16,
    smtp_port: u16,
}

async fn show(State(app): State<App>, ForMembers { page, me }: ForMembers) -> Response {
    let member = match app.directory.member(&me.name).await {
        Ok(Some(member)) => member,
        Ok(None) => return page.missing(),
        Err(error) => return page.broken(&error),
    };
    page::html(&Phone {
        name: me.name.to_string(),
        address: format!("{}@{}", me.name, page.domain),
        full_name: member.full_name,
        forward: member.forward,
        imap_port: IMAP_PORT,
        smtp_port: SMTP_PORT,
        page: page.titled("phone-title"),
    })
}

/// A configuration profile (Apple, «Device Management», payload `com.apple.mail.managed`). It is not signed, and there
/// is no password in it: the device asks.
#[derive(Template)]
#[template(path = "profile.xml")]
struct Profile {
    organisation: String,
    host: String,
    full_name: String,
    address: String,
    name: String,
    identifier: String,
    profile_uuid: String,
    account_uuid: String,
    explanation: String,
    imap_port: u16,
    smtp_port: u16,
}

async fn profile(ForMembers { page, me }: ForMembers) -> Response {
    let reversed: Vec<&str> = page.domain.rsplit('.').collect();
    let identifier = format!("{}.mail.{}", reversed.join("."), me.name);
    let profile = Profile {
        organisation: page.organisation.clone(),
        host: page.host.clone(),
        full_name: me.full_name.clone(),
        address: format!("{}@{}", me.name, page.domain),
        name: me.name.to_string(),
        profile_uuid: uuid(&identifier),
        account_uuid: uuid(&format!("{identifier}.account")),
        identifier,
        explanation: page.t.with("phone-profile-about", [("organisation", page.organisation.as_str())]),
        imap_port: IMAP_PORT,
        smtp_port: SMTP_PORT,
    };
    match profile.render() {
        Ok(text) => {
            let kind = (CONTENT_TYPE, "application/x-apple-aspen-config");
            let place = (CONTENT_DISPOSITION, "attachment; filename=\"mail.mobileconfig\"");
            ([kind, place], text).into_response()
        }
        Err(error) => page.broken(&error),
    }
}

/// The same UUID (RFC 9562, version 8) for the same `name`, so that a device takes a second profile for the first one.
fn uuid(name: &str) -> String {
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&Sha256::digest(format!("sos mobileconfig {name}"))[..16]);
    bytes[6] = bytes[6] & 0x0f | 0x80;
    bytes[8] = bytes[8] & 0x3f | 0x80;
    let hex = hex::encode_upper(bytes);
    format!("{}-{}-{}-{}-{}", &hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn uuids_are_uuids_and_stay() {
        let one = uuid("example.ambridge.mail.jill");
        assert_eq!(one.len(), 36);
        assert_eq!(one.as_bytes()[14], b'8');
        assert!(b"89AB".contains(&one.as_bytes()[19]));
        assert_eq!(one, uuid("example.ambridge.mail.jill"));
        assert_ne!(one, uuid("example.ambridge.mail.joe"));
    }
}
