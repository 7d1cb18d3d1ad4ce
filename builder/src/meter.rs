//! Measures the stages of a build: seconds, and the peak of the memory that all its processes held together.
//!
//! The inner half of a build is alone in its PID namespace, so a `/proc` of that namespace shows just the build.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};

use crate::command::Run;
use crate::error::Error;
use crate::progress::Progress;

/// How often memory is looked at.
const EVERY: Duration = Duration::from_millis(100);

/// A stage that ran.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Stage {
    /// Its name.
    pub name: String,
    /// Seconds.
    pub seconds: f64,
    /// Peak of the resident memory of all processes, bytes (shared pages counted once for each).
    pub peak_bytes: u64,
    /// Whether what it makes was in the cache.
    pub cached: bool,
}

/// Runs stages and remembers what they took.
#[derive(Debug)]
pub struct Meter {
    peak: Arc<AtomicU64>,
    stop: Arc<AtomicBool>,
    progress: Progress,
    stages: Vec<Stage>,
}

impl Meter {
    /// Begins to measure, with this namespace's `/proc` mounted at `proc`.
    ///
    /// # Errors
    /// A mount that cannot be made.
    pub fn start(proc: &Path, progress: Progress) -> Result<Self, Error> {
        fs::create_dir_all(proc).map_err(|e| Error::io("create", proc, e))?;
        Run::new("mount").args(["-t", "proc", "proc"]).arg(proc).run()?;
        let (peak, stop) = (Arc::new(AtomicU64::new(0)), Arc::new(AtomicBool::new(false)));
        let (proc, shared, stopped) = (proc.to_owned(), Arc::clone(&peak), Arc::clone(&stop));
        std::thread::spawn(move || {
            while !stopped.load(Ordering::Relaxed) {
                shared.fetch_max(resident(&proc), Ordering::Relaxed);
                std::thread::sleep(EVERY);
            }
        });
        Ok(Self { peak, stop, progress, stages: Vec::new() })
    }

    /// Runs the stage `name`, which returns a directory and whether it was cached.
    ///
    /// # Errors
    /// What the stage fails with.
    pub fn stage(
        &mut self,
        name: &str,
        run: impl FnOnce(Progress) -> Result<(PathBuf, bool), Error>,
    ) -> Result<PathBuf, Error> {
        self.peak.store(0, Ordering::Relaxed);
        let started = Instant::now();
        let (path, cached) = run(self.progress)?;
        let stage = Stage {
            name: name.to_owned(),
            seconds: started.elapsed().as_secs_f64(),
            peak_bytes: self.peak.load(Ordering::Relaxed),
            cached,
        };
        let how = if cached {
            "cached".to_owned()
        } else {
            format!("{:.1} s, {} MiB", stage.seconds, stage.peak_bytes >> 20)
        };
        self.progress.say(&format!("{name:>10}  {how}"));
        self.stages.push(stage);
        Ok(path)
    }

    /// The stages so far.
    #[must_use]
    pub fn stages(&self) -> Vec<Stage> {
        self.stages.clone()
    }
}

impl Drop for Meter {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
    }
}

/// Resident bytes of every process in `proc` (proc_pid_statm(5), second field, in pages of 4 KiB).
fn resident(proc: &Path) -> u64 {
    let Ok(listing) = fs::read_dir(proc) else { return 0 };
    listing
        .filter_map(Result::ok)
        .filter(|entry| entry.file_name().to_string_lossy().bytes().all(|b| b.is_ascii_digit()))
        .filter_map(|entry| fs::read_to_string(entry.path().join("statm")).ok())
        .filter_map(|statm| statm.split(' ').nth(1)?.parse::<u64>().ok())
        .sum::<u64>()
        * 4096
}
