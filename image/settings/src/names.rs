//! The small words settings are made of, each checked once, when it is made.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// Why a text is not the name it should be, and what to do.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct NameError(String);

impl NameError {
    fn new(what: impl Into<String>) -> Self {
        Self(what.into())
    }
}

/// Declares a checked text: parsed by `$check`, shown and stored as it is.
macro_rules! checked_text {
    ($(#[$doc:meta])* $name:ident, $check:path) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(String);

        impl $name {
            /// The text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl FromStr for $name {
            type Err = NameError;

            fn from_str(text: &str) -> Result<Self, NameError> {
                $check(text).map(Self)
            }
        }

        impl TryFrom<String> for $name {
            type Error = NameError;

            fn try_from(text: String) -> Result<Self, NameError> {
                text.parse()
            }
        }

        impl From<$name> for String {
            fn from(name: $name) -> String {
                name.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                out.write_str(&self.0)
            }
        }
    };
}

checked_text! {
    /// A name a person reads: the organisation's, or somebody's full name. At most 100 characters on one line.
    Title, check_title
}
checked_text! {
    /// A domain name under which mail is addressed, in lower case (RFC 1123 labels, at least two of them).
    Domain, check_domain
}
checked_text! {
    /// The server's own full host name, in lower case.
    HostName, check_domain
}
checked_text! {
    /// Whom a member logs in as, and the first part of their address: `[a-z][a-z0-9._-]*`, at most 32 characters.
    MemberName, check_member_name
}
checked_text! {
    /// What stands before the `@` of an address of ours, in lower case, at most 64 characters.
    LocalPart, check_local_part
}
checked_text! {
    /// An address anywhere (RFC 5321, without quoted local parts and address literals).
    MailAddress, check_mail_address
}
checked_text! {
    /// A name from the IANA time zone database, such as `Europe/London`.
    Timezone, check_timezone
}
checked_text! {
    /// A language, such as `en` or `pt-BR`.
    Language, check_language
}

checked_text! {
    /// SHA-256 of a claim code, as `sha256:` and 64 hexadecimal digits.
    ClaimCodeHash, check_claim_code_hash
}
checked_text! {
    /// Where a certificate authority's ACME directory is (RFC 8555, section 7.1.1): an `https` URL.
    AcmeDirectory, check_acme_directory
}
checked_text! {
    /// Certificates to trust, in PEM (RFC 7468), at most 64 KiB of them.
    Certificates, check_certificates
}

impl Default for Timezone {
    fn default() -> Self {
        Self("Etc/UTC".into())
    }
}

impl Default for Language {
    fn default() -> Self {
        Self("en".into())
    }
}

impl HostName {
    /// The name a server has unless told otherwise: `mail.` before the organisation's domain.
    #[must_use]
    pub fn of_mail_server(domain: &Domain) -> Self {
        Self(format!("mail.{domain}"))
    }
}

impl LocalPart {
    /// This local part at `domain`.
    #[must_use]
    pub fn at(&self, domain: &Domain) -> MailAddress {
        MailAddress(format!("{self}@{domain}"))
    }
}

impl From<MemberName> for LocalPart {
    fn from(name: MemberName) -> Self {
        Self(name.0)
    }
}

impl MailAddress {
    /// What stands after the `@`.
    #[must_use]
    pub fn domain(&self) -> &str {
        self.0.rsplit_once('@').map_or("", |(_, domain)| domain)
    }
}

fn check_title(text: &str) -> Result<String, NameError> {
    let title = text.trim();
    if title.is_empty() {
        return Err(NameError::new("is empty; write a name"));
    }
    if title.chars().any(char::is_control) {
        return Err(NameError::new("holds a line break or control character; write it on one line"));
    }
    if title.chars().count() > 100 {
        return Err(NameError::new("is longer than 100 characters; shorten it"));
    }
    Ok(title.to_owned())
}

fn check_domain(text: &str) -> Result<String, NameError> {
    let refuse =
        |why: &str| Err(NameError::new(format!("{text:?} is no domain name: {why}; write one such as club.example")));
    let domain = text.to_ascii_lowercase();
    if !domain.is_ascii() {
        return refuse("it has letters outside a-z, which a domain spells as xn--…");
    }
    if domain.len() > 253 {
        return refuse("it is longer than 253 characters");
    }
    let labels: Vec<&str> = domain.split('.').collect();
    if labels.len() < 2 {
        return refuse("it has no dot");
    }
    for label in &labels {
        if label.is_empty() || label.len() > 63 {
            return refuse("between its dots there must be 1 to 63 characters");
        }
        if !label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-') {
            return refuse("it may hold letters, digits, hyphens and dots only");
        }
        if label.starts_with('-') || label.ends_with('-') {
            return refuse("no part may begin or end with a hyphen");
        }
    }
    if labels.last().is_some_and(|last| last.bytes().all(|byte| byte.is_ascii_digit())) {
        return refuse("it ends in a number");
    }
    Ok(domain)
}

