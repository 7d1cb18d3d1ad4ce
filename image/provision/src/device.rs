//! The device: where everything is, below one root folder.

use std::fs;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use sos_settings::{Accounts, Inputs, Offered, Overlays, Rendered, Secrets, Settings};

use crate::certificate;
use crate::command::Program;
use crate::error::ProvisionError;
use crate::secrets;

/// A device, real (`/`) or in a test's folder.
#[derive(Debug, Clone)]
pub struct Device {
    root: PathBuf,
    /// Where programs are looked for first; a test's stand-ins.
    programs: Option<PathBuf>,
    /// Whether it is looked at as it will be when it is not dark any more.
    lit: bool,
}

/// What the image says of itself, in `/usr/share/sos/image.toml`.
#[derive(Debug, Clone, Deserialize)]
pub struct Image {
    /// The release's version.
    pub version: String,
}

/// Where the directory's database is.
pub(crate) const DATABASE: &str = "/var/lib/ldap";

/// There while a new release is tried; made before anything is rendered, by `sos-update early`.
pub const TRIAL: &str = "/run/sos/trial";

impl Device {
    /// The device below `root`.
    #[must_use]
    pub fn new(root: &Path) -> Self {
        Self { root: root.to_owned(), programs: None, lit: false }
    }

    /// The same, with the programs in `folder` in place of the system's of the same names.
    #[must_use]
    pub fn with_programs(self, folder: &Path) -> Self {
        Self { programs: Some(folder.to_owned()), ..self }
    }

    /// The program `name`, about to be run.
    #[must_use]
    pub fn program(&self, name: &str) -> Program {
        let program = Program::new(name);
        match &self.programs {
            Some(folder) => program.first_in(folder),
            None => program,
        }
    }

    /// The place of an absolute path of the device.
    #[must_use]
    pub fn path(&self, absolute: &str) -> PathBuf {
        self.root.join(absolute.trim_start_matches('/'))
    }

    /// Our own state, `/var/lib/sos`, and what is below it.
    pub(crate) fn state(&self, below: &str) -> PathBuf {
        self.path("/var/lib/sos").join(below)
    }

    /// The text of a file.
    pub(crate) fn read(&self, absolute: &str) -> Result<String, ProvisionError> {
        let path = self.path(absolute);
        fs::read_to_string(&path).map_err(ProvisionError::file("read", &path))
    }

    /// What the image says of itself.
    ///
    /// # Errors
    /// When it says nothing that can be read.
    pub fn image(&self) -> Result<Image, ProvisionError> {
        let path = "/usr/share/sos/image.toml";
        toml::from_str(&self.read(path)?)
            .map_err(|error| ProvisionError::Malformed { path: path.into(), what: error.to_string() })
    }

    /// The services of the image.
    pub(crate) fn overlays(&self) -> Result<Overlays, ProvisionError> {
        Ok(Overlays::load(&self.path("/usr/share/sos/overlays"))?)
    }

    /// What an organisation may choose from.
    pub(crate) fn offered(&self) -> Result<Offered, ProvisionError> {
        let tzdata = self.read("/usr/share/zoneinfo/tzdata.zi").unwrap_or_default();
        Ok(self.overlays()?.offered(&tzdata))
    }

    /// The accounts of the image.
    pub(crate) fn accounts(&self) -> Result<Accounts, ProvisionError> {
        Ok(Accounts::parse(&self.read("/etc/passwd")?, &self.read("/etc/group")?)?)
    }

    /// The settings, once there is an owner.
    ///
    /// # Errors
    /// When the file is there and cannot be read, or is not as it must be.
    pub fn settings(&self) -> Result<Option<Settings>, ProvisionError> {
        let path = self.state("settings.toml");
        match fs::read_to_string(&path) {
            Ok(text) => Ok(Some(Settings::from_toml(&text)?)),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(ProvisionError::file("read", &path)(error)),
        }
    }

    /// Whether the provider's metadata handed in a key for root at this boot.
    #[must_use]
    pub fn ssh_is_on(&self) -> bool {
        self.path("/etc/ssh/authorized_keys.d/root").exists()
    }

    /// Whether a new release is tried at this boot: no service is to be reached from outside, and no letter to leave,
    /// before it is known that it stays.
    #[must_use]
    pub fn is_dark(&self) -> bool {
        !self.lit && self.path(TRIAL).exists()
    }

    /// The same device, seen as it will be when it is not dark any more.
    #[must_use]
    pub fn lit(self) -> Self {
        Self { lit: true, ..self }
    }

    /// Renders `/etc` from what is there, without writing anything.
    ///
    /// # Errors
    /// When a file cannot be read or the rendering fails.
    pub fn render(&self, ssh: bool) -> Result<Rendered, ProvisionError> {
        self.render_with(self.settings()?.as_ref(), ssh, DATABASE)
    }

    /// Renders with these settings and this database.
    pub(crate) fn render_with(
        &self,
        settings: Option<&Settings>,
        ssh: bool,
        directory: &str,
    ) -> Result<Rendered, ProvisionError> {
        let overlays = self.overlays()?;
        let secrets = match settings {
            Some(_) => secrets::load(self, &overlays.enabled(settings)?)?,
            None => Secrets::default(),
        };
        let accounts = self.accounts()?;
        let authority = certificate::current(self).is_some_and(|certificate| !certificate.self_signed);
        let dark = self.is_dark();
        let inputs = Inputs { settings, secrets: &secrets, accounts: &accounts, ssh, directory, authority, dark };
        Ok(sos_settings::render(&overlays, &inputs)?)
    }
}
