//! Another organisation's mail server: a small SMTP receiver (RFC 5321) that keeps every envelope and
//! message as it came, and refuses on demand.

use std::collections::HashMap;
use std::io::{BufRead, BufReader, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use mail_parser::MessageParser;

use crate::{Error, Result};

/// How often the mail received is looked through while waiting.
const INTERVAL: Duration = Duration::from_millis(100);

/// One message as it arrived.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Received {
    /// Who handed it in.
    pub peer: SocketAddr,
    /// The envelope's sender; empty for a bounce.
    pub sender: String,
    /// The envelope's recipients.
    pub recipients: Vec<String>,
    /// Header and body, dots unstuffed, lines ending in CRLF.
    pub message: Vec<u8>,
}

impl Received {
    /// The message as text.
    #[must_use]
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.message).into_owned()
    }

    /// The subject and what is written, as a mail program shows them.
    #[must_use]
    pub fn shown(&self) -> String {
        let Some(read) = MessageParser::default().parse(&self.message) else { return self.text() };
        format!("{}\n\n{}", read.subject().unwrap_or_default(), read.body_text(0).unwrap_or_default())
    }

    /// The first address of a page of `host` in it whose path begins with `path`.
    #[must_use]
    pub fn link(&self, host: &str, path: &str) -> Option<String> {
        let shown = self.shown();
        let start = shown.find(&format!("https://{host}{path}"))?;
        shown[start..].split_whitespace().next().map(str::to_owned)
    }
}

/// What to do with mail for an address instead of taking it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rule {
    /// Refuse the recipient for good: `550`.
    RefuseRecipient,
    /// Take the recipient and refuse the message after DATA: `554`.
    RefuseMessage,
    /// Ask to come back later: `451`.
    Defer,
}

#[derive(Debug, Default)]
struct Books {
    received: Vec<Received>,
    rules: HashMap<String, Rule>,
}

/// A running server; its threads end with the process.
#[derive(Debug, Clone)]
pub struct MailServer {
    books: Arc<Mutex<Books>>,
}

impl MailServer {
    /// Listens on port 25 of `address`, greeting as `name`.
    ///
    /// # Errors
    /// [`Error::Wire`] when the port cannot be had.
    pub fn start(address: Ipv4Addr, name: &'static str) -> Result<MailServer> {
        let listener = TcpListener::bind((address, 25)).map_err(Error::wire(format!("{name}, port 25")))?;
        Ok(MailServer::serve(listener, name))
    }

    fn serve(listener: TcpListener, name: &'static str) -> MailServer {
        let server = MailServer { books: Arc::default() };
        let books = server.books.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let books = books.clone();
                // A sender that hangs up in the middle is the sender's affair.
                std::thread::spawn(move || Conversation::new(name, books, stream).map(Conversation::hold));
            }
        });
        server
    }

    /// From now on treats mail for `address` by `rule`.
    pub fn set_rule(&self, address: &str, rule: Rule) {
        self.books().rules.insert(address.to_lowercase(), rule);
    }

    /// From now on takes mail for `address` again.
    pub fn clear_rule(&self, address: &str) {
        self.books().rules.remove(&address.to_lowercase());
    }

    /// Every message so far in which `mark` occurs: how often something arrived.
    #[must_use]
    pub fn arrivals(&self, mark: &str) -> Vec<Received> {
        self.books().received.iter().filter(|mail| mail.text().contains(mark)).cloned().collect()
    }

    /// Waits for a letter to `address` that shows `words`.
    ///
    /// # Errors
    /// [`Error::Late`] with what came instead.
    pub fn wait_for_letter(&self, address: &str, words: &str, limit: Duration) -> Result<Received> {
        let what = || format!("the arrival of a letter with {words:?} for {address} at the other organisation");
        let is_it = |mail: &Received| mail.recipients.iter().any(|to| to == address) && mail.shown().contains(words);
        self.wait(is_it, what, limit)
    }

    /// Waits for the first message in which `mark` occurs.
    ///
    /// # Errors
    /// [`Error::Late`] with what came instead.
    pub fn wait_for(&self, mark: &str, limit: Duration) -> Result<Received> {
        let what = || format!("the arrival of {mark:?} at the other organisation");
        self.wait(|mail| mail.text().contains(mark), what, limit)
    }

    fn wait(&self, is_it: impl Fn(&Received) -> bool, what: impl Fn() -> String, limit: Duration) -> Result<Received> {
        let start = Instant::now();
        loop {
            if let Some(mail) = self.books().received.iter().find(|mail| is_it(mail)) {
                return Ok(mail.clone());
            }
            if start.elapsed() > limit {
                let count = self.books().received.len();
                let detail = format!(": {count} other messages arrived");
                return Err(Error::Late { what: what(), seconds: limit.as_secs(), detail });
            }
            std::thread::sleep(INTERVAL);
        }
    }

    fn books(&self) -> MutexGuard<'_, Books> {
        self.books.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One SMTP session from the server's side.
