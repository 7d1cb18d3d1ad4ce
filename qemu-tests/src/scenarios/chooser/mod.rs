//! The boot chooser and its twin in Rust agree: GRUB, made of the locked tools with the chooser's own text inside, and
//! [`choose`] are given the same thousands of states, and choose the same slot and leave the same bytes, under both
//! firmwares, whose numbers have different widths. No kernel is started.
//!
//! Each disk has slots of its own kind (`SLOTS`) and a boot state partition with a folder a state. The chooser is led
//! to a folder by its own variable: `($bootstate)/state-1` with `hd1,gpt3)/7/12(` in it is `(hd1,gpt3)/7/12()/state-1`.
//! What it did stands in an environment block `did` beside the state.

mod states;

use std::path::{Path, PathBuf};
use std::time::Instant;

use sos_builder::build::Plan as BuildPlan;
use sos_builder::disk::{self, Layout};
use sos_builder::grub;
use sos_builder::sandbox::Sandbox;
use sos_updater::boot_state::choice::choose;
use sos_updater::boot_state::{SIZE, Sector, Slot, ext2};

use self::states::{Chance, FILES, SLOTS, block};
use crate::session::Stage;
use crate::vm::{Disk, DiskFormat, Firmware, Plan, find_partition};
use crate::{Error, Result, must};

/// The chooser's text.
const CHOOSER: &str = include_str!("../../../../image/boot/grub.cfg");
/// What leads it from state to state.
const DRIVER: &str = include_str!("driver.cfg");
/// Folders of states on a disk, and states in each: GRUB reads a folder from its beginning for every file.
const FOLDERS: usize = 10;
const STATES: usize = 20;
/// Seconds for all states of one firmware, with hardware virtualisation.
const SECONDS: u32 = 60;
/// Where the tools see the scenario's folder.
const SEEN_AT: &str = "/tmp/chooser";

/// The image's disk with small slots.
const LAYOUT: &str = r#"
fill_percent = 100
alignment_mib = 1
partition = [
    { name = "bios", type = "bios-boot", size_mib = 1 },
    { name = "esp", type = "esp", size_mib = 33 },
    { name = "bootstate", type = "linux", size_mib = 8 },
    { name = "boot-a", type = "linux", size_mib = 1 },
    { name = "root-a", type = "linux", size_mib = 1 },
    { name = "boot-b", type = "linux", size_mib = 1 },
]
"#;

/// See the file's header.
pub fn run(stage: &mut Stage) -> Result<()> {
    must!(holds_the_chooser(&stage.image)?, "the image's ESP does not hold this chooser: build it anew");
    for (firmware, seed) in [(Firmware::Bios, "under BIOS"), (Firmware::Uefi, "under UEFI")] {
        let start = Instant::now();
        let world = World::make(stage, seed)?;
        world.play(stage, firmware)?;
        let count = world.compare()?;
        stage.note(format!("{seed}: {count} states, the same choice and the same bytes, {:.0?}", start.elapsed()));
    }
    Ok(())
}

/// Whether the image's loader for UEFI, which is not compressed, holds the text that is tested here.
fn holds_the_chooser(image: &Path) -> Result<bool> {
    let esp = find_partition(image, "esp")?;
    let disk = Disk { path: image.to_owned(), format: DiskFormat::Raw };
    let bytes = disk.read(esp.offset, esp.length as usize)?;
    let beginning = &CHOOSER.as_bytes()[..64];
    let places = bytes.windows(beginning.len()).enumerate().filter(|(_, window)| *window == beginning);
    Ok(places.into_iter().any(|(at, _)| bytes[at..].starts_with(CHOOSER.as_bytes())))
}

/// The disks, and what is on them.
struct World {
    disks: Vec<PathBuf>,
    states: Vec<Vec<[Sector; 2]>>,
}

/// The folder of a state on its disk.
fn folder(state: usize) -> String {
    format!("{}/{}()", state / STATES, state % STATES)
}

