//! A new member follows the link they were sent: they choose a password, name an address elsewhere, and are in.

use askama::Template;
use axum::Router;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::get;

use crate::app::App;
use crate::directory::{DirectoryError, Member, MemberChange, Standing};
use crate::form::{Form, Posted};
use crate::guard::session::{self, SignedIn};
use crate::page::{self, Page};
use crate::pages::forgot::{LinkOver, once_more};
use crate::pages::{mail, password};
use crate::tokens::Purpose;

/// `/invite/TOKEN`.
pub fn routes() -> Router<App> {
    Router::new().route("/invite/{token}", get(show).post(take))
}

#[derive(Template)]
#[template(path = "invite.html")]
struct Invite {
    page: Page,
    form: Form,
    full_name: String,
    name: String,
    address: String,
}

fn over(app: &App, page: Page) -> Response {
    app.journal.refused(app.clock.now(), &page.asked, "a link that is not good");
    let text = page.t.say("invite-over");
    page::html_with(StatusCode::NOT_FOUND, &LinkOver { page: page.titled("link-over-title"), text, again: false })
}

/// Whom a link is for; the page to answer with if it is good for nobody.
async fn invited(app: &App, page: Page, token: &str) -> Result<(Page, Standing), Response> {
    let Some(name) = app.tokens.check(Purpose::Invite, token, app.clock.now()) else { return Err(over(app, page)) };
    match app.directory.standing(&name).await {
        Ok(Some(standing)) if !standing.member.suspended => Ok((page, standing)),
        Ok(_) => Err(over(app, page)),
        Err(error) => Err(page.broken(&error)),
    }
}

fn view(page: Page, member: &Member, form: Form) -> Invite {
    Invite {
        form,
        full_name: member.full_name.clone(),
        name: member.name.to_string(),
        address: format!("{}@{}", member.name, page.domain),
        page: page.titled("invite-title"),
    }
}

async fn show(State(app): State<App>, page: Page, Path(token): Path<String>) -> Response {
    let (page, Standing { member, .. }) = match invited(&app, page, &token).await {
        Ok(found) => found,
        Err(response) => return response,
    };
    let mut form = Form::empty(&["new"]);
    form.set("recovery", member.recovery.clone().unwrap_or_default());
    page::html(&view(page, &member, form))
}

async fn take(State(app): State<App>, page: Page, Path(token): Path<String>, posted: Posted) -> Response {
    let (page, Standing { member, administrator }) = match invited(&app, page, &token).await {
        Ok(found) => found,
        Err(response) => return response,
    };
    let mut form = Form::lines(&["recovery"], &posted, page.t);
    password::read_new(&mut form, &posted, &[member.name.as_str(), &member.full_name], &page);
    let recovery = mail::elsewhere(&mut form, "recovery", &page, "mail-recovery-wrong");
    if !form.is_good() {
        return page::refused(&view(page, &member, form));
    }
    match app.tokens.take(Purpose::Invite, &token, app.clock.now()) {
        Ok(Some(_)) => {}
        Ok(None) => return over(&app, page),
        Err(error) => return page.broken(&error),
    }
    let change = MemberChange { recovery: Some(recovery), ..MemberChange::of(&member.name) };
    let done = match app.directory.change_member(&change, &member.revision).await {
        // What an administrator wrote in this very moment stays.
        Ok(()) | Err(DirectoryError::Stale) => app.directory.set_password(&member.name, form.value("new")).await,
        Err(error) => Err(error),
    };
    match done {
        Ok(()) => {}
        Err(DirectoryError::Gone) => return over(&app, page),
        Err(error) => return once_more(&app, page, Purpose::Invite, &member.name, &error).await,
    }
    app.sign_out(&member.name).await;
    if let Err(error) = app.tokens.revoke(&member.name, app.clock.now()) {
        eprintln!("cannot void the links of a member: {error}");
    }
    app.helper.record(member.name.as_str(), "invitation-taken", member.name.as_str()).await;
    let signed_in = SignedIn { name: member.name, full_name: member.full_name, administrator };
    if let Err(error) = session::sign_in(&page.session, &app.clock, &signed_in).await {
        return page.broken(&error);
    }
    page.say_next(page.t.say("invite-done")).await;
    page::go("/")
}
