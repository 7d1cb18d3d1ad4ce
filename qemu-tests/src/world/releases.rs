//! The release server: the channel's static files over plain HTTP (RFC 9112, ranges by RFC 9110, section 14), and what a
//! bad night does to them. What is signed needs no secrecy, so there is no TLS here to break.
//!
//! In: folders, each under a prefix; files put over them; faults by prefix. Out: what was asked for, request by request.

use std::fs::File;
use std::io::{BufRead, BufReader, Read, Seek, SeekFrom, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::path::{Component, Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::{Error, Result};

/// Its name.
pub const NAME: &str = "releases.sos.example";
/// Between two bytes of a slow answer.
const SLOW: Duration = Duration::from_secs(1);
/// Bytes written at a time.
const PIECE: usize = 64 << 10;
/// The most bytes an endless answer comes to, so that a device that never lets go fails a scenario and not the host.
const ENDLESS: u64 = 8 << 30;

/// What goes wrong with the files below a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// There is no such file: 404.
    Absent,
    /// The connection ends before anything is said.
    HangUp,
    /// As many bytes as there should be, all of them wrong.
    Garbage,
    /// A body that does not end.
    Endless,
    /// One byte a second, headers first.
    Slow,
    /// The connection ends after so many bytes of the body.
    CutAfter(u64),
}

/// One request that came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    /// The path, with its slash.
    pub path: String,
    /// The first byte wanted, when not all were.
    pub from: Option<u64>,
}

#[derive(Debug, Default)]
struct Shelf {
    folders: Vec<(String, PathBuf)>,
    files: Vec<(String, Vec<u8>)>,
    faults: Vec<(String, Fault)>,
    asked: Vec<Asked>,
}

/// A running server; its threads end with the process. Nothing is on its shelf at first.
#[derive(Debug, Clone, Default)]
pub struct Releases {
    shelf: Arc<Mutex<Shelf>>,
}

impl Releases {
    /// Listens on port 80 of `address`.
    ///
    /// # Errors
    /// [`Error::Wire`] when the port cannot be had.
    pub fn start(address: Ipv4Addr) -> Result<Releases> {
        let listener = TcpListener::bind((address, 80)).map_err(Error::wire(format!("{NAME}, port 80")))?;
        Ok(Releases::serve(listener))
    }

    fn serve(listener: TcpListener) -> Releases {
        let server = Releases::default();
        let shelf = server.shelf.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let shelf = shelf.clone();
                // A device that hangs up in the middle is the device's affair.
                std::thread::spawn(move || converse(&shelf, &stream).ok());
            }
        });
        server
    }

    /// Serves `folder` below `prefix` from now on, instead of what was there.
    pub fn mount(&self, prefix: &str, folder: &Path) {
        let mut shelf = self.shelf();
        shelf.folders.retain(|(known, _)| known != prefix);
        shelf.folders.push((prefix.to_owned(), folder.to_owned()));
    }

    /// Puts one file over what the folders have.
    pub fn put(&self, path: &str, bytes: Vec<u8>) {
        let mut shelf = self.shelf();
        shelf.files.retain(|(known, _)| known != path);
        shelf.files.push((path.to_owned(), bytes));
    }

    /// From now on this goes wrong with a file, or with everything below a path that ends with a slash.
    pub fn set_fault(&self, path: &str, fault: Fault) {
        self.shelf().faults.insert(0, (path.to_owned(), fault));
    }

    /// Takes back all faults and all files put over the folders', and forgets what was asked.
    pub fn mend(&self) {
        let mut shelf = self.shelf();
        shelf.faults.clear();
        shelf.files.clear();
        shelf.asked.clear();
    }

    /// What was asked for since the last [`Releases::mend`].
    #[must_use]
    pub fn asked(&self) -> Vec<Asked> {
        self.shelf().asked.clone()
    }

    fn shelf(&self) -> MutexGuard<'_, Shelf> {
        self.shelf.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Shelf {
    fn fault(&self, path: &str) -> Option<Fault> {
        let concerns = |of: &str| path == of || of.ends_with('/') && path.starts_with(of);
        self.faults.iter().find(|(of, _)| concerns(of)).map(|(_, fault)| *fault)
    }

    fn open(&self, path: &str) -> Option<Body> {
        if let Some((_, bytes)) = self.files.iter().find(|(known, _)| known == path) {
            return Some(Body::Bytes(bytes.clone()));
        }
        let (prefix, folder) = self.folders.iter().find(|(prefix, _)| path.starts_with(prefix))?;
        let inside = Path::new(path.strip_prefix(prefix.as_str())?.trim_start_matches('/'));
        let plain = inside.components().all(|part| matches!(part, Component::Normal(_)));
        let file = File::open(folder.join(inside)).ok().filter(|_| plain)?;
        let length = file.metadata().ok().filter(std::fs::Metadata::is_file)?.len();
        Some(Body::File(file, length))
    }
}

