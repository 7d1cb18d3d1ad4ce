//! What there is to offer: the releases after the image's own, the keys that vouch for them, and a repository of a job's
//! own in which a scenario makes its offers, honest ones and others. `./dev` makes the stock:
//!
//! ```text
//! keys/       root-1, root-2, root-3, targets, online: each .key and .pub
//! repo/       metadata/1.root.json, which the image carries
//! releases/   VERSION/, each with its manifest.json: two of the image's Debian, and one of the next Debian
//! lacking     in place of the latter: what the next Debian's archive lacks these days
//! ```

use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use sos_signing::offer::Rollout;
use sos_signing::{Expected, SigningKey, SlotIndex, Version, repository};

use crate::program::Program;
use crate::world::Releases;
use crate::{Error, Result};

/// Signing hashes a release of some hundred megabytes.
const LIMIT: Duration = Duration::from_secs(300);
/// The root that the image carries.
const ROOT: &str = "1.root.json";

/// Releases and keys.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Stock {
    folder: PathBuf,
}

impl Stock {
    /// The stock in `folder`.
    ///
    /// # Errors
    /// [`Error::Refused`] when it is not there.
    pub fn open(folder: &Path) -> Result<Stock> {
        let found = folder.canonicalize().ok().filter(|found| found.join("repo/metadata").join(ROOT).is_file());
        let folder = found.ok_or_else(|| {
            let what = "there are no releases to update to, and no keys to offer them with";
            Error::Refused(format!(
                "{}: {what}: make them with `./dev`, or name a folder with --releases",
                folder.display()
            ))
        })?;
        Ok(Stock { folder })
    }

    /// The versions in it, oldest first.
    ///
    /// # Errors
    /// [`Error::Refused`] when the first two are not of one Debian, [`Error::File`].
    pub fn versions(&self) -> Result<Vec<Version>> {
        let folder = self.folder.join("releases");
        let entries = std::fs::read_dir(&folder).map_err(Error::file(&folder))?.flatten();
        let mut versions: Vec<Version> =
            entries.filter_map(|entry| entry.file_name().to_str().and_then(|name| name.parse().ok())).collect();
        versions.sort();
        match &versions[..] {
            [first, second, ..] if first.debian() == second.debian() => Ok(versions),
            _ => Err(Error::Refused(format!("{}: there must be two releases at least", folder.display()))),
        }
    }

    /// The release after the image's.
    ///
    /// # Errors
    /// As [`Stock::versions`].
    pub fn next(&self) -> Result<Version> {
        self.versions().map(|versions| versions[0])
    }

    /// The release after that one.
    ///
    /// # Errors
    /// As [`Stock::versions`].
    pub fn after_next(&self) -> Result<Version> {
        self.versions().map(|versions| versions[1])
    }

    /// The first release of the next Debian.
    ///
    /// # Errors
    /// [`Error::Refused`] when there is none, and as [`Stock::versions`].
    pub fn next_debian(&self) -> Result<Version> {
        let versions = self.versions()?;
        let newer = versions.iter().find(|version| version.debian() > versions[0].debian());
        newer.copied().ok_or_else(|| {
            let folder = self.folder.join("releases");
            let missing = "there is no release of the next Debian: make it with `./dev`";
            Error::Refused(format!("{}: {missing}, or name a folder with --releases", folder.display()))
        })
    }

    /// What the next Debian's archive lacks, so that there can be no release of it these days.
    #[must_use]
    pub fn lacking(&self) -> Option<String> {
        let text = std::fs::read_to_string(self.folder.join("lacking")).ok()?;
        Some(text.split_whitespace().collect::<Vec<_>>().join(" "))
    }

    /// The folder of a release.
    #[must_use]
    pub fn release(&self, version: Version) -> PathBuf {
        self.folder.join("releases").join(version.to_string())
    }

    /// The name of the file that fills a slot with a release.
    ///
    /// # Errors
    /// [`Error::Unmet`] when it has none.
    pub fn payload(&self, version: Version) -> Result<String> {
        self.file(version, ".slot")
    }

    /// The index of that file.
    ///
    /// # Errors
    /// [`Error::Unmet`] when it has none.
    pub fn index(&self, version: Version) -> Result<SlotIndex> {
        let path = self.release(version).join(self.file(version, ".slot.json")?);
        let bytes = std::fs::read(&path).map_err(Error::file(&path))?;
        SlotIndex::from_bytes(&bytes).map_err(|error| Error::Unmet(format!("{}: {error}", path.display())))
    }

