//! What of a service differs between releases of Debian: `[[variant]]` of `service.toml`, folded away when an image is
//! built.
//!
//! In: the text of `service.toml`, and the versions of the packages that the lock chose. Out: [`Folded`], the text that
//! this image's device reads, with the variants that fit joined to the rest; the device knows nothing of others.
//!
//! A variant is a piece of `service.toml` that is added: tables are joined, lists get longer, and a key that has a value
//! already is refused. So what the releases share stands once, and what they do not stands in a variant for each. Besides,
//! a variant may name a folder below `variants/`, whose content goes where that of `files/` goes.

use std::collections::BTreeMap;

use serde::Deserialize;
use toml::{Table, Value};

use crate::SettingsError;
use crate::debian_version::compare;
use crate::manifest::ServiceManifest;

/// The packages of an image and their versions.
#[derive(Debug, Clone, Default)]
pub struct Versions(BTreeMap<String, String>);

impl<N: Into<String>, V: Into<String>> FromIterator<(N, V)> for Versions {
    fn from_iter<I: IntoIterator<Item = (N, V)>>(packages: I) -> Self {
        Self(packages.into_iter().map(|(name, version)| (name.into(), version.into())).collect())
    }
}

impl Versions {
    /// The packages that a lock (`image/locks/*.lock`) has for the image.
    ///
    /// # Errors
    /// When the text is no lock.
    pub fn of_lock(text: &str) -> Result<Self, toml::de::Error> {
        let lock: Lock = toml::from_str(text)?;
        let device = lock.package.into_iter().filter(|package| package.sets.iter().any(|set| set == "device"));
        Ok(device.map(|package| (package.name, package.version)).collect())
    }
}

/// What of a lock decides about variants.
#[derive(Deserialize)]
struct Lock {
    package: Vec<Package>,
}

#[derive(Deserialize)]
struct Package {
    name: String,
    version: String,
    sets: Vec<String>,
}

/// A service as one image has it.
#[derive(Debug, Clone)]
pub struct Folded {
    /// `service.toml` without variants.
    pub text: String,
    /// The same, read.
    pub manifest: ServiceManifest,
    /// Folders below `variants/` whose files belong to this image.
    pub files: Vec<String>,
}

/// When a variant is part of a service.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct When {
    /// A package of the image.
    package: String,
    /// From this version on.
    at_least: Option<String>,
    /// Only before this version.
    below: Option<String>,
}

impl When {
    fn fits(&self, versions: &Versions) -> Result<bool, String> {
        if self.at_least.is_none() && self.below.is_none() {
            return Err(format!("when.package {:?} needs at_least or below, or both", self.package));
        }
        let version = versions.0.get(&self.package).ok_or_else(|| {
            format!("when.package {:?} is not in the image; name one that the lock has", self.package)
        })?;
        let at_least = self.at_least.as_ref().is_none_or(|least| compare(version, least).is_ge());
        Ok(at_least && self.below.as_ref().is_none_or(|below| compare(version, below).is_lt()))
    }
}

/// Folds the variants of `service`'s `service.toml` away.
///
/// # Errors
/// When the text is no TOML, a variant is not as it must be, two pieces do not go together, or the outcome is not a
/// service.
pub fn fold(service: &str, text: &str, versions: &Versions) -> Result<Folded, SettingsError> {
    let fault = |what: String| SettingsError::Manifest { service: service.to_owned(), what };
    let mut table: Table = toml::from_str(text).map_err(|error| fault(error.to_string()))?;
    let mut files = Vec::new();
    if let Some(variants) = table.remove("variant") {
        for (number, variant) in list_of_tables(variants).map_err(fault)?.into_iter().enumerate() {
            let fault = |what: String| fault(format!("variant {}: {what}", number + 1));
            add(&mut table, variant, versions, &mut files).map_err(fault)?;
        }
    }
    let text = toml::to_string(&table).map_err(|error| fault(error.to_string()))?;
    Ok(Folded { manifest: ServiceManifest::parse(service, &text)?, text, files })
}

fn list_of_tables(variants: Value) -> Result<Vec<Table>, String> {
    let Value::Array(variants) = variants else { return Err("variant: write [[variant]]".into()) };
    let table = |value| match value {
        Value::Table(table) => Ok(table),
        other => Err(format!("variant: {other} is no table; write [[variant]]")),
    };
    variants.into_iter().map(table).collect()
}

/// Adds one variant, where it fits.
fn add(to: &mut Table, mut variant: Table, versions: &Versions, files: &mut Vec<String>) -> Result<(), String> {
    let when = variant.remove("when").ok_or("has no `when`, which says whose version decides")?;
    let when: When = when.try_into().map_err(|error| format!("when: {error}"))?;
    if variant.contains_key("packages") {
        return Err("packages decide about variants, so a variant cannot ask for any".into());
    }
    let folder = match variant.remove("files") {
        Some(Value::String(folder)) if is_plain(&folder) => Some(folder),
        Some(other) => return Err(format!("files = {other}: write the name of a folder below variants/")),
        None => None,
    };
    if when.fits(versions)? {
        join(to, variant, "")?;
        files.extend(folder);
    }
    Ok(())
}

