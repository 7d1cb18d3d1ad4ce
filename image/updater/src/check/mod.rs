//! Asks a channel whether it has something newer, and fetches what says what that is: notes and the slot's index.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

use serde::Deserialize;
use sos_ipc::UpdatePhase;
use sos_provision::Device;
use sos_signing::offer::{self, Asker, Expiry, Offer, OfferError, Source as _};
use sos_signing::{Artefact, Digest, INDEX_LIMIT, Kind, SlotIndex, Version};

mod found;
#[cfg(test)]
mod tests;

pub use found::Found;

use crate::error::UpdateError;
use crate::progress::AtWork;
use crate::source::{Bundle, Channel, Http, Limits};
use crate::store::{Candidate, Checked};

/// What the image knows of its channel.
const ROOT: &str = "/usr/share/sos/update/root.json";
const CHANNEL: &str = "/usr/share/sos/update/channel.toml";
/// TUF's trusted metadata, in the store.
const TRUSTED: &str = "tuf";
/// Most bytes of notes.
const NOTES_LIMIT: u64 = 64 << 10;
/// So often is a release tried.
const TRIES: u32 = 3;
/// The first wait after a fault, and the longest, in seconds.
const BACK_OFF: (u64, u64) = (3600, 24 * 3600);
/// systemd-timesyncd's word that the network set the clock since the boot.
const SYNCHRONISED: &str = "/run/systemd/timesync/synchronized";
/// A clock that is so many years after the image's making is wrong.
const YEARS: u64 = 8;

/// `channel.toml`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Named {
    url: String,
}

/// Whether the timer asks again, or waits after faults: an hour, two, four, at most a day. A person is never kept
/// waiting.
#[must_use]
pub fn is_due(checked: Option<&Checked>, now: u64) -> bool {
    let Some(Checked { at, faults: faults @ 1.., .. }) = checked else { return true };
    let wait = BACK_OFF.0.saturating_mul(1 << (faults - 1).min(16)).min(BACK_OFF.1);
    // A little less, as what took a minute yesterday must not cost today's night. Before `at`, the clock was set.
    now < *at || now - at >= wait - wait / 8
}

/// Looks for something newer: in the image's channel, or in the bundle `from`.
///
/// # Errors
/// When the channel cannot be had or is not to be trusted, and for a bundle also when it holds nothing newer.
pub fn check(work: &AtWork, from: Option<&Path>) -> Result<Option<Found>, UpdateError> {
    work.say(UpdatePhase::Checking);
    let found = look(work, from);
    match &found {
        Err(error) => note(work, Some(error))?,
        Ok(None) => {
            work.store().remove::<Candidate>()?;
            note(work, None)?;
        }
        Ok(Some(found)) => {
            work.store().put(&found.candidate())?;
            // Faults go on counting until it is staged, too: else a staging that always breaks would never wait longer.
            let faults = faults(work);
            work.store().put(&Checked { at: now(), fault: None, faults })?;
        }
    }
    found
}

/// Notes how an asking, or the staging behind it, ended.
pub(crate) fn note(work: &AtWork, fault: Option<&UpdateError>) -> Result<(), UpdateError> {
    let faults = fault.map_or(0, |_| faults(work).saturating_add(1));
    work.store().put(&Checked { at: now(), fault: fault.map(ToString::to_string), faults })
}

fn faults(work: &AtWork) -> u32 {
    work.store().get::<Checked>().map_or(0, |checked| checked.faults)
}

fn look(work: &AtWork, from: Option<&Path>) -> Result<Option<Found>, UpdateError> {
    let device = work.device();
    let channel = match from {
        Some(path) => Channel::Bundle(Bundle::open(path)?),
        None => Channel::Http(Http::new(&address(device)?, Limits::default())?),
    };
    let running = running(device)?;
    let Some(offer) = newest(work, &channel, running)? else {
        return match from {
            Some(path) => Err(UpdateError::Unfit(format!("{} has nothing newer than {running}", path.display()))),
            None => Ok(None),
        };
    };
    let version = offer.manifest().version;
    if work.store().failures(version) >= TRIES {
        eprintln!("{version} is offered, and was tried {TRIES} times: it is left alone");
        return Ok(None);
    }
    read_about(offer, channel).map(Some)
}

