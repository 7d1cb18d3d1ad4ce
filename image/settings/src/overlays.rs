//! The services of an image: their manifests and templates, read from a folder with one folder a service.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use crate::SettingsError;
use crate::manifest::ServiceManifest;
use crate::mapping::Offered;
use crate::settings::Settings;
use crate::variant::{Versions, fold};

/// One service: what it says of itself, and its templates by path.
#[derive(Debug, Clone)]
pub struct Overlay {
    /// The folder's name.
    pub name: String,
    /// `service.toml`.
    pub manifest: ServiceManifest,
    /// Everything below `templates/`, as text.
    pub templates: BTreeMap<String, String>,
}

/// Every service the image has, sorted by name.
#[derive(Debug, Clone, Default)]
pub struct Overlays(Vec<Overlay>);

impl Overlays {
    /// Reads an image's `folder`, and checks that needed services and named templates are there.
    ///
    /// # Errors
    /// When a file cannot be read or a manifest is not as it must be.
    pub fn load(folder: &Path) -> Result<Self, SettingsError> {
        Self::load_by(folder, ServiceManifest::parse)
    }

    /// Reads the repository's `folder` as an image with packages of these `versions` would have it.
    ///
    /// # Errors
    /// As [`Overlays::load`], or when the variants of a service do not fold.
    pub fn load_for(folder: &Path, versions: &Versions) -> Result<Self, SettingsError> {
        Self::load_by(folder, |name, text| fold(name, text, versions).map(|folded| folded.manifest))
    }

    fn load_by(
        folder: &Path,
        parse: impl Fn(&str, &str) -> Result<ServiceManifest, SettingsError>,
    ) -> Result<Self, SettingsError> {
        let mut overlays = Vec::new();
        for name in listing(folder)? {
            let path = folder.join(&name).join("service.toml");
            if !path.exists() {
                continue;
            }
            let manifest = parse(&name, &read(&path)?)?;
            let mut templates = BTreeMap::new();
            read_tree(&folder.join(&name).join("templates"), "", &mut templates)?;
            overlays.push(Overlay { name, manifest, templates });
        }
        Self::new(overlays)
    }

    /// Puts services together.
    ///
    /// # Errors
    /// When a service needs one that is not there, or names a template it does not have.
    pub fn new(overlays: Vec<Overlay>) -> Result<Self, SettingsError> {
        let all = Self(overlays);
        for overlay in all.iter() {
            for need in &overlay.manifest.needs {
                all.get(need, &overlay.name)?;
            }
            if let Some(missing) = overlay.manifest.templates.keys().find(|name| !overlay.templates.contains_key(*name))
            {
                let what = format!("templates.{missing:?}: there is no file templates/{missing}");
                return Err(SettingsError::Manifest { service: overlay.name.clone(), what });
            }
        }
        Ok(all)
    }

    /// All services.
    pub fn iter(&self) -> std::slice::Iter<'_, Overlay> {
        self.0.iter()
    }

    /// What an organisation may choose from, with the time zones that `tzdata.zi` (the zone database's own text) lists.
    #[must_use]
    pub fn offered(&self, tzdata: &str) -> Offered {
        let by_default = self.iter().filter(|overlay| overlay.manifest.default);
        Offered {
            services: self.iter().map(|overlay| overlay.name.clone()).collect(),
            by_default: by_default.map(|overlay| overlay.name.clone()).collect(),
            timezones: zones(tzdata),
        }
    }

    /// The services that `settings` enable: the chosen, the required, and what they need. Before there is an owner,
    /// the required ones.
    ///
    /// # Errors
    /// When a chosen service is not in this image.
    pub fn enabled(&self, settings: Option<&Settings>) -> Result<Vec<&Overlay>, SettingsError> {
        let mut names: BTreeSet<&str> = BTreeSet::new();
        let required = self.iter().filter(|overlay| overlay.manifest.required).map(|overlay| overlay.name.as_str());
        let chosen = settings.into_iter().flat_map(|settings| settings.services.iter().map(String::as_str));
        let mut open: Vec<(&str, &str)> = required.chain(chosen).map(|name| (name, "the settings")).collect();
        while let Some((name, by)) = open.pop() {
            let overlay = self.get(name, by)?;
            if names.insert(name) {
                open.extend(overlay.manifest.needs.iter().map(|need| (need.as_str(), name)));
            }
        }
        Ok(self.iter().filter(|overlay| names.contains(overlay.name.as_str())).collect())
    }

    fn get(&self, name: &str, by: &str) -> Result<&Overlay, SettingsError> {
        self.iter()
            .find(|overlay| overlay.name == name)
            .ok_or_else(|| SettingsError::UnknownService { service: name.to_owned(), by: by.to_owned() })
    }
}

/// Names of zones (`Z name …`) and links to them (`L target name`).
fn zones(tzdata: &str) -> BTreeSet<String> {
    let name = |line: &str| {
        let mut words = line.split_ascii_whitespace();
        match words.next() {
            Some("Z") => words.next().map(str::to_owned),
            Some("L") => words.nth(1).map(str::to_owned),
            _ => None,
        }
    };
    tzdata.lines().filter_map(name).collect()
}

fn read(path: &Path) -> Result<String, SettingsError> {
    fs::read_to_string(path).map_err(|source| SettingsError::Read { path: path.to_owned(), source })
}

fn listing(folder: &Path) -> Result<Vec<String>, SettingsError> {
    let fault = |source| SettingsError::Read { path: folder.to_owned(), source };
    let mut names = Vec::new();
    for entry in fs::read_dir(folder).map_err(fault)? {
        names.push(entry.map_err(fault)?.file_name().to_string_lossy().into_owned());
    }
    names.sort();
    Ok(names)
}

fn read_tree(folder: &Path, prefix: &str, into: &mut BTreeMap<String, String>) -> Result<(), SettingsError> {
    if !folder.exists() {
        return Ok(());
    }
    for name in listing(folder)? {
        let (path, key) = (folder.join(&name), format!("{prefix}{name}"));
        if path.is_dir() {
            read_tree(&path, &format!("{key}/"), into)?;
        } else {
            into.insert(key, read(&path)?);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zones_and_links_are_time_zones() {
        let zones = zones("# tzdb\nR A 1 2\nZ Europe/London -0:1 - L\n0 A x\nL Europe/London Europe/Belfast\n");
        assert_eq!(zones.into_iter().collect::<Vec<_>>(), ["Europe/Belfast", "Europe/London"]);
    }
}
