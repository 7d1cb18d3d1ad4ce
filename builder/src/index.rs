//! Debian's indexes: `Packages` and `InRelease` (deb822(5)), after apt has verified them.
//!
//! In: their texts. Out: [`Packages`], to look up what apt chose, and [`Release`].

use std::collections::{HashMap, HashSet};

use crate::apt::Chosen;
use crate::lock::Sha256;

/// The packages of one index.
#[derive(Debug, Default)]
pub struct Packages {
    entries: HashMap<Chosen, Entry>,
    names: HashSet<String>,
}

/// What an index says of a package.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Its path under the archive's tree.
    pub path: String,
    /// The package file's size in bytes.
    pub size: u64,
    /// The package file's SHA-256.
    pub sha256: Sha256,
    /// The source package, and its version where it differs.
    pub source: (String, Option<String>),
    /// `Essential: yes`.
    pub essential: bool,
    /// Who maintains it in Debian.
    pub maintainer: String,
}

impl Packages {
    /// Reads the text of a `Packages` file.
    ///
    /// # Errors
    /// What is wrong with it, naming the package.
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut packages = Self::default();
        for paragraph in text.split("\n\n").filter(|paragraph| !paragraph.trim().is_empty()) {
            let (key, entry) = entry(paragraph)?;
            packages.names.insert(key.name.clone());
            packages.entries.insert(key, entry);
        }
        Ok(packages)
    }

    /// What it says of a package that apt chose.
    #[must_use]
    pub fn get(&self, chosen: &Chosen) -> Option<&Entry> {
        self.entries.get(chosen)
    }

    /// All packages, in no order.
    pub fn iter(&self) -> impl Iterator<Item = (&Chosen, &Entry)> {
        self.entries.iter()
    }

    /// Whether a package of this name is in it.
    #[must_use]
    pub fn has(&self, name: &str) -> bool {
        self.names.contains(name)
    }
}

/// One paragraph of a `Packages` file.
fn entry(paragraph: &str) -> Result<(Chosen, Entry), String> {
    let mut fields = HashMap::new();
    for line in paragraph.lines().filter(|line| !line.starts_with([' ', '\t'])) {
        if let Some((name, value)) = line.split_once(':') {
            fields.insert(name, value.trim());
        }
    }
    let name = fields.get("Package").copied().unwrap_or("?");
    let field = |wanted: &str| {
        fields.get(wanted).map(|value| (*value).to_owned()).ok_or_else(|| format!("package {name} lacks «{wanted}»"))
    };
    let size = field("Size")?.parse().map_err(|_| format!("package {name}: its size is not a number"))?;
    let sha256 = Sha256::try_from(field("SHA256")?).map_err(|reason| format!("package {name}: {reason}"))?;
    let key = Chosen { name: field("Package")?, version: field("Version")?, architecture: field("Architecture")? };
    let source = fields.get("Source").map_or_else(|| (key.name.clone(), None), |source| split_source(source));
    let essential = fields.get("Essential") == Some(&"yes");
    let maintainer = fields.get("Maintainer").copied().unwrap_or_default().to_owned();
    Ok((key, Entry { path: field("Filename")?, size, sha256, source, essential, maintainer }))
}

/// `glibc` or `glibc (2.41-12)`.
fn split_source(source: &str) -> (String, Option<String>) {
    match source.split_once(" (") {
        Some((name, version)) => (name.to_owned(), Some(version.trim_end_matches(')').to_owned())),
        None => (source.to_owned(), None),
    }
}

/// What an `InRelease` says of its archive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Release {
    /// Its suite, «stable-security».
    pub suite: String,
    /// Its code name, «trixie-security».
    pub codename: String,
    /// When it was made, in seconds since 1970.
    pub date: u64,
}

impl Release {
    /// Reads the signed part of an `InRelease`.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn parse(text: &str) -> Result<Self, String> {
        let signed = signed_part(text);
        let field = |name: &str| {
            let value = signed.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
            value.map(|value| value.trim().to_owned()).ok_or_else(|| format!("it lacks «{name}»"))
        };
        let date = field("Date")?;
        Ok(Self { suite: field("Suite")?, codename: field("Codename")?, date: seconds(&date)? })
    }

    /// Whether `suite` is one of its names.
    #[must_use]
    pub fn is(&self, suite: &str) -> bool {
        self.suite == suite || self.codename == suite
    }
}

/// A file that an `InRelease` vouches for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// Its path beside the `InRelease`.
    pub path: String,
    /// Bytes.
    pub size: u64,
    /// Its SHA-256.
    pub sha256: Sha256,
}

/// The files that the signed part of an `InRelease` vouches for, those with a SHA-256.
///
/// # Errors
/// What is wrong with it.
pub fn listed(text: &str) -> Result<Vec<Listed>, String> {
    let lines = signed_part(text).lines().skip_while(|line| line.trim_end() != "SHA256:").skip(1);
    lines.take_while(|line| line.starts_with(' ')).map(listed_line).collect()
}

