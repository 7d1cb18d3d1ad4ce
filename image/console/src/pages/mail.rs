//! Where a member's letters go: into a mailbox here, or on to an address elsewhere; and the address elsewhere for a
//! forgotten password, which takes the password to change.

use askama::Template;
use axum::Router;
use axum::extract::State;
use axum::response::Response;
use axum::routing::get;
use sos_settings::MailAddress;

use crate::app::App;
use crate::directory::{DirectoryError, Member, MemberChange};
use crate::form::{Form, Posted};
use crate::guard::address::ClientAddress;
use crate::letters::{self, News};
use crate::page::{self, ForMembers, Page};
use crate::pages::password;
use crate::text::Say;

/// `/me/mail`.
pub fn routes() -> Router<App> {
    Router::new().route("/me/mail", get(show).post(save))
}

#[derive(Template)]
#[template(path = "mail.html")]
struct Mail {
    page: Page,
    form: Form,
    addresses: Vec<String>,
    /// The choices of `where`.
    places: Vec<(&'static str, String)>,
}

async fn show(State(app): State<App>, ForMembers { page, me }: ForMembers) -> Response {
    match app.directory.member(&me.name).await {
        Ok(Some(member)) => {
            let form = filled(&member);
            page::html(&view(page, &member, form))
        }
        Ok(None) => page.missing(),
        Err(error) => page.broken(&error),
    }
}

fn filled(member: &Member) -> Form {
    let mut form = Form::empty(&["password"]);
    form.set("where", if member.forward.is_some() { "elsewhere" } else { "here" });
    form.set("forward", member.forward.clone().unwrap_or_default());
    form.set("recovery", member.recovery.clone().unwrap_or_default());
    form.set("revision", member.revision.to_string());
    form
}

fn view(page: Page, member: &Member, form: Form) -> Mail {
    let own = std::iter::once(member.name.as_str()).chain(member.addresses.iter().map(String::as_str));
    let addresses = own.map(|local| format!("{local}@{}", page.domain)).collect();
    let places = vec![("here", page.t.say("mail-here")), ("elsewhere", page.t.say("mail-elsewhere"))];
    Mail { page: page.titled("mail-title"), form, addresses, places }
}

async fn save(
    State(app): State<App>,
    address: ClientAddress,
    ForMembers { page, me }: ForMembers,
    posted: Posted,
) -> Response {
    let member = match app.directory.member(&me.name).await {
        Ok(Some(member)) => member,
        Ok(None) => return page.missing(),
        Err(error) => return page.broken(&error),
    };
    let mut form = filled(&member);
    let typed = Form::lines(&["where", "forward", "recovery", "revision"], &posted, page.t);
    let is_recovery = posted.pressed() == "recovery";
    let fields: &[&str] = if is_recovery { &["recovery"] } else { &["where", "forward"] };
    for field in fields {
        form.set(field, typed.value(field));
        if let Some(error) = typed.field(field).error {
            form.fail(field, error);
        }
    }
    let mut change = MemberChange::of(&me.name);
    if is_recovery {
        change.recovery = Some(elsewhere(&mut form, "recovery", &page, "mail-recovery-wrong"));
        form.set("password", posted.get("password"));
        if form.is_good()
            && let Err(error) = password::prove(&app, address, &me, &mut form, "password", &page).await
        {
            return page.broken(&error);
        }
    } else {
        change.forward = Some(forward(&mut form, &page));
    }
    if form.is_good() && !letters::may_tell(&app, &me.name) {
        form.fail(fields[0], page.t.say("letters-many"));
    }
    if !form.is_good() {
        return page::refused(&view(page, &member, form));
    }
    let seen = typed.value("revision").parse().unwrap_or_default();
    match app.directory.change_member(&change, &seen).await {
        Ok(()) => {}
        Err(DirectoryError::Stale) => {
            let now = now(&member, is_recovery, page.t);
            form.fail(fields[0], page.t.with("mail-stale", [("now", now.as_str())]));
            return page::refused(&view(page, &member, form));
        }
        Err(error) => return page.broken(&error),
    }
    let (what, news, said) = if is_recovery {
        ("recovery-changed", News::Recovery, page.t.say("mail-recovery-saved"))
    } else if form.value("where") == "here" {
        ("forward-changed", News::Forward, page.t.say("mail-here-saved"))
    } else {
        ("forward-changed", News::Forward, page.t.with("mail-elsewhere-saved", [("address", form.value("forward"))]))
    };
    app.helper.record(me.name.as_str(), what, me.name.as_str()).await;
    letters::tell(&app, &member, news);
    page.say_next(said).await;
    page::go("/me/mail")
}

/// What there is now, for who wanted to change what somebody else changed in between.
fn now(member: &Member, is_recovery: bool, t: Say) -> String {
    match (is_recovery, &member.forward, &member.recovery) {
        (true, _, Some(address)) | (false, Some(address), _) => address.clone(),
        (true, _, None) => t.say("mail-no-recovery"),
        (false, None, _) => t.say("mail-here"),
    }
}

fn forward(form: &mut Form, page: &Page) -> Option<MailAddress> {
    match form.value("where") {
        "here" => None,
        "elsewhere" => {
            let to = elsewhere(form, "forward", page, "mail-forward-wrong");
            if form.fits("forward") && to.is_none() {
                form.fail("forward", page.t.say("mail-forward-missing"));
            }
            to
        }
        _ => {
            form.fail("where", page.t.say("mail-where-missing"));
            None
        }
    }
}

/// The address in `field`, which must not be one of this organisation; nothing if the field is empty.
pub(super) fn elsewhere(form: &mut Form, field: &str, page: &Page, wrong: &str) -> Option<MailAddress> {
    let typed = form.value(field).to_owned();
    if typed.is_empty() {
        return None;
    }
    let Ok(address) = typed.parse::<MailAddress>() else {
        form.fail(field, page.t.say(wrong));
        return None;
    };
    let domain = address.domain().to_ascii_lowercase();
    if domain == page.domain || domain == page.host {
        form.fail(field, page.t.say("mail-not-elsewhere"));
        return None;
    }
    Some(address)
}