    /// The file of a release whose name ends so.
    fn file(&self, version: Version, end: &str) -> Result<String> {
        let folder = self.release(version);
        let names = std::fs::read_dir(&folder).map_err(Error::file(&folder))?.flatten();
        let mut names = names.filter_map(|entry| entry.file_name().into_string().ok());
        let found = names.find(|name| name.ends_with(end));
        found.ok_or_else(|| Error::Unmet(format!("{} has no file *{end}", folder.display())))
    }

    /// A private key's file.
    #[must_use]
    pub fn key(&self, name: &str) -> PathBuf {
        self.folder.join("keys").join(format!("{name}.key"))
    }

    /// What a base that is made with it depends on.
    ///
    /// # Errors
    /// [`Error::File`].
    pub fn identity(&self) -> Result<String> {
        let mut hash = Sha256::new();
        let manifests = self.versions()?.into_iter().map(|version| self.release(version).join("manifest.json"));
        for path in manifests.chain([self.folder.join("repo/metadata").join(ROOT)]) {
            hash.update(std::fs::read(&path).map_err(Error::file(&path))?);
        }
        Ok(hex::encode(hash.finalize()))
    }
}

/// A repository of a job's own, in which nothing is offered at first.
#[derive(Debug)]
pub struct Channel {
    /// Releases and keys.
    pub stock: Stock,
    /// The repository's folder: `metadata/` and `targets/`.
    pub folder: PathBuf,
    /// New keys: neither in the repository, which is published, nor in a checkout, where `sos-sign` makes none.
    keys: tempfile::TempDir,
}

impl Channel {
    /// Lays out a new one in `folder`, in place of an older one, and has `server` serve it.
    ///
    /// # Errors
    /// [`Error::File`].
    pub fn lay_out(stock: &Stock, folder: &Path, server: &Releases) -> Result<Channel> {
        if folder.exists() {
            std::fs::remove_dir_all(folder).map_err(Error::file(folder))?;
        }
        let root = stock.folder.join("repo/metadata").join(ROOT);
        for part in ["metadata", "targets"] {
            let path = folder.join(part);
            std::fs::create_dir_all(&path).map_err(Error::file(&path))?;
            server.mount(&format!("/{part}"), &path);
        }
        server.mount("/releases", &stock.folder.join("releases"));
        std::fs::copy(&root, folder.join("metadata").join(ROOT)).map_err(Error::file(&root))?;
        let keys = tempfile::tempdir().map_err(Error::file(&std::env::temp_dir()))?;
        Ok(Channel { stock: stock.clone(), folder: folder.to_owned(), keys })
    }

    /// Offers a release of the stock to everybody.
    ///
    /// # Errors
    /// [`Error::Program`] when `sos-sign` will not.
    pub fn offer(&self, version: Version) -> Result<()> {
        self.offer_folder(&self.stock.release(version), &[])
    }

    /// Offers what is in a folder, with further arguments of `sos-sign add`.
    ///
    /// # Errors
    /// As [`Channel::offer`].
    pub fn offer_folder(&self, release: &Path, further: &[&str]) -> Result<()> {
        let program = self.sign("add").arg(release).arg("--targets-key").arg(self.stock.key("targets"));
        program.arg("--online-key").arg(self.stock.key("online")).args(further).run(LIMIT).map(drop)
    }

    /// Offers what is in a folder as a release of another product, which `sos-sign` would not.
    ///
    /// # Errors
    /// [`Error::Unmet`] when it cannot be signed.
    pub fn offer_product(&self, release: &Path, product: &str) -> Result<()> {
        let key = |name: &str| SigningKey::load(&self.stock.key(name)).map_err(|fault| Error::Unmet(fault.to_string()));
        let now = std::time::UNIX_EPOCH.elapsed().unwrap_or_default().as_secs();
        let add = repository::Add {
            release,
            signed_by: Vec::new(),
            expected: Expected { product: product.into(), ..Expected::default() },
            rollout: Rollout { percent: 100, start: 0 },
            targets_key: key("targets")?,
            online_key: key("online")?,
            expiries: repository::Expiries::from_now(now),
        };
        repository::add(&self.folder, add).map(drop).map_err(|error| Error::Unmet(error.to_string()))
    }

