//! Which version runs here, and which ran before. Updates themselves come with a later version of the system.

use askama::Template;
use axum::Router;
use axum::response::Response;
use axum::routing::get;

use crate::app::App;
use crate::page::{self, ForAdministrators, Page};

/// `/updates`.
pub fn routes() -> Router<App> {
    Router::new().route("/updates", get(show))
}

#[derive(Template)]
#[template(path = "updates.html")]
struct Updates {
    page: Page,
}

async fn show(ForAdministrators { page, .. }: ForAdministrators) -> Response {
    page::html(&Updates { page: page.titled("updates-title") })
}
