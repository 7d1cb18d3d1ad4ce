//! The organisation's logo, which the helper keeps in a file: which pictures may be one, and the picture itself at `/logo`.
//!
//! Its kind is told by its first bytes and by nothing that came with it. Nothing here decodes it.

use std::path::Path;

use axum::Router;
use axum::extract::State;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, ETAG, IF_NONE_MATCH};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use sha2::{Digest, Sha256};
use tokio::io::AsyncReadExt;

use crate::app::App;

/// Largest logo, in bytes; the helper has the same bound.
pub const LARGEST: usize = 200 << 10;

/// A kind of picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// PNG.
    Png,
    /// JPEG.
    Jpeg,
    /// WebP.
    Webp,
}

impl Kind {
    /// By the bytes that `picture` begins with.
    #[must_use]
    pub fn of(picture: &[u8]) -> Option<Self> {
        if picture.starts_with(b"\x89PNG\r\n\x1a\n") {
            Some(Self::Png)
        } else if picture.starts_with(b"\xff\xd8\xff") {
            Some(Self::Jpeg)
        } else if picture.starts_with(b"RIFF") && picture.get(8..12) == Some(b"WEBP") {
            Some(Self::Webp)
        } else {
            None
        }
    }

    /// Whether a file of this kind is called so: `logo.png`.
    #[must_use]
    pub fn is_called(self, file: &str) -> bool {
        let ending = Path::new(file).extension().map(|ending| ending.to_string_lossy().to_lowercase());
        let endings: &[&str] = match self {
            Self::Png => &["png"],
            Self::Jpeg => &["jpg", "jpeg", "jpe", "jfif"],
            Self::Webp => &["webp"],
        };
        ending.is_some_and(|ending| endings.contains(&ending.as_str()))
    }

    fn content_type(self) -> &'static str {
        match self {
            Self::Png => "image/png",
            Self::Jpeg => "image/jpeg",
            Self::Webp => "image/webp",
        }
    }
}

/// `/logo`.
pub fn routes() -> Router<App> {
    Router::new().route("/logo", get(show))
}

/// The picture, for strangers too. Browsers keep it and ask whether it is still the same.
async fn show(State(app): State<App>, headers: HeaderMap) -> Response {
    let Some((kind, picture)) = read(&app.logo).await else { return StatusCode::NOT_FOUND.into_response() };
    let mark = format!("\"{}\"", hex::encode(&Sha256::digest(&picture)[..8]));
    let kept = [(ETAG, mark.as_str()), (CACHE_CONTROL, "no-cache")];
    if headers.get(IF_NONE_MATCH).is_some_and(|known| known.as_bytes() == mark.as_bytes()) {
        return (StatusCode::NOT_MODIFIED, kept).into_response();
    }
    (kept, [(CONTENT_TYPE, kind.content_type())], picture).into_response()
}

/// The picture in `file`, if there is one that may be a logo.
async fn read(file: &Path) -> Option<(Kind, Vec<u8>)> {
    let mut picture = Vec::new();
    let file = tokio::fs::File::open(file).await.ok()?;
    file.take(LARGEST as u64 + 1).read_to_end(&mut picture).await.ok()?;
    let kind = Kind::of(&picture).filter(|_| picture.len() <= LARGEST)?;
    Some((kind, picture))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_picture_has_the_kind_of_its_first_bytes_and_a_name_that_fits() {
        let kinds = [
            (&b"\x89PNG\r\n\x1a\n"[..], Kind::Png, "logo.PNG", "logo.jpg"),
            (b"\xff\xd8\xff\xe0", Kind::Jpeg, "logo.jpeg", "logo.png"),
            (b"RIFF1234WEBPVP8 ", Kind::Webp, "my.logo.webp", "webp"),
        ];
        for (bytes, kind, good, bad) in kinds {
            assert_eq!(Kind::of(bytes), Some(kind));
            assert!(kind.is_called(good) && !kind.is_called(bad) && !kind.is_called("logo.png.html"), "{kind:?}");
        }
        for bytes in [&b"<svg onload=alert(1)>"[..], b"GIF89a", b"RIFF1234WAVE", b""] {
            assert_eq!(Kind::of(bytes), None);
        }
    }
}
