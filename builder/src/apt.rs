//! The host's apt in a private root: fetches and verifies the archives' indexes, and solves.
//!
//! In: a definition's archives, a mirror, a keyring. Out: indexes whose InRelease has a good signature, and apt's
//! answer to «what would be installed into an empty root?». Nothing of the host's own apt is read or changed, and
//! no root rights are needed.

use std::fs;
use std::path::{Path, PathBuf};

use crate::command::{DISK_FULL, Finished, NETWORK, Run};
use crate::definition::Archive;
use crate::error::{Error, Refusal, Result};
use crate::lock::Kind;
use crate::mirror::Mirror;
use crate::progress::{Progress, Unit};

/// A private apt.
#[derive(Debug)]
pub struct Apt {
    root: PathBuf,
    keyring: PathBuf,
    archives: Vec<Archive>,
}

/// A `Packages` index that apt has verified, and the `InRelease` that vouches for it.
#[derive(Debug)]
pub struct Index {
    /// The suite as asked for.
    pub suite: String,
    /// Its path beside the `InRelease`: «main/binary-amd64/Packages».
    pub path: String,
    /// The `Packages` file.
    pub packages: PathBuf,
    /// The `InRelease` file.
    pub inrelease: PathBuf,
}

/// One package of a solution.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Chosen {
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: String,
    /// Its architecture, or «all».
    pub architecture: String,
}

impl Apt {
    /// Prepares a private root in `root`, keeping the indexes that are there from last time.
    ///
    /// # Errors
    /// [`Error::NoKeyring`], or [`Error::Io`] where the root cannot be made.
    pub fn prepare(
        root: &Path,
        architecture: &str,
        archives: &[Archive],
        mirror: &Mirror,
        keyring: &Path,
    ) -> Result<Self> {
        if !keyring.is_file() {
            return Err(Error::NoKeyring { path: keyring.to_owned() });
        }
        let keyring = keyring.canonicalize().map_err(|e| Error::io("read", keyring, e))?;
        for folder in [
            "etc/apt.conf.d",
            "etc/preferences.d",
            "etc/trusted.gpg.d",
            "lists/partial",
            "cache/archives/partial",
            "state",
        ] {
            let path = root.join(folder);
            fs::create_dir_all(&path).map_err(|e| Error::io("create", &path, e))?;
        }
        let root = root.canonicalize().map_err(|e| Error::io("read", root, e))?;
        let write = |name: &str, text: &str| {
            let path = root.join(name);
            fs::write(&path, text).map_err(|e| Error::io("write", &path, e))
        };
        write("status", "")?;
        write("apt.conf", &configuration(&root, architecture, mirror.min_valid_seconds()))?;
        write("etc/archives.sources", &sources(archives, mirror, &keyring))?;
        Ok(Self { keyring, archives: archives.to_owned(), root })
    }

    /// What to prefer where an archive has a package in several versions (apt_preferences(5)).
    ///
    /// # Errors
    /// [`Error::Io`] where it cannot be written.
    pub fn prefer(&self, preferences: &str) -> Result<()> {
        let path = self.root.join("etc/preferences");
        fs::write(&path, preferences).map_err(|e| Error::io("write", &path, e))
    }

    /// Fetches the indexes and verifies them.
    ///
    /// # Errors
    /// A [`Refusal`] where an archive is not to be trusted, [`Error::Network`] where it cannot be fetched.
    pub fn update(&self, progress: Progress) -> Result<()> {
        let task = progress.task("indexes", Unit::Percent, 100);
        let finished =
            self.run("apt-get").args(["-q", "-o", "APT::Status-Fd=1", "update"]).finish_with(&mut |line| {
                if let Some((percent, what)) = download_status(line) {
                    task.set(percent);
                    task.message(what);
                }
            })?;
        if !finished.status.success() {
            return Err(self.explain(&finished));
        }
        task.finish();
        Ok(())
    }