struct Conversation {
    name: &'static str,
    books: Arc<Mutex<Books>>,
    peer: SocketAddr,
    reader: BufReader<TcpStream>,
    writer: TcpStream,
    sender: Option<String>,
    recipients: Vec<String>,
}

impl Conversation {
    fn new(name: &'static str, books: Arc<Mutex<Books>>, stream: TcpStream) -> std::io::Result<Self> {
        let (peer, writer) = (stream.peer_addr()?, stream.try_clone()?);
        let reader = BufReader::new(stream);
        Ok(Conversation { name, books, peer, reader, writer, sender: None, recipients: Vec::new() })
    }

    fn hold(mut self) -> std::io::Result<()> {
        self.say(&format!("220 {} ESMTP", self.name))?;
        while let Some(line) = self.line()? {
            let verb = line.split([' ', ':']).next().unwrap_or_default().to_uppercase();
            match verb.as_str() {
                "EHLO" => {
                    self.say(&format!("250-{}\r\n250-SIZE 52428800\r\n250-8BITMIME\r\n250 PIPELINING", self.name))?
                }
                "HELO" => self.say(&format!("250 {}", self.name))?,
                "MAIL" => self.mail(&line)?,
                "RCPT" => self.rcpt(&line)?,
                "DATA" => self.data()?,
                "RSET" => {
                    self.forget();
                    self.say("250 2.0.0 forgotten")?;
                }
                "NOOP" => self.say("250 2.0.0 nothing done")?,
                "QUIT" => return self.say("221 2.0.0 goodbye"),
                _ => self.say("502 5.5.1 no such command")?,
            }
        }
        Ok(())
    }

    fn mail(&mut self, line: &str) -> std::io::Result<()> {
        self.forget();
        self.sender = Some(address_in(line));
        self.say("250 2.1.0 sender noted")
    }

    fn rcpt(&mut self, line: &str) -> std::io::Result<()> {
        if self.sender.is_none() {
            return self.say("503 5.5.1 MAIL first");
        }
        let address = address_in(line);
        match self.rule(&address) {
            Some(Rule::RefuseRecipient) => self.say("550 5.1.1 no such person here"),
            Some(Rule::Defer) => self.say("451 4.3.0 come back later"),
            _ => {
                self.recipients.push(address);
                self.say("250 2.1.5 recipient noted")
            }
        }
    }

    fn data(&mut self) -> std::io::Result<()> {
        if self.recipients.is_empty() {
            return self.say("503 5.5.1 RCPT first");
        }
        self.say("354 end with a dot")?;
        let mut message = Vec::new();
        while let Some(line) = self.line()? {
            if line == "." {
                return self.accept(message);
            }
            message.extend(line.strip_prefix('.').unwrap_or(&line).as_bytes());
            message.extend(b"\r\n");
        }
        Ok(())
    }

    fn accept(&mut self, message: Vec<u8>) -> std::io::Result<()> {
        let recipients = std::mem::take(&mut self.recipients);
        let sender = self.sender.take().unwrap_or_default();
        if recipients.iter().any(|address| self.rule(address) == Some(Rule::RefuseMessage)) {
            return self.say("554 5.7.1 not this message");
        }
        let mail = Received { peer: self.peer, sender, recipients, message };
        self.books.lock().unwrap_or_else(PoisonError::into_inner).received.push(mail);
        self.say("250 2.0.0 taken")
    }

