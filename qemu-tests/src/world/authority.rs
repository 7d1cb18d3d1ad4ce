//! A certificate authority: Debian's `pebble`, which speaks ACME (RFC 8555), at an address and a name of its own. Its own
//! web server is known by a certificate made for it here, which the appliance is told to trust.

use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use super::{AUTHORITY, HOME, NAME_SERVER};
use crate::client::Site;
use crate::program::{Program, Running};
use crate::{Error, Result, must};

/// Its name.
const NAME: &str = "acme.authority.example";
/// Where it is asked for certificates, and where it tells tests about itself.
const PORT: u16 = 14000;
const ABOUT: u16 = 15000;
const LIMIT: Duration = Duration::from_secs(20);

/// The authority; shut until it is opened.
#[derive(Debug)]
pub struct Authority {
    folder: PathBuf,
    /// By what its own web server is known, in PEM.
    pub trust: String,
    pebble: Option<Running>,
}

impl Authority {
    /// Prepares one that nobody can reach yet; its files go to `folder`.
    ///
    /// # Errors
    /// [`Error::Refused`] without openssl.
    pub fn prepare(folder: &Path) -> Result<Authority> {
        let (key, certificate) = (folder.join("authority.key"), folder.join("authority.pem"));
        Program::new("openssl")
            .words("req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 3650")
            .words(&format!("-subj /CN={NAME} -addext subjectAltName=DNS:{NAME} -keyout"))
            .arg(&key)
            .arg("-out")
            .arg(&certificate)
            .run(LIMIT)?;
        let trust = std::fs::read_to_string(&certificate).map_err(Error::file(&certificate))?;
        let config = serde_json::json!({ "pebble": {
            "listenAddress": format!("{AUTHORITY}:{PORT}"),
            "managementListenAddress": format!("{AUTHORITY}:{ABOUT}"),
            "certificate": certificate,
            "privateKey": key,
            "httpPort": 80,
            "tlsPort": 443,
            "ocspResponderURL": "",
            "externalAccountBindingRequired": false,
            // 90 days, in seconds
            "certificateValidityPeriod": 90 * 24 * 3600,
        } });
        let path = folder.join("authority.json");
        std::fs::write(&path, config.to_string()).map_err(Error::file(&path))?;
        Ok(Authority { folder: folder.to_owned(), trust, pebble: None })
    }

    /// The lines of a `sos:` mapping that name it.
    #[must_use]
    pub fn mapping(&self) -> String {
        let head = format!("  acme:\n    directory: https://{NAME}:{PORT}/dir\n    trust: |\n");
        self.trust.lines().fold(head, |mut text, line| {
            writeln!(text, "      {line}").ok();
            text
        })
    }

    /// Starts it. What it signed before it was shut is forgotten.
    ///
    /// # Errors
    /// [`Error::Refused`] without pebble, [`Error::Late`] when it does not answer.
    pub fn open(&mut self) -> Result<()> {
        let pebble = Program::new("pebble")
            .arg("-config")
            .arg(self.folder.join("authority.json"))
            .arg("-dnsserver")
            .arg(format!("{NAME_SERVER}:53"))
            .env("PEBBLE_VA_NOSLEEP", "1")
            // One in twenty of its answers is wrong on purpose otherwise; that is for tests of clients.
            .env("PEBBLE_WFE_NONCEREJECT", "0")
            .env("PEBBLE_AUTHZREUSE", "0");
        self.pebble = Some(pebble.start(&self.folder.join("authority.log"))?);
        let start = Instant::now();
        while std::net::TcpStream::connect((AUTHORITY, ABOUT)).is_err() {
            if start.elapsed() > LIMIT {
                let what = "an answer of the certificate authority (see authority.log)".into();
                return Err(Error::Late { what, seconds: LIMIT.as_secs(), detail: String::new() });
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        Ok(())
    }

    /// The certificate at the root of what it signs, in PEM.
    ///
    /// # Errors
    /// When it is shut.
    pub fn root(&self) -> Result<String> {
        let answer = Site::at(HOME, (AUTHORITY, ABOUT).into(), NAME).get("/roots/0")?;
        must!(answer.status == 200, "the certificate authority says {} to who asks for its root", answer.status);
        Ok(answer.text())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_mapping_carries_the_whole_certificate() {
        let folder = tempfile::tempdir().unwrap();
        let mapping = Authority::prepare(folder.path()).unwrap().mapping();
        assert!(
            mapping.starts_with("  acme:\n    directory: https://acme.authority.example:14000/dir\n    trust: |\n")
        );
        assert!(mapping.contains("\n      -----BEGIN CERTIFICATE-----\n"), "{mapping}");
        assert!(mapping.ends_with("\n      -----END CERTIFICATE-----\n"), "{mapping}");
    }
}
