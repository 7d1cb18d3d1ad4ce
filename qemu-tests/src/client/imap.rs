//! An IMAP client (RFC 9051) with the few commands a scenario needs.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::{Duration, Instant};

use super::{Security, Wire};
use crate::{Error, Result};

/// How often a mailbox is looked at while waiting for mail.
const INTERVAL: Duration = Duration::from_millis(700);

/// One session, logged in.
pub struct Imap {
    wire: Wire,
    tag: u32,
}

impl Imap {
    /// Connects from `from` to `to` under TLS and logs in.
    ///
    /// # Errors
    /// [`Error::Reply`] when the server refuses the password.
    pub fn log_in(from: Ipv4Addr, to: SocketAddr, user: &str, password: &str) -> Result<Imap> {
        let mut imap = Imap { wire: Wire::connect(from, to, Security::Implicit)?, tag: 0 };
        imap.wire.line()?;
        imap.command(&format!("LOGIN {} {}", quoted(user), quoted(password)))?;
        Ok(imap)
    }

    /// Gives a command and gathers everything up to its completion, literals included.
    ///
    /// # Errors
    /// [`Error::Reply`] unless it completes with OK.
    pub fn command(&mut self, command: &str) -> Result<String> {
        self.tag += 1;
        let tag = format!("t{} ", self.tag);
        self.wire.send(format!("{tag}{command}\r\n").as_bytes())?;
        let mut gathered = String::new();
        loop {
            let line = self.wire.line()?;
            if let Some(end) = line.strip_prefix(&tag) {
                return if end.starts_with("OK") { Ok(gathered) } else { Err(refusal(command, end)) };
            }
            gathered.push_str(&line);
            gathered.push('\n');
            if let Some(length) = literal(&line) {
                gathered.push_str(&String::from_utf8_lossy(&self.wire.exactly(length)?));
                gathered.push('\n');
            }
        }
    }

    /// The messages of `folder` whose Subject contains `subject`, raw, as text.
    ///
    /// # Errors
    /// [`Error::Wire`]; a folder that does not exist has no messages.
    pub fn find(&mut self, folder: &str, subject: &str) -> Result<Vec<String>> {
        self.search(folder, &format!("HEADER Subject {}", quoted(subject)))
    }

    /// Waits for a message with `subject` in `folder`.
    ///
    /// # Errors
    /// [`Error::Late`].
    pub fn wait_for(&mut self, folder: &str, subject: &str, limit: Duration) -> Result<String> {
        let start = Instant::now();
        loop {
            if let Some(message) = self.find(folder, subject)?.into_iter().next() {
                return Ok(message);
            }
            if start.elapsed() > limit {
                let what = format!("the arrival of {subject:?} in {folder}");
                return Err(Error::Late { what, seconds: limit.as_secs(), detail: String::new() });
            }
            std::thread::sleep(INTERVAL);
        }
    }

    /// Waits for a message in `folder` that says `words` anywhere.
    ///
    /// # Errors
    /// [`Error::Late`].
    pub fn wait_for_text(&mut self, folder: &str, words: &str, limit: Duration) -> Result<String> {
        let start = Instant::now();
        loop {
            if let Some(message) = self.search(folder, &format!("TEXT {}", quoted(words)))?.into_iter().next() {
                return Ok(message);
            }
            if start.elapsed() > limit {
                let what = format!("the arrival of a letter that says {words:?} in {folder}");
                return Err(Error::Late { what, seconds: limit.as_secs(), detail: String::new() });
            }
            std::thread::sleep(INTERVAL);
        }
    }

    fn search(&mut self, folder: &str, criterion: &str) -> Result<Vec<String>> {
        if self.command(&format!("SELECT {}", quoted(folder))).is_err() {
            return Ok(Vec::new());
        }
        let found = self.command(&format!("UID SEARCH {criterion}"))?;
        let numbers = found.lines().find_map(|line| line.strip_prefix("* SEARCH")).unwrap_or_default();
        numbers.split_whitespace().map(|number| self.fetch(number)).collect()
    }

    fn fetch(&mut self, number: &str) -> Result<String> {
        let said = self.command(&format!("UID FETCH {number} BODY.PEEK[]"))?;
        // The first line announces the literal, the rest of it is the message and a closing bracket.
        Ok(said.split_once('\n').map_or(String::new(), |(_, message)| message.to_owned()))
    }
}

fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

/// The length of the literal a line announces at its end: `{42}`.
fn literal(line: &str) -> Option<usize> {
    let (_, length) = line.strip_suffix('}')?.rsplit_once('{')?;
    length.parse().ok()
}

fn refusal(command: &str, got: &str) -> Error {
    let said = command.split(' ').next().unwrap_or_default().to_owned();
    Error::Reply { protocol: "IMAP", said, expected: "OK".into(), got: got.into() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn literals_are_announced_at_the_end_of_a_line() {
        assert_eq!(literal("* 1 FETCH (UID 4 BODY[] {310}"), Some(310));
        assert_eq!(literal("* OK {not} a literal"), None);
    }

    #[test]
    fn quotes_in_a_password_are_escaped() {
        assert_eq!(quoted(r#"a"b\c"#), r#""a\"b\\c""#);
    }
}
