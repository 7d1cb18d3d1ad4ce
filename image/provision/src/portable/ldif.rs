//! LDIF content records (RFC 2849) as slapcat(8) and other directories write them → attributes with their values.
//!
//! What would have to be fetched from elsewhere, and what changes entries in place of describing them, is refused.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// An entry of a directory.
#[derive(Clone, PartialEq, Eq)]
pub struct Record {
    /// Its distinguished name.
    pub dn: String,
    /// Its attributes with their values, in their order; a name with several values stands there several times.
    pub attributes: Vec<(String, Vec<u8>)>,
}

// It has the hash of a password.
impl std::fmt::Debug for Record {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "Record({:?})", self.dn)
    }
}

impl Record {
    /// All values of `name`, as far as they are text.
    pub(super) fn texts<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.values(name).filter_map(|value| std::str::from_utf8(value).ok())
    }

    /// All values of `name`.
    pub(super) fn values<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a [u8]> {
        self.attributes.iter().filter(move |(own, _)| own.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_slice())
    }
}

/// Reads all records of `text`.
///
/// # Errors
/// What is wrong, and in which line.
pub fn parse(text: &[u8]) -> Result<Vec<Record>, String> {
    let mut records = Vec::new();
    let mut open: Option<Record> = None;
    for (number, line) in unfolded(text) {
        let fault = |what: &str| format!("line {number} {what}");
        if line.is_empty() {
            records.extend(open.take());
            continue;
        }
        let (name, value) = attribute(&line).map_err(&fault)?;
        match &mut open {
            None if name == "version" && records.is_empty() && value == b"1" => {}
            None if name == "dn" => {
                let dn = String::from_utf8(value).map_err(|_| fault("has a name that is no UTF-8"))?;
                open = Some(Record { dn, attributes: Vec::new() });
            }
            None => return Err(fault("begins an entry without its name (dn)")),
            Some(_) if matches!(name.as_str(), "dn" | "changetype" | "control" | "version") => {
                return Err(fault("belongs to no entry; write an empty line between entries, and no changes"));
            }
            Some(record) => record.attributes.push((name, value)),
        }
    }
    records.extend(open);
    Ok(records)
}

/// Lines without their ends, comments and folds, each with its number.
fn unfolded(text: &[u8]) -> Vec<(usize, Vec<u8>)> {
    let mut lines: Vec<(usize, Vec<u8>)> = Vec::new();
    for (at, line) in text.split(|byte| *byte == b'\n').enumerate() {
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        match (line.strip_prefix(b" "), lines.last_mut()) {
            (Some(more), Some((_, begun))) if !begun.is_empty() => begun.extend_from_slice(more),
            _ => lines.push((at + 1, line.to_vec())),
        }
    }
    lines.retain(|(_, line)| !line.starts_with(b"#"));
    lines
}

fn attribute(line: &[u8]) -> Result<(String, Vec<u8>), &'static str> {
    let colon = line.iter().position(|byte| *byte == b':').ok_or("has no colon")?;
    let (name, rest) = (&line[..colon], &line[colon + 1..]);
    let plain = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'-';
    if !name.first().is_some_and(u8::is_ascii_alphabetic) || !name.iter().all(plain) {
        return Err("has no attribute before its colon");
    }
    let name = String::from_utf8_lossy(name).into_owned();
    let spaced =
        |value: &[u8]| value.iter().position(|byte| *byte != b' ').map_or(Vec::new(), |at| value[at..].to_vec());
    match rest.first() {
        Some(b':') => {
            let value = STANDARD.decode(spaced(&rest[1..])).map_err(|_| "has a value that is no base64")?;
            Ok((name, value))
        }
        Some(b'<') => Err("has a value from elsewhere, which is not fetched"),
        _ => Ok((name, spaced(rest))),
    }
}

#[cfg(test)]
mod tests {
    use sos_settings::Ldif;

    use super::*;

    #[test]
    fn reads_what_directories_write() {
        let text = "version: 1\n# all of it\n\ndn: o=x\no: x\ndescription:: Wm/D\n qw==\n\n\ndn:: bz15\r\nO: a\r\n  b\r\n# no\r\ncn:\r\n";
        let records = parse(text.as_bytes()).unwrap();
        let attribute = |name: &str, value: &str| (name.to_owned(), value.as_bytes().to_vec());
        assert_eq!(records.len(), 2);
        assert_eq!((records[0].dn.as_str(), records[1].dn.as_str()), ("o=x", "o=y"));
        assert_eq!(records[0].attributes, [attribute("o", "x"), attribute("description", "Zoë")]);
        assert_eq!(records[1].attributes, [attribute("O", "a b"), attribute("cn", "")]);
    }

    #[test]
    fn refuses_what_is_no_entry() {
        for (bad, why) in [
            ("o: x\n", "line 1 begins an entry"),
            ("dn: o=x\nchangetype: delete\n", "line 2 belongs to no entry"),
            ("dn: o=x\njpegPhoto:< file:///etc/shadow\n", "line 2 has a value from elsewhere"),
            ("dn: o=x\no:: !\n", "line 2 has a value that is no base64"),
            ("dn: o=x\no\n", "line 2 has no colon"),
            ("dn: o=x\na b: c\n", "line 2 has no attribute"),
            ("dn:: /w==\n", "line 1 has a name that is no UTF-8"),
        ] {
            let said = parse(bad.as_bytes()).unwrap_err();
            assert!(said.starts_with(why), "{bad:?}: {said}");
        }
    }

    #[test]
    fn what_we_write_is_read_again() {
        let long = "x".repeat(300);
        let values: [&[u8]; 6] = [b"x", b" x ", b":", "Zoë".as_bytes(), b"\xff\x00", long.as_bytes()];
        let mut ldif = Ldif::default();
        ldif.entry("o=x", values.map(|value| ("cn", value)));
        let records = parse(ldif.text().as_bytes()).unwrap();
        assert_eq!(records[0].values("CN").collect::<Vec<_>>(), values);
    }
}
