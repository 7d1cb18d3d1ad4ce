//! A member's filters: Sieve scripts (RFC 5228) as text, and which of them is followed.

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, Read as _};
use std::os::unix::fs::symlink;
use std::path::Path;

use sha2::{Digest as _, Sha256};

use super::dir::Dir;
use super::refusal::Refusal;
use super::sums::is_name;
use super::take::{Take, modified};
use crate::error::ProvisionError;
use crate::files::{self, Rights};

/// Where scripts are in a mailbox, and the link to the one that is followed (`sieve_script personal` in dovecot.conf).
const FOLDER: &str = "sieve";
const ACTIVE: &str = ".dovecot.sieve";
/// The file of an export that says which one that is.
pub(super) const ACTIVE_FILE: &str = "active.txt";
/// How names of scripts end.
const END: &str = ".sieve";
/// Largest script, in bytes: of all of a member Dovecot takes as much (`sieve_quota_storage_size`).
pub(super) const LARGEST: u64 = 1 << 20;

/// What a member's filters are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Filters {
    pub(super) checksum: String,
    pub(super) scripts: u64,
}

/// Whether `name` is a script's.
pub(super) fn is_script(name: &str) -> bool {
    is_name(name) && !name.starts_with('.') && name.len() > END.len() && name.ends_with(END)
}

/// Has `take` take the scripts in `home`, the mailbox that an export has at `prefix`.
pub(super) fn collect(
    home: &Path,
    prefix: &str,
    take: &mut dyn Take,
    left_out: &mut Vec<String>,
) -> Result<Filters, ProvisionError> {
    let fault = |error| ProvisionError::file("read the filters in", home)(error);
    let mut digests = BTreeMap::new();
    let home = match Dir::open(home) {
        Ok(home) => home,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(finish(&digests, None)),
        Err(error) => return Err(fault(error)),
    };
    match home.folder(FOLDER) {
        Ok(folder) => scripts(&folder, prefix, take, left_out, &mut digests)?,
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(error) => return Err(fault(error)),
    }
    let active = match home.link(ACTIVE) {
        Ok(target) => {
            let target = target.to_string_lossy().into_owned();
            let script = target.rsplit('/').next().unwrap_or(&target).to_owned();
            if digests.contains_key(&script) {
                Some(script)
            } else {
                left_out.push(format!("{prefix}/{ACTIVE}"));
                None
            }
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => None,
        Err(_) => {
            // No link: a script that no program of ours put there.
            left_out.push(format!("{prefix}/{ACTIVE}"));
            None
        }
    };
    if let Some(script) = &active {
        take.file(&format!("{prefix}/sieve/{ACTIVE_FILE}"), &mut format!("{script}\n").as_bytes(), 0)?;
    }
    Ok(finish(&digests, active.as_deref()))
}

fn scripts(
    folder: &Dir,
    prefix: &str,
    take: &mut dyn Take,
    left_out: &mut Vec<String>,
    digests: &mut BTreeMap<String, String>,
) -> Result<(), ProvisionError> {
    let fault = |error| ProvisionError::file("read", Path::new(prefix))(error);
    let mut names = Vec::new();
    for found in folder.list().map_err(fault)? {
        let found = found.map_err(fault)?;
        // What Dovecot made of a script, and what it is about to write, goes.
        if found.folder || !found.name.as_encoded_bytes().ends_with(END.as_bytes()) {
            continue;
        }
        match found.name.to_str() {
            Some(name) if is_script(name) => names.push(name.to_owned()),
            _ => left_out.push(format!("{prefix}/sieve/{}", found.name.to_string_lossy())),
        }
    }
    names.sort_unstable();
    for name in names {
        let file = match folder.file(&name) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            Err(error) => return Err(fault(error)),
        };
        let about = file.metadata().map_err(fault)?;
        let (at, path) = (modified(&about), format!("{prefix}/sieve/{name}"));
        if about.len() > LARGEST {
            left_out.push(path);
            continue;
        }
        digests.insert(name, take.file(&path, &mut file.take(LARGEST), at)?.digest);
    }
    Ok(())
}

