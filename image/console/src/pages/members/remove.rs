//! Removing somebody: first a page that says what happens to their mail and their addresses.

use askama::Template;
use axum::extract::{Path, State};
use axum::response::Response;
use sos_ipc::{Reply, Request};
use sos_settings::MemberName;

use super::edit;
use crate::app::App;
use crate::directory::{DirectoryError, Member, Team};
use crate::form::{Form, Posted};
use crate::page::{self, ForAdministrators, Page};
use crate::slip::Slip;

#[derive(Template)]
#[template(path = "members_remove.html")]
struct Remove {
    page: Page,
    member: Member,
    form: Form,
    /// Groups and roles that have nobody else.
    alone: Vec<Team>,
    others: Vec<(String, String)>,
    /// It is the administrator who reads this.
    myself: bool,
}

pub(super) async fn show(
    State(app): State<App>,
    ForAdministrators { page, me }: ForAdministrators,
    Path(name): Path<String>,
) -> Response {
    match edit::find(&app, &name).await {
        Ok(Some(member)) => {
            let mut form = Form::empty(&["mail", "heir"]);
            form.set("mail", "keep");
            let myself = me.name == member.name;
            answer(&app, page, member, form, myself).await
        }
        Ok(None) => page.missing(),
        Err(error) => page.broken(&error),
    }
}

async fn answer(app: &App, page: Page, member: Member, form: Form, myself: bool) -> Response {
    let (teams, all) = match tokio::try_join!(app.directory.teams_with(&member.name), app.directory.members()) {
        Ok(read) => read,
        Err(error) => return page.broken(&error),
    };
    let alone = teams.into_iter().filter(|team| team.members.len() == 1).collect();
    let none = (String::new(), page.t.say("members-heir-none"));
    let others = all.into_iter().filter(|other| other.name != member.name && !other.suspended);
    let others = std::iter::once(none)
        .chain(others.map(|other| (other.name.to_string(), format!("{} ({})", other.full_name, other.name))))
        .collect();
    let title = page.t.with("members-remove-title", [("name", member.full_name.as_str())]);
    let good = form.is_good();
    let remove = Remove { page: page.called(title), member, form, alone, others, myself };
    if good { page::html(&remove) } else { page::refused(&remove) }
}

pub(super) async fn remove(
    State(app): State<App>,
    ForAdministrators { page, me }: ForAdministrators,
    Path(name): Path<String>,
    posted: Posted,
) -> Response {
    let member = match edit::find(&app, &name).await {
        Ok(Some(member)) => member,
        Ok(None) => return page.missing(),
        Err(error) => return page.broken(&error),
    };
    let mut form = Form::lines(&["mail", "heir"], &posted, page.t);
    let heir = heir(&mut form, &page);
    let myself = me.name == member.name;
    if !form.is_good() {
        return answer(&app, page, member, form, myself).await;
    }
    let outcome = match &heir {
        Some(heir) => app.directory.hand_over_member(&member.name, heir).await,
        None => app.directory.remove_member(&member.name).await,
    };
    match outcome {
        Ok(()) => {}
        Err(DirectoryError::Gone) => return page.missing(),
        Err(error) => {
            let Some(slip) = Slip::of_directory(&error) else { return page.broken(&error) };
            form.fail(if slip == Slip::LastAdministrator { "mail" } else { "heir" }, slip.say(page.t));
            return answer(&app, page, member, form, myself).await;
        }
    }
    app.sign_out(&member.name).await;
    edit::revoke(&app, &member.name);
    app.helper.record(me.name.as_str(), "member-removed", member.name.as_str()).await;
    let keep = form.value("mail") != "delete";
    let mailbox = Request::RemoveMailbox { member: member.name.to_string(), keep, by: me.name.to_string() };
    let notice = match app.helper.ask(&mailbox).await {
        Ok(Reply::Done) => page.t.with("members-removed", [("name", member.full_name.as_str())]),
        outcome => {
            eprintln!("the mailbox of {}: {outcome:?}", member.name);
            page.t.with("members-removed-not-mail", [("name", member.full_name.as_str())])
        }
    };
    page.say_next(notice).await;
    page::go("/members")
}

/// Who gets the address, if it is handed over.
fn heir(form: &mut Form, page: &Page) -> Option<MemberName> {
    if !["keep", "delete", "hand"].contains(&form.value("mail")) {
        form.fail("mail", page.t.say("members-mail-choose"));
    }
    if form.value("mail") != "hand" {
        return None;
    }
    let heir = form.value("heir").parse().ok();
    if heir.is_none() {
        form.fail("heir", page.t.say("members-heir-missing"));
    }
    heir
}
