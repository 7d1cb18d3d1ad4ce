//! `SHA256SUMS`: every file of an export with its SHA-256, as sha256sum(1) of the GNU coreutils writes and checks it. Above
//! each line stands, as a comment, when the file was last changed (of a letter: when it came) and how large it is, so that
//! a way of copying that keeps no times does no harm. Written and read line by line.

use std::fmt;
use std::io::{BufRead, Read as _};

use super::SUMS;
use super::refusal::Refusal;

/// The first line.
pub const HEAD: &str =
    "# Check with: sha256sum --check SHA256SUMS. Above each file: its time (seconds since 1970) and size.";
/// Longest line, in bytes.
const LONGEST: u64 = 2048;
/// Longest path, and longest name in it, in bytes.
const LONGEST_PATH: usize = 1024;
const LONGEST_NAME: usize = 255;

/// A file of the export.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// Seconds since 1970.
    pub modified: u64,
    /// Bytes.
    pub size: u64,
    /// SHA-256 of its content, in hexadecimal digits.
    pub digest: String,
    /// Where it is in the folder, and nowhere else: no `..`, nothing absolute.
    pub path: String,
}

impl fmt::Display for Line {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(out, "# {} {}\n{}  {}", self.modified, self.size, self.digest, self.path)
    }
}

/// Whether `path` leads to a place inside of the folder, by names that every system can write: no `..`, nothing
/// absolute, no control characters, and no backslash, which sha256sum(1) would write in another way.
pub(super) fn is_inside(path: &str) -> bool {
    path.len() <= LONGEST_PATH && path.split('/').all(is_name)
}

/// Whether `name` is the name of a file or folder.
pub(super) fn is_name(name: &str) -> bool {
    !matches!(name, "" | "." | "..")
        && name.len() <= LONGEST_NAME
        && !name.chars().any(|character| character.is_control() || matches!(character, '/' | '\\'))
}

/// The lines of a list, one at a time.
#[derive(Debug)]
pub struct Sums<R> {
    from: R,
    begun: bool,
}

impl<R: BufRead> Sums<R> {
    /// Reads the list in `from`.
    pub fn new(from: R) -> Self {
        Self { from, begun: false }
    }

    /// The next line without its end; nothing at the list's end.
    fn text(&mut self) -> Result<Option<String>, Refusal> {
        let mut bytes = Vec::new();
        let read = (&mut self.from).take(LONGEST).read_until(b'\n', &mut bytes);
        read.map_err(|error| Refusal::malformed(SUMS, error))?;
        match bytes.pop() {
            None => Ok(None),
            Some(b'\n') => {
                String::from_utf8(bytes).map(Some).map_err(|_| Refusal::malformed(SUMS, "has a line that is no UTF-8"))
            }
            Some(_) => Err(Refusal::malformed(SUMS, "ends in the middle of a line, or has one that is too long")),
        }
    }

    fn line(&mut self) -> Result<Option<Line>, Refusal> {
        let strange = |line: &str| Refusal::malformed(SUMS, format!("has the line {line:?}, which is none of ours"));
        if !self.begun {
            self.begun = true;
            let head = self.text()?.unwrap_or_default();
            if head != HEAD {
                return Err(strange(&head));
            }
        }
        let Some(about) = self.text()? else { return Ok(None) };
        let numbers = about.strip_prefix("# ").and_then(|numbers| numbers.split_once(' '));
        let (modified, size) = numbers.ok_or_else(|| strange(&about))?;
        let (modified, size) = number(modified).zip(number(size)).ok_or_else(|| strange(&about))?;
        let file = self.text()?.unwrap_or_default();
        let (digest, path) = file.split_once("  ").ok_or_else(|| strange(&file))?;
        if digest.len() != 64 || !digest.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f')) {
            return Err(strange(&file));
        }
        if !is_inside(path) {
            return Err(Refusal::Path(path.to_owned()));
        }
        Ok(Some(Line { modified, size, digest: digest.to_owned(), path: path.to_owned() }))
    }
}

impl<R: BufRead> Iterator for Sums<R> {
    type Item = Result<Line, Refusal>;

    fn next(&mut self) -> Option<Self::Item> {
        self.line().transpose()
    }
}

/// A number as it is written: without a sign and without zeros before it.
fn number(text: &str) -> Option<u64> {
    let number = text.parse::<u64>().ok()?;
    (number.to_string() == text).then_some(number)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Vec<Line>, Refusal> {
        Sums::new(text.as_bytes()).collect()
    }

    fn line(path: &str) -> Line {
        Line { modified: 1_735_689_600, size: 12, digest: "ab".repeat(32), path: path.to_owned() }
    }

    #[test]
    fn what_is_written_is_read_again() {
        let lines = [line("settings.toml"), line("members/zoë/Maildir/.Entw&APw-rfe/cur/1.M2.host,S=3:2,FS")];
        let text = lines.iter().fold(format!("{HEAD}\n"), |text, line| text + &line.to_string());
        assert_eq!(read(&text).unwrap(), lines);
    }

    #[test]
    fn a_path_that_leaves_the_folder_is_refused() {
        for path in ["/etc/passwd", "../x", "a/../../x", "a/./x", "a//x", "", "a\\b", "a\tb", &"x".repeat(300)] {
            let text = format!("{HEAD}\n{}", line(path));
            assert_eq!(read(&text), Err(Refusal::Path(path.to_owned())));
        }
    }

    #[test]
    fn a_line_that_is_none_is_refused() {
        let good = line("a").to_string();
        for bad in [
            "x\n".to_owned(),
            good.replace("# ", "#"),
            good.replace("ab", "AB"),
            good.replace(" 12", " 012"),
            good.replace("  a", " a"),
            good.trim_end().to_owned(),
            format!("# 1 2\n{}", "x".repeat(5000)),
        ] {
            assert!(matches!(read(&format!("{HEAD}\n{bad}")), Err(Refusal::Malformed { .. })), "{bad}");
        }
        assert!(matches!(read(&good), Err(Refusal::Malformed { .. })), "without the first line");
    }
}
