//! `service.toml`: all that the rest of the system needs to know of a service, as it stands in an image; what the
//! repository's has besides, for several releases of Debian, [`crate::variant`] has folded away.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::SettingsError;

/// A service, as its folder describes it. Paths are absolute on the device.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ServiceManifest {
    /// What a person calls it.
    pub title: String,
    /// Services that must be there too.
    #[serde(default)]
    pub needs: Vec<String>,
    /// Whether an organisation that chooses nothing gets it.
    #[serde(default)]
    pub default: bool,
    /// Whether every server has it.
    #[serde(default)]
    pub required: bool,
    /// Whether it is there before there is an owner, too: its units, ports, templates and links. These may then use
    /// `claimed`, `ports`, `udp_ports`, `services`, `ssh`, `dark`, `tls`, `uid` and `gid` only, unless `claimed`.
    #[serde(default)]
    pub unclaimed: bool,
    /// Its proportional set size when idle.
    #[serde(default)]
    pub memory_mib: u32,
    /// Debian packages it brings into the image.
    #[serde(default)]
    pub packages: Vec<String>,
    /// Answers to the packages' questions, as debconf-set-selections(1) takes them. For the builder.
    #[serde(default)]
    pub debconf: Vec<String>,
    /// Units that `sos-services.target` wants when the service is enabled.
    #[serde(default)]
    pub units: Vec<String>,
    /// What of it is kept, backed up and exported.
    #[serde(default)]
    pub state: Vec<StateSpec>,
    /// Ports open to the Internet.
    #[serde(default)]
    pub ports: Ports,
    /// DNS records the organisation should publish.
    #[serde(default)]
    pub dns: DnsSpec,
    /// Programs, each with its arguments, that read the configuration and fail where it is wrong. For the builder, which
    /// runs them in the image's root with the example organisation's settings (`sos-build rehearse`).
    #[serde(default)]
    pub checks: Vec<Vec<String>>,
    /// How it shows that it works.
    pub health: Option<HealthSpec>,
    /// What it does with the server's certificate.
    #[serde(default)]
    pub certificate: CertificateSpec,
    /// How an export takes along what it keeps of members, and an import brings it back (docs/export.md).
    pub export: Option<ExportSpec>,
    /// Files rendered into `/etc`, by template.
    #[serde(default)]
    pub templates: BTreeMap<String, TemplateSpec>,
    /// Words that its templates see as `values`: what differs between releases of Debian in files that are else the same.
    #[serde(default)]
    pub values: BTreeMap<String, String>,
    /// Symbolic links in `/etc`: path to target, or a table with both and more. Targets are templates.
    #[serde(default)]
    pub links: BTreeMap<String, Link>,
    /// Secrets it needs, made once on the device.
    #[serde(default)]
    pub secrets: BTreeMap<String, SecretSpec>,
    /// What the console shows of it.
    #[serde(default)]
    pub console: toml::Table,
}

/// One kind of state that a service keeps (docs/state-formats.md).
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StateSpec {
    /// A folder or file below `/var`, with all that is in it.
    pub path: String,
    /// What it holds, in a person's words.
    pub holds: String,
    /// The format in which this image's software writes it.
    pub format: String,
    /// How what the release before wrote becomes this release's.
    pub forward: Forward,
    /// The unit that carries it forward, where it has to be.
    pub by: Option<String>,
}

/// How state of the release before becomes state of this one. Going back is always the snapshot's doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Forward {
    /// It is read as it stands.
    AsIs,
    /// A unit converts it when it starts.
    Converted,
    /// It is dispensable: what cannot be read is made again.
    MadeAgain,
}

/// Ports of a service.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ports {
    /// TCP.
    #[serde(default)]
    pub public: Vec<u16>,
    /// UDP.
    #[serde(default)]
    pub public_udp: Vec<u16>,
}

/// DNS records of a service.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DnsSpec {
    /// Templates, each of which renders to any number of records, one a line.
    #[serde(default)]
    pub records: Vec<String>,
}

/// The health of a service.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HealthSpec {
    /// An executable: exit code 0 is healthy, else it says why in one sentence on standard error.
    pub transaction: String,
}

/// What a service does with the server's certificate.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CertificateSpec {
    /// Units that read it anew when they reload.
    #[serde(default)]
    pub reload: Vec<String>,
}

