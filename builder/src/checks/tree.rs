//! The root as it is about to become an image.
//!
//! In: a folder. Out: every path in it with what the file system says of it, from one walk that all rules share; content
//! is read only by the rules that need it. Paths are the device's own, «/etc/passwd».

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::Read;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use crate::error::Error;

/// How many links a path may lead over, as the kernel has it (path_resolution(7)).
const MOST_LINKS: usize = 40;

/// What stands at a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kind {
    /// A file.
    File,
    /// A folder.
    Folder,
    /// A symbolic link, and where it points.
    Link(String),
    /// A device, a pipe or a socket.
    Special,
}

/// What the file system says of a path.
#[derive(Debug, Clone)]
pub struct Entry {
    /// What it is.
    pub kind: Kind,
    /// Its permissions, with set-uid, set-gid and sticky.
    pub mode: u32,
    /// Its owner.
    pub uid: u32,
    /// Its group.
    pub gid: u32,
    /// When it was changed last, seconds since 1970.
    pub mtime: i64,
    /// Bytes.
    pub size: u64,
    /// By what two names of one file are known.
    pub inode: u64,
    /// Whether it has file capabilities (capabilities(7)).
    pub capable: bool,
}

impl Entry {
    /// Whether it is a file that somebody may run.
    #[must_use]
    pub fn is_program(&self) -> bool {
        self.kind == Kind::File && self.mode & 0o111 != 0
    }
}

/// Every path of a root.
#[derive(Debug)]
pub struct Tree {
    root: PathBuf,
    entries: BTreeMap<String, Entry>,
}

impl Tree {
    /// Walks `root`.
    ///
    /// # Errors
    /// A file that cannot be looked at, or a name that is not UTF-8.
    pub fn walk(root: &Path) -> Result<Self, Error> {
        let mut entries = BTreeMap::new();
        for found in walkdir::WalkDir::new(root) {
            let found = found.map_err(|e| Error::io("read", root, e.into()))?;
            let below = found.path().strip_prefix(root).unwrap_or(found.path());
            let name = below.to_str().ok_or_else(|| Error::malformed(found.path(), "its name is not UTF-8"))?;
            entries.insert(format!("/{name}"), look(found.path())?);
        }
        Ok(Self { root: root.to_owned(), entries })
    }

    /// Every path with what is there, sorted.
    pub fn entries(&self) -> impl Iterator<Item = (&str, &Entry)> {
        self.entries.iter().map(|(path, entry)| (path.as_str(), entry))
    }

    /// Every path below `folder`, sorted.
    pub fn below(&self, folder: &str) -> impl Iterator<Item = (&str, &Entry)> {
        let prefix = format!("{folder}/");
        self.entries
            .range(prefix.clone()..)
            .map(|(path, entry)| (path.as_str(), entry))
            .take_while(move |(path, _)| path.starts_with(&prefix))
    }

    /// What stands at `path` itself, a link not followed.
    #[must_use]
    pub fn get(&self, path: &str) -> Option<&Entry> {
        self.entries.get(path)
    }

    /// Where the host has `path`.
    #[must_use]
    pub fn place(&self, path: &str) -> PathBuf {
        self.root.join(path.trim_start_matches('/'))
    }

    /// What a file holds.
    ///
    /// # Errors
    /// A file that cannot be read.
    pub fn read(&self, path: &str) -> Result<Vec<u8>, Error> {
        let place = self.place(path);
        fs::read(&place).map_err(|e| Error::io("read", place, e))
    }

    /// At most the first `N` bytes of a file, with zeros behind where it is shorter.
    ///
    /// # Errors
    /// A file that cannot be read.
    pub fn beginning<const N: usize>(&self, path: &str) -> Result<[u8; N], Error> {
        let (place, mut bytes) = (self.place(path), Vec::with_capacity(N));
        let read = File::open(&place).and_then(|file| file.take(N as u64).read_to_end(&mut bytes));
        read.map_err(|e| Error::io("read", &place, e))?;
        let mut beginning = [0; N];
        beginning[..bytes.len()].copy_from_slice(&bytes);
        Ok(beginning)
    }

