//! Where a channel is published: a folder, or a web server that takes files by PUT (RFC 9110, 9.3.4).
//!
//! In: a file of ours and its path in the channel. Out: the same file there, whole or not at all; and what is there
//! already. Names and passwords for a server come from the address, a token from the environment; neither is shown.

use std::fs::{self, File};
use std::io::{self, Read, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use reqwest::blocking::{Body, Client, RequestBuilder, Response};
use reqwest::header::CONTENT_LENGTH;
use reqwest::{Method, StatusCode, Url};
use sos_signing::{Digest, hash_file};

use crate::error::{Error, Result};
use crate::fetch::causes;
use crate::progress::Task;

/// Files up to so many bytes are compared byte by byte; larger ones on a server by their size, for their names are
/// never used twice.
const COMPARED: u64 = 1 << 20;
/// How often a request that breaks is tried.
const ATTEMPTS: u32 = 4;
/// How long to wait before the next try, times the attempt.
const PAUSE: Duration = Duration::from_millis(500);
/// How long a server may take to answer.
const PATIENCE: Duration = Duration::from_secs(60);
/// The slowest that a file may go, bytes a second.
const SLOWEST: u64 = 16 << 10;
/// Bytes copied at a time.
const PIECE: usize = 1 << 20;

/// A file of ours that is to be in the channel.
#[derive(Debug, Clone)]
pub struct Wanted {
    /// Its path in the channel.
    pub path: String,
    /// Where it is now.
    pub file: PathBuf,
    /// Bytes.
    pub size: u64,
    /// The SHA-256 of its content.
    pub sha256: Digest,
}

/// Where a channel is published.
#[derive(Debug)]
pub enum Destination {
    /// A folder, which need not be there yet.
    Folder(PathBuf),
    /// A web server.
    Server(Box<Server>),
}

/// A web server that takes files.
#[derive(Debug)]
pub struct Server {
    client: Client,
    /// Ends in `/`. A name and a password in it become a header of each request (RFC 7617).
    base: Url,
    /// The same without them.
    shown: String,
    token: Option<String>,
}

impl Wanted {
    /// A file, as it is.
    ///
    /// # Errors
    /// A file that cannot be read.
    pub fn describe(path: String, file: PathBuf) -> Result<Self> {
        let (sha256, size) = hash_file(&file, &mut |_| ())?;
        Ok(Self { path, file, size, sha256 })
    }
}

impl std::fmt::Display for Destination {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Folder(folder) => write!(f, "{}", folder.display()),
            Self::Server(server) => f.write_str(&server.shown),
        }
    }
}

impl Destination {
    /// Reads an address or a folder's path; `token` is shown to a server with each request (RFC 6750).
    ///
    /// # Errors
    /// [`Error::BadPlace`].
    pub fn parse(text: &str, token: Option<String>) -> Result<Self> {
        let bad = |reason: &str| Error::BadPlace { place: shown(text), reason: reason.to_owned() };
        if let Some(folder) = text.strip_prefix("file://") {
            return Ok(Self::Folder(folder.into()));
        }
        let Some((scheme, _)) = text.split_once("://") else {
            return if text.is_empty() { Err(bad("it is empty")) } else { Ok(Self::Folder(text.into())) };
        };
        if !["http", "https"].contains(&scheme) {
            return Err(bad("it is neither a folder nor an address that begins with http:// or https://"));
        }
        let mut base = Url::parse(text).map_err(|e| bad(&e.to_string()))?;
        if base.query().is_some() || base.fragment().is_some() {
            return Err(bad("files' names are put behind it, so it can have neither «?» nor «#»"));
        }
        if !base.path().ends_with('/') {
            base.set_path(&format!("{}/", base.path()));
        }
        let shown = shown(base.as_str());
        Ok(Self::Server(Box::new(Server { client: client()?, base, shown, token })))
    }

