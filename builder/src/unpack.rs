//! Unpacks Debian packages into a root, in parallel, and records them in dpkg's database as «unpacked».
//!
//! In: package files of the pool (deb(5) format 2.0), a list of path patterns to leave out.
//! Out: a root whose files are in place and whose `/var/lib/dpkg` says `install ok unpacked`, ready for
//! `dpkg --configure`. This is what `dpkg --unpack` does for a fresh root, without its one-by-one order and
//! its many synchronous writes; preinst scripts have nothing to save in an empty root and are not run.

use std::collections::{BTreeMap, HashSet};
use std::fs;
use std::io::{self, BufReader, Read};
use std::os::unix::fs::{PermissionsExt, lchown};
use std::path::{Component, Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::error::Error;
use crate::exclude::Exclude;

/// One package, unpacked: what dpkg's database has to say of it.
struct Unpacked {
    name: String,
    /// The `control` paragraph with its `Status:` and `Conffiles:` fields, as `/var/lib/dpkg/status` has it.
    status: String,
}

/// Unpacks `debs` into `root`, `workers` at a time, and writes dpkg's database.
///
/// `first` (the package that brings `/bin -> usr/bin` and the like) is unpacked before all others.
/// `tick` is called with the size in bytes of each package that is done.
///
/// # Errors
/// [`Error`] naming the package that is malformed or the path that cannot be written.
pub fn unpack(
    root: &Path,
    first: &Path,
    debs: &[PathBuf],
    exclude: &Exclude,
    workers: usize,
    tick: &(dyn Fn(u64) + Sync),
) -> Result<(), Error> {
    fs::create_dir_all(root.join("var/lib/dpkg/info")).map_err(|e| Error::io("create", root, e))?;
    fs::create_dir_all(root.join("var/lib/dpkg/updates")).map_err(|e| Error::io("create", root, e))?;
    let done = Mutex::new(BTreeMap::new());
    let one = |deb: &Path| -> Result<(), Error> {
        let unpacked = unpack_one(root, deb, exclude)?;
        tick(fs::metadata(deb).map_or(0, |m| m.len()));
        done.lock().unwrap_or_else(std::sync::PoisonError::into_inner).insert(unpacked.name.clone(), unpacked);
        Ok(())
    };
    one(first)?;
    // Big packages first, so that the last worker is not left alone with the kernel.
    let mut queue: Vec<&PathBuf> = debs.iter().filter(|d| d.as_path() != first).collect();
    queue.sort_by_key(|d| std::cmp::Reverse(fs::metadata(d).map_or(0, |m| m.len())));
    let next = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        let workers: Vec<_> = (0..workers.max(1))
            .map(|_| {
                scope.spawn(|| -> Result<(), Error> {
                    while let Some(deb) = queue.get(next.fetch_add(1, Ordering::Relaxed)) {
                        one(deb)?;
                    }
                    Ok(())
                })
            })
            .collect();
        workers
            .into_iter()
            .try_for_each(|worker| worker.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
    })?;
    let done = done.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner);
    let status: String = done.values().map(|unpacked| unpacked.status.clone() + "\n").collect();
    write(&root.join("var/lib/dpkg/status"), status.as_bytes())?;
    write(&root.join("var/lib/dpkg/available"), b"")?;
    write(&root.join("var/lib/dpkg/info/format"), b"1\n")
}

fn write(path: &Path, bytes: &[u8]) -> Result<(), Error> {
    fs::write(path, bytes).map_err(|e| Error::io("write", path, e))
}

/// Unpacks one package's data and control archives.
fn unpack_one(root: &Path, deb: &Path, exclude: &Exclude) -> Result<Unpacked, Error> {
    let malformed = |what: &str| Error::package(deb, what);
    let file = fs::File::open(deb).map_err(|e| Error::io("open", deb, e))?;
    let mut archive = ar::Archive::new(BufReader::with_capacity(1 << 17, file));
    let mut control = None;
    let mut list = None;
    while let Some(member) = archive.next_entry() {
        let member = member.map_err(|e| Error::io("read", deb, e))?;
        let name = String::from_utf8_lossy(member.header().identifier()).into_owned();
        let name = name.trim_end_matches('/').to_owned();
        if name.starts_with("control.tar") {
            control =
                Some(read_control(deb, decompress(&name, member).ok_or_else(|| malformed("unknown compression"))?)?);
        } else if name.starts_with("data.tar") {
            let data = decompress(&name, member).ok_or_else(|| malformed("unknown compression"))?;
            list = Some(extract(root, deb, data, exclude)?);
        }
    }
    let (Some(control), Some(list)) = (control, list) else {
        return Err(malformed("it lacks control.tar or data.tar"));
    };
    record(root, deb, &control, &list)
}

