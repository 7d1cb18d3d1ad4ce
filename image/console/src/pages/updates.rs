//! Which version runs here, what is newer and what it changes, how far the server is with it, and what happened before;
//! and going back, which takes the password.

use askama::Template;
use axum::Router;
use axum::extract::State;
use axum::response::Response;
use axum::routing::get;
use sos_ipc::{AvailableRelease, Reply, Request, UpdateEvent, UpdateOutcome, UpdatePhase, UpdateStatus};

use crate::app::App;
use crate::form::Posted;
use crate::helper::{HelperError, unexpected};
use crate::letters::Bound;
use crate::page::{self, ForAdministrators, Page};
use crate::text::{Language, Say};
use crate::when;

/// How often somebody may have the place asked where updates come from.
const LOOKS: Bound = Bound { most: 6, window: 600 };
/// How often the server tries a version by itself.
const MOST_TRIES: usize = 3;

/// `/updates`.
pub fn routes() -> Router<App> {
    Router::new().route("/updates", get(show).post(act))
}

/// What the server does just now, in words, where it does something.
struct Doing {
    words: String,
    /// What is to be said besides.
    more: String,
    /// How much is there of how much.
    share: Option<(u64, u64)>,
    /// After how many seconds the page loads itself again.
    again: u32,
    /// Whether the server goes away meanwhile.
    away: bool,
}

/// A newer version.
struct Newer {
    version: String,
    size: String,
    /// What changes, and in which language that is said.
    notes: Option<(String, String)>,
    /// That it was tried before, and what becomes of it.
    failed: Option<String>,
    /// Whether the server tries it by itself, and when.
    tonight: Option<String>,
    /// Whether there is a button for it.
    offered: bool,
    /// Whether all of it is here already.
    here: bool,
}

/// Something that happened.
struct Line {
    sentence: String,
    at: String,
    /// What a program said, for whoever supports the server.
    detail: Option<String>,
}

#[derive(Template)]
#[template(path = "updates.html")]
struct Updates {
    page: Page,
    running: String,
    doing: Option<Doing>,
    newer: Option<Newer>,
    /// What there is to say where nothing is newer.
    nothing: String,
    /// Whether there is a button that has the server look for a newer version.
    looks: bool,
    /// Why the last asking ended early: a sentence, and what a program said.
    fault: Option<(String, String)>,
    /// That a version was taken back or left, where that is the newest thing that happened.
    went_wrong: Option<String>,
    /// The version to go back to.
    back: Option<String>,
    history: Vec<Line>,
}

/// How updates stand.
pub(super) async fn status(app: &App) -> Result<UpdateStatus, HelperError> {
    match app.helper.ask(&Request::Updates).await? {
        Reply::Updates(status) => Ok(*status),
        other => Err(unexpected(&other)),
    }
}

/// The organisation's clocks.
pub(super) async fn zone(app: &App) -> when::Zone {
    when::Zone::new(&app.owner().await.map(|owner| owner.timezone.clone()).unwrap_or_default())
}

async fn show(State(app): State<App>, ForAdministrators { page, .. }: ForAdministrators) -> Response {
    match status(&app).await {
        Ok(status) => page::html(&view(page, status, app.clock.now(), &zone(&app).await)),
        Err(error) => page.broken(&error),
    }
}

fn view(page: Page, status: UpdateStatus, now: u64, zone: &when::Zone) -> Updates {
    let t = page.t;
    let doing = doing(&status, t);
    let newer = status.available.as_ref().map(|release| newer(release, &status, now, zone, t));
    Updates {
        nothing: nothing(&status, zone, t),
        fault: status.fault.clone().filter(|_| doing.is_none()).map(|fault| (fault_words(&status, zone, t), fault)),
        went_wrong: went_wrong(&status, zone, t).filter(|_| doing.is_none()),
        back: status.back.map(|earlier| earlier.version),
        history: status.history.into_iter().map(|event| line(event, zone, t)).collect(),
        page: page.titled("updates-title"),
        running: status.running,
        looks: status.channel && doing.is_none() && newer.as_ref().is_none_or(|newer| !newer.offered),
        doing,
        newer,
    }
}

fn doing(status: &UpdateStatus, t: Say) -> Option<Doing> {
    match status.phase {
        UpdatePhase::Idle | UpdatePhase::Staged => None,
        UpdatePhase::Checking => Some(Doing {
            words: t.say("updates-checking"),
            more: t.say("updates-loads-again"),
            share: None,
            again: 3,
            away: false,
        }),
        UpdatePhase::Staging { done, total } => {
            let (here, all) = (megabytes(done.min(total)), megabytes(total));
            let arguments = [("here", here.as_str()), ("all", all.as_str())];
            Some(Doing {
                words: t.with("updates-fetching", arguments),
                more: t.say("updates-fetching-more"),
                share: Some((done.min(total), total.max(1))),
                again: 5,
                away: false,
            })
        }
        UpdatePhase::Trying => Some(Doing {
            words: t.say("updates-trying"),
            more: t.say("updates-trying-more"),
            share: None,
            again: 300,
            away: true,
        }),
    }
}

