//! What changes between two locks, releases or builds, as a person and a program are told.

use std::fs;
use std::io::Read as _;
use std::path::Path;

use sos_builder::lock::{Lock, Sha256};
use sos_builder::pool::Pool;
use sos_builder::recipe::{self, Inputs, Recipe};
use sos_builder::source_list::{Built, FORMAT, Source, SourceList};
use sos_signing::{Artefact, Digest, Kind, Manifest};

use crate::command_line::{build, code, lock, stderr};
use crate::image::built;
use crate::world::{World, write};

/// A checkout with its lock, and an older lock of it at `old.lock`.
fn locked() -> (World, Lock) {
    let world = World::asking_for(&["greeter"]);
    assert_eq!(code(&lock(&world)), 0);
    let new = Lock::load(&world.path("image/locks/trixie.lock")).unwrap();
    let mut old = new.clone();
    let greeter = old.packages.iter_mut().find(|package| package.name == "greeter").unwrap();
    greeter.version = "0.1-1".into();
    greeter.source_version = None;
    greeter.sha256 = Sha256::of(b"old");
    greeter.size = 1;
    old.save(&world.path("old.lock")).unwrap();
    (world, new)
}

fn path(world: &World, below: &str) -> String {
    world.path(below).to_str().unwrap().to_owned()
}

/// Compares and gives what was printed.
fn compared(world: &World, args: &[&str]) -> String {
    let output = build(world, args);
    assert_eq!(code(&output), 0, "{}", stderr(&output));
    String::from_utf8(output.stdout).unwrap()
}

/// A package file with this changelog.
fn package_file(name: &str, changelog: &str) -> Vec<u8> {
    let mut packed = Vec::new();
    flate2::read::GzEncoder::new(changelog.as_bytes(), flate2::Compression::fast()).read_to_end(&mut packed).unwrap();
    let tar = |path: &str, bytes: &[u8]| {
        let mut tar = tar::Builder::new(Vec::new());
        let mut header = tar::Header::new_gnu();
        header.set_size(bytes.len() as u64);
        tar.append_data(&mut header, path, bytes).unwrap();
        tar.into_inner().unwrap()
    };
    let parts = [
        ("control.tar", tar("control", format!("Package: {name}\n").as_bytes())),
        ("data.tar", tar(&format!("usr/share/doc/{name}/changelog.Debian.gz"), &packed)),
    ];
    let mut deb = ar::Builder::new(Vec::new());
    for (name, bytes) in parts {
        deb.append(&ar::Header::new(name.into(), bytes.len() as u64), bytes.as_slice()).unwrap();
    }
    deb.into_inner().unwrap()
}

/// Gives the greeter of a lock this changelog, and puts its file into the pool.
fn with_changelog(world: &World, lock: &mut Lock, changelog: &str) {
    let bytes = package_file("greeter", changelog);
    let greeter = lock.packages.iter_mut().find(|package| package.name == "greeter").unwrap();
    greeter.sha256 = Sha256::of(&bytes);
    write(&Pool::at(world.path("cache/pool")).file(greeter), &bytes);
    lock.save(&world.path("new.lock")).unwrap();
}

#[test]
fn two_locks_are_compared_in_words_and_for_programs() {
    let (world, _) = locked();
    let (old, now) = (path(&world, "old.lock"), path(&world, "image/locks/trixie.lock"));
    let text = compared(&world, &["diff", &old, &now]);
    assert!(text.contains("\n1 package newer, "), "{text}");
    assert!(text.contains("\n- greetings 0.1-1 → 1.0-1 (greeter)\n"), "{text}");
    assert!(text.contains("Not known: which holes are closed in greetings;"), "{text}");
    let json: serde_json::Value = serde_json::from_str(&compared(&world, &["--json", "diff", &old, &now])).unwrap();
    assert_eq!(json["image"]["newer"][0]["packages"][0]["old"], "0.1-1");
    assert!(compared(&world, &["diff", &now, &now]).contains("No package changes in the image."));
}

