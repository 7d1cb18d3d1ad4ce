//! No other site makes a browser post a form of ours. A request that changes something must come from our own pages
//! (`Sec-Fetch-Site` and `Origin`, where the browser sends them) and carry the token of its session.
//!
//! It is checked here, before any handler is called, for every such request: no page can forget it. The body is bounded
//! here too.

use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{FromRequest, Multipart, Request, State};
use axum::http::header::{CONTENT_TYPE, HOST, ORIGIN};
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method, StatusCode};
use axum::middleware::Next;
use axum::response::Response;
use rand::RngCore;
use rand::rngs::OsRng;
use subtle::ConstantTimeEq;
use tower_sessions::Session;

use crate::app::App;
use crate::form::Posted;
use crate::guard::session;
use crate::journal::Asked;
use crate::page;

/// Largest form, in bytes.
pub const LARGEST_FORM: usize = 64 << 10;
/// Largest form with a file in it, which only those who are signed in may send.
pub const LARGEST_UPLOAD: usize = 2 << 20;
/// The name of the field.
pub const FIELD: &str = "csrf";

/// A new token: 256 random bits.
#[must_use]
pub fn token() -> String {
    let mut bytes = [0; 32];
    OsRng.fill_bytes(&mut bytes);
    hex::encode(bytes)
}

/// Refuses what does not come from our own pages.
pub async fn check(State(app): State<App>, session: Session, request: Request, next: Next) -> Response {
    if [Method::GET, Method::HEAD, Method::OPTIONS].contains(request.method()) {
        return next.run(request).await;
    }
    let (parts, body) = request.into_parts();
    if !is_from_us(&parts.headers) {
        app.journal.refused(app.clock.now(), &Asked::by(&parts), "a form of another site");
        return page::error(&app, &parts, StatusCode::FORBIDDEN).await;
    }
    let upload = is_upload(&parts.headers) && session::member(&session).await.is_some();
    // One file at a time: each is in memory as a whole, and more than once. nginx has it all before we get any.
    let _place = if upload { app.uploads.acquire().await.ok() } else { None };
    let Ok(body) = to_bytes(body, if upload { LARGEST_UPLOAD } else { LARGEST_FORM }).await else {
        return page::error(&app, &parts, StatusCode::PAYLOAD_TOO_LARGE).await;
    };
    let sent = if upload { token_of_upload(&parts, &body).await } else { Posted::parse(&body).get(FIELD).to_owned() };
    let held: Option<String> = session.get(session::CSRF).await.ok().flatten();
    match held {
        Some(held) if bool::from(held.as_bytes().ct_eq(sent.as_bytes())) => {
            next.run(Request::from_parts(parts, Body::from(body))).await
        }
        _ => {
            app.journal.refused(app.clock.now(), &Asked::by(&parts), "a form without its session's token");
            page::error(&app, &parts, StatusCode::FORBIDDEN).await
        }
    }
}

/// Whether the browser says that a page of ours sent this; one that says nothing is left to the token.
fn is_from_us(headers: &HeaderMap) -> bool {
    let text = |name| headers.get(name).map(|value| value.to_str().unwrap_or_default());
    let site = headers.get("sec-fetch-site").is_none_or(|site| site == "same-origin" || site == "none");
    let host = text(HOST).unwrap_or_default();
    let origin = text(ORIGIN).is_none_or(|origin| {
        let authority = origin.strip_prefix("https://").or_else(|| origin.strip_prefix("http://"));
        authority
            .is_some_and(|authority| !authority.is_empty() && (authority == host || without_port(authority) == host))
    });
    site && origin
}

/// The host of `authority`: nginx tells us the host without a port, also where the browser came by a forwarded one.
fn without_port(authority: &str) -> &str {
    match authority.rsplit_once(':') {
        Some((host, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => host,
        _ => authority,
    }
}

fn is_upload(headers: &HeaderMap) -> bool {
    headers.get(CONTENT_TYPE).is_some_and(|kind| kind.as_bytes().starts_with(b"multipart/form-data"))
}

/// The token, which stands before the file.
async fn token_of_upload(parts: &Parts, body: &Bytes) -> String {
    let mut copy = Request::new(Body::from(body.clone()));
    *copy.headers_mut() = parts.headers.clone();
    let Ok(mut fields) = Multipart::from_request(copy, &()).await else { return String::new() };
    while let Ok(Some(field)) = fields.next_field().await {
        if field.name() == Some(FIELD) {
            return field.text().await.unwrap_or_default();
        }
    }
    String::new()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(pairs: &[(&'static str, &str)]) -> HeaderMap {
        let pairs = pairs.iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap()));
        pairs.collect()
    }

    #[test]
    fn believes_a_browser_that_says_who_sent_it() {
        let ours = [("host", "mail.club.example"), ("origin", "https://mail.club.example")];
        assert!(is_from_us(&with(&ours)));
        assert!(is_from_us(&with(&[("host", "mail.club.example")])));
        assert!(is_from_us(&with(&[("host", "[2001:db8::1]"), ("origin", "https://[2001:db8::1]:8443")])));
        assert!(is_from_us(&with(&[("host", "localhost:8443"), ("origin", "https://localhost:8443")])));
        assert!(!is_from_us(&with(&[("host", "localhost:8443"), ("origin", "https://localhost:8444")])));
        assert!(!is_from_us(&with(&[("host", ""), ("origin", "https://")])));
        for origin in
            ["https://evil.example", "null", "https://mail.club.example.evil.example", "mail.club.example", ""]
        {
            assert!(!is_from_us(&with(&[("host", "mail.club.example"), ("origin", origin)])), "{origin}");
        }
        assert!(!is_from_us(&with(&[("host", "a.example"), ("sec-fetch-site", "cross-site")])));
        assert!(!is_from_us(&with(&[("host", "a.example"), ("sec-fetch-site", "same-site")])));
    }
}
