//! What every page has in common, and how one is answered.
//!
//! How a page is written (`src/pages/NAME.rs` and `templates/NAME.html`):
//!
//! ```text
//! #[derive(Template)]
//! #[template(path = "members.html")]
//! struct Members { page: Page, members: Vec<Member> }
//!
//! pub fn routes() -> Router<App> { Router::new().route("/members", get(show)) }
//!
//! async fn show(State(app): State<App>, ForAdministrators { page, .. }: ForAdministrators) -> Response {
//!     match app.directory.members().await {
//!         Ok(members) => page::html(&Members { page: page.titled("members-title"), members }),
//!         Err(error) => page.broken(&error),                  // 503 in plain words; the error goes into the journal
//!     }
//! }
//! ```
//!
//! Who may see it is said by the extractor: [`Page`] anybody, [`ForMembers`] who is signed in, [`ForAdministrators`].
//!
//! ```html
//! {% extends "layout.html" %}
//! {% block main %}
//! <h1>{{ page.title }}</h1>
//! …
//! {% endblock %}
//! ```
//!
//! After a form: [`go`] (303) with [`Page::say_next`] for the notice there, or [`refused`] (422) with the form again. A
//! page that is not there is [`Page::missing`].

mod answer;

use std::fmt::Display;

use askama::Template;
use axum::extract::FromRequestParts;
use axum::http::header::COOKIE;
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method, StatusCode};
use axum::response::Response;
use sos_ipc::Owner;
use tower_sessions::Session;

use crate::app::App;
use crate::assets;
use crate::guard::session::{self, Ended, SignedIn};
use crate::journal::Asked;
use crate::menu::{self, Entry};
use crate::text::{LANGUAGES, Language, Say, TEXTS};

use answer::words;
pub use answer::{bare, encode, go, html, html_with, is_ours, refused};

/// The cookie of who chose a language.
pub const LANGUAGE_COOKIE: &str = "__Host-language";
/// Where notices for the next page wait.
const NOTICES: &str = "notices";

/// What the layout shows around every page.
#[derive(Clone)]
pub struct Page {
    /// Says sentences.
    pub t: Say,
    /// The page's title and main heading.
    pub title: String,
    /// Whose server this is; nothing before the claim.
    pub organisation: String,
    /// The organisation's domain.
    pub domain: String,
    /// The host name in the settings.
    pub host: String,
    /// The host name (and port) under which the browser asked.
    pub asked_host: String,
    /// The release's version.
    pub version: String,
    /// Whether there is a logo.
    pub logo: bool,
    /// Whether Email is switched on.
    pub mail: bool,
    /// Who is signed in.
    pub me: Option<SignedIn>,
    /// The token that every form carries.
    pub csrf: String,
    /// What just happened.
    pub notices: Vec<String>,
    /// The path asked for.
    pub path: String,
    /// The same as logs may have it.
    pub asked: Asked,
    /// The session.
    pub session: Session,
}

/// A page for members: others are sent to sign in.
pub struct ForMembers {
    /// The page.
    pub page: Page,
    /// Who is signed in.
    pub me: SignedIn,
}

/// A page for administrators: members are refused, others are sent to sign in.
pub struct ForAdministrators {
    /// The page.
    pub page: Page,
    /// Who is signed in.
    pub me: SignedIn,
}

impl Page {
    /// The page with the title of `key`.
    #[must_use]
    pub fn titled(self, key: &str) -> Self {
        let title = self.t.say(key);
        self.called(title)
    }

    /// The page with this title: one with a name in it.
    #[must_use]
    pub fn called(mut self, title: impl Into<String>) -> Self {
        self.title = title.into();
        self
    }

    /// Says `sentence` on the next page that this visitor sees.
    pub async fn say_next(&self, sentence: impl Into<String>) {
        let mut notices: Vec<String> = self.session.get(NOTICES).await.ok().flatten().unwrap_or_default();
        notices.push(sentence.into());
        // The store is in memory: it does not fail, and a notice is no reason to.
        let _ = self.session.insert(NOTICES, notices).await;
    }

