//! The crates of this repository that the device's programs are made of.
//!
//! In: `Cargo.toml` and each member's. Out: [`Workspace`]: a digest of every member that a program needs, of all that it
//! is compiled from; and a copy of what cargo reads, in which every file has the same time.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use serde::Deserialize;
use toml::Table;

use crate::cache::Key;
use crate::error::{Error, Result};

/// Raised when a member's digest is made of more, or less.
const MEMBER: u32 = 1;
/// What of a member's folder no program is made from.
const LEFT_OUT: [&str; 4] = ["benches", "examples", "target", "tests"];
/// The time of every file in a copy, in seconds since 1970. Older than anything that was compiled: whether that is still
/// good is told by digests, not by clocks.
const COPIED: u64 = 315_532_800;

/// The root's `Cargo.toml`, as far as it matters here.
#[derive(Debug, Deserialize)]
struct Root {
    workspace: Section,
}

#[derive(Debug, Deserialize)]
struct Section {
    members: Vec<PathBuf>,
    #[serde(default)]
    dependencies: Table,
}

/// The members of a checkout's workspace.
#[derive(Debug)]
pub struct Workspace {
    root: PathBuf,
    members: BTreeMap<String, Member>,
}

#[derive(Debug)]
struct Member {
    /// Below the root.
    dir: PathBuf,
    /// The names of members that it is compiled with.
    needs: Vec<String>,
}

impl Workspace {
    /// Reads the manifests in `root`.
    ///
    /// # Errors
    /// [`Error::Io`], or [`Error::Malformed`] for a manifest that is none.
    pub fn load(root: &Path) -> Result<Self> {
        let top: Root = read(&root.join("Cargo.toml"))?;
        let mut found = BTreeMap::new();
        for dir in &top.workspace.members {
            let path = root.join(dir).join("Cargo.toml");
            let manifest: Table = read(&path)?;
            let name = manifest.get("package").and_then(|package| package.get("name")?.as_str());
            let name = name.ok_or_else(|| Error::malformed(&path, "it names no package"))?.to_owned();
            found.insert(name, (dir.clone(), dependencies(&manifest, &top.workspace.dependencies)));
        }
        let names: Vec<String> = found.keys().cloned().collect();
        let member = |(name, (dir, needs)): (String, (PathBuf, Vec<String>))| {
            (name, Member { dir, needs: needs.into_iter().filter(|need| names.contains(need)).collect() })
        };
        Ok(Self { root: root.to_owned(), members: found.into_iter().map(member).collect() })
    }

    /// Of each member that `packages` need, they themselves among them: a digest of all that it is compiled from.
    ///
    /// # Errors
    /// [`Error::Malformed`] for a package that is no member, [`Error::Io`].
    pub fn digests(&self, packages: &[&str]) -> Result<BTreeMap<String, String>> {
        let mut digests = BTreeMap::new();
        for package in packages {
            self.digest(package, &mut digests)?;
        }
        Ok(digests)
    }

    fn digest(&self, name: &str, known: &mut BTreeMap<String, String>) -> Result<String> {
        if let Some(digest) = known.get(name) {
            return Ok(digest.clone());
        }
        let no_member = || Error::malformed(self.root.join("Cargo.toml"), format!("it has no member «{name}»"));
        let member = self.members.get(name).ok_or_else(no_member)?;
        let mut key = Key::new("member", MEMBER).text(name);
        for entry in entries(&self.root.join(&member.dir))? {
            key = key.text(&entry.file_name().unwrap_or_default().to_string_lossy());
            key = if entry.is_dir() { key.tree(&entry)? } else { key.file(&entry)? };
        }
        for need in &member.needs {
            key = key.text(&self.digest(need, known)?);
        }
        let digest = key.hex();
        known.insert(name.to_owned(), digest.clone());
        Ok(digest)
    }

    /// Copies what cargo reads to compile programs: the workspace's own files, and of each member what it is made of.
    ///
    /// # Errors
    /// [`Error::Io`].
    pub fn copy(&self, to: &Path) -> Result<()> {
        for file in ["Cargo.toml", "Cargo.lock"] {
            copy_file(&self.root.join(file), &to.join(file))?;
        }
        for member in self.members.values() {
            let (from, place) = (self.root.join(&member.dir), to.join(&member.dir));
            for entry in entries(&from)? {
                copy_tree(&entry, &place.join(entry.file_name().unwrap_or_default()))?;
            }
        }
        Ok(())
    }
}

/// The packages that a manifest is compiled with, by their names; those of tests are not among them.
fn dependencies(manifest: &Table, inherited: &Table) -> Vec<String> {
    let platforms = manifest.get("target").and_then(|target| target.as_table()).into_iter().flat_map(Table::values);
    let tables = platforms.filter_map(|platform| platform.as_table()).chain([manifest]);
    let sections = tables.flat_map(|table| ["dependencies", "build-dependencies"].map(|section| table.get(section)));
    let entries = sections.flatten().filter_map(|section| section.as_table()).flatten();
    let named = |value: &toml::Value| value.get("package").and_then(|name| Some(name.as_str()?.to_owned()));
    let name = |(key, value): (&String, &toml::Value)| {
        named(value).or_else(|| named(inherited.get(key)?)).unwrap_or_else(|| key.clone())
    };
    let mut names: Vec<String> = entries.map(name).collect();
    names.sort();
    names.dedup();
    names
}

