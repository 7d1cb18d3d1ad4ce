//! Slots that are files, and servers with bad nights.

use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use sos_provision::Device;
use sos_signing::{CHUNK, Digest, Part, SlotChunk, SlotIndex, SlotPart, Sum, Version};

use super::*;
use crate::progress::AtWork;
use crate::source::Channel;
use crate::store::Store;
use crate::test_server::{Fault, Server};

pub(super) const PATH: &str = "releases/13.20260101.1/sos-13.20260101.1-amd64.slot";
/// Four chunks of root, the last of one block, and two of boot.
const CHUNKS: usize = 6;
/// Which of them is the boot partition's head.
const HEAD: usize = 4;

/// A device that runs slot a, and a channel with one release.
pub(super) struct World {
    folder: tempfile::TempDir,
    device: Device,
    pub(super) server: Server,
    index: SlotIndex,
    root: Vec<u8>,
    boot: Vec<u8>,
}

/// Gives up at once.
const ONCE: Manner =
    Manner { sync: 2, tries: 1, waits: (Duration::ZERO, Duration::ZERO), most: Duration::from_secs(60) };
/// Tries a second time.
const TWICE: Manner = Manner { tries: 2, ..ONCE };

fn version() -> Version {
    "13.20260101.1".parse().unwrap()
}

/// Blocks that differ, and that zstd has something to do with.
fn content(size: u64, seed: u64) -> Vec<u8> {
    let mut state = seed;
    let mut bytes = vec![0; usize::try_from(size).unwrap()];
    for block in bytes.chunks_mut(4096) {
        for byte in &mut block[..64] {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            *byte = (state >> 56) as u8;
        }
    }
    bytes
}

/// A part of `bytes`, and its frames.
fn part(part: Part, bytes: &[u8], level: i32) -> (SlotPart, Vec<u8>) {
    let mut payload = Vec::new();
    let mut chunks = Vec::new();
    for chunk in bytes.chunks(CHUNK as usize) {
        let frame = zstd::bulk::compress(chunk, level).unwrap();
        let compressed = u32::try_from(frame.len()).unwrap();
        chunks.push(SlotChunk { compressed, sha256: Digest::of(&frame), xxh3: Sum::of(chunk) });
        payload.extend(frame);
    }
    (SlotPart { part, size: bytes.len() as u64, chunks }, payload)
}

impl World {
    fn new() -> Self {
        Self::of(content(3 * CHUNK + BLOCK, 1), content(2 * CHUNK, 2), 1, tempfile::tempdir().unwrap())
    }

    /// With a release of these parts.
    pub(super) fn of(root: Vec<u8>, boot: Vec<u8>, level: i32, folder: tempfile::TempDir) -> Self {
        let (root_part, mut payload) = part(Part::Root, &root, level);
        let (boot_part, behind) = part(Part::Boot, &boot, level);
        payload.extend(behind);
        let server = Server::of([(PATH.to_owned(), payload)]);
        let index = SlotIndex { format: SlotIndex::FORMAT, parts: vec![root_part, boot_part] };
        let world = Self { device: Device::new(folder.path()), folder, server, index, root, boot };
        world.put("proc/cmdline", b"root=/dev/mapper/root sos.slot=a panic=10\n");
        for slot in ["a", "b"] {
            world.put(&format!("dev/disk/by-partlabel/root-{slot}"), &vec![0xaa; world.root.len() + CHUNK as usize]);
            world.put(&format!("dev/disk/by-partlabel/boot-{slot}"), &vec![0xaa; world.boot.len() + CHUNK as usize]);
        }
        fs::create_dir_all(world.device.path(crate::store::FOLDER)).unwrap();
        world
    }

    pub(super) fn path(&self, below: &str) -> PathBuf {
        self.folder.path().join(below)
    }

