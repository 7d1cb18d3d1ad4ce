//! What dpkg's database says of a configured root: its packages and their files.
//!
//! In: `/var/lib/dpkg`, of which nothing comes into the image. Out: a folder beside the root with `status` and `files`,
//! made by [`keep`], and [`Database`] from it.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use crate::error::Error;

/// A package, as dpkg has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Installed {
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: String,
    /// Its architecture.
    pub architecture: String,
    /// dpkg's words for how it is, «install ok installed».
    pub status: String,
}

/// What [`keep`] kept.
#[derive(Debug, Default)]
pub struct Database {
    /// The packages, in dpkg's order.
    pub packages: Vec<Installed>,
    /// The paths that packages bring, as they name them.
    pub files: BTreeSet<String>,
}

/// Keeps in `folder` what the database in `root` says.
///
/// # Errors
/// A file that cannot be read or written.
pub fn keep(root: &Path, folder: &Path) -> Result<(), Error> {
    let database = root.join("var/lib/dpkg");
    fs::create_dir_all(folder).map_err(|e| Error::io("create", folder, e))?;
    let status = database.join("status");
    fs::copy(&status, folder.join("status")).map_err(|e| Error::io("copy", &status, e))?;
    let info = database.join("info");
    let mut files = BTreeSet::new();
    for entry in fs::read_dir(&info).map_err(|e| Error::io("list", &info, e))? {
        let path = entry.map_err(|e| Error::io("list", &info, e))?.path();
        if path.extension().is_some_and(|extension| extension == "list") {
            let list = fs::read_to_string(&path).map_err(|e| Error::io("read", &path, e))?;
            files.extend(list.lines().map(str::to_owned));
        }
    }
    let text: String = files.into_iter().map(|file| file + "\n").collect();
    let kept = folder.join("files");
    fs::write(&kept, text).map_err(|e| Error::io("write", kept, e))
}

impl Database {
    /// Reads what [`keep`] kept in `folder`.
    ///
    /// # Errors
    /// A file that cannot be read, or a status that is none.
    pub fn load(folder: &Path) -> Result<Self, Error> {
        let read = |name: &str| {
            let path = folder.join(name);
            fs::read_to_string(&path).map_err(|e| Error::io("read", path, e))
        };
        let packages = parse_status(&read("status")?).map_err(|what| Error::malformed(folder.join("status"), what))?;
        Ok(Self { packages, files: read("files")?.lines().map(str::to_owned).collect() })
    }
}

/// Reads `/var/lib/dpkg/status`: paragraphs with an empty line between two (deb822(5)).
///
/// # Errors
/// The field that a paragraph lacks.
pub fn parse_status(text: &str) -> Result<Vec<Installed>, String> {
    text.split("\n\n").filter(|paragraph| !paragraph.trim().is_empty()).map(parse_paragraph).collect()
}

fn parse_paragraph(paragraph: &str) -> Result<Installed, String> {
    let field = |name: &str| {
        let line = paragraph.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
        line.map(|value| value.trim().to_owned()).ok_or_else(|| format!("a package lacks its {name}"))
    };
    Ok(Installed {
        name: field("Package")?,
        version: field("Version")?,
        architecture: field("Architecture")?,
        status: field("Status")?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const STATUS: &str = "Package: bash\nStatus: install ok installed\nArchitecture: amd64\nVersion: 5.2-1\nDescription: \
                          shell\n Version: none\n\nPackage: tzdata\nStatus: install ok unpacked\nArchitecture: all\n\
                          Version: 2025b\n";

    #[test]
    fn what_dpkg_says_is_kept_beside_the_root_and_read_again() {
        let dir = tempfile::tempdir().unwrap();
        let info = dir.path().join("root/var/lib/dpkg/info");
        fs::create_dir_all(&info).unwrap();
        fs::write(dir.path().join("root/var/lib/dpkg/status"), STATUS).unwrap();
        fs::write(info.join("bash.list"), "/.\n/usr\n/usr/bin/bash\n").unwrap();
        fs::write(info.join("libc6:amd64.list"), "/.\n/usr\n/usr/lib/libc.so.6\n").unwrap();
        fs::write(info.join("bash.md5sums"), "0 usr/share/none\n").unwrap();
        keep(&dir.path().join("root"), &dir.path().join("dpkg")).unwrap();
        let database = Database::load(&dir.path().join("dpkg")).unwrap();
        let names: Vec<&str> = database.packages.iter().map(|package| package.name.as_str()).collect();
        assert_eq!(names, ["bash", "tzdata"]);
        assert_eq!(database.packages[0].version, "5.2-1");
        assert_eq!(database.packages[1].status, "install ok unpacked");
        let files: Vec<&str> = database.files.iter().map(String::as_str).collect();
        assert_eq!(files, ["/.", "/usr", "/usr/bin/bash", "/usr/lib/libc.so.6"]);
    }

    #[test]
    fn a_status_without_a_version_is_named() {
        assert_eq!(
            parse_status("Package: x\nStatus: install ok installed\n").unwrap_err(),
            "a package lacks its Version"
        );
    }
}