fn check_member_name(text: &str) -> Result<String, NameError> {
    let refuse = |why: &str| Err(NameError::new(format!("{text:?} cannot be a name to log in with: {why}")));
    if text.is_empty() || text.len() > 32 {
        return refuse("it must have 1 to 32 characters");
    }
    if !text.starts_with(|first: char| first.is_ascii_lowercase()) {
        return refuse("it must begin with a small letter a-z");
    }
    if !text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"._-".contains(&byte)) {
        return refuse("it may hold small letters a-z, digits, dots, hyphens and underscores only");
    }
    if text.contains("..") || text.ends_with(['.', '-', '_']) {
        return refuse("it may not end in a dot, hyphen or underscore, nor hold two dots in a row");
    }
    Ok(text.to_owned())
}

fn check_local_part(text: &str) -> Result<String, NameError> {
    let local = text.to_ascii_lowercase();
    let allowed = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"._-".contains(&byte);
    let shape = !local.is_empty() && local.len() <= 64 && local.bytes().all(allowed);
    if !shape || local.starts_with(['.', '-']) || local.ends_with('.') || local.contains("..") {
        return Err(NameError::new(format!(
            "{text:?} cannot stand before the @ of an address here: write letters, digits, dots, hyphens and underscores"
        )));
    }
    Ok(local)
}