#[test]
fn a_closed_hole_is_read_in_the_new_packages_changelog() {
    let (world, mut new) = locked();
    let entry = |version: &str, what: &str| {
        format!(
            "greetings ({version}) trixie-security; urgency=high\n\n  * {what}\n\n -- A <a@example.org>  Sat, 21 Nov 2026 09:15:44 +0000\n\n"
        )
    };
    let changelog = entry("1.0-1", "CVE-2026-12345") + &entry("0.1-1", "CVE-2020-0001 long ago");
    with_changelog(&world, &mut new, &changelog);
    let (old, now) = (path(&world, "old.lock"), path(&world, "new.lock"));
    let text = compared(&world, &["diff", &old, &now]);
    assert!(text.contains("1 security advisory closed (1 CVE)"), "{text}");
    assert!(text.contains("- greetings: 1 advisory, urgency high: CVE-2026-12345\n"), "{text}");
    assert!(!text.contains("CVE-2020-0001"), "{text}");
    // The way back opens it again, and the older package's own changelog need not be there for that.
    let text = compared(&world, &["diff", &now, &old]);
    assert!(text.contains("1 package older, 1 security advisory open again (1 CVE)"), "{text}");
}

#[test]
fn a_hole_that_the_older_package_has_closed_is_not_closed_again() {
    let (world, mut old) = locked();
    let mut new = Lock::load(&world.path("image/locks/trixie.lock")).unwrap();
    let entry = |version: &str, what: &str| format!("greetings ({version}) unstable; urgency=low\n\n  * {what}\n\n");
    let backport = entry("0.9-1+deb13u1", "CVE-2026-1111");
    with_changelog(&world, &mut new, &(entry("1.0-1", "CVE-2026-1111, CVE-2026-2222") + &entry("0.9-1", "New")));
    let greeter = old.packages.iter_mut().find(|package| package.name == "greeter").unwrap();
    greeter.version = "0.9-1+deb13u1".into();
    greeter.source_version = None;
    fs::rename(world.path("new.lock"), world.path("newer.lock")).unwrap();
    let (before, now) = (path(&world, "before.lock"), path(&world, "newer.lock"));
    old.save(&world.path("before.lock")).unwrap();
    assert!(compared(&world, &["diff", &before, &now]).contains("2 CVEs closed"), "its changelog is not at hand");
    with_changelog(&world, &mut old, &(backport + &entry("0.9-1", "New")));
    let text = compared(&world, &["diff", &path(&world, "new.lock"), &now]);
    assert!(text.contains("- greetings: urgency low: CVE-2026-2222\n"), "{text}");
}

#[test]
fn a_build_is_compared_by_the_lock_that_stands_beside_its_disk() {
    let (world, new) = locked();
    built(&world, "tried", "trixie");
    let text = compared(&world, &["diff", &path(&world, "old.lock"), "tried"]);
    assert!(text.contains("\n1 package newer, "), "{text}");
    assert!(compared(&world, &["diff", "tried", "tried"]).contains("Nothing changes in the image."));
    new.save(&world.path("cache/build/broken/lock")).unwrap();
    let output = build(&world, &["diff", "tried", "broken"]);
    assert_eq!(code(&output), 2, "{}", stderr(&output));
    assert!(stderr(&output).contains("build/broken/build.json: there is no finished build"), "{}", stderr(&output));
}

/// A release's folder with a recipe, and with a list of sources, which has one package.
fn release(dir: &Path, version: &str, package_version: &str, size: u64) {
    let digest = Sha256::of(package_version.as_bytes());
    let built = Built {
        name: "greeter".into(),
        version: package_version.into(),
        sha256: digest,
        size: 4096,
        sets: vec![sos_builder::lock::Set::Device],
    };
    let source = Source {
        name: "greeter".into(),
        version: package_version.into(),
        archive: "main".into(),
        dsc: format!("pool/main/g/greeter/greeter_{package_version}.dsc"),
        packages: vec![built],
        inside: vec![],
    };
    let list = SourceList {
        format: FORMAT,
        version: version.into(),
        release: "trixie".into(),
        architecture: "amd64".into(),
        source_date_epoch: 1,
        archives: vec![],
        sources: vec![source],
        crates: vec![],
        rust: "1.95.0".into(),
    };
    let name = format!("sos-{version}.sources.json");
    write(&dir.join(&name), list.to_text().as_bytes());
    let recipe = Recipe {
        format: recipe::FORMAT,
        version: version.into(),
        release: "trixie".into(),
        architecture: "amd64".into(),
        source_date_epoch: 1,
        lock_sha256: Sha256::of(b""),
        definition_sha256: Sha256::of(b""),
        level: 3,
        only_slot: false,
        commit: None,
        inputs: Inputs {
            number: 1,
            checkout: Sha256::of(b""),
            programs: vec![],
            rust: None,
            overlays: vec![],
            channel: None,
        },
    };
    let recipe_name = format!("sos-{version}.recipe.toml");
    write(&dir.join(&recipe_name), recipe.to_text().as_bytes());
    let slot = Artefact { name: "x.slot".into(), size, sha256: Digest::of(b""), kind: Kind::slot() };
    let describe = |name: &str, kind| Artefact::describe(&dir.join(name), kind, &mut |_| ()).unwrap();
    let manifest = Manifest {
        format: Manifest::FORMAT,
        product: Manifest::PRODUCT.into(),
        version: version.parse().unwrap(),
        release: "trixie".into(),
        architecture: "amd64".into(),
        source_date_epoch: 1,
        lock_sha256: Digest::of(b""),
        root_hash: Digest::of(b""),
        artefacts: vec![slot, describe(&recipe_name, Kind::recipe()), describe(&name, Kind::sources())],
    };
    manifest.write(dir).unwrap();
}

