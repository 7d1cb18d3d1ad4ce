//! Keeping releases for good: what a vault has, what is refused of one, and what an interrupted export leaves.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::Duration;

use sos_builder::check::check;
use sos_builder::crates::Cache;
use sos_builder::error::{Error, Refusal, Result};
use sos_builder::export::{Exported, Order, export};
use sos_builder::fetch::fetch;
use sos_builder::inventory::{Inventory, Kind};
use sos_builder::lock::{Lock, Package, Sha256};
use sos_builder::mirror::Place;
use sos_builder::objects::Objects;
use sos_builder::progress::Progress;
use sos_builder::sources::Sources;
use sos_builder::vault::Vault;

use crate::command_line::{build, build_with, code, in_world, lock, stderr};
use crate::server::Server;
use crate::world::{World, content, write};

/// A `Cargo.lock` that names one crate with this content.
fn cargo_lock(krate: &[u8]) -> String {
    let checksum = Sha256::of(krate);
    format!(
        "version = 4\n[[package]]\nname = \"ours\"\nversion = \"0.1.0\"\n[[package]]\nname = \"greeting\"\n\
         version = \"1.0.0\"\nsource = \"registry+elsewhere\"\nchecksum = \"{checksum}\"\n"
    )
}

/// A crate's archive of one file.
fn krate() -> Vec<u8> {
    let mut tar = tar::Builder::new(flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast()));
    let mut header = tar::Header::new_gnu();
    header.set_size(5);
    header.set_mode(0o644);
    tar.append_data(&mut header, "greeting-1.0.0/src/lib.rs", &b"// hi"[..]).unwrap();
    tar.into_inner().unwrap().finish().unwrap()
}

/// A checkout that is locked, all of whose packages are on the mirror, and whose crate is in cargo's cache.
pub fn locked(device: &[&str]) -> World {
    let world = World::asking_for(device);
    write(&world.path("Cargo.lock"), cargo_lock(&krate()).as_bytes());
    write(&world.path("cargo/registry/cache/somewhere/greeting-1.0.0.crate"), &krate());
    relock(&world);
    world
}

/// Locks again, and puts the packages of the new lock on the mirror.
fn relock(world: &World) -> Lock {
    assert_eq!(code(&lock(world)), 0);
    let lock = Lock::load(&world.path("image/locks/trixie.lock")).unwrap();
    world.place_packages(&lock);
    lock
}

fn the_lock(world: &World) -> Lock {
    Lock::load(&world.path("image/locks/trixie.lock")).unwrap()
}

fn vault(world: &World) -> Vault {
    Vault::at(world.path("vault"))
}

/// Exports `lock`, with what `sources` has beside what is kept.
fn exported_from(world: &World, lock: &Lock, sources: &Sources) -> Result<Exported> {
    let mirror = Sources { mirror: Some(world.mirror()), ..Sources::default() };
    let pool = fetch(lock, &mirror, &world.pool(), Progress::Silent)?;
    let order = Order {
        definition: &world.definition(),
        lock,
        pool: &pool,
        kept: &world.kept(),
        sources,
        cargo_lock: &world.path("Cargo.lock"),
        cargo: &Cache::of(&world.path("cargo")),
        progress: Progress::Silent,
    };
    export(&order, &vault(world))
}

fn exported(world: &World) -> Exported {
    exported_from(world, &the_lock(world), &Sources::default()).unwrap()
}

/// Runs `sos-build export` with the world's mirror.
fn export_command(world: &World) -> Output {
    build(world, &["vault", "export", "trixie", world.path("vault").to_str().unwrap()])
}

/// Runs `sos-build` with these arguments from the vault alone, in a cache of its own.
fn offline(world: &World, args: &[&str]) -> Output {
    let (vault, cache) = (world.path("vault"), world.path("other-cache"));
    let more = ["--vault", vault.to_str().unwrap(), "--offline", "--cache", cache.to_str().unwrap()];
    Command::new(env!("CARGO_BIN_EXE_sos-build"))
        .arg("--repository")
        .arg(world.path(""))
        .args(args)
        .args(more)
        .output()
        .unwrap()
}

fn package<'a>(lock: &'a Lock, name: &str) -> &'a Package {
    lock.packages.iter().find(|package| package.name == name).unwrap()
}

/// Flips one bit of a file.
fn flip(path: &Path) {
    let mut bytes = fs::read(path).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs::write(path, bytes).unwrap();
}

