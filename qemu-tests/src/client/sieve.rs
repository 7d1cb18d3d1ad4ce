//! A ManageSieve client (RFC 5804): logs in, puts a script, makes it the active one.

use std::net::{Ipv4Addr, SocketAddr};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::{Security, Wire};
use crate::{Error, Result};

/// One session, logged in.
pub struct ManageSieve {
    wire: Wire,
}

impl ManageSieve {
    /// Connects, goes on under TLS, logs in.
    ///
    /// # Errors
    /// [`Error::Reply`] when the server refuses the password.
    pub fn log_in(from: Ipv4Addr, to: SocketAddr, user: &str, password: &str) -> Result<ManageSieve> {
        let mut sieve = ManageSieve { wire: Wire::connect(from, to, Security::Plain)? };
        sieve.answer("(connecting)")?;
        sieve.command("STARTTLS")?;
        sieve.wire.start_tls()?;
        sieve.answer("(under TLS)")?;
        let secret = STANDARD.encode(format!("\0{user}\0{password}"));
        sieve.command(&format!("AUTHENTICATE \"PLAIN\" \"{secret}\""))?;
        Ok(sieve)
    }

    /// Puts `script` under `name` and makes it the one that runs.
    ///
    /// # Errors
    /// [`Error::Reply`] when the script does not compile.
    pub fn activate(&mut self, name: &str, script: &str) -> Result<()> {
        self.command(&format!("PUTSCRIPT \"{name}\" {{{}+}}\r\n{script}", script.len()))?;
        self.command(&format!("SETACTIVE \"{name}\""))
    }

    fn command(&mut self, command: &str) -> Result<()> {
        self.wire.send(format!("{command}\r\n").as_bytes())?;
        self.answer(command)
    }

    fn answer(&mut self, said: &str) -> Result<()> {
        loop {
            let line = self.wire.line()?;
            match line.split(' ').next() {
                Some("OK") => return Ok(()),
                Some("NO" | "BYE") => {
                    let said = said.split(' ').next().unwrap_or_default().to_owned();
                    return Err(Error::Reply { protocol: "ManageSieve", said, expected: "OK".into(), got: line });
                }
                _ => {}
            }
        }
    }
}