#[test]
fn two_releases_are_compared_by_what_they_say_of_themselves() {
    let (world, _) = locked();
    release(&world.path("one"), "13.20261115.1", "1-1", 100 << 20);
    release(&world.path("two"), "13.20261121.1", "1-2", 101 << 20);
    let text = compared(&world, &["diff", &path(&world, "one"), &path(&world, "two")]);
    assert!(text.starts_with("# 13.20261115.1 → 13.20261121.1\n\n1 package newer, of the same size.\n"), "{text}");
    assert!(text.contains("- download of the whole: 100.0 MiB → 101.0 MiB, 1.0 MiB larger\n"), "{text}");
}

#[test]
fn a_file_that_is_not_the_releases_own_is_refused() {
    for (file, text, other) in [("sources.json", "1-1", "1-0"), ("recipe.toml", "level = 3", "level = 4")] {
        let (world, _) = locked();
        release(&world.path("one"), "13.20261115.1", "1-1", 1);
        let path = world.path("one").join(format!("sos-13.20261115.1.{file}"));
        let whole = fs::read_to_string(&path).unwrap();
        assert!(whole.contains(text));
        fs::write(&path, whole.replace(text, other)).unwrap();
        let one = self::path(&world, "one");
        let output = build(&world, &["diff", &one, &one]);
        assert_eq!(code(&output), 3, "{}", stderr(&output));
        assert!(stderr(&output).contains("is not the file that its manifest lists"), "{}", stderr(&output));
    }
}

#[test]
fn what_cannot_be_compared_is_named() {
    let (world, _) = locked();
    let old = path(&world, "old.lock");
    fs::create_dir(world.path("empty")).unwrap();
    let (empty, none) = (path(&world, "empty"), path(&world, "none.lock"));
    for (name, reason) in [
        ("", "there is none of that name"),
        ("nightly", "there is none of that name"),
        (&none, "there is none of that name"),
        (&empty, "the folder has no manifest.json"),
    ] {
        let output = build(&world, &["diff", &old, name]);
        assert_eq!(code(&output), 2, "{name}: {}", stderr(&output));
        assert!(stderr(&output).contains(reason), "{name}: {}", stderr(&output));
    }
}

#[test]
fn a_release_of_the_slot_alone_is_compared_while_its_lock_is_in_the_checkout() {
    let (world, new) = locked();
    release(&world.path("one"), "13.20261115.1", "1-1", 1);
    let rewrite = |digest: Digest| {
        let mut manifest = Manifest::from_bytes(&fs::read(world.path("one/manifest.json")).unwrap()).unwrap();
        manifest.artefacts.retain(|artefact| artefact.kind == Kind::slot());
        manifest.lock_sha256 = digest;
        manifest.write(&world.path("one")).unwrap();
    };
    rewrite(Digest::of(new.to_text().as_bytes()));
    let (old, one) = (path(&world, "old.lock"), path(&world, "one"));
    assert!(compared(&world, &["diff", &old, &one]).contains("\n1 package newer, "));
    rewrite(Digest::of(b"another"));
    let output = build(&world, &["diff", &old, &one]);
    assert_eq!(code(&output), 2, "{}", stderr(&output));
    assert!(stderr(&output).contains("the release has no list of sources"), "{}", stderr(&output));
}
