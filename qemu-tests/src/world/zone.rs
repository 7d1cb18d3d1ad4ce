//! DNS records as lines, `name [TTL] [IN] TYPE data`, the way `sos-provision dns` prints them and a
//! person types them in at a registrar; and their translation for dnsmasq.

use std::collections::BTreeSet;
use std::fmt::Write;

use crate::{Error, Result};

/// A set of records.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Zone {
    lines: BTreeSet<String>,
}

impl Zone {
    /// Reads lines; blank ones and those after `;` or `#` are comments.
    #[must_use]
    pub fn read(text: &str) -> Zone {
        let lines = text.lines().map(str::trim);
        let records = lines.filter(|line| !line.is_empty() && !line.starts_with([';', '#']));
        Zone { lines: records.map(str::to_owned).collect() }
    }

    /// The records of both.
    #[must_use]
    pub fn and(&self, other: &Zone) -> Zone {
        Zone { lines: self.lines.union(&other.lines).cloned().collect() }
    }

    /// The records as lines.
    #[must_use]
    pub fn text(&self) -> String {
        self.lines.iter().fold(String::new(), |text, line| text + line + "\n")
    }

    /// dnsmasq's configuration for these records.
    ///
    /// # Errors
    /// [`Error::Unmet`] for a record that cannot be read, naming it.
    pub fn for_dnsmasq(&self) -> Result<String> {
        let mut out = String::new();
        for line in &self.lines {
            let rendered = render(line)
                .ok_or_else(|| Error::Unmet(format!("not a DNS record as a registrar takes it: {line:?}")))?;
            writeln!(out, "{rendered}").ok();
        }
        Ok(out)
    }
}

fn render(line: &str) -> Option<String> {
    let fields = words(line);
    let (name, rest) = fields.split_first()?;
    let name = name.trim_end_matches('.');
    let rest = if rest.first()?.parse::<u32>().is_ok() { &rest[1..] } else { rest };
    let rest = if rest.first()? == "IN" { &rest[1..] } else { rest };
    let (kind, data) = rest.split_first()?;
    let host = |index: usize| data.get(index).map(|host| host.trim_end_matches('.'));
    Some(match (kind.as_str(), data.len()) {
        ("A" | "AAAA", 1) => format!("host-record={name},{}", data[0]),
        ("MX", 2) => format!("mx-host={name},{},{}", host(1)?, data[0]),
        ("PTR", 1) => format!("ptr-record={name},{}", host(0)?),
        ("CNAME", 1) => format!("cname={name},{}", host(0)?),
        // RFC 2782: the target «.» says that the service is not offered. dnsmasq has a word for that which changes the
        // port, so the record is written as its bytes.
        ("SRV", 4) if data[3] == "." => format!("dns-rr={name},33,{}00", numbers(&data[..3])?),
        ("SRV", 4) => format!("srv-host={name},{},{},{},{}", host(3)?, data[2], data[0], data[1]),
        ("CAA", 3) => format!("caa-record={name},{},{},{}", data[0], data[1], data[2]),
        ("TXT", 1..) => data.iter().fold(format!("txt-record={name}"), |all, part| format!("{all},\"{part}\"")),
        _ => return None,
    })
}

/// Numbers of 16 bits, most significant byte first.
fn numbers(data: &[String]) -> Option<String> {
    data.iter().map(|number| Some(format!("{:04x}", number.parse::<u16>().ok()?))).collect()
}

/// Splits at blanks outside quotes; quotes go.
fn words(line: &str) -> Vec<String> {
    let (mut words, mut word, mut quoted, mut begun) = (Vec::new(), String::new(), false, false);
    for letter in line.chars().chain([' ']) {
        match letter {
            '"' => (quoted, begun) = (!quoted, true),
            blank if blank.is_whitespace() && !quoted => {
                if begun {
                    words.push(std::mem::take(&mut word));
                }
                begun = false;
            }
            other => {
                word.push(other);
                begun = true;
            }
        }
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_become_dnsmasq_lines() {
        let cases = [
            ("a.example. A 203.0.113.10", "host-record=a.example,203.0.113.10"),
            ("a.example. 3600 IN MX 10 mail.a.example.", "mx-host=a.example,mail.a.example,10"),
            (
                "s._domainkey.a.example. TXT \"v=DKIM1; \" \"p=x\"",
                "txt-record=s._domainkey.a.example,\"v=DKIM1; \",\"p=x\"",
            ),
            ("10.113.0.203.in-addr.arpa. PTR mail.a.example.", "ptr-record=10.113.0.203.in-addr.arpa,mail.a.example"),
            (
                "_imaps._tcp.a.example. SRV 0 1 993 mail.a.example.",
                "srv-host=_imaps._tcp.a.example,mail.a.example,993,0,1",
            ),
            ("_imap._tcp.a.example. SRV 0 0 0 .", "dns-rr=_imap._tcp.a.example,33,00000000000000"),
        ];
        for (line, expected) in cases {
            assert_eq!(render(line).as_deref(), Some(expected), "{line}");
        }
    }

    #[test]
    fn an_unreadable_record_is_named() {
        let error = Zone::read("a.example. WKS x").for_dnsmasq().unwrap_err();
        assert!(error.to_string().contains("a.example. WKS x"), "{error}");
    }

    #[test]
    fn the_worlds_own_zone_is_readable() {
        Zone::read(include_str!("../../fixtures/world.zone")).for_dnsmasq().unwrap();
    }
}
