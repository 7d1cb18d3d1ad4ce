//! Writing files so that a power cut leaves the old one or the new one, never half of one.

use std::fs::{self, File, OpenOptions};
use std::io::Write as _;
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _, chown, lchown, symlink};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

use serde::Serialize;
use serde::de::DeserializeOwned;
use sos_settings::Entry;

use crate::error::ProvisionError;

/// Who may do what with a file.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Rights {
    pub(crate) mode: u32,
    pub(crate) uid: u32,
    pub(crate) gid: u32,
}

impl Rights {
    /// Readable by root only.
    pub(crate) const ROOT_ONLY: Self = Self { mode: 0o600, uid: 0, gid: 0 };
    /// Readable by everybody.
    pub(crate) const PUBLIC: Self = Self { mode: 0o644, uid: 0, gid: 0 };
}

/// What a small document of ours says; nothing where there is none.
pub(crate) fn read_toml<T: DeserializeOwned>(path: &Path) -> Result<Option<T>, ProvisionError> {
    match fs::read_to_string(path) {
        Ok(text) => toml::from_str(&text)
            .map(Some)
            .map_err(|error| ProvisionError::Malformed { path: path.to_owned(), what: error.message().to_owned() }),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(ProvisionError::file("read", path)(error)),
    }
}

/// Writes such a document, for root.
pub(crate) fn write_toml(path: &Path, document: &impl Serialize) -> Result<(), ProvisionError> {
    let text = toml::to_string(document)
        .map_err(|error| ProvisionError::Malformed { path: path.to_owned(), what: error.to_string() })?;
    write(path, text.as_bytes(), Rights::ROOT_ONLY)
}

/// Writes `bytes` beside `path`, then renames: with these rights from the start, and on the disk when it returns.
pub(crate) fn write(path: &Path, bytes: &[u8], rights: Rights) -> Result<(), ProvisionError> {
    let parent = make_parent(path)?;
    let beside = beside(path);
    let fault = |verb| ProvisionError::file(verb, path);
    remove(&beside)?;
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&beside).map_err(fault("write"))?;
    file.write_all(bytes).map_err(fault("write"))?;
    own(&beside, rights)?;
    file.sync_all().map_err(fault("write"))?;
    fs::rename(&beside, path).map_err(fault("replace"))?;
    sync(&parent)
}

/// Writes `bytes` to root's file `path` with this mode, wholly and on the disk, or not at all.
///
/// # Errors
/// When it cannot be written.
pub fn write_file(path: &Path, bytes: &[u8], mode: u32) -> Result<(), ProvisionError> {
    write(path, bytes, Rights { mode, uid: 0, gid: 0 })
}

/// Puts `entry` at `path`; gives whether anything changed.
pub(crate) fn place(path: &Path, entry: &Entry) -> Result<bool, ProvisionError> {
    if stands(path, entry) {
        return Ok(false);
    }
    if path.is_dir() && !path.is_symlink() {
        return Err(ProvisionError::Malformed {
            path: path.to_owned(),
            what: "is a folder, where a file is to stand".into(),
        });
    }
    match entry {
        Entry::File { bytes, mode, uid, gid } => write(path, bytes, Rights { mode: *mode, uid: *uid, gid: *gid })?,
        Entry::Link { target } => {
            make_parent(path)?;
            let beside = beside(path);
            remove(&beside)?;
            symlink(target, &beside).map_err(ProvisionError::file("link", path))?;
            fs::rename(&beside, path).map_err(ProvisionError::file("replace", path))?;
        }
    }
    Ok(true)
}

/// Whether `entry` is at `path` already.
fn stands(path: &Path, entry: &Entry) -> bool {
    let Ok(about) = fs::symlink_metadata(path) else { return false };
    match entry {
        Entry::Link { target } => fs::read_link(path).is_ok_and(|found| found == Path::new(target)),
        Entry::File { bytes, mode, .. } => {
            about.is_file()
                && about.permissions().mode() & 0o7777 == *mode
                && fs::read(path).is_ok_and(|found| found == *bytes)
        }
    }
}

/// Removes a file or link that may not be there.
pub(crate) fn remove(path: &Path) -> Result<(), ProvisionError> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(ProvisionError::file("remove", path)(error)),
        _ => Ok(()),
    }
}

/// Removes what [`write`] had begun in `folder` when the power went.
pub(crate) fn remove_begun(folder: &Path) -> Result<(), ProvisionError> {
    let Ok(entries) = fs::read_dir(folder) else { return Ok(()) };
    let names = entries.flatten().filter(|entry| {
        let name = entry.file_name();
        name.as_encoded_bytes().starts_with(b".") && name.as_encoded_bytes().ends_with(BEGUN.as_bytes())
    });
    names.into_iter().try_for_each(|entry| remove(&entry.path()))
}

