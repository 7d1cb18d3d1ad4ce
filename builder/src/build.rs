//! Conducts a build: lock and pool → `build/<name>/disk.raw` and `build.json`.
//!
//! The outer half ([`start`]) writes a [`Plan`] and runs the inner half ([`inside`]) in namespaces of its own
//! (see [`crate::sandbox`]). The inner half goes through the stages; each is cached by a digest of what it is made
//! from, and `build.json` tells how long each took, how much memory it needed and what came out.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::cache::{self, Key};
use crate::channel::Channel;
use crate::checks::{self, Locked, Report, Slot};
use crate::clamp;
use crate::disk::{self, Layout};
use crate::error::Error;
use crate::exclude::Exclude;
use crate::layer::{self, Identity};
use crate::lock::{Lock, Package, Set};
use crate::meter::{Meter, Stage};
use crate::overlays::Overlays;
use crate::pool::PoolReady;
use crate::programs::{PROGRAMS, Programs};
use crate::progress::{Progress, Unit};
use crate::recipe::Inputs;
use crate::root_image::{self, RootImage};
use crate::rootfs;
use crate::sandbox::{self, Sandbox};
use crate::users::Users;
use crate::version::{slot_build, version};

/// Raised when the code of a stage changes what the stage makes.
const TOOLS: u32 = 1;
const ROOTFS: u32 = 5;
const GRUB: u32 = 1;
const INITRD: u32 = 2;
const ROOT_IMAGE: u32 = 5;
/// Raised when a rule finds more, or less.
const CHECKS: u32 = 1;
const DISK: u32 = 3;

/// What the checks found, in a build's folder; there too where a build was refused for it.
pub const REPORT: &str = "checks.json";

/// Everything the inner half needs to know.
#[derive(Debug, Serialize, Deserialize)]
pub struct Plan {
    pub(crate) repository: PathBuf,
    pub(crate) cache: PathBuf,
    pub(crate) output: PathBuf,
    programs: Programs,
    overlays: Overlays,
    channel: Option<Channel>,
    version: String,
    release: String,
    suite: String,
    number: u32,
    slot_build: u32,
    epoch: u64,
    pub(crate) device_digest: String,
    pub(crate) tools_digest: String,
    pub(crate) device: Vec<PathBuf>,
    locked: Vec<Locked>,
    tools: Vec<PathBuf>,
    pub(crate) base_files: [PathBuf; 2],
    pub(crate) json: bool,
}

/// What a build says of itself in `build.json`.
#[derive(Debug, Serialize, Deserialize)]
pub struct Built {
    /// A digest of everything the disk was made from.
    pub key: String,
    /// The version, e.g. `13.20261123.1`.
    pub version: String,
    /// The definition's name.
    pub release: String,
    /// `SOURCE_DATE_EPOCH`, seconds.
    pub source_date_epoch: u64,
    /// The slot's root.
    pub root: RootImage,
    /// Bytes of the initrd.
    pub initrd_bytes: u64,
    /// Bytes of the kernel.
    pub kernel_bytes: u64,
    /// How many packages the image holds.
    pub packages: usize,
    /// What it was made from, beside the lock.
    pub inputs: Inputs,
    /// What the checks found; none where nobody looked.
    #[serde(default)]
    pub checks: Option<Report>,
    /// Where each partition starts and how long it is, bytes.
    pub partitions: Vec<(String, u64, u64)>,
    /// The stages, in order.
    pub stages: Vec<Stage>,
    /// Seconds in all.
    pub seconds: f64,
}

/// The lock that a finished build was made from, beside its disk.
pub const LOCK_FILE: &str = "lock";

/// Where something is on the disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Extent {
    /// Bytes from the start of the disk.
    pub start: u64,
    /// Bytes.
    pub size: u64,
}

/// Where the disk and `build.json` of the build called `name` stand.
#[must_use]
pub fn output_dir(cache: &Path, name: &str) -> PathBuf {
    cache.join("build").join(name)
}

/// Whether the finished build in `output` was made from `lock`.
#[must_use]
pub fn is_of(output: &Path, lock: &Lock) -> bool {
    fs::read_to_string(output.join(LOCK_FILE)).is_ok_and(|text| text == lock.to_text())
}

