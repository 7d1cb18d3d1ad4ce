//! The program as a person starts it: exit codes, messages, and nothing half written.

use std::fs;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use sos_builder::lock::Lock;

use crate::server::{Answer, Server};
use crate::world::{World, content, fixture, write};

const PROGRAM: &str = env!("CARGO_BIN_EXE_sos-build");

/// Runs `sos-build` in the world, with its mirror.
pub fn build(world: &World, args: &[&str]) -> Output {
    run(world, Command::new(PROGRAM), args)
}

/// Runs `sos-build` in the world, where it finds the programs in `folder` before the host's.
pub fn build_with(world: &World, folder: &Path, args: &[&str]) -> Output {
    let mut command = Command::new(PROGRAM);
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders = std::iter::once(folder.to_owned()).chain(std::env::split_paths(&path));
    command.env("PATH", std::env::join_paths(folders).unwrap());
    run(world, command, args)
}

/// Runs `sos-build`, which `command` starts, in the world.
fn run(world: &World, mut command: Command, args: &[&str]) -> Output {
    in_world(world, &mut command, args).output().unwrap()
}

/// The arguments and the environment of the world.
pub fn in_world<'a>(world: &World, command: &'a mut Command, args: &[&str]) -> &'a mut Command {
    command.arg("--repository").arg(world.path("")).arg("--cache").arg(world.path("cache")).args(args);
    command.env("SOS_MIRROR", world.path("debian")).env("SOS_SECURITY_MIRROR", world.path("debian-security"));
    command.env("CARGO_HOME", world.path("cargo"))
}

/// Starts `sos-build` behind a script of the shell, as root of a namespace with mounts of its own; $1 is `place`.
fn behind(script: &str, place: &Path) -> Command {
    let mut command = Command::new("unshare");
    command.args(["--map-root-user", "--mount", "sh", "-c", script, "sh"]).arg(place).arg(PROGRAM);
    command
}

/// Starts `sos-build` with a disk of this size at `place`, which only this run sees; what it took is copied back, as a
/// disk would keep it.
fn on_a_small_disk(size: &str, place: &Path) -> Command {
    fs::create_dir_all(place).unwrap();
    let script = format!(
        "kept=$1; shift; mkdir $kept.full; mount --bind $kept $kept.full; mount -t tmpfs -o size={size} none $kept; \
         \"$@\"; code=$?; cp -r $kept/. $kept.full; exit $code"
    );
    behind(&script, place)
}

pub fn lock(world: &World) -> Output {
    build(world, &["lock", "trixie", "--keyring", fixture("keyring.asc").to_str().unwrap()])
}

pub fn code(output: &Output) -> i32 {
    output.status.code().unwrap()
}

pub fn stderr(output: &Output) -> String {
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
    let old = Lock::parse(&committed, &good.replace("greeter_1.0-2", "greeter_0.9-1")).unwrap();
    old.save(&committed).unwrap();
    let old = old.to_text();
    assert_eq!(code(&build(&world, &["fetch", "trixie"])), 1);
    let (afresh, keyring) = (world.path("cache/afresh.lock"), fixture("keyring.asc"));
    let args = ["fetch", "trixie", "--lock-afresh", afresh.to_str().unwrap(), "--keyring", keyring.to_str().unwrap()];
    let fetched = build(&world, &args);
    assert_eq!(code(&fetched), 0, "{}", stderr(&fetched));
    assert_eq!(fs::read_to_string(afresh).unwrap(), good);
    assert_eq!(fs::read_to_string(committed).unwrap(), old, "the committed lock is a person's to change");
}

#[test]
fn what_an_archive_lacks_is_kept_where_asked_and_other_trouble_is_trouble() {
    let world = World::asking_for(&["greeter"]);
    lock(&world);
    let committed = world.path("image/locks/trixie.lock");
    let gone = fs::read_to_string(&committed).unwrap().replace("greeter_1.0-2", "greeter_0.9-1");
    let definition = world.path("image/releases/trixie.toml");
    let asks = fs::read_to_string(&definition).unwrap().replace("\"greeter\"", "\"greeter\", \"nethack\"");
    write(&definition, asks.as_bytes());
    let definition_sha256 = world.definition().digest();
    Lock { definition_sha256, ..Lock::parse(&committed, &gone).unwrap() }.save(&committed).unwrap();

    let (afresh, lacking, keyring) = (world.path("afresh.lock"), world.path("lacking"), fixture("keyring.asc"));
    let place = |path: &Path| path.to_str().unwrap().to_owned();
    let further = ["--lock-afresh", &place(&afresh), "--lacking", &place(&lacking), "--keyring", &place(&keyring)];
    let fetch = || build(&world, &[&["fetch", "trixie"], &further[..]].concat());
    let fetched = fetch();
    assert_eq!(code(&fetched), 0, "{}", stderr(&fetched));
    assert_eq!(fs::read_to_string(&lacking).unwrap(), "nethack");
    assert!(!afresh.exists());

    fs::remove_file(&lacking).unwrap();
    world.place_release("debian", "trixie", "expired.InRelease", "Packages");
    let refused = fetch();
    assert_eq!(code(&refused), 3, "{}", stderr(&refused));
    assert!(!lacking.exists());
}

