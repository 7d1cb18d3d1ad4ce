//! The bill of materials of a release, straight from the lock (SPDX 2.3, JSON).
//!
//! In: a [`Lock`] and the release's version. Out: the document's text, the same bytes for the same lock.

use serde_json::{Value, json};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::lock::{Lock, Package, Set, Sha256};

/// What SPDX calls the image itself.
const IMAGE: &str = "SPDXRef-image";

/// The document for release `version` of what `lock` names.
#[must_use]
pub fn spdx(lock: &Lock, version: &str) -> String {
    let name = format!("sos-{version}-{}", lock.architecture);
    let digest = Sha256::of(lock.to_text().as_bytes());
    let mut packages = vec![image(lock, version)];
    packages.extend(lock.packages.iter().map(|package| debian(lock, package)));
    let mut relationships = vec![relationship("SPDXRef-DOCUMENT", "DESCRIBES", IMAGE)];
    relationships.extend(lock.packages(Set::Device).map(|package| relationship(IMAGE, "CONTAINS", &id(package))));
    relationships.extend(lock.packages(Set::Tools).map(|package| relationship(&id(package), "BUILD_TOOL_OF", IMAGE)));
    let document = json!({
        "spdxVersion": "SPDX-2.3",
        "dataLicense": "CC0-1.0",
        "SPDXID": "SPDXRef-DOCUMENT",
        "name": name,
        "documentNamespace": format!("https://spdx.org/spdxdocs/{name}-{digest}"),
        "creationInfo": {
            "created": created(lock.source_date_epoch),
            "creators": [concat!("Tool: sos-build-", env!("CARGO_PKG_VERSION"))],
        },
        "packages": packages,
        "relationships": relationships,
    });
    format!("{document:#}\n")
}

/// The image as a whole.
fn image(lock: &Lock, version: &str) -> Value {
    json!({
        "SPDXID": IMAGE,
        "name": "sos",
        "versionInfo": version,
        "primaryPackagePurpose": "OPERATING-SYSTEM",
        "comment": format!("made from Debian {}", lock.release),
        "downloadLocation": "NOASSERTION",
        "filesAnalyzed": false,
    })
}

/// One Debian package.
fn debian(lock: &Lock, package: &Package) -> Value {
    let source_version = package.source_version.as_ref().unwrap_or(&package.version);
    json!({
        "SPDXID": id(package),
        "name": package.name,
        "versionInfo": package.version,
        "supplier": "Organization: Debian",
        "packageFileName": package.path.rsplit('/').next(),
        "sourceInfo": format!("built from the source package {} {source_version}", package.source),
        "downloadLocation": "NOASSERTION",
        "filesAnalyzed": false,
        "checksums": [{"algorithm": "SHA256", "checksumValue": package.sha256}],
        "externalRefs": [{
            "referenceCategory": "PACKAGE-MANAGER",
            "referenceType": "purl",
            "referenceLocator": purl(lock, package),
        }],
    })
}

fn relationship(from: &str, kind: &str, to: &str) -> Value {
    json!({"spdxElementId": from, "relationshipType": kind, "relatedSpdxElement": to})
}

/// An identifier of letters, digits, `.` and `-`; the digest keeps «a+b» and «a-b» apart.
fn id(package: &Package) -> String {
    let name = package.name.replace(|c: char| !c.is_ascii_alphanumeric() && c != '.', "-");
    format!("SPDXRef-{name}-{}", &package.sha256.as_str()[..8])
}

/// The package's address in all of the world's packages (the purl specification, type `deb`).
fn purl(lock: &Lock, package: &Package) -> String {
    let (name, version) = (escaped(&package.name), escaped(&package.version));
    format!("pkg:deb/debian/{name}@{version}?arch={}&distro={}", package.architecture, lock.release)
}

/// Percent-encodes all but the characters that a purl takes as they are.
fn escaped(text: &str) -> String {
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
             inrelease_sha256 = '{digest}'\n{}{}",
            package("libstdc++6", "'device', 'tools'"),
            package("zstd", "'tools'"),
        );
        Lock::parse(Path::new("x.lock"), &text).unwrap()
    }

    #[test]
    fn the_same_lock_gives_the_same_bytes_at_the_locks_own_time() {
        let text = spdx(&lock(), "13.20261121.1");
        assert_eq!(text, spdx(&lock(), "13.20261121.1"));
        let document: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(document["creationInfo"]["created"], "2026-11-21T09:15:44Z");
    }

    #[test]
    fn a_package_has_its_checksum_its_source_and_an_address_that_scanners_read() {
        let document: Value = serde_json::from_str(&spdx(&lock(), "13.1.1")).unwrap();
        let package = &document["packages"][1];
        assert_eq!(package["checksums"][0]["checksumValue"], Sha256::of(b"").as_str());
        assert_eq!(package["sourceInfo"], "built from the source package gcc 1:2.0+b1~x");
        let purl = "pkg:deb/debian/libstdc%2B%2B6@1:2.0%2Bb1~x?arch=amd64&distro=trixie";
        assert_eq!(package["externalRefs"][0]["referenceLocator"], purl);
    }

    #[test]
    fn what_is_in_the_image_is_told_from_what_only_built_it() {
        let document: Value = serde_json::from_str(&spdx(&lock(), "13.1.1")).unwrap();
        let relationships = document["relationships"].as_array().unwrap();
        let count = |kind: &str| relationships.iter().filter(|r| r["relationshipType"] == kind).count();
        assert_eq!((count("DESCRIBES"), count("CONTAINS"), count("BUILD_TOOL_OF")), (1, 1, 2));
        let known: HashSet<&str> =
            document["packages"].as_array().unwrap().iter().filter_map(|p| p["SPDXID"].as_str()).collect();
        for relationship in relationships {
            assert!(known.contains(relationship["relatedSpdxElement"].as_str().unwrap()), "{relationship}");
        }
    }
}