    /// The indexes that [`Apt::update`] left, in the order of the archives.
    ///
    /// # Errors
    /// [`Error::Command`] where apt does not answer.
    pub fn indexes(&self) -> Result<Vec<Index>> {
        let format = "$(RELEASE)\t$(COMPONENT)\t$(ARCHITECTURE)\t$(FILENAME)";
        let lines = self.run("apt-get").args(["indextargets", "--format", format, "Identifier: Packages"]).run()?;
        let mut indexes: Vec<Index> = lines.lines().filter_map(index).collect();
        let place = |index: &Index| self.archives.iter().position(|archive| archive.suite == index.suite);
        indexes.sort_by_key(|index| (place(index), index.packages.clone()));
        Ok(indexes)
    }

    /// What apt would install for `wanted` and the essential packages into an empty root, sorted.
    ///
    /// # Errors
    /// [`Error::Unsatisfiable`] with apt's words; `set` is for that message.
    pub fn solve(&self, set: &'static str, wanted: &[&str]) -> Result<Vec<Chosen>> {
        let install = self.run("apt-get").args(["-q", "--simulate", "install", "?essential"]).args(wanted);
        let finished = install.finish_with(&mut |_| {})?;
        if !finished.status.success() {
            return Err(Error::Unsatisfiable { set, reason: unmet(&finished) });
        }
        let mut chosen: Vec<Chosen> = finished.stdout.lines().filter_map(chosen).collect();
        chosen.sort();
        Ok(chosen)
    }

    fn run(&self, program: &str) -> Run {
        Run::new(program).inherit(NETWORK).env("APT_CONFIG", self.root.join("apt.conf"))
    }

    /// Which of our errors a failed update is, by apt's words (those of apt 2.6 with gpgv and of apt 3.0 with sqv).
    fn explain(&self, finished: &Finished) -> Error {
        if finished.stderr.contains(DISK_FULL) {
            return Error::DiskFull { path: self.root.clone() };
        }
        let said: Vec<&str> =
            finished.stderr.lines().filter(|line| line.starts_with("E: ") || line.starts_with("W: ")).collect();
        if let Some((sort, line)) = sort(&said) {
            return self.refusal(sort, line[3..].trim_end_matches('.').to_owned());
        }
        let reason = if said.is_empty() { finished.stderr.trim().to_owned() } else { said.join("\n") };
        let of = |kind| self.archives.iter().find(|archive| archive.kind == kind).map(|archive| archive.suite.as_str());
        let url = of(Kind::Main)
            .or_else(|| of(Kind::Security))
            .map_or_else(String::new, |suite| format!("the indexes of {suite}"));
        Error::Network { url, reason }
    }

    fn refusal(&self, sort: Sort, detail: String) -> Error {
        let archive = self.archives.iter().map(|archive| archive.suite.as_str());
        let archive =
            archive.filter(|suite| names(&detail, suite)).max_by_key(|suite| suite.len()).unwrap_or("?").to_owned();
        match sort {
            Sort::Key => Refusal::KeyMissing { archive, keyring: self.keyring.clone(), detail }.into(),
            Sort::Expired => Refusal::ArchiveExpired { archive, detail }.into(),
            Sort::Signature => Refusal::ArchiveSignatureWrong { archive, detail }.into(),
            Sort::Index => Refusal::IndexWrong { archive, detail }.into(),
        }
    }
}

/// What may be untrusted about an archive.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Sort {
    Key,
    Expired,
    Signature,
    Index,
}

/// apt's words for each, the telling ones first: «is not signed» follows all of them.
const SORTS: &[(Sort, &[&str])] = &[
    (Sort::Key, &["NO_PUBKEY", "Missing key", "public key is not available"]),
    (Sort::Expired, &["is expired (invalid since", "is not valid yet", "EXPKEYSIG", "EXPSIG"]),
    (Sort::Signature, &["BADSIG", "Bad signature", "NODATA", "is not (yet) available", "Message has been manipulated"]),
    (
        Sort::Signature,
        &[
            "is not signed",
            "no longer signed",
            "Clearsigned file isn't valid",
            "signatures were invalid",
            "OpenPGP signature verification failed",
        ],
    ),
    (Sort::Index, &["Hash Sum mismatch", "File has unexpected size", "Hashes of expected file"]),
];

