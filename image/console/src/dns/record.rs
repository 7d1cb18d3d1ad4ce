//! A record as a registrar's form wants it, and the one form in which data is compared.

use std::net::IpAddr;

use sos_ipc::DnsRecord;

/// A record to publish.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wanted {
    /// `MX`, `TXT`, `A`, …
    pub kind: String,
    /// The whole name, without its final dot.
    pub name: String,
    /// The name below the organisation's domain, as most registrars ask for it: `@` for the domain itself.
    pub short_name: String,
    /// What many registrars have a field of its own for: the number of an MX.
    pub priority: Option<String>,
    /// What to enter as the value: text without quotation marks, names without their final dot.
    pub value: String,
    /// The data as it is compared.
    pub data: String,
}

impl Wanted {
    /// `record`, for an organisation at `domain`.
    #[must_use]
    pub fn new(record: &DnsRecord, domain: &str) -> Self {
        let kind = record.kind.to_uppercase();
        let name = record.name.trim_end_matches('.').to_lowercase();
        let data = if kind == "TXT" { unquote(&record.data) } else { record.data.trim().to_owned() };
        let (priority, value) = match data.split_once(char::is_whitespace) {
            Some((priority, rest)) if kind == "MX" => (Some(priority.to_owned()), rest.trim().to_owned()),
            _ => (None, data.clone()),
        };
        Self {
            short_name: below(&name, domain),
            priority,
            value: if kind == "TXT" { value } else { without_dot(&value).to_owned() },
            data: normal(&kind, &data),
            name,
            kind,
        }
    }

    /// What begins other records of the same purpose: a name has many texts, but one of them for SPF.
    #[must_use]
    pub fn purpose(&self) -> Option<&str> {
        (self.kind == "TXT").then(|| purpose(&self.data)).flatten()
    }
}

/// What begins a text for a purpose: `v=spf1`.
pub(super) fn purpose(data: &str) -> Option<&str> {
    let first = data.split([' ', ';']).next()?;
    first.starts_with("v=").then_some(first)
}

/// Data without the final dot of its last name; the root's name is nothing but this dot, as in `0 0 0 .`.
fn without_dot(data: &str) -> &str {
    match data.strip_suffix('.') {
        Some(rest) if !rest.is_empty() && !rest.ends_with(char::is_whitespace) => rest,
        _ => data,
    }
}

/// `name` as seen from `domain`.
fn below(name: &str, domain: &str) -> String {
    if name == domain {
        return "@".to_owned();
    }
    let short = name.strip_suffix(domain).and_then(|name| name.strip_suffix('.'));
    short.unwrap_or(name).to_owned()
}

/// The text of the character strings of a TXT record (RFC 1035, section 5.1), put together as readers do.
fn unquote(data: &str) -> String {
    let mut text = String::new();
    let (mut quoted, mut chars) = (false, data.trim().chars().peekable());
    while let Some(char) = chars.next() {
        match char {
            '"' => quoted = !quoted,
            '\\' => text.extend(escaped(&mut chars)),
            ' ' | '\t' if !quoted => {}
            char => text.push(char),
        }
    }
    text
}

/// `\;` is the character itself, `\059` the one of this number.
fn escaped(chars: &mut std::iter::Peekable<std::str::Chars<'_>>) -> Option<char> {
    let first = chars.next()?;
    let Some(mut number) = first.to_digit(10) else { return Some(first) };
    for _ in 0..2 {
        if let Some(digit) = chars.peek().and_then(|char| char.to_digit(10)) {
            number = number * 10 + digit;
            chars.next();
        }
    }
    char::from_u32(number)
}

/// The one form of data that means the same.
pub(super) fn normal(kind: &str, data: &str) -> String {
    let words = || data.split_whitespace().collect::<Vec<_>>().join(" ");
    match kind {
        "TXT" if data.starts_with("v=DKIM1") || data.starts_with("v=DMARC1") => tags(data),
        "TXT" if data.to_lowercase().starts_with("v=spf1") => words().to_lowercase(),
        "TXT" => words(),
        "A" | "AAAA" => data.trim().parse::<IpAddr>().map_or_else(|_| words(), |address| address.to_string()),
        _ => without_dot(&words().to_lowercase()).to_owned(),
    }
}

/// `k=rsa; p=AB CD` and `k=rsa;p=ABCD;` are the same list of tags (RFC 6376, section 3.2).
fn tags(data: &str) -> String {
    let tag = |tag: &str| {
        let (name, value) = tag.split_once('=').unwrap_or((tag, ""));
        format!("{}={}", name.trim(), value.split_whitespace().collect::<String>())
    };
    data.split(';').filter(|part| !part.trim().is_empty()).map(tag).collect::<Vec<_>>().join("; ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wanted(name: &str, kind: &str, data: &str) -> Wanted {
        let record = DnsRecord { name: name.into(), kind: kind.into(), data: data.into(), service: "mail".into() };
        Wanted::new(&record, "club.example")
    }

    #[test]
    fn shows_a_record_as_registrars_ask_for_it() {
        let mx = wanted("club.example.", "MX", "10 mail.club.example.");
        assert_eq!((mx.short_name.as_str(), mx.value.as_str()), ("@", "mail.club.example"));
        assert_eq!(mx.priority.as_deref(), Some("10"));
        let dmarc = wanted("_dmarc.club.example.", "TXT", r#""v=DMARC1; p=none""#);
        assert_eq!((dmarc.short_name.as_str(), dmarc.value.as_str()), ("_dmarc", "v=DMARC1; p=none"));
        assert_eq!(wanted("7.2.0.192.in-addr.arpa.", "PTR", "a.b.").short_name, "7.2.0.192.in-addr.arpa");
    }

    #[test]
    fn keeps_the_dot_that_says_a_service_is_not_offered() {
        let pop3 = wanted("_pop3._tcp.club.example.", "SRV", "0 0 0 .");
        assert_eq!((pop3.value.as_str(), pop3.data.as_str()), ("0 0 0 .", "0 0 0 ."));
    }

    #[test]
    fn puts_long_texts_together() {
        assert_eq!(wanted("a.", "TXT", "\"v=DKIM1; p=AB\" \"CD\\059\\\"\"").value, "v=DKIM1; p=ABCD;\"");
    }

    #[test]
    fn takes_for_the_same_what_means_the_same() {
        for (kind, one, other) in [
            ("TXT", "v=DKIM1; k=rsa; p=ABCD", "v=DKIM1;k=rsa;p=AB CD;"),
            ("TXT", "v=spf1 mx -all", "V=SPF1  mx  -ALL"),
            ("MX", "10 mail.club.example.", "10  MAIL.club.example"),
            ("AAAA", "2001:db8::1", "2001:DB8:0:0:0:0:0:1"),
            ("SRV", "0 1 993 mail.club.example.", "0 1 993 Mail.club.example."),
        ] {
            assert_eq!(normal(kind, one), normal(kind, other), "{kind}");
        }
        assert_ne!(normal("TXT", "v=DKIM1; p=AB"), normal("TXT", "v=DKIM1; p=ab"));
    }

    #[test]
    fn knows_what_a_text_is_for() {
        assert_eq!(wanted("a.", "TXT", "\"v=spf1 mx -all\"").purpose(), Some("v=spf1"));
        assert_eq!(wanted("a.", "TXT", "\"some-verification=1\"").purpose(), None);
    }
}
