//! The one place where programs are started: a cleared environment, arguments without secrets, the end of what the
//! program said in the error.

use std::io::{BufRead, BufReader, BufWriter, Write};
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

/// How much of standard error an error keeps, in bytes: dehydrated prints a page of headers behind what went wrong.
const TAIL: usize = 16_000;
/// How much of it is printed.
const PRINTED: usize = 2000;
/// Bytes on their way through a pipe at a time.
const PIPE: usize = 64 << 10;
/// How often a running program is looked at.
const LOOK: Duration = Duration::from_millis(20);
/// Where programs are.
const PATH: &str = "/usr/sbin:/usr/bin:/sbin:/bin";

/// A program that could not be started, failed, or took too long.
#[derive(Debug, thiserror::Error)]
#[error("{program} {outcome}{}{}", if said.is_empty() { "" } else { ": " }, tail(said.as_bytes(), PRINTED))]
pub struct CommandError {
    program: String,
    outcome: String,
    /// The end of its standard error.
    pub said: String,
}

/// A program about to be run.
#[derive(Debug)]
pub struct Program {
    name: String,
    command: Command,
    input: Vec<u8>,
    limit: Duration,
}

impl Program {
    /// `name` from the usual folders, with an empty environment but for a path and the C locale.
    #[must_use]
    pub fn new(name: &str) -> Self {
        let mut command = Command::new(name);
        command.env_clear().env("PATH", PATH).env("LC_ALL", "C.UTF-8").current_dir("/");
        Self { name: name.to_owned(), command, input: Vec::new(), limit: Duration::from_secs(300) }
    }

    /// Looks for programs in `folder` first.
    #[must_use]
    pub(crate) fn first_in(mut self, folder: &Path) -> Self {
        self.command.env("PATH", format!("{}:{PATH}", folder.display()));
        self
    }

    /// Runs it as this user and group, and no other group.
    #[must_use]
    pub(crate) fn user(mut self, uid: u32, gid: u32) -> Self {
        self.command.uid(uid).gid(gid);
        self
    }

    /// Adds an argument. Arguments are visible to every user of the machine: never a secret.
    #[must_use]
    pub fn arg(mut self, argument: impl AsRef<std::ffi::OsStr>) -> Self {
        self.command.arg(argument);
        self
    }

    /// Adds arguments.
    #[must_use]
    pub fn args<'a>(mut self, arguments: impl IntoIterator<Item = &'a str>) -> Self {
        self.command.args(arguments);
        self
    }

    /// Adds a path as an argument.
    #[must_use]
    pub fn path(self, path: &Path) -> Self {
        self.arg(path)
    }

    /// Gives it `bytes` on standard input.
    #[must_use]
    pub fn input(mut self, bytes: &[u8]) -> Self {
        self.input = bytes.to_vec();
        self
    }

    /// Ends it after `limit`.
    #[must_use]
    pub fn limit(mut self, limit: Duration) -> Self {
        self.limit = limit;
        self
    }

    /// Runs it and gives its standard output.
    ///
    /// # Errors
    /// When it does not start, exits other than with 0, or takes longer than its limit.
    pub fn run(mut self) -> Result<Vec<u8>, CommandError> {
        self.command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = self.start()?;
        let input = std::mem::take(&mut self.input);
        let (mut stdin, stdout) = (child.stdin.take(), child.stdout.take());
        let writer = thread::spawn(move || {
            // A program that does not read its input ends the pipe; its exit code tells.
            stdin.take().map(|mut pipe| pipe.write_all(&input))
        });
        let output = thread::spawn(move || read_all(stdout));
        let errors = drain(child.stderr.take());
        let outcome = wait(&mut child, self.limit);
        let (output, errors) = (output.join().unwrap_or_default(), errors.join().unwrap_or_default());
        drop(writer.join());
        match outcome {
            Ok(()) => Ok(output),
            Err(outcome) => Err(self.failed(outcome, &tail(&errors, TAIL))),
        }
    }

    /// Runs it and has `read` take its standard output as it comes, however much there is. It has the time that it takes.
    ///
    /// # Errors
    /// What `read` says; or that it does not start, or exits other than with 0.
    pub(crate) fn read<T, E: From<CommandError>>(
        mut self,
        read: impl FnOnce(&mut dyn BufRead) -> Result<T, E>,
    ) -> Result<T, E> {
        self.command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = self.start()?;
        let errors = drain(child.stderr.take());
        // When reading ends early the pipe does too, and the program is told so.
        let taken = match child.stdout.take() {
            Some(pipe) => read(&mut BufReader::with_capacity(PIPE, pipe)),
            None => read(&mut std::io::empty()),
        };
        let ended = self.end(&mut child, errors);
        match taken {
            Ok(taken) => ended.map(|()| taken).map_err(E::from),
            Err(error) => Err(error),
        }
    }

    /// Runs it and has `write` say what comes on its standard input, however much it is.
    ///
    /// # Errors
    /// That it does not start, or exits other than with 0; or what `write` says.
    pub(crate) fn write<E: From<CommandError>>(
        mut self,
        write: impl FnOnce(&mut dyn Write) -> Result<(), E>,
    ) -> Result<(), E> {
        self.command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::piped());
        let mut child = self.start()?;
        let errors = drain(child.stderr.take());
        let said = match child.stdin.take() {
            Some(pipe) => {
                let mut input = BufWriter::with_capacity(PIPE, pipe);
                let said = write(&mut input);
                match &said {
                    // A program that does not read its input ends the pipe; its exit code tells.
                    Ok(()) => drop(input.flush()),
                    // It must not take what was said so far for all of it.
                    Err(_) => drop(child.kill()),
                }
                said
            }
            None => Ok(()),
        };
        // Why it stopped listening says more than that it did.
        match self.end(&mut child, errors) {
            Err(error) if said.is_ok() || !error.said.is_empty() => Err(error.into()),
            _ => said,
        }
    }

    fn start(&mut self) -> Result<Child, CommandError> {
        self.command.spawn().map_err(|error| self.failed(format!("cannot be started: {error}"), ""))
    }

    fn end(&self, child: &mut Child, errors: thread::JoinHandle<Vec<u8>>) -> Result<(), CommandError> {
        let ended = child.wait();
        let said = errors.join().unwrap_or_default();
        match ended {
            Ok(status) if status.success() => Ok(()),
            Ok(status) => Err(self.failed(format!("failed ({status})"), &tail(&said, TAIL))),
            Err(error) => Err(self.failed(format!("cannot be waited for: {error}"), "")),
        }
    }

    fn failed(&self, outcome: String, said: &str) -> CommandError {
        CommandError { program: self.name.clone(), outcome, said: said.to_owned() }
    }
}

