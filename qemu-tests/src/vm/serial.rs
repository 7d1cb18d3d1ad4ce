//! The serial console's log: waiting for a line, and reading what has been said.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use regex::Regex;

use crate::{Error, Result};

/// How often the log is looked at.
const INTERVAL: Duration = Duration::from_millis(100);
/// How many last lines a time-out shows.
const LINES_SHOWN: usize = 12;

/// The log file QEMU appends the console's output to, read from a mark onwards.
#[derive(Debug, Clone)]
pub struct Serial {
    path: PathBuf,
    mark: usize,
}

impl Serial {
    /// Reads the log at `path` from its present end.
    #[must_use]
    pub fn new(path: &Path) -> Serial {
        let mut serial = Serial { path: path.to_owned(), mark: 0 };
        serial.mark = serial.all().len();
        serial
    }

    /// Waits for a match after the last one in whole lines, and moves the mark behind it. The text of the match comes back.
    ///
    /// # Errors
    /// [`Error::Late`] with the console's last lines.
    pub fn wait(&mut self, pattern: &str, limit: Duration) -> Result<String> {
        let regex = Regex::new(pattern).map_err(|error| Error::Usage(error.to_string()))?;
        let start = Instant::now();
        loop {
            let all = self.all();
            let text = plain(&all[self.mark.min(all.len())..]);
            // A line that is still being said could match with half of what it says.
            let said = &text[..text.rfind('\n').map_or(0, |at| at + 1)];
            // The match is looked for in the text without control sequences, so the mark is found again
            // in the raw bytes by the match itself; its last line is enough to move on.
            if let Some(found) = regex.find(said) {
                let found = found.as_str().to_owned();
                self.mark = mark_behind(&all, self.mark, &found);
                return Ok(found);
            }
            if start.elapsed() > limit {
                let seconds = limit.as_secs();
                return Err(Error::Late {
                    what: format!("`{pattern}` on the serial console"),
                    seconds,
                    detail: tail(&text),
                });
            }
            std::thread::sleep(INTERVAL);
        }
    }

    /// Everything said since the mark, without control sequences.
    #[must_use]
    pub fn since_mark(&self) -> String {
        let all = self.all();
        plain(&all[self.mark.min(all.len())..])
    }

    /// Everything said since the machine's first start, without control sequences.
    #[must_use]
    pub fn text(&self) -> String {
        plain(&self.all())
    }

    /// Moves the mark to the present end: what was said so far no longer matches.
    pub fn skip(&mut self) {
        self.mark = self.all().len();
    }

    fn all(&self) -> Vec<u8> {
        std::fs::read(&self.path).unwrap_or_default()
    }
}

fn mark_behind(all: &[u8], mark: usize, found: &str) -> usize {
    let last = found.lines().last().unwrap_or_default().as_bytes();
    let at = all[mark..].windows(last.len().max(1)).position(|window| window == last);
    at.map_or(all.len(), |at| mark + at + last.len())
}

/// The bytes as text without ANSI control sequences and carriage returns.
fn plain(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes).replace('\r', "");
    let mut kept = String::with_capacity(text.len());
    let mut letters = text.chars().peekable();
    while let Some(letter) = letters.next() {
        if letter != '\u{1b}' {
            kept.push(letter);
            continue;
        }
        if letters.next_if_eq(&'[').is_some() {
            while letters.next_if(|next| !next.is_ascii_alphabetic()).is_some() {}
        }
        letters.next();
    }
    kept
}

fn tail(text: &str) -> String {
    let lines: Vec<_> = text.lines().filter(|line| !line.trim().is_empty()).collect();
    let last = &lines[lines.len().saturating_sub(LINES_SHOWN)..];
    format!(": the console's last lines:\n    {}", last.join("\n    "))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn console(said: &str) -> (tempfile::NamedTempFile, Serial) {
        let file = tempfile::NamedTempFile::new().unwrap();
        let serial = Serial::new(file.path());
        std::fs::write(file.path(), said).unwrap();
        (file, serial)
    }

    #[test]
    fn a_line_matches_once() {
        let (_file, mut serial) = console("GRUB\r\nsos: health: ok (13.1; base)\r\n");
        let limit = Duration::from_millis(10);
        assert_eq!(serial.wait("sos: health: ok", limit).unwrap(), "sos: health: ok");
        assert!(matches!(serial.wait("sos: health: ok", limit), Err(Error::Late { .. })));
    }

    #[test]
    fn half_a_line_is_waited_for() {
        let (file, mut serial) = console("sos: update: rolled back 13.2: i");
        let pattern = "sos: update: rolled back .*";
        assert!(matches!(serial.wait(pattern, Duration::ZERO), Err(Error::Late { .. })));
        std::fs::write(file.path(), "sos: update: rolled back 13.2: it did not come up\r\n").unwrap();
        assert!(serial.wait(pattern, Duration::ZERO).unwrap().ends_with("it did not come up"));
    }

    #[test]
    fn colours_do_not_hide_a_line() {
        let (_file, mut serial) = console("\u{1b}[0;32m  OK  \u{1b}[0m] Started \u{1b}[0;1;39msos\u{1b}[0m\n");
        serial.wait(r"OK  \] Started sos", Duration::ZERO).unwrap();
    }

    #[test]
    fn a_time_out_shows_the_last_lines() {
        let (_file, mut serial) = console("one\ntwo\n");
        let error = serial.wait("three", Duration::ZERO).unwrap_err();
        assert!(error.to_string().ends_with("one\n    two"), "{error}");
    }
}