fn newest(work: &AtWork, channel: &Channel, running: Version) -> Result<Option<Offer>, UpdateError> {
    let device = work.device();
    let root = device.path(ROOT);
    let root = fs::read(&root).map_err(UpdateError::file("read", &root))?;
    let trusted = work.store().path(TRUSTED);
    fs::create_dir_all(&trusted).map_err(UpdateError::file("make", &trusted))?;
    let now = credible(device, now(), running);
    let asker = Asker {
        root: &root,
        store: &trusted,
        running,
        architecture: architecture(),
        device: &identity(device)?,
        now,
        expiry: match channel {
            Channel::Http(_) => Expiry::Enforced(now),
            Channel::Bundle(_) => Expiry::Ignored,
        },
    };
    offer::newest(&asker, channel).map_err(|error| match error {
        OfferError::Refused(refusal) => UpdateError::Offer(refusal),
        other => UpdateError::Channel(other.to_string()),
    })
}

/// Fetches what tells about a release, and holds it to what was signed.
fn read_about(offer: Offer, channel: Channel) -> Result<Found, UpdateError> {
    let of = |kind: Kind| {
        let missing = || UpdateError::Unfit(format!("{} has no {kind:?}", offer.manifest().version));
        offer.manifest().artefact(&kind).cloned().ok_or_else(missing)
    };
    let (payload, index) = (of(Kind::slot())?, of(Kind::slot_index())?);
    let (digest, bytes) = (index.sha256, fetch(&offer, &channel, &index, INDEX_LIMIT)?);
    let index = SlotIndex::from_bytes(&bytes)?;
    if index.payload_size() != payload.size {
        let (is, told) = (payload.size, index.payload_size());
        return Err(UpdateError::Unfit(format!("{} has {is} bytes, and its index tells of {told}", payload.name)));
    }
    let notes = match of(Kind::notes()) {
        Ok(notes) => read_notes(&notes.name, &fetch(&offer, &channel, &notes, NOTES_LIMIT)?)?,
        Err(_) => BTreeMap::new(),
    };
    let (version, payload) = (offer.manifest().version, (offer.path(&payload), payload.size));
    Ok(Found { version, channel, payload, index, digest, notes })
}

fn read_notes(name: &str, bytes: &[u8]) -> Result<BTreeMap<String, String>, UpdateError> {
    serde_json::from_slice(bytes).map_err(|error| UpdateError::Unfit(format!("{name}: {error}")))
}

fn fetch(offer: &Offer, channel: &Channel, artefact: &Artefact, limit: u64) -> Result<Vec<u8>, UpdateError> {
    let path = offer.path(artefact);
    if artefact.size > limit {
        return Err(UpdateError::Unfit(format!("{path} has {} bytes, and {limit} are the most", artefact.size)));
    }
    let bytes = channel.read(&path, artefact.size).map_err(|error| UpdateError::Channel(error.to_string()))?;
    if bytes.len() as u64 != artefact.size || Digest::of(&bytes) != artefact.sha256 {
        return Err(UpdateError::Channel(format!("{path} is not the file that was signed")));
    }
    Ok(bytes)
}

/// Where releases are offered.
fn address(device: &Device) -> Result<String, UpdateError> {
    let path = device.path(CHANNEL);
    let text = fs::read_to_string(&path).map_err(|error| match error.kind() {
        std::io::ErrorKind::NotFound => {
            UpdateError::Unfit("this image names no place where releases are offered".into())
        }
        _ => UpdateError::file("read", &path)(error),
    })?;
    Ok(toml::from_str::<Named>(&text).map_err(|error| UpdateError::malformed(&path, error))?.url)
}

/// The version that runs.
///
/// # Errors
/// When the image does not say it.
pub fn running(device: &Device) -> Result<Version, UpdateError> {
    let version = device.image()?.version;
    version.parse().map_err(|error| UpdateError::malformed(&device.path("/usr/share/sos/image.toml"), error))
}

/// What stays the same for a device, and tells nobody who it is.
fn identity(device: &Device) -> Result<[u8; 32], UpdateError> {
    let path = device.path("/etc/machine-id");
    let id = fs::read_to_string(&path).map_err(UpdateError::file("read", &path))?;
    Ok(*Digest::of(format!("sos update {}", id.trim()).as_bytes()).as_bytes())
}

/// The time to ask with. A clock counts when the network set it since the boot, and only for some years: even then, one
/// that is far ahead must not make everything look expired.
fn credible(device: &Device, clock: u64, running: Version) -> u64 {
    let made = offer::credible(clock, false, running);
    let synchronised = device.path(SYNCHRONISED).exists() && clock < made.saturating_add(YEARS * 365 * 24 * 3600);
    offer::credible(clock, synchronised, running)
}

/// Debian's name of this machine's architecture.
fn architecture() -> &'static str {
    match std::env::consts::ARCH {
        "x86_64" => "amd64",
        "aarch64" => "arm64",
        other => other,
    }
}

/// Seconds since 1970, by whatever clock there is.
pub(crate) fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
}