    /// Whether the file is there as it should be.
    ///
    /// # Errors
    /// A place that cannot be read.
    pub fn has(&self, wanted: &Wanted) -> Result<bool> {
        if self.size(&wanted.path)? != Some(wanted.size) {
            return Ok(false);
        }
        match self {
            Self::Folder(folder) => Ok(hash_file(&folder.join(&wanted.path), &mut |_| ())?.0 == wanted.sha256),
            Self::Server(_) if wanted.size > COMPARED => Ok(true),
            Self::Server(server) => {
                Ok(server.read(&wanted.path)?.is_some_and(|bytes| Digest::of(&bytes) == wanted.sha256))
            }
        }
    }

    /// Bytes of the file at `path`, if there is one.
    ///
    /// # Errors
    /// A place that cannot be read.
    pub fn size(&self, path: &str) -> Result<Option<u64>> {
        match self {
            Self::Folder(folder) => match fs::metadata(folder.join(path)) {
                Ok(metadata) => Ok(metadata.is_file().then_some(metadata.len())),
                Err(error) if is_absent(&error) => Ok(None),
                Err(error) => Err(Error::io("read", folder.join(path), error)),
            },
            Self::Server(server) => server.size(path),
        }
    }

    /// The bytes of the small file at `path`, if there is one.
    ///
    /// # Errors
    /// A place that cannot be read.
    pub fn read(&self, path: &str) -> Result<Option<Vec<u8>>> {
        match self {
            Self::Folder(folder) => match fs::read(folder.join(path)) {
                Ok(bytes) => Ok(Some(bytes)),
                Err(error) if is_absent(&error) => Ok(None),
                Err(error) => Err(Error::io("read", folder.join(path), error)),
            },
            Self::Server(server) => server.read(path),
        }
    }

    /// Brings the file there.
    ///
    /// # Errors
    /// [`Error::Io`], [`Error::DiskFull`] or [`Error::Send`].
    pub fn put(&self, wanted: &Wanted, task: &Arc<Task>) -> Result<()> {
        task.message(&wanted.path);
        match self {
            Self::Folder(folder) => copy(&wanted.file, &folder.join(&wanted.path), task),
            Self::Server(server) => server.put(wanted, task),
        }
    }
}

impl Server {
    fn url(&self, path: &str) -> Result<Url> {
        self.base.join(path).map_err(|e| self.failed(path, e.to_string()))
    }

    fn failed(&self, path: &str, reason: String) -> Error {
        Error::Send { url: format!("{}{path}", self.shown), reason }
    }

    fn request(&self, method: Method, path: &str) -> Result<RequestBuilder> {
        let mut request = self.client.request(method, self.url(path)?);
        if let Some(token) = &self.token {
            request = request.bearer_auth(token);
        }
        Ok(request)
    }

    /// What the server says, tried again when the connection breaks or the server is out of order.
    fn ask(&self, path: &str, send: &dyn Fn() -> Result<reqwest::Result<Response>>) -> Result<Response> {
        let mut attempt = 1;
        loop {
            let reason = match send()? {
                Ok(response) if !response.status().is_server_error() || lacks_method(&response) => return Ok(response),
                Ok(response) => format!("the server says {}", response.status()),
                Err(error) => causes(&error.without_url()),
            };
            log::info!("{path}: {reason} (attempt {attempt} of {ATTEMPTS})");
            if attempt == ATTEMPTS {
                return Err(self.failed(path, reason));
            }
            std::thread::sleep(PAUSE * attempt);
            attempt += 1;
        }
    }

    /// The answer to a question about `path`; nothing where there is no such file, which object stores say by 403.
    fn look(&self, method: &Method, path: &str) -> Result<Option<Response>> {
        let response = self.ask(path, &|| Ok(self.request(method.clone(), path)?.send()))?;
        match response.status() {
            StatusCode::NOT_FOUND | StatusCode::GONE | StatusCode::FORBIDDEN => Ok(None),
            status if status.is_success() || lacks_method(&response) => Ok(Some(response)),
            status => Err(self.failed(path, format!("the server says {status}"))),
        }
    }

