//! The one place where external programs start: a cleared environment, the arguments logged, the end of stderr in
//! the error.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::io::{self, BufRead as _, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};

use crate::error::{Error, Result};

/// Where programs are looked for, whatever the caller's PATH.
const PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
/// How many lines of stderr go into an error.
const STDERR_LINES: usize = 20;
/// How programs say ENOSPC (strerror(3) in C.UTF-8).
pub const DISK_FULL: &str = "No space left on device";
/// What a program that asks the network may know of our environment: proxies and certificates.
pub const NETWORK: &[&str] = &[
    "http_proxy",
    "https_proxy",
    "no_proxy",
    "HTTP_PROXY",
    "HTTPS_PROXY",
    "NO_PROXY",
    "SSL_CERT_FILE",
    "SSL_CERT_DIR",
];
/// Which Debian package has a program, where its name does not say.
const PACKAGES: &[(&str, &str)] = &[
    ("apt-get", "apt"),
    ("dpkg-deb", "dpkg"),
    ("qemu-system-x86_64", "qemu-system-x86"),
    ("newuidmap", "uidmap"),
    ("newgidmap", "uidmap"),
    ("unshare", "util-linux"),
    ("setpriv", "util-linux"),
    ("bwrap", "bubblewrap"),
];

/// A program about to be started.
#[derive(Debug)]
pub struct Run {
    program: OsString,
    args: Vec<OsString>,
    env: BTreeMap<OsString, OsString>,
    dir: Option<PathBuf>,
    input: Option<Vec<u8>>,
}

/// What a program said, and how it ended.
#[derive(Debug)]
pub struct Finished {
    /// Its exit status.
    pub status: ExitStatus,
    /// Its standard output.
    pub stdout: String,
    /// Its standard error.
    pub stderr: String,
}

impl Run {
    /// `program`, looked up in a fixed PATH or given by its path.
    pub fn new(program: impl AsRef<OsStr>) -> Self {
        let env = [("PATH", PATH), ("LC_ALL", "C.UTF-8"), ("TZ", "UTC")];
        Self {
            program: program.as_ref().to_owned(),
            args: Vec::new(),
            env: env.into_iter().map(|(k, v)| (k.into(), v.into())).collect(),
            dir: None,
            input: None,
        }
    }

    /// One more argument.
    #[must_use]
    pub fn arg(mut self, arg: impl AsRef<OsStr>) -> Self {
        self.args.push(arg.as_ref().to_owned());
        self
    }

    /// More arguments.
    #[must_use]
    pub fn args<A: AsRef<OsStr>>(mut self, args: impl IntoIterator<Item = A>) -> Self {
        self.args.extend(args.into_iter().map(|arg| arg.as_ref().to_owned()));
        self
    }

    /// A variable of its environment.
    #[must_use]
    pub fn env(mut self, name: impl AsRef<OsStr>, value: impl AsRef<OsStr>) -> Self {
        self.env.insert(name.as_ref().to_owned(), value.as_ref().to_owned());
        self
    }

    /// Variables handed on from our own environment, where they are set.
    #[must_use]
    pub fn inherit(mut self, names: &[&str]) -> Self {
        let set = names.iter().filter_map(|name| Some((OsString::from(name), std::env::var_os(name)?)));
        self.env.extend(set);
        self
    }

    /// The folder it starts in.
    #[must_use]
    pub fn dir(mut self, dir: impl AsRef<Path>) -> Self {
        self.dir = Some(dir.as_ref().to_owned());
        self
    }

    /// What it reads on its standard input; nothing where not given.
    #[must_use]
    pub fn input(mut self, bytes: impl Into<Vec<u8>>) -> Self {
        self.input = Some(bytes.into());
        self
    }

    /// Runs it to its end and returns its standard output.
    ///
    /// # Errors
    /// [`Error::MissingProgram`], or [`Error::Command`] with the end of stderr where it fails.
    pub fn run(self) -> Result<String> {
        self.run_with(&mut |_| {})
    }