/// What an answer carries.
enum Body {
    Bytes(Vec<u8>),
    File(File, u64),
}

impl Body {
    fn length(&self) -> u64 {
        match self {
            Body::Bytes(bytes) => bytes.len() as u64,
            Body::File(_, length) => *length,
        }
    }

    fn from(self, first: u64) -> std::io::Result<Box<dyn Read>> {
        Ok(match self {
            Body::Bytes(bytes) => Box::new(std::io::Cursor::new(bytes.split_at(first as usize).1.to_vec())),
            Body::File(mut file, _) => {
                file.seek(SeekFrom::Start(first))?;
                Box::new(file)
            }
        })
    }
}

/// A request as far as it matters.
struct Request {
    method: String,
    path: String,
    range: Option<(u64, Option<u64>)>,
}

/// Answers one request after another until the other side hangs up, or a fault does.
fn converse(shelf: &Mutex<Shelf>, stream: &TcpStream) -> std::io::Result<()> {
    let mut reader = BufReader::new(stream);
    while let Some(request) = read(&mut reader)? {
        let (fault, body) = {
            let mut shelf = shelf.lock().unwrap_or_else(PoisonError::into_inner);
            shelf.asked.push(Asked { path: request.path.clone(), from: request.range.map(|(first, _)| first) });
            (shelf.fault(&request.path), shelf.open(&request.path))
        };
        if !answer(stream, &request, fault, body)? {
            break;
        }
    }
    Ok(())
}

fn read(reader: &mut impl BufRead) -> std::io::Result<Option<Request>> {
    let mut line = String::new();
    if reader.read_line(&mut line)? == 0 {
        return Ok(None);
    }
    let mut words = line.split_whitespace().map(str::to_owned);
    let (method, path) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    let mut range = None;
    loop {
        let mut header = String::new();
        if reader.read_line(&mut header)? == 0 || header.trim().is_empty() {
            return Ok(Some(Request { method, path, range }));
        }
        if let Some((name, value)) = header.split_once(':')
            && name.eq_ignore_ascii_case("range")
        {
            range = wanted(value.trim());
        }
    }
}

/// The range of `bytes=FIRST-[LAST]`; others are not served as ranges (RFC 9110 lets a server do so).
fn wanted(value: &str) -> Option<(u64, Option<u64>)> {
    let (first, last) = value.strip_prefix("bytes=")?.split_once('-')?;
    Some((first.parse().ok()?, if last.is_empty() { None } else { Some(last.parse().ok()?) }))
}

