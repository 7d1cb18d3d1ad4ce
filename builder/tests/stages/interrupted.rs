//! Builds that stop in the middle: nothing that they leave can be taken for whole.

use std::fs;
use std::io::Write as _;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::Duration;

use sos_builder::lock::{Lock, Set, Sha256};

use crate::command_line::{build, code, in_world, lock, stderr};
use crate::image::well;
use crate::world::{World, tree, write};

/// How many files each package has, so that unpacking takes its time.
const FILES: usize = 200;

/// A Debian package (deb(5)) that can be unpacked.
fn deb(name: &str) -> Vec<u8> {
    let tar = |files: Vec<(String, Vec<u8>)>| {
        let mut tar = tar::Builder::new(flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast()));
        for (path, bytes) in files {
            let mut header = tar::Header::new_gnu();
            header.set_size(bytes.len() as u64);
            header.set_mode(0o644);
            header.set_uid(0);
            header.set_gid(0);
            header.set_mtime(0);
            tar.append_data(&mut header, path, &bytes[..]).unwrap();
        }
        tar.into_inner().unwrap().finish().unwrap()
    };
    let control = format!(
        "Package: {name}\nVersion: 1\nArchitecture: amd64\nMaintainer: Nobody <nobody@example.org>\nDescription: x\n"
    );
    let control = tar(vec![("./control".into(), control.into_bytes())]);
    let data = tar((0..FILES).map(|n| (format!("./usr/share/{name}/{n}"), vec![b'x'; 10_000])).collect());
    let mut deb = ar::Builder::new(Vec::new());
    for (member, bytes) in [("debian-binary", &b"2.0\n"[..]), ("control.tar.gz", &control), ("data.tar.gz", &data)] {
        deb.append(&ar::Header::new(member.as_bytes().to_vec(), bytes.len() as u64), bytes).unwrap();
    }
    deb.into_inner().unwrap()
}

/// A checkout whose packages can be unpacked, but not configured: there is no program among them.
fn unpackable() -> World {
    let world = World::asking_for(&["greeter"]);
    assert_eq!(code(&lock(&world)), 0);
    let committed = world.path("image/locks/trixie.lock");
    let mut lock = Lock::load(&committed).unwrap();
    for package in &mut lock.packages {
        let deb = deb(&package.name);
        (package.size, package.sha256) = (deb.len() as u64, Sha256::of(&deb));
    }
    lock.save(&committed).unwrap();
    for package in &lock.packages {
        write(&world.path(tree(&lock, package)).join(&package.path), &deb(&package.name));
    }
    world.place_image();
    world
}

/// The arguments that build it.
fn arguments(world: &World) -> Vec<String> {
    let programs = world.path("programs").to_str().unwrap().to_owned();
    ["build", "trixie", "--programs"].into_iter().map(str::to_owned).chain([programs]).collect()
}

/// The directories of the cache that a later build would take for whole.
fn finished(world: &World, kind: &str) -> Vec<PathBuf> {
    let listing = fs::read_dir(world.path("cache/cache").join(kind)).into_iter().flatten().flatten();
    let whole = |path: &PathBuf| path.extension().is_none();
    listing.map(|entry| entry.path()).filter(whole).collect()
}

/// Every directory of tools that looks whole has every file of every package, and nothing says that a disk is there.
fn assert_nothing_half(world: &World) {
    for place in ["cache/build/trixie/build.json", "cache/build/trixie/disk.raw"] {
        assert!(!world.path(place).exists(), "{place}");
    }
    let lock = Lock::load(&world.path("image/locks/trixie.lock")).unwrap();
    for tools in finished(world, "tools") {
        for package in lock.packages(Set::Tools) {
            let files = fs::read_dir(tools.join("usr/share").join(&package.name)).unwrap().count();
            assert_eq!(files, FILES, "{}: {}", tools.display(), package.name);
        }
    }
    assert!(finished(world, "rootfs").is_empty(), "no root was ever configured");
}

