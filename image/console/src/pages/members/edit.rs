//! Somebody's own page for administrators: what is known about them, and what can be done.

use askama::Template;
use axum::extract::{Path, State};
use axum::response::Response;
use sos_settings::MemberName;

use super::{fields, new};
use crate::app::App;
use crate::directory::{DirectoryError, Member, MemberChange, Revision, Team};
use crate::form::{Form, Posted};
use crate::guard::address::ClientAddress;
use crate::guard::session::SignedIn;
use crate::page::{self, ForAdministrators, Page};
use crate::pages::password;
use crate::slip::Slip;

#[derive(Template)]
#[template(path = "members_edit.html")]
struct Edit {
    page: Page,
    member: Member,
    form: Form,
    /// What somebody else made of it in between: the labels' keys stand in the template.
    now: Option<Form>,
    teams: Vec<Team>,
    invited: bool,
}

pub(super) async fn show(
    State(app): State<App>,
    ForAdministrators { page, .. }: ForAdministrators,
    Path(name): Path<String>,
) -> Response {
    match find(&app, &name).await {
        Ok(Some(member)) => {
            let form = fields::filled(&member);
            answer(&app, page, member, form, None).await
        }
        Ok(None) => page.missing(),
        Err(error) => page.broken(&error),
    }
}

pub(super) async fn find(app: &App, name: &str) -> Result<Option<Member>, DirectoryError> {
    match name.parse::<MemberName>() {
        Ok(name) => app.directory.member(&name).await,
        Err(_) => Ok(None),
    }
}

async fn answer(app: &App, page: Page, member: Member, form: Form, now: Option<Form>) -> Response {
    let teams = match app.directory.teams_with(&member.name).await {
        Ok(teams) => teams,
        Err(error) => return page.broken(&error),
    };
    let invited = app.tokens.invited(app.clock.now()).contains_key(&member.name);
    let good = form.is_good() && now.is_none();
    let title = member.full_name.clone();
    let edit = Edit { page: page.called(title), member, form, now, teams, invited };
    if good { page::html(&edit) } else { page::refused(&edit) }
}

pub(super) async fn change(
    State(app): State<App>,
    address: ClientAddress,
    ForAdministrators { page, me }: ForAdministrators,
    Path(name): Path<String>,
    posted: Posted,
) -> Response {
    let member = match find(&app, &name).await {
        Ok(Some(member)) => member,
        Ok(None) => return page.missing(),
        Err(error) => return page.broken(&error),
    };
    match posted.pressed() {
        "save" => save(&app, page, address, &me, member, &posted).await,
        "suspend" => suspend(&app, page, &me, member, true).await,
        "resume" => suspend(&app, page, &me, member, false).await,
        "invite" => invite(&app, page, &me, member).await,
        _ => page::go(&format!("/members/{}", member.name)),
    }
}

async fn save(
    app: &App,
    page: Page,
    address: ClientAddress,
    me: &SignedIn,
    member: Member,
    posted: &Posted,
) -> Response {
    let mut form = fields::read(posted, page.t);
    form.set("name", member.name.as_str());
    let Some(checked) = fields::check(&mut form, &page.domain, page.t).filter(|_| form.is_good()) else {
        return answer(app, page, member, form, None).await;
    };
    // Where links for a new password go is a way in: a session alone does not change it.
    if checked.recovery.as_ref().map(|address| address.as_str()) != member.recovery.as_deref() {
        form.set("own_password", posted.get("own_password"));
        if let Err(error) = password::prove(app, address, me, &mut form, "own_password", &page).await {
            return page.broken(&error);
        }
        if !form.is_good() {
            return answer(app, page, member, form, None).await;
        }
    }
    let change = MemberChange {
        full_name: Some(checked.full_name),
        addresses: Some(checked.addresses),
        forward: Some(checked.forward),
        recovery: Some(checked.recovery),
        quota_mib: Some(checked.quota_mib),
        ..MemberChange::of(&member.name)
    };
    let seen: Result<Revision, _> = posted.get("revision").parse();
    let outcome = match seen {
        Ok(seen) => app.directory.change_member(&change, &seen).await,
        Err(stale) => Err(stale),
    };
    match outcome {
        Ok(()) => {
            app.helper.record(me.name.as_str(), "member-changed", member.name.as_str()).await;
            page.say_next(page.t.with("members-saved", [("name", form.value("full_name"))])).await;
            page::go(&format!("/members/{}", member.name))
        }
        Err(DirectoryError::Stale) => match app.directory.member(&member.name).await {
            Ok(Some(now)) => {
                let there = fields::filled(&now);
                answer(app, page, now, form, Some(there)).await
            }
            Ok(None) => page.missing(),
            Err(error) => page.broken(&error),
        },
        Err(DirectoryError::Gone) => page.missing(),
        Err(error) => match fields::blame(&mut form, error, &member.name, page.t) {
            Ok(()) => answer(app, page, member, form, None).await,
            Err(error) => page.broken(&error),
        },
    }
}

/// Suspends or resumes. Two who press at once want the same, so what is there now is good enough.
async fn suspend(app: &App, page: Page, me: &SignedIn, member: Member, suspended: bool) -> Response {
    let change = MemberChange { suspended: Some(suspended), ..MemberChange::of(&member.name) };
    match app.directory.change_member(&change, &member.revision).await {
        Ok(()) => {}
        Err(DirectoryError::Stale | DirectoryError::Gone) => return page::go(&format!("/members/{}", member.name)),
        Err(error @ DirectoryError::LastAdministrator) => {
            let mut form = fields::filled(&member);
            form.fail("suspend", Slip::of_directory(&error).map(|slip| slip.say(page.t)).unwrap_or_default());
            return answer(app, page, member, form, None).await;
        }
        Err(error) => return page.broken(&error),
    }
    let arguments = [("name", member.full_name.as_str())];
    let notice = if suspended {
        app.sign_out(&member.name).await;
        revoke(app, &member.name);
        app.helper.record(me.name.as_str(), "member-suspended", member.name.as_str()).await;
        page.t.with("members-suspended", arguments)
    } else {
        app.helper.record(me.name.as_str(), "member-resumed", member.name.as_str()).await;
        page.t.with("members-resumed", arguments)
    };
    page.say_next(notice).await;
    page::go(&format!("/members/{}", member.name))
}

async fn invite(app: &App, page: Page, me: &SignedIn, member: Member) -> Response {
    let Some(to) = member.recovery.as_deref().filter(|_| !member.suspended) else {
        let mut form = fields::filled(&member);
        form.fail("recovery", Slip::RecoveryMissing.say(page.t));
        return answer(app, page, member, form, None).await;
    };
    let arguments = [("name", member.full_name.as_str()), ("address", to)];
    let sent = new::send_invitation(app, &page, me, &member.name, &member.full_name, to).await;
    page.say_next(page.t.with(sent.err().unwrap_or("members-invited-again"), arguments)).await;
    page::go(&format!("/members/{}", member.name))
}

pub(super) fn revoke(app: &App, name: &MemberName) {
    if let Err(error) = app.tokens.revoke(name, app.clock.now()) {
        eprintln!("links of {name} could not be voided: {error}");
    }
}
