//! How fast a slot is filled, beside what a person would do by hand. On one processor:
//! `SOS_STAGE_ROOT=root.erofs TMPDIR=/dev/shm taskset -c 1 cargo test --release -p sos-updater -- --ignored --nocapture as_fast_as`

use std::fs;
use std::process::Command;
use std::time::{Duration, Instant};

use sos_signing::CHUNK;

use super::Manner;
use super::tests::{PATH, World};

/// What part of the speed by hand is held to be enough.
const SHARE: f64 = 0.8;
const ROUNDS: usize = 3;

#[test]
#[ignore = "measures, so it wants a machine for itself, and SOS_STAGE_ROOT: a root file system to fill a slot with"]
fn stages_nearly_as_fast_as_curl_zstd_and_dd() {
    let root = std::env::var_os("SOS_STAGE_ROOT").expect("SOS_STAGE_ROOT names a file");
    let mut root = fs::read(root).unwrap();
    root.truncate(root.len() / CHUNK as usize * CHUNK as usize);
    let boot = root[..8 * CHUNK as usize].to_vec();
    let world = World::of(root, boot, 9, tempfile::tempdir().unwrap());
    let by_hand = format!(
        "curl -sS {}{PATH} | zstd -d | dd of={} bs=4M oflag=direct conv=notrunc,fdatasync status=none",
        world.server.url(),
        world.path("dev/disk/by-partlabel/root-a").display(),
    );
    let (mut ours, mut theirs) = (Costs::MOST, Costs::MOST);
    for _ in 0..ROUNDS {
        theirs = theirs.min(&|| assert!(Command::new("sh").args(["-c", &by_hand]).status().unwrap().success()));
        world.say_staged(0);
        ours = ours.min(&|| world.stage(Manner::default()).unwrap());
        assert!(world.is_whole());
    }
    let share = theirs.wall.as_secs_f64() / ours.wall.as_secs_f64();
    let memory = fs::read_to_string("/proc/self/status").unwrap();
    let peak = memory.lines().find(|line| line.starts_with("VmHWM")).unwrap_or_default();
    println!("by hand {theirs:.2?}, with checks and reading back {ours:.2?}: {share:.2} of the speed");
    println!("{peak}, with the test's own payload and the server");
    assert!(share >= SHARE, "{share:.2}");
}

/// What something took; processor time is of this process and of what it waited for, the server's with it.
#[derive(Debug)]
struct Costs {
    wall: Duration,
    processor: Duration,
}

impl Costs {
    const MOST: Self = Self { wall: Duration::MAX, processor: Duration::MAX };

    /// The less of this and of what `work` takes.
    fn min(self, work: &dyn Fn()) -> Self {
        let (began, used) = (Instant::now(), processor());
        work();
        Self { wall: self.wall.min(began.elapsed()), processor: self.processor.min(processor() - used) }
    }
}

/// proc_pid_stat(5), utime to cstime, in hundredths of a second.
fn processor() -> Duration {
    let stat = fs::read_to_string("/proc/self/stat").unwrap();
    let fields = stat.rsplit_once(')').unwrap().1.split_ascii_whitespace();
    let ticks: u64 = fields.skip(11).take(4).map(|field| field.parse::<u64>().unwrap()).sum();
    Duration::from_millis(ticks * 10)
}
