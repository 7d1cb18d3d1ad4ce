//! How far the services are: by events where there is a script, and by loading the page again where there is none.

use std::convert::Infallible;
use std::time::Duration;

use askama::Template;
use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use futures_util::{Stream, stream};
use serde_json::json;
use sos_ipc::{Reply, Request, ServiceState, UnitState};
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::sleep;

use crate::app::App;
use crate::helper::{HelperError, unexpected};
use crate::page::{self, ForMembers, Page};
use crate::text::Say;

/// How often the helper is asked.
const EVERY: Duration = Duration::from_secs(2);
/// After so many times the stream ends, and the browser begins a new one.
const MOST_TIMES: u32 = 450;

/// `/progress` and its events.
pub fn routes() -> Router<App> {
    Router::new().route("/progress", get(show)).route("/progress/events", get(events))
}

#[derive(Template)]
#[template(path = "progress.html")]
struct Progress {
    page: Page,
    services: Vec<Line>,
    well: bool,
}

/// A service, in words.
struct Line {
    name: String,
    title: String,
    state: &'static str,
    words: String,
}

async fn show(State(app): State<App>, ForMembers { page, .. }: ForMembers) -> Response {
    match ask(&app).await {
        Ok(services) => {
            let (well, services) = (is_well(&services), lines(&services, page.t));
            page::html(&Progress { page: page.titled("progress-title"), services, well })
        }
        Err(error) => page.broken(&error),
    }
}

async fn ask(app: &App) -> Result<Vec<ServiceState>, HelperError> {
    match app.helper.ask(&Request::Progress).await? {
        Reply::Progress(services) => Ok(services),
        other => Err(unexpected(&other)),
    }
}

fn is_well(services: &[ServiceState]) -> bool {
    services.iter().all(|service| service.state == UnitState::Well)
}

fn lines(services: &[ServiceState], t: Say) -> Vec<Line> {
    let line = |service: &ServiceState| {
        let (state, words) = match service.state {
            UnitState::Waiting => ("waiting", t.say("progress-waiting")),
            UnitState::Starting => ("starting", t.say("progress-starting")),
            UnitState::Well => ("well", t.say("progress-well")),
            UnitState::Failed => ("failed", t.say("progress-failed")),
        };
        Line { name: service.name.clone(), title: t.service(&service.name, &service.title), state, words }
    };
    services.iter().map(line).collect()
}

async fn events(State(app): State<App>, ForMembers { page, .. }: ForMembers) -> Response {
    // Without a place the browser goes on loading the page again.
    let Ok(place) = app.watchers.clone().try_acquire_owned() else {
        return StatusCode::NO_CONTENT.into_response();
    };
    let events = Sse::new(watch(app, page.t, place)).keep_alive(KeepAlive::default());
    ([(CONTENT_TYPE, "text/event-stream; charset=utf-8")], events).into_response()
}

/// One event at once and one whenever something changed, until all is well.
fn watch(app: App, t: Say, place: OwnedSemaphorePermit) -> impl Stream<Item = Result<Event, Infallible>> {
    stream::unfold((app, place, None::<Vec<ServiceState>>, false), move |(app, place, last, over)| async move {
        if over {
            return None;
        }
        for time in 0..MOST_TIMES {
            if last.is_some() || time > 0 {
                sleep(EVERY).await;
            }
            let Ok(now) = ask(&app).await else { continue };
            if last.as_ref() != Some(&now) {
                let well = is_well(&now);
                return Some((Ok(event(&now, well, t)), (app, place, Some(now), well)));
            }
        }
        None
    })
}

fn event(services: &[ServiceState], well: bool, t: Say) -> Event {
    let lines: Vec<_> = lines(services, t)
        .into_iter()
        .map(|line| json!({ "name": line.name, "state": line.state, "words": line.words }))
        .collect();
    Event::default().data(json!({ "services": lines, "well": well }).to_string())
}
