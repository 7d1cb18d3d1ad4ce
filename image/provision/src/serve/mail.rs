//! Members' filters and mailboxes: what changes them is done by Dovecot's doveadm.

use std::fs::File;
use std::io::{self, Read as _};
use std::os::fd::OwnedFd;
use std::path::PathBuf;

use rustix::fs::{Mode, OFlags};
use rustix::io::Errno;
use sos_ipc::{FilterScript, Reply};
use sos_settings::MemberName;
use time::OffsetDateTime;
use time::macros::format_description;

use super::answer::issue;
use super::changes;
use crate::command::Program;
use crate::device::Device;
use crate::error::ProvisionError;
use crate::files::{self, Rights};
use crate::{console, sweep};

/// The script of the console and of webmail.
const SCRIPT: &str = "webmail";
/// Where it is in a mailbox, and which script is followed (`sieve_script personal` in dovecot.conf).
const FOLDER: &str = "sieve";
const OURS: &str = "webmail.sieve";
const ACTIVE: &str = ".dovecot.sieve";
/// Most bytes of a script.
const LARGEST: usize = 256 << 10;

/// Dovecot's own server for these commands: it becomes the mailboxes' user, which we cannot.
const DOVEADM: &str = "/run/dovecot/doveadm-server";

/// `doveadm sieve put` for `member`: it compiles the script first.
fn put(device: &Device, member: &MemberName) -> Program {
    device.program("doveadm").args(["sieve", "put", "-S", DOVEADM, "-u", member.as_str(), "-a", SCRIPT])
}

/// Which script is active, and the text of ours. Read from where Dovecot's `sieve_script personal` keeps them, as asking
/// doveadm takes two programs.
pub(super) fn filters(device: &Device, member: &MemberName) -> Result<Reply, ProvisionError> {
    let home = device.path("/var/mail").join(member.as_str());
    let fault = |what| ProvisionError::file(what, &home);
    let folder = match rustix::fs::open(&home, OFlags::PATH | OFlags::DIRECTORY | OFlags::NOFOLLOW, Mode::empty()) {
        Ok(folder) => folder,
        // Nobody has written to them or signed in yet.
        Err(Errno::NOENT) => return Ok(Reply::Filters(FilterScript::default())),
        Err(error) => return Err(fault("open")(error.into())),
    };
    let active = match rustix::fs::readlinkat(&folder, ACTIVE, Vec::new()) {
        Ok(target) => Some(script_name(&target.to_string_lossy())),
        Err(Errno::NOENT) => None,
        Err(error) => return Err(fault("read the active script below")(error.into())),
    };
    let webmail = script(&folder).map_err(fault("read the script below"))?;
    Ok(Reply::Filters(FilterScript { active, webmail }))
}

/// The text of our script, with the line ends of this machine; nothing where there is none. No link is followed: what a
/// member's mail program can put there is not to say which file this program reads. (By `openat`, for
/// `RestrictSUIDSGID=` forbids `openat2`.)
fn script(home: &OwnedFd) -> io::Result<Option<String>> {
    let open = |folder, name, flags| match rustix::fs::openat(folder, name, flags | OFlags::NOFOLLOW, Mode::empty()) {
        Ok(opened) => Ok(Some(opened)),
        Err(Errno::NOENT) => Ok(None),
        Err(error) => Err(io::Error::from(error)),
    };
    let Some(folder) = open(home, FOLDER, OFlags::PATH | OFlags::DIRECTORY)? else { return Ok(None) };
    let Some(file) = open(&folder, OURS, OFlags::RDONLY | OFlags::NONBLOCK)? else { return Ok(None) };
    let file = File::from(file);
    if !file.metadata()?.is_file() {
        return Err(io::Error::other("is no file"));
    }
    let mut text = Vec::new();
    file.take(LARGEST as u64 + 1).read_to_end(&mut text)?;
    if text.len() > LARGEST {
        return Err(io::Error::other(format!("is larger than {LARGEST} bytes")));
    }
    Ok(Some(String::from_utf8_lossy(&text).replace("\r\n", "\n")))
}