    fn put(&self, below: &str, bytes: &[u8]) {
        fs::create_dir_all(self.path(below).parent().unwrap()).unwrap();
        fs::write(self.path(below), bytes).unwrap();
    }

    fn partition(&self, name: &str) -> Vec<u8> {
        fs::read(self.path("dev/disk/by-partlabel").join(name)).unwrap()
    }

    fn found(&self) -> Found {
        Found::unchecked(version(), Channel::Http(self.server.channel()), PATH, self.index.clone())
    }

    pub(super) fn stage(&self, manner: Manner) -> Result<(), UpdateError> {
        let work = AtWork::begin(&self.device, false).unwrap();
        stage_so(&work, &self.found(), |_| Ok(()), manner)
    }

    /// The reason why not.
    fn fails(&self, manner: Manner) -> String {
        self.stage(manner).unwrap_err().to_string()
    }

    fn staged(&self) -> Option<Staged> {
        Store::of(&self.device).get()
    }

    pub(super) fn say_staged(&self, chunks: usize) {
        let index = Digest::of(&self.index.to_bytes());
        let staged = Staged { version: version(), index, slot: Slot::B, chunks, whole: false };
        Store::of(&self.device).put(&staged).unwrap();
    }

    /// From which byte of the payload on something was asked for.
    fn asked(&self) -> Vec<u64> {
        self.server.asked().into_iter().map(|(_, from)| from).collect()
    }

    /// Where frame `number` is in the payload.
    fn frame(&self, number: usize) -> u64 {
        Plan::of(&self.index).pieces().get(number).map_or(self.index.payload_size(), |piece| piece.frame)
    }

    pub(super) fn is_whole(&self) -> bool {
        let holds = |name: &str, bytes: &[u8]| self.partition(name).starts_with(bytes);
        self.staged().is_some_and(|staged| staged.whole) && holds("root-b", &self.root) && holds("boot-b", &self.boot)
    }

    fn cannot_boot(&self) -> bool {
        self.partition("boot-b")[..64 << 10].iter().all(|byte| *byte == 0)
    }

    /// Nothing was ever written to what runs, nor behind what a release needs.
    fn leaves_the_rest(&self) -> bool {
        let untouched = |name: &str, from: usize| self.partition(name)[from..].iter().all(|byte| *byte == 0xaa);
        untouched("root-a", 0)
            && untouched("boot-a", 0)
            && untouched("root-b", self.root.len())
            && untouched("boot-b", self.boot.len())
    }
}

#[test]
fn fills_the_other_slot_with_one_request_and_then_asks_for_nothing() {
    let world = World::new();
    world.stage(ONCE).unwrap();
    assert!(world.is_whole() && world.leaves_the_rest());
    assert_eq!(world.asked(), [0]);
    world.stage(ONCE).unwrap();
    assert_eq!(world.asked(), [0; 0]);
}

#[test]
fn what_the_slot_had_is_forgotten_before_anything_is_written() {
    let world = World::new();
    let work = AtWork::begin(&world.device, false).unwrap();
    let forget = |slot| {
        assert_eq!((slot, world.staged().map(|staged| staged.whole)), (Slot::B, Some(false)));
        Err(UpdateError::Unfit("the subvolume is stuck".into()))
    };
    stage_so(&work, &world.found(), forget, ONCE).unwrap_err();
    assert!(world.partition("boot-b").iter().all(|byte| *byte == 0xaa));
}

#[test]
fn goes_on_wherever_it_was_killed() {
    let mut world = World::new();
    for killed in 0..CHUNKS {
        let after = usize::try_from(world.frame(killed)).unwrap();
        world.server.fail([Fault::Cut(after)]);
        world.fails(ONCE);
        assert!(world.cannot_boot(), "killed at chunk {killed}");
        // What was written since the last sync is lost, or half there.
        let kept = killed / ONCE.sync * ONCE.sync;
        world.say_staged(kept);
        let mut root = world.partition("root-b");
        root.iter_mut().take(world.root.len()).skip(kept * CHUNK as usize).for_each(|byte| *byte = 0x55);
        world.put("dev/disk/by-partlabel/root-b", &root);
        world.asked();
        world.stage(ONCE).unwrap();
        assert!(world.is_whole() && world.leaves_the_rest(), "killed at chunk {killed}");
        assert_eq!(world.asked(), [world.frame(kept)], "killed at chunk {killed}");
        world = World::new();
    }
}

