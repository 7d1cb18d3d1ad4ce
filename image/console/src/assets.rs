//! The style sheet and the script, each under a name with the hash of its content in it, so that browsers may keep them
//! for a year and still get a new one with a new release.

use std::sync::LazyLock;

use axum::Router;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::response::IntoResponse;
use axum::routing::get;
use sha2::{Digest, Sha256};

use crate::app::App;

const STYLE: &str = include_str!("../static/style.css");
const SCRIPT: &str = include_str!("../static/console.js");
const FOR_A_YEAR: &str = "public, max-age=31536000, immutable";

/// Where the style sheet is.
pub static STYLE_PATH: LazyLock<String> = LazyLock::new(|| named("style", STYLE, "css"));
/// Where the script is.
pub static SCRIPT_PATH: LazyLock<String> = LazyLock::new(|| named("console", SCRIPT, "js"));

fn named(name: &str, content: &str, extension: &str) -> String {
    let hash = hex::encode(&Sha256::digest(content)[..8]);
    format!("/static/{name}.{hash}.{extension}")
}

/// Both files.
pub fn routes() -> Router<App> {
    let file = |kind: &'static str, content: &'static str| {
        get(move || async move { ([(CONTENT_TYPE, kind), (CACHE_CONTROL, FOR_A_YEAR)], content).into_response() })
    };
    Router::new()
        .route(&STYLE_PATH, file("text/css; charset=utf-8", STYLE))
        .route(&SCRIPT_PATH, file("text/javascript; charset=utf-8", SCRIPT))
}
