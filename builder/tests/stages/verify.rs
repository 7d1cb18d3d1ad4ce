//! Making a release again: what is asked of the checkout and the release before anything is built.

use std::fs;
use std::process::Output;

use sos_builder::lock::Lock;
use sos_builder::overlays::Overlays;
use sos_builder::recipe::{Inputs, Recipe};
use sos_builder::toolchain::Rust;
use sos_signing::{Artefact, Kind, Manifest};

use crate::command_line::{build, build_with, code, lock, stderr};
use crate::image::well;
use crate::vault::locked;
use crate::world::{World, write};

const VERSION: &str = "13.20250101.1";

/// A checkout with a release of it, whose disk is not one.
struct Released {
    world: World,
}

impl Released {
    /// A release that was made with these overlays from outside.
    fn with_overlays(guests: &[&str]) -> Self {
        let world = locked(&["greeter"]);
        world.place_image();
        for guest in guests {
            write(&world.path("elsewhere").join(guest).join("service.toml"), b"title = 'Guest'\n");
        }
        let released = Self { world };
        released.release(guests);
        released
    }

    fn plain() -> Self {
        Self::with_overlays(&[])
    }

    /// A finished build, by its account, and a release of its slot.
    fn release(&self, guests: &[&str]) {
        let world = &self.world;
        let guests: Vec<_> = guests.iter().map(|guest| world.path("elsewhere").join(guest)).collect();
        let lock = Lock::load(&world.path("image/locks/trixie.lock")).unwrap();
        let overlays = Overlays::find(&world.path("overlays"), &guests, &lock).unwrap();
        let inputs = Inputs::of(&world.path("image"), &overlays, &world.path("programs"), None, 1, None).unwrap();
        let built = serde_json::json!({
            "checks": well(), "key": "", "version": VERSION, "release": "trixie", "source_date_epoch": 0,
            "root": {"root_hash": "00".repeat(32), "hash_offset": 4096, "size": 8192},
            "initrd_bytes": 1, "kernel_bytes": 1, "packages": 1, "inputs": inputs,
            "partitions": [["boot-a", 0, 4096], ["root-a", 4096, 8192]], "stages": [], "seconds": 0.0,
        });
        write(&world.path("cache/build/trixie/build.json"), built.to_string().as_bytes());
        fs::copy(world.path("image/locks/trixie.lock"), world.path("cache/build/trixie/lock")).unwrap();
        write(&world.path("cache/build/trixie/disk.raw"), &[7; 12288]);
        let output = build(world, &["release", "trixie", "--only-slot", "--level", "3"]);
        assert_eq!(code(&output), 0, "{}", stderr(&output));
    }

    /// Runs `sos-build verify` with these arguments.
    fn verify(&self, args: &[&str]) -> Output {
        let (dir, programs) = (self.dir(), self.world.path("programs"));
        let standing = ["verify", dir.to_str().unwrap(), "--programs", programs.to_str().unwrap()];
        build(&self.world, &[&standing, args].concat())
    }

    fn dir(&self) -> std::path::PathBuf {
        self.world.path("cache/releases").join(VERSION)
    }

    /// Ends with the refusal that says so, and leaves nothing in the cache.
    fn refuses(&self, args: &[&str], message: &str) {
        let output = self.verify(args);
        assert!(stderr(&output).contains(message), "{message}: {}", stderr(&output));
        assert_eq!(code(&output), 3, "{}", stderr(&output));
        self.assert_clean();
    }

    fn assert_clean(&self) {
        let left = fs::read_dir(self.world.path("cache/verify")).into_iter().flatten().flatten();
        let left: Vec<_> = left.map(|entry| entry.file_name()).filter(|name| name != ".lock").collect();
        assert!(left.is_empty(), "{left:?}");
    }

    /// Changes the recipe, and the manifest with it.
    fn change_recipe(&self, change: impl FnOnce(&mut Recipe)) {
        let path = self.dir().join("manifest.json");
        let mut manifest = Manifest::from_bytes(&fs::read(path).unwrap()).unwrap();
        let file = self.dir().join(&manifest.artefact(&Kind::recipe()).unwrap().name);
        let mut recipe = Recipe::parse(&file, &fs::read_to_string(&file).unwrap()).unwrap();
        change(&mut recipe);
        fs::write(&file, recipe.to_text()).unwrap();
        manifest.artefacts.retain(|artefact| artefact.kind != Kind::recipe());
        manifest.artefacts.push(Artefact::describe(&file, Kind::recipe(), &mut |_| ()).unwrap());
        manifest.write(&self.dir()).unwrap();
    }
}

#[test]
fn the_right_checkout_is_built_from() {
    let released = Released::with_overlays(&["faults"]);
    let faults = released.world.path("elsewhere/faults");
    // What a verification left that was killed.
    write(&released.world.path("cache/verify/again-x/half"), b"half");
    let output = released.verify(&["--with-overlay", faults.to_str().unwrap()]);
    // The packages of the test archive are none, so this far and no further.
    assert_eq!(code(&output), 1, "{}", stderr(&output));
    assert!(stderr(&output).contains(".deb: "), "{}", stderr(&output));
    released.assert_clean();
}

#[test]
fn another_lock_or_definition_is_refused() {
    let released = Released::plain();
    released.change_recipe(|recipe| recipe.definition_sha256 = recipe.lock_sha256.clone());
    released.refuses(&[], "another definition (image/releases, overlays/*/service.toml): here its SHA-256 is");
    let released = Released::plain();
    let world = &released.world;
    let committed = world.path("image/locks/trixie.lock");
    let mut other = Lock::load(&committed).unwrap();
    other.packages[0].size += 1;
    other.save(&committed).unwrap();
    released.refuses(&[], "another lock: here its SHA-256 is");
    write(&world.path("overlays/mail/service.toml"), b"packages = ['greeter-manual']\n");
    assert_eq!(code(&lock(world)), 0);
    released.refuses(&[], "another definition");
}

