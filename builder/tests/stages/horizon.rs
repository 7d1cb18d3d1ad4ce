//! The horizon, as a person asks for it, against the tiny archive.

use std::process::Output;

use crate::command_line::{build, code, stderr};
use crate::world::{World, fixture, write};

/// A world whose release before and whose unstable are the release itself, as only the main archive has it.
fn world(device: &[&str]) -> World {
    let world = World::asking_for(device);
    write(&world.path("image/horizon.toml"), b"before = 'trixie'\nunstable = 'trixie'\n");
    world
}

fn horizon(world: &World, release: &str, options: &[&str]) -> Output {
    let keyring = fixture("keyring.asc");
    build(world, &[&["horizon", release, "--keyring", keyring.to_str().unwrap()], options].concat())
}

#[test]
fn each_package_that_is_asked_for_is_shown_as_each_release_has_it() {
    let world = world(&["greeter", "unheard"]);
    let shown = horizon(&world, "trixie", &["--json"]);
    assert_eq!(code(&shown), 0, "{}", stderr(&shown));
    let seen: serde_json::Value = serde_json::from_slice(&shown.stdout).unwrap();
    let packages = seen["packages"].as_array().unwrap();
    let names: Vec<_> = packages.iter().map(|package| package["package"].as_str().unwrap()).collect();
    assert_eq!(names, ["unheard", "greeter", "zstd"], "those at risk stand first");
    assert_eq!(packages[0]["risks"], serde_json::json!(["removed", "not-three"]));
    assert_eq!(packages[0]["versions"], serde_json::json!([null, null, null]));
    assert_eq!(packages[0]["wanted_by"], serde_json::json!(["releases/trixie.toml"]));
    assert_eq!(packages[1]["source"], "greetings");
    assert_eq!(packages[1]["risks"], serde_json::json!([]));

    let table = horizon(&world, "trixie", &[]);
    assert_eq!(code(&table), 0, "{}", stderr(&table));
    let text = String::from_utf8(table.stdout).unwrap();
    assert!(text.contains("At risk: 1 of 3") && text.contains("no exit is written down"), "{text}");
}

#[test]
fn a_horizon_of_no_release_or_of_archives_that_are_not_to_be_trusted_is_none() {
    let world = world(&["greeter"]);
    for (release, message, wanted) in [("buster", "«buster»", 2), ("trixie", "archive «trixie» has expired", 3)] {
        world.place_release("debian", "trixie", "expired.InRelease", "Packages");
        let refused = horizon(&world, release, &[]);
        assert_eq!(code(&refused), wanted, "{}", stderr(&refused));
        assert!(stderr(&refused).contains(message), "{}", stderr(&refused));
        assert!(refused.stdout.is_empty());
    }
    let lagging = horizon(&world, "trixie", &["--valid-days", "3650"]);
    assert_eq!(code(&lagging), 0, "{}", stderr(&lagging));
}

#[test]
fn the_release_before_is_the_one_that_is_defined_and_the_outlook_s_where_none_is() {
    let world = world(&["greeter"]);
    let definition = std::fs::read_to_string(world.path("image/releases/trixie.toml")).unwrap();
    let older = definition.replace("version_prefix = 13", "version_prefix = 12").replace("greeter", "hermit");
    write(&world.path("image/releases/bookworm.toml"), older.as_bytes());
    write(&world.path("image/horizon.toml"), b"before = 'nowhere'\nunstable = 'trixie'\n");
    let shown = horizon(&world, "trixie", &["--json"]);
    assert_eq!(code(&shown), 0, "{}", stderr(&shown));
    let seen: serde_json::Value = serde_json::from_slice(&shown.stdout).unwrap();
    let releases: Vec<_> = seen["releases"].as_array().unwrap().iter().map(|release| &release["name"]).collect();
    assert_eq!(releases, ["bookworm", "trixie", "trixie"]);
    assert!(!seen["packages"].to_string().contains("hermit"), "what the older one asks for is not asked about");
    let failed = horizon(&world, "bookworm", &[]);
    assert_eq!(code(&failed), 1, "the archive has no suite «nowhere»: {}", stderr(&failed));
}