/// A decompressor for an archive member, by the member's name.
fn decompress<'a>(name: &str, member: impl Read + 'a) -> Option<Box<dyn Read + 'a>> {
    match name.rsplit_once('.')?.1 {
        "tar" => Some(Box::new(member)),
        "xz" => Some(Box::new(xz2::read::XzDecoder::new(member))),
        "zst" => zstd::Decoder::new(member).ok().map(|d| Box::new(d) as Box<dyn Read>),
        "gz" => Some(Box::new(flate2::read::GzDecoder::new(member))),
        _ => None,
    }
}

/// Reads `control.tar`: its members by name.
fn read_control(deb: &Path, data: impl Read) -> Result<BTreeMap<String, Vec<u8>>, Error> {
    let mut members = BTreeMap::new();
    let mut archive = tar::Archive::new(data);
    for entry in archive.entries().map_err(|e| Error::io("read", deb, e))? {
        let mut entry = entry.map_err(|e| Error::io("read", deb, e))?;
        let path = entry.path().map_err(|e| Error::io("read", deb, e))?.into_owned();
        let Some(name) = path.file_name().filter(|_| entry.header().entry_type().is_file()) else { continue };
        let name = name.to_string_lossy().into_owned();
        let mut bytes = Vec::new();
        entry.read_to_end(&mut bytes).map_err(|e| Error::io("read", deb, e))?;
        members.insert(name, bytes);
    }
    Ok(members)
}

/// Extracts `data.tar` and returns the paths that dpkg's `.list` file names.
fn extract(root: &Path, deb: &Path, data: impl Read, exclude: &Exclude) -> Result<String, Error> {
    let mut archive = tar::Archive::new(data);
    archive.set_preserve_permissions(true);
    archive.set_preserve_ownerships(true);
    archive.set_overwrite(true);
    let mut list = String::from("/.\n");
    let mut parents = HashSet::new();
    for entry in archive.entries().map_err(|e| Error::io("read", deb, e))? {
        let mut entry = entry.map_err(|e| Error::io("read", deb, e))?;
        let relative = relative_path(&entry.path().map_err(|e| Error::io("read", deb, e))?)
            .ok_or_else(|| Error::package(deb, "a path leaves the root"))?;
        if relative.as_os_str().is_empty() {
            continue;
        }
        let absolute = Path::new("/").join(&relative);
        list.push_str(&absolute.to_string_lossy());
        list.push('\n');
        if exclude.matches(&absolute) {
            continue;
        }
        let target = contained(root, &relative, &mut parents).map_err(|e| Error::io("resolve", &absolute, e))?;
        let kind = entry.header().entry_type();
        let placed = if kind.is_hard_link() {
            hard_link(root, &mut entry, &target)
        } else if kind.is_dir() {
            directory(&entry, &target)
        } else {
            entry.unpack(&target).map(drop)
        };
        placed.map_err(|e| Error::io("unpack", &target, e))?;
    }
    Ok(list)
}

/// `path` without its leading `./`; nothing where it is absolute or climbs up.
fn relative_path(path: &Path) -> Option<PathBuf> {
    path.components().try_fold(PathBuf::new(), |mut sum, part| match part {
        Component::Normal(name) => {
            sum.push(name);
            Some(sum)
        }
        Component::CurDir => Some(sum),
        _ => None,
    })
}

/// The place of `relative` under `root`, refused where a symbolic link on the way leads out of it.
fn contained(root: &Path, relative: &Path, parents: &mut HashSet<PathBuf>) -> io::Result<PathBuf> {
    let parent = root.join(relative.parent().unwrap_or(Path::new("")));
    if !parents.contains(&parent) {
        fs::create_dir_all(&parent)?;
        let real = fs::canonicalize(&parent)?;
        if !real.starts_with(fs::canonicalize(root)?) {
            return Err(io::Error::other(format!("{} leads out of the root", relative.display())));
        }
        parents.insert(parent);
    }
    Ok(root.join(relative))
}

