//! Asks the privileged helper: one request and one reply a connection.

use std::path::PathBuf;
use std::time::Duration;

use sos_ipc::{FrameError, LARGEST, Owner, Reply, Request};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::UnixStream;
use tokio::time::timeout;

/// The longest that an answer may take: a claim starts the directory. The web server waits a little longer for us, so
/// that who waits is told by one of our pages.
const LONGEST: Duration = Duration::from_secs(170);

/// Why the helper did not do what was asked.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum HelperError {
    /// Nobody listens, or the connection broke.
    #[error("cannot talk to the helper at {path:?}: {source}")]
    Connection {
        /// The socket.
        path: PathBuf,
        /// What happened.
        source: FrameError,
    },
    /// No answer in time.
    #[error("the helper did not answer within {} s", LONGEST.as_secs())]
    Late,
    /// It said that something broke.
    #[error("the helper says: {0}")]
    Fault(String),
    /// An answer to another question.
    #[error("the helper's answer does not fit the question: {0}")]
    Unexpected(String),
}

/// The client.
#[derive(Debug, Clone)]
pub struct Helper {
    socket: PathBuf,
}

impl Helper {
    /// The helper that listens at `socket`.
    #[must_use]
    pub fn new(socket: PathBuf) -> Self {
        Self { socket }
    }

    /// Asks `request`. A [`Reply::Fault`] becomes an error.
    ///
    /// # Errors
    /// When nobody answers, too late, or something broke there.
    pub async fn ask(&self, request: &Request) -> Result<Reply, HelperError> {
        let broken = |source| HelperError::Connection { path: self.socket.clone(), source };
        match timeout(LONGEST, self.exchange(request)).await {
            Err(_) => Err(HelperError::Late),
            Ok(Err(source)) => Err(broken(source)),
            Ok(Ok(Reply::Fault(sentence))) => Err(HelperError::Fault(sentence)),
            Ok(Ok(reply)) => Ok(reply),
        }
    }

    /// Who owns this server.
    ///
    /// # Errors
    /// As [`Helper::ask`].
    pub async fn owner(&self) -> Result<Owner, HelperError> {
        match self.ask(&Request::Owner).await? {
            Reply::Owner(owner) => Ok(owner),
            other => Err(unexpected(&other)),
        }
    }

    /// Notes who changed what, in words of the message catalogue. What was done is done: a note that cannot be written
    /// is only said in the journal.
    pub async fn record(&self, by: &str, what: &str, about: &str) {
        let request = Request::Record { by: by.to_owned(), what: what.to_owned(), about: about.to_owned() };
        if let Err(error) = self.ask(&request).await {
            eprintln!("cannot note {what} of {about} by {by}: {error}");
        }
    }

    async fn exchange(&self, request: &Request) -> Result<Reply, FrameError> {
        let frame = sos_ipc::encode(request)?;
        let mut stream = UnixStream::connect(&self.socket).await?;
        stream.write_all(&frame).await?;
        let mut length = [0; 4];
        stream.read_exact(&mut length).await?;
        let length = u32::from_be_bytes(length) as usize;
        if length > LARGEST {
            return Err(FrameError::TooLarge(length));
        }
        let mut body = vec![0; length];
        stream.read_exact(&mut body).await?;
        sos_ipc::decode(&body)
    }
}

/// The error for a `reply` that is none to what was asked. Says its kind only: replies hold what journals should not.
#[must_use]
pub fn unexpected(reply: &Reply) -> HelperError {
    let shown = format!("{reply:?}");
    HelperError::Unexpected(shown.split(['(', ' ']).next().unwrap_or_default().to_owned())
}