/// What is untrusted by apt's messages, and the message that says so.
fn sort<'a>(said: &[&'a str]) -> Option<(Sort, &'a str)> {
    SORTS.iter().find_map(|(sort, words)| {
        let line = said.iter().find(|line| words.iter().any(|word| line.contains(word)))?;
        Some((*sort, *line))
    })
}

/// Whether one of apt's messages is about `suite`: « trixie InRelease», «dists/trixie/InRelease».
fn names(message: &str, suite: &str) -> bool {
    [format!(" {suite} InRelease"), format!(" {suite} Release"), format!("dists/{suite}/"), format!(" {suite}/")]
        .iter()
        .any(|form| message.contains(form.as_str()))
}

/// The private root's apt.conf(5). `min_valid` are seconds; 0 leaves it to the archive.
fn configuration(root: &Path, architecture: &str, min_valid: u64) -> String {
    let root = root.display();
    format!(
        r#"Dir "{root}";
Dir::State "{root}/state";
Dir::State::lists "{root}/lists";
Dir::State::status "{root}/status";
Dir::Cache "{root}/cache";
Dir::Etc "{root}/etc";
Dir::Etc::sourcelist "{root}/etc/archives.sources";
Dir::Etc::sourceparts "-";
Dir::Log "{root}";
APT::Architecture "{architecture}";
APT::Architectures {{ "{architecture}"; }};
APT::Install-Recommends "false";
APT::Install-Suggests "false";
APT::Sandbox::User "root";
APT::Update::Error-Mode "any";
// The same solver on every host, and no apt in the image just because apt is asked.
APT::Solver "internal";
pkgCacheGen::ForceEssential ",";
Acquire::Languages "none";
Acquire::GzipIndexes "false";
Acquire::Retries "3";
Acquire::Min-ValidTime "{min_valid}";
"#
    )
}

/// The private root's sources.list(5), verified with `keyring` only.
fn sources(archives: &[Archive], mirror: &Mirror, keyring: &Path) -> String {
    let stanza = |archive: &Archive| {
        format!(
            "Types: deb\nURIs: {}\nSuites: {}\nComponents: {}\nSigned-By: {}\n",
            mirror.base(archive.kind).apt_uri(),
            archive.suite,
            archive.components.join(" "),
            keyring.display(),
        )
    };
    archives.iter().map(stanza).collect::<Vec<_>>().join("\n")
}

/// `dlstatus:5:90.92:Retrieving file 5 of 9`: the percentage and the words.
fn download_status(line: &str) -> Option<(u64, &str)> {
    let mut fields = line.strip_prefix("dlstatus:")?.splitn(3, ':');
    let percent = fields.nth(1)?.split('.').next()?.parse().ok()?;
    Some((percent, fields.next()?))
}

/// One line of `apt-get indextargets`.
fn index(line: &str) -> Option<Index> {
    let mut fields = line.split('\t');
    let (suite, component, architecture) = (fields.next()?, fields.next()?, fields.next()?);
    let packages = fields.next()?;
    let path = format!("{component}/binary-{architecture}/Packages");
    let prefix = packages.strip_suffix(&format!("_{}", path.replace('/', "_")))?;
    let inrelease = format!("{prefix}_InRelease").into();
    Some(Index { suite: suite.to_owned(), path, packages: packages.into(), inrelease })
}

/// `Inst bash (5.2.37-2 Debian:13/stable [amd64]) […]`.
fn chosen(line: &str) -> Option<Chosen> {
    let (name, rest) = line.strip_prefix("Inst ")?.split_once(' ')?;
    let (inside, _) = rest.split_once('(')?.1.split_once(')')?;
    let (version, rest) = inside.split_once(' ')?;
    let architecture = rest.rsplit_once('[')?.1.trim_end_matches(']');
    let name = name.split(':').next()?;
    Some(Chosen { name: name.to_owned(), version: version.to_owned(), architecture: architecture.to_owned() })
}

