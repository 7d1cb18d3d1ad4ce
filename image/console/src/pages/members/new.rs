//! Somebody new: with a first password, or invited by a letter with a link.

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use sos_ipc::{Reply, Request};
use sos_settings::MemberName;

use super::fields;
use crate::app::App;
use crate::directory::{DirectoryError, NewMember};
use crate::form::{Form, Posted};
use crate::guard::session::SignedIn;
use crate::invitation;
use crate::letters;
use crate::page::{self, ForAdministrators, Page};
use crate::password;
use crate::slip::Slip;
use crate::text::{Language, Say};
use crate::tokens::Purpose;

#[derive(Template)]
#[template(path = "members_new.html")]
struct New {
    page: Page,
    form: Form,
    invite: bool,
}

pub(super) async fn show(ForAdministrators { page, .. }: ForAdministrators) -> Response {
    page::html(&New { page: page.titled("members-new-title"), form: Form::default(), invite: false })
}

pub(super) async fn show_invitation(ForAdministrators { page, .. }: ForAdministrators) -> Response {
    page::html(&New { page: page.titled("members-invite-title"), form: Form::default(), invite: true })
}

pub(super) async fn add(
    State(app): State<App>,
    ForAdministrators { page, me }: ForAdministrators,
    posted: Posted,
) -> Response {
    let mut form = fields::read(&posted, page.t);
    form.read_secret("password", &posted, page.t);
    let new = new_member(&mut form, &page.domain, page.t);
    let names = [form.value("full_name"), form.value("name"), &page.organisation, &page.domain];
    if let Some(wrong) = password::fault(form.value("password"), &names, page.t) {
        form.fail("password", wrong);
    }
    let password = form.value("password").to_owned();
    form.set("password", "");
    let Some(new) = new.filter(|_| form.is_good()) else { return again(page, form, false) };
    match store(&app, &new, &mut form, page.t).await {
        Ok(true) => {}
        Ok(false) => return again(page, form, false),
        Err(error) => return page.broken(&error),
    }
    if let Err(error) = app.directory.set_password(&new.name, &password).await {
        // Whoever tries again finds the name free.
        if let Err(error) = app.directory.remove_member(&new.name).await {
            eprintln!("{} is a member without a password: {error}", new.name);
        }
        return page.broken(&error);
    }
    app.helper.record(me.name.as_str(), "member-added", new.name.as_str()).await;
    page.say_next(page.t.with("members-added", [("name", new.full_name.as_str())])).await;
    page::go(&format!("/members/{}", new.name))
}

pub(super) async fn invite(
    State(app): State<App>,
    ForAdministrators { page, me }: ForAdministrators,
    posted: Posted,
) -> Response {
    let mut form = fields::read(&posted, page.t);
    let new = new_member(&mut form, &page.domain, page.t);
    if form.value("recovery").is_empty() {
        form.fail("recovery", Slip::RecoveryMissing.say(page.t));
    }
    let Some(new) = new.filter(|_| form.is_good()) else { return again(page, form, true) };
    match store(&app, &new, &mut form, page.t).await {
        Ok(true) => {}
        Ok(false) => return again(page, form, true),
        Err(error) => return page.broken(&error),
    }
    app.helper.record(me.name.as_str(), "member-added", new.name.as_str()).await;
    let to = new.recovery.as_ref().map(|to| to.as_str()).unwrap_or_default();
    let arguments = [("name", new.full_name.as_str()), ("address", to)];
    let sent = send_invitation(&app, &page, &me, &new.name, new.full_name.as_str(), to).await;
    page.say_next(page.t.with(sent.err().unwrap_or("members-invited"), arguments)).await;
    page::go(&format!("/members/{}", new.name))
}

fn again(page: Page, form: Form, invite: bool) -> Response {
    let page = if invite { page.titled("members-invite-title") } else { page.titled("members-new-title") };
    page::refused(&New { page, form, invite })
}

fn new_member(form: &mut Form, domain: &str, t: Say) -> Option<NewMember> {
    let checked = fields::check(form, domain, t);
    let name = fields::check_name(form, domain, t);
    let (checked, name) = (checked?, name?);
    Some(NewMember {
        name,
        full_name: checked.full_name,
        addresses: checked.addresses,
        forward: checked.forward,
        recovery: checked.recovery,
        quota_mib: checked.quota_mib,
    })
}

/// Adds somebody; false when the form says why not.
async fn store(app: &App, new: &NewMember, form: &mut Form, t: Say) -> Result<bool, DirectoryError> {
    match app.directory.add_member(new).await {
        Ok(()) => Ok(true),
        Err(error) => fields::blame(form, error, &new.name, t).map(|()| false),
    }
}

/// Sends the letter with a new link.
///
/// # Errors
/// The key of the sentence that says why none went out.
pub(super) async fn send_invitation(
    app: &App,
    page: &Page,
    me: &SignedIn,
    name: &MemberName,
    full_name: &str,
    to: &str,
) -> Result<(), &'static str> {
    if !letters::may_invite(app, me.name.as_str()) {
        return Err("members-invitations-many");
    }
    let token = match app.tokens.issue(Purpose::Invite, name, app.clock.now()) {
        Ok(token) => token,
        Err(error) => {
            eprintln!("no link for {name}: {error}");
            return Err("members-invitation-failed");
        }
    };
    let language = letters_in(app, page.t).await;
    let link = invitation::link(&page.host, &token);
    let letter = invitation::letter(language, to, full_name, &page.organisation, &link);
    match app.helper.ask(&Request::SendLetter(letter)).await {
        Ok(Reply::Done) => {
            app.helper.record(me.name.as_str(), "member-invited", name.as_str()).await;
            Ok(())
        }
        outcome => {
            if let Err(error) = outcome {
                eprintln!("no invitation for {name}: {error}");
            }
            Err("members-invitation-failed")
        }
    }
}

/// The language of letters: the organisation's, else the page's.
pub(crate) async fn letters_in(app: &App, t: Say) -> Say {
    let owner = app.owner().await.ok();
    let language = owner.and_then(|owner| Language::of_code(&owner.language));
    app.texts.speaker(language.unwrap_or(t.language))
}
