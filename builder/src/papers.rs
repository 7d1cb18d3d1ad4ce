//! What packages say of themselves: control paragraph, `copyright` and Debian's changelog, read from the package files.
//!
//! In: packages, the pool, the cache. Out: [`Shelf`], their papers by name. Reading means unpacking, so what
//! was read is kept in the cache by the package's SHA-256, and the next release reads only what changed. Some packages
//! have no papers but a link to those of another from the same source; the link is followed.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::Read;
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};
use crate::kept::Kept;
use crate::lock::{Package, Sha256};
use crate::parallel::each;
use crate::pool::Pool;
use crate::progress::{Progress, Unit};
use crate::unpack::{decompress, read_control};

/// Raised when what is kept changes.
const FORMAT: u32 = 1;
/// The most bytes that are read of one text; the longest of Debian's have a quarter.
const TEXT_BYTES: u64 = 32 << 20;
/// Where packages keep their papers.
const PLACE: &str = "usr/share/doc/";
/// How many links are followed, one behind the other.
const LINKS: usize = 4;

/// The papers of one package.
#[derive(Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Papers {
    /// The control file's paragraph.
    control: String,
    /// Texts by their path below [`PLACE`], without `.gz`.
    texts: BTreeMap<String, String>,
    /// Links by their path below [`PLACE`], and where they lead there.
    links: BTreeMap<String, String>,
}

/// The papers of some packages.
#[derive(Debug)]
pub struct Shelf(BTreeMap<String, Papers>);

/// What becomes of a package that is neither in the pool nor known from before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lacking {
    /// It is an error.
    Refused,
    /// The shelf does without its papers.
    Skipped,
}

impl Shelf {
    /// Gathers the papers of `wanted`, and of those of `all` packages that their links lead to.
    ///
    /// # Errors
    /// [`Error::NotInPool`] for a package that is [`Lacking::Refused`], or what reading one fails with.
    pub fn gather(
        all: &[Package],
        wanted: &[&Package],
        pool: &Pool,
        cache: &Path,
        lacking: Lacking,
        progress: Progress,
    ) -> Result<Self> {
        let kept = Kept::at(cache, "papers", FORMAT);
        let mut shelf = Self(BTreeMap::new());
        let mut wanted = wanted.to_vec();
        while !wanted.is_empty() {
            let task = progress.task("papers", Unit::Items, wanted.len() as u64);
            let workers = std::thread::available_parallelism().map_or(1, usize::from);
            let read = |package: &&Package| {
                let papers = papers(package, pool, &kept);
                task.advance(1);
                papers
            };
            for (package, papers) in wanted.iter().zip(each(workers, &wanted, read)) {
                let papers = match papers {
                    Err(Error::NotInPool { .. }) if lacking == Lacking::Skipped => Papers::default(),
                    papers => papers?,
                };
                shelf.0.insert(package.name.clone(), papers);
            }
            task.finish();
            let linked = shelf.linked();
            wanted = all.iter().filter(|package| linked.contains(package.name.as_str())).collect();
        }
        Ok(shelf)
    }

    /// A shelf with these `copyright` files and control paragraphs.
    #[cfg(test)]
    pub(crate) fn of(packages: &[(&str, &str, &str)]) -> Self {
        let papers = |name: &str, copyright: &str, control: &str| Papers {
            control: control.to_owned(),
            texts: BTreeMap::from([(format!("{name}/copyright"), copyright.to_owned())]),
            links: BTreeMap::new(),
        };
        let shelf =
            packages.iter().map(|(name, copyright, control)| ((*name).to_owned(), papers(name, copyright, control)));
        Self(shelf.collect())
    }

    /// The folders that links lead to and that are not on the shelf.
    fn linked(&self) -> BTreeSet<&str> {
        let targets = self.0.values().flat_map(|papers| papers.links.values());
        targets.map(|target| folder(target)).filter(|name| !self.0.contains_key(*name)).collect()
    }

    /// The `copyright` file of the package called `name`.
    #[must_use]
    pub fn copyright(&self, name: &str) -> Option<&str> {
        self.text(format!("{name}/copyright"))
    }