/// What apt says of an impossible request, without its small talk.
fn unmet(finished: &Finished) -> String {
    let told = finished.stdout.split_once("unmet dependencies:\n").map(|(_, told)| told.trim_end().to_owned());
    told.unwrap_or_else(|| finished.stderr.trim_end().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn apts_answer_is_read_line_by_line() {
        let line =
            "Inst libc6 (2.41-12 Debian:13.8/stable, Debian-Security:13/stable-security [amd64]) [gcc-14-base:amd64 ]";
        let expected = Chosen { name: "libc6".into(), version: "2.41-12".into(), architecture: "amd64".into() };
        assert_eq!(chosen(line), Some(expected));
        assert_eq!(chosen("Conf libc6 (2.41-12 Debian:13.8/stable [amd64])"), None);
        assert_eq!(chosen("Inst"), None);
    }

    #[test]
    fn the_status_lines_of_a_download_become_a_percentage() {
        assert_eq!(download_status("dlstatus:7:90.9241:Retrieving file 7 of 9"), Some((90, "Retrieving file 7 of 9")));
        assert_eq!(download_status("Get:1 http://x trixie InRelease"), None);
    }

    #[test]
    fn what_gpgv_and_sqv_say_is_understood() {
        let vectors = [
            (
                Sort::Key,
                "W: GPG error: http://m.example/debian trixie InRelease: The following signatures couldn't be verified because the public key is not available: NO_PUBKEY 78DBA3BC47EF2265",
            ),
            (
                Sort::Key,
                "W: OpenPGP signature verification failed: http://m.example/debian trixie InRelease: Sub-process /usr/bin/sqv returned an error code (1), error message is: Missing key 4CB50190207B4758A3F73A796ED0E7B82643E131, which is needed to verify signature.",
            ),
            (
                Sort::Expired,
                "W: GPG error: http://m.example/debian trixie InRelease: The following signatures were invalid: EXPKEYSIG 78DBA3BC47EF2265 Debian Archive",
            ),
            (
                Sort::Expired,
                "E: Release file for http://m.example/debian/dists/trixie/InRelease is not valid yet (invalid for another 3h). Updates for this repository will not be applied.",
            ),
            (
                Sort::Signature,
                "W: GPG error: http://m.example/debian trixie InRelease: The following signatures were invalid: BADSIG 78DBA3BC47EF2265 Debian Archive",
            ),
        ];
        for (expected, line) in vectors {
            let said = ["E: The repository 'http://m.example/debian trixie InRelease' is not signed.", line];
            assert_eq!(sort(&said), Some((expected, line)));
            assert!(names(line, "trixie"));
        }
    }

    #[test]
    fn a_mirror_in_the_middle_of_an_update_is_told_from_one_that_is_away() {
        let line = "E: Failed to fetch http://m.example/debian/dists/trixie/main/binary-amd64/Packages.xz  File has unexpected size (2 != 3). Mirror sync in progress?";
        assert_eq!(sort(&[line]), Some((Sort::Index, line)));
        let line = "E: Failed to fetch http://m.example/debian/dists/trixie/InRelease  Could not resolve 'm.example'";
        assert_eq!(sort(&[line]), None);
    }

    #[test]
    fn a_message_about_updates_is_not_taken_for_one_about_the_release() {
        let message = "E: Release file for http://m.example/debian/dists/trixie-updates/InRelease is expired";
        assert!(names(message, "trixie-updates"));
        assert!(!names(message, "trixie"));
    }

    #[test]
    fn an_index_lies_beside_the_file_that_vouches_for_it() {
        let found = index("trixie\tmain\tamd64\t/r/lists/m_dists_trixie_main_binary-amd64_Packages").unwrap();
        assert_eq!(found.inrelease, Path::new("/r/lists/m_dists_trixie_InRelease"));
        assert_eq!(found.path, "main/binary-amd64/Packages");
    }
}
