//! Before the claim: a server waits for its owner, who has the code, and fills in one form.

use std::sync::Arc;

use askama::Template;
use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::{get, post};
use sos_ipc::{CheckedName, Claimed, Owner, Reply, Request, Word};

use crate::app::App;
use crate::claim::{self, Draft, SERVICES, WHOLE};
use crate::form::{Field, Form, Posted};
use crate::guard::address::ClientAddress;
use crate::guard::session::{self, SignedIn};
use crate::helper::unexpected;
use crate::page::{self, Page};
use crate::text::LANGUAGES;
use crate::zones::{self, Region};

/// `/claim/code` and `/claim/form`.
pub fn routes() -> Router<App> {
    Router::new().route("/claim/code", post(check_code)).route("/claim/form", get(show_form).post(claim))
}

#[derive(Template)]
#[template(path = "claim_code.html")]
struct CodePage {
    page: Page,
    form: Form,
}

#[derive(Template)]
#[template(path = "claim_form.html")]
struct FormPage {
    page: Page,
    form: Form,
    whole: Field,
    password_kept: bool,
    open: bool,
    regions: Vec<Region>,
    languages: Vec<(&'static str, &'static str)>,
    services: Vec<CheckedName>,
}

impl FormPage {
    fn new(page: Page, form: Form, owner: &Owner, password_kept: bool) -> Self {
        let folded = ["name", "host", "timezone", "language", SERVICES];
        let chosen: Vec<&str> = form.value(SERVICES).split_whitespace().collect();
        let t = page.t;
        Self {
            open: folded.iter().any(|name| !form.fits(name)),
            whole: form.field(WHOLE),
            password_kept,
            regions: zones::by_region(&owner.timezones),
            languages: LANGUAGES.map(|language| (language.code(), language.own_name())).to_vec(),
            services: owner
                .services
                .iter()
                .map(|it| CheckedName {
                    on: chosen.contains(&it.name.as_str()),
                    title: t.service(&it.name, &it.title),
                    name: it.name.clone(),
                })
                .collect(),
            page: page.titled("claim-title"),
            form,
        }
    }

    fn zone_is(&self, zone: &str) -> bool {
        self.form.value("timezone") == zone
    }
}

/// The first page of a server without an owner.
pub async fn welcome(page: Page) -> Response {
    if draft(&page).await.is_some() {
        return page::go("/claim/form");
    }
    page::html(&CodePage { page: page.titled("claim-code-title"), form: Form::empty(&["code"]) })
}

async fn check_code(State(app): State<App>, address: ClientAddress, page: Page, posted: Posted) -> Response {
    let form = Form::lines(&["code"], &posted, page.t);
    if form.value("code").is_empty() {
        return wrong_code(page.clone(), form, page.t.say("claim-code-missing"), StatusCode::UNPROCESSABLE_ENTITY);
    }
    let code = Word::new(form.value("code"));
    match app.helper.ask(&Request::CheckCode { code: code.clone(), from: address.0 }).await {
        Ok(Reply::Done) => {
            let draft = Draft { code, typed: std::collections::BTreeMap::default() };
            // A new id: whoever knew the one before does not come along.
            let kept = match page.session.cycle_id().await {
                Ok(()) => page.session.insert(session::CLAIM, &draft).await,
                Err(error) => Err(error),
            };
            kept.map_or_else(|error| page.broken(&error), |()| page::go("/claim/form"))
        }
        Ok(reply) => refuse_code(&app, page, form, &reply),
        Err(error) => page.broken(&error),
    }
}

fn refuse_code(app: &App, page: Page, form: Form, reply: &Reply) -> Response {
    let t = page.t;
    match reply {
        Reply::WrongCode { left } => {
            wrong_code(page, form, t.count("claim-code-wrong", *left), StatusCode::UNPROCESSABLE_ENTITY)
        }
        Reply::Locked { seconds } => {
            let sentence = t.with("claim-code-locked", [("time", t.duration(*seconds).as_str())]);
            wrong_code(page, form, sentence, StatusCode::TOO_MANY_REQUESTS)
        }
        Reply::AlreadyOwned => {
            app.forget_owner();
            page::go("/")
        }
        other => page.broken(&unexpected(other)),
    }
}

fn wrong_code(page: Page, mut form: Form, sentence: String, status: StatusCode) -> Response {
    form.fail("code", sentence);
    page::html_with(status, &CodePage { page: page.titled("claim-code-title"), form })
}

async fn draft(page: &Page) -> Option<Draft> {
    page.session.get(session::CLAIM).await.ok().flatten()
}

async fn show_form(State(app): State<App>, page: Page) -> Response {
    let Some(draft) = draft(&page).await else { return page::go("/") };
    match app.owner().await {
        Ok(owner) => {
            let form = draft.form(&owner, page.t);
            page::html(&FormPage::new(page, form, &owner, draft.has_password()))
        }
        Err(error) => page.broken(&error),
    }
}

async fn claim(State(app): State<App>, address: ClientAddress, page: Page, posted: Posted) -> Response {
    let Some(mut draft) = draft(&page).await else { return page::go("/") };
    let owner = match app.owner().await {
        Ok(owner) => owner,
        Err(error) => return page.broken(&error),
    };
    let mut form = claim::read(&posted, &draft, &owner, page.t);
    draft.keep(&mut form);
    if let Err(error) = page.session.insert(session::CLAIM, &draft).await {
        return page.broken(&error);
    }
    if !form.is_good() {
        return again(page, form, &owner, &draft);
    }
    let request = Request::Claim { code: draft.code.clone(), mapping: claim::mapping(&form), from: address.0 };
    match app.helper.ask(&request).await {
        Ok(Reply::Claimed(claimed)) => welcome_owner(&app, page, &form, &claimed).await,
        Ok(reply) => refuse_claim(&app, page, form, &owner, &draft, &reply).await,
        Err(error) => page.broken(&error),
    }
}

fn again(page: Page, form: Form, owner: &Arc<Owner>, draft: &Draft) -> Response {
    page::refused(&FormPage::new(page, form, owner, draft.has_password()))
}

/// The person who claimed the server is its first administrator, and signed in.
async fn welcome_owner(app: &App, page: Page, form: &Form, claimed: &Claimed) -> Response {
    app.forget_owner();
    let Ok(name) = claimed.administrator.parse() else { return page::go("/") };
    let me = SignedIn { name, full_name: form.value("full_name").to_owned(), administrator: true };
    if let Err(error) = session::sign_in(&page.session, &app.clock, &me).await {
        return page.broken(&error);
    }
    page.say_next(page.t.with("claim-done", [("name", claimed.administrator.as_str())])).await;
    page::go("/progress")
}

async fn refuse_claim(
    app: &App,
    page: Page,
    mut form: Form,
    owner: &Arc<Owner>,
    draft: &Draft,
    reply: &Reply,
) -> Response {
    let t = page.t;
    match reply {
        Reply::Issues(issues) => {
            claim::say_issues(&mut form, issues, t);
            again(page, form, owner, draft)
        }
        Reply::Locked { seconds } => {
            form.fail(WHOLE, t.with("claim-code-locked", [("time", t.duration(*seconds).as_str())]));
            page::html_with(StatusCode::TOO_MANY_REQUESTS, &FormPage::new(page, form, owner, draft.has_password()))
        }
        // The code that was right a moment ago is not: a new one was made. What was typed stays for it.
        other => refuse_code(app, page, Form::empty(&["code"]), other),
    }
}