/// Makes a directory, or keeps the one (or the link to one) that stands there.
fn directory<R: Read>(entry: &tar::Entry<'_, R>, target: &Path) -> io::Result<()> {
    if fs::symlink_metadata(target).is_ok_and(|m| m.is_symlink()) {
        return Ok(());
    }
    fs::create_dir_all(target)?;
    let header = entry.header();
    lchown(target, Some(u32::try_from(header.uid()?).unwrap_or(0)), Some(u32::try_from(header.gid()?).unwrap_or(0)))?;
    fs::set_permissions(target, fs::Permissions::from_mode(header.mode()?))
}

fn hard_link<R: Read>(root: &Path, entry: &mut tar::Entry<'_, R>, target: &Path) -> io::Result<()> {
    let link = entry.link_name()?.ok_or_else(|| io::Error::other("a hard link without its target"))?;
    let source = relative_path(&link).ok_or_else(|| io::Error::other("a hard link leaves the root"))?;
    match fs::remove_file(target) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    fs::hard_link(root.join(source), target)
}

/// Writes the package's files under `/var/lib/dpkg/info` and returns its `status` paragraph.
fn record(root: &Path, deb: &Path, control: &BTreeMap<String, Vec<u8>>, list: &str) -> Result<Unpacked, Error> {
    let paragraph = control.get("control").ok_or_else(|| Error::package(deb, "it lacks a control file"))?;
    let paragraph = String::from_utf8_lossy(paragraph).trim_end().to_owned();
    let field = |name: &str| {
        paragraph.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": ").map(str::trim)).map(str::to_owned)
    };
    let name = field("Package").ok_or_else(|| Error::package(deb, "its control file lacks Package"))?;
    let architecture =
        field("Architecture").ok_or_else(|| Error::package(deb, "its control file lacks Architecture"))?;
    let stem = match field("Multi-Arch").as_deref() {
        Some("same") => format!("{name}:{architecture}"),
        _ => name.clone(),
    };
    let info = root.join("var/lib/dpkg/info");
    write(&info.join(format!("{stem}.list")), list.as_bytes())?;
    for (member, bytes) in control.iter().filter(|(member, _)| member.as_str() != "control") {
        let path = info.join(format!("{stem}.{member}"));
        write(&path, bytes)?;
        let mode = if matches!(member.as_str(), "preinst" | "postinst" | "prerm" | "postrm" | "config") {
            0o755
        } else {
            0o644
        };
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).map_err(|e| Error::io("chmod", &path, e))?;
    }
    Ok(Unpacked { status: status(&paragraph, control.get("conffiles").map(Vec::as_slice)), name })
}

/// A package's paragraph of `/var/lib/dpkg/status` (dpkg-query(1), deb-conffiles(5)).
fn status(paragraph: &str, conffiles: Option<&[u8]>) -> String {
    let (package, rest) = paragraph.split_once('\n').unwrap_or((paragraph, ""));
    let mut status = format!("{package}\nStatus: install ok unpacked\n{rest}\n");
    let conffiles = String::from_utf8_lossy(conffiles.unwrap_or_default()).into_owned();
    let conffiles: Vec<&str> = conffiles.lines().filter(|line| line.starts_with('/')).collect();
    if !conffiles.is_empty() {
        status.push_str("Conffiles:\n");
        for path in conffiles {
            status.push_str(&format!(" {path} newconffile\n"));
        }
    }
    status
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_that_climbs_out_of_the_root_is_refused() {
        assert_eq!(relative_path(Path::new("./usr/bin/x")), Some(PathBuf::from("usr/bin/x")));
        assert_eq!(relative_path(Path::new("../etc/passwd")), None);
        assert_eq!(relative_path(Path::new("/etc/passwd")), None);
    }

    #[test]
    fn a_link_that_leads_out_of_the_root_is_refused() {
        let root = tempfile::tempdir().unwrap();
        std::os::unix::fs::symlink("/tmp", root.path().join("out")).unwrap();
        assert!(contained(root.path(), Path::new("out/file"), &mut HashSet::new()).is_err());
        assert!(contained(root.path(), Path::new("in/file"), &mut HashSet::new()).is_ok());
    }

    #[test]
    fn a_package_is_recorded_as_unpacked_with_its_conffiles() {
        let status = status("Package: x\nVersion: 1", Some(b"/etc/x\nremove-on-upgrade /etc/y\n"));
        assert_eq!(status, "Package: x\nStatus: install ok unpacked\nVersion: 1\nConffiles:\n /etc/x newconffile\n");
    }
}
