//! What an image is given beside what the checkout says, and what a release is: options as a person gives them.

use std::fs;

use sos_builder::checks::RULES;
use sos_builder::lock::Lock;
use sos_builder::overlays::Overlays;
use sos_builder::recipe::Recipe;

use crate::command_line::{build, build_with, code, lock, stderr};
use crate::world::{World, write};

/// A checkout that is locked and whose packages are there.
fn locked() -> World {
    let world = World::asking_for(&["greeter"]);
    assert_eq!(code(&lock(&world)), 0);
    world.place_packages(&sos_builder::lock::Lock::load(&world.path("image/locks/trixie.lock")).unwrap());
    write(&world.path("overlays/base/service.toml"), b"title = 'Base'\n");
    write(&world.path("root.json"), b"{\"signed\": {\"_type\": \"root\"}, \"signatures\": []}");
    world
}

/// `sos-build build trixie` with these arguments ends with `wanted`, its message and exit code.
fn refuses(world: &World, args: &[&str], message: &str, exit_code: i32) {
    let output = build(world, &[&["build", "trixie"], args].concat());
    assert!(stderr(&output).contains(message), "{args:?}: {}", stderr(&output));
    assert_eq!(code(&output), exit_code, "{args:?}: {}", stderr(&output));
    assert!(!world.path("cache/build").exists(), "{args:?}");
}

#[test]
fn a_channel_is_given_whole_or_not_at_all() {
    let world = locked();
    let root = world.path("root.json");
    refuses(&world, &["--update-url", "http://releases.example/"], "--update-root <FILE>", 2);
    refuses(&world, &["--update-root", root.to_str().unwrap()], "--update-url <URL>", 2);
}

#[test]
fn a_channel_that_a_device_could_not_use_is_named() {
    let world = locked();
    let (root, other, none) = (world.path("root.json"), world.path("overlays/base/service.toml"), world.path("none"));
    for (root, url, message, exit_code) in [
        (&root, "releases.example", "«releases.example» is not the address of a channel", 2),
        (&root, "ftp://releases.example/", "neither http:// nor https://", 2),
        (&other, "http://releases.example/", "it is no TUF root", 2),
        (&none, "http://releases.example/", "cannot read", 1),
    ] {
        refuses(&world, &["--update-root", root.to_str().unwrap(), "--update-url", url], message, exit_code);
    }
}

#[test]
fn an_overlay_from_outside_is_an_overlay_with_a_name_of_its_own() {
    let world = locked();
    write(&world.path("elsewhere/base/service.toml"), b"title = 'Another base'\n");
    write(&world.path("elsewhere/faults/service.toml"), b"title = 'Faults'\n");
    write(&world.path("further/faults/service.toml"), b"title = 'Further faults'\n");
    fs::create_dir_all(world.path("elsewhere/empty")).unwrap();
    let place = |below: &str| world.path(below).to_str().unwrap().to_owned();
    let (base, faults, further) = (place("elsewhere/base"), place("elsewhere/faults"), place("further/faults"));
    for (args, message) in [
        (vec!["--with-overlay", &place("elsewhere/none")], "elsewhere/none is no overlay"),
        (vec!["--with-overlay", &place("elsewhere/empty")], "elsewhere/empty is no overlay"),
        (vec!["--with-overlay", &base], "elsewhere/base: there is an overlay of this name already"),
        (
            vec!["--with-overlay", &faults, "--with-overlay", &further],
            "further/faults: there is an overlay of this name already",
        ),
    ] {
        refuses(&world, &args, message, 2);
    }
    // This far, only the device's programs are missing.
    refuses(&world, &["--with-overlay", &faults, "--programs", &place("none")], "the device's program is missing", 2);
}

