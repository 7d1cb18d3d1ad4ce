//! An SMTP client (RFC 5321, 3207, 4954) that says exactly what it is told.

use std::net::{Ipv4Addr, SocketAddr};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::{Security, Wire};
use crate::{Error, Result};

/// A server's reply.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply {
    /// Three digits.
    pub code: u16,
    /// The text of all its lines.
    pub text: String,
}

impl Reply {
    /// Whether the server agreed (2xx or 3xx).
    #[must_use]
    pub fn is_positive(&self) -> bool {
        (200..400).contains(&self.code)
    }

    /// Whether the server refused for good (5xx).
    #[must_use]
    pub fn is_refusal(&self) -> bool {
        (500..600).contains(&self.code)
    }
}

impl std::fmt::Display for Reply {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "{} {}", self.code, self.text)
    }
}

/// One session with a mail server.
pub struct Smtp {
    wire: Wire,
    name: String,
    /// What the server offers, from its last EHLO reply.
    pub offers: String,
}

impl Smtp {
    /// Connects, reads the greeting and says EHLO as `name`.
    ///
    /// # Errors
    /// [`Error::Wire`], or [`Error::Reply`] when the greeting is a refusal.
    pub fn connect(from: Ipv4Addr, to: SocketAddr, security: Security, name: &str) -> Result<Smtp> {
        let wire = Wire::connect(from, to, security)?;
        let mut smtp = Smtp { wire, name: name.to_owned(), offers: String::new() };
        let greeting = smtp.reply()?;
        expect(&greeting, "(connecting)")?;
        smtp.hello()?;
        Ok(smtp)
    }

    /// Goes on under TLS and says EHLO again.
    ///
    /// # Errors
    /// [`Error::Reply`] when the server will not.
    pub fn start_tls(&mut self) -> Result<()> {
        expect(&self.command("STARTTLS")?, "STARTTLS")?;
        self.wire.start_tls()?;
        self.hello()
    }

    /// Logs in with AUTH PLAIN; the reply says whether it worked.
    ///
    /// # Errors
    /// [`Error::Wire`].
    pub fn log_in(&mut self, user: &str, password: &str) -> Result<Reply> {
        let secret = STANDARD.encode(format!("\0{user}\0{password}"));
        self.command(&format!("AUTH PLAIN {secret}"))
    }

    /// Says one line and reads the reply.
    ///
    /// # Errors
    /// [`Error::Wire`].
    pub fn command(&mut self, line: &str) -> Result<Reply> {
        self.wire.send(format!("{line}\r\n").as_bytes())?;
        self.reply()
    }

    /// Hands in a message; the first refusal on the way is the reply, and the session is reset.
    ///
    /// # Errors
    /// [`Error::Wire`].
    pub fn send(&mut self, sender: &str, recipients: &[&str], message: &str) -> Result<Reply> {
        let reply = self.open(sender, recipients)?;
        if reply.is_positive() { self.close(message) } else { Ok(reply) }
    }

    /// Goes as far as DATA; the first refusal on the way is the reply, and the session is reset.
    ///
    /// # Errors
    /// [`Error::Wire`].
    pub fn open(&mut self, sender: &str, recipients: &[&str]) -> Result<Reply> {
        let mail = format!("MAIL FROM:<{sender}>");
        let rcpt = recipients.iter().map(|recipient| format!("RCPT TO:<{recipient}>"));
        let mut reply = self.command(&mail)?;
        for line in rcpt.chain(["DATA".to_owned()]) {
            if !reply.is_positive() {
                break;
            }
            reply = self.command(&line)?;
        }
        if !reply.is_positive() {
            self.command("RSET")?;
        }
        Ok(reply)
    }

    /// Sends the message after [`Smtp::open`].
    ///
    /// # Errors
    /// [`Error::Wire`].
    pub fn close(&mut self, message: &str) -> Result<Reply> {
        self.wire.send(stuffed(message).as_bytes())?;
        self.reply()
    }

    /// Goes as far as the recipient and says how that was answered.
    ///
    /// # Errors
    /// [`Error::Wire`].
    pub fn ask(&mut self, sender: &str, recipient: &str) -> Result<Reply> {
        self.command(&format!("MAIL FROM:<{sender}>"))?;
        let reply = self.command(&format!("RCPT TO:<{recipient}>"))?;
        self.command("RSET")?;
        Ok(reply)
    }

    fn hello(&mut self) -> Result<()> {
        let reply = self.command(&format!("EHLO {}", self.name))?;
        expect(&reply, "EHLO")?;
        self.offers = reply.text;
        Ok(())
    }

    fn reply(&mut self) -> Result<Reply> {
        let mut lines = Vec::new();
        loop {
            let line = self.wire.line()?;
            let Some((code, rest)) = line.split_at_checked(3) else {
                return Err(malformed(&line));
            };
            lines.push(rest.get(1..).unwrap_or_default().to_owned());
            if !rest.starts_with('-') {
                let code = code.parse().map_err(|_| malformed(&line))?;
                return Ok(Reply { code, text: lines.join("\n") });
            }
        }
    }
}

/// The message with CRLF line ends, dots stuffed, and the final dot.
fn stuffed(message: &str) -> String {
    let mut out = String::with_capacity(message.len() + 64);
    for line in message.lines() {
        if line.starts_with('.') {
            out.push('.');
        }
        out.push_str(line);
        out.push_str("\r\n");
    }
    out + ".\r\n"
}

fn expect(reply: &Reply, said: &str) -> Result<()> {
    if reply.is_positive() {
        return Ok(());
    }
    let expected = "agreement".into();
    Err(Error::Reply { protocol: "SMTP", said: said.into(), expected, got: reply.to_string() })
}

fn malformed(line: &str) -> Error {
    let expected = "three digits and a text".into();
    Error::Reply { protocol: "SMTP", said: String::new(), expected, got: line.into() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dots_are_stuffed_and_lines_end_in_crlf() {
        assert_eq!(stuffed("a\n.b\r\n..c"), "a\r\n..b\r\n...c\r\n.\r\n");
    }

    #[test]
    fn only_five_hundreds_are_refusals_for_good() {
        let reply = |code| Reply { code, text: String::new() };
        assert!(reply(550).is_refusal() && !reply(451).is_refusal() && !reply(250).is_refusal());
        assert!(reply(354).is_positive() && !reply(451).is_positive());
    }
}