fn finish(digests: &BTreeMap<String, String>, active: Option<&str>) -> Filters {
    let mut hash = Sha256::new();
    for (name, digest) in digests {
        hash.update(format!("script {name}\n{digest}\n"));
    }
    if let Some(active) = active {
        hash.update(format!("active {active}\n"));
    }
    Filters { checksum: hex::encode(hash.finalize()), scripts: digests.len() as u64 }
}

/// The script that the text of [`ACTIVE_FILE`], an export's file at `path`, names.
pub(super) fn active<'a>(path: &str, text: &'a [u8]) -> Result<&'a str, Refusal> {
    let name = std::str::from_utf8(text).ok().and_then(|text| text.strip_suffix('\n')).filter(|name| is_script(name));
    name.ok_or_else(|| Refusal::malformed(path, "names no script"))
}

/// Puts a script into the mailbox `home`, or has the one that `text` names be followed.
pub(super) fn put(home: &Path, path: &str, name: &str, text: &[u8], rights: Rights) -> Result<(), ProvisionError> {
    let folder = home.join(FOLDER);
    if !folder.is_dir() {
        fs::create_dir(&folder).map_err(ProvisionError::file("make", &folder))?;
        files::own(&folder, Rights { mode: 0o700, ..rights })?;
    }
    if name != ACTIVE_FILE {
        let script = folder.join(name);
        fs::write(&script, text).map_err(ProvisionError::file("write", &script))?;
        return files::own(&script, rights);
    }
    let active = active(path, text)?;
    let link = home.join(ACTIVE);
    symlink(format!("{FOLDER}/{active}"), &link).map_err(ProvisionError::file("link", &link))?;
    if rustix::process::geteuid().is_root() {
        files::own_link(&link, rights.uid, rights.gid)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::portable::take::Nowhere;

    const MINE: Rights = Rights { mode: 0o600, uid: 0, gid: 0 };

    fn read(home: &Path) -> (Filters, Vec<String>) {
        let mut left_out = Vec::new();
        let filters = collect(home, "members/x", &mut Nowhere, &mut left_out).unwrap();
        (filters, left_out)
    }

    #[test]
    fn scripts_and_which_is_followed_are_read_and_put_back() {
        let (old, new) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let nothing = read(old.path()).0;
        for home in [old.path(), new.path()] {
            put(home, "p", "webmail.sieve", b"keep;\n", MINE).unwrap();
            put(home, "p", "Entwürfe.sieve", b"discard;\n", MINE).unwrap();
        }
        put(old.path(), "p", ACTIVE_FILE, b"webmail.sieve\n", MINE).unwrap();
        fs::write(old.path().join("sieve/webmail.svbin"), "x").unwrap();
        let (filters, left_out) = read(old.path());
        assert_eq!((filters.scripts, left_out), (2, Vec::new()));
        assert_ne!(filters, nothing);
        assert_ne!(read(new.path()).0, filters, "nothing is followed there");
        put(new.path(), "p", ACTIVE_FILE, b"webmail.sieve\n", MINE).unwrap();
        assert_eq!(read(new.path()).0, filters);
    }

    #[test]
    fn what_is_no_script_of_ours_is_named() {
        let home = tempfile::tempdir().unwrap();
        put(home.path(), "p", "large.sieve", &vec![b'#'; 1 + LARGEST as usize], MINE).unwrap();
        assert_eq!(read(home.path()).1, ["members/x/sieve/large.sieve"]);
        fs::remove_dir_all(home.path().join(FOLDER)).unwrap();
        fs::write(home.path().join(ACTIVE), "keep;").unwrap();
        assert_eq!(read(home.path()).1, ["members/x/.dovecot.sieve"]);
        fs::remove_file(home.path().join(ACTIVE)).unwrap();
        symlink("/etc/passwd", home.path().join(ACTIVE)).unwrap();
        assert_eq!(read(home.path()).1, ["members/x/.dovecot.sieve"]);
    }

    #[test]
    fn a_name_that_leads_elsewhere_is_followed_by_nobody() {
        for bad in ["../x.sieve\n", "x\n", "x.sieve", ".sieve\n", "a/b.sieve\n"] {
            let home = tempfile::tempdir().unwrap();
            let refused = put(home.path(), "p", ACTIVE_FILE, bad.as_bytes(), MINE).unwrap_err();
            assert!(matches!(refused, ProvisionError::Portable(Refusal::Malformed { .. })), "{bad}: {refused}");
        }
    }
}
