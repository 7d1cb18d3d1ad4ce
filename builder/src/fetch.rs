//! Lock → pool: brings in the package files that a lock names and the pool lacks.
//!
//! In: a [`Lock`], [`Sources`], a [`Pool`]. Out: [`PoolReady`], the proof that every package of the lock is in the
//! pool with the right SHA-256. A file gets its name in the pool only after its hash was found right; until then it
//! is a `.part` beside it, which the next run goes on with.

use std::fs::{self, File};
use std::io::Read;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use reqwest::StatusCode;

use crate::error::{Error, Refusal, Result};
use crate::lock::{Lock, Package, Sha256};
use crate::mirror::Place;
use crate::parallel::each;
use crate::part::Part;
use crate::pool::{Pool, PoolReady};
use crate::progress::{Progress, Task, Unit};
use crate::sources::Sources;

/// How many packages are fetched at a time.
const PARALLEL: usize = 8;
/// How often a connection that breaks is taken up again, for one package from one source.
const ATTEMPTS: u32 = 4;
/// How long a server may say nothing before the connection counts as broken.
const SILENCE: Duration = Duration::from_secs(30);
/// How long to wait before taking up a broken connection, times the attempt.
const PAUSE: Duration = Duration::from_millis(500);
/// How much is read at a time, in bytes.
const CHUNK: usize = 1 << 17;
/// The most bytes that a small file may have: an archive's largest index has sixty million.
const SMALL: u64 = 1 << 28;

/// Brings in what `pool` lacks of `lock`.
///
/// # Errors
/// [`Refusal::WrongHash`], [`Error::Gone`] naming every package that no source has any more, [`Error::Network`],
/// [`Error::NoMirror`] where something is missing and no source is known.
pub fn fetch(lock: &Lock, sources: &Sources, pool: &Pool, progress: Progress) -> Result<PoolReady> {
    let held = pool.hold()?;
    let missing = held.missing(&lock.packages)?;
    let total: u64 = lock.packages.iter().map(|package| package.size).sum();
    if missing.is_empty() {
        let bytes = indicatif::DecimalBytes(total);
        progress.say(&format!("pool: all {} packages are there ({bytes})", lock.packages.len()));
        return Ok(held.ready());
    }
    if sources.is_empty() {
        return Err(Error::NoMirror);
    }
    let task = progress.task("packages", Unit::Bytes, missing.iter().map(|package| package.size).sum());
    let fetch = Fetch { lock, sources, pool, task, client: client()?, stop: AtomicBool::new(false) };
    let mut gone = Vec::new();
    for (package, outcome) in missing.iter().zip(each(PARALLEL, &missing, |package| fetch.package(package))) {
        match outcome? {
            Outcome::Fetched | Outcome::Stopped => {}
            Outcome::Gone => gone.push(format!("  {} {} ({})", package.name, package.version, package.path)),
        }
    }
    fetch.task.finish();
    if gone.is_empty() {
        Ok(held.ready())
    } else {
        Err(Error::Gone { release: lock.release.clone(), packages: gone.join("\n") })
    }
}

/// A small file, an index, by its SHA-256 from the first of `places` that has it; nothing where none has.
///
/// # Errors
/// [`Error::Network`] where no place has it and one of them did not answer; [`Error::Io`].
pub fn get(places: &[Place], sha256: &Sha256) -> Result<Option<Vec<u8>>> {
    let client = client()?;
    let mut unreachable = None;
    for place in places {
        match small_file(&client, place)? {
            Small::Bytes(bytes) if Sha256::of(&bytes) == *sha256 => return Ok(Some(bytes)),
            Small::Bytes(_) | Small::Nothing => {}
            Small::Broken(reason) => unreachable = Some(Error::Network { url: place.to_string(), reason }),
        }
    }
    unreachable.map_or(Ok(None), Err)
}

/// What a place gives for a small file.
enum Small {
    /// All of it, or its beginning where it is larger than [`SMALL`].
    Bytes(Vec<u8>),
    /// It has no such file.
    Nothing,
    /// It does not answer, for this reason.
    Broken(String),
}

fn small_file(client: &reqwest::blocking::Client, place: &Place) -> Result<Small> {
    let mut bytes = Vec::new();
    match place {
        Place::Folder(path) => match File::open(path) {
            Ok(file) => file.take(SMALL).read_to_end(&mut bytes).map_err(|e| Error::io("read", path, e))?,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Small::Nothing),
            Err(error) => return Err(Error::io("read", path, error)),
        },
        Place::Server(url) => {
            let response = match client.get(url).send() {
                Ok(response) => response,
                Err(error) => return Ok(Small::Broken(causes(&error))),
            };
            match response.status() {
                StatusCode::OK => match response.take(SMALL).read_to_end(&mut bytes) {
                    Ok(count) => count,
                    Err(error) => return Ok(Small::Broken(causes(&error))),
                },
                StatusCode::NOT_FOUND | StatusCode::GONE => return Ok(Small::Nothing),
                status => return Ok(Small::Broken(format!("the server says {status}"))),
            }
        }
    };
    Ok(Small::Bytes(bytes))
}

/// The client for all requests; its time limit is for each read, not for a whole file.
fn client() -> Result<reqwest::blocking::Client> {
    let client = reqwest::blocking::Client::builder()
        .user_agent(concat!("sos-build/", env!("CARGO_PKG_VERSION")))
        .timeout(SILENCE)
        .build();
    client.map_err(|e| Error::Network { url: "anything".into(), reason: causes(&e) })
}