/// Joins `from` to `into`; `path` is for messages.
fn join(into: &mut Table, from: Table, path: &str) -> Result<(), String> {
    for (key, value) in from {
        let path = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
        match (into.get_mut(&key), value) {
            (None, value) => {
                into.insert(key, value);
            }
            (Some(Value::Table(into)), Value::Table(from)) => join(into, from, &path)?,
            (Some(Value::Array(into)), Value::Array(mut from)) => into.append(&mut from),
            _ => {
                return Err(format!("{path} has a value already; keep it in one place, or in a variant for each case"));
            }
        }
    }
    Ok(())
}

fn is_plain(name: &str) -> bool {
    name.starts_with(|first: char| first.is_ascii_alphanumeric())
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = r#"
        title = "Mail"
        units = ["a.service"]
        [templates."main.cf"]
        to = "/etc/main.cf"
        [[variant]]
        when = { package = "srs", below = "2" }
        files = "srs-1"
        values = { port = "10001" }
        [variant.templates."srs"]
        to = "/etc/default/srs"
        [[variant]]
        when = { package = "srs", at_least = "2" }
        units = ["b.service"]
        values = { port = "10003" }
        [variant.templates."srs.conf"]
        to = "/etc/srs.conf"
    "#;

    fn fold_at(version: &str, text: &str) -> Result<Folded, SettingsError> {
        fold("mail", text, &[("srs", version)].into_iter().collect())
    }

    #[test]
    fn the_variant_that_fits_joins_what_all_releases_share() {
        let old = fold_at("1.10-2.2", TEXT).unwrap();
        assert_eq!(old.manifest.templates.keys().collect::<Vec<_>>(), ["main.cf", "srs"]);
        assert_eq!(
            (old.manifest.units.as_slice(), old.files.as_slice()),
            (&["a.service".to_owned()][..], &["srs-1".to_owned()][..])
        );
        assert_eq!(old.manifest.values["port"], "10001");
        let new = fold_at("2.4.1-1", TEXT).unwrap();
        assert_eq!(new.manifest.templates.keys().collect::<Vec<_>>(), ["main.cf", "srs.conf"]);
        assert_eq!(new.manifest.units, ["a.service", "b.service"]);
        assert!(new.files.is_empty());
    }

    #[test]
    fn a_lock_says_which_packages_the_image_has() {
        let package = |name: &str, set: &str| format!("[[package]]\nname='{name}'\nversion='2'\nsets=['{set}']\n");
        let versions = Versions::of_lock(&(package("srs", "device") + &package("zstd", "tools"))).unwrap();
        assert_eq!(versions.0.into_keys().collect::<Vec<_>>(), ["srs"]);
    }

    #[test]
    fn a_device_reads_what_was_folded_and_refuses_what_was_not() {
        let folded = fold_at("2", TEXT).unwrap();
        assert!(!folded.text.contains("variant"));
        assert!(ServiceManifest::parse("mail", &folded.text).is_ok());
        assert!(ServiceManifest::parse("mail", TEXT).unwrap_err().to_string().contains("variant"));
    }

    #[test]
    fn a_variant_replaces_nothing() {
        let text = format!("{TEXT}\n[variant.templates.\"main.cf\"]\nmode = \"0600\"\n");
        assert!(fold_at("2", &text).is_ok(), "a key that is not there yet is added");
        let text = format!("{TEXT}\n[variant.templates.\"main.cf\"]\nto = \"/etc/other\"\n");
        let fault = fold_at("2", &text).unwrap_err().to_string();
        assert!(fault.contains("variant 2: templates.main.cf.to has a value already"), "{fault}");
        assert!(fold_at("1", &text).is_ok(), "what does not fit is not joined");
    }

    #[test]
    fn each_bad_variant_is_refused_with_its_reason() {
        for (variant, reason) in [
            ("[variant]\nwhen = 1", "write [[variant]]"),
            ("variant = [1]", "is no table"),
            ("[[variant]]\nunits = []", "has no `when`"),
            ("[[variant]]\nwhen = { package = \"srs\" }", "needs at_least or below"),
            ("[[variant]]\nwhen = { package = \"srs\", atleast = \"1\" }", "unknown field"),
            ("[[variant]]\nwhen = { package = \"sr\", below = \"1\" }", "is not in the image"),
            ("[[variant]]\nwhen = { package = \"srs\", below = \"9\" }\npackages = [\"x\"]", "cannot ask for any"),
            ("[[variant]]\nwhen = { package = \"srs\", below = \"9\" }\nfiles = \"../x\"", "below variants/"),
            ("[[variant]]\nwhen = { package = \"srs\", below = \"9\" }\ncolour = 1", "unknown field `colour`"),
            ("[[variant]]\nwhen = { package = \"srs\", below = \"9\" }\n[[variant.variant]]\nx = 1", "variant"),
        ] {
            let fault = fold_at("2", &format!("title = \"X\"\n{variant}\n")).unwrap_err().to_string();
            assert!(fault.contains(reason), "{variant}: {fault}");
        }
    }
}
