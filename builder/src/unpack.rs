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

/// What a package's control archive may hold, bytes unpacked: the kernel's, the largest of Debian, has a hundredth.
const CONTROL_BYTES: u64 = 64 << 20;

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
        let workers: Vec<_> = (0..workers.max(1).min(queue.len()))
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
pub(crate) fn decompress<'a>(name: &str, member: impl Read + 'a) -> Option<Box<dyn Read + 'a>> {
    match name.rsplit_once('.')?.1 {
        "tar" => Some(Box::new(member)),
        "xz" => Some(Box::new(xz2::read::XzDecoder::new(member))),
        "zst" => zstd::Decoder::new(member).ok().map(|d| Box::new(d) as Box<dyn Read>),
        "gz" => Some(Box::new(flate2::read::GzDecoder::new(member))),
        _ => None,
    }
}

/// Reads `control.tar`: its members by name.
pub(crate) fn read_control(deb: &Path, data: impl Read) -> Result<BTreeMap<String, Vec<u8>>, Error> {
    let mut members = BTreeMap::new();
    let mut archive = tar::Archive::new(data.take(CONTROL_BYTES));
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
            hard_link(root, &mut entry, &target, &mut parents)
        } else if kind.is_dir() {
            directory(&entry, &target)
        } else {
            entry.unpack(&target).map(drop)
        };
        placed.map_err(|e| Error::io("unpack", &target, e))?;
        if kind.is_symlink() {
            // The way to a folder may lead through it now.
            parents.clear();
        }
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

/// The place of `relative` under `root`, the folders above it made; refused where a symbolic link on the way leads out.
fn contained(root: &Path, relative: &Path, parents: &mut HashSet<PathBuf>) -> io::Result<PathBuf> {
    let parent = relative.parent().unwrap_or(Path::new(""));
    if !parents.contains(parent) {
        let root = fs::canonicalize(root)?;
        let mut place = root.clone();
        for part in parent.components() {
            place = folder(&place.join(part))?;
            if !place.starts_with(&root) {
                return Err(io::Error::other(format!("{} leads out of the root", relative.display())));
            }
        }
        parents.insert(parent.to_owned());
    }
    Ok(root.join(relative))
}

