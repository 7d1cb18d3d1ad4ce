//! The bill of materials of a release (SPDX 2.3, JSON): what is in the image and what built it, under which licences.
//!
//! In: a [`Lock`], the papers of its packages, the crates of the device's programs, the release's version. Out: the
//! document's text, the same bytes for the same of these. A licence is what the package itself declares; one that says
//! nothing is «NOASSERTION», and counted.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::copyright::Copyright;
use crate::licences::{Declared, Extracted, declared, in_free_words};
use crate::linked::{Crate, Linked};
use crate::lock::{Lock, Package, Set, Sha256};
use crate::papers::Shelf;
use crate::source_list::source_version;

/// What SPDX calls the image itself.
const IMAGE: &str = "SPDXRef-image";
/// What SPDX calls Rust's standard library.
const RUST: &str = "SPDXRef-rust-std";
/// What SPDX writes for what nobody says.
const NOBODY_SAYS: &str = "NOASSERTION";

/// A bill of materials.
#[derive(Debug)]
pub struct Bill {
    /// The document.
    pub text: String,
    /// How many Debian packages name their licences in a way that programs read.
    pub named: usize,
    /// The Debian packages whose `copyright` file is in free words; it stands in the document whole.
    pub in_free_words: Vec<String>,
    /// The Debian packages without a `copyright` file.
    pub silent: Vec<String>,
}

/// What a Debian package says of its licences.
enum Says {
    /// By name.
    Names(Declared),
    /// In free words.
    Words(Declared),
    /// Nothing.
    Nothing,
}

impl Says {
    fn of(package: &Package, shelf: &Shelf) -> Self {
        match shelf.copyright(&package.name) {
            None => Self::Nothing,
            Some(text) => match Copyright::parse(text) {
                Some(copyright) => Self::Names(declared(&copyright)),
                None => Self::Words(in_free_words(&package.source, text)),
            },
        }
    }

    fn declared(&self) -> Option<&Declared> {
        match self {
            Self::Names(declared) | Self::Words(declared) => Some(declared),
            Self::Nothing => None,
        }
    }

    /// What a reader has to know of it.
    fn comment(&self, package: &Package) -> Option<String> {
        let file = format!("/usr/share/doc/{}/copyright", package.name);
        match self {
            Self::Names(_) => None,
            Self::Words(_) => {
                Some(format!("{file} is not in Debian's copyright-format; the licence's text is the file"))
            }
            Self::Nothing => Some(format!("the package has no {file}")),
        }
    }
}

/// The bill of release `version` of what `lock` names, with `linked` in the device's programs.
#[must_use]
pub fn bill(lock: &Lock, version: &str, shelf: &Shelf, linked: &Linked) -> Bill {
    let says: Vec<(&Package, Says)> = lock.packages.iter().map(|package| (package, Says::of(package, shelf))).collect();
    let name = format!("sos-{version}-{}", lock.architecture);
    let mut packages = vec![image(lock, version)];
    packages.extend(says.iter().map(|(package, says)| debian(lock, package, says)));
    packages.push(rust(linked));
    packages.extend(linked.crates.iter().map(rust_crate));
    let mut document = json!({
        "spdxVersion": "SPDX-2.3",
        "dataLicense": "CC0-1.0",
        "SPDXID": "SPDXRef-DOCUMENT",
        "name": name,
        "creationInfo": {
            "created": created(lock.source_date_epoch),
            "creators": [concat!("Tool: sos-build-", env!("CARGO_PKG_VERSION"))],
        },
        "packages": packages,
        "relationships": relationships(lock, linked),
        "hasExtractedLicensingInfos": extracted(says.iter().filter_map(|(_, says)| says.declared())),
    });
    let digest = Sha256::of(document.to_string().as_bytes());
    document["documentNamespace"] = format!("https://spdx.org/spdxdocs/{name}-{digest}").into();
    let names = |wanted: fn(&Says) -> bool| {
        says.iter().filter(|(_, says)| wanted(says)).map(|(package, _)| package.name.clone()).collect::<Vec<_>>()
    };
    Bill {
        text: format!("{document:#}\n"),
        named: names(|says| matches!(says, Says::Names(_))).len(),
        in_free_words: names(|says| matches!(says, Says::Words(_))),
        silent: names(|says| matches!(says, Says::Nothing)),
    }
}