    /// As [`Run::run`], with each line of standard output handed to `each` as it comes.
    ///
    /// # Errors
    /// As [`Run::run`].
    pub fn run_with(self, each: &mut dyn FnMut(&str)) -> Result<String> {
        let name = self.name();
        let finished = self.finish_with(each)?;
        if finished.status.success() {
            return Ok(finished.stdout);
        }
        if finished.stderr.contains(DISK_FULL) {
            return Err(Error::DiskFull { path: name.into() });
        }
        Err(Error::Command { program: name, status: finished.status.to_string(), stderr: tail(&finished.stderr) })
    }

    /// Runs it to its end, whatever its exit status, with our own standard output and error: for a program that shows
    /// its progress itself.
    ///
    /// # Errors
    /// [`Error::MissingProgram`], or [`Error::Io`] where it cannot be started.
    pub fn run_visibly(self) -> Result<ExitStatus> {
        log::debug!("run: {}", self.line());
        let mut command = self.command();
        command.stdout(Stdio::inherit()).stderr(Stdio::inherit()).status().map_err(|e| self.not_started(e))
    }

    /// Runs it to its end, whatever its exit status.
    ///
    /// # Errors
    /// [`Error::MissingProgram`], or [`Error::Io`] where it cannot be started.
    pub fn finish_with(self, each: &mut dyn FnMut(&str)) -> Result<Finished> {
        log::debug!("run: {}", self.line());
        let failed = |e| Error::io("run", &self.program, e);
        let mut child = self.command().spawn().map_err(|e| self.not_started(e))?;
        let input = self.input.clone();
        let (finished, stderr) = std::thread::scope(|scope| {
            let stdin = child.stdin.take();
            let writer = scope.spawn(move || feed(stdin, input));
            let stderr = child.stderr.take();
            let reader = scope.spawn(move || drain(stderr));
            let stdout = lines(&mut child, each);
            let joined = writer.join().and_then(|()| reader.join());
            (stdout, joined.unwrap_or_default())
        });
        let stdout = finished.map_err(failed)?;
        let status = child.wait().map_err(failed)?;
        Ok(Finished { status, stdout, stderr })
    }

    /// Starts it in the background, its standard output to be read and its standard error ours. Whatever ends us,
    /// SIGKILL among it, ends it too.
    ///
    /// # Errors
    /// [`Error::MissingProgram`], or [`Error::Io`] where it cannot be started.
    pub fn start(self) -> Result<Child> {
        if !is_installed(&self.program) {
            return Err(self.not_started(io::ErrorKind::NotFound.into()));
        }
        let mut bound = Self::new("setpriv").args(["--pdeathsig", "TERM", "--"]).arg(&self.program).args(&self.args);
        bound.env = self.env;
        bound.dir = self.dir;
        log::debug!("run: {}", bound.line());
        bound.command().stderr(Stdio::inherit()).spawn().map_err(|e| bound.not_started(e))
    }

    fn command(&self) -> Command {
        let mut command = Command::new(&self.program);
        command.args(&self.args).env_clear().envs(&self.env);
        command.stdin(if self.input.is_some() { Stdio::piped() } else { Stdio::null() });
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        if let Some(dir) = &self.dir {
            command.current_dir(dir);
        }
        command
    }

    fn not_started(&self, error: io::Error) -> Error {
        if error.kind() != io::ErrorKind::NotFound {
            return Error::io("run", &self.program, error);
        }
        let program = self.program.to_string_lossy().into_owned();
        let known = PACKAGES.iter().find(|(name, _)| *name == program);
        let package = known.map_or(program.clone(), |(_, package)| (*package).to_owned());
        Error::MissingProgram { program, package }
    }

    /// The program and its first argument, for messages.
    fn name(&self) -> String {
        let mut name = self.program.to_string_lossy().into_owned();
        if let Some(first) = self.args.first() {
            name = format!("{name} {}", first.to_string_lossy());
        }
        name
    }

    /// The whole command, for the log.
    fn line(&self) -> String {
        let words = std::iter::once(&self.program).chain(&self.args);
        words.map(|word| word.to_string_lossy()).collect::<Vec<_>>().join(" ")
    }
}

