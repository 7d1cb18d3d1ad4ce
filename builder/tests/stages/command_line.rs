//! The program as a person starts it: exit codes, messages, and nothing half written.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use crate::world::{World, fixture, write};

const PROGRAM: &str = env!("CARGO_BIN_EXE_sos-build");

/// Runs `sos-build` in the world, with its mirror.
fn build(world: &World, args: &[&str]) -> Output {
    run(world, Command::new(PROGRAM), args)
}

/// Runs `sos-build`, which `command` starts, in the world.
fn run(world: &World, mut command: Command, args: &[&str]) -> Output {
    command.arg("--repository").arg(world.path("")).arg("--cache").arg(world.path("cache")).args(args);
    command.env("SOS_MIRROR", world.path("debian")).env("SOS_SECURITY_MIRROR", world.path("debian-security"));
    command.output().unwrap()
}

fn lock(world: &World) -> Output {
    build(world, &["lock", "trixie", "--keyring", fixture("keyring.asc").to_str().unwrap()])
}

fn code(output: &Output) -> i32 {
    output.status.code().unwrap()
}

fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

/// The names of the files in a folder.
fn files(folder: &Path) -> Vec<String> {
    fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
}

#[test]
fn lock_then_fetch_ends_well() {
    let world = World::asking_for(&["greeter"]);
    let locked = lock(&world);
    assert_eq!(code(&locked), 0, "{}", stderr(&locked));
    world.place_packages(&sos_builder::lock::Lock::load(&world.path("image/locks/trixie.lock")).unwrap());
    let fetched = build(&world, &["fetch", "trixie"]);
    assert_eq!(code(&fetched), 0, "{}", stderr(&fetched));
}

#[test]
fn a_lock_that_fails_leaves_the_old_one_in_place() {
    let world = World::asking_for(&["greeter"]);
    lock(&world);
    let before = fs::read(world.path("image/locks/trixie.lock")).unwrap();
    world.place_release("debian", "trixie", "expired.InRelease", "Packages");
    let refused = lock(&world);
    assert_eq!(code(&refused), 3);
    assert!(stderr(&refused).contains("archive «trixie» has expired"), "{}", stderr(&refused));
    assert_eq!(fs::read(world.path("image/locks/trixie.lock")).unwrap(), before);
    assert_eq!(files(&world.path("image/locks")), ["trixie.lock"]);
}

#[test]
fn a_lock_whose_packages_are_gone_is_made_afresh_where_asked() {
    let world = World::asking_for(&["greeter"]);
    lock(&world);
    let committed = world.path("image/locks/trixie.lock");
    let good = fs::read_to_string(&committed).unwrap();
    world.place_packages(&sos_builder::lock::Lock::load(&committed).unwrap());
    let old = good.replace("greeter_1.0-2", "greeter_0.9-1");
    fs::write(&committed, &old).unwrap();
    assert_eq!(code(&build(&world, &["fetch", "trixie"])), 1);
    let (afresh, keyring) = (world.path("cache/afresh.lock"), fixture("keyring.asc"));
    let args = ["fetch", "trixie", "--lock-afresh", afresh.to_str().unwrap(), "--keyring", keyring.to_str().unwrap()];
    let fetched = build(&world, &args);
    assert_eq!(code(&fetched), 0, "{}", stderr(&fetched));
    assert_eq!(fs::read_to_string(afresh).unwrap(), good);
    assert_eq!(fs::read_to_string(committed).unwrap(), old, "the committed lock is a person's to change");
}

#[test]
fn a_missing_lock_says_how_to_make_it() {
    let output = build(&World::asking_for(&["greeter"]), &["fetch", "trixie"]);
    assert_eq!(code(&output), 2);
    assert!(stderr(&output).contains("run `sos-build lock trixie`"), "{}", stderr(&output));
}

#[test]
fn a_full_disk_is_called_by_its_name_and_the_next_run_goes_on() {
    let world = World::asking_for(&["greeter"]);
    lock(&world);
    let lock = sos_builder::lock::Lock::load(&world.path("image/locks/trixie.lock")).unwrap();
    world.place_packages(&lock);
    let pool = world.path("cache/pool");
    fs::create_dir_all(&pool).unwrap();
    // A disk of 64 KiB, which only this run sees; what it took is copied back, as a disk would keep it.
    let script = "kept=$1; shift; mkdir $kept.full; mount --bind $kept $kept.full; \
                  mount -t tmpfs -o size=64k none $kept; \"$@\"; code=$?; cp -r $kept/. $kept.full; exit $code";
    let mut on_a_small_disk = Command::new("unshare");
    on_a_small_disk.args(["--map-root-user", "--mount", "sh", "-c", script, "sh"]).arg(&pool).arg(PROGRAM);
    let full = run(&world, on_a_small_disk, &["fetch", "trixie"]);
    assert_eq!(code(&full), 1, "{}", stderr(&full));
    assert!(stderr(&full).contains("the disk is full; free some space"), "{}", stderr(&full));
    let again = build(&world, &["fetch", "trixie"]);
    assert_eq!(code(&again), 0, "{}", stderr(&again));
}

#[test]
fn an_unknown_release_is_answered_with_the_known_ones() {
    let output = build(&World::asking_for(&["greeter"]), &["lock", "woody"]);
    assert_eq!(code(&output), 2);
    assert!(stderr(&output).contains("no release «woody»; image/releases has: trixie"), "{}", stderr(&output));
}

#[test]
fn a_definition_changed_after_the_lock_asks_to_lock_again() {
    let world = World::asking_for(&["greeter"]);
    lock(&world);
    write(&world.path("overlays/mail/service.toml"), b"packages = ['greeter-manual']\n");
    let output = build(&world, &["fetch", "trixie"]);
    assert_eq!(code(&output), 2);
    assert!(stderr(&output).contains("run `sos-build lock trixie`"), "{}", stderr(&output));
}

#[test]
fn a_machine_is_told_in_json() {
    let world = World::asking_for(&["lonely"]);
    let output = build(&world, &["--json", "lock", "trixie", "--keyring", fixture("keyring.asc").to_str().unwrap()]);
    let events: Vec<serde_json::Value> =
        stderr(&output).lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let error = events.last().unwrap();
    assert_eq!((code(&output), &error["event"], &error["exit_code"]), (2, &"error".into(), &2.into()), "{events:?}");
}

#[test]
fn usage_that_is_not_understood_ends_with_2() {
    assert_eq!(code(&build(&World::asking_for(&["greeter"]), &["lock"])), 2);
}