/// The licences that SPDX's list does not have.
fn extracted<'a>(licences: impl Iterator<Item = &'a Declared>) -> Vec<Value> {
    let all: BTreeMap<&String, &Extracted> = licences.flat_map(|licence| &licence.extracted).collect();
    let one = |(id, licence): (&String, &Extracted)| {
        let none = "The package names this licence and gives no text of it.";
        let text = if licence.text.is_empty() { none } else { &licence.text };
        let name = if licence.name.is_empty() { "unnamed" } else { &licence.name };
        json!({"licenseId": id, "name": name, "extractedText": text})
    };
    all.into_iter().map(one).collect()
}

fn relationships(lock: &Lock, linked: &Linked) -> Vec<Value> {
    let mut relationships = vec![relationship("SPDXRef-DOCUMENT", "DESCRIBES", IMAGE)];
    relationships.extend(lock.packages(Set::Device).map(|package| relationship(IMAGE, "CONTAINS", &id(package))));
    relationships.extend(lock.packages(Set::Tools).map(|package| relationship(&id(package), "BUILD_TOOL_OF", IMAGE)));
    relationships.push(relationship(IMAGE, "CONTAINS", RUST));
    relationships.extend(linked.crates.iter().map(|linked| relationship(IMAGE, "CONTAINS", &crate_id(linked))));
    relationships
}

/// The image as a whole.
fn image(lock: &Lock, version: &str) -> Value {
    json!({
        "SPDXID": IMAGE,
        "name": "sos",
        "versionInfo": version,
        "primaryPackagePurpose": "OPERATING-SYSTEM",
        "comment": format!("made from Debian {}", lock.release),
        "downloadLocation": NOBODY_SAYS,
        "filesAnalyzed": false,
    })
}

/// One Debian package.
fn debian(lock: &Lock, package: &Package, says: &Says) -> Value {
    let mut value = json!({
        "SPDXID": id(package),
        "name": package.name,
        "versionInfo": package.version,
        "supplier": "Organization: Debian",
        "packageFileName": package.path.rsplit('/').next(),
        "sourceInfo": format!("built from the source package {} {}", package.source, source_version(package)),
        "downloadLocation": NOBODY_SAYS,
        "filesAnalyzed": false,
        "licenseConcluded": NOBODY_SAYS,
        "licenseDeclared": says.declared().map_or(NOBODY_SAYS, |declared| declared.expression.as_str()),
        "copyrightText": NOBODY_SAYS,
        "checksums": [{"algorithm": "SHA256", "checksumValue": package.sha256}],
        "externalRefs": [purl_reference(&purl(lock, package))],
    });
    if let Some(comment) = says.comment(package) {
        value["licenseComments"] = comment.into();
    }
    value
}

/// A crate in the device's programs.
fn rust_crate(linked: &Crate) -> Value {
    let programs: Vec<&str> = linked.programs.iter().map(String::as_str).collect();
    let mut value = json!({
        "SPDXID": crate_id(linked),
        "name": linked.name,
        "versionInfo": linked.version,
        "comment": format!("linked into {}", programs.join(", ")),
        "downloadLocation": NOBODY_SAYS,
        "filesAnalyzed": false,
        "licenseConcluded": NOBODY_SAYS,
        "licenseDeclared": linked.licence.as_deref().unwrap_or(NOBODY_SAYS),
        "copyrightText": NOBODY_SAYS,
    });
    if let Some(sha256) = &linked.sha256 {
        value["checksums"] = json!([{"algorithm": "SHA256", "checksumValue": sha256}]);
        value["externalRefs"] = json!([purl_reference(&linked.purl())]);
    }
    value
}

/// Rust's own library, which every program has.
fn rust(linked: &Linked) -> Value {
    json!({
        "SPDXID": RUST,
        "name": "rust-std",
        "versionInfo": linked.rust,
        "comment": "Rust's standard library, linked into each of the device's programs",
        "downloadLocation": NOBODY_SAYS,
        "filesAnalyzed": false,
        "licenseConcluded": NOBODY_SAYS,
        "licenseDeclared": NOBODY_SAYS,
        "copyrightText": NOBODY_SAYS,
    })
}

fn purl_reference(purl: &str) -> Value {
    json!({"referenceCategory": "PACKAGE-MANAGER", "referenceType": "purl", "referenceLocator": purl})
}

