//! LDIF (RFC 2849) and distinguished names (RFC 4514), written so that no value can be read as anything else.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use zeroize::Zeroizing;

/// Longest line written; longer ones are folded (RFC 2849, note 2).
const LINE: usize = 76;

/// LDIF content records, one after the other, without the version line, which slapadd(8) does not know. Holds password
/// hashes, so it shows nothing when debugged.
#[derive(Default)]
pub struct Ldif(Zeroizing<String>);

impl std::fmt::Debug for Ldif {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "Ldif({} bytes)", self.0.len())
    }
}

impl Ldif {
    /// Adds an entry: its name, then its attributes in the order given.
    pub fn entry<'a, V: AsRef<[u8]>>(&mut self, dn: &str, attributes: impl IntoIterator<Item = (&'a str, V)>) {
        if !self.0.is_empty() {
            self.0.push('\n');
        }
        self.line("dn", dn.as_bytes());
        for (name, value) in attributes {
            self.line(name, value.as_ref());
        }
    }

    /// The text.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.0
    }

    fn line(&mut self, name: &str, value: &[u8]) {
        let line = match std::str::from_utf8(value) {
            Ok(text) if is_safe(text) => Zeroizing::new(format!("{name}: {text}")),
            _ => Zeroizing::new(format!("{name}:: {}", STANDARD.encode(value))),
        };
        // Safe strings and base64 are ASCII, so any byte is a place to fold.
        let (first, mut rest) = line.split_at(line.len().min(LINE));
        self.0.push_str(first);
        while !rest.is_empty() {
            let (part, more) = rest.split_at(rest.len().min(LINE - 1));
            self.0.push_str("\n ");
            self.0.push_str(part);
            rest = more;
        }
        self.0.push('\n');
    }
}

/// A `SAFE-STRING` of RFC 2849, which also does not end in a space.
fn is_safe(value: &str) -> bool {
    value.bytes().all(|byte| byte.is_ascii() && !matches!(byte, 0 | b'\n' | b'\r'))
        && !value.starts_with([' ', ':', '<'])
        && !value.ends_with(' ')
}

/// Escapes an attribute value inside a distinguished name (RFC 4514, section 2.4).
#[must_use]
pub fn escape_dn_value(value: &str) -> String {
    let mut escaped = String::with_capacity(value.len());
    let last = value.chars().count().saturating_sub(1);
    for (at, character) in value.chars().enumerate() {
        let edge = (at == 0 && matches!(character, ' ' | '#')) || (at == last && character == ' ');
        match character {
            '\0' => escaped.push_str("\\00"),
            '"' | '+' | ',' | ';' | '<' | '>' | '\\' | '=' => escaped.extend(['\\', character]),
            _ if edge => escaped.extend(['\\', character]),
            _ => escaped.push(character),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(value: &str) -> String {
        let mut ldif = Ldif::default();
        ldif.entry("o=x", [("cn", value)]);
        ldif.text().rsplit_once("dn: o=x\n").unwrap().1.to_owned()
    }

    #[test]
    fn plain_values_stay_readable() {
        assert_eq!(one("Jill Archer"), "cn: Jill Archer\n");
    }

    #[test]
    fn values_that_could_be_read_otherwise_are_base64() {
        for value in [" x", "x ", ":x", "<x", "Zoë", "a\nuid: root", "a\0b"] {
            assert!(one(value).starts_with("cn:: "), "{value:?}");
        }
    }

    #[test]
    fn long_lines_are_folded_and_unfold_to_the_same() {
        let value = "x".repeat(500);
        let text = one(&value);
        assert!(text.lines().all(|line| line.len() <= LINE));
        assert_eq!(text.replace("\n ", ""), format!("cn: {value}\n"));
    }

    #[test]
    fn names_escape_what_separates_names() {
        assert_eq!(escape_dn_value("a,b+c=d\"e\\f<g>h;i"), "a\\,b\\+c\\=d\\\"e\\\\f\\<g\\>h\\;i");
        assert_eq!(escape_dn_value(" # "), "\\ #\\ ");
        assert_eq!(escape_dn_value("#x"), "\\#x");
    }
}