/// What of a member's folder programs are made from, sorted.
fn entries(dir: &Path) -> Result<Vec<PathBuf>> {
    let failed = |e| Error::io("list", dir, e);
    let mut entries = Vec::new();
    for entry in fs::read_dir(dir).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        if !LEFT_OUT.iter().any(|name| entry.file_name() == *name) {
            entries.push(entry.path());
        }
    }
    entries.sort();
    Ok(entries)
}

fn read<T: serde::de::DeserializeOwned>(path: &Path) -> Result<T> {
    let text = fs::read_to_string(path).map_err(|e| Error::io("read", path, e))?;
    toml::from_str(&text).map_err(|e| Error::malformed(path, e.to_string()))
}

fn copy_tree(from: &Path, to: &Path) -> Result<()> {
    for entry in walkdir::WalkDir::new(from).sort_by_file_name() {
        let entry = entry.map_err(|e| Error::io("list", from, e.into()))?;
        let below = entry.path().strip_prefix(from).unwrap_or(entry.path());
        let place = if below.as_os_str().is_empty() { to.to_owned() } else { to.join(below) };
        if entry.path().is_file() {
            copy_file(entry.path(), &place)?;
        }
    }
    Ok(())
}

fn copy_file(from: &Path, to: &Path) -> Result<()> {
    let dir = to.parent().unwrap_or(Path::new("/"));
    fs::create_dir_all(dir).map_err(|e| Error::io("create", dir, e))?;
    fs::copy(from, to).map_err(|e| Error::io("copy", from, e))?;
    let copied = File::options().write(true).open(to);
    copied
        .and_then(|file| file.set_modified(SystemTime::UNIX_EPOCH + Duration::from_secs(COPIED)))
        .map_err(|e| Error::io("write", to, e))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A program that needs a library under another name, and a tool that needs neither.
    fn workspace() -> tempfile::TempDir {
        let dir = tempfile::tempdir().unwrap();
        let write = |file: &str, text: &str| {
            let path = dir.path().join(file);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        };
        write(
            "Cargo.toml",
            "[workspace]\nmembers = ['device/program', 'library', 'tool']\n[workspace.dependencies]\nserde = '1'\n\
             lib = { path = 'library', package = 'library' }\n",
        );
        write("Cargo.lock", "version = 4\n");
        let manifest = |name: &str, more: &str| format!("[package]\nname = '{name}'\n{more}");
        let needs = "[dependencies]\nserde.workspace = true\n[target.'cfg(unix)'.dependencies]\nlib.workspace = true\n";
        write("device/program/Cargo.toml", &manifest("program", needs));
        write("device/program/src/main.rs", "fn main() {}\n");
        write("device/program/tests/it.rs", "// a test\n");
        write("library/Cargo.toml", &manifest("library", "[dev-dependencies]\ntool = { path = '../tool' }\n"));
        write("library/src/lib.rs", "// empty\n");
        write("tool/Cargo.toml", &manifest("tool", ""));
        write("tool/src/main.rs", "fn main() {}\n");
        dir
    }

    #[test]
    fn a_digest_follows_what_a_program_is_compiled_from_and_nothing_else() {
        let dir = workspace();
        let digests = || Workspace::load(dir.path()).unwrap().digests(&["program"]).unwrap();
        let first = digests();
        assert_eq!(first.keys().map(String::as_str).collect::<Vec<_>>(), ["library", "program"]);
        for (file, changed) in [
            ("tool/src/main.rs", vec![]),
            ("device/program/tests/it.rs", vec![]),
            ("device/program/src/main.rs", vec!["program"]),
            ("library/src/lib.rs", vec!["library", "program"]),
        ] {
            let path = dir.path().join(file);
            let (text, before) = (fs::read_to_string(&path).unwrap(), digests());
            fs::write(&path, format!("{text}// changed\n")).unwrap();
            let after = digests();
            let differ: Vec<&str> =
                before.keys().filter(|name| before[*name] != after[*name]).map(String::as_str).collect();
            assert_eq!(differ, changed, "{file}");
            fs::write(&path, text).unwrap();
        }
        assert_eq!(digests(), first);
    }

    #[test]
    fn a_copy_has_the_same_digests_and_one_time() {
        let (dir, to) = (workspace(), tempfile::tempdir().unwrap());
        let workspace = Workspace::load(dir.path()).unwrap();
        workspace.copy(to.path()).unwrap();
        let copied = Workspace::load(to.path()).unwrap();
        assert_eq!(copied.digests(&["program"]).unwrap(), workspace.digests(&["program"]).unwrap());
        assert!(!to.path().join("device/program/tests").exists());
        let modified = |file: &str| fs::metadata(to.path().join(file)).unwrap().modified().unwrap();
        assert_eq!(modified("Cargo.lock"), modified("tool/src/main.rs"));
        assert_eq!(modified("Cargo.lock").duration_since(SystemTime::UNIX_EPOCH).unwrap().as_secs(), COPIED);
    }

    #[test]
    fn a_package_that_is_no_member_is_named() {
        let error = Workspace::load(workspace().path()).unwrap().digests(&["missing"]).unwrap_err();
        assert!(error.to_string().contains("no member «missing»"), "{error}");
    }

    #[test]
    fn this_repositorys_programs_are_in_the_packages_that_are_compiled() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
        let digests =
            Workspace::load(&root).unwrap().digests(&["sos-provision", "sos-console", "sos-updater"]).unwrap();
        let names: Vec<&str> = digests.keys().map(String::as_str).collect();
        assert_eq!(names, ["sos-console", "sos-ipc", "sos-provision", "sos-settings", "sos-signing", "sos-updater"]);
    }
}