/// What a person decides about a build.
#[derive(Debug)]
pub struct Order<'a> {
    /// The checkout.
    pub repository: &'a Path,
    /// The cache.
    pub cache: &'a Path,
    /// The folder below `build/`: the release's name, or another where disks of one lock stand beside each other.
    pub name: &'a str,
    /// Where the device's programs come from.
    pub programs: Programs,
    /// The services' folders.
    pub overlays: Overlays,
    /// Where the image looks for updates; nowhere where not given.
    pub channel: Option<Channel>,
    /// Debian's number, e.g. 13.
    pub version_prefix: u32,
    /// The number of this build on its day.
    pub number: u32,
    /// How progress is shown.
    pub progress: Progress,
}

/// Builds the disk, in namespaces of its own.
///
/// # Errors
/// A host program that is missing, or what a stage fails with.
pub fn start(lock: &Lock, pool: &PoolReady, order: &Order<'_>) -> Result<Built, Error> {
    let plan = plan(lock, pool, order)?;
    let copy = plan.output.join(LOCK_FILE);
    // Not there while a disk is made, so that it never stands beside the disk of another.
    cache::remove_file(&copy)?;
    plan.enter("plan.json", "inside")?;
    lock.save(&copy)?;
    Built::load(&plan.output)
}

/// Makes the device's programs and nothing else, in namespaces of its own; says where they are on standard output.
///
/// # Errors
/// A host program that is missing, or what compiling fails with.
pub fn start_programs(lock: &Lock, pool: &PoolReady, order: &Order<'_>) -> Result<(), Error> {
    plan(lock, pool, order)?.enter("programs-plan.json", "inside-programs")
}

/// The inner half of [`start_programs`]: the programs' folder.
///
/// # Errors
/// What compiling fails with.
pub fn inside_programs(plan_file: &Path) -> Result<PathBuf, Error> {
    sandbox::forget_the_umask();
    let plan = Plan::load(plan_file)?;
    let _held = cache::hold(&plan.cache, Progress::detect(plan.json))?;
    let mut meter = Meter::start(&plan.output.join("proc"), Progress::detect(plan.json))?;
    let tools = Sandbox::prepare(&plan.tools(&mut meter)?, plan.epoch)?;
    plan.programs(&tools, &mut meter)
}

/// Everything that a build of `lock` needs to know, and the folder for what comes out.
pub(crate) fn plan(lock: &Lock, pool: &PoolReady, order: &Order<'_>) -> Result<Plan, Error> {
    let output = output_dir(order.cache, order.name);
    fs::create_dir_all(&output).map_err(|e| Error::io("create", &output, e))?;
    let files = |set| lock.packages(set).map(|package| pool.file(package)).collect::<Vec<_>>();
    let base_files = |set| {
        lock.packages(set)
            .find(|package: &&Package| package.name == "base-files")
            .map(|package| pool.file(package))
            .ok_or_else(|| Error::malformed("the lock", "it has no package «base-files»; lock again"))
    };
    Ok(Plan {
        repository: order.repository.to_owned(),
        cache: order.cache.join("cache"),
        output,
        programs: order.programs.clone(),
        overlays: order.overlays.clone(),
        channel: order.channel.clone(),
        version: version(order.version_prefix, lock.source_date_epoch, order.number),
        release: lock.release.clone(),
        suite: lock.archives.first().map_or_else(|| lock.release.clone(), |archive| archive.suite.clone()),
        number: order.number,
        slot_build: slot_build(order.version_prefix, lock.source_date_epoch, order.number),
        epoch: lock.source_date_epoch,
        device_digest: lock.digest(Set::Device).as_str().to_owned(),
        tools_digest: lock.digest(Set::Tools).as_str().to_owned(),
        device: files(Set::Device),
        locked: lock.packages(Set::Device).map(Locked::from).collect(),
        tools: files(Set::Tools),
        base_files: [base_files(Set::Device)?, base_files(Set::Tools)?],
        json: order.progress == Progress::Json,
    })
}

impl Built {
    /// Reads `build.json` of a finished build.
    ///
    /// # Errors
    /// A build that is not there or not finished.
    pub fn load(output: &Path) -> Result<Self, Error> {
        let path = output.join("build.json");
        let text = fs::read_to_string(&path).map_err(|e| match e.kind() {
            std::io::ErrorKind::NotFound => Error::malformed(
                &path,
                "there is no finished build; run `sos-build build`, it goes on where it stopped",
            ),
            _ => Error::io("read", &path, e),
        })?;
        serde_json::from_str(&text).map_err(|e| Error::malformed(&path, e.to_string()))
    }

