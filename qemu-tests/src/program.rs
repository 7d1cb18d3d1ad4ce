//! The one place that starts external programs: cleared environment, captured output, errors with the
//! end of standard error.

use std::ffi::OsStr;
use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::{Error, Result};

/// Where programs are looked for, whatever the caller's environment says.
const PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
/// How much of standard error an error carries.
const STDERR_SHOWN: usize = 1500;
/// Linux counts processor time for user space in hundredths of a second, whatever it counts in itself.
const TICKS: u64 = 100;

/// One external program and its arguments, not yet started.
#[derive(Debug)]
pub struct Program {
    command: Command,
    shown: String,
}

/// How a finished program ended.
#[derive(Debug)]
pub struct Output {
    /// Exit status; `None` when a signal ended it or the time limit did.
    pub code: Option<i32>,
    /// Standard output.
    pub stdout: String,
    /// Standard error.
    pub stderr: String,
}

impl Program {
    /// The program called `name`, in a cleared environment.
    #[must_use]
    pub fn new(name: impl AsRef<OsStr>) -> Self {
        let mut command = Command::new(name.as_ref());
        command.env_clear().env("PATH", PATH).env("LC_ALL", "C.UTF-8").env("HOME", "/root").stdin(Stdio::null());
        Program { command, shown: name.as_ref().to_string_lossy().into_owned() }
    }

    /// Adds one argument.
    #[must_use]
    pub fn arg(mut self, argument: impl AsRef<OsStr>) -> Self {
        self.shown.push(' ');
        self.shown.push_str(&argument.as_ref().to_string_lossy());
        self.command.arg(argument);
        self
    }

    /// Adds several arguments.
    #[must_use]
    pub fn args<S: AsRef<OsStr>>(self, arguments: impl IntoIterator<Item = S>) -> Self {
        arguments.into_iter().fold(self, Program::arg)
    }

    /// Adds the words of a line as arguments; for lines without blanks inside an argument.
    #[must_use]
    pub fn words(self, line: &str) -> Self {
        self.args(line.split_whitespace())
    }

    /// Sets one environment variable.
    #[must_use]
    pub fn env(mut self, name: &str, value: impl AsRef<OsStr>) -> Self {
        self.command.env(name, value);
        self
    }

    /// Reads standard input from a file.
    #[must_use]
    pub fn input(mut self, file: File) -> Self {
        self.command.stdin(file);
        self
    }

    /// Runs to the end, standard output going into a file, whatever the exit status.
    ///
    /// # Errors
    /// As [`Program::output`].
    pub fn output_into(mut self, file: File, limit: Duration) -> Result<Output> {
        self.command.stdout(file).stderr(Stdio::piped());
        let mut child = self.start_child()?;
        let stderr = drain(child.stderr.take());
        let status = wait(&mut child, limit, &self.shown)?;
        Ok(Output { code: status.code(), stdout: String::new(), stderr: stderr.join().unwrap_or_default() })
    }

    /// The command line, for logs and errors.
    #[must_use]
    pub fn shown(&self) -> &str {
        &self.shown
    }

    /// Runs to the end, whatever the exit status.
    ///
    /// # Errors
    /// [`Error::Refused`] when the program is not installed, [`Error::Late`] after `limit`.
    pub fn output(mut self, limit: Duration) -> Result<Output> {
        self.command.stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = self.start_child()?;
        let stdout = drain(child.stdout.take());
        let stderr = drain(child.stderr.take());
        let status = wait(&mut child, limit, &self.shown)?;
        Ok(Output {
            code: status.code(),
            stdout: stdout.join().unwrap_or_default(),
            stderr: stderr.join().unwrap_or_default(),
        })
    }

    /// Runs to the end and gives standard output.
    ///
    /// # Errors
    /// As [`Program::output`], and [`Error::Program`] when it does not exit with 0.
    pub fn run(self, limit: Duration) -> Result<String> {
        let shown = self.shown.clone();
        let output = self.output(limit)?;
        if output.code == Some(0) {
            return Ok(output.stdout);
        }
        Err(output.into_error(shown))
    }

    /// Starts the program in the background, its output going to `log`.
    ///
    /// # Errors
    /// [`Error::Refused`] when the program is not installed, [`Error::File`] for the log.
    pub fn start(mut self, log: &Path) -> Result<Running> {
        let mut file = File::options().create(true).append(true).open(log).map_err(Error::file(log))?;
        writeln!(file, "+ {}", self.shown).map_err(Error::file(log))?;
        let errors = file.try_clone().map_err(Error::file(log))?;
        self.command.stdout(file).stderr(errors);
        Ok(Running { child: self.start_child()?, shown: self.shown })
    }

    /// Hands the command over for callers that need its pipes.
    #[must_use]
    pub fn into_command(self) -> Command {
        self.command
    }

    fn start_child(&mut self) -> Result<Child> {
        self.command.spawn().map_err(|source| match source.kind() {
            std::io::ErrorKind::NotFound => Error::Refused(format!(
                "the host has no program `{}`: install it (`./dev` does) and try again",
                self.shown.split(' ').next().unwrap_or_default()
            )),
            _ => Error::Wire { what: format!("starting `{}`", self.shown), source },
        })
    }
}