/// One run of [`fetch`].
struct Fetch<'a> {
    lock: &'a Lock,
    sources: &'a Sources,
    pool: &'a Pool,
    task: Task,
    client: reqwest::blocking::Client,
    /// Set by the first error, so that the others stop soon.
    stop: AtomicBool,
}

/// What became of a package.
enum Outcome {
    /// It is in the pool.
    Fetched,
    /// No source has it.
    Gone,
    /// Another package failed first.
    Stopped,
}

/// What one attempt gave.
enum Got {
    /// All of it, with this SHA-256.
    All(Sha256),
    /// The source has no such file.
    Nothing,
    /// The connection broke, for this reason; what came is kept.
    Broken(String),
    /// Another package failed first.
    Stopped,
}

impl Fetch<'_> {
    /// Brings in one package from the first source that has it.
    fn package(&self, package: &Package) -> Result<Outcome> {
        let outcome = self.any_source(package);
        if outcome.is_err() {
            self.stop.store(true, Ordering::Relaxed);
        }
        outcome
    }

    fn any_source(&self, package: &Package) -> Result<Outcome> {
        let part = self.pool.part(package);
        self.task.advance(fs::metadata(part).map_or(0, |metadata| metadata.len()));
        let mut unreachable = None;
        for place in self.sources.offers(self.lock, package) {
            match self.one_source(package, &place) {
                Ok(Outcome::Gone) => {}
                Err(error @ Error::Network { .. }) => unreachable = Some(error),
                ended => return ended,
            }
        }
        unreachable.map_or(Ok(Outcome::Gone), Err)
    }

    /// Brings in one package from one source: a broken connection is taken up again, a wrong hash fetched once more.
    fn one_source(&self, package: &Package, place: &Place) -> Result<Outcome> {
        let (mut broken, mut wrong) = (0, 0);
        while !self.stop.load(Ordering::Relaxed) {
            let mut part = Part::open(self.pool.part(package), package.size, &self.task)?;
            match self.attempt(place, &mut part)? {
                Got::All(found) if found == package.sha256 => {
                    part.rename(&self.pool.file(package))?;
                    return Ok(Outcome::Fetched);
                }
                Got::All(found) => {
                    part.discard()?;
                    wrong += 1;
                    if wrong == 2 {
                        let (url, wanted) = (place.to_string(), package.sha256.to_string());
                        return Err(Refusal::WrongHash { url, wanted, found: found.to_string() }.into());
                    }
                }
                Got::Nothing => return Ok(Outcome::Gone),
                Got::Stopped => return Ok(Outcome::Stopped),
                Got::Broken(reason) => {
                    broken += 1;
                    log::info!("{place}: {reason} (attempt {broken} of {ATTEMPTS})");
                    if broken == ATTEMPTS {
                        return Err(Error::Network { url: place.to_string(), reason });
                    }
                    std::thread::sleep(PAUSE * broken);
                }
            }
        }
        Ok(Outcome::Stopped)
    }

    /// One attempt: goes on with the part that is there.
    fn attempt(&self, place: &Place, part: &mut Part<'_>) -> Result<Got> {
        match place {
            Place::Folder(path) => match File::open(path) {
                Ok(source) => {
                    part.restart()?;
                    self.pour(source, part)
                }
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Got::Nothing),
                Err(error) => Err(Error::io("read", path, error)),
            },
            Place::Server(_) if part.is_full() => Ok(Got::All(part.digest())),
            Place::Server(url) => self.request(url, part),
        }
    }

    /// Asks a server for the rest of the part (RFC 9110, section 14).
    fn request(&self, url: &str, part: &mut Part<'_>) -> Result<Got> {
        let mut request = self.client.get(url);
        if part.have() > 0 {
            request = request.header("Range", format!("bytes={}-", part.have()));
        }
        let response = match request.send() {
            Ok(response) => response,
            Err(error) => return Ok(Got::Broken(causes(&error))),
        };
        match response.status() {
            StatusCode::PARTIAL_CONTENT => self.pour(response, part),
            StatusCode::OK => {
                part.restart()?;
                self.pour(response, part)
            }
            StatusCode::NOT_FOUND | StatusCode::GONE => Ok(Got::Nothing),
            StatusCode::RANGE_NOT_SATISFIABLE => {
                part.restart()?;
                Ok(Got::Broken("the server would not go on where we stopped".into()))
            }
            status => Ok(Got::Broken(format!("the server says {status}"))),
        }
    }

    /// Pours what comes into the part, no more than its size and a little.
    fn pour(&self, mut source: impl Read, part: &mut Part<'_>) -> Result<Got> {
        let mut chunk = vec![0; CHUNK];
        while part.have() <= part.size() {
            if self.stop.load(Ordering::Relaxed) {
                return Ok(Got::Stopped);
            }
            match source.read(&mut chunk) {
                Ok(0) => break,
                Ok(count) => part.write(&chunk[..count])?,
                Err(error) => return Ok(Got::Broken(causes(&error))),
            }
        }
        if part.have() < part.size() {
            return Ok(Got::Broken(format!("it ended after {} of {} bytes", part.have(), part.size())));
        }
        Ok(Got::All(part.digest()))
    }
}

/// An error with the errors behind it.
pub(crate) fn causes(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text = format!("{text}: {cause}");
        source = cause.source();
    }
    text
}