    /// The partition of this name.
    ///
    /// # Errors
    /// A disk without it.
    pub fn partition(&self, name: &str) -> Result<Extent, Error> {
        let found = self.partitions.iter().find(|(called, ..)| called == name);
        found
            .map(|(_, start, size)| Extent { start: *start, size: *size })
            .ok_or_else(|| Error::malformed("build.json", format!("there is no partition «{name}»; build again")))
    }
}

/// The inner half: goes through the stages of the plan in `plan_file`.
///
/// # Errors
/// What a stage fails with.
pub fn inside(plan_file: &Path) -> Result<(), Error> {
    sandbox::forget_the_umask();
    let plan = Plan::load(plan_file)?;
    let _held = cache::hold(&plan.cache, Progress::detect(plan.json))?;
    let key = plan.disk_key()?;
    let disk = plan.output.join("disk.raw");
    if disk.is_file() && Built::load(&plan.output).is_ok_and(|built| built.key == key) {
        Progress::detect(plan.json).say("nothing changed: the disk is there");
        return Ok(());
    }
    cache::remove_file(&plan.output.join("build.json"))?;
    cache::remove_file(&plan.output.join(REPORT))?;
    cache::remove_file(&disk)?;
    let mut meter = Meter::start(&plan.output.join("proc"), Progress::detect(plan.json))?;
    let built = plan.stages(&mut meter, key)?;
    let place = plan.output.join("build.json");
    let beside = plan.output.join("build.json.unfinished");
    let text = serde_json::to_string_pretty(&built).map_err(|e| Error::malformed(&place, e.to_string()))?;
    fs::write(&beside, text).map_err(|e| Error::io("write", &beside, e))?;
    fs::rename(&beside, &place).map_err(|e| Error::io("rename", &place, e))
}

impl Plan {
    /// Writes the plan to `name` and runs the inner half `command` on it, in namespaces of its own.
    pub(crate) fn enter(&self, name: &str, command: &str) -> Result<(), Error> {
        let file = self.output.join(name);
        let text = serde_json::to_string_pretty(self).map_err(|e| Error::malformed(&file, e.to_string()))?;
        fs::write(&file, text).map_err(|e| Error::io("write", &file, e))?;
        sandbox::run_inside(command, vec![file.into()], self.json)
    }

    /// Reads the plan that [`start`] wrote.
    ///
    /// # Errors
    /// A plan that is not there or not whole.
    pub fn load(path: &Path) -> Result<Self, Error> {
        let text = fs::read_to_string(path).map_err(|e| Error::io("read", path, e))?;
        serde_json::from_str(&text).map_err(|e| Error::malformed(path, e.to_string()))
    }

    /// The root in which the build's tools run.
    #[must_use]
    pub fn tools_root(&self) -> PathBuf {
        self.cache.join("tools").join(self.tools_key())
    }

    /// `SOURCE_DATE_EPOCH`, seconds.
    #[must_use]
    pub fn epoch(&self) -> u64 {
        self.epoch
    }

    /// The definition's name.
    pub(crate) fn release(&self) -> &str {
        &self.release
    }

    /// The services' folders.
    pub(crate) fn overlays(&self) -> &Overlays {
        &self.overlays
    }

    fn tools_key(&self) -> String {
        Key::new("tools", TOOLS).text(&self.tools_digest).hex()
    }

    pub(crate) fn image(&self, name: &str) -> PathBuf {
        self.repository.join("image").join(name)
    }

    fn rootfs_key(&self) -> Result<String, Error> {
        let key = Key::new("rootfs", ROOTFS).text(&self.device_digest).text(&self.epoch.to_string());
        let key = key.file(&self.image("users.toml"))?.file(&self.image("exclude.toml"))?;
        Ok(self.overlays.debconf()?.iter().fold(key, |key, line| key.text(line)).hex())
    }

    fn grub_key(&self) -> Result<String, Error> {
        let key = Key::new("grub", GRUB)
            .text(&crate::grub::recipe())
            .text(&self.tools_digest)
            .file(&self.image("boot/grub.cfg"))?;
        Ok(key.file(&self.image("disk.toml"))?.hex())
    }

    fn initrd_key(&self) -> Result<String, Error> {
        let key = Key::new("initrd", INITRD).text(&self.rootfs_key()?).file(&self.image("boot/dracut.conf"))?;
        Ok(key.tree(&self.image("boot/dracut"))?.hex())
    }