impl Output {
    /// This end as an error of `program`.
    #[must_use]
    pub fn into_error(self, program: String) -> Error {
        let said = if self.stderr.trim().is_empty() { &self.stdout } else { &self.stderr };
        let said = said.trim();
        let start = said.char_indices().map(|(at, _)| at).find(|at| said.len() - at <= STDERR_SHOWN);
        Error::Program {
            program,
            status: self.code.map_or("ended by a signal".into(), |code| format!("exit status {code}")),
            stderr: said[start.unwrap_or(0)..].to_string(),
        }
    }
}

/// A program in the background; ended when dropped.
#[derive(Debug)]
pub struct Running {
    child: Child,
    shown: String,
}

impl Running {
    /// Whether it has ended by itself.
    pub fn has_ended(&mut self) -> bool {
        !matches!(self.child.try_wait(), Ok(None))
    }

    /// Waits for it to end by itself.
    ///
    /// # Errors
    /// [`Error::Late`] after `limit`; it is ended then.
    pub fn wait(&mut self, limit: Duration) -> Result<()> {
        wait(&mut self.child, limit, &self.shown).map(drop)
    }

    /// The processor time that it and its threads have used (proc_pid_stat(5), `utime` and `stime`).
    ///
    /// # Errors
    /// [`Error::File`] when it has ended.
    pub fn processor_time(&self) -> Result<Duration> {
        let path = PathBuf::from(format!("/proc/{}/stat", self.child.id()));
        let stat = std::fs::read_to_string(&path).map_err(Error::file(&path))?;
        // The program's name may hold spaces and brackets; eleven fields stand between it and these two.
        let fields = stat.rsplit(')').next().unwrap_or_default().split_whitespace();
        let ticks: u64 = fields.skip(11).take(2).filter_map(|ticks| ticks.parse::<u64>().ok()).sum();
        Ok(Duration::from_millis(ticks * 1000 / TICKS))
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if !self.has_ended() {
            // Already gone is as good as killed.
            self.child.kill().ok();
            self.child.wait().ok();
        }
    }
}

fn drain(pipe: Option<impl std::io::Read + Send + 'static>) -> std::thread::JoinHandle<String> {
    std::thread::spawn(move || {
        let mut bytes = Vec::new();
        if let Some(mut pipe) = pipe {
            // What came before the pipe broke is still worth showing.
            pipe.read_to_end(&mut bytes).ok();
        }
        String::from_utf8_lossy(&bytes).into_owned()
    })
}

fn wait(child: &mut Child, limit: Duration, shown: &str) -> Result<std::process::ExitStatus> {
    let start = Instant::now();
    loop {
        match child.try_wait().map_err(Error::wire(format!("waiting for `{shown}`")))? {
            Some(status) => return Ok(status),
            None if start.elapsed() > limit => {
                child.kill().ok();
                child.wait().ok();
                let what = format!("the end of `{shown}`");
                return Err(Error::Late { what, seconds: limit.as_secs(), detail: String::new() });
            }
            None => std::thread::sleep(Duration::from_millis(20)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn processor_time_is_what_a_program_used() {
        let folder = tempfile::tempdir().unwrap();
        let idle = Program::new("sleep").arg("60").start(&folder.path().join("idle.log")).unwrap();
        let busy =
            Program::new("sh").words("-c").arg("while :; do :; done").start(&folder.path().join("busy.log")).unwrap();
        std::thread::sleep(Duration::from_millis(500));
        assert!(idle.processor_time().unwrap() < Duration::from_millis(50));
        assert!(busy.processor_time().unwrap() >= Duration::from_millis(50));
    }

    const LIMIT: Duration = Duration::from_secs(5);

    #[test]
    fn a_missing_program_is_refused_by_name() {
        let error = Program::new("sos-no-such-program").output(LIMIT).unwrap_err();
        assert!(matches!(&error, Error::Refused(said) if said.contains("sos-no-such-program")), "{error}");
    }

    #[test]
    fn a_failing_program_shows_the_end_of_its_standard_error() {
        let error = Program::new("sh").args(["-c", "echo sorry >&2; exit 7"]).run(LIMIT).unwrap_err();
        assert_eq!(error.to_string(), "`sh -c echo sorry >&2; exit 7` failed (exit status 7): sorry");
    }

    #[test]
    fn a_program_that_hangs_is_ended_at_its_limit() {
        let error = Program::new("sleep").arg("60").run(Duration::from_millis(50)).unwrap_err();
        assert!(matches!(error, Error::Late { .. }), "{error}");
    }

    #[test]
    fn nothing_of_the_callers_environment_reaches_a_program() {
        let seen = Program::new("env").run(LIMIT).unwrap();
        assert_eq!(seen.lines().filter(|line| line.starts_with("CARGO")).count(), 0, "{seen}");
    }
}
