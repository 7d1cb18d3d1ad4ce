//! The checkout: where the definition, the locks, the overlays and the cache are.
//!
//! In: a folder inside the checkout. Out: [`Repository`], paths.

use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use crate::definition::Definition;
use crate::error::{Error, Refusal, Result};
use crate::lock::Lock;

/// A checkout of this repository.
#[derive(Debug, Clone)]
pub struct Repository {
    root: PathBuf,
}

impl Repository {
    /// The checkout that `start` is in.
    ///
    /// # Errors
    /// [`Error::NoRepository`].
    pub fn find(start: &Path) -> Result<Self> {
        let start = start.canonicalize().map_err(|e| Error::io("read", start, e))?;
        let root = start.ancestors().find(|folder| folder.join("image/releases").is_dir());
        root.map(|root| Self { root: root.to_owned() }).ok_or(Error::NoRepository { path: start })
    }

    /// Its root.
    #[must_use]
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Where overlays are.
    #[must_use]
    pub fn overlays(&self) -> PathBuf {
        self.root.join("overlays")
    }

    /// Where the cache is unless told otherwise.
    #[must_use]
    pub fn default_cache(&self) -> PathBuf {
        self.root.join("target/sos")
    }

    /// Where the lock of `release` is.
    #[must_use]
    pub fn lock_file(&self, release: &str) -> PathBuf {
        self.root.join("image/locks").join(format!("{release}.lock"))
    }

    /// Where it is written what the horizon looks at.
    #[must_use]
    pub fn outlook(&self) -> PathBuf {
        self.root.join("image/horizon.toml")
    }

    /// The definition of the release before `release`, where one is defined, and those of `release` and of later ones, by
    /// their numbers.
    ///
    /// # Errors
    /// As [`Repository::definition`].
    pub fn definitions_around(&self, release: &str) -> Result<(Option<Definition>, Vec<Definition>)> {
        let ours = self.definition(release)?;
        let mut all = self.releases()?.iter().map(|name| self.definition(name)).collect::<Result<Vec<_>>>()?;
        all.sort_by_key(|definition| definition.version_prefix);
        let before = all.iter().rfind(|one| one.version_prefix < ours.version_prefix).cloned();
        let later = all.into_iter().filter(|one| one.version_prefix > ours.version_prefix);
        Ok((before, [ours.clone()].into_iter().chain(later).collect()))
    }

    /// The definition of `release`.
    ///
    /// # Errors
    /// [`Error::UnknownRelease`] naming those there are, [`Error::Malformed`].
    pub fn definition(&self, release: &str) -> Result<Definition> {
        let known = self.releases()?;
        if !known.iter().any(|name| name == release) {
            return Err(Error::UnknownRelease { release: release.to_owned(), known: known.join(", ") });
        }
        let file = self.root.join("image/releases").join(format!("{release}.toml"));
        Definition::load(release, &file, &self.overlays())
    }

    /// The committed lock of `definition`, or another at `path`.
    ///
    /// # Errors
    /// [`Error::NoLock`], [`Error::LockOutdated`] where the definition has changed since, [`Error::Malformed`],
    /// [`Refusal::LockEdited`], [`Refusal::ClockBeforeLock`].
    pub fn lock(&self, definition: &Definition, path: Option<&Path>) -> Result<Lock> {
        let path = path.map_or_else(|| self.lock_file(&definition.release), Path::to_owned);
        if !path.exists() {
            return Err(Error::NoLock { lock: path, release: definition.release.clone() });
        }
        let lock = Lock::load(&path)?;
        if lock.definition_sha256 != definition.digest() {
            return Err(Error::LockOutdated { lock: path, release: definition.release.clone() });
        }
        check_clock(&lock, &path, SystemTime::now())?;
        Ok(lock)
    }

    /// The releases that are defined, sorted.
    fn releases(&self) -> Result<Vec<String>> {
        let folder = self.root.join("image/releases");
        let failed = |e| Error::io("read", &folder, e);
        let mut releases = Vec::new();
        for entry in std::fs::read_dir(&folder).map_err(failed)? {
            let name = entry.map_err(failed)?.file_name();
            releases.extend(name.to_str().and_then(|name| name.strip_suffix(".toml")).map(str::to_owned));
        }
        releases.sort();
        Ok(releases)
    }
}

/// A clock that stands before the newest archive of the lock is wrong, and with it every judgement of what has expired.
fn check_clock(lock: &Lock, path: &Path, now: SystemTime) -> Result<()> {
    let made = SystemTime::UNIX_EPOCH + Duration::from_secs(lock.source_date_epoch);
    if now >= made {
        return Ok(());
    }
    let now = now.duration_since(SystemTime::UNIX_EPOCH).map_or(0, |since| since.as_secs());
    let (clock, made) = (time_text(now), time_text(lock.source_date_epoch));
    Err(Refusal::ClockBeforeLock { clock, lock: path.to_owned(), made }.into())
}

/// Seconds since 1970 for people, UTC (RFC 3339).
fn time_text(seconds: u64) -> String {
    let time = i64::try_from(seconds).ok().and_then(|seconds| time::OffsetDateTime::from_unix_timestamp(seconds).ok());
    let text = time.and_then(|time| time.format(&time::format_description::well_known::Rfc3339).ok());
    text.unwrap_or_else(|| format!("{seconds} seconds after 1970"))
}
