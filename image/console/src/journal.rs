//! Who signs in and who is refused: a line each for the journal, and never a password or a link's token in one.
//!
//! A name stands there only if a member has it, because people type passwords into the wrong field. Of a page there is its
//! pattern. Lines are bounded by the minute, those of strangers apart from those of members: whoever makes many of the
//! first hides none of the second.

use std::fmt::{self, Display};
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};

use axum::extract::MatchedPath;
use axum::http::request::Parts;
use sos_settings::MemberName;

use crate::form::is_odd;
use crate::guard::address::ClientAddress;

/// Lines a minute about those who signed in, and about everybody else.
const OF_MEMBERS: usize = 120;
const OF_STRANGERS: usize = 60;
/// Longest line, in characters.
const LONGEST: usize = 300;

/// Where the lines go.
#[derive(Debug, Clone)]
pub enum Sink {
    /// To stderr, which systemd gives to the journal.
    Stderr,
    /// To a test.
    Kept(Arc<Mutex<Vec<String>>>),
}

/// What came of it when somebody showed a password.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// It was right.
    Right,
    /// It was wrong, or nobody has that name.
    Wrong,
    /// There were too many wrong ones before; it was not compared.
    Held,
}

/// What was asked for and from where, as logs may have it: the pattern of the page, because the path may hold the token of
/// a link that is still good.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    page: String,
    from: IpAddr,
}

impl Asked {
    /// By a request.
    #[must_use]
    pub fn by(parts: &Parts) -> Self {
        let pattern = parts.extensions.get::<MatchedPath>().map_or("no page", MatchedPath::as_str);
        Self { page: format!("{} {pattern}", parts.method), from: ClientAddress::of(&parts.headers).0 }
    }
}

impl Display for Asked {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{} from {}", self.page, self.from)
    }
}

/// The lines of this minute.
#[derive(Debug, Default)]
struct Minute {
    number: u64,
    written: usize,
    left_out: usize,
}

/// Writes them.
#[derive(Debug)]
pub struct Journal {
    sink: Sink,
    members: Mutex<Minute>,
    strangers: Mutex<Minute>,
}

impl Journal {
    /// One that writes to `sink`.
    #[must_use]
    pub fn new(sink: Sink) -> Self {
        Self { sink, members: Mutex::default(), strangers: Mutex::default() }
    }

    /// Somebody showed a password at `place`; `name` is there if a member has it.
    pub fn password(&self, now: u64, place: &str, name: Option<&MemberName>, from: IpAddr, outcome: Outcome) {
        let name = name.map_or("nobody we know", MemberName::as_str);
        match outcome {
            Outcome::Right => self.of_member(now, &format!("{place}: {name} from {from}: right")),
            Outcome::Wrong => self.of_stranger(now, &format!("{place}: {name} from {from}: wrong")),
            Outcome::Held => self.of_stranger(now, &format!("{place}: {name} from {from}: too many wrong ones")),
        }
    }

    /// Something was refused.
    pub fn refused(&self, now: u64, asked: &Asked, why: &str) {
        self.of_stranger(now, &format!("refused: {asked}: {why}"));
    }

    fn of_member(&self, now: u64, line: &str) {
        self.write(now, line, &self.members, OF_MEMBERS);
    }

    fn of_stranger(&self, now: u64, line: &str) {
        self.write(now, line, &self.strangers, OF_STRANGERS);
    }

    fn write(&self, now: u64, line: &str, minute: &Mutex<Minute>, most: usize) {
        let mut minute = minute.lock().unwrap_or_else(PoisonError::into_inner);
        if minute.number != now / 60 {
            if minute.left_out > 0 {
                self.put(format!("{} more such lines were left out", minute.left_out));
            }
            *minute = Minute { number: now / 60, ..Minute::default() };
        }
        if minute.written == most {
            minute.left_out += 1;
            return;
        }
        minute.written += 1;
        self.put(plain(line));
    }

    fn put(&self, line: String) {
        match &self.sink {
            Sink::Stderr => eprintln!("{line}"),
            Sink::Kept(lines) => lines.lock().unwrap_or_else(PoisonError::into_inner).push(line),
        }
    }
}

/// On one line, with nothing in it that steers a terminal.
fn plain(line: &str) -> String {
    let mut plain = String::new();
    for char in line.chars().take(LONGEST) {
        if char.is_control() || is_odd(char) {
            plain.extend(char.escape_unicode());
        } else {
            plain.push(char);
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kept() -> (Journal, Arc<Mutex<Vec<String>>>) {
        let lines = Arc::default();
        (Journal::new(Sink::Kept(Arc::clone(&lines))), lines)
    }

    #[test]
    fn strangers_cannot_flood_it_nor_hide_who_signed_in() {
        let (journal, lines) = kept();
        let from = "192.0.2.1".parse().unwrap();
        let asked = Asked { page: "POST /sign-in".into(), from };
        for _ in 0..10_000 {
            journal.refused(600, &asked, "x");
        }
        assert_eq!(lines.lock().unwrap().len(), OF_STRANGERS);
        journal.password(600, "sign-in", Some(&"jill".parse().unwrap()), from, Outcome::Right);
        assert_eq!(lines.lock().unwrap().last().unwrap(), "sign-in: jill from 192.0.2.1: right");
        journal.refused(660, &asked, "x");
        assert_eq!(lines.lock().unwrap()[OF_STRANGERS + 1], "9940 more such lines were left out");
    }

    #[test]
    fn a_line_is_one_line_and_steers_no_terminal() {
        let (journal, lines) = kept();
        let asked = Asked { page: "A\n\u{1b}[2J\u{202e}".into(), from: "::1".parse().unwrap() };
        journal.refused(0, &asked, &"x".repeat(10_000));
        let line = lines.lock().unwrap()[0].clone();
        assert!(line.starts_with(r"refused: A\u{a}\u{1b}[2J\u{202e} from ::1: xxx"), "{line}");
        assert!(line.len() < 400);
    }
}
