//! What mail programs ask for by themselves: Thunderbird's autoconfig and Outlook's autodiscover («POX»).
//!
//! Anybody may ask, and the answer is the same for everybody: it never says whether an address exists. Outlook posts
//! without a token of ours, so these paths stand outside of what guards forms; nothing is changed by them.

use askama::Template;
use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::middleware::from_fn_with_state;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use sos_ipc::Owner;
use sos_settings::MailAddress;

use crate::app::App;
use crate::guard::gate;
use crate::pages::phone::{IMAP_PORT, SMTP_PORT};

/// Largest question that Outlook may post; its own has 400 bytes.
const LARGEST: usize = 16 << 10;

/// How programs spell `autodiscover`.
const SPELLINGS: [&str; 4] = ["autodiscover", "Autodiscover", "AutoDiscover", "AUTODISCOVER"];

/// All of them, behind the gate that is closed before the claim.
pub fn routes(app: &App) -> Router<App> {
    let mut router = Router::new()
        .route("/mail/config-v1.1.xml", get(thunderbird))
        .route("/.well-known/autoconfig/mail/config-v1.1.xml", get(thunderbird));
    for folder in SPELLINGS {
        for (file, suffix) in SPELLINGS.iter().flat_map(|file| [(file, "xml"), (file, "XML")]) {
            router = router.route(&format!("/{folder}/{file}.{suffix}"), get(outlook).post(outlook));
        }
    }
    router.layer(from_fn_with_state(app.clone(), gate::keep))
}

/// Mozilla's «Autoconfiguration file format», version 1.1.
#[derive(Template)]
#[template(path = "autoconfig.xml")]
struct Thunderbird {
    organisation: String,
    domain: String,
    host: String,
    imap_port: u16,
    smtp_port: u16,
}

/// Microsoft's «Autodiscover Publishing and Lookup Protocol», [MS-OXDSCLI], for plain mail servers.
#[derive(Template)]
#[template(path = "autodiscover.xml")]
struct Outlook {
    host: String,
    /// The address asked about; nothing if it is none of ours.
    address: Option<String>,
    imap_port: u16,
    smtp_port: u16,
}

async fn thunderbird(State(app): State<App>) -> Response {
    let owner = match app.owner().await {
        Ok(owner) => owner,
        Err(error) => return busy(&error),
    };
    let (organisation, domain, host) = names(&owner);
    answer(&Thunderbird { organisation, domain, host, imap_port: IMAP_PORT, smtp_port: SMTP_PORT })
}

async fn outlook(State(app): State<App>, body: Body) -> Response {
    let Ok(body) = to_bytes(body, LARGEST).await else { return StatusCode::PAYLOAD_TOO_LARGE.into_response() };
    let owner = match app.owner().await {
        Ok(owner) => owner,
        Err(error) => return busy(&error),
    };
    let (_, domain, host) = names(&owner);
    let address = address_asked(&String::from_utf8_lossy(&body));
    let address = address.filter(|address| address.domain() == domain).map(String::from);
    answer(&Outlook { host, address, imap_port: IMAP_PORT, smtp_port: SMTP_PORT })
}

fn names(owner: &Owner) -> (String, String, String) {
    let text = |text: &Option<String>| text.clone().unwrap_or_default();
    (text(&owner.organisation), text(&owner.domain), text(&owner.host))
}

fn answer(template: &impl Template) -> Response {
    match template.render() {
        Ok(text) => {
            let headers = [(CONTENT_TYPE, "application/xml; charset=utf-8"), (CACHE_CONTROL, "max-age=3600")];
            (headers, text).into_response()
        }
        Err(error) => busy(&error),
    }
}

fn busy(error: &dyn std::fmt::Display) -> Response {
    eprintln!("{error}");
    StatusCode::SERVICE_UNAVAILABLE.into_response()
}

/// The address in Outlook's question: what stands in its one element `EMailAddress`. This is no parser of XML: no
/// entity is looked at, nothing is inside of anything, and what is no plain address is none.
#[must_use]
pub fn address_asked(question: &str) -> Option<MailAddress> {
    const NAME: &str = "EMailAddress";
    let mut elements = question.split('<').skip(1).filter_map(|element| element.split_once('>'));
    let (_, text) = elements.find(|(tag, _)| {
        let name = tag.split([' ', '\t', '\r', '\n']).next().unwrap_or_default();
        name.rsplit(':').next().is_some_and(|name| name.eq_ignore_ascii_case(NAME))
    })?;
    text.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(question: &str) -> Option<String> {
        address_asked(question).map(String::from)
    }

    #[test]
    fn finds_the_address_that_outlook_asks_about() {
        let question = "<?xml version=\"1.0\" encoding=\"utf-8\"?><Autodiscover xmlns=\"http://schemas.microsoft.com/\
            exchange/autodiscover/outlook/requestschema/2006\"><Request>\r\n<EMailAddress>Jill@Ambridge.example\
            </EMailAddress><AcceptableResponseSchema>http://…</AcceptableResponseSchema></Request></Autodiscover>";
        assert_eq!(asked(question).as_deref(), Some("Jill@ambridge.example"));
        assert_eq!(
            asked("<a:EMailAddress b=\"c\"> jill@a.example\n</a:EMailAddress>").as_deref(),
            Some("jill@a.example")
        );
    }

    #[test]
    fn takes_nothing_that_is_no_plain_address() {
        for question in [
            "",
            "<EMailAddress>",
            "EMailAddress>jill@a.example<",
            "<EMailAddress/>",
            "<EMailAddress>jill&amp;@a.example</EMailAddress>",
            "<!DOCTYPE a [<!ENTITY b SYSTEM \"file:///etc/passwd\">]><EMailAddress>&b;</EMailAddress>",
        ] {
            assert_eq!(asked(question), None, "{question}");
        }
    }
}