#[test]
fn a_slot_that_was_filled_and_not_yet_said_to_be_is_sealed_again() {
    let world = World::new();
    world.stage(ONCE).unwrap();
    world.say_staged(CHUNKS);
    world.asked();
    world.stage(ONCE).unwrap();
    assert!(world.is_whole());
    assert_eq!(world.asked(), [world.frame(HEAD)], "nothing but the head of the boot partition was fetched");
}

#[test]
fn a_bit_that_flipped_on_the_disk_is_found_and_its_chunk_fetched_again() {
    for (name, at, number) in [("root-b", 2 * CHUNK as usize + 77, 2), ("boot-b", 2 * CHUNK as usize - 1, 5)] {
        let world = World::new();
        world.stage(ONCE).unwrap();
        world.say_staged(CHUNKS);
        let mut bytes = world.partition(name);
        bytes[at] ^= 4;
        world.put(&format!("dev/disk/by-partlabel/{name}"), &bytes);
        world.asked();
        world.stage(ONCE).unwrap();
        assert!(world.is_whole());
        assert_eq!(world.asked()[0], world.frame(number));
    }
}

#[test]
fn a_slot_filled_with_something_else_is_filled_from_the_start() {
    let world = World::new();
    let other =
        Staged { version: version(), index: Digest::of(b"another index"), slot: Slot::B, chunks: 5, whole: true };
    let slot = Staged { index: Digest::of(&world.index.to_bytes()), slot: Slot::A, ..other.clone() };
    let older = Staged { index: slot.index, version: "13.20251231.1".parse().unwrap(), ..other.clone() };
    for staged in [other, slot, older] {
        Store::of(&world.device).put(&staged).unwrap();
        world.stage(ONCE).unwrap();
        assert!(world.is_whole());
        assert_eq!(world.asked(), [0]);
    }
}

#[test]
fn a_bad_night_is_got_over_by_asking_again() {
    let loris = Fault::Loris(Duration::from_millis(100));
    let faults = [
        Fault::Cut(70_000),
        Fault::Garbage,
        Fault::Endless,
        loris,
        Fault::Silent,
        Fault::NoHttp,
        Fault::Longer,
        Fault::NoRanges,
        Fault::OtherRange,
        Fault::Status("404 Not Found"),
        Fault::Status("403 Forbidden"),
        Fault::Status("500 Internal Server Error"),
    ];
    for fault in faults {
        let world = World::new();
        world.server.fail([fault.clone()]);
        world.stage(TWICE).unwrap_or_else(|error| panic!("{fault:?}: {error}"));
        assert!(world.is_whole() && world.leaves_the_rest(), "{fault:?}");
    }
}

#[test]
fn a_broken_connection_is_taken_up_at_the_very_byte_even_without_ranges() {
    let world = World::new();
    world.server.fail([Fault::Cut(70_000), Fault::NoRanges]);
    world.stage(TWICE).unwrap();
    assert!(world.is_whole());
    assert_eq!(world.asked(), [0, 70_000]);
}

