//! Where the channel's small files come from, and how `tough` asks for them.
//!
//! `tough` runs on a thread and a runtime of its own; each file it asks for is read on the caller's thread, so that a
//! [`Source`] needs to know nothing of either.

use std::sync::mpsc::{Receiver, Sender, channel};

use async_trait::async_trait;
use futures_util::stream;
use tokio::sync::oneshot;
use tough::{Transport, TransportError, TransportErrorKind, TransportStream};
use url::Url;

use crate::limits;
use crate::manifest::MANIFEST_LIMIT;

/// Where the channel's small files come from: a web server, or a bundle carried by hand.
pub trait Source: Send + Sync {
    /// The bytes of `path`, relative to the channel, such as `metadata/timestamp.json`; at most `limit`.
    ///
    /// # Errors
    ///
    /// [`SourceError::Absent`] when the channel has no such file (a 404, or 403 as object stores say it).
    fn read(&self, path: &str, limit: u64) -> Result<Vec<u8>, SourceError>;
}

/// Why a file of the channel could not be had.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SourceError {
    /// There is no such file.
    #[error("the channel has no {path}")]
    Absent {
        /// Which file.
        path: String,
    },
    /// It has more bytes than it may.
    #[error("{path} has more than {limit} bytes")]
    TooLarge {
        /// Which file.
        path: String,
        /// The most bytes it may have.
        limit: u64,
    },
    /// It could not be fetched.
    #[error("cannot fetch {path}: {reason}")]
    Broken {
        /// Which file.
        path: String,
        /// Why, in one sentence.
        reason: String,
    },
}

/// The channel's address as `tough` has it. Nothing looks it up.
pub(super) const BASE: &str = "channel://offer/";

/// A file that `tough` asks for.
pub(super) struct Request {
    path: String,
    reply: oneshot::Sender<Result<Vec<u8>, SourceError>>,
}

impl Request {
    /// Answers it from a source.
    pub(super) fn answer(self, source: &dyn Source) {
        let limit = limit(&self.path);
        let bytes = source.read(&self.path, limit);
        let bytes = bytes.and_then(|bytes| match bytes.len() as u64 > limit {
            true => Err(SourceError::TooLarge { path: self.path, limit }),
            false => Ok(bytes),
        });
        // Nobody waits for it when the client gave up meanwhile.
        self.reply.send(bytes).ok();
    }
}

/// The most bytes that a file may have, by its name.
fn limit(path: &str) -> u64 {
    match path {
        path if path.starts_with("targets/") => MANIFEST_LIMIT,
        path if path.ends_with(".root.json") => limits::ROOT,
        path if path.ends_with(".snapshot.json") => limits::SNAPSHOT,
        path if path.ends_with(".targets.json") => limits::TARGETS,
        _ => limits::TIMESTAMP,
    }
}

/// The client's end of the questions.
#[derive(Debug, Clone)]
pub(super) struct Questions(Sender<Request>);

/// Questions, and where they arrive.
pub(super) fn questions() -> (Questions, Receiver<Request>) {
    let (ask, asked) = channel();
    (Questions(ask), asked)
}

#[async_trait]
impl Transport for Questions {
    /// A failure is the first thing that the stream yields: an error from this function itself would end the chain of
    /// roots as if there were no next one.
    async fn fetch(&self, url: Url) -> Result<TransportStream, TransportError> {
        let path = url.path().trim_start_matches('/').to_owned();
        let (reply, answer) = oneshot::channel();
        let gone = |_| SourceError::Broken { path: path.clone(), reason: "nobody answers any more".into() };
        let sent = self.0.send(Request { path: path.clone(), reply });
        let bytes = match sent {
            Ok(()) => answer.await.unwrap_or_else(|error| Err(gone(error.to_string()))),
            Err(error) => Err(gone(error.to_string())),
        };
        let item = bytes.map(Into::into).map_err(|error| {
            let kind = match error {
                SourceError::Absent { .. } => TransportErrorKind::FileNotFound,
                _ => TransportErrorKind::Other,
            };
            TransportError::new_with_cause(kind, url, error)
        });
        Ok(Box::pin(stream::iter([item])))
    }
}
