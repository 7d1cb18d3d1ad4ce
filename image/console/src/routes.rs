//! Which path is which page. Each module of `pages` says its own; here they are put together behind the guards.

use axum::Router;
use axum::http::StatusCode;
use axum::middleware::{from_fn, from_fn_with_state};

use crate::app::App;
use crate::guard::{csrf, fault, gate, headers, session};
use crate::page::Page;
use crate::{assets, logo, pages};

/// The whole console.
pub fn router(app: App) -> Router {
    let sessions = app.sessions.layer();
    Router::new()
        .merge(pages::claim::routes())
        .merge(pages::dns::routes())
        .merge(pages::home::routes())
        .merge(pages::progress::routes())
        .merge(pages::sign_in::routes())
        .merge(pages::members::routes())
        .merge(pages::import::routes())
        .merge(pages::groups::routes())
        .merge(pages::roles::routes())
        .merge(pages::services::routes())
        .merge(pages::organisation::routes())
        .merge(pages::health::routes())
        .merge(pages::updates::routes())
        .merge(pages::go_back::routes())
        .merge(pages::log::routes())
        .merge(pages::me::routes())
        .merge(pages::password::routes())
        .merge(pages::mail::routes())
        .merge(pages::vacation::routes())
        .merge(pages::filters::routes())
        .merge(pages::phone::routes())
        .merge(pages::forgot::routes())
        .merge(pages::invite::routes())
        .fallback(missing)
        .method_not_allowed_fallback(missing)
        // From the inside out: a request passes the last of these first.
        .layer(from_fn_with_state(app.clone(), gate::keep))
        .layer(from_fn_with_state(app.clone(), csrf::check))
        .layer(from_fn_with_state(app.clone(), session::watch))
        .layer(sessions)
        .merge(assets::routes())
        .merge(logo::routes())
        .merge(pages::autoconfig::routes(&app))
        .layer(from_fn(fault::catch))
        .layer(from_fn(headers::add))
        .with_state(app)
}

async fn missing(page: Page) -> axum::response::Response {
    page.error(StatusCode::NOT_FOUND)
}
