//! The privileged helper: does for the unprivileged console what needs rights, one typed request a connection.
//!
//! systemd hands over the listening socket and starts the helper when somebody connects; it ends when nobody has for a
//! while. The kernel says who is at the other end: anybody but the console is turned away.

mod answer;
mod changes;
mod claim;
mod lately;
mod letter;
mod logo;
mod machine;
mod mail;
mod owner;
mod services;
mod settings;
#[cfg(test)]
mod tests;
mod updates;

use std::io::{self, Read, Write as _};
use std::os::unix::net::{UnixListener, UnixStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use listenfd::ListenFd;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use sos_ipc::{Reply, Request};

use crate::console;
use crate::device::Device;
use crate::error::ProvisionError;
use answer::Helper;
pub(crate) use changes::{METADATA, note};
pub(crate) use claim::start as start_for_owner;
pub use letter::write_to_administrators;

/// Who may ask.
const CONSOLE: &str = "sos-console";
/// Most connections at a time; more than wait in the claim code's line.
const MOST: usize = 64;
/// For a whole request to come in, and for its reply to be taken.
const PATIENCE: Duration = Duration::from_secs(10);
/// Without a connection for so long, the helper ends.
const IDLE: Timespec = Timespec { tv_sec: 300, tv_nsec: 0 };

/// Serves the socket that systemd handed over, until nobody needs it.
///
/// # Errors
/// When there is no such socket, or it breaks.
pub fn serve(device: &Device) -> Result<(), ProvisionError> {
    let place = std::path::Path::new(sos_ipc::SOCKET);
    let listener = ListenFd::from_env().take_unix_listener(0).map_err(ProvisionError::file("take", place))?;
    let listener = listener.ok_or_else(|| ProvisionError::Malformed {
        path: place.to_owned(),
        what: "was not handed over; sos-helper.socket starts this program".into(),
    })?;
    let server = Server::new(device)?;
    while server.wait(&listener)? {
        let (stream, _) = listener.accept().map_err(ProvisionError::file("accept from", place))?;
        server.take(stream);
    }
    Ok(())
}

/// Everything that connections share.
struct Server {
    helper: Arc<Helper>,
    /// The console's uid.
    console: u32,
    open: Arc<AtomicUsize>,
}

impl Server {
    fn new(device: &Device) -> Result<Self, ProvisionError> {
        let (console, _) = device.accounts()?.owner("the helper", CONSOLE, CONSOLE)?;
        Ok(Self { helper: Arc::new(Helper::new(device)), console, open: Arc::default() })
    }

    /// Waits for a connection; gives whether there is one to take.
    fn wait(&self, listener: &UnixListener) -> Result<bool, ProvisionError> {
        loop {
            match poll(&mut [PollFd::new(listener, PollFlags::IN)], Some(&IDLE)) {
                Ok(0) if self.open.load(Ordering::Acquire) == 0 => return Ok(false),
                Ok(0) | Err(rustix::io::Errno::INTR) => {}
                Ok(_) => return Ok(true),
                Err(error) => {
                    return Err(ProvisionError::file("wait at", std::path::Path::new(sos_ipc::SOCKET))(error.into()));
                }
            }
        }
    }

    /// Serves a connection in a thread of its own, unless there are too many.
    fn take(&self, stream: UnixStream) {
        if self.open.fetch_add(1, Ordering::AcqRel) >= MOST {
            self.open.fetch_sub(1, Ordering::AcqRel);
            send(&stream, &Reply::Fault("there are too many requests at once".into()));
            return;
        }
        let (helper, console, open) = (Arc::clone(&self.helper), self.console, Arc::clone(&self.open));
        thread::spawn(move || {
            let _place = Place(open);
            if let Some(reply) = converse(&helper, console, &stream) {
                send(&stream, &reply);
            }
        });
    }
}

/// A connection's place, given back also when its thread panics.
struct Place(Arc<AtomicUsize>);

impl Drop for Place {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::AcqRel);
    }
}

/// Reads one request of the console and does it. Gives nothing for anybody else.
fn converse(helper: &Helper, console: u32, stream: &UnixStream) -> Option<Reply> {
    match rustix::net::sockopt::socket_peercred(stream) {
        Ok(peer) if peer.uid.as_raw() == console => {}
        Ok(peer) => {
            console::log(&format!("helper: the user {} is not the console", peer.uid.as_raw()));
            return None;
        }
        Err(error) => {
            console::log(&format!("helper: who calls cannot be told: {error}"));
            return None;
        }
    }
    match sos_ipc::read_frame::<Request>(Timed { stream, end: Instant::now() + PATIENCE }) {
        Ok(request) => Some(helper.answer(request)),
        Err(error) => {
            console::log(&format!("helper: {error}"));
            Some(Reply::Fault(error.to_string()))
        }
    }
}

/// Sends `reply`. Who is gone does not hear it.
fn send(stream: &UnixStream, reply: &Reply) {
    let sent = stream
        .set_write_timeout(Some(PATIENCE))
        .map_err(Into::into)
        .and_then(|()| sos_ipc::encode(reply))
        .and_then(|frame| (&*stream).write_all(&frame).map_err(Into::into));
    if let Err(error) = sent {
        console::log(&format!("helper: {error}"));
    }
}

/// Reads until `end` and no longer, however slowly the bytes come.
struct Timed<'a> {
    stream: &'a UnixStream,
    end: Instant,
}

impl Read for Timed<'_> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let left = self.end.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Err(io::ErrorKind::TimedOut.into());
        }
        self.stream.set_read_timeout(Some(left))?;
        (&*self.stream).read(into)
    }
}