    /// Debian's changelog of the package called `name`.
    #[must_use]
    pub fn changelog(&self, name: &str) -> Option<&str> {
        let debian = self.text(format!("{name}/changelog.Debian"));
        // A package of Debian's own has no other.
        debian.or_else(|| self.text(format!("{name}/changelog")))
    }

    /// A field of the control paragraph of the package called `name`, its lines joined.
    #[must_use]
    pub fn control(&self, name: &str, field: &str) -> Option<String> {
        let control = &self.0.get(name)?.control;
        let mut lines = control
            .lines()
            .skip_while(|line| line.split_once(':').is_none_or(|(found, _)| !found.eq_ignore_ascii_case(field)));
        let first = lines.next()?.split_once(':')?.1.trim().to_owned();
        let more = lines.take_while(|line| line.starts_with([' ', '\t']));
        Some(more.fold(first, |value, line| format!("{value} {}", line.trim())))
    }

    fn text(&self, mut path: String) -> Option<&str> {
        for _ in 0..=LINKS {
            let of_folder = self.0.get(folder(&path));
            if let Some(text) = of_folder.and_then(|papers| papers.texts.get(&path)) {
                return Some(text);
            }
            let (name, file) = path.split_once('/')?;
            let links = &of_folder?.links;
            path = match (links.get(&path), links.get(name)) {
                (Some(target), _) => target.clone(),
                (None, Some(target)) => format!("{target}/{file}"),
                (None, None) => return None,
            };
        }
        None
    }
}

/// The first part of a path, which is the name of the package that has it.
fn folder(path: &str) -> &str {
    path.split('/').next().unwrap_or(path)
}

/// The papers of `package`: what is kept of them, else what the package file in `pool` has, which is kept.
fn papers(package: &Package, pool: &Pool, kept: &Kept) -> Result<Papers> {
    if let Some(papers) = kept.get(&package.sha256).and_then(|bytes| serde_json::from_slice(&bytes).ok()) {
        return Ok(papers);
    }
    let deb = pool.file(package);
    let bytes = fs::read(&deb).map_err(|e| match e.kind() {
        std::io::ErrorKind::NotFound => {
            Error::NotInPool { package: package.name.clone(), version: package.version.clone() }
        }
        _ => Error::io("read", &deb, e),
    })?;
    if Sha256::of(&bytes) != package.sha256 {
        return Err(Error::package(deb, "it is damaged; `sos-build fetch` fetches it again"));
    }
    let papers = read(&deb, &bytes)?;
    let json = serde_json::to_vec(&papers).unwrap_or_else(|e| unreachable!("papers are plain data: {e}"));
    kept.put(&package.sha256, &json)?;
    Ok(papers)
}

/// Reads the papers out of the package file at `deb`.
fn read(deb: &Path, bytes: &[u8]) -> Result<Papers> {
    let mut papers = Papers::default();
    let mut archive = ar::Archive::new(bytes);
    while let Some(member) = archive.next_entry() {
        let member = member.map_err(|e| Error::io("read", deb, e))?;
        let name = String::from_utf8_lossy(member.header().identifier()).trim_end_matches('/').to_owned();
        let open = |member| decompress(&name, member).ok_or_else(|| Error::package(deb, "unknown compression"));
        if name.starts_with("control.tar") {
            let control = read_control(deb, open(member)?)?.remove("control").unwrap_or_default();
            papers.control = String::from_utf8_lossy(&control).into_owned();
        } else if name.starts_with("data.tar") {
            read_data(&mut papers, tar::Archive::new(open(member)?)).map_err(|e| Error::io("read", deb, e))?;
        }
    }
    // Upstream's changelog is not asked for.
    let debians: Vec<String> =
        papers.texts.keys().filter_map(|path| path.strip_suffix(".Debian")).map(str::to_owned).collect();
    debians.iter().for_each(|path| drop(papers.texts.remove(path)));
    Ok(papers)
}

