//! What a member has set for themselves, at a glance.

use askama::Template;
use axum::Router;
use axum::extract::State;
use axum::response::Response;
use axum::routing::get;
use sos_settings::MemberName;

use crate::app::App;
use crate::menu::Entry;
use crate::page::{self, ForMembers, Page};
use crate::pages::script;
use crate::sieve::{DAY, Meaning, Script, Vacation};
use crate::text::Say;

/// `/me`.
pub fn routes() -> Router<App> {
    Router::new().route("/me", get(show))
}

#[derive(Template)]
#[template(path = "me.html")]
struct Me {
    page: Page,
    address: String,
    tiles: Vec<(Entry, String)>,
}

async fn show(State(app): State<App>, ForMembers { page, me }: ForMembers) -> Response {
    let member = match app.directory.member(&me.name).await {
        Ok(Some(member)) => member,
        Ok(None) => return page.missing(),
        Err(error) => return page.broken(&error),
    };
    let script = if page.mail { script_of(&app, &me.name).await } else { None };
    let state = |path: &str| match path {
        "/me/mail" => match &member.forward {
            Some(to) => page.t.with("me-forwarded", [("address", to.as_str())]),
            None => page.t.say("me-kept-here"),
        },
        "/me/vacation" => script.as_ref().map(|script| vacation(script, page.t)).unwrap_or_default(),
        "/me/filters" => script.as_ref().map(|script| filters(script, page.t)).unwrap_or_default(),
        "/me/password" => match &member.recovery {
            Some(to) => page.t.with("me-recovery", [("address", to.as_str())]),
            None => page.t.say("me-no-recovery"),
        },
        _ => String::new(),
    };
    let tiles = page.member_menu().into_iter().map(|entry| (state(entry.path), entry));
    let tiles = tiles.map(|(state, entry)| (entry, state)).collect();
    let address = format!("{}@{}", me.name, page.domain);
    page::html(&Me { page: page.titled("me-title"), address, tiles })
}

/// The script, if it can be had: this page is no reason to fail.
async fn script_of(app: &App, name: &MemberName) -> Option<Script> {
    match script::read(app, name).await {
        Ok(stored) if stored.other.is_none() => stored.script.ok(),
        Ok(_) => None,
        Err(error) => {
            eprintln!("{error}");
            None
        }
    }
}

fn vacation(script: &Script, t: Say) -> String {
    let day = |bound: &Option<crate::sieve::Bound>| bound.as_ref().and_then(|bound| bound.day().format(DAY).ok());
    match script.vacation() {
        Some(Vacation { on: true, from, to, .. }) => match (day(from), day(to)) {
            (Some(from), Some(to)) => t.with("me-away-between", [("from", from.as_str()), ("to", to.as_str())]),
            (Some(from), None) => t.with("me-away-from", [("from", from.as_str())]),
            (None, Some(to)) => t.with("me-away-to", [("to", to.as_str())]),
            (None, None) => t.say("me-away"),
        },
        None if script.answers_otherwise() => t.say("me-away"),
        _ => t.say("me-not-away"),
    }
}

fn filters(script: &Script, t: Say) -> String {
    let rules = script.rules().iter().filter(|rule| match rule.meaning() {
        Meaning::Vacation(_) => false,
        Meaning::Filter(filter) => filter.on,
        Meaning::Other { .. } => true,
    });
    t.count("me-filters", i64::try_from(rules.count()).unwrap_or(i64::MAX))
}

/// The key of the sentence for what members do with these pages, as the log has it.
#[must_use]
pub fn log_sentence(what: &str) -> Option<&'static str> {
    Some(match what {
        "password-changed" => "log-password-changed",
        "password-reset" => "log-password-reset",
        "invitation-taken" => "log-invitation-taken",
        "recovery-changed" => "log-recovery-changed",
        "forward-changed" => "log-forward-changed",
        _ => return None,
    })
}
