//! Answers: a page with its status, somewhere else to go, and the page of an error that needs no layout.

use askama::Template;
use axum::http::header::LOCATION;
use axum::http::{HeaderValue, StatusCode};
use axum::response::{Html, IntoResponse, Response};

use crate::assets;
use crate::text::Say;

#[derive(Template)]
#[template(path = "bare.html")]
struct Bare {
    t: Say,
    title: String,
    text: String,
    style: &'static str,
}

/// The keys of title and text of an error.
pub(super) fn words(status: StatusCode) -> (&'static str, &'static str) {
    match status {
        StatusCode::FORBIDDEN => ("error-forbidden", "error-forbidden-text"),
        StatusCode::NOT_FOUND | StatusCode::METHOD_NOT_ALLOWED => ("error-missing", "error-missing-text"),
        StatusCode::PAYLOAD_TOO_LARGE => ("error-large", "error-large-text"),
        StatusCode::SERVICE_UNAVAILABLE => ("error-busy", "error-busy-text"),
        _ => ("error-broken", "error-broken-text"),
    }
}

/// The page of an error when not even the layout can be had.
#[must_use]
pub fn bare(status: StatusCode, t: Say) -> Response {
    let (title, text) = words(status);
    html_with(status, &Bare { t, title: t.say(title), text: t.say(text), style: &assets::STYLE_PATH })
}

/// 200 with a page.
#[must_use]
pub fn html(template: &impl Template) -> Response {
    html_with(StatusCode::OK, template)
}

/// 422 with the form again, and what is wrong with it.
#[must_use]
pub fn refused(template: &impl Template) -> Response {
    html_with(StatusCode::UNPROCESSABLE_ENTITY, template)
}

/// A page with another status.
#[must_use]
pub fn html_with(status: StatusCode, template: &impl Template) -> Response {
    match template.render() {
        Ok(page) => (status, Html(page)).into_response(),
        Err(error) => {
            eprintln!("cannot write a page: {error}");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}

/// 303 to a path of ours.
#[must_use]
pub fn go(path: &str) -> Response {
    let path = if is_ours(path) { path } else { "/" };
    let location = HeaderValue::from_str(path).unwrap_or(HeaderValue::from_static("/"));
    (StatusCode::SEE_OTHER, [(LOCATION, location)]).into_response()
}

/// Whether `path` leads to this server whatever a browser makes of it.
#[must_use]
pub fn is_ours(path: &str) -> bool {
    path.starts_with('/')
        && !path.starts_with("//")
        && path.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\')
}

/// `text` for the value of a parameter in an address.
#[must_use]
pub fn encode(text: &str) -> String {
    let keep = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte);
    text.bytes().map(|byte| if keep(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn goes_nowhere_else() {
        for elsewhere in ["https://evil.example/", "//evil.example", "/\\evil.example", "", "members", "/a\r\nb: c"] {
            assert_eq!(go(elsewhere).headers()[LOCATION], "/", "{elsewhere:?}");
        }
        assert_eq!(go("/members?a=1").headers()[LOCATION], "/members?a=1");
    }
}