/// Reads what a program says of what is wrong, so that it never waits for somebody to.
fn drain(pipe: Option<impl std::io::Read + Send + 'static>) -> thread::JoinHandle<Vec<u8>> {
    thread::spawn(move || read_all(pipe))
}

fn read_all(pipe: Option<impl std::io::Read>) -> Vec<u8> {
    let mut bytes = Vec::new();
    if let Some(mut pipe) = pipe {
        // What was read before an error is still what the program said.
        drop(pipe.read_to_end(&mut bytes));
    }
    bytes
}

fn wait(child: &mut Child, limit: Duration) -> Result<(), String> {
    let end = Instant::now() + limit;
    loop {
        match child.try_wait() {
            Ok(Some(status)) if status.success() => return Ok(()),
            Ok(Some(status)) => return Err(format!("failed ({status})")),
            Ok(None) if Instant::now() < end => thread::sleep(LOOK),
            Ok(None) => {
                drop(child.kill());
                drop(child.wait());
                return Err(format!("did not finish within {} s", limit.as_secs()));
            }
            Err(error) => return Err(format!("cannot be waited for: {error}")),
        }
    }
}

/// The last `most` bytes, as text.
fn tail(bytes: &[u8], most: usize) -> String {
    let from = bytes.len().saturating_sub(most);
    String::from_utf8_lossy(&bytes[from..]).trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passes_input_and_gives_output_in_an_empty_environment() {
        let output = Program::new("sh").args(["-c", "cat; echo ${HOME-none}"]).input(b"a ").run().unwrap();
        assert_eq!(output, b"a none\n");
    }

    #[test]
    fn says_what_the_program_said_when_it_failed() {
        let error = Program::new("sh").args(["-c", "echo no >&2; exit 3"]).run().unwrap_err();
        assert_eq!(error.said, "no");
        assert!(error.to_string().contains("exit status: 3"), "{error}");
    }

    #[test]
    fn keeps_more_of_what_a_program_said_than_it_prints() {
        let script = "echo urn:ietf:params:acme:error:dns >&2; head -c 10000 /dev/zero | tr '\\0' x >&2; exit 1";
        let error = Program::new("sh").args(["-c", script]).run().unwrap_err();
        assert!(error.said.starts_with("urn:ietf:params:acme:error:dns"));
        assert!(error.to_string().len() < 2100, "{}", error.to_string().len());
    }

    /// A stream broke off.
    #[derive(Debug)]
    struct Broken(String);

    impl From<CommandError> for Broken {
        fn from(error: CommandError) -> Self {
            Self(error.to_string())
        }
    }

    #[test]
    fn streams_what_is_said_and_what_it_is_told() {
        let count = |from: &mut dyn BufRead| -> Result<u64, Broken> {
            std::io::copy(from, &mut std::io::sink()).map_err(|error| Broken(error.to_string()))
        };
        let program = |script: &str| Program::new("sh").args(["-c", script]);
        assert_eq!(program("head -c 3000000 /dev/zero").read(count).unwrap(), 3_000_000);
        assert!(program("echo no >&2; exit 2").read(count).unwrap_err().0.contains("no"));
        assert_eq!(program("yes").read(|_| Err::<(), _>(Broken("enough".into()))).unwrap_err().0, "enough");

        let say = |into: &mut dyn Write| into.write_all(&[b'x'; 300_000]).map_err(|error| Broken(error.to_string()));
        program("test $(wc -c) = 300000").write(say).unwrap();
        assert!(program("echo not that >&2; exit 2").write(say).unwrap_err().0.contains("not that"));
        let folder = tempfile::tempdir().unwrap();
        let taken = folder.path().join("taken");
        let script = format!("cat >/dev/null; echo all >{}", taken.display());
        assert_eq!(program(&script).write(|_| Err(Broken("half".into()))).unwrap_err().0, "half");
        assert!(!taken.exists(), "half was taken for all of it");
    }

    #[test]
    fn ends_a_program_that_takes_too_long() {
        let error = Program::new("sleep").arg("30").limit(Duration::from_millis(50)).run().unwrap_err();
        assert!(error.to_string().contains("did not finish"), "{error}");
    }
}