impl World {
    fn make(stage: &Stage, seed: &str) -> Result<World> {
        let root = stage.folder.join("chooser");
        make_folder(&root)?;
        let plan = stage.image.with_file_name("plan.json");
        let plan = BuildPlan::load(&plan).map_err(refused)?;
        let layout = Layout::parse(Path::new("the chooser's disk"), LAYOUT).map_err(failed)?;
        let tools = Sandbox::prepare(&plan.tools_root(), plan.epoch()).map_err(refused)?;
        tools.bind(&root, SEEN_AT).map_err(refused)?;
        make_grub(&tools, &plan, &layout, &root)?;
        let mut chance = Chance::new(seed);
        let mut world = World { disks: Vec::new(), states: Vec::new() };
        for number in 0..SLOTS.len() {
            let states: Vec<_> = (0..FOLDERS * STATES).map(|_| chance.state()).collect();
            world.disks.push(make_disk(&tools, &layout, &root, number, &states)?);
            world.states.push(states);
        }
        sos_builder::sandbox::umount(&tools.inside(SEEN_AT)).map_err(failed)?;
        tools.leave().map_err(failed)?;
        Ok(world)
    }

    /// Has GRUB choose for every state.
    fn play(&self, stage: &mut Stage, firmware: Firmware) -> Result<()> {
        let mut disks = self.disks.iter().map(|path| Disk { path: path.clone(), format: DiskFormat::Raw });
        let first = disks.next().ok_or_else(|| Error::Unmet("there are no disks".into()))?;
        let plan = Plan { more_disks: disks.collect(), network: false, ..Plan::new(first, firmware) };
        stage.start(plan)?;
        let limit = stage.limit(SECONDS);
        // The console of UEFI is on the serial line as well: each letter comes once or twice.
        stage.machine()?.serial().wait("@+ +e+n+d+", limit)?;
        stage.unplug()
    }

    /// Holds what GRUB did and wrote to what the function says.
    fn compare(&self) -> Result<usize> {
        let mut count = 0;
        for (number, (path, states)) in self.disks.iter().zip(&self.states).enumerate() {
            let partition = find_partition(path, "bootstate")?;
            let disk = Disk { path: path.clone(), format: DiskFormat::Raw };
            let bytes = disk.read(partition.offset, partition.length as usize)?;
            let file = |state: usize, name: &str| {
                let path = format!("/{}/{name}", folder(state));
                sector(&bytes, &path).ok_or_else(|| Error::Unmet(format!("disk {number} has no {path}")))
            };
            for (state, sectors) in states.iter().enumerate() {
                let choice = choose(*sectors, SLOTS[number].contents());
                let (did, must) = (done(&file(state, "did")?), expected(number, choice.slot));
                must!(did == must, "{sectors:?} on disk {number}: GRUB did «{did}», not «{must}»");
                let left = [file(state, "state-1")?, file(state, "state-2")?];
                must!(left == choice.sectors, "{sectors:?}: GRUB left {left:?}, not {:?}", choice.sectors);
                count += 1;
            }
        }
        Ok(count)
    }
}

/// What GRUB must do: which files it must ask for, the last of them in vain or not, and that it starts again.
fn expected(disk: usize, slot: Option<Slot>) -> String {
    let mut did = String::new();
    if let Some(slot) = slot {
        let part = if slot == Slot::A { "gpt4" } else { "gpt6" };
        let lacks = SLOTS[disk].lacks(slot);
        if lacks != Some("slot.cfg") {
            did.push_str(&format!(" linux {part}/vmlinuz {slot}"));
        }
        if !matches!(lacks, Some("slot.cfg" | "vmlinuz")) {
            did.push_str(&format!(" initrd {part}/initrd"));
        }
    }
    did + " reboot"
}

/// What GRUB did, as `did` says it: the disk's name, which the firmware chooses, is left out.
fn done(did: &Sector) -> String {
    let text = String::from_utf8_lossy(&did.0);
    let line = text.lines().find_map(|line| line.strip_prefix("did=")).unwrap_or("nothing");
    let mut shown = String::new();
    for (number, piece) in line.split("(hd").enumerate() {
        let piece = if number == 0 { piece } else { piece.split_once(',').map_or(piece, |(_, rest)| rest) };
        shown.push_str(&piece.replacen(')', "", usize::from(number > 0)));
    }
    shown
}

/// The sector of a file in the boot state's partition.
fn sector(partition: &[u8], path: &str) -> Option<Sector> {
    let mut read = |place: u64, length: usize| {
        let bytes = partition.get(place as usize..).and_then(|rest| rest.get(..length));
        bytes.map(<[u8]>::to_vec).ok_or_else(|| std::io::ErrorKind::UnexpectedEof.into())
    };
    let place = ext2::find(&mut read, path).ok()?;
    Some(Sector(partition.get(place as usize..)?.get(..SIZE)?.try_into().ok()?))
}

