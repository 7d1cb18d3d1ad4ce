//! Roles: offices such as treasurer, held by one member or more.

use axum::Router;
use axum::extract::{Path, State};
use axum::response::Response;
use axum::routing::get;

use super::teams;
use crate::app::App;
use crate::directory::TeamKind::Role;
use crate::form::Posted;
use crate::page::ForAdministrators;

/// `/roles` and below.
pub fn routes() -> Router<App> {
    Router::new()
        .route("/roles", get(list))
        .route("/roles/new", get(new).post(add))
        .route("/roles/{name}", get(show).post(change))
}

async fn list(State(app): State<App>, ForAdministrators { page, .. }: ForAdministrators) -> Response {
    teams::list(&app, page, Role).await
}

async fn new(State(app): State<App>, ForAdministrators { page, .. }: ForAdministrators) -> Response {
    teams::new(&app, page, Role).await
}

async fn add(State(app): State<App>, ForAdministrators { page, me }: ForAdministrators, posted: Posted) -> Response {
    teams::add(&app, page, &me, Role, &posted).await
}

async fn show(
    State(app): State<App>,
    ForAdministrators { page, .. }: ForAdministrators,
    Path(name): Path<String>,
) -> Response {
    teams::show(&app, page, Role, &name).await
}

async fn change(
    State(app): State<App>,
    ForAdministrators { page, me }: ForAdministrators,
    Path(name): Path<String>,
    posted: Posted,
) -> Response {
    teams::change(&app, page, &me, Role, &name, &posted).await
}
