//! The rule about time: nothing in the image is younger than the lock.
//!
//! mkfs gives every file of the image the one time of the lock. What stands inside a file stays as it is, so the formats
//! that keep a time are looked into: gzip (RFC 1952), compiled Python (PEP 552), accounts (shadow(5)).

use super::facts::Facts;
use super::report::Finding;
use super::tree::Kind;
use crate::error::Error;

const DAY: u64 = 86_400;

/// No time is later than `SOURCE_DATE_EPOCH`.
pub fn times(facts: &Facts<'_>) -> Result<Vec<Finding>, Error> {
    let mut findings = Vec::new();
    let late = |what: &str, time: u64| format!("{what} of {time} is later than the lock's, {}", facts.epoch);
    for (path, entry) in facts.tree.entries() {
        if u64::try_from(entry.mtime).is_ok_and(|time| time > facts.epoch) {
            findings.push(Finding::new(path, late("its time", entry.mtime.unsigned_abs())));
        } else if entry.kind == Kind::File {
            let inside = if path.ends_with(".gz") {
                gzip(facts.tree.beginning(path)?)
            } else if path.ends_with(".pyc") {
                compiled_python(facts.tree.beginning(path)?)
            } else {
                None
            };
            if let Some(time) = inside.filter(|time| *time > facts.epoch) {
                findings.push(Finding::new(path, late("the time inside", time)));
            }
        }
    }
    for line in facts.text("/etc/shadow")?.lines() {
        let days = line.split(':').nth(2).and_then(|days| days.parse::<u64>().ok()).unwrap_or(0);
        if days > facts.epoch / DAY {
            let name = line.split(':').next().unwrap_or_default();
            findings.push(Finding::new("/etc/shadow", format!("the password of {name} is of a later day, {days}")));
        }
    }
    Ok(findings)
}

/// The time in a gzip header.
fn gzip(header: [u8; 8]) -> Option<u64> {
    let [0x1f, 0x8b, 8, _, time @ ..] = header else { return None };
    Some(u32::from_le_bytes(time).into())
}

/// The time of the source, where the file goes by that and not by its hash.
fn compiled_python(header: [u8; 12]) -> Option<u64> {
    let [_, _, _, _, 0, 0, 0, 0, time @ ..] = header else { return None };
    Some(u32::from_le_bytes(time).into())
}

#[cfg(test)]
mod tests {
    use crate::checks::fixture::{EPOCH, Fixture};

    #[test]
    fn a_file_that_is_younger_than_the_lock_is_found() {
        let at = |time: u64| {
            let fixture = Fixture::good().file("/etc/motd", "");
            fixture.entry("/etc/motd", move |entry| entry.mtime = i64::try_from(time).unwrap())
        };
        at(EPOCH).breaks_nothing();
        at(EPOCH + 1).breaks("times", &["/etc/motd"]);
    }

    #[test]
    fn a_time_inside_a_file_is_found() {
        let time = u32::try_from(EPOCH + 1).unwrap().to_le_bytes();
        let gzip = [&[0x1f, 0x8b, 8, 0], &time[..], &[0, 3]].concat();
        Fixture::good().bytes("/usr/share/x.gz", &gzip).breaks("times", &["/usr/share/x.gz"]);
        let python = |flags: u8| [&[0xf3, 13, 13, 10, flags, 0, 0, 0], &time[..], &[1, 0, 0, 0]].concat();
        Fixture::good().bytes("/usr/lib/x.pyc", &python(0)).breaks("times", &["/usr/lib/x.pyc"]);
        // The hash of the source stands there, and is no time.
        Fixture::good().bytes("/usr/lib/x.pyc", &python(3)).breaks_nothing();
    }

    #[test]
    fn a_password_of_a_later_day_is_found() {
        let later = format!("root:!*:{}:0:99999:7:::\n", EPOCH / 86_400 + 1);
        Fixture::good().file("/etc/shadow", &later).breaks("times", &["/etc/shadow"]);
    }
}