#[test]
fn another_checkout_is_refused() {
    let released = Released::plain();
    write(&released.world.path("overlays/base/files/etc/motd"), b"hello\n");
    released.refuses(&[], "another checkout (image/, overlays/): here its SHA-256 is");
    let released = Released::plain();
    write(&released.world.path("image/boot/grub.cfg"), b"# something\n");
    released.refuses(&[], "another checkout (image/, overlays/)");
}

#[test]
fn overlays_from_outside_have_to_be_given_again() {
    let released = Released::with_overlays(&["faults"]);
    released.refuses(&[], "it was made with these overlays from outside: faults; pass each with --with-overlay");
    let faults = released.world.path("elsewhere/faults");
    write(&faults.join("files/x"), b"x");
    released.refuses(&["--with-overlay", faults.to_str().unwrap()], "another overlay «faults»");
    let released = Released::plain();
    write(&released.world.path("elsewhere/more/service.toml"), b"title = 'More'\n");
    let more = released.world.path("elsewhere/more");
    released.refuses(&["--with-overlay", more.to_str().unwrap()], "overlays from outside: none");
}

#[test]
fn a_program_that_differs_is_named_before_anything_is_built() {
    let released = Released::plain();
    write(&released.world.path("programs/sos-console"), b"another");
    released.refuses(&[], "release 13.20250101.1 does not come out the same");
    released.refuses(&[], "program sos-console: SHA-256 ");
}

#[test]
fn another_compiler_is_refused_before_anything_is_built() {
    let released = Released::plain();
    let theirs = Rust { release: "1.94.0".into(), commit_hash: "old".into() };
    released.change_recipe(|recipe| recipe.inputs.rust = Some(theirs));
    let world = &released.world;
    world.place_rust("echo release: 1.95.0; echo commit-hash: new");
    write(&world.path("Cargo.lock"), b"version = 4\n");
    let output = build_with(world, &world.path("bin"), &["verify", released.dir().to_str().unwrap()]);
    let message = "programs were compiled by 1.94.0 (commit old), and this checkout pins 1.95.0 (commit new)";
    assert!(stderr(&output).contains(message), "{}", stderr(&output));
    assert_eq!(code(&output), 3, "{}", stderr(&output));
    released.assert_clean();
}

#[test]
fn a_release_that_does_not_say_how_it_was_made_is_named() {
    let released = Released::plain();
    let path = released.dir().join("manifest.json");
    let mut manifest = Manifest::from_bytes(&fs::read(path).unwrap()).unwrap();
    manifest.artefacts.retain(|artefact| artefact.kind != Kind::recipe());
    manifest.write(&released.dir()).unwrap();
    let output = released.verify(&[]);
    assert_eq!(code(&output), 2, "{}", stderr(&output));
    assert!(stderr(&output).contains("the release has no recipe"), "{}", stderr(&output));
}

#[test]
fn a_folder_that_is_no_releases_is_named() {
    let world = locked(&["greeter"]);
    let output = build(&world, &["verify", world.path("").to_str().unwrap()]);
    assert_eq!(code(&output), 2, "{}", stderr(&output));
    assert!(stderr(&output).contains("it is no release's folder: it has no manifest.json"), "{}", stderr(&output));
}

#[test]
fn a_file_that_is_not_the_listed_one_is_refused_and_one_that_is_not_there_is_not_missed() {
    let released = Released::plain();
    let slot = released.dir().join(format!("sos-{VERSION}-amd64.slot"));
    let mut bytes = fs::read(&slot).unwrap();
    *bytes.last_mut().unwrap() ^= 1;
    fs::write(&slot, bytes).unwrap();
    released.refuses(&[], "amd64.slot is not the file that its manifest lists");
    fs::remove_file(&slot).unwrap();
    let output = released.verify(&[]);
    assert!(stderr(&output).contains(".deb: "), "as far as the packages: {}", stderr(&output));
}

#[test]
fn a_recipe_that_is_not_the_listed_one_is_refused() {
    let released = Released::plain();
    let file = released.dir().join(format!("sos-{VERSION}.recipe.toml"));
    let text = fs::read_to_string(&file).unwrap();
    fs::write(&file, text.replace("level = 3", "level = 4")).unwrap();
    released.refuses(&[], "recipe.toml is not the file that its manifest lists");
}

#[test]
fn a_recipe_of_another_release_is_named() {
    let released = Released::plain();
    released.change_recipe(|recipe| recipe.version = "13.20250101.2".into());
    let output = released.verify(&[]);
    assert_eq!(code(&output), 2, "{}", stderr(&output));
    assert!(stderr(&output).contains("the recipe of another release than manifest.json"), "{}", stderr(&output));
}

#[test]
fn a_release_is_made_again_from_a_vault_alone() {
    let released = Released::plain();
    let vault = released.world.path("vault");
    let exported = build(&released.world, &["vault", "export", "trixie", vault.to_str().unwrap()]);
    assert_eq!(code(&exported), 0, "{}", stderr(&exported));
    let output = released.verify(&["--offline", "--vault", vault.to_str().unwrap()]);
    assert!(stderr(&output).contains("vault: all 4 packages are there, and sound"), "{}", stderr(&output));
}
