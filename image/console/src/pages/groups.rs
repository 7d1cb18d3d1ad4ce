//! Groups: one address that several members read.

use axum::Router;
use axum::extract::{Path, State};
use axum::response::Response;
use axum::routing::get;

use super::teams;
use crate::app::App;
use crate::directory::TeamKind::Group;
use crate::form::Posted;
use crate::page::ForAdministrators;

/// `/groups` and below.
pub fn routes() -> Router<App> {
    Router::new()
        .route("/groups", get(list))
        .route("/groups/new", get(new).post(add))
        .route("/groups/{name}", get(show).post(change))
}

async fn list(State(app): State<App>, ForAdministrators { page, .. }: ForAdministrators) -> Response {
    teams::list(&app, page, Group).await
}

async fn new(State(app): State<App>, ForAdministrators { page, .. }: ForAdministrators) -> Response {
    teams::new(&app, page, Group).await
}

async fn add(State(app): State<App>, ForAdministrators { page, me }: ForAdministrators, posted: Posted) -> Response {
    teams::add(&app, page, &me, Group, &posted).await
}

async fn show(
    State(app): State<App>,
    ForAdministrators { page, .. }: ForAdministrators,
    Path(name): Path<String>,
) -> Response {
    teams::show(&app, page, Group, &name).await
}

async fn change(
    State(app): State<App>,
    ForAdministrators { page, me }: ForAdministrators,
    Path(name): Path<String>,
    posted: Posted,
) -> Response {
    teams::change(&app, page, &me, Group, &name, &posted).await
}
