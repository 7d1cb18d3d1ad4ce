//! A healthy machine complains of nothing: after the mail scenarios of its group, every line of the journal
//! at priority `err` or worse, and every line of the mail services that speaks of an error, is on a short
//! list with a reason beside each entry. What nobody can explain is a defect, found here first.

use regex::Regex;
use serde::Deserialize;

use crate::session::Stage;
use crate::{Error, Result, must};

/// Lines that are allowed, with reasons.
const ALLOWED: &str = include_str!("../../fixtures/journal-allowed.toml");
/// What a mail service's complaint looks like, whatever priority it is logged at.
const COMPLAINT: &str = r"(postfix|dovecot|rspamd|slapd|nginx|php-fpm|postsrsd|redis|valkey|sos-console|sos-provision)[^ ]*: .*\b(fatal|panic|[Ee]rror):";

#[derive(Deserialize)]
struct List {
    allowed: Vec<Entry>,
}

#[derive(Deserialize)]
struct Entry {
    pattern: String,
    reason: String,
}

/// See the file's header.
pub fn run(stage: &mut Stage) -> Result<()> {
    let errors = stage.shell().succeed("journalctl --boot --no-pager --output=short --priority=err")?;
    let all = stage.shell().succeed("journalctl --boot --no-pager --output=short")?;
    let complaint = Regex::new(COMPLAINT).map_err(|error| Error::Usage(error.to_string()))?;
    let complaints = all.lines().filter(|line| complaint.is_match(line));
    let lines: Vec<&str> = errors.lines().chain(complaints).filter(|line| !line.starts_with("-- ")).collect();
    let unexplained = unexplained(&lines)?;
    must!(
        unexplained.is_empty(),
        "{} unexplained lines in the journal:\n{}",
        unexplained.len(),
        unexplained.join("\n")
    );
    Ok(())
}

fn unexplained<'a>(lines: &[&'a str]) -> Result<Vec<&'a str>> {
    let list: List = toml::from_str(ALLOWED).map_err(|error| Error::Usage(format!("journal-allowed.toml: {error}")))?;
    let patterns: Result<Vec<Regex>, _> = list.allowed.iter().map(|entry| Regex::new(&entry.pattern)).collect();
    let patterns = patterns.map_err(|error| Error::Usage(format!("journal-allowed.toml: {error}")))?;
    if let Some(entry) = list.allowed.iter().find(|entry| entry.reason.trim().is_empty()) {
        return Err(Error::Usage(format!("journal-allowed.toml: {:?} has no reason", entry.pattern)));
    }
    Ok(lines.iter().filter(|line| !patterns.iter().any(|pattern| pattern.is_match(line))).copied().collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_nobody_explained_is_left_over() {
        let line = "Nov 23 22:00:00 mail postfix/smtpd[1]: fatal: open lock file: No such file";
        assert_eq!(unexplained(&[line]).unwrap(), [line]);
    }

    #[test]
    fn a_read_that_was_given_up_with_its_reader_is_explained_and_a_failed_one_is_not() {
        let line = |error| {
            format!(
                "Nov 29 09:21:50 mail kernel: erofs: (device dm-0): erofs_read_inode: failed to get inode (nid: 7) page, err {error}"
            )
        };
        let (given_up, failed, other) = (line(-4), line(-5), line(-40));
        assert_eq!(unexplained(&[&given_up, &failed, &other]).unwrap(), [&failed, &other]);
    }

    #[test]
    fn complaints_of_services_are_recognised() {
        let complaint = Regex::new(COMPLAINT).unwrap();
        assert!(complaint.is_match("Nov 23 22:00:00 mail dovecot[7]: lmtp(9): Error: sieve: gone"));
        assert!(!complaint.is_match("Nov 23 22:00:00 mail postfix/smtpd[1]: NOQUEUE: reject: 550 Error of yours"));
    }
}