/// The refusal that checking the vault ends in.
fn refusal(world: &World) -> Refusal {
    match check(&vault(world), Progress::Silent).unwrap_err() {
        Error::Refused(refusal) => refusal,
        other => panic!("a refusal was expected, not: {other}"),
    }
}

#[test]
fn a_vault_has_all_that_a_lock_is_made_of() {
    let world = locked(&["greeter"]);
    let exported = exported(&world);
    assert_eq!((exported.new, exported.absent.len()), (exported.objects, 0), "{:?}", exported.absent);
    let checked = check(&vault(&world), Progress::Silent).unwrap();
    let (name, inventory) = checked.releases.first_key_value().unwrap();
    assert_eq!(exported.inventory, world.path("vault/releases").join(name));
    let paths: Vec<(Kind, &str)> = inventory.objects.iter().map(|object| (object.kind, object.path.as_str())).collect();
    assert_eq!(
        paths,
        [
            (Kind::CargoLock, "Cargo.lock"),
            (Kind::Crate, "crates/greeting-1.0.0.crate"),
            (Kind::Inrelease, "debian-security/dists/trixie-security/InRelease"),
            (Kind::Index, "debian-security/dists/trixie-security/main/binary-amd64/Packages"),
            (Kind::Package, "debian-security/pool/main/libgreeting_1.0-1+deb13u1_amd64.deb"),
            (Kind::Inrelease, "debian/dists/trixie/InRelease"),
            (Kind::Index, "debian/dists/trixie/main/binary-amd64/Packages"),
            (Kind::Package, "debian/pool/main/base-files_13_all.deb"),
            (Kind::Package, "debian/pool/main/greeter_1.0-2_amd64.deb"),
            (Kind::Package, "debian/pool/main/zstd_1.5_amd64.deb"),
            (Kind::Lock, "image/locks/trixie.lock"),
        ]
    );
    assert_eq!(checked.vouched[name], the_lock(&world).packages.len(), "a signed index vouches for every package");
    assert!(checked.unnamed.is_empty());
    let kept = vault(&world).objects().read(&inventory.lock_sha256).unwrap().unwrap();
    assert_eq!(kept, fs::read(world.path("image/locks/trixie.lock")).unwrap());
}

#[test]
fn exporting_twice_adds_nothing_and_changes_nothing() {
    let world = locked(&["greeter"]);
    let first = exported(&world);
    let text = fs::read_to_string(&first.inventory).unwrap();
    let second = exported(&world);
    assert_eq!((second.new, second.new_bytes, second.objects), (0, 0, first.objects));
    assert_eq!(fs::read_to_string(&second.inventory).unwrap(), text);
}

#[test]
fn a_second_lock_adds_only_what_the_first_has_not() {
    let world = locked(&["greeter"]);
    let first = exported(&world);
    let before = the_lock(&world);
    write(&world.path("overlays/mail/service.toml"), b"packages = ['greeter-manual']\n");
    let after = relock(&world);
    let new: Vec<&Package> = after.packages.iter().filter(|package| !before.packages.contains(package)).collect();
    assert_eq!(new.iter().map(|package| &*package.name).collect::<Vec<_>>(), ["greeter-manual"]);
    let second = exported(&world);
    // The package and the lock; the indexes, the crates and all other packages are there.
    assert_eq!(second.new, 2);
    assert_eq!(second.new_bytes, new[0].size + after.to_text().len() as u64);
    assert_eq!(vault(&world).objects().list().unwrap().len(), first.objects + 2);
    let checked = check(&vault(&world), Progress::Silent).unwrap();
    assert_eq!((checked.releases.len(), checked.objects), (2, first.objects + 2));
}

#[test]
fn from_a_vault_alone_every_package_is_had_and_nobody_is_asked() {
    let world = locked(&["greeter"]);
    exported(&world);
    let server = Server::start();
    let run = |args: &[&str]| {
        let (vault, cache) = (world.path("vault"), world.path("other-cache"));
        let mut command = Command::new(env!("CARGO_BIN_EXE_sos-build"));
        command.env("SOS_MIRROR", server.url("/debian")).env("SOS_SNAPSHOT", server.url("/snapshot"));
        command.arg("--repository").arg(world.path("")).arg("--cache").arg(cache).args(args);
        command.args(["--offline", "--vault"]).arg(vault).output().unwrap()
    };
    let built = run(&["build", "trixie", "--programs", "/nowhere"]);
    assert!(stderr(&built).contains("vault: all 4 packages are there, and sound"), "{}", stderr(&built));
    // This far, only the device's programs are missing.
    assert!(stderr(&built).contains("the device's program is missing"), "{}", stderr(&built));
    assert!(!world.path("other-cache/pool").exists(), "packages are taken from the vault where they lie");
    let fetched = run(&["fetch", "trixie"]);
    assert_eq!(code(&fetched), 0, "{}", stderr(&fetched));
    for package in &the_lock(&world).packages {
        let file = sos_builder::pool::Pool::at(world.path("other-cache/pool")).file(package);
        assert_eq!(fs::read(file).unwrap(), content(package));
    }
    assert!(server.requests().is_empty());
}

