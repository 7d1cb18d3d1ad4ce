//! A server of files with faults, on a free port of this machine.

use std::collections::HashMap;
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

/// What the server does for one path.
#[derive(Debug, Clone)]
pub enum Answer {
    /// The bytes, or the part of them that is asked for.
    File(Vec<u8>),
    /// The bytes, the whole of them whatever is asked for.
    Whole(Vec<u8>),
    /// The first so many bytes, then the connection breaks; the second time all of them.
    Breaks(Vec<u8>, usize),
    /// The first so many bytes, then nothing more while the client waits.
    Stalls(Vec<u8>, usize),
    /// An answer with this status and nothing in it.
    Status(u16),
}

/// A request as it came: the path, and the first byte asked for.
pub type Request = (String, usize);

/// A running server; it ends with the test.
#[derive(Debug, Clone)]
pub struct Server {
    address: String,
    answers: Arc<Mutex<HashMap<String, Answer>>>,
    requests: Arc<Mutex<Vec<Request>>>,
}

impl Server {
    /// Starts a server that has nothing yet.
    pub fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let server = Self {
            address: format!("http://{}", listener.local_addr().unwrap()),
            answers: Arc::default(),
            requests: Arc::default(),
        };
        let shared = server.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let shared = shared.clone();
                std::thread::spawn(move || shared.serve(stream.unwrap()));
            }
        });
        server
    }

    /// The address of the folder `below`.
    pub fn url(&self, below: &str) -> String {
        format!("{}{below}", self.address)
    }

    /// Sets the answer for a path.
    pub fn set(&self, path: impl Into<String>, answer: Answer) {
        self.answers.lock().unwrap().insert(path.into(), answer);
    }

    /// The requests so far, in order.
    pub fn requests(&self) -> Vec<Request> {
        self.requests.lock().unwrap().clone()
    }

    /// Answers one request and closes the connection; a client that went away is no fault of the test.
    fn serve(&self, stream: TcpStream) {
        let Some((path, from)) = request(&stream) else { return };
        self.requests.lock().unwrap().push((path.clone(), from));
        let mut answers = self.answers.lock().unwrap();
        let answer = answers.get(&path).cloned().unwrap_or(Answer::Status(404));
        if let Answer::Breaks(bytes, _) = &answer {
            answers.insert(path, Answer::File(bytes.clone()));
        }
        drop(answers);
        let stalls = matches!(answer, Answer::Stalls(..));
        let (head, body) = match answer {
            Answer::Status(status) => (head(status, 0), Vec::new()),
            Answer::Whole(bytes) => (head(200, bytes.len()), bytes),
            Answer::File(bytes) if from == 0 => (head(200, bytes.len()), bytes),
            Answer::File(bytes) if from < bytes.len() => (head(206, bytes.len() - from), bytes[from..].to_vec()),
            Answer::File(_) => (head(416, 0), Vec::new()),
            Answer::Breaks(bytes, until) | Answer::Stalls(bytes, until) => {
                (head(200, bytes.len()), bytes[..until].to_vec())
            }
        };
        let mut stream = stream;
        drop(stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(&body)));
        if stalls {
            // Until the client goes away.
            drop(std::io::copy(&mut stream, &mut std::io::sink()));
        }
    }
}

fn head(status: u16, length: usize) -> String {
    format!("HTTP/1.1 {status} x\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n")
}

/// The path of a request, and the first byte it asks for.
fn request(stream: &TcpStream) -> Option<Request> {
    let mut lines = BufReader::new(stream).lines().map_while(Result::ok);
    let path = lines.next()?.split(' ').nth(1)?.to_owned();
    let mut from = 0;
    for line in lines.take_while(|line| !line.is_empty()) {
        if let Some(range) = line.to_ascii_lowercase().strip_prefix("range: bytes=") {
            from = range.trim_end_matches('-').parse().ok()?;
        }
    }
    Some((path, from))
}
