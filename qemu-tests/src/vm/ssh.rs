//! A root shell in the guest, opened with a throwaway key that the metadata hands in, the way a
//! provider's customer would. Scenarios use it to look, never to make the appliance work.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use crate::accelerator::Accelerator;
use crate::program::{Output, Program};
use crate::{Error, Result};

/// How long one command in the guest may take, before scaling.
const COMMAND_SECONDS: u32 = 30;
/// And one that is fed a file of some hundred megabytes.
const FEED_SECONDS: u32 = 120;

/// A throwaway key pair.
#[derive(Debug, Clone)]
pub struct Key {
    /// The private half's file.
    pub path: PathBuf,
    /// The public half, one line as in `authorized_keys`.
    pub public: String,
}

impl Key {
    /// Makes a key pair in `folder`, or takes the one made there before.
    ///
    /// # Errors
    /// [`Error::Program`] from ssh-keygen.
    pub fn make(folder: &Path) -> Result<Key> {
        let path = folder.join("ssh-key");
        if !path.exists() {
            Program::new("ssh-keygen")
                .words("-q -t ed25519 -C throwaway@sos-vm -N")
                .arg("")
                .arg("-f")
                .arg(&path)
                .run(Duration::from_secs(20))?;
        }
        let public = path.with_extension("pub");
        let text = std::fs::read_to_string(&public).map_err(Error::file(&public))?;
        Ok(Key { path, public: text.trim().to_owned() })
    }
}

/// A way to run commands as root in the guest; connections are shared.
#[derive(Debug, Clone)]
pub struct Shell {
    key: PathBuf,
    address: String,
    control: PathBuf,
    accelerator: Accelerator,
}

impl Shell {
    /// A shell on the machine at `address`; `folder` holds the shared connection's socket.
    #[must_use]
    pub fn new(key: &Key, address: &str, folder: &Path, accelerator: Accelerator) -> Shell {
        let control = folder.join("ssh.sock");
        Shell { key: key.path.clone(), address: address.into(), control, accelerator }
    }

    /// Runs a command, whatever its exit status. 255 is ssh's own: no connection.
    ///
    /// # Errors
    /// [`Error::Late`] when it takes too long.
    pub fn execute(&self, command: &str) -> Result<Output> {
        self.execute_within(command, COMMAND_SECONDS)
    }

    /// The same for a command that may take long: `seconds`, scaled.
    ///
    /// # Errors
    /// As [`Shell::execute`].
    pub fn execute_within(&self, command: &str, seconds: u32) -> Result<Output> {
        self.ssh().arg(command).output(self.accelerator.limit(seconds))
    }

    /// Runs a command that must exit with 0, and gives its standard output.
    ///
    /// # Errors
    /// [`Error::Program`] when it does not.
    pub fn succeed(&self, command: &str) -> Result<String> {
        self.succeed_within(command, COMMAND_SECONDS)
    }

    /// Runs a command that must exit with 0 and may take long, and gives its standard output.
    ///
    /// # Errors
    /// As [`Shell::succeed`], after `seconds` (scaled).
    pub fn succeed_within(&self, command: &str, seconds: u32) -> Result<String> {
        let output = self.execute_within(command, seconds)?;
        if output.code == Some(0) {
            return Ok(output.stdout);
        }
        Err(output.into_error(format!("in the guest: {command}")))
    }

    /// Runs a command that must exit with 0, the bytes of `file` its standard input.
    ///
    /// # Errors
    /// As [`Shell::succeed`].
    pub fn feed(&self, command: &str, file: &Path) -> Result<()> {
        let opened = std::fs::File::open(file).map_err(Error::file(file))?;
        let output = self.ssh().arg(command).input(opened).output(self.accelerator.limit(FEED_SECONDS))?;
        if output.code == Some(0) {
            return Ok(());
        }
        Err(output.into_error(format!("in the guest: {command} < {}", file.display())))
    }

    /// Runs a command that must exit with 0, its standard output going into `file`, byte for byte.
    ///
    /// # Errors
    /// As [`Shell::succeed`].
    pub fn take(&self, command: &str, file: &Path) -> Result<()> {
        let created = std::fs::File::create(file).map_err(Error::file(file))?;
        let output = self.ssh().arg(command).output_into(created, self.accelerator.limit(FEED_SECONDS))?;
        if output.code == Some(0) {
            return Ok(());
        }
        Err(output.into_error(format!("in the guest: {command} > {}", file.display())))
    }

    /// Repeats a command until it exits with 0, at most `seconds` (scaled).
    ///
    /// # Errors
    /// [`Error::Late`] with the last attempt's complaint.
    pub fn wait_until_succeeds(&self, command: &str, seconds: u32) -> Result<String> {
        let (limit, start) = (self.accelerator.limit(seconds), Instant::now());
        loop {
            match self.succeed(command) {
                Ok(said) => return Ok(said),
                Err(error) if start.elapsed() > limit => {
                    let what = format!("success of `{command}` in the guest");
                    return Err(Error::Late { what, seconds: limit.as_secs(), detail: format!(": {error}") });
                }
                Err(_) => std::thread::sleep(Duration::from_millis(500)),
            }
        }
    }

    /// The journal of this boot.
    ///
    /// # Errors
    /// As [`Shell::succeed`].
    pub fn journal(&self) -> Result<String> {
        self.succeed("journalctl --boot --no-pager --output=short-iso")
    }

    /// Forgets the shared connection, after the machine went away under it.
    pub fn hang_up(&self) {
        // Without a connection there is nothing to end.
        self.ssh_options().words("-O exit").arg(&self.address).output(Duration::from_secs(10)).ok();
        std::fs::remove_file(&self.control).ok();
    }

    fn ssh(&self) -> Program {
        self.ssh_options().arg(format!("root@{}", self.address))
    }

    fn ssh_options(&self) -> Program {
        Program::new("ssh")
            .words("-F none -o BatchMode=yes -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null")
            .words("-o LogLevel=ERROR -o ConnectTimeout=60 -o ControlMaster=auto -o ControlPersist=yes")
            .words("-o ServerAliveInterval=30 -o IdentitiesOnly=yes")
            .arg("-o")
            .arg(format!("ControlPath={}", self.control.display()))
            .arg("-i")
            .arg(&self.key)
    }
}
