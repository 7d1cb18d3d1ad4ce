//! What a person (or a program) sees while a stage runs, on stderr: a bar on a terminal, plain lines elsewhere,
//! one JSON object a line with `--json`.

use std::io::IsTerminal as _;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressFinish, ProgressStyle};

/// How often a plain log says how far a task is.
const PLAIN_EVERY: Duration = Duration::from_secs(10);
/// How often a machine is told.
const JSON_EVERY: Duration = Duration::from_millis(500);

/// How progress is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Progress {
    /// A bar that moves.
    Bar,
    /// A line now and then.
    Plain,
    /// A JSON object a line.
    Json,
    /// Nothing.
    Silent,
}

/// What a task counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    /// Bytes, shown with their rate.
    Bytes,
    /// Things: packages, steps.
    Items,
    /// Hundredths of a whole whose size is not known.
    Percent,
}

impl Unit {
    /// Its name in JSON.
    fn name(self) -> &'static str {
        match self {
            Self::Bytes => "bytes",
            Self::Items => "items",
            Self::Percent => "percent",
        }
    }
}

impl Progress {
    /// JSON where asked for, a bar on a terminal, plain lines otherwise.
    #[must_use]
    pub fn detect(json: bool) -> Self {
        match (json, std::io::stderr().is_terminal()) {
            (true, _) => Self::Json,
            (false, true) => Self::Bar,
            (false, false) => Self::Plain,
        }
    }

    /// Says that something was done: one line.
    pub fn say(self, line: &str) {
        match self {
            Self::Bar | Self::Plain => eprintln!("{line}"),
            Self::Json => eprintln!("{}", serde_json::json!({"event": "note", "text": line})),
            Self::Silent => {}
        }
    }

    /// Begins a task of `total` units; drop or finish it when done.
    #[must_use]
    pub fn task(self, name: &str, unit: Unit, total: u64) -> Task {
        let bar = if self == Self::Bar { ProgressBar::new(total) } else { ProgressBar::hidden() };
        let bar = bar.with_finish(ProgressFinish::AndClear);
        bar.set_length(total);
        bar.set_style(style(unit));
        bar.set_prefix(name.to_owned());
        if self == Self::Bar {
            bar.enable_steady_tick(Duration::from_millis(120));
        }
        let started = Instant::now();
        let task = Task { progress: self, name: name.to_owned(), unit, bar, started, spoke: Mutex::new(started) };
        if self == Self::Plain {
            eprintln!("{name}: {} to do", task.amount(total));
        }
        task
    }
}

/// The look of a bar.
fn style(unit: Unit) -> ProgressStyle {
    let template = match unit {
        Unit::Bytes => {
            "{prefix:>10} {wide_bar} {decimal_bytes}/{decimal_total_bytes} {decimal_bytes_per_sec} {eta} {msg}"
        }
        Unit::Items => "{prefix:>10} {wide_bar} {pos}/{len} {msg}",
        Unit::Percent => "{prefix:>10} {wide_bar} {percent}% {msg}",
    };
    ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar())
}

/// A task under way; shared between threads.
#[derive(Debug)]
pub struct Task {
    progress: Progress,
    name: String,
    unit: Unit,
    bar: ProgressBar,
    started: Instant,
    /// When plain or JSON output last said something.
    spoke: Mutex<Instant>,
}

impl Task {
    /// `amount` more units are done.
    pub fn advance(&self, amount: u64) {
        self.bar.inc(amount);
        self.maybe_speak();
    }

    /// `amount` units turned out not to be done.
    pub fn retreat(&self, amount: u64) {
        self.bar.dec(amount);
    }

    /// `position` units are done.
    pub fn set(&self, position: u64) {
        self.bar.set_position(position);
        self.maybe_speak();
    }

    /// What it works on now, shown behind the bar.
    pub fn message(&self, text: &str) {
        self.bar.set_message(text.to_owned());
    }

    /// Ends the task and says how long it took.
    pub fn finish(&self) {
        self.bar.finish_and_clear();
        let seconds = self.started.elapsed().as_secs_f64();
        match self.progress {
            Progress::Json => self.event("done", seconds),
            Progress::Silent => {}
            Progress::Bar | Progress::Plain => {
                eprintln!("{}: {} in {seconds:.1} s", self.name, self.amount(self.bar.position()))
            }
        }
    }

    fn amount(&self, count: u64) -> String {
        match self.unit {
            Unit::Bytes => format!("{}", indicatif::DecimalBytes(count)),
            Unit::Items => count.to_string(),
            Unit::Percent => format!("{count} %"),
        }
    }

    fn maybe_speak(&self) {
        let every = match self.progress {
            Progress::Plain => PLAIN_EVERY,
            Progress::Json => JSON_EVERY,
            Progress::Bar | Progress::Silent => return,
        };
        let mut spoke = self.spoke.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if spoke.elapsed() < every {
            return;
        }
        *spoke = Instant::now();
        if self.progress == Progress::Json {
            self.event("progress", self.started.elapsed().as_secs_f64());
        } else {
            let total = self.amount(self.bar.length().unwrap_or_default());
            eprintln!("{}: {} of {total}", self.name, self.amount(self.bar.position()));
        }
    }

    fn event(&self, event: &str, seconds: f64) {
        let event = serde_json::json!({
            "event": event,
            "task": self.name,
            "unit": self.unit.name(),
            "done": self.bar.position(),
            "total": self.bar.length(),
            "seconds": seconds,
        });
        eprintln!("{event}");
    }
}
