//! A server of files with faults, on a free port of this machine. It takes files by PUT as well.

use std::collections::HashMap;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
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

/// What else a request says.
#[derive(Debug, Default)]
struct Asked {
    method: String,
    path: String,
    /// The first byte wanted.
    from: usize,
    authorization: Option<String>,
    body: Vec<u8>,
}

/// A file that a client brought.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Put {
    /// Its path.
    pub path: String,
    /// The client's credentials.
    pub authorization: Option<String>,
}

/// A running server; it ends with the test.
#[derive(Debug, Clone)]
pub struct Server {
    address: String,
    answers: Arc<Mutex<HashMap<String, Answer>>>,
    requests: Arc<Mutex<Vec<Request>>>,
    puts: Arc<Mutex<Vec<Put>>>,
    refusals: Arc<Mutex<Vec<(String, u16)>>>,
    knows_head: Arc<Mutex<bool>>,
}

impl Server {
    /// Starts a server that has nothing yet.
    pub fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let server = Self {
            address: format!("http://{}", listener.local_addr().unwrap()),
            answers: Arc::default(),
            requests: Arc::default(),
            puts: Arc::default(),
            refusals: Arc::default(),
            knows_head: Arc::new(Mutex::new(true)),
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

    /// What is at a path now.
    pub fn file(&self, path: &str) -> Option<Vec<u8>> {
        match self.answers.lock().unwrap().get(path) {
            Some(Answer::File(bytes)) => Some(bytes.clone()),
            _ => None,
        }
    }

    /// The files that clients brought so far, in order.
    pub fn puts(&self) -> Vec<Put> {
        self.puts.lock().unwrap().clone()
    }

    /// Refuses the next file whose path ends so, with this status.
    pub fn refuse_put(&self, end: &str, status: u16) {
        self.refusals.lock().unwrap().push((end.to_owned(), status));
    }

    /// Does not know HEAD from now on.
    pub fn forget_head(&self) {
        *self.knows_head.lock().unwrap() = false;
    }

    /// Takes a file, or refuses it.
    fn take(&self, asked: Asked) -> u16 {
        let mut refusals = self.refusals.lock().unwrap();
        if let Some(at) = refusals.iter().position(|(end, _)| asked.path.ends_with(end)) {
            return refusals.remove(at).1;
        }
        self.puts.lock().unwrap().push(Put { path: asked.path.clone(), authorization: asked.authorization });
        self.answers.lock().unwrap().insert(asked.path, Answer::File(asked.body));
        201
    }

    /// Answers one request and closes the connection; a client that went away is no fault of the test.
    fn serve(&self, mut stream: TcpStream) {
        let Some(asked) = request(&stream) else { return };
        if asked.method == "PUT" || (asked.method == "HEAD" && !*self.knows_head.lock().unwrap()) {
            let status = if asked.method == "PUT" { self.take(asked) } else { 405 };
            return drop(stream.write_all(head(status, 0).as_bytes()));
        }
        let (only_head, path, from) = (asked.method == "HEAD", asked.path, asked.from);
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
        let body = if only_head { Vec::new() } else { body };
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

/// A request, as far as it matters here.
fn request(stream: &TcpStream) -> Option<Asked> {
    let mut reader = BufReader::new(stream);
    let mut line = || {
        let mut line = String::new();
        reader.read_line(&mut line).ok().filter(|count| *count > 0)?;
        Some(line.trim_end().to_owned())
    };
    let first = line()?;
    let mut words = first.split(' ').map(str::to_owned);
    let mut asked = Asked { method: words.next()?, path: words.next()?, ..Asked::default() };
    let mut length = 0;
    while let Some(line) = line().filter(|line| !line.is_empty()) {
        let (name, value) = line.split_once(": ")?;
        match name.to_ascii_lowercase().as_str() {
            "range" => asked.from = value.strip_prefix("bytes=")?.trim_end_matches('-').parse().ok()?,
            "content-length" => length = value.parse().ok()?,
            "authorization" => asked.authorization = Some(value.to_owned()),
            _ => {}
        }
    }
    asked.body = vec![0; length];
    reader.read_exact(&mut asked.body).ok()?;
    Some(asked)
}