    /// What the root is made from and held to, beside the programs.
    fn add_root_to(&self, key: Key) -> Result<Key, Error> {
        let key = key.text(&self.rootfs_key()?).text(&self.tools_digest).text(&CHECKS.to_string());
        let key = self.add_checks_to(key)?.file(&self.image("disk.toml"))?;
        let key = self.overlays.add_to(key.text(&self.version))?;
        Ok(self.channel.iter().fold(key, |key, channel| channel.add_to(key)))
    }

    /// Adds what the checkout says of the checks.
    fn add_checks_to(&self, key: Key) -> Result<Key, Error> {
        let samples = checks::samples(&self.repository, &self.release)?;
        let key = key.file(&self.repository.join(checks::EXCEPTIONS))?;
        samples.iter().try_fold(key, |key, sample| key.file(&self.repository.join(sample)))
    }

    /// The root with the programs in the folder `programs`: when their sources change and they do not, it is the same.
    fn root_image_key(&self, programs: &Path) -> Result<String, Error> {
        let key = self.add_root_to(Key::new("root-image", ROOT_IMAGE))?;
        Ok(PROGRAMS.iter().try_fold(key, |key, name| key.file(&programs.join(name)))?.hex())
    }

    /// Everything that the disk is made from, known before anything is made.
    fn disk_key(&self) -> Result<String, Error> {
        let key = self.programs.add_to(self.add_root_to(Key::new("disk", DISK))?, &self.tools_digest)?;
        Ok(key.text(&self.initrd_key()?).text(&self.grub_key()?).text(&self.epoch.to_string()).hex())
    }

    /// All stages, one after the other.
    fn stages(&self, meter: &mut Meter, key: String) -> Result<Built, Error> {
        let layout = self.layout()?;
        let tools_root = self.tools(meter)?;
        let tools = Sandbox::prepare(&tools_root, self.epoch)?;
        let programs = self.programs(&tools, meter)?;
        let inputs = self.inputs(&programs)?;
        let rootfs = self.rootfs(meter)?;
        let root = rootfs.join("root");
        let initrd_dir = meter.stage("initrd", |_| {
            cache::directory(&self.cache, "initrd", &self.initrd_key()?, |dir| {
                crate::initrd::make(dir, &root, &self.image("boot"), self.epoch)
            })
        })?;
        let grub = meter.stage("grub", |_| self.grub(&tools, &tools_root, &layout))?;
        let root_dir =
            meter.stage("root image", |progress| self.root_image(&tools, &rootfs, &programs, &layout, progress))?;
        let root_image = self.read_root_image(&root_dir)?;
        layout.demand_room(root_image.size)?;
        let checks = Report::load(&root_dir.join(REPORT))?;
        checks.save(&self.output.join(REPORT))?;
        meter.stage("disk", |_| {
            self.disk(
                &tools,
                &layout,
                &Parts { grub, initrd: initrd_dir.clone(), rootfs: rootfs.clone(), root: root_dir.clone() },
                &root_image,
            )
            .map(|()| (PathBuf::new(), false))
        })?;
        let bytes = |path: &Path| fs::metadata(path).map(|m| m.len()).map_err(|e| Error::io("read", path, e));
        let stages = meter.stages();
        Ok(Built {
            key,
            version: self.version.clone(),
            release: self.release.clone(),
            source_date_epoch: self.epoch,
            initrd_bytes: bytes(&initrd_dir.join("initrd"))?,
            kernel_bytes: bytes(&rootfs.join("vmlinuz"))?,
            packages: self.device.len(),
            inputs,
            checks: Some(checks),
            root: root_image,
            partitions: layout.partitions().into_iter().map(|p| (p.name, p.start, p.size)).collect(),
            seconds: stages.iter().map(|stage| stage.seconds).sum(),
            stages,
        })
    }

    /// What the disk is made from, beside the lock.
    fn inputs(&self, programs: &Path) -> Result<Inputs, Error> {
        let (image, rust) = (self.repository.join("image"), self.programs.rust().cloned());
        Inputs::of(&image, &self.overlays, programs, rust, self.number, self.channel.clone())
    }

    fn layout(&self) -> Result<Layout, Error> {
        let path = self.image("disk.toml");
        Layout::parse(&path, &fs::read_to_string(&path).map_err(|e| Error::io("read", &path, e))?)
    }

    /// The tools' root: unpacked and not configured, for they are only programs and libraries.
    pub(crate) fn tools(&self, meter: &mut Meter) -> Result<PathBuf, Error> {
        meter.stage("tools", |progress| {
            cache::directory(&self.cache, "tools", &self.tools_key(), |dir| {
                let task = progress.task("unpack", Unit::Bytes, total(&self.tools));
                let workers = std::thread::available_parallelism().map_or(2, usize::from);
                crate::unpack::unpack(dir, &self.base_files[1], &self.tools, &Exclude::nothing(), workers, &|n| {
                    task.advance(n)
                })?;
                task.finish();
                Ok(())
            })
        })
    }

