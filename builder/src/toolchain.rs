//! The host's Rust toolchain that the device's programs are compiled with: the very one that `rust-toolchain.toml` pins.
//!
//! In: a checkout, and rustup's programs where a shell or rustup's installer would have them. Out: [`Toolchain`], a
//! folder and what its compiler says of itself; a host with another version is refused.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::command::{NETWORK, Run};
use crate::error::{Error, Refusal, Result};

/// What rustup and cargo may know of our environment besides the way to the network: where they keep things.
const HANDED_ON: &[&str] = &["HOME", "CARGO_HOME", "RUSTUP_HOME", "RUSTUP_DIST_SERVER"];

/// A toolchain on this host.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Toolchain {
    /// The folder with its `bin` and `lib`.
    pub dir: PathBuf,
    /// What it is.
    pub rust: Rust,
}

/// What a compiler says of itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rust {
    /// Its version, «1.95.0».
    pub release: String,
    /// The commit that it was built from.
    pub commit_hash: String,
}

/// `rust-toolchain.toml`, as far as it matters here.
#[derive(Debug, Deserialize)]
struct Pin {
    toolchain: Pinned,
}

#[derive(Debug, Deserialize)]
struct Pinned {
    channel: String,
}

impl Toolchain {
    /// The toolchain that the checkout in `repository` pins; rustup brings it in where it is missing and there may be a
    /// `network`.
    ///
    /// # Errors
    /// [`Error::NoRust`] where there is none, [`Refusal::AnotherRust`] where it is another version.
    pub fn find(repository: &Path, network: bool) -> Result<Self> {
        let wanted = pinned(repository)?;
        let said = |arguments: &[&str]| {
            let rustc = host_program("rustc", repository).args(arguments);
            let rustc = if network { rustc } else { rustc.env("RUSTUP_AUTO_INSTALL", "0") };
            rustc.run().map_err(|e| Error::NoRust { wanted: wanted.clone(), reason: e.to_string() })
        };
        let rust = Rust::parse(&wanted, &said(&["-vV"])?)?;
        Ok(Self { dir: said(&["--print", "sysroot"])?.trim().into(), rust })
    }
}

impl std::fmt::Display for Rust {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} (commit {})", self.release, self.commit_hash)
    }
}

impl Rust {
    /// Reads what `rustc -vV` said.
    fn parse(wanted: &str, said: &str) -> Result<Self> {
        let field = |name: &str| {
            let value = said.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "));
            value.unwrap_or("unknown").trim().to_owned()
        };
        let rust = Self { release: field("release"), commit_hash: field("commit-hash") };
        // A distribution's own build of the same version is another compiler, and does not say which.
        if rust.release != wanted || rust.commit_hash == "unknown" {
            return Err(Refusal::AnotherRust { wanted: wanted.to_owned(), found: rust.to_string() }.into());
        }
        Ok(rust)
    }
}

/// The version that the checkout pins.
fn pinned(repository: &Path) -> Result<String> {
    let path = repository.join("rust-toolchain.toml");
    let text = std::fs::read_to_string(&path).map_err(|e| Error::io("read", &path, e))?;
    let pin: Pin = toml::from_str(&text).map_err(|e| Error::malformed(&path, e.to_string()))?;
    let channel = pin.toolchain.channel;
    let is_version = channel.split('.').count() == 3 && channel.chars().all(|c| c.is_ascii_digit() || c == '.');
    if is_version {
        Ok(channel)
    } else {
        Err(Error::malformed(path, format!("«{channel}» pins no version: name one, «1.95.0»")))
    }
}

/// A program of rustup's, started in the checkout so that it takes the pinned toolchain: the caller's own, else the one
/// in cargo's folder.
#[must_use]
pub fn host_program(name: &str, repository: &Path) -> Run {
    let home = |variable: &str| std::env::var_os(variable).map(PathBuf::from);
    let cargo = home("CARGO_HOME").or_else(|| home("HOME").map(|home| home.join(".cargo")));
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders = std::env::split_paths(&path).chain(cargo.map(|cargo| cargo.join("bin")));
    let found = folders.map(|folder| folder.join(name)).find(|program| program.is_file());
    Run::new(found.unwrap_or_else(|| name.into())).dir(repository).inherit(NETWORK).inherit(HANDED_ON)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SAID: &str = "rustc 1.95.0 (59807616e 2026-04-14)\nbinary: rustc\n\
                        commit-hash: 59807616e1fa2540724bfbac14d7976d7e4a3860\ncommit-date: 2026-04-14\n\
                        host: x86_64-unknown-linux-gnu\nrelease: 1.95.0\nLLVM version: 22.1.2\n";

    #[test]
    fn a_compiler_is_known_by_its_version_and_its_commit() {
        let rust = Rust::parse("1.95.0", SAID).unwrap();
        assert_eq!(rust.release, "1.95.0");
        assert_eq!(rust.commit_hash, "59807616e1fa2540724bfbac14d7976d7e4a3860");
    }

    #[test]
    fn another_compiler_is_refused_with_what_to_do() {
        let of_a_distribution = SAID.replace("59807616e1fa2540724bfbac14d7976d7e4a3860", "unknown");
        for (wanted, said) in [("1.96.0", SAID), ("1.95.0", &of_a_distribution), ("1.95.0", "")] {
            let error = Rust::parse(wanted, said).unwrap_err();
            assert_eq!(error.exit_code(), 3);
            assert!(matches!(&error, Error::Refused(Refusal::AnotherRust { .. })), "{error}");
            assert!(error.to_string().contains(&format!("rustup toolchain install {wanted}")), "{error}");
        }
    }

    #[test]
    fn a_channel_that_moves_pins_nothing() {
        let dir = tempfile::tempdir().unwrap();
        let pin = |channel: &str| {
            let text = format!("[toolchain]\nchannel = \"{channel}\"\ncomponents = [\"clippy\"]\n");
            std::fs::write(dir.path().join("rust-toolchain.toml"), text).unwrap();
            pinned(dir.path())
        };
        assert_eq!(pin("1.95.0").unwrap(), "1.95.0");
        for channel in ["stable", "1.95", "nightly-2026-01-01"] {
            let error = pin(channel).unwrap_err();
            assert!(error.to_string().contains(&format!("«{channel}» pins no version")), "{error}");
        }
    }
}
