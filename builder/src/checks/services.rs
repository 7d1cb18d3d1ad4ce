//! The rule about templates, and what the image's services come to for sample settings.
//!
//! In: the services' folders in the root, and user data as providers hand it over. Out: [`Services`] with a [`Rendering`]
//! of each sample, by the very code that renders on the device (`sos_settings::render`).

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use sos_settings::{
    Accounts, Handed, Inputs, Offered, Overlay, Overlays, Rendered, Secret, SecretKind, Secrets, Settings, UserData,
    dns_records, render,
};

use super::facts::Facts;
use super::report::Finding;
use super::tree::Tree;
use crate::error::Error;

/// Where the image has its services.
pub const SERVICES: &str = "/usr/share/sos/overlays";
/// Where the device has the directory's database.
const DATABASE: &str = "/var/lib/ldap";
/// A password and a key of the length that the device makes.
const PASSWORD: &str = "sample0sample0sample0sam";
const PUBLIC_KEY_LENGTH: usize = 392;

/// What the services come to.
#[derive(Debug, Default)]
pub struct Services {
    /// What each sample's server has.
    pub renderings: Vec<Rendering>,
    /// By which program each service shows that it works.
    pub transactions: Vec<(String, String)>,
}

/// What came of a sample.
#[derive(Debug)]
pub struct Rendering {
    /// The sample.
    pub sample: String,
    /// What its server's `/etc` has, or why there is nothing.
    pub rendered: Result<Rendered, String>,
}

/// Every template renders for every sample.
pub fn templates(facts: &Facts<'_>) -> Result<Vec<Finding>, Error> {
    let failed = facts.services.renderings.iter().filter_map(|one| Some((one, one.rendered.as_ref().err()?)));
    Ok(failed.map(|(one, why)| Finding::new(&one.sample, why)).collect())
}

impl Services {
    /// Renders the services of `tree` for `samples` (files of `repository`), for a server without an owner, and for one
    /// that chose every service.
    ///
    /// # Errors
    /// A sample that cannot be read. What does not render is in the renderings.
    pub fn load(tree: &Tree, repository: &Path, samples: &[String]) -> Result<Self, Error> {
        let mut texts = Vec::new();
        for sample in samples {
            let path = repository.join(sample);
            texts.push((sample.as_str(), fs::read_to_string(&path).map_err(|e| Error::io("read", &path, e))?));
        }
        let renderer = match Renderer::load(tree) {
            Ok(renderer) => renderer,
            Err(why) => return Ok(Self { renderings: vec![Rendering::fault(SERVICES, why)], ..Self::default() }),
        };
        let health = |overlay: &Overlay| {
            overlay.manifest.health.as_ref().map(|health| (overlay.name.clone(), health.transaction.clone()))
        };
        let transactions = renderer.overlays.iter().filter_map(health).collect();
        Ok(Self { renderings: renderer.samples(&texts), transactions })
    }
}

impl Rendering {
    fn fault(sample: &str, why: String) -> Self {
        Self { sample: sample.to_owned(), rendered: Err(why.replace('\n', " ")) }
    }
}

/// The image's services, and what they need to render.
struct Renderer {
    overlays: Overlays,
    offered: Offered,
    accounts: Accounts,
}

impl Renderer {
    fn load(tree: &Tree) -> Result<Self, String> {
        let read = |path: &str| tree.read(path).map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
        let text = |path: &str| read(path).map_err(|e| e.to_string());
        let overlays = Overlays::load(&tree.place(SERVICES)).map_err(|e| e.to_string())?;
        let offered = overlays.offered(&text("/usr/share/zoneinfo/tzdata.zi")?);
        let accounts = Accounts::parse(&text("/etc/passwd")?, &text("/etc/group")?).map_err(|e| e.to_string())?;
        Ok(Self { overlays, offered, accounts })
    }