#[test]
fn a_stage_that_fails_leaves_the_stages_before_it_and_no_disk() {
    let world = unpackable();
    let words = arguments(&world);
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    // What an earlier build left, of another lock.
    write(&world.path("cache/build/trixie/build.json"), b"{}");
    write(&world.path("cache/build/trixie/disk.raw"), b"an old disk");
    for _ in 0..2 {
        let output = build(&world, &words);
        assert_eq!(code(&output), 1, "{}", stderr(&output));
        assert_eq!(finished(&world, "tools").len(), 1, "{}", stderr(&output));
        assert_nothing_half(&world);
    }
    let release = build(&world, &["release", "trixie"]);
    assert_eq!(code(&release), 2, "{}", stderr(&release));
    assert!(stderr(&release).contains("there is no finished build"), "{}", stderr(&release));
}

#[test]
fn a_build_that_is_killed_leaves_nothing_half() {
    let world = unpackable();
    let words = arguments(&world);
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    assert_eq!(code(&build(&world, &["fetch", "trixie"])), 0);
    for millis in [0, 10, 20, 30, 45, 60, 80, 100, 130, 160, 200, 300] {
        let mut command = Command::new(env!("CARGO_BIN_EXE_sos-build"));
        let mut running = in_world(&world, &mut command, &words).stderr(Stdio::null()).spawn().unwrap();
        std::thread::sleep(Duration::from_millis(millis));
        running.kill().unwrap();
        running.wait().unwrap();
        // Its inner half may go on; either way this holds at any moment.
        assert_nothing_half(&world);
    }
    // The next build waits for those that still go on.
    let output = build(&world, &words);
    assert_eq!(code(&output), 1, "{}", stderr(&output));
    assert_eq!(finished(&world, "tools").len(), 1);
    assert_nothing_half(&world);
}

#[test]
fn a_release_that_is_killed_is_not_there() {
    let world = unpackable();
    let digest = "00".repeat(32);
    let built = serde_json::json!({
        "checks": well(), "key": "", "version": "13.20250101.1", "release": "trixie", "source_date_epoch": 0,
        "root": {"root_hash": digest, "hash_offset": 4096, "size": 64 << 20}, "initrd_bytes": 1, "kernel_bytes": 1,
        "packages": 1, "inputs": {"number": 1, "checkout": digest},
        "partitions": [["boot-a", 0, 4096], ["root-a", 4096, 64 << 20]], "stages": [], "seconds": 0.0,
    });
    write(&world.path("cache/build/trixie/build.json"), built.to_string().as_bytes());
    fs::copy(world.path("image/locks/trixie.lock"), world.path("cache/build/trixie/lock")).unwrap();
    let mut disk = fs::File::create(world.path("cache/build/trixie/disk.raw")).unwrap();
    for n in 0..65_u8 {
        disk.write_all(&[n; 1 << 20]).unwrap();
    }
    let words = ["release", "trixie", "--only-slot", "--level", "3"];
    let place = world.path("cache/releases/13.20250101.1");
    for millis in [0, 5, 10, 20, 40, 80, 160] {
        let mut command = Command::new(env!("CARGO_BIN_EXE_sos-build"));
        let mut running =
            in_world(&world, &mut command, &words).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        std::thread::sleep(Duration::from_millis(millis));
        running.kill().unwrap();
        running.wait().unwrap();
        if place.exists() {
            let manifest = fs::read(place.join("manifest.json")).unwrap();
            for artefact in sos_signing::Manifest::from_bytes(&manifest).unwrap().artefacts {
                let (sha256, _) = sos_signing::hash_file(&place.join(&artefact.name), &mut |_| ()).unwrap();
                assert_eq!(sha256, artefact.sha256, "{}", artefact.name);
            }
        }
    }
    let output = build(&world, &words);
    assert_eq!(code(&output), 0, "{}", stderr(&output));
    let names = fs::read_dir(world.path("cache/releases")).unwrap().map(|entry| entry.unwrap().file_name());
    assert_eq!(names.collect::<Vec<_>>(), ["13.20250101.1"], "and nothing is beside it");
}