/// Removes a folder and all below it, which may not be there.
pub(crate) fn remove_folder(path: &Path) -> Result<(), ProvisionError> {
    match fs::remove_dir_all(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(ProvisionError::file("remove", path)(error)),
        _ => Ok(()),
    }
}

/// Makes a folder with these rights, where there is none.
pub(crate) fn make_folder(path: &Path, rights: Rights) -> Result<(), ProvisionError> {
    if !path.is_dir() {
        fs::create_dir_all(path).map_err(ProvisionError::file("make", path))?;
        own(path, rights)?;
    }
    Ok(())
}

/// Gives `path` its owner, then its mode. Only root gives files away: what a test writes stays its own.
pub(crate) fn own(path: &Path, rights: Rights) -> Result<(), ProvisionError> {
    if rustix::process::geteuid().is_root() {
        chown(path, Some(rights.uid), Some(rights.gid)).map_err(ProvisionError::file("chown", path))?;
    }
    fs::set_permissions(path, fs::Permissions::from_mode(rights.mode)).map_err(ProvisionError::file("chmod", path))
}

/// Gives a link its owner.
pub(crate) fn own_link(path: &Path, uid: u32, gid: u32) -> Result<(), ProvisionError> {
    lchown(path, Some(uid), Some(gid)).map_err(ProvisionError::file("chown", path))
}

/// Makes sure that a file's or folder's content is on the disk.
pub(crate) fn sync(path: &Path) -> Result<(), ProvisionError> {
    File::open(path).and_then(|file| file.sync_all()).map_err(ProvisionError::file("sync", path))
}

/// Makes the folders above `path` that are missing. Anybody may pass through them, whatever this process's umask is:
/// who may read the files is said for each file.
fn make_parent(path: &Path) -> Result<PathBuf, ProvisionError> {
    let parent = path.parent().unwrap_or(Path::new("/")).to_owned();
    let missing: Vec<&Path> = parent.ancestors().take_while(|folder| !folder.exists()).collect();
    for folder in missing.into_iter().rev() {
        match fs::create_dir(folder) {
            // Somebody else was quicker.
            Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {}
            made => made
                .and_then(|()| fs::set_permissions(folder, fs::Permissions::from_mode(0o755)))
                .map_err(ProvisionError::file("make", folder))?,
        }
    }
    Ok(parent)
}

/// How the names of files end that are not whole yet.
const BEGUN: &str = ".sos-new";

/// `.<name>.<process>-<number>.sos-new` in the same folder: others may write the same file at the same time.
fn beside(path: &Path) -> PathBuf {
    static NUMBER: AtomicU32 = AtomicU32::new(0);
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let number = NUMBER.fetch_add(1, Ordering::Relaxed);
    path.with_file_name(format!(".{name}.{}-{number}{BEGUN}", std::process::id()))
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use super::*;

    /// Where the test, run a second time under another umask, makes its folders.
    const FOLDER: &str = "SOS_TEST_FOLDER";

    #[test]
    fn what_was_begun_goes_and_what_is_whole_stays() {
        let folder = tempfile::tempdir().unwrap();
        let whole = folder.path().join("settings.toml");
        write(&whole, b"whole", Rights::PUBLIC).unwrap();
        let begun = beside(&whole);
        fs::write(&begun, "hal").unwrap();
        assert_ne!(begun, beside(&whole));
        remove_begun(folder.path()).unwrap();
        assert!(whole.exists() && !begun.exists());
        remove_begun(&folder.path().join("nothing")).unwrap();
    }

    #[test]
    fn folders_above_a_file_are_passable_whatever_the_umask() {
        if let Some(folder) = std::env::var_os(FOLDER) {
            make_parent(&Path::new(&folder).join("postfix/ldap/addresses.cf")).unwrap();
            return;
        }
        let folder = tempfile::tempdir().unwrap();
        let again = "umask 077; exec \"$0\" --exact files::tests::folders_above_a_file_are_passable_whatever_the_umask";
        let own = std::env::current_exe().unwrap();
        let ended = Command::new("sh").args(["-c", again]).arg(own).env(FOLDER, folder.path()).output().unwrap();
        assert!(ended.status.success(), "{ended:?}");
        for made in ["postfix", "postfix/ldap"] {
            let mode = fs::metadata(folder.path().join(made)).unwrap().permissions().mode();
            assert_eq!(mode & 0o7777, 0o755, "{made}");
        }
    }
}
