//! What the organisation chose: one typed, versioned TOML file in state.

use serde::{Deserialize, Serialize};

use crate::SettingsError;
use crate::names::{AcmeDirectory, Certificates, Domain, HostName, Language, Timezone, Title};

/// Largest quota, in MiB.
pub const MOST_QUOTA_MIB: u32 = 1 << 20;
/// Largest limit of a message, in MiB.
pub const MOST_MESSAGE_MIB: u32 = 100;
/// The version this program reads and writes.
const VERSION: u32 = 1;

/// The settings of a claimed server. Members, groups and roles are in the directory, not here.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    version: u32,
    /// The server's full host name.
    pub host: HostName,
    /// The server's time zone.
    pub timezone: Timezone,
    /// The language of pages and messages to members.
    pub language: Language,
    /// The services chosen; those that every server has need not be named.
    pub services: Vec<String>,
    /// Who runs this server.
    pub organisation: Organisation,
    /// Bounds of the mail service.
    #[serde(default)]
    pub mail: MailLimits,
    /// Another certificate authority than the image's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub acme: Option<Acme>,
}

/// A certificate authority that speaks ACME.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Acme {
    /// Where its directory is.
    pub directory: AcmeDirectory,
    /// By what its own web server is known, if not by a public authority.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trust: Option<Certificates>,
}

/// Who runs the server.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Organisation {
    /// Its name, as its members write it.
    pub name: Title,
    /// The domain of its addresses.
    pub domain: Domain,
}

/// Bounds of the mail service, in MiB.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MailLimits {
    /// Most that a mailbox holds, unless its member has a quota of their own.
    pub quota_mib: u32,
    /// Largest message.
    pub message_mib: u32,
}

impl Default for MailLimits {
    fn default() -> Self {
        Self { quota_mib: 1024, message_mib: 25 }
    }
}

impl Settings {
    /// Settings of the current version.
    #[must_use]
    pub fn new(
        organisation: Organisation,
        host: HostName,
        timezone: Timezone,
        language: Language,
        services: Vec<String>,
        mail: MailLimits,
    ) -> Self {
        Self { version: VERSION, host, timezone, language, services, organisation, mail, acme: None }
    }

    /// Reads settings from TOML.
    ///
    /// # Errors
    /// When the text is no TOML, has an unknown key or a bad value, or is of a version this program does not know.
    pub fn from_toml(text: &str) -> Result<Self, SettingsError> {
        let settings: Self =
            toml::from_str(text).map_err(|source| SettingsError::Settings { source: Box::new(source) })?;
        if settings.version == VERSION {
            Ok(settings)
        } else {
            Err(SettingsError::SettingsVersion { found: settings.version, known: VERSION })
        }
    }

    /// The settings as TOML, with a line saying what they are.
    ///
    /// # Errors
    /// When a value has no form in TOML, which no value of these types is without.
    pub fn to_toml(&self) -> Result<String, SettingsError> {
        let body = toml::to_string_pretty(self).map_err(|source| SettingsError::Write { source: Box::new(source) })?;
        Ok(format!("# What the organisation chose. Written by the server; members are in its directory.\n{body}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ambridge() -> Settings {
        let domain: Domain = "ambridge.example".parse().unwrap();
        Settings::new(
            Organisation { name: "Ambridge Garden Club".parse().unwrap(), domain: domain.clone() },
            HostName::of_mail_server(&domain),
            "Europe/London".parse().unwrap(),
            Language::default(),
            vec!["mail".into()],
            MailLimits::default(),
        )
    }

    #[test]
    fn survive_being_written_and_read() {
        let settings = ambridge();
        assert_eq!(Settings::from_toml(&settings.to_toml().unwrap()).unwrap(), settings);
    }

    #[test]
    fn refuse_unknown_keys_and_bad_values() {
        let text = ambridge().to_toml().unwrap();
        assert!(Settings::from_toml(&text.replace("timezone =", "time_zone =")).is_err());
        assert!(Settings::from_toml(&text.replace("ambridge.example", "ambridge")).is_err());
    }

    #[test]
    fn refuse_a_version_from_the_future() {
        let text = ambridge().to_toml().unwrap().replace("version = 1", "version = 2");
        assert!(matches!(Settings::from_toml(&text), Err(SettingsError::SettingsVersion { found: 2, .. })));
    }
}
