//! The definition: what we ask for. `image/releases/<release>.toml` and the `packages` of every overlay.
//!
//! In: TOML texts. Out: [`Definition`], checked, which [`crate::resolve`] turns into a lock.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use crate::error::{Error, Refusal, Result};
use crate::lock::{Kind, Set, Sha256};

/// What a release is made of, as asked for.
#[derive(Debug, Clone)]
pub struct Definition {
    /// The release's name, «trixie».
    pub release: String,
    /// The first number of the versions made from it, «13».
    pub version_prefix: u32,
    /// Debian's name of the architecture.
    pub architecture: String,
    /// Where packages may come from; of two archives with the same package the first is named in the lock.
    pub archives: Vec<Archive>,
    /// The packages of the image, beside the essential ones.
    pub device: Wanted,
    /// The packages of the root in which the build's tools run, beside the essential ones.
    pub tools: Wanted,
}

/// An archive to resolve from.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Archive {
    /// Our name for it.
    pub name: String,
    /// Which of a mirror's trees it lies in.
    pub kind: Kind,
    /// Its suite, «trixie-updates».
    pub suite: String,
    /// Its components, «main».
    pub components: Vec<String>,
}

/// Packages asked for, each with the file that asks first.
pub type Wanted = BTreeMap<String, PathBuf>;

/// `image/releases/<release>.toml` as written.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    version_prefix: u32,
    architecture: String,
    archive: Vec<Archive>,
    device: Packages,
    tools: Packages,
}

/// A list of packages.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Packages {
    packages: Vec<String>,
}

/// The one key of `service.toml` that the lock depends on; the rest is sos-settings' to read.
#[derive(Debug, Deserialize)]
struct Service {
    #[serde(default)]
    packages: Vec<String>,
}

impl Definition {
    /// Reads `file` and `overlays/*/service.toml`.
    ///
    /// # Errors
    /// [`Error::Io`] or [`Error::Malformed`], naming the file and the key.
    pub fn load(release: &str, file: &Path, overlays: &Path) -> Result<Self> {
        let mut definition = Self::parse(release, file, &read(file)?)?;
        for service in services(overlays)? {
            definition.add_service(&service, &read(&service)?)?;
        }
        Ok(definition)
    }

    /// A release of Debian that we build nothing from: the main archive of `suite`, and nothing asked for.
    #[must_use]
    pub fn of_suite(suite: &str, like: &Self) -> Self {
        let components = like.archives.first().map(|archive| archive.components.clone()).unwrap_or_default();
        let archive = Archive { name: "main".into(), kind: Kind::Main, suite: suite.to_owned(), components };
        Self {
            release: suite.to_owned(),
            version_prefix: like.version_prefix,
            architecture: like.architecture.clone(),
            archives: vec![archive],
            device: Wanted::new(),
            tools: Wanted::new(),
        }
    }

    /// Reads the text of a release's definition, without the overlays; `path` is for messages.
    ///
    /// # Errors
    /// [`Error::Malformed`] naming what is wrong.
    pub fn parse(release: &str, path: &Path, text: &str) -> Result<Self> {
        let file: File = toml::from_str(text).map_err(|e| Error::malformed(path, e.to_string()))?;
        if file.archive.is_empty() {
            return Err(Error::malformed(path, "it names no [[archive]] to take packages from"));
        }
        for archive in &file.archive {
            let words = [&archive.name, &archive.suite].into_iter().chain(&archive.components);
            for word in words.chain([&file.architecture]) {
                if !is_word(word) {
                    return Err(Error::malformed(path, format!("archive «{}»: «{word}» is not a name", archive.name)));
                }
            }
        }
        Ok(Self {
            release: release.to_owned(),
            version_prefix: file.version_prefix,
            architecture: file.architecture,
            archives: file.archive,
            device: wanted(path, file.device.packages)?,
            tools: wanted(path, file.tools.packages)?,
        })
    }

    /// Adds the packages of an overlay's `service.toml` to the image's.
    ///
    /// # Errors
    /// [`Error::Malformed`] naming what is wrong.
    pub fn add_service(&mut self, path: &Path, text: &str) -> Result<()> {
        let service: Service = toml::from_str(text).map_err(|e| Error::malformed(path, e.to_string()))?;
        for (package, by) in wanted(path, service.packages)? {
            self.device.entry(package).or_insert(by);
        }
        Ok(())
    }

    /// The packages asked for in `set`.
    #[must_use]
    pub fn wanted(&self, set: Set) -> &Wanted {
        match set {
            Set::Device => &self.device,
            Set::Tools => &self.tools,
        }
    }

    /// A digest of what is asked for; comments, order and who asks do not count.
    #[must_use]
    pub fn digest(&self) -> Sha256 {
        let mut text = format!("{}\n{}\n", self.release, self.architecture);
        for archive in &self.archives {
            text += &format!(
                "archive {} {:?} {} {}\n",
                archive.name,
                archive.kind,
                archive.suite,
                archive.components.join(" ")
            );
        }
        for set in [Set::Device, Set::Tools] {
            for package in self.wanted(set).keys() {
                text += &format!("{} {package}\n", set.name());
            }
        }
        Sha256::of(text.as_bytes())
    }
}

fn read(path: &Path) -> Result<String> {
    fs::read_to_string(path).map_err(|e| Error::io("read", path, e))
}

