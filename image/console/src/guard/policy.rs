//! Dovecot asks here whether somebody may try to log in, and tells what came of it (its authentication policy protocol):
//! IMAP, ManageSieve and submission so share the console's counts. JSON over HTTP on 127.0.0.1, nothing else; and for
//! nobody else on this machine: whoever asks shows a key.

use std::net::IpAddr;

use axum::extract::{DefaultBodyLimit, Query, State};
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use axum::{Router, body::Bytes};
use serde::{Deserialize, Serialize};
use subtle::ConstantTimeEq;

use crate::app::App;
use crate::guard::limiter::{Attempt, Counted, Verdict};

/// Where the key stands.
const KEY: &str = "x-policy-key";
/// Largest question, in bytes.
const LARGEST: usize = 16 << 10;

#[derive(Deserialize)]
struct Command {
    #[serde(default)]
    command: String,
}

/// What Dovecot says; other keys do not matter here.
#[derive(Deserialize)]
struct Question {
    login: String,
    remote: String,
    /// A few bits of a hash of the password tried.
    #[serde(default)]
    pwhash: String,
    #[serde(default)]
    success: Option<bool>,
    /// It was refused by us, and no password was compared.
    #[serde(default)]
    policy_reject: bool,
}

/// -1: no. 0: yes. More: yes, after so many seconds.
#[derive(Debug, PartialEq, Eq, Serialize)]
struct Answer {
    status: i64,
    msg: &'static str,
}

const YES: Answer = Answer { status: 0, msg: "" };

/// The service, for a listener of its own.
pub fn router(app: App) -> Router {
    Router::new().route("/", post(answer)).layer(DefaultBodyLimit::max(LARGEST)).with_state(app)
}

async fn answer(
    State(app): State<App>,
    Query(Command { command }): Query<Command>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    if !knows_key(&app, &headers).await {
        return StatusCode::UNAUTHORIZED.into_response();
    }
    let answer = decide(&app, &command, &body);
    let body = serde_json::to_string(&answer).unwrap_or_default();
    ([(CONTENT_TYPE, "application/json")], body).into_response()
}

/// Whether who asks shows the key that is made on the device for Dovecot and us.
async fn knows_key(app: &App, headers: &HeaderMap) -> bool {
    let Ok(key) = tokio::fs::read(&app.policy_key).await else { return false };
    let shown = headers.get(KEY).map(HeaderValue::as_bytes).unwrap_or_default();
    !key.is_empty() && bool::from(key.ct_eq(shown))
}

fn decide(app: &App, command: &str, body: &[u8]) -> Answer {
    // A question that is none must keep nobody out: Dovecot goes on without us too.
    let Ok(question) = serde_json::from_slice::<Question>(body) else { return YES };
    let Ok(address) = question.remote.parse::<IpAddr>() else { return YES };
    let name = local_part(&question.login);
    let guess = (!question.pwhash.is_empty()).then(|| app.limiter.fingerprint(&question.pwhash));
    let attempt = Attempt { address, name, guess };
    let now = app.clock.now();
    match command {
        "allow" => match app.limiter.ask(now, &attempt) {
            Verdict::Locked { .. } => Answer { status: -1, msg: "too many wrong passwords; wait and try again" },
            Verdict::Go { after } => Answer { status: after.cast_signed(), msg: "" },
        },
        "report" => {
            match question.success {
                Some(true) => app.limiter.succeeded(&attempt, Counted::default()),
                Some(false) if !question.policy_reject => app.limiter.failed(now, &attempt),
                _ => {}
            }
            YES
        }
        _ => YES,
    }
}

/// People log in as `jill` or `jill@club.example`; both are one.
fn local_part(login: &str) -> &str {
    login.split('@').next().unwrap_or(login)
}
