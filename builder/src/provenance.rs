//! Where a release comes from, as an in-toto statement (Statement v1) with SLSA's provenance (v1) as its predicate.
//!
//! In: a [`Recipe`], its [`Lock`], the release's files, digests of the checkout. Out: the statement's text, the same
//! bytes for the same of these: no time of day, no host and no path of this machine is in it. Nothing of it is signed
//! by itself; the manifest lists it, and that is signed.

use serde_json::{Value, json};
use sos_signing::Artefact;

use crate::lock::{Lock, Sha256};
use crate::recipe::{Named, Recipe};
use crate::sbom::purl;

/// What kind of build it is: docs/provenance.md says what its parameters mean.
pub const BUILD_TYPE: &str = "pkg:generic/small-organisation-server/build@1#docs/provenance.md";
/// Who builds: whoever runs this program, for anybody's run gives the same.
const BUILDER: &str = "pkg:generic/small-organisation-server/sos-build";

/// What a statement is made from.
#[derive(Debug)]
pub struct Facts<'a> {
    /// How the release was made.
    pub recipe: &'a Recipe,
    /// What it was made from.
    pub lock: &'a Lock,
    /// The SHA-256 of the checkout's `Cargo.lock`.
    pub cargo_lock: &'a Sha256,
    /// The release's files, but the statement.
    pub artefacts: &'a [Artefact],
}

/// The statement.
#[must_use]
pub fn statement(facts: &Facts<'_>) -> String {
    let subject = |artefact: &Artefact| sha256(&artefact.name, &artefact.sha256);
    let mut subjects: Vec<&Artefact> = facts.artefacts.iter().collect();
    subjects.sort();
    let statement = json!({
        "_type": "https://in-toto.io/Statement/v1",
        "subject": subjects.into_iter().map(subject).collect::<Vec<_>>(),
        "predicateType": "https://slsa.dev/provenance/v1",
        "predicate": {
            "buildDefinition": {
                "buildType": BUILD_TYPE,
                "externalParameters": external(facts.recipe),
                "internalParameters": {
                    "version": facts.recipe.version,
                    "architecture": facts.recipe.architecture,
                    "sourceDateEpoch": facts.recipe.source_date_epoch,
                },
                "resolvedDependencies": dependencies(facts),
            },
            "runDetails": {
                "builder": {"id": BUILDER, "version": {"sos-build": env!("CARGO_PKG_VERSION")}},
                // The same inputs are the same invocation, whoever makes it and however often.
                "metadata": {"invocationId": Sha256::of(facts.recipe.to_text().as_bytes())},
            },
        },
    });
    format!("{statement:#}\n")
}

/// What a person chose.
fn external(recipe: &Recipe) -> Value {
    let mut parameters = json!({
        "release": recipe.release,
        "number": recipe.inputs.number,
        "level": recipe.level,
        "onlySlot": recipe.only_slot,
        "overlays": recipe.inputs.overlays.iter().map(named).collect::<Vec<_>>(),
    });
    if let Some(channel) = &recipe.inputs.channel {
        let root = Sha256::of(channel.root().as_bytes());
        parameters["channel"] = json!({"url": channel.url(), "root": {"digest": {"sha256": root}}});
    }
    parameters
}

/// What was used, each by its digest.
fn dependencies(facts: &Facts<'_>) -> Vec<Value> {
    let (recipe, lock) = (facts.recipe, facts.lock);
    let mut dependencies = vec![sha256(&format!("image/locks/{}.lock", recipe.release), &recipe.lock_sha256)];
    dependencies
        .extend(recipe.commit.iter().map(|commit| json!({"name": "checkout", "digest": {"gitCommit": commit}})));
    dependencies.push(json!({"name": "image and overlays", "digest": {"sosTree": recipe.inputs.checkout}}));
    dependencies.push(sha256("Cargo.lock", facts.cargo_lock));
    dependencies.extend(recipe.inputs.programs.iter().map(named));
    dependencies.extend(
        recipe
            .inputs
            .rust
            .iter()
            .map(|rust| json!({"name": format!("Rust {}", rust.release), "digest": {"gitCommit": rust.commit_hash}})),
    );
    dependencies.extend(
        lock.archives
            .iter()
            .map(|archive| sha256(&format!("dists/{}/InRelease", archive.suite), &archive.inrelease_sha256)),
    );
    dependencies.extend(lock.packages.iter().map(
        |package| json!({"name": package.path, "uri": purl(lock, package), "digest": {"sha256": package.sha256}}),
    ));
    dependencies
}

fn named(named: &Named) -> Value {
    sha256(&named.name, &named.sha256)
}