/// Every overlay's `service.toml`, sorted.
fn services(overlays: &Path) -> Result<Vec<PathBuf>> {
    let failed = |e| Error::io("read", overlays, e);
    let mut files = Vec::new();
    for entry in fs::read_dir(overlays).map_err(failed)? {
        let file = entry.map_err(failed)?.path().join("service.toml");
        if file.is_file() {
            files.push(file);
        }
    }
    files.sort();
    Ok(files)
}

/// Checks the names of packages; each remembers the file that asks for it.
fn wanted(path: &Path, packages: Vec<String>) -> Result<Wanted> {
    check_twice(path, &packages)?;
    let mut wanted = Wanted::new();
    for package in packages {
        let malformed = |reason: &str| Error::malformed(path, format!("packages: «{package}» {reason}"));
        if package.split_once('=').is_some_and(|(name, _)| is_package(name)) {
            return Err(malformed("names a version: the lock says which; write the name alone"));
        }
        if !is_package(&package) {
            return Err(malformed("is not a Debian package's name"));
        }
        wanted.insert(package, path.to_owned());
    }
    Ok(wanted)
}

/// A list names each package once, and not in two versions.
fn check_twice(path: &Path, packages: &[String]) -> Result<()> {
    let mut seen: BTreeMap<&str, &str> = BTreeMap::new();
    for asked in packages {
        let name = asked.split_once('=').map_or(asked.as_str(), |(name, _)| name);
        let Some(before) = seen.insert(name, asked) else { continue };
        let (path, package) = (path.to_owned(), name.to_owned());
        return Err(if before == asked {
            Refusal::PackageTwice { path, package }.into()
        } else {
            Refusal::PackageInTwoVersions { path, package, one: before.to_owned(), other: asked.clone() }.into()
        });
    }
    Ok(())
}

/// Debian Policy 5.6.7; apt would read a `-` at the end as «remove».
fn is_package(name: &str) -> bool {
    name.len() >= 2
        && name.starts_with(|c: char| c.is_ascii_lowercase() || c.is_ascii_digit())
        && !name.ends_with('-')
        && name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || "+-.".contains(c))
}

/// A word that is safe in apt's source lists.
pub(crate) fn is_word(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_alphanumeric())
        && name.chars().all(|c| c.is_ascii_alphanumeric() || "-._/".contains(c))
        && !name.contains("..")
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = r#"
        version_prefix = 13
        architecture = "amd64"
        device.packages = ["linux-image-amd64"]
        tools.packages = ["zstd"]
        [[archive]]
        name = "main"
        kind = "main"
        suite = "trixie"
        components = ["main"]
    "#;

    fn parse(text: &str) -> Result<Definition> {
        Definition::parse("trixie", Path::new("trixie.toml"), text)
    }

    #[test]
    fn an_overlays_packages_join_the_images() {
        let mut definition = parse(TEXT).unwrap();
        let before = definition.digest();
        let text = "title = 'Email'\npackages = ['postfix']\n";
        definition.add_service(Path::new("overlays/mail/service.toml"), text).unwrap();
        assert_eq!(definition.device["postfix"], Path::new("overlays/mail/service.toml"));
        assert_ne!(definition.digest(), before);
    }

    #[test]
    fn a_comment_does_not_make_the_lock_outdated() {
        assert_eq!(parse(TEXT).unwrap().digest(), parse(&format!("# why\n{TEXT}")).unwrap().digest());
    }

    #[test]
    fn a_name_that_apt_would_read_as_an_option_is_refused() {
        for name in ["--download-only", "vim-", "?essential", "Foo=1.0", "Foo", ""] {
            let error = parse(&TEXT.replace("zstd", name)).unwrap_err();
            assert!(error.to_string().contains(&format!("«{name}» is not a Debian package's name")), "{error}");
            assert_eq!(error.exit_code(), 2);
        }
    }

    #[test]
    fn a_version_is_the_locks_to_say() {
        let error = parse(&TEXT.replace("zstd", "zstd=1.5.6")).unwrap_err();
        assert!(error.to_string().contains("«zstd=1.5.6» names a version: the lock says which"), "{error}");
        assert_eq!(error.exit_code(), 2);
    }

    #[test]
    fn a_package_named_twice_or_in_two_versions_is_refused_by_its_name() {
        let path = || PathBuf::from("trixie.toml");
        let twice = Refusal::PackageTwice { path: path(), package: "zstd".into() };
        let versions = |one: &str, other: &str| Refusal::PackageInTwoVersions {
            path: path(),
            package: "zstd".into(),
            one: one.into(),
            other: other.into(),
        };
        for (list, expected) in [
            ("zstd\", \"e2fsprogs\", \"zstd", twice.clone()),
            ("zstd=1\", \"zstd=1", twice),
            ("zstd=1\", \"zstd=2", versions("zstd=1", "zstd=2")),
            ("zstd\", \"zstd=2", versions("zstd", "zstd=2")),
        ] {
            let error = parse(&TEXT.replace("zstd", list)).unwrap_err();
            assert!(matches!(&error, Error::Refused(refusal) if *refusal == expected), "{list}: {error}");
            assert_eq!(error.exit_code(), 3);
        }
    }

    #[test]
    fn an_unknown_key_is_named() {
        let error = parse(&format!("mirror = 'x'\n{TEXT}")).unwrap_err();
        assert!(error.to_string().contains("unknown field `mirror`"), "{error}");
    }
}