#[test]
fn a_lock_edited_by_hand_is_refused() {
    let world = World::asking_for(&["greeter"]);
    lock(&world);
    let committed = world.path("image/locks/trixie.lock");
    let good = fs::read_to_string(&committed).unwrap();
    let header: Vec<&str> = good.lines().take(2).collect();
    assert!(header[0].contains("edited by hand it is refused"), "{header:?}");
    let body = good.split_once(header[1]).unwrap().1.trim_start();
    assert!(header[1].ends_with(sos_builder::lock::Sha256::of(body.as_bytes()).as_str()), "`sha256sum` agrees");
    let digest = sos_builder::lock::Sha256::of(b"another package");
    let greeter = Lock::load(&committed).unwrap().packages[1].sha256.clone();
    for edited in [
        good.replace("greeter_1.0-2", "greeter_0.9-1"),
        good.replace(greeter.as_str(), digest.as_str()),
        good.replacen("sets = [\"device\"]", "sets = [\"device\", \"tools\"]", 1),
        good.replace(header[1], &format!("# SHA-256 of all lines below: {digest}")),
        good.replace(&format!("{}\n", header[1]), ""),
        format!("{good}\n"),
        good.replacen("\"greeter\"", "'greeter'", 1),
    ] {
        assert_ne!(edited, good);
        fs::write(&committed, &edited).unwrap();
        let output = build(&world, &["fetch", "trixie"]);
        assert_eq!(code(&output), 3, "{}", stderr(&output));
        assert!(stderr(&output).contains("trixie.lock is not as `sos-build lock` writes it"), "{}", stderr(&output));
    }
}

#[test]
fn a_lock_with_a_package_in_two_versions_names_it() {
    let world = World::asking_for(&["greeter"]);
    lock(&world);
    let committed = world.path("image/locks/trixie.lock");
    let mut twice = Lock::load(&committed).unwrap();
    let greeter = twice.packages[1].clone();
    twice.packages.insert(1, sos_builder::lock::Package { version: "0.9-1".into(), ..greeter });
    fs::write(&committed, twice.to_text()).unwrap();
    let output = build(&world, &["fetch", "trixie"]);
    assert_eq!(code(&output), 2, "{}", stderr(&output));
    let said = stderr(&output);
    assert!(said.contains("package greeter is there twice, in version 0.9-1 and in 1.0-2"), "{said}");
}

#[test]
fn a_clock_that_stands_before_the_lock_is_refused() {
    let world = World::asking_for(&["greeter"]);
    lock(&world);
    let committed = world.path("image/locks/trixie.lock");
    let year_2200 = 7_258_118_400;
    Lock { source_date_epoch: year_2200, ..Lock::load(&committed).unwrap() }.save(&committed).unwrap();
    for command in ["fetch", "build", "release"] {
        let output = build(&world, &[command, "trixie"]);
        assert_eq!(code(&output), 3, "{}", stderr(&output));
        let said = stderr(&output);
        assert!(said.contains("was made (2200-01-01T00:00:00Z); set the clock"), "{said}");
    }
}

#[test]
fn a_package_asked_for_twice_is_refused_by_its_name() {
    let world = World::asking_for(&["greeter"]);
    for (packages, message) in [
        ("['greeter', 'zstd', 'greeter']", "packages: «greeter» is there twice"),
        ("['greeter=1', 'greeter=2']", "«greeter» is there in two versions, «greeter=1» and «greeter=2»"),
    ] {
        write(&world.path("overlays/mail/service.toml"), format!("packages = {packages}\n").as_bytes());
        let output = lock(&world);
        assert_eq!(code(&output), 3, "{}", stderr(&output));
        assert!(stderr(&output).contains("overlays/mail/service.toml: packages: "), "{}", stderr(&output));
        assert!(stderr(&output).contains(message), "{}", stderr(&output));
        assert!(!world.path("image/locks").exists());
    }
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
    let full = run(&world, on_a_small_disk("64k", &world.path("cache/pool")), &["fetch", "trixie"]);
    assert_eq!(code(&full), 2, "{}", stderr(&full));
    assert!(stderr(&full).contains("the disk is full; free some space"), "{}", stderr(&full));
    let again = build(&world, &["fetch", "trixie"]);
    assert_eq!(code(&again), 0, "{}", stderr(&again));
}

