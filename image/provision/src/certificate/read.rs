//! What a certificate says, as openssl reads it.

use std::path::Path;

use time::PrimitiveDateTime;
use time::macros::format_description;

use crate::device::Device;
use crate::error::ProvisionError;

/// A certificate. Times are seconds since 1970.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Certificate {
    /// Names and addresses it is for.
    pub(crate) names: Vec<String>,
    /// From when on it is good.
    pub(crate) from: u64,
    /// Until when.
    pub(crate) until: u64,
    /// Whether no authority signed it.
    pub(crate) self_signed: bool,
    /// SHA-256 of its DER form, as `AA:BB:…`.
    pub(crate) fingerprint: String,
}

impl Certificate {
    /// Whether it is for `name`.
    pub(crate) fn is_for(&self, name: &str) -> bool {
        self.names.iter().any(|own| own == name)
    }
}

/// Reads the first certificate in `path` (PEM).
pub(super) fn read(device: &Device, path: &Path) -> Result<Certificate, ProvisionError> {
    let output = device
        .program("openssl")
        .args(["x509", "-noout", "-dates", "-dateopt", "iso_8601", "-fingerprint", "-sha256"])
        .args(["-subject", "-issuer", "-nameopt", "RFC2253", "-ext", "subjectAltName", "-in"])
        .path(path)
        .run()?;
    parse(&String::from_utf8_lossy(&output))
        .ok_or_else(|| ProvisionError::Malformed { path: path.to_owned(), what: "is no certificate".into() })
}

fn parse(text: &str) -> Option<Certificate> {
    let value = |key: &str| text.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix('='));
    let names = text.lines().skip_while(|line| !line.contains("Subject Alternative Name")).nth(1).unwrap_or_default();
    let fingerprint = text.lines().find(|line| line.to_ascii_lowercase().starts_with("sha256 fingerprint="))?;
    Some(Certificate {
        names: names.split(',').filter_map(name).collect(),
        from: seconds(value("notBefore")?)?,
        until: seconds(value("notAfter")?)?,
        self_signed: value("subject")? == value("issuer")?,
        fingerprint: fingerprint.split_once('=')?.1.to_owned(),
    })
}

/// `DNS:mail.club.example`, or `IP Address:203.0.113.5`.
fn name(entry: &str) -> Option<String> {
    let (kind, value) = entry.trim().split_once(':')?;
    match kind {
        "DNS" => Some(value.to_owned()),
        // openssl writes IPv6 addresses with all their digits.
        "IP Address" => value.parse::<std::net::IpAddr>().ok().map(|address| address.to_string()),
        _ => None,
    }
}

fn seconds(text: &str) -> Option<u64> {
    let format = format_description!("[year]-[month]-[day] [hour]:[minute]:[second]");
    let time = PrimitiveDateTime::parse(text.trim_end_matches('Z'), format).ok()?;
    u64::try_from(time.assume_utc().unix_timestamp()).ok()
}
