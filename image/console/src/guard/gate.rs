//! Before the claim nothing is there but the claim; after it, nothing of the claim.

use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use crate::app::App;
use crate::page;

/// Lets a request through to where it may go.
pub async fn keep(State(app): State<App>, request: Request, next: Next) -> Response {
    let owner = match app.owner().await {
        Ok(owner) => owner,
        Err(error) => {
            eprintln!("{error}");
            let t = page::speaker(request.headers(), None);
            return page::bare(StatusCode::SERVICE_UNAVAILABLE, t).into_response();
        }
    };
    let path = request.uri().path();
    let is_claim = path.starts_with("/claim/");
    let claimed = owner.organisation.is_some();
    let is_for_all = path == "/" || path.starts_with("/language/");
    if (claimed && is_claim) || (!claimed && !is_claim && !is_for_all) {
        return page::go("/");
    }
    next.run(request).await
}
