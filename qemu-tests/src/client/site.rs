//! A visitor of the server's pages without a browser: HTTPS over one connection that is kept (RFC 9112), from a host of
//! our choice. It keeps cookies, and hands in the token of the form it saw last, as a browser does.

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr};

use super::{Security, Wire};
use crate::{Error, Result};

/// A visitor.
pub struct Site {
    from: Ipv4Addr,
    to: SocketAddr,
    security: Security,
    host: String,
    /// Whether pages may come compressed; their text cannot be read then.
    pub compressed: bool,
    wire: Option<Wire>,
    cookies: BTreeMap<String, String>,
    token: String,
}

/// What came back.
#[derive(Debug, Clone, Default)]
pub struct Answer {
    /// The status.
    pub status: u16,
    /// The headers, their names in small letters.
    pub headers: Vec<(String, String)>,
    /// The page.
    pub body: Vec<u8>,
    /// Bytes that came over the wire, headers included.
    pub bytes: usize,
}

impl Answer {
    /// The first header of this name.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// Where it sends the browser; nothing when it stays.
    #[must_use]
    pub fn location(&self) -> &str {
        self.header("location").unwrap_or_default()
    }

    /// The page as text.
    #[must_use]
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// The value of the first input of this name.
    #[must_use]
    pub fn value(&self, name: &str) -> Option<String> {
        let text = self.text();
        let rest = text.split_once(&format!("name=\"{name}\""))?.1;
        let value = rest.split_once('>')?.0.split_once("value=\"")?.1.split('"').next()?;
        Some(value.to_owned())
    }

    /// What is said to be wrong with a field.
    #[must_use]
    pub fn error(&self, field: &str) -> Option<String> {
        let text = self.text();
        let rest = text.split_once(&format!("data-field=\"{field}\""))?.1;
        Some(rest.split_once('>')?.1.split('<').next()?.to_owned())
    }

    /// Its beginning without tags, for a complaint.
    #[must_use]
    pub fn gist(&self) -> String {
        let text = self.text();
        let main = text.split_once("<main").map_or(text.as_str(), |(_, main)| main);
        let pieces = main.split('<').map(|piece| piece.split_once('>').map_or("", |(_, text)| text.trim()));
        let said: Vec<_> = pieces.filter(|piece| !piece.is_empty()).collect();
        format!("{} {}", self.status, said.join(" ").chars().take(300).collect::<String>())
    }
}

impl Site {
    /// A visitor from `from` to the server `host` at `to`; nothing is asked yet.
    #[must_use]
    pub fn at(from: Ipv4Addr, to: SocketAddr, host: &str) -> Site {
        let (host, wire, cookies) = (host.to_owned(), None, BTreeMap::new());
        let security = Security::Implicit;
        Site { from, to, security, host, compressed: false, wire, cookies, token: String::new() }
    }

    /// Asks for a page.
    ///
    /// # Errors
    /// [`Error::Wire`] when nobody answers, [`Error::Reply`] when what comes is not HTTP.
    pub fn get(&mut self, path: &str) -> Result<Answer> {
        let head = self.head("GET", path);
        self.send(&format!("{head}\r\n"))
    }

    /// Sends a form, with the token of the last one seen.
    ///
    /// # Errors
    /// As [`Site::get`].
    pub fn post(&mut self, path: &str, fields: &[(&str, &str)]) -> Result<Answer> {
        let token = self.token.clone();
        let all: Vec<_> = [("csrf", token.as_str())].iter().chain(fields).copied().collect();
        let body = encode(&all);
        let head = self.head("POST", path);
        self.send(&format!(
            "{head}Origin: https://{}\r\nSec-Fetch-Site: same-origin\r\n\
             Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n\r\n{body}",
            self.host,
            body.len()
        ))
    }

