//! The first page: who is signed out signs in, who is signed in finds what there is.

use askama::Template;
use axum::Router;
use axum::extract::{Path, Query, State};
use axum::http::header::{REFERER, SET_COOKIE};
use axum::http::{HeaderMap, HeaderValue};
use axum::response::Response;
use axum::routing::get;
use serde::Deserialize;

use crate::app::App;
use crate::form::Form;
use crate::menu::Entry;
use crate::page::{self, LANGUAGE_COOKIE, Page};
use crate::pages::claim;
use crate::pages::sign_in::SignIn;
use crate::text::Language;

/// `/` and the choice of a language.
pub fn routes() -> Router<App> {
    Router::new().route("/", get(show)).route("/language/{code}", get(choose_language))
}

#[derive(Deserialize)]
struct Asked {
    next: Option<String>,
}

#[derive(Template)]
#[template(path = "home.html")]
struct Home {
    page: Page,
    webmail: bool,
    mine: Vec<Entry>,
    administration: Vec<Entry>,
}

async fn show(State(app): State<App>, page: Page, Query(asked): Query<Asked>) -> Response {
    if page.organisation.is_empty() {
        return claim::welcome(page).await;
    }
    if page.me.is_none() {
        let mut form = Form::empty(&["name", "password"]);
        form.set("next", asked.next.filter(|next| page::is_ours(next)).unwrap_or_default());
        return page::html(&SignIn { page: page.titled("sign-in-title"), form });
    }
    let webmail = app.owner().await.is_ok_and(|owner| owner.services.iter().any(|it| it.name == "webmail" && it.on));
    let (mine, administration) = (page.member_menu(), page.administrator_menu());
    page::html(&Home { page: page.titled("home-title"), webmail, mine, administration })
}

async fn choose_language(headers: HeaderMap, Path(code): Path<String>) -> Response {
    let from = headers.get(REFERER).and_then(|from| from.to_str().ok());
    let path = from.and_then(|from| from.split_once("://")?.1.split_once('/')).map(|(_, path)| format!("/{path}"));
    let mut response = page::go(path.as_deref().unwrap_or("/"));
    if let Some(language) = Language::of_code(&code) {
        let cookie =
            format!("{LANGUAGE_COOKIE}={}; Path=/; Max-Age=31536000; Secure; HttpOnly; SameSite=Lax", language.code());
        if let Ok(cookie) = HeaderValue::from_str(&cookie) {
            response.headers_mut().append(SET_COOKIE, cookie);
        }
    }
    response
}