/// A resource by its name and digest (in-toto's `ResourceDescriptor`).
fn sha256(name: &str, digest: &impl ToString) -> Value {
    json!({"name": name, "digest": {"sha256": digest.to_string()}})
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use sos_signing::Kind;

    use super::*;
    use crate::channel::Channel;
    use crate::recipe::Inputs;
    use crate::toolchain::Rust;

    fn lock() -> Lock {
        let digest = Sha256::of(b"");
        let text = format!(
            "format = 1\nrelease = 'trixie'\narchitecture = 'amd64'\nsource_date_epoch = 1795252544\n\
             definition_sha256 = '{digest}'\n[[archive]]\nname = 'security'\nsuite = 'trixie-security'\nkind = 'security'\n\
             date = 1\ninrelease_sha256 = '{digest}'\n[[package]]\nname = 'zstd'\nversion = '1'\narchitecture = 'amd64'\n\
             archive = 'security'\npath = 'pool/zstd.deb'\nsize = 1\nsha256 = '{digest}'\nsets = ['tools']\nsource = 'zstd'\n"
        );
        Lock::parse(Path::new("x.lock"), &text).unwrap()
    }

    fn recipe(commit: Option<&str>, channel: bool) -> Recipe {
        let named = |name: &str| Named { name: name.into(), sha256: Sha256::of(name.as_bytes()) };
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path().join("root.json");
        std::fs::write(&root, "{\"signed\": {\"_type\": \"root\"}, \"signatures\": []}").unwrap();
        let inputs = Inputs {
            number: 2,
            checkout: Sha256::of(b"tree"),
            programs: vec![named("sos-console")],
            rust: Some(Rust {
                release: "1.95.0".into(),
                commit_hash: "fedcba9876543210fedcba9876543210fedcba98".into(),
            }),
            overlays: vec![named("faults")],
            channel: channel.then(|| Channel::load(&root, "http://releases.example/").unwrap()),
        };
        Recipe { commit: commit.map(str::to_owned), ..Recipe::new(&lock(), "13.20261121.2", &inputs, 19, false) }
    }

    fn of(recipe: &Recipe) -> Value {
        let artefact = |name: &str| Artefact {
            name: name.into(),
            size: 1,
            sha256: sos_signing::Digest::of(name.as_bytes()),
            kind: Kind::slot(),
        };
        let artefacts = [artefact("b.slot"), artefact("a.spdx.json")];
        let (lock, cargo_lock) = (lock(), Sha256::of(b"cargo"));
        let facts = Facts { recipe, lock: &lock, cargo_lock: &cargo_lock, artefacts: &artefacts };
        assert_eq!(statement(&facts), statement(&facts));
        serde_json::from_str(&statement(&facts)).unwrap()
    }

    #[test]
    fn the_statement_is_about_the_releases_files_by_name_and_digest() {
        let statement = of(&recipe(None, false));
        assert_eq!(statement["_type"], "https://in-toto.io/Statement/v1");
        assert_eq!(statement["predicateType"], "https://slsa.dev/provenance/v1");
        let names: Vec<&str> =
            statement["subject"].as_array().unwrap().iter().map(|subject| subject["name"].as_str().unwrap()).collect();
        assert_eq!(names, ["a.spdx.json", "b.slot"]);
        assert_eq!(statement["subject"][1]["digest"]["sha256"], Sha256::of(b"b.slot").as_str());
    }

    #[test]
    fn everything_that_a_person_chose_is_a_parameter() {
        let statement = of(&recipe(None, true));
        let parameters = &statement["predicate"]["buildDefinition"]["externalParameters"];
        assert_eq!((&parameters["release"], &parameters["number"]), (&json!("trixie"), &json!(2)));
        assert_eq!(parameters["overlays"][0]["name"], "faults");
        assert_eq!(parameters["channel"]["url"], "http://releases.example/");
        let without = of(&recipe(None, false));
        assert_eq!(without["predicate"]["buildDefinition"]["externalParameters"]["channel"], Value::Null);
    }

    #[test]
    fn everything_that_was_used_is_there_with_a_digest() {
        let statement = of(&recipe(Some("0123456789abcdef0123456789abcdef01234567"), false));
        let used = statement["predicate"]["buildDefinition"]["resolvedDependencies"].as_array().unwrap().clone();
        let names: Vec<&str> = used.iter().map(|one| one["name"].as_str().unwrap()).collect();
        assert_eq!(
            names,
            [
                "image/locks/trixie.lock",
                "checkout",
                "image and overlays",
                "Cargo.lock",
                "sos-console",
                "Rust 1.95.0",
                "dists/trixie-security/InRelease",
                "pool/zstd.deb",
            ]
        );
        assert_eq!(used[1]["digest"]["gitCommit"], "0123456789abcdef0123456789abcdef01234567");
        assert!(used.iter().all(|one| one["digest"].as_object().unwrap().len() == 1));
        assert_eq!(used[7]["uri"], "pkg:deb/debian/zstd@1?arch=amd64&distro=trixie");
    }

    #[test]
    fn no_commit_is_named_where_the_checkout_is_none() {
        assert!(!of(&recipe(None, false)).to_string().contains("\"checkout\""));
    }
}