    fn head(&self, method: &str, path: &str) -> String {
        let mut head = format!(
            "{method} {path} HTTP/1.1\r\nHost: {}\r\nAccept: text/html,*/*\r\nAccept-Language: en\r\n",
            self.host
        );
        if self.compressed {
            head.push_str("Accept-Encoding: gzip\r\n");
        }
        if !self.cookies.is_empty() {
            let pairs: Vec<_> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
            head.push_str(&format!("Cookie: {}\r\n", pairs.join("; ")));
        }
        head
    }

    /// Sends a request; once more over a new connection when the kept one was closed meanwhile.
    fn send(&mut self, request: &str) -> Result<Answer> {
        let answer = match self.wire.take() {
            Some(kept) => self.exchange(kept, request).or_else(|_| self.anew(request)),
            None => self.anew(request),
        }?;
        self.remember(&answer);
        Ok(answer)
    }

    fn anew(&mut self, request: &str) -> Result<Answer> {
        let wire = Wire::connect(self.from, self.to, self.security)?;
        self.exchange(wire, request)
    }

    fn exchange(&mut self, mut wire: Wire, request: &str) -> Result<Answer> {
        wire.send(request.as_bytes())?;
        let answer = read(&mut wire)?;
        if answer.header("connection").is_none_or(|said| !said.eq_ignore_ascii_case("close")) {
            self.wire = Some(wire);
        }
        Ok(answer)
    }

    fn remember(&mut self, answer: &Answer) {
        for (_, cookie) in answer.headers.iter().filter(|(name, _)| name == "set-cookie") {
            let Some((name, value)) = cookie.split(';').next().and_then(|pair| pair.split_once('=')) else { continue };
            if value.is_empty() || cookie.contains("Max-Age=0") {
                self.cookies.remove(name);
            } else {
                self.cookies.insert(name.to_owned(), value.to_owned());
            }
        }
        if let Some(token) = answer.value("csrf") {
            self.token = token;
        }
    }
}

fn read(wire: &mut Wire) -> Result<Answer> {
    let mut answer = Answer::default();
    let status = line(wire, &mut answer)?;
    let code = status.strip_prefix("HTTP/1.1 ").and_then(|rest| rest.get(..3)?.parse().ok());
    answer.status = code.ok_or_else(|| malformed(&status))?;
    loop {
        let header = line(wire, &mut answer)?;
        if header.is_empty() {
            break;
        }
        let (name, value) = header.split_once(':').ok_or_else(|| malformed(&header))?;
        answer.headers.push((name.to_lowercase(), value.trim().to_owned()));
    }
    if answer.header("transfer-encoding") == Some("chunked") {
        read_chunks(wire, &mut answer)?;
    } else if let Some(length) = answer.header("content-length") {
        let length = length.parse().map_err(|_| malformed(length))?;
        answer.body = wire.exactly(length)?;
        answer.bytes += length;
    }
    Ok(answer)
}

fn read_chunks(wire: &mut Wire, answer: &mut Answer) -> Result<()> {
    loop {
        let size = line(wire, answer)?;
        let digits = size.split(';').next().unwrap_or_default();
        let length = usize::from_str_radix(digits.trim(), 16).map_err(|_| malformed(&size))?;
        answer.body.extend(wire.exactly(length)?);
        answer.bytes += length;
        line(wire, answer)?;
        if length == 0 {
            return Ok(());
        }
    }
}

fn line(wire: &mut Wire, answer: &mut Answer) -> Result<String> {
    let line = wire.line()?;
    answer.bytes += line.len() + 2;
    Ok(line)
}

fn malformed(got: &str) -> Error {
    Error::Reply { protocol: "HTTP", said: String::new(), expected: "an answer".into(), got: got.into() }
}

/// As a browser writes a form (`application/x-www-form-urlencoded`).
fn encode(fields: &[(&str, &str)]) -> String {
    let pairs = fields.iter().map(|(name, value)| format!("{}={}", escape(name), escape(value)));
    pairs.collect::<Vec<_>>().join("&")
}