#[test]
fn an_overlay_from_outside_brings_no_packages() {
    let world = locked();
    let overlay = world.path("elsewhere/games");
    let ask = |packages: &str| {
        write(&overlay.join("service.toml"), format!("title = 'Games'\npackages = {packages}\n").as_bytes())
    };
    let args = ["--with-overlay", overlay.to_str().unwrap(), "--programs", "/nowhere"];
    ask("['greeter']");
    refuses(&world, &args, "the device's program is missing", 2);
    // zstd is locked for the build's tools only.
    for package in ["nethack", "zstd"] {
        ask(&format!("['greeter', '{package}']"));
        let message = format!("the lock of «trixie» has no package «{package}» for the image");
        refuses(&world, &args, &message, 2);
    }
}

#[test]
fn programs_are_compiled_by_the_pinned_rust_and_no_other() {
    let world = locked();
    let refuses = |script: &str, message: &str, exit_code: i32| {
        world.place_rust(script);
        let output = build_with(&world, &world.path("bin"), &["build", "trixie"]);
        assert!(stderr(&output).contains(message), "{script}: {}", stderr(&output));
        assert_eq!(code(&output), exit_code, "{script}: {}", stderr(&output));
        assert!(!world.path("cache/build").exists(), "{script}");
    };
    refuses("echo release: 1.94.1; echo commit-hash: abc", "by Rust 1.95.0 and no other, and this host has 1.94.1", 3);
    refuses("echo release: 1.95.0; echo commit-hash: unknown", "this host has 1.95.0 (commit unknown)", 3);
    refuses("echo no such toolchain >&2; exit 1", "there is none: ", 2);
}

#[test]
fn a_build_has_a_plain_name() {
    let world = locked();
    for name in ["", "../trixie", "a/b", ".hidden", "-x", &"x".repeat(65)] {
        refuses(&world, &[&format!("--as={name}")], "is no name for a build", 2);
    }
}

#[test]
fn a_release_is_made_of_the_build_of_its_name() {
    let world = locked();
    let output = build(&world, &["release", "trixie", "--as", "trixie-next"]);
    assert_eq!(code(&output), 2, "{}", stderr(&output));
    assert!(
        stderr(&output).contains("build/trixie-next/build.json: there is no finished build"),
        "{}",
        stderr(&output)
    );
}

/// What the checks found: everything is well.
pub fn well() -> serde_json::Value {
    let outcome = |rule: &sos_builder::checks::Rule| serde_json::json!({"rule": rule.name, "severity": "fault", "excepted": 0, "findings": [], "remedy": ""});
    serde_json::json!({"rules": RULES.iter().map(outcome).collect::<Vec<_>>(), "files": 1, "seconds": 0.1})
}

/// What the checks found: a program that gives its caller root's rights.
fn faulty() -> serde_json::Value {
    let mut report = well();
    let rules = report["rules"].as_array_mut().unwrap();
    let outcome = rules.iter_mut().find(|outcome| outcome["rule"] == "set-id").unwrap();
    outcome["findings"] = serde_json::json!([{"path": "/usr/bin/su", "what": "it is set-uid 0"}]);
    outcome["remedy"] = "take the bits away".into();
    report
}

/// A finished build of the checkout's lock, by its account; no disk is behind it.
pub fn built(world: &World, name: &str, release: &str) {
    built_with(world, name, release, well());
}

/// The same, of which the checks found `checks`.
fn built_with(world: &World, name: &str, release: &str, checks: serde_json::Value) {
    let built = serde_json::json!({
        "checks": checks,
        "key": "", "version": "13.20261123.1", "release": release, "source_date_epoch": 0,
        "root": {"root_hash": "00".repeat(32), "hash_offset": 4096, "size": 8192},
        "initrd_bytes": 1, "kernel_bytes": 1, "packages": 1,
        "inputs": {"number": 1, "checkout": "00".repeat(32), "program": [], "overlay": []},
        "partitions": [["boot-a", 0, 4096], ["root-a", 4096, 8192]], "stages": [], "seconds": 0.0,
    });
    let output = world.path("cache/build").join(name);
    write(&output.join("build.json"), built.to_string().as_bytes());
    fs::copy(world.path("image/locks/trixie.lock"), output.join("lock")).unwrap();
}