fn relationship(from: &str, kind: &str, to: &str) -> Value {
    json!({"spdxElementId": from, "relationshipType": kind, "relatedSpdxElement": to})
}

/// An identifier of letters, digits, `.` and `-`; the digest keeps «a+b» and «a-b» apart.
fn id(package: &Package) -> String {
    format!("SPDXRef-{}-{}", letters(&package.name), &package.sha256.as_str()[..8])
}

fn crate_id(linked: &Crate) -> String {
    // Crates' names differ in more than «-» and «_».
    format!("SPDXRef-crate-{}-{}", letters(&linked.name), letters(&linked.version))
}

fn letters(text: &str) -> String {
    text.replace(|c: char| !c.is_ascii_alphanumeric() && c != '.', "-")
}

/// The package's address in all of the world's packages (the purl specification, type `deb`).
#[must_use]
pub fn purl(lock: &Lock, package: &Package) -> String {
    let (name, version) = (escaped(&package.name), escaped(&package.version));
    format!("pkg:deb/debian/{name}@{version}?arch={}&distro={}", package.architecture, lock.release)
}

/// Percent-encodes all but the characters that a purl takes as they are.
pub(crate) fn escaped(text: &str) -> String {
    let one = |c: char| match c {
        'a'..='z' | 'A'..='Z' | '0'..='9' | '.' | '-' | '_' | '~' | ':' => c.to_string(),
        _ => format!("%{:02X}", u32::from(c)),
    };
    text.chars().map(one).collect()
}

