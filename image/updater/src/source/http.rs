//! A channel on a web server. The server is not trusted with anything: what it sends is bounded in size and time while
//! it is read, and whoever asked checks it.

use std::io::{self, Read};
use std::thread;
use std::time::Instant;

use reqwest::header::{ACCEPT_ENCODING, CONTENT_ENCODING, CONTENT_RANGE, HeaderMap, HeaderName, RANGE};
use reqwest::redirect::Policy;
use reqwest::{Client, Response, StatusCode, Url};
use sos_signing::offer::{Source, SourceError};
use tokio::runtime::{Builder, Runtime};
use tokio::time::timeout;

use super::pace::{Limits, Pace};
use crate::error::UpdateError;

/// Most redirects that are followed.
const REDIRECTS: usize = 5;

/// A channel below one address.
#[derive(Debug)]
pub struct Http {
    base: Url,
    client: Client,
    runtime: Runtime,
    limits: Limits,
}

impl Http {
    /// The channel below `url`.
    ///
    /// # Errors
    /// When the address is none of a web server.
    pub fn new(url: &str, limits: Limits) -> Result<Self, UpdateError> {
        let slashed = if url.ends_with('/') { url.to_owned() } else { format!("{url}/") };
        let base = Url::parse(&slashed).map_err(|error| UpdateError::Channel(format!("{url}: {error}")))?;
        if !is_web(&base) {
            return Err(UpdateError::Channel(format!("{url}: a channel's address begins with https:// or http://")));
        }
        let client = Client::builder()
            .user_agent("sos-update")
            .connect_timeout(limits.connect)
            .redirect(Policy::custom(|attempt| match attempt.previous().len() > REDIRECTS || !is_web(attempt.url()) {
                true => attempt.error("the server redirects too often, or to somewhere that is not the web"),
                false => attempt.follow(),
            }))
            .referer(false)
            .no_proxy()
            .build()
            .map_err(|error| UpdateError::Channel(format!("cannot ask web servers: {}", chain(&error))))?;
        let runtime = Builder::new_current_thread().enable_all().build();
        let runtime = runtime.map_err(|error| UpdateError::Channel(format!("cannot ask web servers: {error}")))?;
        Ok(Self { base, client, runtime, limits })
    }

    /// The file `path` of `total` bytes from `offset` on.
    pub(super) fn payload(&self, path: &str, offset: u64, total: u64) -> Result<HttpBody<'_>, SourceError> {
        let broken = |reason: String| SourceError::Broken { path: path.to_owned(), reason };
        let response = self.runtime.block_on(self.ask(path, Some(offset)))?;
        let skip = match response.status() {
            StatusCode::PARTIAL_CONTENT => check_range(response.headers(), offset, total).map(|()| 0),
            // A server that does not know ranges sends the file from its beginning.
            _ => check_size(response.content_length(), total).map(|()| offset),
        };
        let skip = skip.map_err(broken)?;
        let mut body = HttpBody { http: self, response, piece: bytes::Bytes::new(), pace: Pace::new(self.limits) };
        let skipped =
            io::copy(&mut (&mut body).take(skip), &mut io::sink()).map_err(|error| broken(error.to_string()))?;
        if skipped < skip {
            return Err(broken(format!("it ends after {skipped} of {total} bytes")));
        }
        Ok(body)
    }

    /// Asks for a file, from a byte on, and looks at the answer's head.
    async fn ask(&self, path: &str, from: Option<u64>) -> Result<Response, SourceError> {
        let broken = |reason: String| SourceError::Broken { path: path.to_owned(), reason };
        let url = self.base.join(path).map_err(|error| broken(error.to_string()))?;
        let mut request = self.client.get(url).header(ACCEPT_ENCODING, "identity");
        if let Some(offset) = from {
            request = request.header(RANGE, format!("bytes={offset}-"));
        }
        let answer = timeout(self.limits.connect + self.limits.silence, request.send()).await;
        let response = answer
            .map_err(|_| broken(format!("the server did not answer within {} s", self.limits.silence.as_secs())))?
            .map_err(|error| broken(chain(&error)))?;
        if let Some(encoding) = text(response.headers(), CONTENT_ENCODING).filter(|encoding| *encoding != "identity") {
            return Err(broken(format!("the server sends it encoded ({encoding:.40})")));
        }
        match response.status() {
            StatusCode::OK => Ok(response),
            StatusCode::PARTIAL_CONTENT if from.is_some() => Ok(response),
            StatusCode::NOT_FOUND | StatusCode::FORBIDDEN | StatusCode::GONE => {
                Err(SourceError::Absent { path: path.to_owned() })
            }
            StatusCode::RANGE_NOT_SATISFIABLE => Err(broken("it is shorter than what was signed".into())),
            status => Err(broken(format!("the server answers «{status}»"))),
        }
    }

    /// A small file.
    async fn whole(&self, path: &str, limit: u64) -> Result<Vec<u8>, SourceError> {
        let too_large = || SourceError::TooLarge { path: path.to_owned(), limit };
        let mut response = self.ask(path, None).await?;
        if response.content_length().is_some_and(|length| length > limit) {
            return Err(too_large());
        }
        let mut pace = Pace::new(self.limits);
        let mut bytes = Vec::new();
        while let Some(piece) = self
            .piece(&mut response, &mut pace)
            .await
            .map_err(|reason| SourceError::Broken { path: path.to_owned(), reason })?
        {
            if (bytes.len() + piece.len()) as u64 > limit {
                return Err(too_large());
            }
            bytes.extend_from_slice(&piece);
        }
        Ok(bytes)
    }

    /// What comes next of a body.
    async fn piece(&self, response: &mut Response, pace: &mut Pace) -> Result<Option<bytes::Bytes>, String> {
        let began = Instant::now();
        let piece = timeout(self.limits.silence, response.chunk())
            .await
            .map_err(|_| format!("the server sent nothing for {} s", self.limits.silence.as_secs()))?
            .map_err(|error| chain(&error))?;
        pace.count(piece.as_ref().map_or(0, bytes::Bytes::len), began.elapsed())?;
        Ok(piece)
    }
}

