//! A forgotten password: a link goes to the member's address elsewhere, without anybody's help.
//!
//! A stranger learns nothing: whatever is typed, the answer is the same and comes at once, because looking it up and
//! writing the letter happen after it. A link is good once, for an hour; [`OF_ADDRESS`] and [`OF_MEMBER`] say how many
//! letters can be caused.

use askama::Template;
use axum::Router;
use axum::extract::{Path, State};
use axum::response::Response;
use axum::routing::get;
use sos_settings::MemberName;

use crate::app::App;
use crate::directory::{DirectoryError, Member};
use crate::form::{Form, Posted};
use crate::guard::address::ClientAddress;
use crate::guard::limiter::{self, Attempt, Counted};
use crate::letters::{self, Bound};
use crate::page::{self, Page};
use crate::pages::password;
use crate::tokens::Purpose;

/// How often one client may ask.
pub const OF_ADDRESS: Bound = Bound { most: 20, window: 3_600 };
/// How many letters one member gets.
pub const OF_MEMBER: Bound = Bound { most: 3, window: 3_600 };
/// Most members that share an address elsewhere and get a letter each: a family.
const MOST_LETTERS: usize = 6;

/// `/forgot` and `/reset/TOKEN`.
pub fn routes() -> Router<App> {
    Router::new().route("/forgot", get(show).post(ask)).route("/reset/{token}", get(show_reset).post(reset))
}

#[derive(Template)]
#[template(path = "forgot.html")]
struct Forgot {
    page: Page,
    form: Form,
    sent: bool,
}

#[derive(Template)]
#[template(path = "reset.html")]
struct Reset {
    page: Page,
    form: Form,
    name: String,
}

/// A link that is not good any more.
#[derive(Template)]
#[template(path = "link_over.html")]
pub(super) struct LinkOver {
    pub(super) page: Page,
    pub(super) text: String,
    pub(super) again: bool,
}

async fn show(page: Page) -> Response {
    page::html(&Forgot { page: page.titled("forgot-title"), form: Form::empty(&["who"]), sent: false })
}

async fn ask(State(app): State<App>, address: ClientAddress, page: Page, posted: Posted) -> Response {
    let mut form = Form::lines(&["who"], &posted, page.t);
    if form.value("who").is_empty() {
        form.fail("who", page.t.say("forgot-who-missing"));
    }
    if !form.is_good() {
        return page::refused(&Forgot { page: page.titled("forgot-title"), form, sent: false });
    }
    let who = form.value("who").to_lowercase();
    if page.mail
        && app.letters.take(app.clock.now(), ("client", limiter::network(address.0)), OF_ADDRESS)
        && who.len() <= 320
    {
        tokio::spawn(async move {
            if let Err(error) = send_links(&app, &who).await {
                eprintln!("cannot send a link for a new password: {error}");
            }
        });
    }
    page::html(&Forgot { page: page.titled("forgot-title"), form: Form::default(), sent: true })
}

/// Sends a link to each member who may have been meant.
async fn send_links(app: &App, who: &str) -> Result<(), DirectoryError> {
    let Ok(owner) = app.owner().await else { return Ok(()) };
    let domain = owner.domain.clone().unwrap_or_default();
    let members = app.directory.members().await?;
    let meant = members.iter().filter(|member| is_meant(member, who, &domain)).take(MOST_LETTERS);
    for member in meant {
        let Some(to) = member.recovery.as_deref().filter(|_| !member.suspended) else { continue };
        let now = app.clock.now();
        if !app.letters.take(now, ("member", member.name.as_str()), OF_MEMBER) {
            continue;
        }
        let token = match app.tokens.issue(Purpose::Reset, &member.name, now) {
            Ok(token) => token,
            Err(error) => {
                eprintln!("cannot make a link for a new password: {error}");
                continue;
            }
        };
        let t = letters::speaker(app).await;
        let organisation = owner.organisation.as_deref().unwrap_or_default();
        // The host of the settings: what a request calls us may be a stranger's invention.
        let link = format!("https://{}/reset/{token}", owner.host.as_deref().unwrap_or_default());
        let subject = t.with("letter-reset-subject", [("organisation", organisation)]);
        let text = t.with(
            "letter-reset",
            [
                ("full_name", member.full_name.as_str()),
                ("name", member.name.as_str()),
                ("organisation", organisation),
                ("link", link.as_str()),
            ],
        );
        if let Err(error) = letters::send(app, to, subject, text).await {
            eprintln!("cannot send a link for a new password: {error}");
        }
    }
    Ok(())
}