fn read_data(papers: &mut Papers, mut data: tar::Archive<impl Read>) -> std::io::Result<()> {
    for entry in data.entries()? {
        let entry = entry?;
        let path = entry.path()?.to_string_lossy().into_owned();
        let Some(path) = path.trim_start_matches("./").strip_prefix(PLACE).map(|path| path.trim_end_matches('/'))
        else {
            continue;
        };
        let (folder, file) = path.split_once('/').unwrap_or((path, ""));
        if !matches!(file, "" | "copyright" | "changelog.Debian.gz" | "changelog.gz") {
            continue;
        }
        let path = path.trim_end_matches(".gz").to_owned();
        let kind = entry.header().entry_type();
        if kind.is_symlink() || kind.is_hard_link() {
            let target = entry.link_name()?.unwrap_or_default().to_string_lossy().into_owned();
            papers.links.extend(leads_to(folder, file, &target).map(|target| (path, target)));
        } else if kind.is_file() && !file.is_empty() {
            papers.texts.insert(path, text(entry, file.ends_with(".gz"))?);
        }
    }
    Ok(())
}

fn text(file: impl Read, compressed: bool) -> std::io::Result<String> {
    let mut bytes = Vec::new();
    if compressed {
        flate2::read::MultiGzDecoder::new(file).take(TEXT_BYTES).read_to_end(&mut bytes)?;
    } else {
        file.take(TEXT_BYTES).read_to_end(&mut bytes)?;
    }
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// Where below [`PLACE`] a link in it leads; nothing where it leads elsewhere.
fn leads_to(folder: &str, file: &str, target: &str) -> Option<String> {
    let from = if file.is_empty() { PLACE.to_owned() } else { format!("{PLACE}{folder}/") };
    let whole = match target.strip_prefix("./").unwrap_or(target) {
        // A hard link names its target from the root on.
        target if target.starts_with(PLACE) => target.to_owned(),
        target if target.starts_with('/') => target[1..].to_owned(),
        target => from + target,
    };
    let mut parts: Vec<&str> = Vec::new();
    for part in whole.split('/') {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()?),
            part => parts.push(part),
        }
    }
    let path = parts.join("/");
    path.strip_prefix(PLACE).map(|path| path.trim_end_matches(".gz").to_owned())
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::*;
    use crate::lock::Set;

    const COPYRIGHT: &str = "Do what you like.\n";

    /// A pool, a cache, and packages in the making.
    struct World {
        dir: tempfile::TempDir,
        packages: Vec<Package>,
    }

    /// A file, or a link where its content begins with «-> ».
    type Member<'a> = (&'a str, &'a str);

    impl World {
        fn new() -> Self {
            Self { dir: tempfile::tempdir().unwrap(), packages: Vec::new() }
        }

        fn pool(&self) -> Pool {
            Pool::at(self.dir.path().join("pool"))
        }

        /// Puts a package with these members into the pool.
        fn add(&mut self, name: &str, members: &[Member<'_>]) {
            let mut data = tar::Builder::new(Vec::new());
            for (path, content) in members {
                let mut header = tar::Header::new_gnu();
                if let Some(target) = content.strip_prefix("-> ") {
                    header.set_entry_type(tar::EntryType::Symlink);
                    header.set_size(0);
                    data.append_link(&mut header, path, target).unwrap();
                    continue;
                }
                let bytes = if path.ends_with(".gz") { packed(content) } else { content.as_bytes().to_vec() };
                header.set_size(bytes.len() as u64);
                data.append_data(&mut header, path, bytes.as_slice()).unwrap();
            }
            let control = format!("Package: {name}\nBuilt-Using: one (= 1),\n two (= 2)\nDescription: x\n more\n");
            let mut controls = tar::Builder::new(Vec::new());
            let mut header = tar::Header::new_gnu();
            header.set_size(control.len() as u64);
            controls.append_data(&mut header, "./control", control.as_bytes()).unwrap();
            let mut deb = ar::Builder::new(Vec::new());
            for (part, tar) in [("control.tar", controls), ("data.tar", data)] {
                let bytes = tar.into_inner().unwrap();
                deb.append(&ar::Header::new(part.into(), bytes.len() as u64), bytes.as_slice()).unwrap();
            }
            let bytes = deb.into_inner().unwrap();
            let package = package(name, &bytes);
            let path = self.pool().file(&package);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, &bytes).unwrap();
            self.packages.push(package);
        }

        fn gather(&self, names: &[&str], lacking: Lacking) -> Result<Shelf> {
            let wanted: Vec<&Package> =
                self.packages.iter().filter(|package| names.contains(&package.name.as_str())).collect();
            Shelf::gather(&self.packages, &wanted, &self.pool(), self.dir.path(), lacking, Progress::Silent)
        }

        fn file(&self, name: &str) -> PathBuf {
            self.pool().file(self.packages.iter().find(|package| package.name == name).unwrap())
        }
    }

    fn packed(text: &str) -> Vec<u8> {
        let mut bytes = Vec::new();
        flate2::read::GzEncoder::new(text.as_bytes(), flate2::Compression::fast()).read_to_end(&mut bytes).unwrap();
        bytes
    }

    fn package(name: &str, bytes: &[u8]) -> Package {
        Package {
            name: name.into(),
            version: "1".into(),
            architecture: "all".into(),
            archive: "main".into(),
            path: format!("pool/{name}.deb"),
            size: bytes.len() as u64,
            sha256: Sha256::of(bytes),
            sets: vec![Set::Device],
            source: name.into(),
            source_version: None,
            essential: false,
        }
    }

    #[test]
    fn a_package_says_its_licence_and_its_changes() {
        let mut world = World::new();
        world.add(
            "own",
            &[
                ("./usr/share/doc/own/copyright", COPYRIGHT),
                ("./usr/share/doc/own/changelog.Debian.gz", "Debian's"),
                ("./usr/share/doc/own/changelog.gz", "upstream's"),
                ("./usr/bin/own", "program"),
            ],
        );
        world.add("native", &[("usr/share/doc/native/changelog.gz", "its only one")]);
        let shelf = world.gather(&["own", "native"], Lacking::Refused).unwrap();
        assert_eq!((shelf.copyright("own"), shelf.changelog("own")), (Some(COPYRIGHT), Some("Debian's")));
        assert_eq!((shelf.copyright("native"), shelf.changelog("native")), (None, Some("its only one")));
        assert_eq!(shelf.control("own", "built-using").unwrap(), "one (= 1), two (= 2)");
        assert_eq!(shelf.control("own", "Section"), None);
    }

    #[test]
    fn a_link_leads_to_the_papers_of_another_package() {
        let mut world = World::new();
        world.add("base", &[("./usr/share/doc/base/copyright", COPYRIGHT)]);
        world.add("folder", &[("./usr/share/doc/folder", "-> base")]);
        world.add("file", &[("./usr/share/doc/file/copyright", "-> ../folder/copyright")]);
        world.add("away", &[("./usr/share/doc/away", "-> ../../../etc")]);
        world.add("round", &[("./usr/share/doc/round", "-> round")]);
        let shelf = world.gather(&["file", "away", "round"], Lacking::Refused).unwrap();
        assert_eq!(shelf.copyright("file"), Some(COPYRIGHT));
        assert_eq!(shelf.copyright("folder"), Some(COPYRIGHT));
        assert_eq!((shelf.copyright("away"), shelf.copyright("round")), (None, None));
    }

    #[test]
    fn what_was_read_of_a_package_is_not_read_again() {
        let mut world = World::new();
        world.add("own", &[("./usr/share/doc/own/copyright", COPYRIGHT)]);
        world.gather(&["own"], Lacking::Refused).unwrap();
        fs::remove_dir_all(world.dir.path().join("pool")).unwrap();
        assert_eq!(world.gather(&["own"], Lacking::Refused).unwrap().copyright("own"), Some(COPYRIGHT));
    }

    #[test]
    fn a_package_that_is_not_there_is_named_or_done_without() {
        let mut world = World::new();
        world.add("own", &[("./usr/share/doc/own/copyright", COPYRIGHT)]);
        fs::remove_file(world.file("own")).unwrap();
        let error = world.gather(&["own"], Lacking::Refused).unwrap_err();
        assert!(matches!(&error, Error::NotInPool { package, .. } if package == "own"), "{error}");
        assert_eq!(error.exit_code(), 2);
        assert_eq!(world.gather(&["own"], Lacking::Skipped).unwrap().copyright("own"), None);
    }

    #[test]
    fn a_damaged_package_says_nothing() {
        let mut world = World::new();
        world.add("own", &[("./usr/share/doc/own/copyright", COPYRIGHT)]);
        fs::write(world.file("own"), "other").unwrap();
        let error = world.gather(&["own"], Lacking::Skipped).unwrap_err();
        assert!(error.to_string().contains("it is damaged"), "{error}");
    }
}
