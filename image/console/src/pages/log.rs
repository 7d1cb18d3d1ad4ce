//! Who changed what.

use askama::Template;
use axum::Router;
use axum::extract::State;
use axum::response::Response;
use axum::routing::get;
use sos_ipc::{Change, Reply, Request};

use crate::app::App;
use crate::helper::unexpected;
use crate::page::{self, ForAdministrators, Page};
use crate::pages::me;
use crate::text::Say;
use crate::when;

/// How many are shown.
const MOST: u32 = 200;

/// `/log`.
pub fn routes() -> Router<App> {
    Router::new().route("/log", get(show))
}

struct Line {
    at: String,
    by: String,
    sentence: String,
}

#[derive(Template)]
#[template(path = "log.html")]
struct Log {
    page: Page,
    lines: Vec<Line>,
}

async fn show(State(app): State<App>, ForAdministrators { page, .. }: ForAdministrators) -> Response {
    let zone = app.owner().await.map(|owner| owner.timezone.clone()).unwrap_or_default();
    match app.helper.ask(&Request::Changes { most: MOST }).await {
        Ok(Reply::Changes(changes)) => {
            let times = when::Zone::new(&zone);
            let lines = changes.iter().map(|change| line(change, &times, page.t)).collect();
            page::html(&Log { page: page.titled("log-title"), lines })
        }
        Ok(other) => page.broken(&unexpected(&other)),
        Err(error) => page.broken(&error),
    }
}

fn line(change: &Change, times: &when::Zone, t: Say) -> Line {
    let by = if change.by == "metadata" { t.say("log-by-provider") } else { change.by.clone() };
    Line { at: times.write(change.at), by, sentence: sentence(&change.what, &change.about, t) }
}

fn sentence(what: &str, about: &str, t: Say) -> String {
    let about = [("about", about)];
    match what {
        "claimed" => t.say("log-claimed"),
        "member-added" => t.with("log-member-added", about),
        "member-invited" => t.with("log-member-invited", about),
        "member-changed" => t.with("log-member-changed", about),
        "member-suspended" => t.with("log-member-suspended", about),
        "member-resumed" => t.with("log-member-resumed", about),
        "member-removed" => t.with("log-member-removed", about),
        "members-imported" => t.with("log-members-imported", about),
        "group-added" => t.with("log-group-added", about),
        "group-changed" => t.with("log-group-changed", about),
        "group-removed" => t.with("log-group-removed", about),
        "role-added" => t.with("log-role-added", about),
        "role-changed" => t.with("log-role-changed", about),
        "role-removed" => t.with("log-role-removed", about),
        "mailbox-removed" => t.with("log-mailbox-removed", about),
        "mailbox-kept" => t.with("log-mailbox-kept", about),
        _ => me::log_sentence(what).map_or_else(|| of_the_server(what, about[0].1, t), |key| t.say(key)),
    }
}

/// What the helper notes itself.
fn of_the_server(what: &str, about: &str, t: Say) -> String {
    match what {
        "settings-changed" => {
            let settings: Vec<String> = about.split(',').map(|setting| setting_name(setting, t)).collect();
            t.with("log-settings-changed", [("about", settings.join(", ").as_str())])
        }
        "service-restarted" => t.with("log-service-restarted", [("about", t.service(about, about).as_str())]),
        "queue-flushed" => t.say("log-queue-flushed"),
        "certificate-asked" => t.say("log-certificate-asked"),
        "update-looked-for" => t.say("log-update-looked-for"),
        "update-begun" if about.is_empty() => t.say("log-update-begun-any"),
        "update-begun" => t.with("log-update-begun", [("about", about)]),
        "going-back" => t.with("log-going-back", [("about", about)]),
        "logo-changed" => t.say("log-logo-changed"),
        "logo-removed" => t.say("log-logo-removed"),
        _ => t.with("log-other", [("what", what), ("about", about)]),
    }
}

fn setting_name(setting: &str, t: Say) -> String {
    match setting {
        "organisation" => t.say("organisation-name"),
        "timezone" => t.say("organisation-timezone"),
        "language" => t.say("organisation-language"),
        "services" => t.say("services-title"),
        "quota_mib" => t.say("organisation-quota"),
        "message_mib" => t.say("organisation-message"),
        other => other.to_owned(),
    }
}