/// Runs git in the checkout.
fn git(world: &World, args: &[&str]) {
    let who = ["-c", "user.name=Nobody", "-c", "user.email=nobody@example.org", "-c", "init.defaultBranch=main"];
    let status = std::process::Command::new("git").arg("-C").arg(world.path("")).args(who).args(args).status();
    assert!(status.unwrap().success(), "{args:?}");
}

/// The commit that a release of the build called «trixie» names.
fn named_commit(world: &World) -> Option<String> {
    write(&world.path("cache/build/trixie/disk.raw"), &[0; 12288]);
    let output = build(world, &["release", "trixie", "--only-slot", "--level", "3"]);
    assert_eq!(code(&output), 0, "{}", stderr(&output));
    let path = world.path("cache/releases/13.20261123.1/sos-13.20261123.1.recipe.toml");
    Recipe::parse(&path, &fs::read_to_string(&path).unwrap()).unwrap().commit
}

#[test]
fn a_release_names_the_commit_that_its_disk_was_made_from() {
    let world = locked();
    for file in ["users.toml", "exclude.toml", "disk.toml", "checks.toml", "boot/grub.cfg"] {
        write(&world.path("image").join(file), b"");
    }
    write(&world.path(".gitignore"), b"/cache\n/debian*\n/root.json\n");
    git(&world, &["init", "--quiet"]);
    git(&world, &["add", "."]);
    git(&world, &["commit", "--quiet", "-m", "first"]);
    built(&world, "trixie", "trixie");
    assert_eq!(named_commit(&world), None, "the disk was made from other files");
    let checkout = || {
        let lock = sos_builder::lock::Lock::load(&world.path("image/locks/trixie.lock")).unwrap();
        let overlays = Overlays::find(&world.path("overlays"), &[], &lock).unwrap();
        sos_builder::recipe::checkout(&world.path("image"), &overlays).unwrap().to_string()
    };
    let account = world.path("cache/build/trixie/build.json");
    fs::write(&account, fs::read_to_string(&account).unwrap().replacen(&"00".repeat(32), &checkout(), 9)).unwrap();
    assert_eq!(named_commit(&world).map(|commit| commit.len()), Some(40));
    write(&world.path("image/disk.toml"), b"# changed");
    assert_eq!(named_commit(&world), None, "the checkout is no commit");
    git(&world, &["commit", "--quiet", "-a", "-m", "second"]);
    assert_eq!(named_commit(&world), None, "the checkout has gone on since");
}

#[test]
fn a_build_of_another_lock_is_refused() {
    let world = locked();
    built(&world, "trixie", "trixie");
    let path = world.path("image/locks/trixie.lock");
    let mut lock = Lock::load(&path).unwrap();
    lock.packages[0].size += 1;
    lock.save(&path).unwrap();
    for args in [&["release", "trixie", "--only-slot"][..], &["release", "trixie"]] {
        let output = build(&world, args);
        assert_eq!(code(&output), 2, "{}", stderr(&output));
        assert!(stderr(&output).contains("cache/build/trixie: it was built from another lock"), "{}", stderr(&output));
    }
    assert!(!world.path("cache/releases").exists());
}

#[test]
fn a_build_of_another_release_under_the_name_is_refused() {
    let world = locked();
    built(&world, "next", "forky");
    let output = build(&world, &["release", "trixie", "--as", "next", "--only-slot"]);
    assert_eq!(code(&output), 2, "{}", stderr(&output));
    assert!(stderr(&output).contains("built from the lock of «forky», not of «trixie»"), "{}", stderr(&output));
}

#[test]
fn a_build_with_faults_or_without_a_report_of_every_rule_is_no_release() {
    let world = locked();
    let mut older = well();
    older["rules"].as_array_mut().unwrap().retain(|outcome| outcome["rule"] != "secrets");
    for (checks, message) in [
        (serde_json::Value::Null, "has no report of the check «machine-id»; build it again"),
        (older, "has no report of the check «secrets»; build it again"),
        (faulty(), "set-id: /usr/bin/su: it is set-uid 0\n  take the bits away"),
    ] {
        built_with(&world, "trixie", "trixie", checks);
        let output = build(&world, &["release", "trixie", "--only-slot"]);
        assert_eq!(code(&output), 3, "{}", stderr(&output));
        assert!(stderr(&output).contains(message), "{}", stderr(&output));
        assert!(!world.path("cache/releases").exists());
    }
}

