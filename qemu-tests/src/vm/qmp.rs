//! QEMU's control socket: the QEMU machine protocol, one JSON object a line.

use std::io::{BufRead, BufReader, Write};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::{Error, Result};

/// How long QEMU may take to open its socket.
const CONNECT_LIMIT: Duration = Duration::from_secs(20);
/// How long a command may take; saving a machine's memory is the longest.
const COMMAND_LIMIT: Duration = Duration::from_secs(300);

/// A connection to one QEMU.
#[derive(Debug)]
pub struct Qmp {
    reader: BufReader<UnixStream>,
    writer: UnixStream,
}

impl Qmp {
    /// Connects to the socket at `path` and leaves negotiation behind.
    ///
    /// # Errors
    /// [`Error::Wire`] when QEMU does not open it in time, which its log explains.
    pub fn connect(path: &Path) -> Result<Qmp> {
        let start = Instant::now();
        let stream = loop {
            match UnixStream::connect(path) {
                Ok(stream) => break stream,
                Err(_) if start.elapsed() < CONNECT_LIMIT => std::thread::sleep(Duration::from_millis(50)),
                Err(source) => return Err(Error::wire("QEMU's control socket (see qemu.log)")(source)),
            }
        };
        let broken = || Error::wire("QEMU's control socket");
        stream.set_read_timeout(Some(COMMAND_LIMIT)).map_err(broken())?;
        let writer = stream.try_clone().map_err(broken())?;
        let mut qmp = Qmp { reader: BufReader::new(stream), writer };
        qmp.read()?;
        qmp.execute("qmp_capabilities", json!({}))?;
        Ok(qmp)
    }

    /// Executes one command and gives what it returns; events on the way are passed over.
    ///
    /// # Errors
    /// [`Error::Reply`] when QEMU answers with an error.
    pub fn execute(&mut self, command: &str, arguments: Value) -> Result<Value> {
        let line = json!({ "execute": command, "arguments": arguments }).to_string();
        writeln!(self.writer, "{line}").map_err(Error::wire(format!("QMP {command}")))?;
        loop {
            let mut answer = self.read()?;
            if let Some(returned) = answer.get_mut("return") {
                return Ok(returned.take());
            }
            if answer.get("error").is_some() {
                return Err(reply(command, &answer.to_string()));
            }
        }
    }

    /// Executes one command of the human monitor, which alone has snapshots; silence is success.
    ///
    /// # Errors
    /// [`Error::Reply`] with whatever it printed.
    pub fn monitor(&mut self, command: &str) -> Result<()> {
        let said = self.execute("human-monitor-command", json!({ "command-line": command }))?;
        match said.as_str().unwrap_or_default().trim() {
            "" => Ok(()),
            complaint => Err(reply(command, complaint)),
        }
    }

    fn read(&mut self) -> Result<Value> {
        let mut line = String::new();
        let length = self.reader.read_line(&mut line).map_err(Error::wire("QEMU's control socket"))?;
        if length == 0 {
            return Err(reply("", "QEMU ended (see qemu.log)"));
        }
        serde_json::from_str(&line).map_err(|_| reply("", &line))
    }
}

fn reply(said: &str, got: &str) -> Error {
    let expected = "a return value".into();
    Error::Reply { protocol: "QMP", said: said.into(), expected, got: got.into() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::net::UnixListener;

    /// A QEMU that greets, then answers each command with the next line of `answers`.
    fn qemu(answers: &'static [&'static str]) -> (tempfile::TempDir, Qmp) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("qmp");
        let listener = UnixListener::bind(&path).unwrap();
        std::thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            let mut lines = BufReader::new(stream.try_clone().unwrap()).lines();
            writeln!(stream, r#"{{"QMP": {{}}}}"#).unwrap();
            for answer in std::iter::once(&r#"{"return": {}}"#).chain(answers) {
                lines.next();
                writeln!(stream, "{answer}").unwrap();
            }
        });
        (folder, Qmp::connect(&path).unwrap())
    }

    #[test]
    fn events_before_the_answer_are_passed_over() {
        let (_folder, mut qmp) = qemu(&["{\"event\": \"RESET\"}\n{\"return\": 7}"]);
        assert_eq!(qmp.execute("query", json!({})).unwrap(), 7);
    }

    #[test]
    fn a_snapshot_that_cannot_be_saved_is_an_error() {
        let (_folder, mut qmp) = qemu(&[r#"{"return": "Error: no room\r\n"}"#]);
        let error = qmp.monitor("savevm x").unwrap_err();
        assert!(error.to_string().contains("no room"), "{error}");
    }
}