/// Whole megabytes, one at least.
fn megabytes(bytes: u64) -> String {
    bytes.div_ceil(1_000_000).max(1).to_string()
}

fn newer(release: &AvailableRelease, status: &UpdateStatus, now: u64, zone: &when::Zone, t: Say) -> Newer {
    let left = left_alone(&release.version, &status.history, t).filter(|_| release.failed);
    let given_up = left.is_some();
    let failed = left.or_else(|| release.failed.then(|| t.say("updates-failed-before")));
    let soon = (now..now + 36 * 3600).contains(&status.tonight);
    let tonight = if soon {
        t.with("updates-tonight-at", [("time", zone.write_time(status.tonight).as_str())])
    } else {
        t.say("updates-tonight")
    };
    Newer {
        version: release.version.clone(),
        size: megabytes(release.bytes),
        notes: notes(release, t.language),
        failed,
        tonight: (!given_up).then_some(tonight),
        offered: !given_up,
        here: status.phase == UpdatePhase::Staged,
    }
}

/// What changes, in the page's language, else in English, else in any; and which language that is.
fn notes(release: &AvailableRelease, language: Language) -> Option<(String, String)> {
    let said = |code: &str| release.notes.get_key_value(code);
    let (code, text) = said(language.code()).or_else(|| said("en")).or_else(|| release.notes.iter().next())?;
    Some((code.clone(), text.trim().to_owned())).filter(|(_, text)| !text.is_empty())
}

fn nothing(status: &UpdateStatus, zone: &when::Zone, t: Say) -> String {
    match (status.channel, status.checked) {
        (false, _) => t.say("updates-no-channel"),
        (true, None) => t.say("updates-never-checked"),
        // Without an answer nobody knows whether there is something newer.
        (true, Some(_)) if status.fault.is_some() => String::new(),
        (true, Some(at)) => t.with("updates-newest", [("at", zone.write(at).as_str())]),
    }
}

fn fault_words(status: &UpdateStatus, zone: &when::Zone, t: Say) -> String {
    match status.checked.map(|at| zone.write(at)) {
        _ if status.available.is_some() => t.say("updates-fault-fetching"),
        Some(at) => t.with("updates-fault-looking", [("at", at.as_str())]),
        None => t.say("updates-fault-never"),
    }
}

/// That the server does not take this version by itself any more, and why.
fn left_alone(version: &str, history: &[UpdateEvent], t: Say) -> Option<String> {
    let went_back = |event: &UpdateEvent| event.outcome == UpdateOutcome::WentBack && event.from == version;
    let taken_back = |event: &&UpdateEvent| event.outcome == UpdateOutcome::RolledBack && event.to == version;
    if history.iter().any(went_back) {
        Some(t.with("updates-left-alone", [("version", version)]))
    } else if history.iter().filter(taken_back).count() >= MOST_TRIES {
        Some(t.say("updates-failed-for-good"))
    } else {
        None
    }
}

/// That a version was taken back, or somebody went back, as long as nothing happened since.
fn went_wrong(status: &UpdateStatus, zone: &when::Zone, t: Say) -> Option<String> {
    let newest = status.history.first()?;
    let at = zone.write(newest.at);
    let arguments = [("version", newest.to.as_str()), ("at", at.as_str())];
    let (said, left) = match newest.outcome {
        UpdateOutcome::Committed => return None,
        UpdateOutcome::RolledBack => (t.with("updates-taken-back", arguments), &newest.to),
        UpdateOutcome::WentBack => (t.with("updates-gone-back", arguments), &newest.from),
    };
    // Where it is still offered, the same is said beside it.
    let left = left_alone(left, &status.history, t).filter(|_| status.available.is_none());
    Some([Some(said), left].into_iter().flatten().collect::<Vec<_>>().join(" "))
}

fn line(event: UpdateEvent, zone: &when::Zone, t: Say) -> Line {
    let arguments = [("from", event.from.as_str()), ("to", event.to.as_str())];
    let sentence = match event.outcome {
        UpdateOutcome::Committed => t.with("updates-event-updated", arguments),
        UpdateOutcome::RolledBack => t.with("updates-event-taken-back", arguments),
        UpdateOutcome::WentBack => t.with("updates-event-went-back", arguments),
    };
    let by = event.by.unwrap_or_else(|| t.say("updates-by-itself"));
    Line { sentence, at: format!("{} · {by}", zone.write(event.at)), detail: event.why }
}

async fn act(State(app): State<App>, ForAdministrators { page, me }: ForAdministrators, posted: Posted) -> Response {
    let by = me.name.to_string();
    let request = match posted.pressed() {
        "look" if !app.checkups.take(app.clock.now(), "updates", LOOKS) => {
            page.say_next(page.t.say("updates-looked-lately")).await;
            return page::go("/updates");
        }
        "look" => Request::LookForUpdate { by },
        "update" => Request::UpdateNow { by },
        _ => return page::go("/updates"),
    };
    match app.helper.ask(&request).await {
        Ok(Reply::Done) => page::go("/updates"),
        Ok(other) => page.broken(&unexpected(&other)),
        Err(error) => page.broken(&error),
    }
}
