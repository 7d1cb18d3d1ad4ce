//! The away message: an answer to whoever writes, between two days or until it is switched off.

use askama::Template;
use axum::Router;
use axum::extract::State;
use axum::response::Response;
use axum::routing::get;
use time::{Date, Duration, OffsetDateTime};

use crate::app::App;
use crate::directory::Member;
use crate::form::{Form, Posted};
use crate::guard::session::SignedIn;
use crate::page::{self, ForMembers, Page};
use crate::pages::script::{self, Stored};
use crate::sieve::{DAY, Script, Vacation};

/// In how many days somebody is answered once.
const DAYS: u32 = 7;
/// Longest answer, in characters.
const LONGEST: usize = 5_000;

/// `/me/vacation`.
pub fn routes() -> Router<App> {
    Router::new().route("/me/vacation", get(show).post(save))
}

#[derive(Template)]
#[template(path = "vacation.html")]
struct Away {
    page: Page,
    form: Form,
    beside: Beside,
}

/// What the page says beside its form.
struct Beside {
    /// Another program's rules are followed instead of ours.
    other: Option<String>,
    /// The script cannot be changed here.
    closed: bool,
    /// Webmail set more than is shown.
    more: bool,
    /// Letters do not even arrive here.
    forward: Option<String>,
}

/// What both requests need first.
struct Read {
    member: Member,
    stored: Stored,
}

async fn read(app: &App, page: Page, me: &SignedIn) -> Result<(Page, Read), Response> {
    let member = match app.directory.member(&me.name).await {
        Ok(Some(member)) => member,
        Ok(None) => return Err(page.missing()),
        Err(error) => return Err(page.broken(&error)),
    };
    match script::read(app, &me.name).await {
        Ok(stored) => Ok((page, Read { member, stored })),
        Err(error) => Err(page.broken(&error)),
    }
}

fn view(page: Page, read: &Read, form: Form) -> Away {
    let vacation = read.stored.script.as_ref().ok().and_then(Script::vacation);
    let closed = match &read.stored.script {
        Ok(script) => vacation.is_none() && script.answers_otherwise(),
        Err(_) => true,
    };
    let beside = Beside {
        other: read.stored.other.clone(),
        closed,
        more: vacation.is_some_and(Vacation::says_more),
        forward: read.member.forward.clone(),
    };
    Away { page: page.titled("vacation-title"), form, beside }
}

async fn show(State(app): State<App>, ForMembers { page, me }: ForMembers) -> Response {
    let (page, read) = match read(&app, page, &me).await {
        Ok(read) => read,
        Err(response) => return response,
    };
    let mut form = Form::empty(&["on", "from", "to", "subject", "reason", "replace"]);
    form.set("seen", &read.stored.seen);
    if let Some(vacation) = read.stored.script.as_ref().ok().and_then(Script::vacation) {
        let day = |bound: Option<&crate::sieve::Bound>| bound.and_then(|bound| bound.day().format(DAY).ok());
        form.set("on", if vacation.on { "on" } else { "" });
        form.set("from", day(vacation.from.as_ref()).unwrap_or_default());
        form.set("to", day(vacation.to.as_ref()).unwrap_or_default());
        form.set("subject", vacation.subject.clone().unwrap_or_default());
        form.set("reason", vacation.reason.as_str());
    }
    page::html(&view(page, &read, form))
}

async fn save(State(app): State<App>, ForMembers { page, me }: ForMembers, posted: Posted) -> Response {
    let (page, read) = match read(&app, page, &me).await {
        Ok(read) => read,
        Err(response) => return response,
    };
    let today = OffsetDateTime::from_unix_timestamp(app.clock.now().cast_signed()).map(OffsetDateTime::date);
    let (mut form, from, to) = check(&posted, &page, today.unwrap_or(Date::MIN));
    refuse_changed(&mut form, &read.stored, &page, "on");
    let Ok(mut script) = read.stored.script.clone() else {
        return page::refused(&view(page, &read, form));
    };
    if !form.is_good() || (script.vacation().is_none() && script.answers_otherwise()) {
        return page::refused(&view(page, &read, form));
    }
    let mut vacation = script.vacation().cloned().unwrap_or_else(|| Vacation {
        name: page.t.say("vacation-rule"),
        days: Some(DAYS),
        ..Vacation::default()
    });
    vacation.on = form.value("on") == "on";
    vacation.set_days(from, to);
    vacation.subject = Some(form.value("subject").to_owned()).filter(|subject| !subject.is_empty());
    form.value("reason").clone_into(&mut vacation.reason);
    add_addresses(&mut vacation, &read.member, &page.domain);
    // Nothing to keep of an answer that never was.
    let nothing = !vacation.on && vacation.reason.is_empty() && script.vacation().is_none();
    if !nothing {
        let on = vacation.on;
        script.set_vacation(vacation);
        match script::write(&app, &me.name, &script).await {
            Ok(true) => page.say_next(page.t.say(if on { "vacation-saved-on" } else { "vacation-saved-off" })).await,
            Ok(false) => {
                form.fail("reason", page.t.say("vacation-not-taken"));
                return page::refused(&view(page, &read, form));
            }
            Err(error) => return page.broken(&error),
        }
    }
    page::go("/me/vacation")
}

/// What was typed, and the days it says.
fn check(posted: &Posted, page: &Page, today: Date) -> (Form, Option<Date>, Option<Date>) {
    let t = page.t;
    let mut form = Form::lines(&["on", "from", "to", "subject", "replace", "seen"], posted, t);
    form.read_text("reason", posted, t);
    let on = form.value("on") == "on";
    let day = |form: &mut Form, field: &str| {
        let day = Date::parse(form.value(field), DAY).ok();
        if day.is_none() && !form.value(field).is_empty() {
            form.fail(field, t.say("vacation-no-day"));
        }
        day
    };
    let (from, to) = (day(&mut form, "from"), day(&mut form, "to"));
    if from.zip(to).is_some_and(|(from, to)| to < from) {
        form.fail("to", t.say("vacation-to-before-from"));
    }
    // A day more, because it is yesterday somewhere still.
    if on && to.and_then(|to| to.checked_add(Duration::days(1))).is_some_and(|to| to < today) {
        form.fail("to", t.say("vacation-to-over"));
    }
    if form.value("subject").chars().count() > 200 {
        form.fail("subject", t.say("vacation-subject-long"));
    }
    if on && form.value("reason").is_empty() {
        form.fail("reason", t.say("vacation-reason-missing"));
    }
    if form.value("reason").chars().count() > LONGEST {
        form.fail("reason", t.say("vacation-reason-long"));
    }
    (form, from, to)
}

/// Refuses to write over what was changed in between, or over another program's rules without being told to.
pub(super) fn refuse_changed(form: &mut Form, stored: &Stored, page: &Page, field: &str) {
    if form.value("seen") != stored.seen {
        form.fail(field, page.t.say("script-changed"));
        // Who has read that and saves again means it.
        form.set("seen", &stored.seen);
    }
    if stored.other.is_some() && form.value("replace") != "on" {
        form.fail("replace", page.t.say("script-replace-missing"));
    }
}

/// The answer is given to letters to any of the member's addresses.
fn add_addresses(vacation: &mut Vacation, member: &Member, domain: &str) {
    let own = std::iter::once(member.name.as_str()).chain(member.addresses.iter().map(String::as_str));
    for address in own.map(|local| format!("{local}@{domain}")) {
        if !vacation.addresses.iter().any(|known| known.eq_ignore_ascii_case(&address)) {
            vacation.addresses.push(address);
        }
    }
}
