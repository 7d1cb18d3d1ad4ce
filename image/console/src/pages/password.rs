//! A member's password: asked for once more where it matters, and changed.

use std::time::Duration;

use askama::Template;
use axum::Router;
use axum::extract::State;
use axum::response::Response;
use axum::routing::get;
use sos_settings::MemberName;

use crate::app::App;
use crate::directory::DirectoryError;
use crate::form::{Form, Posted};
use crate::guard::address::ClientAddress;
use crate::guard::limiter::{Attempt, PATIENCE, Verdict};
use crate::guard::session::{self, SignedIn};
use crate::journal::Outcome;
use crate::letters::{self, News};
use crate::page::{self, ForMembers, Page};
use crate::password;

/// `/me/password`.
pub fn routes() -> Router<App> {
    Router::new().route("/me/password", get(show).post(save))
}

#[derive(Template)]
#[template(path = "password.html")]
struct Password {
    page: Page,
    form: Form,
}

async fn show(ForMembers { page, .. }: ForMembers) -> Response {
    page::html(&Password { page: page.titled("password-title"), form: Form::empty(&["current", "new"]) })
}

async fn save(
    State(app): State<App>,
    address: ClientAddress,
    ForMembers { page, me }: ForMembers,
    posted: Posted,
) -> Response {
    let mut form = Form::default();
    form.read_secret("current", &posted, page.t);
    read_new(&mut form, &posted, &[me.name.as_str(), &me.full_name], &page);
    if form.is_good() && form.value("current") == form.value("new") {
        form.fail("new", page.t.say("password-same"));
    }
    if form.is_good()
        && let Err(error) = prove(&app, address, &me, &mut form, "current", &page).await
    {
        return page.broken(&error);
    }
    if form.is_good() && !letters::may_tell(&app, &me.name) {
        form.fail("new", page.t.say("letters-many"));
    }
    if !form.is_good() {
        return page::refused(&Password { page: page.titled("password-title"), form });
    }
    if let Err(error) = change(&app, &me.name, form.value("new"), "password-changed").await {
        return page.broken(&error);
    }
    // Whoever may have taken a copy of this session's cookie has nothing of it any more (and others are ended).
    if let Err(error) = session::sign_in(&page.session, &app.clock, &me).await {
        return page.broken(&error);
    }
    page.say_next(page.t.say("password-changed")).await;
    page::go("/me")
}

/// Reads the new password in the field `new`. `names` are those of the person.
pub(super) fn read_new(form: &mut Form, posted: &Posted, names: &[&str], page: &Page) {
    form.set("new", posted.get("new"));
    let names: Vec<&str> = names.iter().copied().chain([page.organisation.as_str(), page.domain.as_str()]).collect();
    if let Some(sentence) = password::fault(form.value("new"), &names, page.t) {
        form.fail("new", sentence);
    }
}

/// Why it cannot be found out whether somebody knows their password.
#[derive(Debug, thiserror::Error)]
#[error(transparent)]
pub(super) enum ProofError {
    /// The directory does not compare it.
    Directory(#[from] DirectoryError),
    /// The session takes no new id.
    Session(#[from] tower_sessions::session::Error),
}

/// Asks for the password of who is signed in, in `field`, under the same limits as signing in. What is wrong is said
/// there. Who knew it goes on under a new session id.
///
/// # Errors
/// When the directory does not answer.
pub(super) async fn prove(
    app: &App,
    address: ClientAddress,
    me: &SignedIn,
    form: &mut Form,
    field: &str,
    page: &Page,
) -> Result<(), ProofError> {
    let t = page.t;
    let now = app.clock.now();
    let password = form.value(field).to_owned();
    if password.is_empty() {
        form.fail(field, t.say("password-current-missing"));
        return Ok(());
    }
    let guess = Some(app.limiter.fingerprint(&password));
    let attempt = Attempt { address: address.0, name: me.name.as_str(), guess };
    let note = |outcome| app.journal.password(now, "password asked again", Some(&me.name), address.0, outcome);
    let (verdict, counted) = app.limiter.begin(now, &attempt);
    match verdict {
        Verdict::Go { after } if after <= PATIENCE => tokio::time::sleep(Duration::from_secs(after)).await,
        Verdict::Go { after: seconds } | Verdict::Locked { seconds } => {
            note(Outcome::Held);
            form.fail(field, t.with("password-later", [("time", t.duration(seconds).as_str())]));
            return Ok(());
        }
    }
    if app.directory.check_password(&me.name, &password).await? {
        app.limiter.succeeded(&attempt, counted);
        note(Outcome::Right);
        page.session.cycle_id().await?;
    } else {
        note(Outcome::Wrong);
        form.fail(field, t.say("password-wrong"));
    }
    Ok(())
}

/// Gives a member a new password. All their sessions end, links sent to them before are void, and they are told. `what`
/// is for the log.
///
/// # Errors
/// When the directory does not do it.
pub(super) async fn change(app: &App, name: &MemberName, new: &str, what: &str) -> Result<(), DirectoryError> {
    let member = app.directory.member(name).await?.ok_or(DirectoryError::Gone)?;
    app.directory.set_password(name, new).await?;
    app.sign_out(name).await;
    if let Err(error) = app.tokens.revoke(name, app.clock.now()) {
        eprintln!("cannot void the links of a member: {error}");
    }
    app.helper.record(name.as_str(), what, name.as_str()).await;
    letters::tell(app, &member, News::Password);
    Ok(())
}