/// ` <sha256> <size> main/binary-amd64/Packages.xz`.
fn listed_line(line: &str) -> Result<Listed, String> {
    let mut words = line.split_whitespace();
    let (Some(sha256), Some(size), Some(path), None) = (words.next(), words.next(), words.next(), words.next()) else {
        return Err(format!("«{}» lists no file", line.trim()));
    };
    if !crate::inventory::is_inside(path) {
        return Err(format!("«{path}» is not a path beside it"));
    }
    let size = size.parse().map_err(|_| format!("{path}: its size is not a number"))?;
    let sha256 = Sha256::try_from(sha256.to_owned()).map_err(|reason| format!("{path}: {reason}"))?;
    Ok(Listed { path: path.to_owned(), size, sha256 })
}

/// What of an `InRelease` is signed.
fn signed_part(text: &str) -> &str {
    let signed = text.split_once("-----BEGIN PGP SIGNED MESSAGE-----").map_or(text, |(_, signed)| signed);
    signed.split("-----BEGIN PGP SIGNATURE-----").next().unwrap_or_default()
}

/// `Sat, 21 Nov 2026 09:15:44 UTC`, in seconds since 1970.
fn seconds(date: &str) -> Result<u64, String> {
    let wrong = || format!("«{date}» is not a date");
    let numeric = date.replace("UTC", "+0000");
    let parsed =
        time::OffsetDateTime::parse(&numeric, &time::format_description::well_known::Rfc2822).map_err(|_| wrong())?;
    u64::try_from(parsed.unix_timestamp()).map_err(|_| wrong())
}

#[cfg(test)]
mod tests {
    use super::*;

    const DIGEST: &str = "0f3f8c1b2e7d6a594837261504f3e2d1c0b0a090807060504030201000ffeedd";

    #[test]
    fn a_paragraph_is_found_by_what_apt_chose() {
        let text = format!(
            "Package: libc6\nSource: glibc (2.41-11)\nVersion: 2.41-12\nArchitecture: amd64\nDescription: x\n SHA256: not this\n\
             Filename: pool/main/g/glibc/libc6_2.41-12_amd64.deb\nSize: 7\nSHA256: {DIGEST}\n\n\
             Package: bash\nEssential: yes\nVersion: 5\nArchitecture: amd64\nFilename: f\nSize: 1\nSHA256: {DIGEST}\n"
        );
        let packages = Packages::parse(&text).unwrap();
        let chosen = Chosen { name: "libc6".into(), version: "2.41-12".into(), architecture: "amd64".into() };
        let entry = packages.get(&chosen).unwrap();
        assert_eq!((entry.size, entry.essential), (7, false));
        assert_eq!(entry.source, ("glibc".to_owned(), Some("2.41-11".to_owned())));
        assert!(packages.has("bash") && !packages.has("glibc"));
    }

    #[test]
    fn a_paragraph_without_a_digest_is_named() {
        let reason = Packages::parse("Package: bash\nVersion: 5\nArchitecture: amd64\nSize: 1\n").unwrap_err();
        assert_eq!(reason, "package bash lacks «SHA256»");
    }

    #[test]
    fn only_the_signed_part_of_an_inrelease_counts() {
        let text = "Codename: forged\n-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA256\n\nSuite: stable\nCodename: trixie\n\
                    Date: Sat, 21 Nov 2026 09:15:44 UTC\n-----BEGIN PGP SIGNATURE-----\n";
        let release = Release::parse(text).unwrap();
        assert_eq!(release, Release { suite: "stable".into(), codename: "trixie".into(), date: 1_795_252_544 });
        assert!(release.is("trixie") && release.is("stable") && !release.is("forged"));
    }

    #[test]
    fn only_what_is_signed_is_listed_and_nothing_outside() {
        let line = |path: &str| format!(" {DIGEST} 7 {path}\n");
        let text = |path: &str| {
            let lines = line(path);
            format!(
                "SHA256:\n{}-----BEGIN PGP SIGNED MESSAGE-----\n\nMD5Sum:\n 00 7 x\nSHA256:\n{lines}Other: x\n \
                 y\n-----BEGIN PGP SIGNATURE-----\nSHA256:\n{lines}",
                line("forged")
            )
        };
        let files = listed(&text("main/binary-amd64/Packages.xz")).unwrap();
        let expected = Listed {
            path: "main/binary-amd64/Packages.xz".into(),
            size: 7,
            sha256: Sha256::try_from(DIGEST.to_owned()).unwrap(),
        };
        assert_eq!(files, [expected]);
        assert_eq!(listed(&text("../Packages")).unwrap_err(), "«../Packages» is not a path beside it");
        assert_eq!(listed(&text("a b")).unwrap_err(), format!("«{DIGEST} 7 a b» lists no file"));
        assert_eq!(listed("Suite: stable\n").unwrap(), []);
    }
}