    /// Signs snapshot and timestamp anew, with further arguments of `sos-sign timestamp`.
    ///
    /// # Errors
    /// As [`Channel::offer`].
    pub fn renew(&self, further: &[&str]) -> Result<()> {
        self.renew_by(&self.stock.key("online"), further)
    }

    /// Writes the next root with other keys for root itself, signed by two old ones and two new ones. It has expired
    /// long since, as roots in the middle of a chain have.
    ///
    /// # Errors
    /// As [`Channel::offer`].
    pub fn rotate_root(&self) -> Result<()> {
        let number = self.rotations();
        let (old, new) = (self.keys_of(number), self.keys_of(number + 1));
        let names = ["root-1", "root-2", "root-3"];
        for name in names {
            let keygen = Program::new(beside("sos-sign")).arg("keygen").arg("--out").arg(&new);
            keygen.arg("--name").arg(name).run(LIMIT)?;
        }
        let mut rotate = self.sign("rotate").words("--role root --expires 2021-01-01T00:00:00Z");
        for name in names {
            rotate = rotate.arg("--new").arg(new.join(format!("{name}.pub")));
        }
        for folder in [&old, &new] {
            for name in &names[..2] {
                rotate = rotate.arg("--root-key").arg(folder.join(format!("{name}.key")));
            }
        }
        rotate.run(LIMIT).map(drop)
    }

    /// The names of the keys that may sign a root, as one of the channel's roots has them.
    ///
    /// # Errors
    /// As [`Channel::tamper`].
    pub fn root_keys(&self, root: &str) -> Result<Vec<serde_json::Value>> {
        let document = read_json(&self.folder.join("metadata").join(root))?;
        Ok(document["signed"]["roles"]["root"]["keyids"].as_array().cloned().unwrap_or_default())
    }

    /// Writes the next root with another online key, whose file is given.
    ///
    /// # Errors
    /// As [`Channel::offer`].
    pub fn rotate_online(&self) -> Result<PathBuf> {
        let (root, new) = (self.keys_of(self.rotations()), self.keys.path().to_owned());
        let keygen = Program::new(beside("sos-sign")).arg("keygen").arg("--out").arg(&new);
        keygen.words("--name online").run(LIMIT)?;
        let mut rotate = self.sign("rotate").words("--role online --new").arg(new.join("online.pub"));
        for name in ["root-1", "root-2"] {
            rotate = rotate.arg("--root-key").arg(root.join(format!("{name}.key")));
        }
        rotate.run(LIMIT)?;
        Ok(new.join("online.key"))
    }

    /// Signs snapshot and timestamp anew with an online key.
    ///
    /// # Errors
    /// As [`Channel::offer`].
    pub fn renew_by(&self, online: &Path, further: &[&str]) -> Result<()> {
        self.sign("timestamp").arg("--online-key").arg(online).args(further).run(LIMIT).map(drop)
    }

    /// The keys of a root, counted from 0, which is the image's.
    fn keys_of(&self, number: usize) -> PathBuf {
        if number == 0 { self.stock.folder.join("keys") } else { self.keys.path().join(number.to_string()) }
    }

    /// Rotations of root so far.
    fn rotations(&self) -> usize {
        (1..).take_while(|number| self.keys_of(*number).join("root-1.key").exists()).count()
    }

    /// A command of `sos-sign` about this repository; more arguments follow.
    #[must_use]
    pub fn sign(&self, command: &str) -> Program {
        Program::new(beside("sos-sign")).arg(command).arg(&self.folder)
    }

    /// A copy of a release with another manifest, whose folder is given. Its files are the same ones.
    ///
    /// # Errors
    /// [`Error::File`].
    pub fn altered(&self, version: Version, alter: impl FnOnce(&mut serde_json::Value)) -> Result<PathBuf> {
        let (from, to) = (self.stock.release(version), self.folder.join("altered"));
        std::fs::create_dir_all(&to).map_err(Error::file(&to))?;
        for entry in std::fs::read_dir(&from).map_err(Error::file(&from))?.flatten() {
            let link = to.join(entry.file_name());
            std::os::unix::fs::symlink(entry.path(), &link).map_err(Error::file(&link))?;
        }
        let path = to.join("manifest.json");
        let mut manifest = read_json(&path)?;
        alter(&mut manifest);
        std::fs::remove_file(&path).map_err(Error::file(&path))?;
        write_json(&path, &manifest)?;
        Ok(to)
    }

