//! The test world of the builder: a tiny signed archive in a folder, and a checkout that asks for its packages.

use std::fs;
use std::path::{Path, PathBuf};

use sos_builder::definition::Definition;
use sos_builder::error::Result;
use sos_builder::former::Former;
use sos_builder::host_sources::HostSources;
use sos_builder::lock::{Kind, Lock, Package};
use sos_builder::mirror::Mirror;
use sos_builder::objects::Objects;
use sos_builder::pool::Pool;
use sos_builder::programs::PROGRAMS;
use sos_builder::progress::Progress;
use sos_builder::resolve::resolve;

/// A checkout, a mirror and a cache in a temporary folder.
pub struct World {
    dir: tempfile::TempDir,
}

/// The files of `tests/archive`.
pub fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/archive").join(name)
}

/// What the file of a package of the test archive holds.
pub fn content(package: &Package) -> Vec<u8> {
    format!("the package {} {}\n", package.name, package.version).repeat(1000).into_bytes()
}

impl World {
    /// A good archive, and a definition that asks for `device` packages.
    pub fn asking_for(device: &[&str]) -> Self {
        let world = Self { dir: tempfile::tempdir().unwrap() };
        world.place_release("debian", "trixie", "trixie.InRelease", "Packages");
        world.place_release("debian-security", "trixie-security", "security.InRelease", "security.Packages");
        let definition = format!(
            "version_prefix = 13\narchitecture = 'amd64'\ndevice.packages = {device:?}\ntools.packages = ['zstd']\n\
             [[archive]]\nname = 'main'\nkind = 'main'\nsuite = 'trixie'\ncomponents = ['main']\n\
             [[archive]]\nname = 'security'\nkind = 'security'\nsuite = 'trixie-security'\ncomponents = ['main']\n"
        );
        write(&world.path("image/releases/trixie.toml"), definition.as_bytes());
        fs::create_dir_all(world.path("overlays")).unwrap();
        world
    }

    /// A path in this world.
    pub fn path(&self, below: &str) -> PathBuf {
        self.dir.path().join(below)
    }

    /// The `InRelease` of the main archive on the mirror.
    pub fn inrelease(&self) -> PathBuf {
        self.path("debian/dists/trixie/InRelease")
    }

    /// Puts an archive's indexes on the mirror.
    pub fn place_release(&self, tree: &str, suite: &str, inrelease: &str, packages: &str) {
        let dists = self.path(tree).join("dists").join(suite);
        write(&dists.join("InRelease"), &fs::read(fixture(inrelease)).unwrap());
        write(&dists.join("main/binary-amd64/Packages"), &fs::read(fixture(packages)).unwrap());
    }

    /// Puts the package files of `lock` on the mirror.
    pub fn place_packages(&self, lock: &Lock) {
        for package in &lock.packages {
            write(&self.path(tree(lock, package)).join(&package.path), &content(package));
        }
    }

    /// Puts in what an image is made of beside packages: this repository's own `image/`, an overlay, and programs.
    pub fn place_image(&self) {
        let ours = Path::new(env!("CARGO_MANIFEST_DIR")).join("../image");
        for file in ["users.toml", "exclude.toml", "disk.toml", "checks.toml", "boot/grub.cfg", "boot/dracut.conf"] {
            write(&self.path("image").join(file), &fs::read(ours.join(file)).unwrap());
        }
        write(&self.path("image/boot/dracut/nothing"), b"");
        for sample in ["docs/examples/ambridge.yaml", "docs/examples/waiting.yaml"] {
            write(&self.path(sample), &fs::read(ours.join("..").join(sample)).unwrap());
        }
        write(&self.path("overlays/base/service.toml"), b"title = 'Base'\n");
        for program in PROGRAMS {
            write(&self.path("programs").join(program), program.as_bytes());
        }
    }

    /// Pins a Rust, and puts a `rustc` into `bin` that is this shell script.
    pub fn place_rust(&self, script: &str) {
        use std::os::unix::fs::PermissionsExt;
        write(&self.path("rust-toolchain.toml"), b"[toolchain]\nchannel = \"1.95.0\"\n");
        let rustc = self.path("bin/rustc");
        write(&rustc, format!("#!/bin/sh\n{script}\n").as_bytes());
        std::fs::set_permissions(&rustc, std::fs::Permissions::from_mode(0o755)).unwrap();
    }

    /// The pool in this world.
    pub fn pool(&self) -> Pool {
        Pool::at(self.path("cache/pool"))
    }

    /// The mirror in this world.
    pub fn mirror(&self) -> Mirror {
        let base = self.path("debian");
        Mirror::choose(base.to_str(), None, &HostSources::default(), "trixie").unwrap()
    }

    /// The definition in this world.
    pub fn definition(&self) -> Definition {
        let file = self.path("image/releases/trixie.toml");
        Definition::load("trixie", &file, &self.path("overlays")).unwrap()
    }

    /// Locks, verified with the key in `keyring`; what a lock has already stays.
    fn resolve(&self, keyring: &str, former: Option<&Lock>) -> Result<Lock> {
        let (definition, work) = (self.definition(), self.path("cache/apt"));
        resolve(
            &definition,
            &self.mirror(),
            &fixture(keyring),
            &work,
            &self.kept(),
            former.map(Former),
            Progress::Silent,
        )
    }

    /// Locks, verified with the key in `keyring`.
    pub fn lock_with(&self, keyring: &str) -> Result<Lock> {
        self.resolve(keyring, None)
    }

    /// Where locking keeps indexes.
    pub fn kept(&self) -> Objects {
        Objects::at(self.path("cache/indexes"))
    }

    /// Locks, taking archives that are `days` old though they have expired.
    pub fn lock_from_lagging(&self, days: u32) -> Result<Lock> {
        let (mirror, work) = (self.mirror().lagging(Some(days)), self.path("cache/apt"));
        let keyring = fixture("keyring.asc");
        resolve(&self.definition(), &mirror, &keyring, &work, &self.kept(), None, Progress::Silent)
    }

    /// Locks, verified with the archive's key.
    pub fn lock(&self) -> Result<Lock> {
        self.lock_with("keyring.asc")
    }

    /// Locks, and what `former` has stays.
    pub fn lock_keeping(&self, former: &Lock) -> Result<Lock> {
        self.resolve("keyring.asc", Some(former))
    }
}

/// Writes a file, with the folders above it.
pub fn write(path: &Path, bytes: &[u8]) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, bytes).unwrap();
}

/// The tree of a mirror that has `package`.
pub fn tree(lock: &Lock, package: &Package) -> &'static str {
    match lock.archive(package).unwrap().kind {
        Kind::Main => "debian",
        Kind::Security => "debian-security",
    }
}
