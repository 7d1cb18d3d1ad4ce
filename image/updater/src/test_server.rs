//! For tests: a web server on this machine, honest or not.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use crate::source::{Http, Limits};

/// What it does to whoever asks.
#[derive(Debug, Clone)]
pub(crate) enum Fault {
    /// Ends the connection after so many bytes of a body.
    Cut(usize),
    /// Answers with something that is no HTTP.
    NoHttp,
    /// Sends other bytes, as many as there should be.
    Garbage,
    /// Sends a body without end and without a length.
    Endless,
    /// Sends a byte now and then.
    Loris(Duration),
    /// Takes the request and says nothing.
    Silent,
    /// Has the file with another size.
    Longer,
    /// Does not know ranges.
    NoRanges,
    /// Sends a range that nobody asked for.
    OtherRange,
    /// This status.
    Status(&'static str),
    /// Sends one on.
    To(String),
    /// Says that the body is compressed.
    Encoded,
}

/// A server, and what it was asked for: paths, each with the byte it was wanted from.
#[derive(Debug)]
pub(crate) struct Server {
    url: String,
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    files: BTreeMap<String, Vec<u8>>,
    /// For the next answers.
    faults: Mutex<Vec<Fault>>,
    asked: Mutex<Vec<(String, u64)>>,
}

/// Limits for tests, which do not wait.
pub(crate) const HASTY: Limits = Limits {
    connect: Duration::from_secs(2),
    silence: Duration::from_millis(500),
    window: Duration::from_millis(400),
    least: 1000,
    whole: Duration::from_secs(5),
};

impl Server {
    /// A server of these files.
    pub(crate) fn of(files: impl IntoIterator<Item = (String, Vec<u8>)>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/", listener.local_addr().unwrap());
        let files = files.into_iter().collect();
        let shared = Arc::new(Shared { files, faults: Mutex::default(), asked: Mutex::default() });
        let served = Arc::clone(&shared);
        // It ends with the test's process.
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let served = Arc::clone(&served);
                thread::spawn(move || drop(served.answer(stream)));
            }
        });
        Self { url, shared }
    }

    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    pub(crate) fn channel(&self) -> Http {
        Http::new(&self.url, HASTY).unwrap()
    }

    /// The next answers have these faults, one each; then it is honest again.
    pub(crate) fn fail(&self, faults: impl IntoIterator<Item = Fault>) {
        let mut faults: Vec<_> = faults.into_iter().collect();
        faults.reverse();
        *self.shared.faults.lock().unwrap() = faults;
    }

    /// What was asked for so far; from now on it counts anew.
    pub(crate) fn asked(&self) -> Vec<(String, u64)> {
        std::mem::take(&mut self.shared.asked.lock().unwrap())
    }
}

impl Shared {
    fn answer(&self, mut stream: TcpStream) -> std::io::Result<()> {
        let mut lines = BufReader::new(stream.try_clone()?).lines();
        let first = lines.next().unwrap_or_else(|| Ok(String::new()))?;
        let mut from = None;
        for line in lines {
            let line = line?.to_ascii_lowercase();
            if let Some(range) = line.strip_prefix("range: bytes=") {
                from = range.trim_end_matches('-').parse::<usize>().ok();
            }
            if line.is_empty() {
                break;
            }
        }
        let path = first.split(' ').nth(1).unwrap_or_default().trim_start_matches('/').to_owned();
        self.asked.lock().unwrap().push((path.clone(), from.unwrap_or(0) as u64));
        let fault = self.faults.lock().unwrap().pop();
        match (fault, self.files.get(&path)) {
            (None, None) => head(&mut stream, "404 Not Found", &["content-length: 0"]),
            (None, Some(file)) => send(&mut stream, file, from, usize::MAX),
            (Some(fault), file) => misbehave(&mut stream, fault, file.map_or(&[][..], |file| file), from),
        }
    }
}

fn head(stream: &mut TcpStream, status: &str, headers: &[&str]) -> std::io::Result<()> {
    write!(stream, "HTTP/1.1 {status}\r\nconnection: close\r\n{}\r\n\r\n", headers.join("\r\n"))
}

fn send(stream: &mut TcpStream, file: &[u8], from: Option<usize>, most: usize) -> std::io::Result<()> {
    let (total, offset) = (file.len(), from.unwrap_or(0));
    let body = file.get(offset..).unwrap_or_default();
    let length = format!("content-length: {}", body.len());
    match from {
        None => head(stream, "200 OK", &[&length])?,
        Some(_) => {
            let range = format!("content-range: bytes {offset}-{}/{total}", total.max(1) - 1);
            head(stream, "206 Partial Content", &[&length, &range])?;
        }
    }
    stream.write_all(&body[..most.min(body.len())])
}

fn misbehave(stream: &mut TcpStream, fault: Fault, file: &[u8], from: Option<usize>) -> std::io::Result<()> {
    match fault {
        Fault::Cut(after) => send(stream, file, from, after),
        Fault::NoHttp => stream.write_all(b"\x16\x03\x01 what?\r\n\r\n"),
        Fault::Garbage => send(stream, &vec![b'?'; file.len()], from, usize::MAX),
        Fault::Longer => send(stream, &[file, b"more"].concat(), from, usize::MAX),
        Fault::NoRanges => send(stream, file, None, usize::MAX),
        Fault::OtherRange => send(stream, file, Some(from.unwrap_or(0) + 1), usize::MAX),
        Fault::Status(status) => head(stream, status, &["content-length: 0"]),
        Fault::To(place) => head(stream, "302 Found", &[&format!("location: {place}"), "content-length: 0"]),
        Fault::Encoded => head(stream, "200 OK", &["content-encoding: gzip", "content-length: 0"]),
        Fault::Silent => {
            thread::sleep(Duration::from_secs(5));
            Ok(())
        }
        Fault::Loris(pause) => {
            head(stream, "200 OK", &[&format!("content-length: {}", file.len())])?;
            file.iter().try_for_each(|byte| {
                thread::sleep(pause);
                stream.write_all(&[*byte])
            })
        }
        Fault::Endless => {
            head(stream, "200 OK", &["x-length: none"])?;
            loop {
                stream.write_all(&[b'x'; 4096])?;
            }
        }
    }
}
