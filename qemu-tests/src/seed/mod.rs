//! The provider's metadata: what it says, and the small FAT disk it comes on, in the two forms without
//! a web server: cloud-init's NoCloud and OpenStack's ConfigDrive.

mod config_drive;
mod fat;
mod no_cloud;

use std::path::Path;

use crate::Result;

/// Which of the two forms.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// A disk labelled `cidata`.
    NoCloud,
    /// A disk labelled `config-2`.
    ConfigDrive,
}

/// What the provider hands over.
#[derive(Debug, Clone, Default)]
pub struct Metadata {
    /// The customer's user data; empty for none.
    pub user_data: String,
    /// Public SSH keys the customer registered with the provider.
    pub ssh_keys: Vec<String>,
}

impl Metadata {
    /// Metadata with this `sos:` mapping in its user data.
    #[must_use]
    pub fn with_mapping(mapping: &str) -> Metadata {
        Metadata { user_data: format!("#cloud-config\n{mapping}"), ssh_keys: Vec::new() }
    }

    /// The same, with an SSH key handed in.
    #[must_use]
    pub fn and_key(mut self, key: &str) -> Metadata {
        self.ssh_keys.push(key.to_owned());
        self
    }

    /// Writes the disk.
    ///
    /// # Errors
    /// [`crate::Error::File`].
    pub fn write(&self, source: Source, path: &Path) -> Result<()> {
        let (label, files) = match source {
            Source::NoCloud => ("CIDATA", no_cloud::files(self)),
            Source::ConfigDrive => ("CONFIG-2", config_drive::files(self)),
        };
        fat::write(path, label, &files)
    }
}
