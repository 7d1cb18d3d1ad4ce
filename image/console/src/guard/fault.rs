//! A handler that panics becomes the page «something broke» and a line in the journal, and takes nobody else with it.

use std::panic::AssertUnwindSafe;

use axum::extract::Request;
use axum::http::StatusCode;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use futures_util::FutureExt;

use crate::page;

/// Catches it.
pub async fn catch(request: Request, next: Next) -> Response {
    let t = page::speaker(request.headers(), None);
    match AssertUnwindSafe(next.run(request)).catch_unwind().await {
        Ok(response) => response,
        Err(_) => page::bare(StatusCode::INTERNAL_SERVER_ERROR, t).into_response(),
    }
}
