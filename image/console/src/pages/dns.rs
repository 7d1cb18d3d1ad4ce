//! What to do at the registrar: the exact records, each with a copy button, and which of them the world sees.

use std::sync::PoisonError;

use askama::Template;
use axum::Router;
use axum::extract::State;
use axum::response::Response;
use axum::routing::{get, post};
use sos_ipc::{Reply, Request};

use crate::app::App;
use crate::dns::{Found, Seen, Wanted};
use crate::helper::{HelperError, unexpected};
use crate::page::{self, ForAdministrators, Page};
use crate::text::Say;

/// For how many seconds an answer is shown.
const KEPT: u64 = 15 * 60;
/// Seconds that must lie between two checks: each asks a dozen questions of the resolver.
const BETWEEN: u64 = 5;

/// `/dns` and the check.
pub fn routes() -> Router<App> {
    Router::new().route("/dns", get(show)).route("/dns/check", post(check))
}

/// The newest check: when, of what, and with what answers.
pub type Checked = (u64, Vec<Wanted>, Vec<Found>);

#[derive(Template)]
#[template(path = "dns.html")]
struct Dns {
    page: Page,
    records: Vec<Line>,
    /// The server's numbers, for which its provider enters its name.
    numbers: Vec<String>,
    seen: usize,
    checked: bool,
    unknown: bool,
}

/// A record, and what is seen of it in words.
struct Line {
    wanted: Wanted,
    state: &'static str,
    words: String,
    other: Vec<String>,
    purpose: Option<String>,
}

async fn show(State(app): State<App>, ForAdministrators { page, .. }: ForAdministrators) -> Response {
    let wanted = match records(&app, &page.domain).await {
        Ok(wanted) => wanted,
        Err(error) => return page.broken(&error),
    };
    let now = app.clock.now();
    let newest = app.checked.lock().unwrap_or_else(PoisonError::into_inner).clone();
    let found = newest.filter(|(at, of, _)| now.saturating_sub(*at) < KEPT && *of == wanted).map(|(_, _, found)| found);
    let is = |seen: Seen| found.iter().flatten().filter(move |found| found.seen == seen).count();
    let t = page.t;
    let (seen, unknown, checked) = (is(Seen::Yes), is(Seen::Unknown) > 0, found.is_some());
    let is_number = |wanted: &&Wanted| wanted.name == page.host && matches!(wanted.kind.as_str(), "A" | "AAAA");
    let numbers = wanted.iter().filter(is_number).map(|wanted| wanted.value.clone()).collect();
    let mut answers = found.unwrap_or_default().into_iter();
    let records = wanted.into_iter().map(|wanted| line(wanted, answers.next(), t)).collect();
    page::html(&Dns { page: page.titled("dns-title"), records, numbers, seen, checked, unknown })
}

async fn records(app: &App, domain: &str) -> Result<Vec<Wanted>, HelperError> {
    match app.helper.ask(&Request::Dns).await? {
        Reply::Dns(records) => Ok(records.iter().map(|record| Wanted::new(record, domain)).collect()),
        other => Err(unexpected(&other)),
    }
}

fn line(wanted: Wanted, found: Option<Found>, t: Say) -> Line {
    let (state, words) = match found.as_ref().map(|found| found.seen) {
        None => ("unasked", t.say("dns-unasked")),
        Some(Seen::Yes) => ("seen", t.say("dns-seen")),
        Some(Seen::NotYet) => ("missing", t.say("dns-not-yet")),
        Some(Seen::Other) => ("other", t.say("dns-other")),
        Some(Seen::Besides) => ("other", t.say("dns-besides")),
        Some(Seen::Unknown) => ("unknown", t.say("dns-unknown")),
    };
    let other = found.map(|found| found.other).unwrap_or_default();
    let purpose = about(&wanted, t);
    Line { purpose, wanted, state, words, other }
}

/// What a record is for, where that can be said in a few words.
fn about(wanted: &Wanted, t: Say) -> Option<String> {
    let data = wanted.data.as_str();
    Some(match wanted.kind.as_str() {
        "MX" => t.say("dns-for-mx"),
        "A" | "AAAA" => t.say("dns-for-address"),
        "CNAME" => t.say("dns-for-cname"),
        "SRV" => t.say("dns-for-srv"),
        "TXT" if data.starts_with("v=spf1") => t.say("dns-for-spf"),
        "TXT" if data.starts_with("v=DKIM1") => t.say("dns-for-dkim"),
        "TXT" if data.starts_with("v=DMARC1") => t.say("dns-for-dmarc"),
        _ => return None,
    })
}

async fn check(State(app): State<App>, ForAdministrators { page, .. }: ForAdministrators) -> Response {
    let wanted = match records(&app, &page.domain).await {
        Ok(wanted) => wanted,
        Err(error) => return page.broken(&error),
    };
    // One at a time, and none right after another: whoever waited sees what the one before found.
    let _one = app.checking.lock().await;
    let newest = app.checked.lock().unwrap_or_else(PoisonError::into_inner).as_ref().map(|(at, ..)| *at);
    if newest.is_none_or(|at| app.clock.now().saturating_sub(at) >= BETWEEN) {
        let found = app.checker.check(&wanted).await;
        *app.checked.lock().unwrap_or_else(PoisonError::into_inner) = Some((app.clock.now(), wanted, found));
    }
    page::go("/dns")
}
