//! Who changed what: `/var/lib/sos/log/changes`, one JSON object a line, only ever added to. When it is full, the older
//! half goes.

use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

use sos_ipc::{Change, Reply};
use sos_settings::MemberName;

use super::answer::{issue, now};
use crate::device::Device;
use crate::error::ProvisionError;
use crate::files::{self, Rights};

/// Who it was when the provider's mapping did it.
pub(crate) const METADATA: &str = "metadata";
/// Bytes of a file, of which there are two.
const FULL: u64 = 1 << 20;
/// Longest key of the catalogue, and longest text about what changed.
const LONGEST_WHAT: usize = 40;
const LONGEST_ABOUT: usize = 200;
/// Held by whoever writes: of two who find the file full, one moves it away.
static WRITING: Mutex<()> = Mutex::new(());

fn file(device: &Device) -> PathBuf {
    device.state("log/changes")
}

/// Notes what the console did.
pub(super) fn record(device: &Device, by: &MemberName, what: &str, about: &str) -> Result<Reply, ProvisionError> {
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte == b'-';
    if what.is_empty() || what.len() > LONGEST_WHAT || !what.bytes().all(plain) {
        return Ok(issue("what", "is no key of the catalogue: write small letters and hyphens"));
    }
    if about.chars().count() > LONGEST_ABOUT || about.chars().any(char::is_control) {
        return Ok(issue("about", "is too long, or not one line"));
    }
    note(device, by.as_str(), what, about)?;
    Ok(Reply::Done)
}

/// Adds a line.
pub(crate) fn note(device: &Device, by: &str, what: &str, about: &str) -> Result<(), ProvisionError> {
    let path = file(device);
    let _held = WRITING.lock().unwrap_or_else(PoisonError::into_inner);
    files::make_folder(&device.state("log"), Rights { mode: 0o700, uid: 0, gid: 0 })?;
    if fs::metadata(&path).is_ok_and(|about| about.len() >= FULL) {
        fs::rename(&path, path.with_extension("old")).map_err(ProvisionError::file("move", &path))?;
    }
    let change = Change { at: now(), by: by.to_owned(), what: what.to_owned(), about: about.to_owned() };
    let mut line = serde_json::to_vec(&change)
        .map_err(|error| ProvisionError::Malformed { path: path.clone(), what: error.to_string() })?;
    line.push(b'\n');
    let fault = |verb| ProvisionError::file(verb, &path);
    let mut file = OpenOptions::new().append(true).create(true).mode(0o600).open(&path).map_err(fault("open"))?;
    // One write, so that two at once do not mix.
    file.write_all(&line).map_err(fault("write"))?;
    file.sync_data().map_err(fault("write"))
}

/// The newest changes, the newest first. A line that a power cut left half is left out.
pub(super) fn newest(device: &Device, most: u32) -> Result<Reply, ProvisionError> {
    let (new, most) = (file(device), usize::try_from(most).unwrap_or(usize::MAX));
    let mut changes = Vec::new();
    for path in [new.clone(), new.with_extension("old")] {
        let text = fs::read(&path).unwrap_or_default();
        let text = String::from_utf8_lossy(&text).into_owned();
        let left = most.saturating_sub(changes.len());
        changes.extend(text.lines().rev().filter_map(|line| serde_json::from_str::<Change>(line).ok()).take(left));
    }
    Ok(Reply::Changes(changes))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn device() -> (tempfile::TempDir, Device) {
        let root = tempfile::tempdir().unwrap();
        let device = Device::new(root.path());
        (root, device)
    }

    fn about(device: &Device, most: u32) -> Vec<String> {
        let Reply::Changes(changes) = newest(device, most).unwrap() else { panic!("changes") };
        changes.into_iter().map(|change| change.about).collect()
    }

    #[test]
    fn the_newest_come_first_and_half_a_line_is_left_out() {
        let (_root, device) = device();
        assert!(about(&device, 10).is_empty());
        for name in ["joe", "pip", "jill"] {
            note(&device, "jill", "member-added", name).unwrap();
        }
        fs::OpenOptions::new().append(true).open(file(&device)).unwrap().write_all(b"{\"at\":1").unwrap();
        assert_eq!(about(&device, 2), ["jill", "pip"]);
    }

    #[test]
    fn it_does_not_grow_for_ever() {
        let (_root, device) = device();
        note(&device, "jill", "member-added", "first").unwrap();
        for _ in 0..3 {
            let filler = "x".repeat(FULL as usize) + "\n";
            fs::OpenOptions::new().append(true).open(file(&device)).unwrap().write_all(filler.as_bytes()).unwrap();
            note(&device, "jill", "member-added", "next").unwrap();
        }
        let folder = fs::read_dir(device.state("log")).unwrap();
        let sizes: u64 = folder.map(|entry| entry.unwrap().metadata().unwrap().len()).sum();
        assert!(sizes < 3 * FULL, "{sizes}");
        assert_eq!(about(&device, 1), ["next"]);
    }

    #[test]
    fn of_many_who_find_it_full_one_moves_it_away() {
        for _ in 0..20 {
            let (_root, device) = device();
            note(&device, "jill", "member-added", "first").unwrap();
            let filler = "x".repeat(FULL as usize) + "\n";
            fs::OpenOptions::new().append(true).open(file(&device)).unwrap().write_all(filler.as_bytes()).unwrap();
            std::thread::scope(|scope| {
                for _ in 0..8 {
                    scope.spawn(|| note(&device, "jill", "member-added", "next").unwrap());
                }
            });
            let expected = std::iter::repeat_n("next", 8).chain(["first"]).collect::<Vec<_>>();
            assert_eq!(about(&device, 20), expected);
        }
    }

    #[test]
    fn a_line_is_one_line_whatever_the_console_says() {
        let (_root, device) = device();
        let by = "jill".parse().unwrap();
        for (what, about) in
            [("", "x"), ("Member", "x"), ("a b", "x"), ("member-added", "x\ny"), ("member-added", &"x".repeat(201))]
        {
            assert!(matches!(record(&device, &by, what, about).unwrap(), Reply::Issues(_)), "{what} {about}");
        }
        assert_eq!(record(&device, &by, "member-added", "Zoë").unwrap(), Reply::Done);
    }
}