/// Whether `who` is the member's name, one of their addresses here, or the one elsewhere.
fn is_meant(member: &Member, who: &str, domain: &str) -> bool {
    let local = who.strip_suffix(domain).and_then(|local| local.strip_suffix('@')).unwrap_or(who);
    local == member.name.as_str()
        || member.addresses.iter().any(|address| address.eq_ignore_ascii_case(local))
        || member.recovery.as_ref().is_some_and(|recovery| recovery.to_lowercase() == who)
}

async fn show_reset(State(app): State<App>, page: Page, Path(token): Path<String>) -> Response {
    match app.tokens.check(Purpose::Reset, &token, app.clock.now()) {
        Some(name) => page::html(&view(page, &name, Form::empty(&["new"]))),
        None => over(&app, page),
    }
}

fn view(page: Page, name: &MemberName, form: Form) -> Reset {
    Reset { page: page.titled("reset-title"), form, name: name.to_string() }
}

fn over(app: &App, page: Page) -> Response {
    app.journal.refused(app.clock.now(), &page.asked, "a link that is not good");
    let text = page.t.say("reset-over");
    page::html_with(
        axum::http::StatusCode::NOT_FOUND,
        &LinkOver { page: page.titled("link-over-title"), text, again: true },
    )
}

async fn reset(
    State(app): State<App>,
    address: ClientAddress,
    page: Page,
    Path(token): Path<String>,
    posted: Posted,
) -> Response {
    let now = app.clock.now();
    let Some(name) = app.tokens.check(Purpose::Reset, &token, now) else { return over(&app, page) };
    // A link is good once: it is used up only when the directory answers.
    let member = match app.directory.member(&name).await {
        Ok(Some(member)) => member,
        Ok(None) => return over(&app, page),
        Err(error) => return page.broken(&error),
    };
    let mut form = Form::default();
    password::read_new(&mut form, &posted, &[name.as_str(), &member.full_name], &page);
    if !form.is_good() {
        return page::refused(&view(page, &name, form));
    }
    match app.tokens.take(Purpose::Reset, &token, now) {
        Ok(Some(_)) => {}
        Ok(None) => return over(&app, page),
        Err(error) => return page.broken(&error),
    }
    match password::change(&app, &name, form.value("new"), "password-reset").await {
        Ok(()) => {}
        Err(DirectoryError::Gone) => return over(&app, page),
        Err(error) => return once_more(&app, page, Purpose::Reset, &name, &error).await,
    }
    // They guessed wrong before they asked for this; now they know it.
    app.limiter.succeeded(&Attempt { address: address.0, name: name.as_str(), guess: None }, Counted::default());
    page.say_next(page.t.say("reset-done")).await;
    page::go("/")
}

/// To another link in place of one that was used up for nothing.
pub(super) async fn once_more(
    app: &App,
    page: Page,
    purpose: Purpose,
    name: &MemberName,
    error: &DirectoryError,
) -> Response {
    let Ok(token) = app.tokens.issue(purpose, name, app.clock.now()) else { return page.broken(error) };
    eprintln!("no new password for {name}: {error}");
    page.say_next(page.t.say("link-once-more")).await;
    match purpose {
        Purpose::Invite => page::go(&format!("/invite/{token}")),
        Purpose::Reset => page::go(&format!("/reset/{token}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::directory::Revision;

    #[test]
    fn finds_whoever_is_meant() {
        let jill = Member {
            name: "jill".parse().unwrap(),
            full_name: "Jill Archer".into(),
            addresses: vec!["j.archer".into()],
            forward: None,
            recovery: Some("Jill@Elsewhere.example".into()),
            quota_mib: None,
            suspended: false,
            revision: Revision::default(),
        };
        for who in ["jill", "jill@ambridge.example", "j.archer", "j.archer@ambridge.example", "jill@elsewhere.example"]
        {
            assert!(is_meant(&jill, who, "ambridge.example"), "{who}");
        }
        for who in ["joe", "jill@other.example", "jill@", "@ambridge.example", "*", "elsewhere.example"] {
            assert!(!is_meant(&jill, who, "ambridge.example"), "{who}");
        }
    }
}