#[test]
fn offline_needs_a_vault_that_is_one() {
    let world = locked(&["greeter"]);
    let output = build(&world, &["build", "trixie", "--offline"]);
    assert_eq!(code(&output), 2);
    assert!(stderr(&output).contains("--vault <DIR>"), "{}", stderr(&output));
    let output = offline(&world, &["build", "trixie"]);
    assert_eq!(code(&output), 2);
    assert!(stderr(&output).contains("vault is no vault"), "{}", stderr(&output));
}

#[test]
fn an_offline_build_names_every_package_that_the_vault_lacks() {
    let world = locked(&["greeter"]);
    exported(&world);
    let lock = the_lock(&world);
    for name in ["greeter", "zstd"] {
        fs::remove_file(vault(&world).objects().file(&package(&lock, name).sha256)).unwrap();
    }
    for args in [["build", "trixie"], ["plain", "trixie"]] {
        let output = offline(&world, &args);
        assert_eq!(code(&output), 3, "{}", stderr(&output));
        let said = stderr(&output);
        let line = |name: &str| {
            let Package { sha256, version, .. } = package(&lock, name);
            format!("  objects/{}: package {name} {version}\n", Objects::entry(sha256))
        };
        assert!(said.contains(&format!("lacks:\n{}{}export", line("greeter"), line("zstd"))), "{said}");
        assert!(!world.path("other-cache/build").exists());
    }
    assert!(matches!(refusal(&world), Refusal::VaultLacks { .. }));
}

#[test]
fn a_vault_without_the_release_says_which_it_has() {
    let world = locked(&["greeter"]);
    let exported = exported(&world);
    write(&world.path("overlays/mail/service.toml"), b"packages = ['greeter-manual']\n");
    let lock = relock(&world);
    let output = offline(&world, &["build", "trixie"]);
    assert_eq!(code(&output), 3, "{}", stderr(&output));
    let said = stderr(&output);
    let (wanted, known) = (Inventory::new(&lock).file_name(), exported.inventory.file_name().unwrap().to_owned());
    assert!(said.contains(&format!("there is no releases/{wanted}, only: {}", known.to_str().unwrap())), "{said}");
    assert!(said.contains("package greeter-manual"), "{said}");
}

#[test]
fn a_flipped_bit_is_refused_with_the_object_and_the_package() {
    let world = locked(&["greeter"]);
    exported(&world);
    let lock = the_lock(&world);
    let sha256 = &package(&lock, "greeter").sha256;
    flip(&vault(&world).objects().file(sha256));
    let output = offline(&world, &["build", "trixie"]);
    assert_eq!(code(&output), 3, "{}", stderr(&output));
    let line = format!("objects/{}: package greeter 1.0-2; it has ", Objects::entry(sha256));
    assert!(stderr(&output).contains(&line), "{}", stderr(&output));
    let Refusal::VaultDamaged { damaged, .. } = refusal(&world) else { panic!("{}", refusal(&world)) };
    assert!(damaged.contains("debian/pool/main/greeter_1.0-2_amd64.deb"), "{damaged}");
    let fetched = offline(&world, &["fetch", "trixie"]);
    assert_eq!(code(&fetched), 3, "{}", stderr(&fetched));
    assert!(stderr(&fetched).contains(sha256.as_str()), "{}", stderr(&fetched));
    // Exporting again mends it.
    assert_eq!(exported_from(&world, &lock, &Sources::default()).unwrap().new, 1);
    check(&vault(&world), Progress::Silent).unwrap();
}