#[test]
fn a_disk_that_fills_while_locking_leaves_no_lock() {
    let world = World::asking_for(&["greeter"]);
    let keyring = fixture("keyring.asc");
    let args = ["lock", "trixie", "--keyring", keyring.to_str().unwrap()];
    let full = run(&world, on_a_small_disk("32k", &world.path("cache/apt")), &args);
    assert_eq!(code(&full), 2, "{}", stderr(&full));
    assert!(stderr(&full).contains("the disk is full; free some space"), "{}", stderr(&full));
    assert!(!world.path("image/locks").exists());
    assert_eq!(code(&lock(&world)), 0);
}

#[test]
fn a_run_that_is_killed_is_taken_up_where_it_stopped() {
    let world = World::asking_for(&["greeter"]);
    lock(&world);
    let lock = sos_builder::lock::Lock::load(&world.path("image/locks/trixie.lock")).unwrap();
    world.place_packages(&lock);
    let server = Server::start();
    for package in &lock.packages {
        server.set(format!("/debian/{}", package.path), Answer::File(content(package)));
    }
    let greeter = lock.packages.iter().find(|package| package.name == "greeter").unwrap();
    let (path, bytes) = (format!("/debian/{}", greeter.path), content(greeter));
    server.set(&path, Answer::Stalls(bytes.clone(), 7000));
    let mut command = Command::new(PROGRAM);
    let fetch = in_world(&world, &mut command, &["fetch", "trixie"]).env("SOS_MIRROR", server.url("/debian"));
    let mut running = fetch.stderr(Stdio::null()).spawn().unwrap();
    let part = world.pool().part(greeter);
    let began = std::time::Instant::now();
    while fs::metadata(&part).map_or(0, |m| m.len()) < 7000 {
        assert!(began.elapsed().as_secs() < 60, "the first bytes do not come");
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    running.kill().unwrap();
    running.wait().unwrap();
    assert!(!world.pool().file(greeter).exists(), "a package has its name when it is whole");
    server.set(&path, Answer::File(bytes));
    assert_eq!(code(&fetch.output().unwrap()), 0);
    let asked: Vec<usize> =
        server.requests().into_iter().filter(|(asked, _)| *asked == path).map(|(_, from)| from).collect();
    assert_eq!(asked, [0, 7000]);
}

#[test]
fn a_program_that_the_host_lacks_is_named_with_its_package() {
    let world = World::asking_for(&["greeter"]);
    let empty = world.path("empty");
    fs::create_dir(&empty).unwrap();
    let without_programs =
        behind("for bin in /usr/bin /usr/sbin; do mount --bind $1 $bin; done; shift; exec \"$@\"", &empty);
    let keyring = fixture("keyring.asc");
    let output = run(&world, without_programs, &["lock", "trixie", "--keyring", keyring.to_str().unwrap()]);
    assert_eq!(code(&output), 2, "{}", stderr(&output));
    assert!(
        stderr(&output).contains("the program «apt-get» is missing; on Debian: apt-get install apt"),
        "{}",
        stderr(&output)
    );
    assert!(!world.path("image/locks").exists());
}

#[test]
fn a_release_before_its_build_says_what_to_run() {
    let world = World::asking_for(&["greeter"]);
    lock(&world);
    let output = build(&world, &["release", "trixie"]);
    assert_eq!(code(&output), 2, "{}", stderr(&output));
    assert!(stderr(&output).contains("run `sos-build build`"), "{}", stderr(&output));
    assert!(!world.path("cache/releases").exists());
}

#[test]
fn a_reason_is_said_once() {
    let world = World::asking_for(&["greeter"]);
    lock(&world);
    std::os::unix::fs::symlink(world.path("nowhere"), world.path("cache/pool")).unwrap();
    let output = build(&world, &["fetch", "trixie"]);
    assert_eq!(code(&output), 1, "{}", stderr(&output));
    assert_eq!(stderr(&output).matches("File exists").count(), 1, "{}", stderr(&output));
}

#[test]
fn firmware_that_is_none_is_refused_before_a_machine_is_announced() {
    let world = World::asking_for(&["greeter"]);
    write(&world.path("cache/build/trixie/disk.raw"), b"a disk");
    let mut command = Command::new(PROGRAM);
    command.env("SOS_OVMF", world.path("cache/build/trixie/disk.raw"));
    let output = run(&world, command, &["run", "trixie", "--uefi"]);
    assert_ne!(code(&output), 0);
    assert!(stderr(&output).contains("is not OVMF's code file"), "{}", stderr(&output));
    assert!(!stderr(&output).contains("starting the machine"), "{}", stderr(&output));
}

#[test]
fn an_unknown_release_is_answered_with_the_known_ones() {
    for command in ["lock", "run"] {
        let output = build(&World::asking_for(&["greeter"]), &[command, "woody"]);
        assert_eq!(code(&output), 2);
        assert!(stderr(&output).contains("no release «woody»; image/releases has: trixie"), "{}", stderr(&output));
    }
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