    /// Alters one file of the metadata without signing it anew.
    ///
    /// # Errors
    /// [`Error::File`].
    pub fn tamper(&self, name: &str, alter: impl FnOnce(&mut serde_json::Value)) -> Result<()> {
        let path = self.folder.join("metadata").join(name);
        let mut document = read_json(&path)?;
        alter(&mut document);
        write_json(&path, &document)
    }
}

/// A program of ours: it was built beside this one.
#[must_use]
pub fn beside(name: &str) -> PathBuf {
    std::env::current_exe().ok().map_or_else(|| name.into(), |own| own.with_file_name(name))
}

fn read_json(path: &Path) -> Result<serde_json::Value> {
    let bytes = std::fs::read(path).map_err(Error::file(path))?;
    serde_json::from_slice(&bytes).map_err(|error| Error::Unmet(format!("{}: {error}", path.display())))
}

fn write_json(path: &Path, document: &serde_json::Value) -> Result<()> {
    std::fs::write(path, format!("{document:#}\n")).map_err(Error::file(path))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stock() -> (tempfile::TempDir, Stock) {
        let folder = tempfile::tempdir().unwrap();
        for version in ["13.20261122.3", "13.20261122.2", "not-a-version"] {
            let release = folder.path().join("releases").join(version);
            std::fs::create_dir_all(&release).unwrap();
            std::fs::write(release.join("manifest.json"), "{\"architecture\": \"amd64\"}").unwrap();
            std::fs::write(release.join("notes"), "").unwrap();
        }
        std::fs::create_dir_all(folder.path().join("repo/metadata")).unwrap();
        std::fs::write(folder.path().join("repo/metadata").join(ROOT), "{}").unwrap();
        let stock = Stock::open(folder.path()).unwrap();
        (folder, stock)
    }

    #[test]
    fn the_releases_are_in_order() {
        let (_folder, stock) = stock();
        assert_eq!(stock.next().unwrap().to_string(), "13.20261122.2");
        assert_eq!(stock.after_next().unwrap().to_string(), "13.20261122.3");
    }

    #[test]
    fn a_release_of_the_next_debian_is_neither_the_next_nor_the_one_after_it() {
        let (folder, stock) = stock();
        assert!(matches!(stock.next_debian(), Err(Error::Refused(said)) if said.contains("the next Debian")));
        std::fs::create_dir(folder.path().join("releases/14.20261030.1")).unwrap();
        assert_eq!(stock.next_debian().unwrap().to_string(), "14.20261030.1");
        assert_eq!(stock.after_next().unwrap().to_string(), "13.20261122.3");
        std::fs::remove_dir_all(folder.path().join("releases/13.20261122.3")).unwrap();
        assert!(stock.versions().is_err(), "one of each is not two to update to");
    }

    #[test]
    fn what_the_next_debian_lacks_is_told_in_a_line() {
        let (folder, stock) = stock();
        assert_eq!(stock.lacking(), None);
        std::fs::write(folder.path().join("lacking"), " dovecot-imapd : Depends: libc6\n  php : Depends: y\n").unwrap();
        assert_eq!(stock.lacking().unwrap(), "dovecot-imapd : Depends: libc6 php : Depends: y");
    }

    #[test]
    fn a_folder_without_a_root_is_refused() {
        let empty = tempfile::tempdir().unwrap();
        assert!(matches!(Stock::open(empty.path()), Err(Error::Refused(said)) if said.contains("--releases")));
    }

    #[test]
    fn an_altered_release_leaves_the_stock_alone() {
        let (folder, stock) = stock();
        let channel = Channel::lay_out(&stock, &folder.path().join("channel"), &Releases::default()).unwrap();
        let version = stock.next().unwrap();
        let altered = channel.altered(version, |manifest| manifest["architecture"] = "arm64".into()).unwrap();
        let read = |folder: &Path| std::fs::read_to_string(folder.join("manifest.json")).unwrap();
        assert!(read(&altered).contains("arm64") && read(&stock.release(version)).contains("amd64"));
        assert!(altered.join("notes").exists());
    }
}