    /// The page for something that does not work just now; what it is goes into the journal.
    #[must_use]
    pub fn broken(self, error: &dyn Display) -> Response {
        eprintln!("{}: {error}", self.asked);
        self.error(StatusCode::SERVICE_UNAVAILABLE)
    }

    /// The page for what is not there.
    #[must_use]
    pub fn missing(self) -> Response {
        self.error(StatusCode::NOT_FOUND)
    }

    /// The page of an error.
    #[must_use]
    pub fn error(self, status: StatusCode) -> Response {
        let (title, text) = words(status);
        let text = self.t.say(text);
        html_with(status, &ErrorPage { page: self.titled(title), text })
    }

    /// Menu entries of members.
    #[must_use]
    pub fn member_menu(&self) -> Vec<Entry> {
        menu::for_members(self)
    }

    /// Menu entries of administrators; none for others.
    #[must_use]
    pub fn administrator_menu(&self) -> Vec<Entry> {
        if self.is_administrator() { menu::for_administrators(self) } else { Vec::new() }
    }

    /// Whether an administrator is signed in.
    #[must_use]
    pub fn is_administrator(&self) -> bool {
        self.me.as_ref().is_some_and(|me| me.administrator)
    }

    /// Whether the browser is at another name than the server has in its settings, and at one that can be shown.
    #[must_use]
    pub fn is_elsewhere(&self) -> bool {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b".-:[]".contains(&byte);
        !self.host.is_empty()
            && self.host != self.asked_host
            && !self.asked_host.is_empty()
            && self.asked_host.bytes().all(plain)
    }

    /// Where the style sheet is.
    #[must_use]
    pub fn style(&self) -> &'static str {
        &assets::STYLE_PATH
    }

    /// Where the script is.
    #[must_use]
    pub fn script(&self) -> &'static str {
        &assets::SCRIPT_PATH
    }

    /// The languages to choose from.
    #[must_use]
    pub fn languages(&self) -> [Language; 3] {
        LANGUAGES
    }

    async fn load(app: &App, parts: &Parts, token: bool) -> Result<Self, Response> {
        let owner = match app.owner().await {
            Ok(owner) => owner,
            Err(error) => {
                eprintln!("{error}");
                return Err(bare(StatusCode::SERVICE_UNAVAILABLE, speaker(&parts.headers, None)));
            }
        };
        let Some(session) = parts.extensions.get::<Session>().cloned() else {
            return Err(bare(StatusCode::INTERNAL_SERVER_ERROR, speaker(&parts.headers, Some(&owner))));
        };
        let mut page = Self::around(&owner, parts, session);
        page.me = who(app, &page.session).await;
        page.csrf = page.token(app, token).await;
        page.notices = notices(&page.session).await;
        if parts.extensions.get::<Ended>().is_some() {
            page.notices.push(page.t.say("session-ended"));
        }
        Ok(page)
    }

    fn around(owner: &Owner, parts: &Parts, session: Session) -> Self {
        let text = |name: &str| parts.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
        Self {
            t: speaker(&parts.headers, Some(owner)),
            title: String::new(),
            organisation: owner.organisation.clone().unwrap_or_default(),
            domain: owner.domain.clone().unwrap_or_default(),
            host: owner.host.clone().unwrap_or_default(),
            asked_host: text("host").to_owned(),
            version: owner.version.clone(),
            logo: owner.logo,
            mail: owner.services.iter().any(|service| service.name == "mail" && service.on),
            me: None,
            csrf: String::new(),
            notices: Vec::new(),
            path: parts.uri.path().to_owned(),
            asked: Asked::by(parts),
            session,
        }
    }

    /// The session's token. A stranger who asks for what is not there gets no session for it.
    async fn token(&self, app: &App, make: bool) -> String {
        let token = if make || self.me.is_some() {
            session::token(&self.session, &app.clock).await.ok()
        } else {
            self.session.get(session::CSRF).await.ok().flatten()
        };
        token.unwrap_or_default()
    }
}