    /// The device's programs: compiled in the tools' root, or those that were brought along.
    pub(crate) fn programs(&self, tools: &Sandbox, meter: &mut Meter) -> Result<PathBuf, Error> {
        meter.stage("programs", |progress| self.programs.make(tools, &self.tools_digest, &self.cache, progress))
    }

    /// The pinned accounts.
    pub(crate) fn users(&self) -> Result<Users, Error> {
        let path = self.image("users.toml");
        Users::parse(&path, &fs::read_to_string(&path).map_err(|e| Error::io("read", &path, e))?)
    }

    /// The configured root, with the kernel beside it.
    pub(crate) fn rootfs(&self, meter: &mut Meter) -> Result<PathBuf, Error> {
        let users = self.users()?;
        let exclude = self.image("exclude.toml");
        let text = fs::read_to_string(&exclude).map_err(|e| Error::io("read", &exclude, e))?;
        let exclude = Exclude::parse(&exclude, &text)?;
        meter.stage("rootfs", |progress| {
            cache::directory(&self.cache, "rootfs", &self.rootfs_key()?, |dir| {
                let task = progress.task("unpack", Unit::Bytes, total(&self.device));
                let input = rootfs::Input {
                    base_files: self.base_files[0].clone(),
                    debs: self.device.clone(),
                    users: &users,
                    exclude: &exclude,
                    debconf: self.overlays.debconf()?,
                    epoch: self.epoch,
                };
                rootfs::make(dir, &input, &|n| task.advance(n))?;
                task.finish();
                Ok(())
            })
        })
    }

    fn grub(&self, tools: &Sandbox, tools_root: &Path, layout: &Layout) -> Result<(PathBuf, bool), Error> {
        cache::directory(&self.cache, "grub", &self.grub_key()?, |dir| {
            let bios = layout.partition("bios")?;
            tools.bind(dir, GRUB_DIR)?;
            let chooser = self.image("boot/grub.cfg");
            let contents = crate::grub::Contents { files: &[("grub.cfg", &chooser)], modules: &crate::grub::MODULES };
            crate::grub::make(tools, tools_root, dir, GRUB_DIR, contents, bios.start / disk::SECTOR, bios.size)?;
            disk::esp(tools, dir, GRUB_DIR, &layout.partition("esp")?, &self.device_digest)?;
            sandbox::umount(&tools.inside(GRUB_DIR))
        })
    }

    fn root_image(
        &self,
        tools: &Sandbox,
        rootfs: &Path,
        programs: &Path,
        layout: &Layout,
        progress: Progress,
    ) -> Result<(PathBuf, bool), Error> {
        cache::directory(&self.cache, "root-image", &self.root_image_key(programs)?, |dir| {
            let (upper, merged) = (dir.join("layer"), dir.join("merged"));
            fs::create_dir_all(&upper).map_err(|e| Error::io("create", &upper, e))?;
            sandbox::overlay(&rootfs.join("root"), &upper, &merged)?;
            self.fill(&merged, programs)?;
            let brought = layer::brought(&upper)?;
            let device = Sandbox::prepare(&merged, self.epoch)?;
            layer::enable_units(&device)?;
            device.leave()?;
            clamp::clamp(&merged, self.epoch)?;
            let report = self.check(&merged, rootfs, &brought, layout)?;
            progress.say(&report.summary());
            report.save(&self.output.join(REPORT))?;
            report.refuse()?;
            report.save(&dir.join(REPORT))?;
            tools.bind(dir, ROOT_DIR)?;
            tools.bind(&merged, MERGED)?;
            let uuid = disk::uuid(&self.device_digest, "root");
            let image = root_image::make(tools, dir, ROOT_DIR, MERGED, &uuid, &self.device_digest, self.epoch)?;
            sandbox::umount(&tools.inside(MERGED))?;
            sandbox::umount(&tools.inside(ROOT_DIR))?;
            sandbox::umount(&merged)?;
            for scratch in ["layer", "layer.work", "merged"] {
                cache::remove(&dir.join(scratch))?;
            }
            let path = dir.join("root.json");
            let text = serde_json::to_string(&image).map_err(|e| Error::malformed(&path, e.to_string()))?;
            fs::write(&path, text).map_err(|e| Error::io("write", &path, e))
        })
    }