    fn size(&self, path: &str) -> Result<Option<u64>> {
        let mut found = self.look(&Method::HEAD, path)?;
        if found.as_ref().is_some_and(lacks_method) {
            // The body of this answer is not read.
            found = self.look(&Method::GET, path)?;
        }
        Ok(found.and_then(|response| response.headers().get(CONTENT_LENGTH)?.to_str().ok()?.parse().ok()))
    }

    fn read(&self, path: &str) -> Result<Option<Vec<u8>>> {
        let Some(response) = self.look(&Method::GET, path)? else { return Ok(None) };
        let mut bytes = Vec::new();
        let read = response.take(COMPARED + 1).read_to_end(&mut bytes);
        read.map_err(|e| self.failed(path, e.to_string()))?;
        Ok(Some(bytes))
    }

    fn put(&self, wanted: &Wanted, task: &Arc<Task>) -> Result<()> {
        let patience = PATIENCE + Duration::from_secs(wanted.size / SLOWEST);
        let response = self.ask(&wanted.path, &|| {
            let file = File::open(&wanted.file).map_err(|e| Error::io("read", &wanted.file, e))?;
            let sent = Arc::new(AtomicU64::new(0));
            let body = Counted { file, sent: Arc::clone(&sent), task: Arc::clone(task) };
            let request = self.request(Method::PUT, &wanted.path)?.timeout(patience);
            let answer = request.body(Body::sized(body, wanted.size)).send();
            if !answer.as_ref().is_ok_and(|response| response.status().is_success()) {
                task.retreat(sent.load(Ordering::Relaxed));
            }
            Ok(answer)
        })?;
        match response.status() {
            status if status.is_success() => Ok(()),
            status => Err(self.failed(&wanted.path, format!("the server says {status} to PUT"))),
        }
    }
}

/// An address without name, password and what follows the path, which may be a secret as well.
fn shown(text: &str) -> String {
    let Some((scheme, rest)) = text.split_once("://") else { return text.to_owned() };
    let rest = rest.split(['?', '#']).next().unwrap_or_default();
    let (host, path) = rest.split_once('/').unwrap_or((rest, ""));
    let host = host.rsplit('@').next().unwrap_or_default();
    format!("{scheme}://{host}/{path}")
}

/// A file that is on its way, byte by byte.
struct Counted {
    file: File,
    sent: Arc<AtomicU64>,
    task: Arc<Task>,
}

impl Read for Counted {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.file.read(buffer)?;
        self.sent.fetch_add(count as u64, Ordering::Relaxed);
        self.task.advance(count as u64);
        Ok(count)
    }
}

/// The server knows the path but not what was asked of it.
fn lacks_method(response: &Response) -> bool {
    [StatusCode::METHOD_NOT_ALLOWED, StatusCode::NOT_IMPLEMENTED].contains(&response.status())
}

fn is_absent(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory)
}

fn client() -> Result<Client> {
    let client =
        Client::builder().user_agent(concat!("sos-build/", env!("CARGO_PKG_VERSION"))).timeout(PATIENCE).build();
    client.map_err(|e| Error::Send { url: "anything".into(), reason: causes(&e) })
}

/// Copies a file beside its place, and gives it its name when it is whole and on the disk.
fn copy(from: &Path, to: &Path, task: &Task) -> Result<()> {
    let beside = to.with_added_extension("unfinished");
    let failed = |e| Error::io("write", &beside, e);
    if let Some(folder) = to.parent() {
        fs::create_dir_all(folder).map_err(|e| Error::io("create", folder, e))?;
    }
    let mut source = File::open(from).map_err(|e| Error::io("read", from, e))?;
    let mut target = File::create(&beside).map_err(failed)?;
    let mut piece = vec![0; PIECE];
    loop {
        let count = source.read(&mut piece).map_err(|e| Error::io("read", from, e))?;
        if count == 0 {
            break;
        }
        target.write_all(&piece[..count]).map_err(failed)?;
        task.advance(count as u64);
    }
    target.sync_all().map_err(failed)?;
    fs::rename(&beside, to).map_err(|e| Error::io("rename", to, e))
}