/// Seconds since 1970 as SPDX writes a time.
fn created(epoch: u64) -> String {
    let time = i64::try_from(epoch).ok().and_then(|epoch| OffsetDateTime::from_unix_timestamp(epoch).ok());
    time.and_then(|time| time.format(&Rfc3339).ok()).unwrap_or_else(|| "1970-01-01T00:00:00Z".into())
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;
    use std::path::Path;

    use super::*;

    const GREETER: &str = "Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/\n\n\
        Files: *\nLicense: GPL-2+ or Expat\n\nFiles: x\nLicense: public-domain\n Do what you like.\n";

    fn lock() -> Lock {
        let digest = Sha256::of(b"");
        let package = |name: &str, sets: &str| {
            format!(
                "[[package]]\nname = '{name}'\nversion = '1:2.0+b1~x'\narchitecture = 'amd64'\narchive = 'main'\n\
                 path = 'pool/{name}.deb'\nsize = 1\nsha256 = '{digest}'\nsets = [{sets}]\nsource = 'gcc'\n"
            )
        };
        let text = format!(
            "format = 1\nrelease = 'trixie'\narchitecture = 'amd64'\nsource_date_epoch = 1795252544\n\
             definition_sha256 = '{digest}'\n[[archive]]\nname = 'main'\nsuite = 'trixie'\nkind = 'main'\ndate = 1\n\
             inrelease_sha256 = '{digest}'\n{}{}{}",
            package("libstdc++6", "'device', 'tools'"),
            package("silent", "'tools'"),
            package("zstd", "'tools'"),
        );
        Lock::parse(Path::new("x.lock"), &text).unwrap()
    }

    fn shelf() -> Shelf {
        Shelf::of(&[("libstdc++6", GREETER, ""), ("zstd", "This package was debianized by Somebody.\n", "")])
    }

    fn linked() -> Linked {
        let one = |name: &str, sha256, licence: Option<&str>| Crate {
            name: name.into(),
            version: "2.0.1+zstd.1".into(),
            sha256,
            licence: licence.map(str::to_owned),
            programs: ["sos-console", "sos-update"].map(str::to_owned).into(),
        };
        let crates = vec![one("ours", None, Some("MIT OR Apache-2.0")), one("zstd-sys", Some(Sha256::of(b"")), None)];
        Linked { crates, rust: "1.95.0".into() }
    }

    fn document() -> Value {
        serde_json::from_str(&bill(&lock(), "13.1.1", &shelf(), &linked()).text).unwrap()
    }

    fn package(name: &str) -> Value {
        document()["packages"].as_array().unwrap().iter().find(|package| package["name"] == name).unwrap().clone()
    }

    #[test]
    fn the_same_lock_gives_the_same_bytes_at_the_locks_own_time() {
        let text = |version| bill(&lock(), version, &shelf(), &linked()).text;
        assert_eq!(text("13.20261121.1"), text("13.20261121.1"));
        let document: Value = serde_json::from_str(&text("13.20261121.1")).unwrap();
        assert_eq!(document["creationInfo"]["created"], "2026-11-21T09:15:44Z");
        let space = |text: &str| serde_json::from_str::<Value>(text).unwrap()["documentNamespace"].clone();
        let other = bill(&lock(), "13.20261121.1", &Shelf::of(&[]), &linked());
        assert_ne!(space(&text("13.20261121.1")), space(&other.text), "another document has another name");
    }

    #[test]
    fn a_package_has_its_checksum_its_source_and_an_address_that_scanners_read() {
        let package = package("libstdc++6");
        assert_eq!(package["checksums"][0]["checksumValue"], Sha256::of(b"").as_str());
        assert_eq!(package["sourceInfo"], "built from the source package gcc 1:2.0+b1~x");
        let purl = "pkg:deb/debian/libstdc%2B%2B6@1:2.0%2Bb1~x?arch=amd64&distro=trixie";
        assert_eq!(package["externalRefs"][0]["referenceLocator"], purl);
    }

    #[test]
    fn a_package_declares_what_its_copyright_file_names_and_the_document_carries_unknown_texts() {
        let declared = package("libstdc++6")["licenseDeclared"].as_str().unwrap().to_owned();
        let (unknown, known) = declared.split_once(" AND ").unwrap();
        assert_eq!(known, "(GPL-2.0-or-later OR MIT)");
        let texts = &document()["hasExtractedLicensingInfos"];
        let text = texts.as_array().unwrap().iter().find(|text| text["licenseId"] == unknown).unwrap();
        assert_eq!((&text["name"], &text["extractedText"]), (&json!("public-domain"), &json!("Do what you like.")));
    }

    #[test]
    fn a_copyright_file_in_free_words_is_carried_whole_and_counted() {
        let declared = package("zstd")["licenseDeclared"].as_str().unwrap().to_owned();
        assert!(declared.starts_with("LicenseRef-copyright-of-gcc-"), "{declared}");
        let texts = document()["hasExtractedLicensingInfos"].as_array().unwrap().clone();
        let text = texts.iter().find(|text| text["licenseId"] == declared.as_str()).unwrap();
        assert_eq!(text["extractedText"], "This package was debianized by Somebody.");
        let bill = bill(&lock(), "13.1.1", &shelf(), &linked());
        assert_eq!((bill.named, bill.in_free_words), (1, vec!["zstd".to_owned()]));
    }

    #[test]
    fn a_package_without_a_copyright_file_asserts_nothing_and_is_counted() {
        assert_eq!(package("silent")["licenseDeclared"], NOBODY_SAYS);
        assert_eq!(package("silent")["licenseComments"], "the package has no /usr/share/doc/silent/copyright");
        assert_eq!(bill(&lock(), "13.1.1", &shelf(), &linked()).silent, ["silent"]);
    }

    #[test]
    fn a_crate_says_which_programs_it_is_in() {
        let package = package("zstd-sys");
        assert_eq!(package["comment"], "linked into sos-console, sos-update");
        assert_eq!(package["externalRefs"][0]["referenceLocator"], "pkg:cargo/zstd-sys@2.0.1%2Bzstd.1");
        assert_eq!(
            (&package["licenseDeclared"], &self::package("ours")["licenseDeclared"]),
            (&json!(NOBODY_SAYS), &json!("MIT OR Apache-2.0"))
        );
        assert_eq!(self::package("ours")["checksums"], Value::Null);
    }

    #[test]
    fn what_is_in_the_image_is_told_from_what_only_built_it() {
        let document = document();
        let relationships = document["relationships"].as_array().unwrap();
        let count = |kind: &str| relationships.iter().filter(|r| r["relationshipType"] == kind).count();
        // libstdc++6, two crates, and Rust's own library.
        assert_eq!((count("DESCRIBES"), count("CONTAINS"), count("BUILD_TOOL_OF")), (1, 4, 3));
        let ids: Vec<&str> =
            document["packages"].as_array().unwrap().iter().filter_map(|p| p["SPDXID"].as_str()).collect();
        let known: HashSet<&str> = ids.iter().copied().collect();
        assert_eq!(known.len(), ids.len(), "each has an identifier of its own");
        for relationship in relationships {
            assert!(known.contains(relationship["relatedSpdxElement"].as_str().unwrap()), "{relationship}");
        }
    }
}