    /// The path that `path` leads to over all links on its way; nothing where it leads nowhere. Never leaves the root.
    #[must_use]
    pub fn resolve(&self, path: &str) -> Option<String> {
        let mut left: Vec<&str> = path.rsplit('/').collect();
        let (mut at, mut links) = (String::new(), 0);
        while let Some(part) = left.pop() {
            match part {
                "" | "." => continue,
                ".." => at.truncate(at.rfind('/').unwrap_or(0)),
                name => {
                    let next = format!("{at}/{name}");
                    match &self.entries.get(&next)?.kind {
                        Kind::Link(target) if links < MOST_LINKS => {
                            links += 1;
                            if target.starts_with('/') {
                                at.clear();
                            }
                            left.extend(target.rsplit('/'));
                        }
                        Kind::Link(_) => return None,
                        _ => at = next,
                    }
                }
            }
        }
        Some(if at.is_empty() { "/".to_owned() } else { at })
    }

    /// Changes what the file system said, as a test needs it.
    #[cfg(test)]
    pub(super) fn change(&mut self, path: &str, change: impl FnOnce(&mut Entry)) {
        change(self.entries.get_mut(path).unwrap());
    }

    /// Makes everything root's and old, whoever runs the tests.
    #[cfg(test)]
    pub(super) fn settle(&mut self, mtime: i64) {
        self.entries.values_mut().for_each(|entry| (entry.uid, entry.gid, entry.mtime) = (0, 0, mtime));
    }
}

fn look(path: &Path) -> Result<Entry, Error> {
    let about = fs::symlink_metadata(path).map_err(|e| Error::io("read", path, e))?;
    let kind = match about.file_type() {
        file if file.is_file() => Kind::File,
        file if file.is_dir() => Kind::Folder,
        file if file.is_symlink() => {
            let target = fs::read_link(path).map_err(|e| Error::io("read", path, e))?;
            let target = target.into_os_string().into_string();
            Kind::Link(target.map_err(|_| Error::malformed(path, "where it points is not UTF-8"))?)
        }
        _ => Kind::Special,
    };
    Ok(Entry {
        capable: kind == Kind::File && has_capabilities(path),
        mode: about.mode() & 0o7777,
        uid: about.uid(),
        gid: about.gid(),
        mtime: about.mtime(),
        size: about.len(),
        inode: about.ino(),
        kind,
    })
}

fn has_capabilities(path: &Path) -> bool {
    rustix::fs::lgetxattr(path, c"security.capability", &mut [0_u8; 64]).is_ok()
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    #[test]
    fn a_path_is_followed_over_links_and_never_out_of_the_root() {
        let root = tempfile::tempdir().unwrap();
        fs::create_dir_all(root.path().join("usr/bin")).unwrap();
        fs::create_dir_all(root.path().join("etc/alternatives")).unwrap();
        fs::write(root.path().join("usr/bin/mawk"), "").unwrap();
        symlink("usr/bin", root.path().join("bin")).unwrap();
        symlink("/etc/alternatives/awk", root.path().join("usr/bin/awk")).unwrap();
        symlink("/bin/mawk", root.path().join("etc/alternatives/awk")).unwrap();
        symlink("../../../../../usr/bin/mawk", root.path().join("etc/up")).unwrap();
        symlink("circle", root.path().join("etc/circle")).unwrap();
        symlink("/nowhere", root.path().join("etc/nowhere")).unwrap();
        let tree = Tree::walk(root.path()).unwrap();
        for path in ["/bin/awk", "/usr/bin/awk", "/etc/up", "/usr/../bin/./awk"] {
            assert_eq!(tree.resolve(path).as_deref(), Some("/usr/bin/mawk"), "{path}");
        }
        assert_eq!(tree.resolve("/"), Some("/".into()));
        for path in ["/etc/circle", "/etc/nowhere", "/etc/none", "/usr/bin/mawk/none"] {
            assert_eq!(tree.resolve(path), None, "{path}");
        }
    }

    #[test]
    fn only_what_is_below_a_folder_is_below_it() {
        let root = tempfile::tempdir().unwrap();
        for file in ["etc/ssh/one", "etc/ssh-two", "etc/ssh/sub/three"] {
            let path = root.path().join(file);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "x").unwrap();
        }
        let tree = Tree::walk(root.path()).unwrap();
        let below: Vec<&str> = tree.below("/etc/ssh").map(|(path, _)| path).collect();
        assert_eq!(below, ["/etc/ssh/one", "/etc/ssh/sub", "/etc/ssh/sub/three"]);
        assert_eq!(&tree.beginning::<3>("/etc/ssh/one").unwrap(), b"x\0\0");
    }
}