/// The folder at `path` with the links on the way resolved; made where nothing stands there, not even a link.
fn folder(path: &Path) -> io::Result<PathBuf> {
    match fs::canonicalize(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        found => return found,
    }
    match fs::create_dir(path) {
        // Another worker was faster; through a link that leads nowhere this fails as before.
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => fs::canonicalize(path),
        made => made.map(|()| path.to_owned()),
    }
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

fn hard_link<R: Read>(
    root: &Path,
    entry: &mut tar::Entry<'_, R>,
    target: &Path,
    parents: &mut HashSet<PathBuf>,
) -> io::Result<()> {
    let link = entry.link_name()?.ok_or_else(|| io::Error::other("a hard link without its target"))?;
    let source = relative_path(&link).ok_or_else(|| io::Error::other("a hard link leaves the root"))?;
    let source = contained(root, &source, parents)?;
    match fs::remove_file(target) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    fs::hard_link(source, target)
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
    for word in [&name, &architecture] {
        if !is_name(word) {
            return Err(Error::package(deb, format!("«{word}» is no name of a package or an architecture")));
        }
    }
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

/// Whether dpkg's files may be called so (Debian Policy 5.6.7 and 5.6.8, and no path among them).
fn is_name(word: &str) -> bool {
    let letter = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit();
    word.bytes().next().is_some_and(letter) && word.bytes().all(|b| letter(b) || b"+-.".contains(&b))
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
    fn a_link_that_leads_out_of_the_root_is_refused_and_nothing_is_made_behind_it() {
        let world = tempfile::tempdir().unwrap();
        let (root, outside) = (world.path().join("root"), world.path().join("outside"));
        fs::create_dir(&root).unwrap();
        fs::create_dir(&outside).unwrap();
        for (link, to) in [("out", "../outside"), ("nowhere", "../absent")] {
            std::os::unix::fs::symlink(to, root.join(link)).unwrap();
            assert!(contained(&root, &Path::new(link).join("made/file"), &mut HashSet::new()).is_err());
        }
        assert_eq!(fs::read_dir(outside).unwrap().count(), 0);
        assert!(contained(&root, Path::new("in/side/file"), &mut HashSet::new()).is_ok());
        assert!(root.join("in/side").is_dir());
    }

    #[test]
    fn a_link_put_in_a_folders_place_is_seen() {
        let world = tempfile::tempdir().unwrap();
        let root = world.path().join("root");
        fs::create_dir_all(world.path().join("outside")).unwrap();
        let mut data = Archive::new();
        data.folder("inside").link("way", "inside").file("way/one").link("way", "../outside").file("way/two");
        let deb = data.package(world.path(), "Package: p\nArchitecture: all\n");
        let error = unpack(&root, &deb, &[], &Exclude::nothing(), 1, &|_| ()).unwrap_err();
        assert!(error.to_string().contains("leads out of the root"), "{error}");
        assert!(root.join("inside/one").is_file());
        assert_eq!(fs::read_dir(world.path().join("outside")).unwrap().count(), 0);
    }

    #[test]
    fn a_hard_link_to_a_file_outside_is_refused() {
        let world = tempfile::tempdir().unwrap();
        fs::create_dir_all(world.path().join("outside")).unwrap();
        fs::write(world.path().join("outside/secret"), "x").unwrap();
        let mut data = Archive::new();
        data.link("out", "../outside").hard_link("mine", "out/secret");
        let deb = data.package(world.path(), "Package: p\nArchitecture: all\n");
        let error = unpack(&world.path().join("root"), &deb, &[], &Exclude::nothing(), 1, &|_| ()).unwrap_err();
        assert!(error.to_string().contains("leads out of the root"), "{error}");
    }

    #[test]
    fn a_package_whose_name_is_a_path_is_refused() {
        let world = tempfile::tempdir().unwrap();
        for control in ["Package: ../../p\nArchitecture: all\n", "Package: p\nArchitecture: ../a\nMulti-Arch: same\n"] {
            let deb = Archive::new().package(world.path(), control);
            let error = unpack(&world.path().join("root"), &deb, &[], &Exclude::nothing(), 1, &|_| ()).unwrap_err();
            assert!(error.to_string().contains("is no name"), "{error}");
        }
    }

    /// A package's data archive in the making.
    struct Archive(tar::Builder<Vec<u8>>);

    impl Archive {
        fn new() -> Self {
            Self(tar::Builder::new(Vec::new()))
        }

        fn add(&mut self, kind: tar::EntryType, path: &str, link: Option<&str>) -> &mut Self {
            let mut header = tar::Header::new_gnu();
            header.set_entry_type(kind);
            header.set_mode(0o755);
            // The caller's own ids, so that nobody needs root.
            let own = fs::metadata("/proc/self").unwrap();
            header.set_uid(std::os::unix::fs::MetadataExt::uid(&own).into());
            header.set_gid(std::os::unix::fs::MetadataExt::gid(&own).into());
            header.set_size(0);
            header.set_path(path).unwrap();
            if let Some(link) = link {
                header.set_link_name(link).unwrap();
            }
            header.set_cksum();
            self.0.append(&header, io::empty()).unwrap();
            self
        }

        fn folder(&mut self, path: &str) -> &mut Self {
            self.add(tar::EntryType::Directory, path, None)
        }

        fn file(&mut self, path: &str) -> &mut Self {
            self.add(tar::EntryType::Regular, path, None)
        }

        fn link(&mut self, path: &str, to: &str) -> &mut Self {
            self.add(tar::EntryType::Symlink, path, Some(to))
        }

        fn hard_link(&mut self, path: &str, to: &str) -> &mut Self {
            self.add(tar::EntryType::Link, path, Some(to))
        }

        /// The package file with this data and `control`.
        fn package(self, folder: &Path, control: &str) -> PathBuf {
            let mut controls = tar::Builder::new(Vec::new());
            let mut header = tar::Header::new_gnu();
            header.set_size(control.len() as u64);
            controls.append_data(&mut header, "control", control.as_bytes()).unwrap();
            let path = folder.join("p.deb");
            let mut members = ar::Builder::new(fs::File::create(&path).unwrap());
            let parts = [("control.tar", controls.into_inner().unwrap()), ("data.tar", self.0.into_inner().unwrap())];
            for (name, bytes) in parts {
                members.append(&ar::Header::new(name.into(), bytes.len() as u64), bytes.as_slice()).unwrap();
            }
            path
        }
    }

    #[test]
    fn a_package_is_recorded_as_unpacked_with_its_conffiles() {
        let status = status("Package: x\nVersion: 1", Some(b"/etc/x\nremove-on-upgrade /etc/y\n"));
        assert_eq!(status, "Package: x\nStatus: install ok unpacked\nVersion: 1\nConffiles:\n /etc/x newconffile\n");
    }
}
