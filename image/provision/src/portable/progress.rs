//! How far an export or import is, on standard error: a line that is written over on a terminal, a line now and then
//! elsewhere, one JSON object a line for programs, in the form of `sos-build`.

use std::io::IsTerminal as _;
use std::time::{Duration, Instant};

/// How often a line is said where lines stay.
const SELDOM: Duration = Duration::from_secs(10);
/// How often a program is told, and a line written over.
const OFTEN: Duration = Duration::from_millis(500);

/// How it is said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Manner {
    Over,
    Lines,
    Json,
    Silent,
}

/// The stage that is under way: bytes done of bytes in all, where these are known.
#[derive(Debug)]
pub struct Progress {
    manner: Manner,
    stage: &'static str,
    done: u64,
    total: Option<u64>,
    began: Instant,
    said: Instant,
}

impl Progress {
    /// As JSON where asked for, else for people.
    #[must_use]
    pub fn new(json: bool) -> Self {
        Self::with(match (json, std::io::stderr().is_terminal()) {
            (true, _) => Manner::Json,
            (false, true) => Manner::Over,
            (false, false) => Manner::Lines,
        })
    }

    /// Says nothing.
    #[must_use]
    pub fn silent() -> Self {
        Self::with(Manner::Silent)
    }

    fn with(manner: Manner) -> Self {
        let now = Instant::now();
        Self { manner, stage: "", done: 0, total: None, began: now, said: now }
    }

    /// Begins a stage of `total` bytes; the one before is over.
    pub(super) fn stage(&mut self, stage: &'static str, total: Option<u64>) {
        self.finish();
        let now = Instant::now();
        (self.stage, self.done, self.total, self.began, self.said) = (stage, 0, total, now, now);
        if self.manner == Manner::Lines {
            eprintln!("{stage} …");
        }
    }

    /// `bytes` more are done.
    pub(super) fn advance(&mut self, bytes: u64) {
        self.done += bytes;
        let every = if self.manner == Manner::Lines { SELDOM } else { OFTEN };
        if self.said.elapsed() >= every {
            self.said = Instant::now();
            self.say("progress");
        }
    }

    /// The stage is over.
    pub(super) fn finish(&mut self) {
        if !self.stage.is_empty() {
            self.say("done");
            self.stage = "";
        }
    }

    /// Says something that is to be read, whatever else is said.
    pub(super) fn note(&self, text: &str) {
        match self.manner {
            Manner::Json => eprintln!("{}", serde_json::json!({"event": "note", "text": text})),
            Manner::Over => eprintln!("\r\x1b[K{text}"),
            Manner::Lines => eprintln!("{text}"),
            Manner::Silent => {}
        }
    }

    fn say(&self, event: &str) {
        let seconds = self.began.elapsed().as_secs_f64();
        match self.manner {
            Manner::Json => {
                let (task, done, total) = (self.stage, self.done, self.total);
                eprintln!(
                    "{}",
                    serde_json::json!({"event": event, "task": task, "unit": "bytes", "done": done, "total": total,
                                       "seconds": seconds})
                );
            }
            Manner::Over => eprint!("\r\x1b[K{}{}", self.line(seconds), if event == "done" { "\n" } else { "" }),
            Manner::Lines => eprintln!("{}", self.line(seconds)),
            Manner::Silent => {}
        }
    }

    /// `letters: 1.2 of 3.4 MB, 45.0 MB/s`.
    #[expect(clippy::cast_precision_loss, reason = "for people, with one digit")]
    fn line(&self, seconds: f64) -> String {
        let mb = |bytes: u64| bytes as f64 / 1e6;
        let total = self.total.map(|total| format!(" of {:.1}", mb(total))).unwrap_or_default();
        format!("{}: {:.1}{total} MB, {:.1} MB/s", self.stage, mb(self.done), mb(self.done) / seconds.max(0.001))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_says_stage_bytes_and_rate() {
        let mut progress = Progress::silent();
        progress.stage("letters", Some(3_400_000));
        progress.advance(1_200_000);
        assert_eq!(progress.line(2.0), "letters: 1.2 of 3.4 MB, 0.6 MB/s");
        progress.stage("webmail", None);
        assert_eq!(progress.line(1.0), "webmail: 0.0 MB, 0.0 MB/s");
    }
}
