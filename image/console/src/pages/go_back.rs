//! Going back to the version before, and to the data as they were then: what that loses, in words, a tick, and the
//! person's own password.

use askama::Template;
use axum::Router;
use axum::extract::State;
use axum::response::Response;
use axum::routing::get;
use sos_ipc::{EarlierRelease, Reply, Request, UpdatePhase, UpdateStatus};

use crate::app::App;
use crate::form::{Form, Posted};
use crate::guard::address::ClientAddress;
use crate::helper::unexpected;
use crate::page::{self, ForAdministrators, Page};
use crate::pages::{password, updates};

/// `/updates/back`.
pub fn routes() -> Router<App> {
    Router::new().route("/updates/back", get(show).post(go_back))
}

#[derive(Template)]
#[template(path = "updates_back.html")]
struct GoBack {
    page: Page,
    form: Form,
    /// The version to go back to, and from when everything is then; nothing where there is none.
    earlier: Option<(String, String)>,
}

async fn show(State(app): State<App>, ForAdministrators { page, .. }: ForAdministrators) -> Response {
    match updates::status(&app).await {
        Ok(status) => page::html(&view(&app, page, Form::empty(&["sure", "password"]), earlier(status)).await),
        Err(error) => page.broken(&error),
    }
}

/// What can be gone back to; nothing while the server is at another version already.
fn earlier(status: UpdateStatus) -> Option<EarlierRelease> {
    status.back.filter(|_| status.phase != UpdatePhase::Trying)
}

async fn view(app: &App, page: Page, form: Form, earlier: Option<EarlierRelease>) -> GoBack {
    let zone = updates::zone(app).await;
    let earlier = earlier.map(|earlier| (earlier.version, zone.write(earlier.since)));
    GoBack { page: page.titled("updates-back-title"), form, earlier }
}

async fn go_back(
    State(app): State<App>,
    address: ClientAddress,
    ForAdministrators { page, me }: ForAdministrators,
    posted: Posted,
) -> Response {
    let earlier = match updates::status(&app).await {
        Ok(status) => earlier(status),
        Err(error) => return page.broken(&error),
    };
    // The version that the person read about, and no other.
    let Some(earlier) = earlier.filter(|earlier| earlier.version == posted.get("version")) else {
        page.say_next(page.t.say("updates-back-gone")).await;
        return page::go("/updates");
    };
    let mut form = Form::empty(&["sure", "password"]);
    form.set("sure", posted.get("sure"));
    form.set("password", posted.get("password"));
    if form.value("sure") != "on" {
        form.fail("sure", page.t.say("updates-back-sure-missing"));
    }
    if form.is_good()
        && let Err(error) = password::prove(&app, address, &me, &mut form, "password", &page).await
    {
        return page.broken(&error);
    }
    if !form.is_good() {
        return page::refused(&view(&app, page, form, Some(earlier)).await);
    }
    match app.helper.ask(&Request::GoBack { by: me.name.to_string() }).await {
        Ok(Reply::Done) => {
            page.say_next(page.t.with("updates-back-begun", [("version", earlier.version.as_str())])).await;
            page::go("/updates")
        }
        Ok(Reply::Issues(_)) => {
            page.say_next(page.t.say("updates-back-gone")).await;
            page::go("/updates")
        }
        Ok(other) => page.broken(&unexpected(&other)),
        Err(error) => page.broken(&error),
    }
}