    /// What comes of each sample, by its name and its text.
    fn samples(&self, samples: &[(&str, String)]) -> Vec<Rendering> {
        let mut renderings = vec![self.rendering("a server without an owner", None)];
        let mut chosen: Option<Settings> = None;
        for (sample, text) in samples {
            match self.settings(text) {
                Ok(settings) => {
                    renderings.push(self.rendering(sample, settings.as_ref()));
                    chosen = chosen.or(settings);
                }
                Err(why) => renderings.push(Rendering::fault(sample, why)),
            }
        }
        if let Some(mut settings) = chosen {
            settings.services = self.offered.services.iter().cloned().collect();
            renderings.push(self.rendering("a server with every service", Some(&settings)));
        }
        renderings
    }

    /// The settings that user data asks for; nothing where it hands over no organisation.
    fn settings(&self, user_data: &str) -> Result<Option<Settings>, String> {
        let handed = UserData::parse(user_data).and_then(|user_data| user_data.handed(&self.offered));
        match handed {
            Ok(Some(Handed::Organisation(mapping))) => Ok(Some(mapping.settings())),
            Ok(_) => Ok(None),
            Err(problems) => Err(problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")),
        }
    }

    /// Renders in each state that a server may be in; what comes out is that of the ordinary one.
    fn rendering(&self, sample: &str, settings: Option<&Settings>) -> Rendering {
        let states = (1..8).map(|bits| (bits & 1 != 0, bits & 2 != 0, bits & 4 != 0));
        let rendered = self.render(settings, (false, false, false)).and_then(|rendered| {
            states.into_iter().try_for_each(|state| self.render(settings, state).map(drop)).map(|()| rendered)
        });
        match rendered {
            Ok(rendered) => Rendering { sample: sample.to_owned(), rendered: Ok(rendered) },
            Err(why) => Rendering::fault(sample, why),
        }
    }

    fn render(&self, settings: Option<&Settings>, state: (bool, bool, bool)) -> Result<Rendered, String> {
        let (ssh, authority, dark) = state;
        let (secrets, keys) = self.secrets(settings)?;
        let accounts = &self.accounts;
        let inputs = Inputs { settings, secrets: &secrets, accounts, ssh, directory: DATABASE, authority, dark };
        if settings.is_some() {
            let (ipv4, ipv6) = (["203.0.113.7".to_owned()], ["2001:db8::7".to_owned()]);
            dns_records(&self.overlays, &inputs, &keys, &ipv4, &ipv6).map_err(|e| e.to_string())?;
        }
        render(&self.overlays, &inputs).map_err(|e| e.to_string())
    }

    /// Secrets and public keys of the enabled services, of the right form and worth nothing.
    fn secrets(&self, settings: Option<&Settings>) -> Result<(Secrets, BTreeMap<String, String>), String> {
        let (mut secrets, mut keys) = (Secrets::default(), BTreeMap::new());
        for overlay in self.overlays.enabled(settings).map_err(|e| e.to_string())? {
            for (name, spec) in &overlay.manifest.secrets {
                match spec.kind {
                    SecretKind::Password => secrets.insert(name, Secret::new(PASSWORD)),
                    SecretKind::Rsa2048 => drop(keys.insert(name.clone(), "A".repeat(PUBLIC_KEY_LENGTH))),
                }
            }
        }
        Ok((secrets, keys))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checks::fixture::Fixture;

    const TEMPLATE: &str = "/usr/share/sos/overlays/base/templates/hosts";

    #[test]
    fn a_template_that_does_not_render_is_found_by_the_sample_it_fails_for() {
        let fixture = Fixture::good().file(TEMPLATE, "127.0.0.1 {{ nickname }}\n");
        let samples = ["a server with every service", "club.yaml", "a server without an owner", "waiting.yaml"];
        fixture.breaks("templates", &samples);
        let only_on_trial = "{% if dark and claimed %}{{ nickname }}{% endif %}\n";
        Fixture::good().file(TEMPLATE, only_on_trial).breaks("templates", &samples[..2]);
    }

    #[test]
    fn a_manifest_that_is_none_is_found() {
        let manifest = "/usr/share/sos/overlays/base/service.toml";
        Fixture::good().file(manifest, "title = 1\n").breaks("templates", &[SERVICES]);
    }

    #[test]
    fn a_sample_that_the_image_does_not_take_is_found() {
        let text = "#cloud-config\nsos: {version: 1, organisation: {name: X}}\n";
        Fixture::good().sample("waiting.yaml", text).breaks("templates", &["waiting.yaml"]);
    }
}
