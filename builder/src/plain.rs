//! Makes a plain Debian installation of the image's packages, for `sos-vm bench` to compare the image with.
//!
//! In: the lock's device packages in the pool, `qemu-tests/plain/` (partitions, grub.cfg, the few files that an
//! installer writes). Out: `build/<release>/plain.raw`, a disk for BIOS and UEFI with one ext4, as if somebody had
//! installed the packages with apt and changed nothing: every file, Debian's configuration, the services that Debian
//! enables, the initrd that the packages' own hook makes.

use std::fs;
use std::path::{Path, PathBuf};

use crate::build::{self, Order, Plan};
use crate::cache::{self, Key};
use crate::disk::{self, Layout, Partition};
use crate::error::Error;
use crate::exclude::Exclude;
use crate::lock::Lock;
use crate::meter::Meter;
use crate::pool::PoolReady;
use crate::progress::{Progress, Unit};
use crate::rootfs;
use crate::sandbox::{self, Sandbox};
use crate::unpack::unpack;
use crate::{grub, layer};

/// Raised when this code changes what it makes.
const PLAIN: u32 = 1;
/// Where the disk is made, as the tools see it.
const WORK: &str = "/tmp/plain";

/// Makes the disk, in namespaces of its own, and returns its path.
///
/// # Errors
/// A host program that is missing, or what a stage fails with.
pub fn start(lock: &Lock, pool: &PoolReady, order: &Order<'_>) -> Result<PathBuf, Error> {
    let plan = build::plan(lock, pool, order)?;
    plan.enter("plain-plan.json", "inside-plain")?;
    Ok(place(&plan.output))
}

fn place(output: &Path) -> PathBuf {
    output.join("plain.raw")
}

/// The inner half: makes the disk of the plan in `plan_file`.
///
/// # Errors
/// What a stage fails with.
pub fn inside(plan_file: &Path) -> Result<(), Error> {
    sandbox::forget_the_umask();
    let plan = Plan::load(plan_file)?;
    let _held = cache::hold(&plan.cache, Progress::detect(plan.json))?;
    let mut meter = Meter::start(&plan.output.join("proc"), Progress::detect(plan.json))?;
    let tools_root = plan.tools(&mut meter)?;
    let key = Key::new("plain", PLAIN).text(&plan.device_digest).text(&plan.tools_digest).text(&grub::recipe());
    let key = key.text(&plan.epoch().to_string()).file(&plan.image("users.toml"))?.tree(&sources(&plan))?.hex();
    let dir = meter.stage("plain", |progress| {
        cache::directory(&plan.cache, "plain", &key, |dir| make(&plan, &tools_root, dir, progress))
    })?;
    let (made, place) = (dir.join("plain.raw"), place(&plan.output));
    cache::remove_file(&place)?;
    fs::hard_link(&made, &place).map_err(|e| Error::io("create", &place, e))
}

/// What the disk has that no package brings.
fn sources(plan: &Plan) -> PathBuf {
    plan.repository.join("qemu-tests/plain")
}

fn make(plan: &Plan, tools_root: &Path, dir: &Path, progress: Progress) -> Result<(), Error> {
    let root = dir.join("root");
    install(plan, &root, progress)?;
    layer::copy_tree(&sources(plan).join("files"), &root)?;
    let tools = Sandbox::prepare(tools_root, plan.epoch())?;
    tools.bind(dir, WORK)?;
    let description = sources(plan).join("disk.toml");
    let text = fs::read_to_string(&description).map_err(|e| Error::io("read", &description, e))?;
    assemble(plan, &tools, tools_root, dir, &Layout::parse(&description, &text)?)?;
    sandbox::umount(&tools.inside(WORK))?;
    tools.leave()?;
    cache::remove(&root)
}

/// Unpacks and configures the packages, with all their files and Debian's answers to every question.
fn install(plan: &Plan, root: &Path, progress: Progress) -> Result<(), Error> {
    let task = progress.task("unpack", Unit::Bytes, build::total(&plan.device));
    let workers = std::thread::available_parallelism().map_or(2, usize::from);
    unpack(root, &plan.base_files[0], &plan.device, &Exclude::nothing(), workers, &|n| task.advance(n))?;
    task.finish();
    rootfs::configure(root, &plan.users()?, &[], plan.epoch())
}

/// Makes boot loader and file system, and puts the disk together.
fn assemble(plan: &Plan, tools: &Sandbox, tools_root: &Path, dir: &Path, layout: &Layout) -> Result<(), Error> {
    let seed = format!("{} plain", plan.device_digest);
    let (bios, esp) = (layout.partition("bios")?, layout.partition("esp")?);
    let chooser = sources(plan).join("grub.cfg");
    let contents = grub::Contents { files: &[("grub.cfg", &chooser)], modules: &grub::MODULES };
    grub::make(tools, tools_root, dir, WORK, contents, bios.start / disk::SECTOR, bios.size)?;
    let files = [
        ("boot code", dir.join("boot.img")),
        ("bios", dir.join("core.img")),
        ("esp", disk::esp(tools, dir, WORK, &esp, &seed)?),
        ("plain", ext4(tools, dir, &layout.partition("plain")?, &seed)?),
    ];
    disk::assemble(tools, &dir.join("plain.raw"), &format!("{WORK}/plain.raw"), layout, &seed, &files)?;
    files.iter().try_for_each(|(_, file)| cache::remove_file(file))
}

/// The root's file system, with the options that mke2fs.conf(5) gives an installation.
fn ext4(tools: &Sandbox, dir: &Path, partition: &Partition, seed: &str) -> Result<PathBuf, Error> {
    let id = disk::uuid(seed, "plain");
    tools
        .program("mke2fs")
        .args(["-q", "-t", "ext4", "-L", &partition.name, "-U", &id])
        .args(["-E", &format!("hash_seed={id},root_owner=0:0"), "-d", &format!("{WORK}/root")])
        .args([format!("{WORK}/plain.img"), format!("{}k", partition.size / 1024)])
        .run()?;
    Ok(dir.join("plain.img"))
}