#[test]
fn checking_reads_indexes_and_crates_as_well() {
    let world = locked(&["greeter"]);
    let exported = exported(&world);
    let name = exported.inventory.file_name().unwrap().to_str().unwrap().to_owned();
    let inventory = vault(&world).inventory(&name).unwrap();
    for object in inventory.objects.iter().filter(|object| object.kind != Kind::Package) {
        let file = vault(&world).objects().file(&object.sha256);
        let good = fs::read(&file).unwrap();
        flip(&file);
        let output = build(&world, &["vault", "check", world.path("vault").to_str().unwrap()]);
        assert_eq!(code(&output), 3, "{}", stderr(&output));
        assert!(stderr(&output).contains(&object.path), "{}: {}", object.path, stderr(&output));
        fs::write(&file, good).unwrap();
    }
    let output = build(&world, &["vault", "check", world.path("vault").to_str().unwrap()]);
    assert_eq!(code(&output), 0, "{}", stderr(&output));
    assert!(stderr(&output).contains("4 packages, a signed index vouches for 4 of them"), "{}", stderr(&output));
}

#[test]
fn a_package_that_debian_did_not_sign_for_is_refused_though_the_lock_names_it() {
    let world = locked(&["greeter"]);
    let mut lock = the_lock(&world);
    let evil = Package { version: "6.6-6".into(), ..package(&lock, "greeter").clone() };
    let bytes = content(&evil);
    let evil = Package { sha256: Sha256::of(&bytes), size: bytes.len() as u64, ..evil };
    write(&world.pool().file(&evil), &bytes);
    *lock.packages.iter_mut().find(|package| package.name == "greeter").unwrap() = evil;
    exported_from(&world, &lock, &Sources::default()).unwrap();
    let expected =
        Refusal::VaultIndex { vault: world.path("vault"), archive: "trixie".into(), package: "greeter 6.6-6".into() };
    assert_eq!(refusal(&world), expected);
}

#[test]
fn an_inventory_that_leads_outside_is_refused_by_its_path() {
    let world = locked(&["greeter"]);
    let exported = exported(&world);
    let text = fs::read_to_string(&exported.inventory).unwrap();
    fs::write(&exported.inventory, text.replace("debian/pool/main/greeter", "../../greeter")).unwrap();
    let output = build(&world, &["vault", "check", world.path("vault").to_str().unwrap()]);
    assert_eq!(code(&output), 3, "{}", stderr(&output));
    assert!(stderr(&output).contains("«../../greeter_1.0-2_amd64.deb», which leads outside"), "{}", stderr(&output));
}

#[test]
fn an_inventory_under_another_ones_name_is_named() {
    let world = locked(&["greeter"]);
    let exported = exported(&world);
    fs::rename(&exported.inventory, exported.inventory.with_file_name("trixie-20250101-0000000000000000.toml"))
        .unwrap();
    let error = check(&vault(&world), Progress::Silent).unwrap_err();
    assert!(error.to_string().contains("it is the inventory of another lock"), "{error}");
}

#[test]
fn indexes_that_nobody_kept_come_from_the_mirror_or_a_snapshot_and_else_are_absent() {
    let world = locked(&["greeter"]);
    let mirror = || Sources { mirror: Some(world.mirror()), ..Sources::default() };
    let forget = || {
        for folder in ["cache/indexes", "vault"] {
            drop(fs::remove_dir_all(world.path(folder)));
        }
    };
    forget();
    assert_eq!(exported_from(&world, &the_lock(&world), &mirror()).unwrap().absent, [], "the mirror is as it was");
    // The main archive moves on.
    world.place_release("debian", "trixie", "expired.InRelease", "Packages");
    forget();
    let absent = exported_from(&world, &the_lock(&world), &mirror()).unwrap().absent;
    let paths: Vec<&str> = absent.iter().map(|absent| absent.path.as_str()).collect();
    assert_eq!(paths, ["debian/dists/trixie/InRelease", "debian/dists/trixie/main/binary-amd64/Packages"]);
    assert_eq!(absent[0].sha256.as_ref(), Some(&the_lock(&world).archives[0].inrelease_sha256));
    let checked = check(&vault(&world), Progress::Silent).unwrap();
    assert_eq!(checked.vouched.values().copied().collect::<Vec<_>>(), [1], "the archive of security updates vouches");
    let said = stderr(&export_command(&world));
    assert!(said.contains("absent: debian/dists/trixie/InRelease: the archive has moved on"), "{said}");
    // A snapshot has it as it was.
    let snapshot = world.path("snapshot/archive/debian/20250101T120000Z/dists/trixie");
    write(&snapshot.join("InRelease"), &fs::read(crate::world::fixture("trixie.InRelease")).unwrap());
    let index = fs::read(crate::world::fixture("Packages")).unwrap();
    write(&snapshot.join("main/binary-amd64/Packages"), &index);
    forget();
    let snapshot = Some(Place::parse(world.path("snapshot").to_str().unwrap()).unwrap());
    let sources = Sources { snapshot, ..mirror() };
    assert_eq!(exported_from(&world, &the_lock(&world), &sources).unwrap().absent, []);
}