    fn rule(&self, address: &str) -> Option<Rule> {
        let books = self.books.lock().unwrap_or_else(PoisonError::into_inner);
        books.rules.get(&address.to_lowercase()).copied()
    }

    fn forget(&mut self) {
        self.sender = None;
        self.recipients.clear();
    }

    fn say(&mut self, line: &str) -> std::io::Result<()> {
        self.writer.write_all(format!("{line}\r\n").as_bytes())
    }

    /// The next line without its end; bytes that are not UTF-8 are replaced.
    fn line(&mut self) -> std::io::Result<Option<String>> {
        let mut bytes = Vec::new();
        if self.reader.read_until(b'\n', &mut bytes)? == 0 {
            return Ok(None);
        }
        Ok(Some(String::from_utf8_lossy(&bytes).trim_end_matches(['\r', '\n']).to_owned()))
    }
}

/// The address between the angle brackets of `MAIL FROM:<…>` or `RCPT TO:<…>`.
fn address_in(line: &str) -> String {
    let start = line.find('<').map_or(line.len(), |at| at + 1);
    line[start..].split('>').next().unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::client::{Reply, Security, Smtp};

    fn server() -> (MailServer, Smtp) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let server = MailServer::serve(listener, "mail.borchester.example");
        let client = Smtp::connect(Ipv4Addr::LOCALHOST, address, Security::Plain, "here.example").unwrap();
        (server, client)
    }

    #[test]
    fn keeps_the_envelope_and_the_message_as_they_came() {
        let (server, mut client) = server();
        let message = "Subject: leeks\r\n\r\n.hidden\r\nprize";
        let reply = client.send("jill@ambridge.example", &["ruth@borchester.example"], message).unwrap();
        assert_eq!(reply.code, 250);
        let mail = server.wait_for("leeks", Duration::from_secs(2)).unwrap();
        assert_eq!(mail.sender, "jill@ambridge.example");
        assert_eq!(mail.recipients, ["ruth@borchester.example"]);
        assert_eq!(mail.text(), "Subject: leeks\r\n\r\n.hidden\r\nprize\r\n");
    }

    #[test]
    fn shows_a_letter_as_its_reader_sees_it() {
        let (server, mut client) = server();
        // «Ein neues Passwort», «Grüße\n\nhttps://mail.ambridge.example/reset/abc\n»
        let message = "Subject: =?utf-8?B?RWluIG5ldWVzIFBhc3N3b3J0?=\r\nMIME-Version: 1.0\r\n\
                       Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n\r\n\
                       R3LDvMOfZQoKaHR0cHM6Ly9tYWlsLmFtYnJpZGdlLmV4YW1wbGUvcmVzZXQvYWJjCg==";
        client.send("jill@ambridge.example", &["ruth@borchester.example"], message).unwrap();
        let limit = Duration::from_secs(2);
        let mail = server.wait_for_letter("ruth@borchester.example", "neues Passwort", limit).unwrap();
        assert!(mail.shown().contains("Grüße"), "{}", mail.shown());
        let link = mail.link("mail.ambridge.example", "/reset/");
        assert_eq!(link.as_deref(), Some("https://mail.ambridge.example/reset/abc"));
        assert_eq!(mail.link("mail.ambridge.example", "/invite/"), None);
        assert!(server.wait_for_letter("usha@borchester.example", "neues", Duration::ZERO).is_err());
    }

    #[test]
    fn counts_how_often_a_message_arrived() {
        let (server, mut client) = server();
        for _ in 0..2 {
            client.send("a@b.example", &["c@d.example"], "Subject: twice\r\n\r\n").unwrap();
        }
        assert_eq!(server.arrivals("twice").len(), 2);
    }

    #[test]
    fn refuses_on_demand() {
        let (server, mut client) = server();
        server.set_rule("nobody@borchester.example", Rule::RefuseRecipient);
        server.set_rule("later@borchester.example", Rule::Defer);
        let mut send = |to| client.send("a@b.example", &[to], "Subject: x\r\n\r\n").map(|Reply { code, .. }| code);
        assert_eq!(send("Nobody@borchester.example").unwrap(), 550);
        assert_eq!(send("later@borchester.example").unwrap(), 451);
        assert_eq!(send("ruth@borchester.example").unwrap(), 250);
    }
}