/// Who is signed in, as the directory says now. Who was removed or suspended is not.
async fn who(app: &App, session: &Session) -> Option<SignedIn> {
    let mut me = session::member(session).await?;
    match app.directory.standing(&me.name).await {
        Ok(Some(standing)) if !standing.member.suspended => {
            let full_name = standing.member.full_name;
            if (me.administrator, &me.full_name) != (standing.administrator, &full_name) {
                me = SignedIn { full_name, administrator: standing.administrator, ..me };
                session::renew(session, &me).await.ok()?;
            }
            Some(me)
        }
        Ok(_) => {
            session::end(session).await.ok()?;
            None
        }
        // While the directory is away nobody's standing changes in it.
        Err(error) => {
            eprintln!("{error}");
            Some(me)
        }
    }
}

async fn notices(session: &Session) -> Vec<String> {
    match session.get::<Vec<String>>(NOTICES).await {
        Ok(Some(_)) => session.remove(NOTICES).await.ok().flatten().unwrap_or_default(),
        _ => Vec::new(),
    }
}

impl FromRequestParts<App> for Page {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Response> {
        Self::load(app, parts, true).await
    }
}

impl FromRequestParts<App> for ForMembers {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Response> {
        let page = Page::load(app, parts, true).await?;
        let Some(me) = page.me.clone() else {
            if !page.notices.is_empty() {
                for notice in page.notices.clone() {
                    page.say_next(notice).await;
                }
            }
            let asked = parts.uri.path_and_query().map_or("/", |asked| asked.as_str());
            let next: String = if parts.method == Method::GET { encode(asked) } else { encode("/") };
            return Err(go(&format!("/?next={next}")));
        };
        Ok(Self { page, me })
    }
}

impl FromRequestParts<App> for ForAdministrators {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Response> {
        let ForMembers { page, me } = <ForMembers as FromRequestParts<App>>::from_request_parts(parts, app).await?;
        if me.administrator {
            return Ok(Self { page, me });
        }
        app.journal.refused(app.clock.now(), &page.asked, &format!("{} is no administrator", me.name));
        Err(page.error(StatusCode::FORBIDDEN))
    }
}

#[derive(Template)]
#[template(path = "error.html")]
struct ErrorPage {
    page: Page,
    text: String,
}

/// The page of an error, for guards.
pub async fn error(app: &App, parts: &Parts, status: StatusCode) -> Response {
    match Page::load(app, parts, false).await {
        Ok(page) => page.error(status),
        Err(response) => response,
    }
}

/// Speaks the language that the visitor chose, else the one their browser prefers, else the organisation's.
#[must_use]
pub fn speaker(headers: &HeaderMap, owner: Option<&Owner>) -> Say {
    let language = chosen(headers)
        .or_else(|| Language::preferred(headers))
        .or_else(|| Language::of_code(&owner?.language))
        .unwrap_or(Language::English);
    TEXTS.speaker(language)
}

fn chosen(headers: &HeaderMap) -> Option<Language> {
    let cookies = headers.get_all(COOKIE).iter().filter_map(|cookies| cookies.to_str().ok());
    let mut pairs = cookies.flat_map(|cookies| cookies.split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs.find(|(name, _)| *name == LANGUAGE_COOKIE).and_then(|(_, code)| Language::of_code(code))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_chosen_language_beats_the_browsers() {
        let mut headers = HeaderMap::new();
        headers.insert("accept-language", "de".parse().unwrap());
        assert_eq!(speaker(&headers, None).language, Language::German);
        headers.insert(COOKIE, "a=b; __Host-language=cy".parse().unwrap());
        assert_eq!(speaker(&headers, None).language, Language::Welsh);
    }
}