#[test]
fn an_offline_build_takes_crates_from_the_vault_and_from_nowhere_else() {
    let world = locked(&["greeter"]);
    assert_eq!(code(&export_command(&world)), 0);
    world.place_image();
    world.place_rust("echo release: 1.95.0; echo commit-hash: abc; echo /nowhere");
    let (dir, bin) = (world.path("vault"), world.path("bin"));
    let said = || {
        let args = ["build", "trixie", "--vault", dir.to_str().unwrap(), "--offline"];
        let output = build_with(&world, &bin, &args);
        assert_ne!(code(&output), 0);
        stderr(&output)
    };
    assert!(said().contains("Cargo.toml: No such file"), "the test checkout has no programs, so this far: {}", said());
    // Cargo's own cache has it, and is not asked.
    fs::remove_file(vault(&world).objects().file(&Sha256::of(&krate()))).unwrap();
    assert!(said().contains("greeting-1.0.0.crate is nowhere here"), "{}", said());
}

#[test]
fn a_crate_that_cargo_had_not_downloaded_is_said_to_be_absent() {
    let world = locked(&["greeter"]);
    fs::remove_dir_all(world.path("cargo")).unwrap();
    let output = export_command(&world);
    assert_eq!(code(&output), 0, "{}", stderr(&output));
    assert!(
        stderr(&output).contains("absent: 1 crates, crates/greeting-1.0.0.crate among them"),
        "{}",
        stderr(&output)
    );
    assert!(stderr(&output).contains("`cargo fetch --locked`"), "{}", stderr(&output));
}

/// Whatever has a name in the vault is whole: objects by their SHA-256, inventories with all their objects.
fn assert_nothing_half(world: &World) {
    let objects = vault(world).objects();
    let named: Vec<PathBuf> = walkdir::WalkDir::new(objects.dir())
        .into_iter()
        .filter_map(std::result::Result::ok)
        .filter(|entry| entry.file_type().is_file() && !entry.file_name().to_string_lossy().starts_with('.'))
        .map(walkdir::DirEntry::into_path)
        .collect();
    for file in named {
        let bytes = fs::read(&file).unwrap();
        assert_eq!(Sha256::of(&bytes).as_str(), file.file_name().unwrap().to_str().unwrap(), "{}", file.display());
    }
    let releases = fs::read_dir(world.path("vault/releases")).into_iter().flatten().flatten();
    for entry in releases.filter(|entry| entry.path().extension().is_some_and(|end| end == "toml")) {
        let name = entry.file_name().into_string().unwrap();
        for object in vault(world).inventory(&name).unwrap().objects {
            assert!(objects.file(&object.sha256).exists(), "{name} names {} and it is not there", object.path);
        }
    }
}

#[test]
fn an_export_that_is_killed_leaves_nothing_half_and_the_next_one_ends_it() {
    let world = locked(&["greeter"]);
    assert_eq!(code(&build(&world, &["fetch", "trixie"])), 0);
    let dir = world.path("vault");
    for millis in [0, 2, 4, 6, 8, 10, 15, 20, 30, 40, 60, 80, 120, 200] {
        let mut command = Command::new(env!("CARGO_BIN_EXE_sos-build"));
        let export = in_world(&world, &mut command, &["vault", "export", "trixie", dir.to_str().unwrap()]);
        let mut running = export.stderr(Stdio::null()).spawn().unwrap();
        std::thread::sleep(Duration::from_millis(millis));
        running.kill().unwrap();
        running.wait().unwrap();
        assert_nothing_half(&world);
    }
    assert_eq!(code(&export_command(&world)), 0);
    check(&vault(&world), Progress::Silent).unwrap();
    let left: Vec<PathBuf> = walkdir::WalkDir::new(world.path("vault/objects"))
        .into_iter()
        .map(|entry| entry.unwrap().into_path())
        .filter(|path| path.file_name().unwrap().to_str().unwrap().starts_with('.'))
        .collect();
    assert!(left.is_empty(), "what the killed ones left is gone: {left:?}");
}