/// Characters of an unquoted local part (RFC 5322, `atext`) and the dots between them.
fn is_foreign_local_part(local: &str) -> bool {
    let atext = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-/=?^_`{|}~.".contains(&byte);
    !local.is_empty()
        && local.len() <= 64
        && local.bytes().all(atext)
        && !local.starts_with('.')
        && !local.ends_with('.')
        && !local.contains("..")
}

fn check_mail_address(text: &str) -> Result<String, NameError> {
    let refuse = || Err(NameError::new(format!("{text:?} is no mail address; write one such as name@club.example")));
    let Some((local, domain)) = text.rsplit_once('@') else { return refuse() };
    let (true, Ok(domain)) = (is_foreign_local_part(local), check_domain(domain)) else { return refuse() };
    Ok(format!("{local}@{domain}"))
}

fn check_timezone(text: &str) -> Result<String, NameError> {
    let part = |part: &str| {
        part.starts_with(|first: char| first.is_ascii_alphabetic())
            && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_+-".contains(&byte))
    };
    if text.len() <= 64 && text.split('/').all(part) {
        Ok(text.to_owned())
    } else {
        Err(NameError::new(format!("{text:?} is no time zone; write one such as Europe/London")))
    }
}

fn check_language(text: &str) -> Result<String, NameError> {
    let (language, region) = text.split_once('-').map_or((text, None), |(language, region)| (language, Some(region)));
    let known_shape = (2..=3).contains(&language.len())
        && language.bytes().all(|byte| byte.is_ascii_lowercase())
        && region.is_none_or(|region| region.len() == 2 && region.bytes().all(|byte| byte.is_ascii_uppercase()));
    if known_shape {
        Ok(text.to_owned())
    } else {
        Err(NameError::new(format!("{text:?} is no language; write one such as en or pt-BR")))
    }
}

fn check_claim_code_hash(text: &str) -> Result<String, NameError> {
    let hash = text.to_ascii_lowercase();
    let digits = hash.strip_prefix("sha256:").unwrap_or_default();
    if digits.len() == 64 && digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        Ok(hash)
    } else {
        Err(NameError::new("is no hash of a claim code; write sha256: and its 64 hexadecimal digits"))
    }
}

fn check_acme_directory(text: &str) -> Result<String, NameError> {
    // Exactly what a URL may hold (RFC 3986), without what a shell or a configuration file could read otherwise.
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~:/?#[]@!&*+,;=%".contains(&byte);
    let rest = text.strip_prefix("https://").unwrap_or_default();
    if text.len() <= 200 && rest.starts_with(|first: char| first != '/') && rest.bytes().all(allowed) {
        Ok(text.to_owned())
    } else {
        Err(NameError::new("is no address of a certificate authority; write one that begins with https://"))
    }
}

fn check_certificates(text: &str) -> Result<String, NameError> {
    let line = |line: &str| {
        line.is_empty()
            || matches!(line, "-----BEGIN CERTIFICATE-----" | "-----END CERTIFICATE-----")
            || line.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+/=".contains(&byte))
    };
    let some = text.contains("-----BEGIN CERTIFICATE-----");
    if some && text.len() <= 65_536 && text.lines().all(|text| line(text.trim_end())) {
        Ok(text.to_owned())
    } else {
        Err(NameError::new(
            "holds no certificates; write them as -----BEGIN CERTIFICATE----- and so on, nothing between",
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_hashes_of_claim_codes_only() {
        let hash = format!("sha256:{}", "Ab".repeat(32));
        assert_eq!(hash.parse::<ClaimCodeHash>().unwrap().as_str(), hash.to_lowercase());
        for bad in ["", "sha256:", &"ab".repeat(32), &format!("sha256:{}", "zz".repeat(32)), &format!("{hash}0")] {
            assert!(bad.parse::<ClaimCodeHash>().is_err(), "{bad}");
        }
    }

    #[test]
    fn an_authority_is_asked_over_tls_and_at_no_odd_place() {
        assert!("https://acme.example:14000/dir?x=1".parse::<AcmeDirectory>().is_ok());
        for bad in ["", "http://a.example/dir", "https://", "https:///x", "https://a.example/\"; rm", "https://a/$(x)"]
        {
            assert!(bad.parse::<AcmeDirectory>().is_err(), "{bad}");
        }
    }

    #[test]
    fn certificates_are_pem_and_nothing_else() {
        let pem = "-----BEGIN CERTIFICATE-----\nMIIB+/aZ==\n-----END CERTIFICATE-----\n";
        assert!(pem.parse::<Certificates>().is_ok());
        for bad in ["", "MIIB", &format!("{pem}set x = y\n"), &pem.repeat(1500)] {
            assert!(bad.parse::<Certificates>().is_err(), "{}", bad.len());
        }
    }

    #[test]
    fn takes_domains_and_lowers_their_case() {
        assert_eq!("Ambridge.Example".parse::<Domain>().unwrap().as_str(), "ambridge.example");
        assert!("xn--bcher-kva.example".parse::<Domain>().is_ok());
    }

    #[test]
    fn refuses_what_is_no_domain() {
        for bad in [
            "",
            "localhost",
            "a..b",
            "-a.example",
            "a-.example",
            "a_b.example",
            "192.0.2.1",
            "bücher.example",
            "a.example.",
        ] {
            assert!(bad.parse::<Domain>().is_err(), "{bad}");
        }
        assert!(format!("{}.example", "a".repeat(64)).parse::<Domain>().is_err());
    }

    #[test]
    fn refuses_names_nobody_could_log_in_with() {
        for bad in ["", "Jill", "1jill", "jill archer", "jill.", "ji..ll", "jill@x", "jíll", &"j".repeat(33)] {
            assert!(bad.parse::<MemberName>().is_err(), "{bad}");
        }
        assert!("jill.archer-2".parse::<MemberName>().is_ok());
    }

    #[test]
    fn takes_foreign_addresses_that_we_would_not_give_out() {
        assert!("Jill+news@Elsewhere.example".parse::<MailAddress>().is_ok());
        for bad in ["jill", "@a.example", "a b@c.example", "\"a\"@c.example", "a@[192.0.2.1]", "a@b"] {
            assert!(bad.parse::<MailAddress>().is_err(), "{bad}");
        }
    }

    #[test]
    fn refuses_time_zones_that_leave_their_folder() {
        for bad in ["../../etc/passwd", "/etc/passwd", "Europe//London", "", "Europe/"] {
            assert!(bad.parse::<Timezone>().is_err(), "{bad}");
        }
        assert!("America/Argentina/Buenos_Aires".parse::<Timezone>().is_ok());
        assert!("Etc/GMT+1".parse::<Timezone>().is_ok());
    }
}
