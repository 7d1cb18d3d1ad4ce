//! Where two trees of files differ: the first paths, and what differs about each.
//!
//! In: two folders, ours and theirs. Out: sentences for people. Types, modes, owners, targets, contents and times count.

use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use crate::error::{Error, Result};

/// How many files are named.
const NAMED: usize = 10;

/// The first files in which two trees differ, each with what differs about it.
///
/// # Errors
/// [`Error::Io`].
pub fn differences(ours: &Path, theirs: &Path) -> Result<Vec<String>> {
    let (one, other) = (listing(ours)?, listing(theirs)?);
    let mut names: Vec<&PathBuf> = one.iter().chain(&other).collect();
    names.sort();
    names.dedup();
    let mut differences = Vec::new();
    for name in names {
        let what = match (one.binary_search(name).is_ok(), other.binary_search(name).is_ok()) {
            (true, false) => Some("is not in the release"),
            (false, true) => Some("is in the release only"),
            _ => file(&ours.join(name), &theirs.join(name))?,
        };
        differences.extend(what.map(|what| format!("/{} {what}", name.display())));
        if differences.len() == NAMED {
            differences.push("and perhaps more".to_owned());
            break;
        }
    }
    Ok(differences)
}

/// Every path below `root`, sorted.
fn listing(root: &Path) -> Result<Vec<PathBuf>> {
    let mut paths = Vec::new();
    for entry in walkdir::WalkDir::new(root).min_depth(1) {
        let entry = entry.map_err(|e| Error::io("list", root, e.into()))?;
        paths.push(entry.path().strip_prefix(root).unwrap_or(entry.path()).to_owned());
    }
    paths.sort();
    Ok(paths)
}

/// What differs about a file.
fn file(ours: &Path, theirs: &Path) -> Result<Option<&'static str>> {
    let stat = |path: &Path| fs::symlink_metadata(path).map_err(|e| Error::io("read", path, e));
    let (one, other) = (stat(ours)?, stat(theirs)?);
    if one.mode() != other.mode() {
        return Ok(Some("has another type or mode"));
    }
    if (one.uid(), one.gid()) != (other.uid(), other.gid()) {
        return Ok(Some("has another owner"));
    }
    let target = |path: &Path| fs::read_link(path).map_err(|e| Error::io("read", path, e));
    if one.is_symlink() && target(ours)? != target(theirs)? {
        return Ok(Some("leads elsewhere"));
    }
    if one.is_file() && (one.len() != other.len() || !same_content(ours, theirs)?) {
        return Ok(Some("has another content"));
    }
    Ok((one.mtime() != other.mtime()).then_some("has another time"))
}

fn same_content(ours: &Path, theirs: &Path) -> Result<bool> {
    let read = |path: &Path| fs::read(path).map_err(|e| Error::io("read", path, e));
    Ok(read(ours)? == read(theirs)?)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::{PermissionsExt as _, symlink};

    use super::*;

    #[test]
    fn files_that_differ_are_named_with_what_differs() {
        let dir = tempfile::tempdir().unwrap();
        let (ours, theirs) = (dir.path().join("ours"), dir.path().join("theirs"));
        for tree in [&ours, &theirs] {
            for file in ["etc/same", "etc/content", "etc/mode", "etc/time"] {
                fs::create_dir_all(tree.join("etc")).unwrap();
                fs::write(tree.join(file), "text").unwrap();
            }
        }
        fs::write(theirs.join("etc/content"), "tixt").unwrap();
        fs::set_permissions(theirs.join("etc/mode"), fs::Permissions::from_mode(0o700)).unwrap();
        fs::write(ours.join("etc/only"), "").unwrap();
        fs::write(theirs.join("etc/more"), "").unwrap();
        for (tree, target) in [(&ours, "a"), (&theirs, "b")] {
            symlink(target, tree.join("etc/link")).unwrap();
        }
        let old = std::time::UNIX_EPOCH + std::time::Duration::from_secs(1);
        let equal = std::time::UNIX_EPOCH + std::time::Duration::from_secs(2);
        for (tree, time) in [(&ours, equal), (&theirs, old)] {
            for file in ["etc/same", "etc/content", "etc/mode"] {
                fs::File::open(tree.join(file)).unwrap().set_modified(equal).unwrap();
            }
            fs::File::open(tree.join("etc/time")).unwrap().set_modified(time).unwrap();
            fs::File::open(tree.join("etc")).unwrap().set_modified(equal).unwrap();
        }
        assert_eq!(
            differences(&ours, &theirs).unwrap(),
            [
                "/etc/content has another content",
                "/etc/link leads elsewhere",
                "/etc/mode has another type or mode",
                "/etc/more is in the release only",
                "/etc/only is not in the release",
                "/etc/time has another time",
            ]
        );
        assert_eq!(differences(&ours, &ours).unwrap(), Vec::<String>::new());
    }
}