    /// Checks the root that is about to become an image.
    fn check(&self, root: &Path, rootfs: &Path, layer: &BTreeSet<String>, layout: &Layout) -> Result<Report, Error> {
        checks::check(&checks::Input {
            root,
            dpkg: &rootfs.join(rootfs::DPKG),
            layer,
            locked: &self.locked,
            users: &self.users()?,
            release: &self.release,
            epoch: self.epoch,
            slot: Slot { size: layout.partition("root-a")?.size, fill_percent: layout.fill_percent },
            repository: &self.repository,
        })
    }

    /// Lays our own files over the configured root at `merged`.
    pub(crate) fn fill(&self, merged: &Path, programs: &Path) -> Result<(), Error> {
        let identity =
            Identity { version: self.version.clone(), release: self.release.clone(), suite: self.suite.clone() };
        layer::fill(merged, &self.overlays, programs, &identity, self.channel.as_ref())
    }

    fn read_root_image(&self, dir: &Path) -> Result<RootImage, Error> {
        let path = dir.join("root.json");
        let text = fs::read_to_string(&path).map_err(|e| Error::io("read", &path, e))?;
        serde_json::from_str(&text).map_err(|e| Error::malformed(&path, e.to_string()))
    }

    /// Makes the small file systems and puts the disk together.
    fn disk(&self, tools: &Sandbox, layout: &Layout, parts: &Parts, root: &RootImage) -> Result<(), Error> {
        let work = self.output.join("parts");
        cache::remove(&work)?;
        let write = |path: PathBuf, bytes: &[u8]| fs::write(&path, bytes).map_err(|e| Error::io("write", &path, e));
        let copy = |from: PathBuf, to: PathBuf| fs::copy(&from, to).map(drop).map_err(|e| Error::io("copy", &from, e));
        for dir in ["bootstate", "boot-a", "boot-b"] {
            fs::create_dir_all(work.join(dir)).map_err(|e| Error::io("create", &work, e))?;
        }
        write(work.join("bootstate/state-1"), &disk::boot_state(1))?;
        write(work.join("bootstate/state-2"), &disk::boot_state(2))?;
        copy(parts.rootfs.join("vmlinuz"), work.join("boot-a/vmlinuz"))?;
        copy(parts.initrd.join("initrd"), work.join("boot-a/initrd"))?;
        let slot = format!(
            "set roothash={}\nset hash_offset={}\nset slot_build={}\n",
            root.root_hash, root.hash_offset, self.slot_build
        );
        write(work.join("boot-a/slot.cfg"), slot.as_bytes())?;
        tools.bind(&self.output, OUTPUT)?;
        let seen_at = format!("{OUTPUT}/parts");
        let seed = &self.device_digest;
        let mut files = vec![
            ("boot code", parts.grub.join("boot.img")),
            ("bios", parts.grub.join("core.img")),
            ("esp", parts.grub.join("esp.img")),
            ("root-a", parts.root.join("root.img")),
        ];
        for name in ["bootstate", "boot-a", "boot-b"] {
            // A slot's boot partition is the same whichever slot it is put into: nothing in it names one.
            let label = name.split('-').next().unwrap_or(name);
            files.push((name, disk::ext2(tools, &work, &seen_at, &layout.partition(name)?, label, seed)?));
        }
        let beside = self.output.join("disk.raw.unfinished");
        disk::assemble(tools, &beside, &format!("{OUTPUT}/disk.raw.unfinished"), layout, seed, &files)?;
        sandbox::umount(&tools.inside(OUTPUT))?;
        cache::remove(&work)?;
        let disk = self.output.join("disk.raw");
        fs::rename(&beside, &disk).map_err(|e| Error::io("rename", &disk, e))
    }
}

/// Where the stages' directories are seen from inside the tools' root; `/tmp` is in memory there.
const GRUB_DIR: &str = "/tmp/grub";
const ROOT_DIR: &str = "/tmp/root";
const MERGED: &str = "/tmp/merged";
const OUTPUT: &str = "/tmp/output";

/// The cached directories that a disk is made from.
struct Parts {
    grub: PathBuf,
    initrd: PathBuf,
    rootfs: PathBuf,
    root: PathBuf,
}

/// Bytes of all these files.
pub(crate) fn total(files: &[PathBuf]) -> u64 {
    files.iter().filter_map(|file| fs::metadata(file).ok()).map(|m| m.len()).sum()
}