#[test]
fn what_the_checks_found_is_shown_to_people_and_to_programs() {
    let world = locked();
    let shown = |args: &[&str]| {
        let output = build(&world, args);
        (code(&output), String::from_utf8(output.stdout.clone()).unwrap(), stderr(&output))
    };
    let (exit_code, _, message) = shown(&["check", "next"]);
    assert_eq!(exit_code, 2, "{message}");
    assert!(message.contains("run `sos-build build`"), "{message}");
    let report = |report: serde_json::Value| {
        write(&world.path("cache/build/next/checks.json"), report.to_string().as_bytes());
    };
    report(well());
    let (exit_code, table, _) = shown(&["check", "next"]);
    assert_eq!(exit_code, 0);
    assert!(RULES.iter().all(|rule| table.contains(rule.name)), "{table}");
    report(faulty());
    let (exit_code, table, message) = shown(&["check", "next"]);
    assert_eq!(exit_code, 3, "{message}");
    assert!(table.contains("set-id: /usr/bin/su: it is set-uid 0"), "{table}");
    assert!(message.contains("the image has 1 faults"), "{message}");
    let (exit_code, json, _) = shown(&["--json", "check", "next"]);
    assert_eq!((exit_code, serde_json::from_str::<serde_json::Value>(&json).unwrap()), (3, faulty()));
    assert_eq!(shown(&["check", "../next"]).0, 2);
}

#[test]
fn notes_that_are_none_stop_a_release_before_it_begins() {
    let world = locked();
    built(&world, "trixie", "trixie");
    let notes = world.path("notes.json");
    write(&notes, b"{\"de\": \"Neu\"}");
    let output = build(&world, &["release", "trixie", "--only-slot", "--notes", notes.to_str().unwrap()]);
    assert_eq!(code(&output), 2, "{}", stderr(&output));
    assert!(stderr(&output).contains("notes.json: there is no text for «en»"), "{}", stderr(&output));
    assert!(!world.path("cache/releases").exists());
}

#[test]
fn a_release_of_the_slot_alone_has_the_disks_bytes_and_the_notes() {
    let world = locked();
    built(&world, "next", "trixie");
    let disk: Vec<u8> = (0..12288).map(|n| (n / 4096) as u8).collect();
    write(&world.path("cache/build/next/disk.raw"), &disk);
    let notes = world.path("notes.json");
    write(&notes, b"{\"en\": \"New\"}");
    let args = ["release", "trixie", "--as", "next", "--only-slot", "--level", "3", "--notes", notes.to_str().unwrap()];
    let output = build(&world, &args);
    assert_eq!(code(&output), 0, "{}", stderr(&output));
    let place = world.path("cache/releases/13.20261123.1");
    assert_eq!(String::from_utf8(output.stdout).unwrap().trim(), place.to_str().unwrap());
    let manifest = sos_signing::Manifest::from_bytes(&fs::read(place.join("manifest.json")).unwrap()).unwrap();
    let kinds: Vec<&str> = manifest.artefacts.iter().map(|artefact| artefact.kind.as_str()).collect();
    assert_eq!(kinds, ["slot", "slot-index", "notes", "recipe"]);
    let index = fs::read(place.join("sos-13.20261123.1-amd64.slot.json")).unwrap();
    let index = sos_signing::SlotIndex::from_bytes(&index).unwrap();
    let payload = fs::read(place.join("sos-13.20261123.1-amd64.slot")).unwrap();
    assert_eq!(payload.len() as u64, index.payload_size());
    let filled = zstd::decode_all(&payload[..]).unwrap();
    assert!(filled == [&disk[4096..], &disk[..4096]].concat(), "root first, then boot");
}
