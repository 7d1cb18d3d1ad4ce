//! Where the archives are: from the command line, the environment, or the build host's own apt sources.
//!
//! In: what was given, and [`crate::host_sources`]. Out: [`Mirror`], a base address for each tree of the archive.
//! No address is written down in this program.

use std::path::{Path, PathBuf};

use crate::error::{Error, Result};
use crate::host_sources::HostSources;
use crate::lock::Kind;

/// The base addresses of a mirror's trees, without a `/` at their end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mirror {
    main: Place,
    security: Place,
    valid_days: Option<u32>,
}

/// What files are fetched from: a server or a folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// An `http://` or `https://` address without a `/` at its end.
    Server(String),
    /// A folder of this machine.
    Folder(PathBuf),
}

impl Place {
    /// Reads an address or the path of an existing folder.
    ///
    /// # Errors
    /// [`Error::BadMirror`].
    pub fn parse(text: &str) -> Result<Self> {
        let bad = || Error::BadMirror { mirror: text.to_owned() };
        if text.chars().any(char::is_whitespace) {
            return Err(bad());
        }
        if text.starts_with("http://") || text.starts_with("https://") {
            return Ok(Self::Server(text.trim_end_matches('/').to_owned()));
        }
        let path = Path::new(text.strip_prefix("file://").unwrap_or(text));
        let folder = path.canonicalize().map_err(|_| bad())?;
        if folder.is_dir() { Ok(Self::Folder(folder)) } else { Err(bad()) }
    }

    /// The address or path of the file at `path` below this place.
    #[must_use]
    pub fn join(&self, path: &str) -> Self {
        match self {
            Self::Server(url) => Self::Server(format!("{url}/{path}")),
            Self::Folder(folder) => Self::Folder(folder.join(path)),
        }
    }

    /// How apt's source lists write it.
    #[must_use]
    pub fn apt_uri(&self) -> String {
        match self {
            Self::Server(url) => url.clone(),
            Self::Folder(folder) => format!("file:{}", folder.display()),
        }
    }

    /// The place beside this one whose name has `suffix` behind it.
    fn with_suffix(&self, suffix: &str) -> Self {
        match self {
            Self::Server(url) => Self::Server(format!("{url}{suffix}")),
            Self::Folder(folder) => {
                let mut name = folder.clone().into_os_string();
                name.push(suffix);
                Self::Folder(name.into())
            }
        }
    }
}

impl std::fmt::Display for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Server(url) => f.write_str(url),
            Self::Folder(folder) => write!(f, "{}", folder.display()),
        }
    }
}

impl Mirror {
    /// The mirror named on the command line or in the environment, else the build host's.
    ///
    /// `release` is the suite to build: a source of the host that already names it is preferred.
    ///
    /// # Errors
    /// [`Error::NoMirror`], or [`Error::BadMirror`] naming what was given.
    pub fn choose(main: Option<&str>, security: Option<&str>, host: &HostSources, release: &str) -> Result<Self> {
        let main = match main.or_else(|| host.base(Kind::Main, release)) {
            Some(text) => Place::parse(text)?,
            None => return Err(Error::NoMirror),
        };
        let security = match security.or_else(|| host.base(Kind::Security, release)) {
            Some(text) => Place::parse(text)?,
            None => main.with_suffix("-security"),
        };
        Ok(Self { main, security, valid_days: None })
    }

    /// This mirror, whose archives count as fresh for `days` after their date where their own `Valid-Until` is earlier.
    /// For one that is known to lag behind; apt counts seconds in 32 bits, so at most 24,000 days.
    #[must_use]
    pub fn lagging(self, days: Option<u32>) -> Self {
        Self { valid_days: days, ..self }
    }

    /// For how many seconds after its date an archive counts as fresh, whatever it says itself; apt's
    /// `Acquire::Min-ValidTime`.
    #[must_use]
    pub fn min_valid_seconds(&self) -> u64 {
        u64::from(self.valid_days.unwrap_or(0)) * 86_400
    }

    /// The base of the tree that archives of this kind lie in.
    #[must_use]
    pub fn base(&self, kind: Kind) -> &Place {
        match kind {
            Kind::Main => &self.main,
            Kind::Security => &self.security,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_security_tree_lies_beside_the_main_one_when_nobody_names_it() {
        let mirror =
            Mirror::choose(Some("http://mirror.example/debian/"), None, &HostSources::default(), "trixie").unwrap();
        assert_eq!(mirror.base(Kind::Main).apt_uri(), "http://mirror.example/debian");
        assert_eq!(mirror.base(Kind::Security).apt_uri(), "http://mirror.example/debian-security");
    }

    #[test]
    fn without_any_source_it_says_how_to_name_one() {
        let error = Mirror::choose(None, None, &HostSources::default(), "trixie").unwrap_err();
        assert!(matches!(error, Error::NoMirror));
        assert!(error.to_string().contains("--mirror"));
        assert_eq!(error.exit_code(), 2);
    }

    #[test]
    fn what_is_no_address_and_no_folder_is_named() {
        for text in ["ftp://mirror.example/debian", "/does/not/exist", "http://a b/", "file:///etc/passwd"] {
            let error = Place::parse(text).unwrap_err();
            assert!(matches!(&error, Error::BadMirror { mirror } if mirror == text), "{error}");
        }
    }
}