/// `sieve/webmail.sieve` is the script `webmail`.
fn script_name(target: &str) -> String {
    let file = target.rsplit('/').next().unwrap_or(target);
    file.strip_suffix(".sieve").unwrap_or(file).to_owned()
}

/// Puts our script and makes it the active one, if it compiles.
pub(super) fn set_filters(device: &Device, member: &MemberName, script: &str) -> Result<Reply, ProvisionError> {
    if script.len() > LARGEST || script.contains('\0') {
        return Ok(issue("script", "is too long, or no text"));
    }
    match put(device, member).input(script.as_bytes()).run() {
        Ok(_) => Ok(Reply::Done),
        Err(error) => match about_script(&error.said) {
            Some(what) => Ok(issue("script", what)),
            None => Err(error.into()),
        },
    }
}

/// What doveadm found wrong with the script itself: `line 1: unknown command 'kepe'`.
fn about_script(said: &str) -> Option<String> {
    let of_script = |line: &str| line.split_once("sieve: webmail: ").map(|(_, what)| what.to_owned());
    said.lines().filter_map(of_script).find(|what| what.starts_with("line "))
}

/// Removes the mailbox of somebody who is no member any more, or sets it aside.
pub(super) fn remove_mailbox(
    device: &Device,
    member: &MemberName,
    keep: bool,
    by: &MemberName,
) -> Result<Reply, ProvisionError> {
    if is_member(device, member)? {
        return Ok(issue("member", format!("{member} is still a member; remove them first")));
    }
    sign_out(device, member)?;
    let mailbox = device.path("/var/mail").join(member.as_str());
    if mailbox.is_dir() {
        // In one step away from its name, which somebody else may have tomorrow.
        let aside = aside(device, member)?;
        std::fs::rename(&mailbox, &aside).map_err(ProvisionError::file("set aside", &mailbox))?;
        if !keep {
            files::remove_folder(&aside)?;
        }
    }
    changes::note(device, by.as_str(), if keep { "mailbox-kept" } else { "mailbox-removed" }, member.as_str())?;
    Ok(Reply::Done)
}

/// A free place below the folder of mailboxes set aside: `<name>-<date>`, or with a number behind it.
fn aside(device: &Device, member: &MemberName) -> Result<PathBuf, ProvisionError> {
    let folder = device.path(sweep::REMOVED);
    files::make_folder(&folder, Rights { mode: 0o700, uid: 0, gid: 0 })?;
    let today = OffsetDateTime::now_utc().date().format(format_description!("[year]-[month]-[day]"));
    let name = format!("{member}-{}", today.unwrap_or_default());
    let places =
        std::iter::once(folder.join(&name)).chain((2..1000).map(|number| folder.join(format!("{name}.{number}"))));
    let free = places.into_iter().find(|place| !place.exists());
    free.ok_or_else(|| ProvisionError::Malformed { path: folder, what: "has no room for another mailbox".into() })
}

/// Whether the directory has `member`. Their name is of a checked type, without anything that a filter would read.
fn is_member(device: &Device, member: &MemberName) -> Result<bool, ProvisionError> {
    let filter = format!("(uid={member})");
    let search = ["-LLL", "-Q", "-Y", "EXTERNAL", "-H", "ldapi:///", "-b", "ou=members,o=organisation", "-s", "one"];
    let found = device.program("ldapsearch").args(search).args([filter.as_str(), "uid"]).run()?;
    Ok(String::from_utf8_lossy(&found).lines().any(|line| line.starts_with("dn:")))
}

/// Ends the member's connections and forgets that their password was right.
pub(super) fn sign_out(device: &Device, member: &MemberName) -> Result<Reply, ProvisionError> {
    for arguments in [&["auth", "cache", "flush", member.as_str()][..], &["kick", member.as_str()]] {
        // Nobody is connected, or mail is off: then there is nothing to end.
        if let Err(error) = device.program("doveadm").args(arguments.iter().copied()).run() {
            console::log(&error.to_string());
        }
    }
    Ok(Reply::Done)
}
