//! Signing in and out.

use std::time::Duration;

use askama::Template;
use axum::Router;
use axum::extract::State;
use axum::http::{HeaderName, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use sos_settings::MemberName;

use crate::app::App;
use crate::directory::DirectoryError;
use crate::form::{Form, Posted};
use crate::guard::address::ClientAddress;
use crate::guard::limiter::{Attempt, PATIENCE, Verdict};
use crate::guard::session::{self, SignedIn};
use crate::journal::Outcome;
use crate::page::{self, Page};

/// Clear Site Data (W3C), section 3.
const CLEAR: HeaderName = HeaderName::from_static("clear-site-data");

/// `/sign-in` and `/sign-out`.
pub fn routes() -> Router<App> {
    Router::new().route("/sign-in", post(sign_in)).route("/sign-out", post(sign_out))
}

/// The form.
#[derive(Template)]
#[template(path = "sign_in.html")]
pub struct SignIn {
    /// The page.
    pub page: Page,
    /// Name, password, and where to go then.
    pub form: Form,
}

async fn sign_in(State(app): State<App>, address: ClientAddress, page: Page, posted: Posted) -> Response {
    let mut form = Form::lines(&["name", "next"], &posted, page.t);
    form.set("password", posted.get("password"));
    let name = name(form.value("name"), &page.domain);
    let guess = Some(app.limiter.fingerprint(form.value("password")));
    let attempt = Attempt { address: address.0, name: form.value("name"), guess };
    let attempt = Attempt { name: name.as_ref().map_or(attempt.name, MemberName::as_str), ..attempt };
    let now = app.clock.now();
    let (verdict, counted) = app.limiter.begin(now, &attempt);
    let held = match verdict {
        Verdict::Locked { seconds } => {
            Some(page.t.with("sign-in-locked", [("time", page.t.duration(seconds).as_str())]))
        }
        Verdict::Go { after } if after > PATIENCE => {
            Some(page.t.with("sign-in-too-fast", [("time", page.t.duration(after).as_str())]))
        }
        Verdict::Go { after } => {
            tokio::time::sleep(Duration::from_secs(after)).await;
            None
        }
    };
    if let Some(sentence) = held {
        app.journal.password(now, "sign-in", known(&app, name.as_ref()).await.as_ref(), address.0, Outcome::Held);
        form.fail("name", sentence);
        return again(page, form, StatusCode::TOO_MANY_REQUESTS);
    }
    let found = match &name {
        Some(name) => check(&app, name, form.value("password")).await,
        None => Ok(None),
    };
    match found {
        Err(error) => page.broken(&error),
        Ok(None) => {
            app.journal.password(now, "sign-in", known(&app, name.as_ref()).await.as_ref(), address.0, Outcome::Wrong);
            form.fail("name", page.t.say("sign-in-wrong"));
            again(page, form, StatusCode::UNPROCESSABLE_ENTITY)
        }
        Ok(Some(member)) => {
            app.limiter.succeeded(&attempt, counted);
            app.journal.password(now, "sign-in", Some(&member.name), address.0, Outcome::Right);
            match session::sign_in(&page.session, &app.clock, &member).await {
                Ok(()) => page::go(form.value("next")),
                Err(error) => page.broken(&error),
            }
        }
    }
}

fn again(page: Page, form: Form, status: StatusCode) -> Response {
    page::html_with(status, &SignIn { page: page.titled("sign-in-title"), form })
}

/// The name that was typed: in any case, and with the organisation's domain after it or without.
fn name(typed: &str, domain: &str) -> Option<MemberName> {
    let typed = typed.to_lowercase();
    let name = typed.strip_suffix(domain).and_then(|name| name.strip_suffix('@')).unwrap_or(&typed);
    name.parse().ok()
}

/// The name, if a member has it.
async fn known(app: &App, name: Option<&MemberName>) -> Option<MemberName> {
    let members = app.directory.members().await.ok()?;
    members.into_iter().map(|member| member.name).find(|known| Some(known) == name)
}

async fn check(app: &App, name: &MemberName, password: &str) -> Result<Option<SignedIn>, DirectoryError> {
    if !app.directory.check_password(name, password).await? {
        return Ok(None);
    }
    let standing = app.directory.standing(name).await?;
    Ok(standing.map(|standing| SignedIn {
        name: standing.member.name,
        full_name: standing.member.full_name,
        administrator: standing.administrator,
    }))
}

async fn sign_out(page: Page) -> Response {
    match session::end(&page.session).await {
        // What the browser kept of pages goes too.
        Ok(()) => ([(CLEAR, "\"cache\"")], page::go("/")).into_response(),
        Err(error) => page.broken(&error),
    }
}