impl Source for Http {
    fn read(&self, path: &str, limit: u64) -> Result<Vec<u8>, SourceError> {
        let broken = |reason: &str| SourceError::Broken { path: path.to_owned(), reason: reason.to_owned() };
        let read = async {
            let late = |_| broken(&format!("it did not come within {} s", self.limits.whole.as_secs()));
            timeout(self.limits.whole, self.whole(path, limit)).await.map_err(late)?
        };
        // A thread of its own: whoever asks may be inside a runtime already, and two do not fit into one thread.
        thread::scope(|scope| scope.spawn(|| self.runtime.block_on(read)).join())
            .unwrap_or_else(|_| Err(broken("the fetching broke off")))
    }
}

/// The rest of a payload.
#[derive(Debug)]
pub(super) struct HttpBody<'a> {
    http: &'a Http,
    response: Response,
    piece: bytes::Bytes,
    pace: Pace,
}

impl Read for HttpBody<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.piece.is_empty() {
            let next = self.http.piece(&mut self.response, &mut self.pace);
            match self.http.runtime.block_on(next).map_err(io::Error::other)? {
                Some(piece) => self.piece = piece,
                None => return Ok(0),
            }
        }
        let length = buffer.len().min(self.piece.len());
        buffer[..length].copy_from_slice(&self.piece.split_to(length));
        Ok(length)
    }
}

fn is_web(url: &Url) -> bool {
    matches!(url.scheme(), "https" | "http")
}

/// RFC 9110, section 14.4: `bytes FIRST-LAST/TOTAL`.
fn check_range(headers: &HeaderMap, offset: u64, total: u64) -> Result<(), String> {
    let range = text(headers, CONTENT_RANGE).unwrap_or_default();
    let parsed = range.strip_prefix("bytes ").and_then(|range| {
        let (span, size) = range.split_once('/')?;
        Some((span.split_once('-')?.0.parse::<u64>().ok()?, size.parse::<u64>().ok()?))
    });
    match parsed {
        Some((first, size)) if first == offset => check_size(Some(size), total),
        _ => Err(format!("the server sends another part of it than asked for ({range:.60})")),
    }
}

fn check_size(found: Option<u64>, total: u64) -> Result<(), String> {
    match found {
        Some(size) if size != total => Err(format!("it has {size} bytes, and {total} were signed")),
        _ => Ok(()),
    }
}

fn text(headers: &HeaderMap, name: HeaderName) -> Option<&str> {
    headers.get(name)?.to_str().ok()
}

/// An error with its reasons: reqwest's own words end where it becomes interesting.
fn chain(error: &dyn std::error::Error) -> String {
    let mut words = error.to_string();
    let mut reason = error.source();
    while let Some(error) = reason {
        words = format!("{words}: {error}");
        reason = error.source();
    }
    words
}