/// How a service's data come out and go in again, in open formats.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ExportSpec {
    /// An executable that says and takes in one file of one member a line.
    pub program: String,
    /// As whom it runs; its group has the same name.
    pub user: String,
}

/// A template and the file it makes.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TemplateSpec {
    /// The file, below `/etc`.
    pub to: String,
    /// Unit to reload when the file changes.
    pub reload: Option<String>,
    /// Unit to start again when the file changes.
    pub restart: Option<String>,
    /// Mode, octal.
    #[serde(default = "default_mode")]
    pub mode: String,
    /// Owner.
    #[serde(default = "root")]
    pub owner: String,
    /// Group.
    #[serde(default = "root")]
    pub group: String,
    /// Whether it is rendered before there is an owner, too, though the rest of the service is not.
    #[serde(default)]
    pub unclaimed: bool,
}

/// Where a link points.
pub type Link = String;

/// What kind of secret to make.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SecretKind {
    /// 24 letters and digits (142 bits), in `/var/lib/sos/secrets/<name>`; templates see its text.
    Password,
    /// An RSA key of 2048 bits (PEM), in `/var/lib/sos/dkim/<name>.key`; DNS records see its public half as
    /// `dkim.<name>`.
    #[serde(rename = "rsa-2048", alias = "dkim")]
    Rsa2048,
}

/// A secret and who may read it.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SecretSpec {
    /// Its kind.
    pub kind: SecretKind,
    /// Its owner.
    #[serde(default = "root")]
    pub owner: String,
    /// Its group, which may read it when it is not root's.
    #[serde(default = "root")]
    pub group: String,
}

impl ServiceManifest {
    /// Reads the `service.toml` of `service`.
    ///
    /// # Errors
    /// When the text is no TOML, has an unknown key, or names a file outside `/etc` or a mode that is none.
    pub fn parse(service: &str, text: &str) -> Result<Self, SettingsError> {
        let fault = |what: String| SettingsError::Manifest { service: service.to_owned(), what };
        let manifest: Self = toml::from_str(text).map_err(|error| fault(error.to_string()))?;
        manifest.check().map_err(fault)?;
        Ok(manifest)
    }

    fn check(&self) -> Result<(), String> {
        for (name, template) in &self.templates {
            in_etc(&template.to)?;
            if template.reload.is_some() && template.restart.is_some() {
                return Err(format!("templates.{name:?} has both reload and restart; keep one"));
            }
            template.mode_bits().map_err(|()| format!("templates.{name:?}.mode is no octal mode such as \"0640\""))?;
        }
        self.links.keys().try_for_each(|path| in_etc(path))?;
        self.state.iter().try_for_each(StateSpec::check)?;
        if self.unclaimed && !self.required {
            return Err("is unclaimed and not required; before the claim there are required services only".into());
        }
        if self.unclaimed && !self.secrets.is_empty() {
            return Err("is unclaimed and has secrets, which are made at the claim; give up one of them".into());
        }
        if self.checks.iter().any(Vec::is_empty) {
            return Err("checks has an empty list; write a program and its arguments".into());
        }
        if let Some(name) = self.secrets.keys().find(|name| !is_plain(name)) {
            return Err(format!("secrets.{name:?}: write letters, digits, hyphens and underscores"));
        }
        if let Some(export) = self.export.as_ref().filter(|export| !export.program.starts_with("/usr/lib/sos/export/"))
        {
            return Err(format!("export.program {:?} must be below /usr/lib/sos/export/", export.program));
        }
        match &self.health {
            Some(health) if !health.transaction.starts_with("/usr/lib/sos/health/") => {
                Err("health.transaction must be below /usr/lib/sos/health/".into())
            }
            _ => Ok(()),
        }
    }
}

impl StateSpec {
    fn check(&self) -> Result<(), String> {
        let Self { path, by, .. } = self;
        if !is_below("/var/", path) {
            return Err(format!("state: {path:?} is not a file or folder below /var"));
        }
        match (self.forward, by) {
            (Forward::Converted, None) => Err(format!("state {path:?} is converted; say by which unit")),
            (Forward::AsIs | Forward::MadeAgain, Some(_)) => Err(format!("state {path:?} is not converted by a unit")),
            _ => Ok(()),
        }
    }
}

