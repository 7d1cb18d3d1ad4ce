//! What can go wrong between files and a rendered `/etc`.

use std::path::PathBuf;

/// A fault in settings, service manifests or templates.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SettingsError {
    /// A file or folder of the overlays cannot be read.
    #[error("cannot read {}: {source}", path.display())]
    Read {
        /// The file or folder.
        path: PathBuf,
        /// Why not.
        source: std::io::Error,
    },
    /// The settings file is not as it must be.
    #[error("the settings cannot be read: {source}")]
    Settings {
        /// Where and why.
        source: Box<toml::de::Error>,
    },
    /// The settings file is of another version.
    #[error("the settings are of version {found}, this system knows {known}; start the release that wrote them")]
    SettingsVersion {
        /// The version in the file.
        found: u32,
        /// The version this program knows.
        known: u32,
    },
    /// The settings cannot be written as TOML.
    #[error("the settings cannot be written: {source}")]
    Write {
        /// Why not.
        source: Box<toml::ser::Error>,
    },
    /// A service manifest is not as it must be.
    #[error("{service}/service.toml: {what}")]
    Manifest {
        /// The service's folder.
        service: String,
        /// What is wrong and what to do.
        what: String,
    },
    /// A service is named that no overlay describes.
    #[error("{by} needs the service {service:?}, which this image does not have")]
    UnknownService {
        /// The service that is missing.
        service: String,
        /// Who names it.
        by: String,
    },
    /// A template does not render.
    #[error("{template}: {source:#}")]
    Template {
        /// Service and path of the template.
        template: String,
        /// Where and why.
        source: Box<minijinja::Error>,
    },
    /// Two services render the same file.
    #[error("{} is rendered by {first} and by {second}; one of them must give it up", path.display())]
    Twice {
        /// The file.
        path: PathBuf,
        /// The service that rendered it first.
        first: String,
        /// The service that rendered it too.
        second: String,
    },
    /// A file of accounts has a line that is none.
    #[error("{file}: line {line} is no account")]
    Accounts {
        /// `/etc/passwd` or `/etc/group`.
        file: &'static str,
        /// Counted from 1.
        line: usize,
    },
    /// A template or secret names an account that the image does not have.
    #[error("{by} names the {kind} {name:?}, which the image does not have")]
    UnknownAccount {
        /// Who names it.
        by: String,
        /// `user` or `group`.
        kind: &'static str,
        /// The name.
        name: String,
    },
}