/// GRUB's images, in `root`.
fn make_grub(tools: &Sandbox, plan: &BuildPlan, layout: &Layout, root: &Path) -> Result<()> {
    let [driver, chooser, end] = ["driver.cfg", "chooser.cfg", "end"].map(|name| root.join(name));
    write(&driver, DRIVER)?;
    // Read once, as GRUB reads a script byte by byte.
    write(&chooser, format!("function choose {{\n{CHOOSER}\n}}\n"))?;
    write(&end, "@ end\n")?;
    let bios = layout.partition("bios").map_err(failed)?;
    let replaced = |module: &&str| !["linux", "reboot", "sleep", "echo"].contains(module);
    let modules: Vec<&str> = grub::MODULES.into_iter().filter(replaced).chain(["cat"]).collect();
    let files: [(&str, &Path); 3] = [("grub.cfg", &driver), ("chooser.cfg", &chooser), ("end", &end)];
    let contents = grub::Contents { files: &files, modules: &modules };
    let sector = bios.start / disk::SECTOR;
    grub::make(tools, &plan.tools_root(), root, SEEN_AT, contents, sector, bios.size).map_err(failed)?;
    disk::esp(tools, root, SEEN_AT, &layout.partition("esp").map_err(failed)?, "chooser").map(drop).map_err(failed)
}

/// One disk; GRUB starts from the first one.
fn make_disk(tools: &Sandbox, layout: &Layout, root: &Path, number: usize, states: &[[Sector; 2]]) -> Result<PathBuf> {
    let content = root.join(number.to_string());
    lay_out(&content, number, states)?;
    let seen_at = format!("{SEEN_AT}/{number}");
    let mut parts = Vec::new();
    for name in ["bootstate", "boot-a", "boot-b"] {
        let partition = layout.partition(name).map_err(failed)?;
        parts.push((name, disk::ext2(tools, &content, &seen_at, &partition, name, &seen_at).map_err(failed)?));
    }
    if number == 0 {
        let made = [("boot code", "boot.img"), ("bios", "core.img"), ("esp", "esp.img")];
        parts.extend(made.map(|(name, file)| (name, root.join(file))));
    }
    let path = root.join(format!("{number}.raw"));
    let inside = format!("{SEEN_AT}/{number}.raw");
    disk::assemble(tools, &path, &inside, layout, &seen_at, &parts).map_err(failed)?;
    Ok(path)
}

/// The files of a disk's partitions.
fn lay_out(content: &Path, number: usize, states: &[[Sector; 2]]) -> Result<()> {
    for (state, sectors) in states.iter().enumerate() {
        let place = content.join("bootstate").join(folder(state));
        make_folder(&place)?;
        for (copy, sector) in sectors.iter().enumerate() {
            write(&place.join(format!("state-{}", copy + 1)), sector.0)?;
        }
        write(&place.join("did"), block("").0)?;
    }
    write(&content.join("bootstate/states.cfg"), walk())?;
    let slots = &SLOTS[number];
    for (slot, name) in ["boot-a", "boot-b"].into_iter().enumerate() {
        make_folder(&content.join(name))?;
        for file in FILES.into_iter().filter(|file| !slots.missing[slot].contains(file)) {
            let build = slots.builds[slot].map_or_else(String::new, |build| format!("set slot_build={build}\n"));
            write(&content.join(name).join(file), format!("set roothash=0\nset hash_offset=0\n{build}"))?;
        }
    }
    Ok(())
}

/// The script that leads the chooser through a disk's states.
fn walk() -> String {
    let numbers = |end: usize| (0..end).map(|number| number.to_string()).collect::<Vec<_>>().join(" ");
    let (folders, states) = (numbers(FOLDERS), numbers(STATES));
    format!(
        "for folder in {folders}; do for state in {states}; do\n  set bootstate=\"$here,gpt3)/$folder/$state(\"\n  \
         set did=\n  choose\n  save_env --file \"($bootstate)/did\" did\ndone; done\n"
    )
}

fn make_folder(path: &Path) -> Result<()> {
    std::fs::create_dir_all(path).map_err(Error::file(path))
}

fn write(path: &Path, bytes: impl AsRef<[u8]>) -> Result<()> {
    std::fs::write(path, bytes).map_err(Error::file(path))
}

fn failed(error: sos_builder::error::Error) -> Error {
    Error::Unmet(error.to_string())
}

fn refused(error: sos_builder::error::Error) -> Error {
    Error::Refused(format!("the chooser is compared in GRUB of the locked tools, beside the image's build: {error}"))
}