fn escape(text: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._*".contains(&byte);
    text.bytes().map(|byte| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(body: &str) -> Answer {
        Answer { status: 422, body: body.into(), ..Answer::default() }
    }

    #[test]
    fn forms_are_written_as_browsers_write_them() {
        assert_eq!(encode(&[("csrf", "1f"), ("who", "jill & Siân")]), "csrf=1f&who=jill%20%26%20Si%C3%A2n");
    }

    #[test]
    fn a_pages_token_and_errors_are_found() {
        let page = page(
            "<nav>Menu</nav><main id=\"main\"><h1>Sign in</h1><input type=\"hidden\" name=\"csrf\" value=\"a1\">\
             <p class=\"error\" id=\"name-error\" data-field=\"name\">Please check both.</p></main>",
        );
        assert_eq!(page.value("csrf").as_deref(), Some("a1"));
        assert_eq!(page.error("name").as_deref(), Some("Please check both."));
        assert_eq!(page.error("password"), None);
        assert_eq!(page.gist(), "422 Sign in Please check both.");
    }

    /// Answers each connection's requests with these, then closes it; gives what was asked.
    fn server(connections: Vec<Vec<&'static str>>) -> (Site, std::thread::JoinHandle<Vec<String>>) {
        use std::io::{Read, Write};
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let site = Site::at(Ipv4Addr::LOCALHOST, listener.local_addr().unwrap(), "mail.ambridge.example");
        let asked = std::thread::spawn(move || {
            let mut asked = Vec::new();
            for answers in connections {
                let (mut stream, _) = listener.accept().unwrap();
                for answer in answers {
                    let mut bytes = [0; 4096];
                    let length = stream.read(&mut bytes).unwrap();
                    asked.push(String::from_utf8_lossy(&bytes[..length]).into_owned());
                    stream.write_all(answer.as_bytes()).unwrap();
                }
            }
            asked
        });
        (Site { security: Security::Plain, ..site }, asked)
    }

    #[test]
    fn a_connection_is_kept_and_opened_anew_when_it_was_closed() {
        let form = "HTTP/1.1 200 OK\r\nSet-Cookie: a=1; Secure\r\nTransfer-Encoding: chunked\r\n\r\n\
                    1b\r\n<input name=\"csrf\" value=\"t\"\r\n1\r\n>\r\n0\r\n\r\n";
        let gone = "HTTP/1.1 303 See Other\r\nLocation: /\r\nContent-Length: 0\r\n\r\n";
        let (mut site, asked) = server(vec![vec![form, form], vec![gone]]);
        let first = site.get("/").unwrap();
        assert_eq!((first.status, first.bytes), (200, form.len()));
        assert_eq!(site.get("/forgot").unwrap().value("csrf").as_deref(), Some("t"));
        let sent = site.post("/forgot", &[("who", "jill")]).unwrap();
        assert_eq!((sent.status, sent.location()), (303, "/"));
        let asked = asked.join().unwrap();
        assert!(asked[1].starts_with("GET /forgot HTTP/1.1\r\n") && asked[1].contains("\r\nCookie: a=1\r\n"));
        assert!(asked[2].ends_with("\r\n\r\ncsrf=t&who=jill"), "{}", asked[2]);
    }

    #[test]
    fn cookies_are_kept_until_they_are_taken_back() {
        let mut site = Site::at(Ipv4Addr::LOCALHOST, ([127, 0, 0, 1], 443).into(), "mail.ambridge.example");
        let with = |cookie: &str| Answer { headers: vec![("set-cookie".into(), cookie.into())], ..Answer::default() };
        site.remember(&with("__Host-sos=abc; Secure; HttpOnly"));
        assert!(site.head("GET", "/").contains("\r\nCookie: __Host-sos=abc\r\n"));
        site.remember(&with("__Host-sos=; Max-Age=0"));
        assert!(!site.head("GET", "/").contains("Cookie"));
    }
}