impl TemplateSpec {
    /// The mode as a number.
    pub(crate) fn mode_bits(&self) -> Result<u32, ()> {
        u32::from_str_radix(&self.mode, 8).ok().filter(|bits| *bits <= 0o777).ok_or(())
    }
}

fn in_etc(path: &str) -> Result<(), String> {
    if is_below("/etc/", path) { Ok(()) } else { Err(format!("{path:?} is not a file below /etc")) }
}

fn is_below(folder: &str, path: &str) -> bool {
    path.strip_prefix(folder).is_some_and(|rest| rest.split('/').all(|part| !matches!(part, "" | "." | "..")))
}

fn is_plain(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte))
}

fn default_mode() -> String {
    "0644".into()
}

fn root() -> String {
    "root".into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refuses_unknown_keys_and_files_outside_etc() {
        assert!(ServiceManifest::parse("x", "title = \"X\"\ncolour = 1").is_err());
        for to in ["/usr/x", "/etc/../x", "etc/x", "/etc/"] {
            let text = format!("title = \"X\"\n[templates.a]\nto = {to:?}");
            assert!(ServiceManifest::parse("x", &text).is_err(), "{to}");
        }
    }

    #[test]
    fn refuses_a_template_that_both_reloads_and_restarts() {
        let text = "title=\"X\"\n[templates.a]\nto=\"/etc/a\"\nreload=\"a.service\"\nrestart=\"a.service\"";
        assert!(ServiceManifest::parse("x", text).unwrap_err().to_string().contains("keep one"));
    }

    #[test]
    fn a_check_is_a_program() {
        assert!(ServiceManifest::parse("x", "title=\"X\"\nchecks=[[\"nginx\", \"-t\"]]").is_ok());
        assert!(ServiceManifest::parse("x", "title=\"X\"\nchecks=[[]]").is_err());
    }

    #[test]
    fn what_is_there_before_the_claim_is_required_and_has_no_secrets() {
        assert!(ServiceManifest::parse("x", "title=\"X\"\nunclaimed=true\nrequired=true").is_ok());
        assert!(ServiceManifest::parse("x", "title=\"X\"\nunclaimed=true").is_err());
        let text = "title=\"X\"\nunclaimed=true\nrequired=true\n[secrets]\nk={kind=\"password\"}";
        assert!(ServiceManifest::parse("x", text).is_err());
    }

    #[test]
    fn what_exports_is_a_program_of_ours() {
        let manifest = |program: &str| {
            ServiceManifest::parse("x", &format!("title=\"X\"\n[export]\nprogram={program:?}\nuser=\"www-data\""))
        };
        assert!(manifest("/usr/lib/sos/export/x").is_ok());
        assert!(manifest("/bin/sh").is_err());
    }

    #[test]
    fn state_says_where_it_is_and_who_converts_it() {
        let with = |state: &str| {
            let text = format!("title=\"X\"\n[[state]]\nholds=\"letters\"\nformat=\"Maildir\"\n{state}");
            ServiceManifest::parse("x", &text).map_err(|fault| fault.to_string())
        };
        assert_eq!(with("path=\"/var/x\"\nforward=\"as-is\"").unwrap().state[0].forward, Forward::AsIs);
        assert!(with("path=\"/var/x\"\nforward=\"converted\"\nby=\"x.service\"").is_ok());
        for (state, reason) in [
            ("path=\"/etc/x\"\nforward=\"as-is\"", "below /var"),
            ("path=\"/var/../x\"\nforward=\"as-is\"", "below /var"),
            ("path=\"/var/x\"\nforward=\"converted\"", "by which unit"),
            ("path=\"/var/x\"\nforward=\"as-is\"\nby=\"x.service\"", "not converted by a unit"),
            ("path=\"/var/x\"\nforward=\"somehow\"", "unknown variant"),
            ("path=\"/var/x\"", "missing field `forward`"),
        ] {
            let fault = with(state).unwrap_err();
            assert!(fault.contains(reason), "{state}: {fault}");
        }
    }

    #[test]
    fn a_file_is_root_s_and_readable_unless_told_otherwise() {
        let manifest = ServiceManifest::parse("x", "title=\"X\"\n[templates.a]\nto=\"/etc/a\"").unwrap();
        let spec = &manifest.templates["a"];
        assert_eq!((spec.mode_bits(), spec.owner.as_str(), spec.group.as_str()), (Ok(0o644), "root", "root"));
    }
}