#[test]
fn a_server_that_never_gets_better_is_named_and_leaves_a_slot_that_does_not_boot() {
    let cases = [
        (Fault::Garbage, "the payload's bytes from 0 on are not those that were signed"),
        (Fault::Endless, "the payload's bytes from 0 on are not those that were signed"),
        (Fault::Status("404 Not Found"), "the channel has no releases/"),
        (Fault::Status("500 Internal Server Error"), "the server answers «500 Internal Server Error»"),
        (Fault::Longer, "were signed"),
        (Fault::Loris(Duration::from_millis(100)), "which is too slow"),
        (Fault::Cut(0), "fetching the payload: error decoding response body"),
    ];
    for (fault, expected) in cases {
        let world = World::new();
        world.server.fail([fault.clone(), fault.clone()]);
        let reason = world.fails(TWICE);
        assert!(reason.contains(expected), "{fault:?}: {reason}");
        assert!(world.cannot_boot() && world.leaves_the_rest(), "{fault:?}");
        assert_eq!(world.staged().map(|staged| (staged.chunks, staged.whole)), Some((0, false)), "{fault:?}");
    }
}

#[test]
fn wrong_bytes_are_asked_for_three_times_however_patient_one_is_with_a_connection() {
    let world = World::new();
    world.server.fail(vec![Fault::Garbage; 8]);
    world.fails(Manner { tries: 8, ..ONCE });
    assert_eq!(world.asked(), [0, 0, 0]);
}

#[test]
fn a_frame_that_holds_something_else_than_its_index_says_is_refused() {
    let mut world = World::new();
    world.index.parts[0].chunks[1].xxh3 = Sum::of(b"else");
    assert!(world.fails(TWICE).contains("is not as its index says: its content differs"));
    assert_eq!(world.staged().map(|staged| staged.whole), Some(false));
    assert!(world.cannot_boot());
    let longer = zstd::bulk::compress(&vec![0; CHUNK as usize + 1], 1).unwrap();
    let plan = Plan::of(&world.index);
    let refused = fill::decode(&plan.pieces()[0], &longer, &mut Aligned::new(CHUNK as usize)).unwrap_err();
    assert!(refused.to_string().contains("is not as its index says"), "{refused}");
}

#[test]
fn what_cannot_be_filled_is_refused_and_nothing_is_changed() {
    type Bend = fn(&World);
    let partitions = |world: &World| ["root-a", "boot-a"].map(|name| Digest::of(&world.partition(name)));
    let cases: [(Bend, &str); 6] = [
        (|world| world.put("dev/disk/by-partlabel/root-b", &vec![0xaa; CHUNK as usize]), "the release needs 12587008"),
        (|world| world.put("dev/disk/by-partlabel/boot-b", &vec![0xaa; CHUNK as usize]), "the release needs 8388608"),
        (|world| world.put("proc/cmdline", b"root=/dev/mapper/root\n"), "it names no slot"),
        (|world| fs::remove_file(world.path("proc/cmdline")).unwrap(), "cannot read"),
        (|world| fs::remove_file(world.path("dev/disk/by-partlabel/boot-b")).unwrap(), "cannot open for writing"),
        (
            |world| {
                let place = world.path("dev/disk/by-partlabel/root-b");
                fs::remove_file(&place).unwrap();
                std::os::unix::fs::symlink(world.path("dev/disk/by-partlabel/root-a"), place).unwrap();
            },
            "it is the partition that runs",
        ),
    ];
    for (bend, expected) in cases {
        let world = World::new();
        let before = partitions(&world);
        bend(&world);
        let reason = world.fails(ONCE);
        assert!(reason.contains(expected), "{reason}");
        assert_eq!((partitions(&world), world.staged(), world.asked()), (before, None, vec![]), "{expected}");
    }
}

#[test]
fn nothing_is_staged_while_a_release_is_on_trial() {
    let trying = Record::trying(Slot::B);
    assert!(is_settled(Record::settled(Slot::A), Slot::A));
    assert!(!is_settled(trying, Slot::B), "the good slot would be overwritten");
    assert!(!is_settled(trying, Slot::A), "the slot that is about to be tried would be overwritten");
    assert!(!is_settled(trying.given_up(), Slot::B));
    assert!(is_settled(trying.given_up(), Slot::A), "that try is over");
}