/// Answers; whether another request may follow.
fn answer(
    mut stream: &TcpStream,
    request: &Request,
    fault: Option<Fault>,
    body: Option<Body>,
) -> std::io::Result<bool> {
    let body = match (fault, body) {
        (Some(Fault::HangUp), _) => return Ok(false),
        (Some(Fault::Absent), _) | (_, None) => {
            stream.write_all(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n")?;
            return Ok(true);
        }
        (_, Some(body)) => body,
    };
    let length = body.length();
    let (first, last) = match request.range {
        Some((first, last)) if first < length => (first, last.unwrap_or(length).min(length - 1)),
        Some(_) => {
            let status = "HTTP/1.1 416 Range Not Satisfiable";
            write!(stream, "{status}\r\nContent-Range: bytes */{length}\r\nContent-Length: 0\r\n\r\n")?;
            return Ok(true);
        }
        None => (0, length.saturating_sub(1)),
    };
    let count = if length == 0 { 0 } else { last - first + 1 };
    let head = match request.range {
        Some(_) => format!("HTTP/1.1 206 Partial Content\r\nContent-Range: bytes {first}-{last}/{length}\r\n"),
        None => "HTTP/1.1 200 OK\r\n".to_owned(),
    };
    let size = if fault == Some(Fault::Endless) { String::new() } else { format!("Content-Length: {count}\r\n") };
    let head = format!("{head}Accept-Ranges: bytes\r\n{size}\r\n");
    if fault == Some(Fault::Slow) {
        return slowly(stream, &head, body.from(first)?.take(count));
    }
    stream.write_all(head.as_bytes())?;
    if request.method == "HEAD" {
        return Ok(true);
    }
    let content: Box<dyn Read> = match fault {
        Some(Fault::Garbage) => Box::new(std::io::repeat(0x5a).take(count)),
        Some(Fault::Endless) => Box::new(body.from(first)?.chain(std::io::repeat(b' ')).take(ENDLESS)),
        Some(Fault::CutAfter(bytes)) => Box::new(body.from(first)?.take(count.min(bytes))),
        _ => Box::new(body.from(first)?.take(count)),
    };
    pour(stream, content)?;
    Ok(!matches!(fault, Some(Fault::Endless | Fault::CutAfter(_))))
}

fn pour(mut stream: &TcpStream, mut content: impl Read) -> std::io::Result<()> {
    let mut piece = vec![0; PIECE];
    loop {
        match content.read(&mut piece)? {
            0 => return Ok(()),
            read => stream.write_all(&piece[..read])?,
        }
    }
}

fn slowly(mut stream: &TcpStream, head: &str, body: impl Read) -> std::io::Result<bool> {
    let mut content = head.as_bytes().chain(body);
    let mut byte = [0];
    while content.read(&mut byte)? > 0 {
        stream.write_all(&byte)?;
        std::thread::sleep(SLOW);
    }
    Ok(true)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn server() -> (tempfile::TempDir, Releases, std::net::SocketAddr) {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("file"), "0123456789").unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let server = Releases::serve(listener);
        server.mount("/metadata", folder.path());
        (folder, server, address)
    }

    fn ask(address: std::net::SocketAddr, path: &str, range: &str) -> String {
        let mut stream = TcpStream::connect(address).unwrap();
        let range = if range.is_empty() { String::new() } else { format!("Range: bytes={range}\r\n") };
        stream.write_all(format!("GET {path} HTTP/1.1\r\nHost: x\r\n{range}\r\n").as_bytes()).unwrap();
        stream.shutdown(std::net::Shutdown::Write).unwrap();
        let mut said = String::new();
        stream.read_to_string(&mut said).unwrap();
        said
    }

    #[test]
    fn a_range_is_answered_with_its_bytes_alone() {
        let (_folder, server, address) = server();
        assert!(ask(address, "/metadata/file", "").ends_with("\r\n\r\n0123456789"));
        let part = ask(address, "/metadata/file", "7-");
        assert!(part.starts_with("HTTP/1.1 206 ") && part.contains("Content-Range: bytes 7-9/10\r\n"), "{part}");
        assert!(part.ends_with("\r\n\r\n789"), "{part}");
        assert!(ask(address, "/metadata/file", "2-3").ends_with("\r\n\r\n23"));
        assert!(ask(address, "/metadata/file", "10-").starts_with("HTTP/1.1 416 "));
        assert_eq!(server.asked()[1], Asked { path: "/metadata/file".into(), from: Some(7) });
    }

    #[test]
    fn nothing_above_a_folder_is_served() {
        let (_folder, _server, address) = server();
        for path in ["/metadata/../../etc/passwd", "/metadata//etc/passwd/..", "/other", "/metadata"] {
            assert!(ask(address, path, "").starts_with("HTTP/1.1 404 "), "{path}");
        }
    }

    #[test]
    fn faults_come_and_go() {
        let (_folder, server, address) = server();
        server.set_fault("/metadata/", Fault::CutAfter(4));
        server.set_fault("/metadata/fil", Fault::Absent);
        assert!(ask(address, "/metadata/file", "").ends_with("\r\n\r\n0123"));
        server.set_fault("/metadata/file", Fault::Garbage);
        assert!(ask(address, "/metadata/file", "").ends_with("\r\n\r\nZZZZZZZZZZ"));
        server.set_fault("/", Fault::HangUp);
        assert_eq!(ask(address, "/metadata/file", ""), "");
        server.mend();
        server.put("/metadata/file", b"other".to_vec());
        assert!(ask(address, "/metadata/file", "").ends_with("\r\n\r\nother"));
    }
}