/// Whether there is such a program, in the fixed PATH or at its own path.
#[must_use]
pub fn is_installed(program: impl AsRef<Path>) -> bool {
    let program = program.as_ref();
    PATH.split(':').any(|folder| Path::new(folder).join(program).is_file())
}

/// Hands `input` to the program; one that does not want all of it is no error.
fn feed(stdin: Option<impl io::Write>, input: Option<Vec<u8>>) {
    if let (Some(mut stdin), Some(input)) = (stdin, input)
        && let Err(error) = stdin.write_all(&input)
    {
        log::debug!("the program did not read all of its input: {error}");
    }
}

/// Reads all of stderr.
fn drain(stderr: Option<impl Read>) -> String {
    let mut bytes = Vec::new();
    if let Some(mut stderr) = stderr
        && let Err(error) = stderr.read_to_end(&mut bytes)
    {
        log::debug!("stderr ended early: {error}");
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// Reads standard output line by line.
fn lines(child: &mut Child, each: &mut dyn FnMut(&str)) -> io::Result<String> {
    let mut all = String::new();
    let Some(stdout) = child.stdout.take() else { return Ok(all) };
    let mut reader = BufReader::new(stdout);
    let mut line = Vec::new();
    while reader.read_until(b'\n', &mut line)? > 0 {
        let text = String::from_utf8_lossy(&line);
        each(text.trim_end());
        all.push_str(&text);
        drop(text);
        line.clear();
    }
    Ok(all)
}

/// The last lines of `text`, on lines of their own behind a colon.
fn tail(text: &str) -> String {
    let lines: Vec<&str> = text.lines().filter(|line| !line.trim().is_empty()).collect();
    let last = &lines[lines.len().saturating_sub(STDERR_LINES)..];
    if last.is_empty() { String::new() } else { format!(":\n{}", last.join("\n")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_does_not_see_our_environment() {
        let env = Run::new("env").env("GIVEN", "1").run().unwrap();
        assert!(env.contains("GIVEN=1"));
        assert!(!env.contains("CARGO"), "{env}");
    }

    #[test]
    fn a_failure_names_the_program_and_the_end_of_its_stderr() {
        let error = Run::new("sh").args(["-c", "echo first >&2; echo sorry >&2; exit 4"]).run().unwrap_err();
        let text = error.to_string();
        assert!(text.starts_with("sh -c failed") && text.contains('4') && text.ends_with("sorry"), "{text}");
        assert_eq!(error.exit_code(), 1);
    }

    #[test]
    fn a_program_that_finds_the_disk_full_says_so_with_one_voice() {
        let error = Run::new("dd").args(["of=/dev/full", "if=/dev/zero", "count=1"]).run().unwrap_err();
        assert!(matches!(&error, Error::DiskFull { path } if path == Path::new("dd of=/dev/full")), "{error}");
        assert_eq!(error.exit_code(), 2);
    }

    #[test]
    fn a_missing_program_is_named_with_the_package_that_has_it() {
        let error = Run::new("qemu-system-x86_64-missing").run().unwrap_err();
        assert!(matches!(error, Error::MissingProgram { .. }), "{error}");
        assert_eq!(error.exit_code(), 2);
    }

    #[test]
    fn what_runs_in_the_background_can_be_read_and_is_missed_by_its_own_name() {
        let mut child = Run::new("echo").arg("up").start().unwrap();
        assert_eq!(io::read_to_string(child.stdout.take().unwrap()).unwrap(), "up\n");
        assert!(child.wait().unwrap().success());
        let error = Run::new("sos-no-such-program").start().unwrap_err();
        assert!(matches!(&error, Error::MissingProgram { program, .. } if program == "sos-no-such-program"), "{error}");
    }

    #[test]
    fn input_is_handed_over_and_lines_come_back_as_they_are_written() {
        let mut seen = Vec::new();
        let all = Run::new("cat").input("a\nb\n").run_with(&mut |line| seen.push(line.to_owned())).unwrap();
        assert_eq!((all.as_str(), seen), ("a\nb\n", vec!["a".to_owned(), "b".to_owned()]));
    }
}
