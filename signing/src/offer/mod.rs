//! What a channel offers to a device: TUF's client side (TUF 1.0.34, section 5), by `tough`.
//!
//! In: the root that the image carries, what was trusted before, and a [`Source`] of the channel's small files. Out: an
//! [`Offer`], whose manifest is vouched for by the channel's roles, or the reason why not.
//!
//! [`newest`] does, in this order:
//!
//! 1. begins from the newest root it knows, kept or the image's, and follows the chain of roots as far as it goes. Each
//!    is signed by enough keys of the one before. It does not matter which of them expired meanwhile: a device two years
//!    behind gets to the newest;
//! 2. fetches timestamp, snapshot and the list of releases, each signed by the keys that the newest root names, each the
//!    file that the one before speaks of, none older than what was here before;
//! 3. keeps what was verified so far, whatever comes next;
//! 4. refuses what expired ([`Expiry`]);
//! 5. chooses the newest release that is newer than what runs and whose [`Rollout`] this device belongs to, and fetches
//!    and checks its manifest.

mod choose;
mod clock;
mod explain;
mod refusal;
mod rollout;
mod source;
mod store;

use std::panic::resume_unwind;
use std::path::Path;
use std::thread;

use tough::{ExpirationEnforcement, Limits, RepositoryLoader};
use url::Url;

pub(crate) use choose::{target_name, target_version};
pub use clock::credible;
pub use refusal::{OfferError, OfferRefusal};
pub(crate) use rollout::OURS;
pub use rollout::Rollout;
pub use source::{Source, SourceError};

use crate::limits;
use crate::manifest::Manifest;
use crate::version::Version;
use source::{BASE, Questions, questions};
use store::Store;

/// Whether the metadata's expiry counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Expiry {
    /// It does, by this time, seconds since 1970: from a web server. [`credible`] says which time to ask with.
    Enforced(u64),
    /// It does not, nor does the rollout: a bundle carried by hand. Signatures and versions count all the same.
    Ignored,
}

/// Who asks.
#[derive(Debug, Clone)]
pub struct Asker<'a> {
    /// The `root.json` of the image.
    pub root: &'a [u8],
    /// Where TUF's trusted metadata is kept between two askings.
    pub store: &'a Path,
    /// The version that runs: nothing older is offered.
    pub running: Version,
    /// Debian's name of the architecture.
    pub architecture: &'a str,
    /// Some number that stays the same for this device and differs between devices: for staged rollouts.
    pub device: &'a [u8],
    /// The time, seconds since 1970, for staged rollouts; [`credible`] as well.
    pub now: u64,
    /// Whether expiry counts.
    pub expiry: Expiry,
}

/// A newer release, vouched for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Offer {
    manifest: Manifest,
}

impl Offer {
    /// What was signed: a newer version than the asker's, for its product and architecture.
    #[must_use]
    pub fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// Where an artefact is, relative to the channel: `releases/VERSION/NAME`.
    #[must_use]
    pub fn path(&self, artefact: &crate::Artefact) -> String {
        format!("releases/{}/{}", self.manifest.version, artefact.name)
    }
}

/// Asks a channel for the newest release for the asker: none when the asker runs it already, or is not to have it yet.
///
/// The source is read on the calling thread; it may block. It must itself end what is too slow.
///
/// # Errors
///
/// [`OfferError::Refused`] for what is untrusted or unfit, [`OfferError::Source`] when the channel could not be read,
/// [`OfferError::Fault`] when the store could not, or the image's root is none.
pub fn newest(asker: &Asker<'_>, source: &dyn Source) -> Result<Option<Offer>, OfferError> {
    let store = Store::open(asker.store)?;
    let (ask, asked) = questions();
    thread::scope(|scope| {
        let client = thread::Builder::new()
            .name("tuf".into())
            .spawn_scoped(scope, move || client(asker, &store, ask))
            .map_err(|error| OfferError::Fault(format!("cannot start a thread: {error}")))?;
        // Ends when the client does, and drops its end.
        for request in asked {
            request.answer(source);
        }
        client.join().unwrap_or_else(|panic| resume_unwind(panic))
    })
}

fn client(asker: &Asker<'_>, store: &Store, ask: Questions) -> Result<Option<Offer>, OfferError> {
    let fault = |error: &dyn std::fmt::Display| OfferError::Fault(format!("cannot ask the channel: {error}"));
    let runtime = tokio::runtime::Builder::new_current_thread().build().map_err(|error| fault(&error))?;
    let place = |folder: &str| Url::parse(&format!("{BASE}{folder}/")).map_err(|error| fault(&error));
    let (metadata, targets) = (place("metadata")?, place("targets")?);
    let kept = store.root(asker.root);
    let from_kept = kept.is_some();
    let root = kept.unwrap_or_else(|| asker.root.to_vec());
    let loader = RepositoryLoader::new(&root, metadata, targets)
        .transport(ask)
        .limits(LIMITS)
        .datastore(store.working())
        // tough knows the system's clock only.
        .expiration_enforcement(ExpirationEnforcement::Unsafe);
    runtime.block_on(async {
        let loaded = loader.load().await.map_err(explain::explain);
        if let (Ok(repository), false) = (&loaded, from_kept) {
            store.not_older(repository)?;
        }
        let kept = store.keep();
        let repository = loaded?;
        kept?;
        clock::not_expired(&repository, asker.expiry)?;
        choose::choose(asker, &repository).await
    })
}

const LIMITS: Limits = Limits {
    max_root_size: limits::ROOT,
    max_targets_size: limits::TARGETS,
    max_timestamp_size: limits::TIMESTAMP,
    max_snapshot_size: limits::SNAPSHOT,
    max_root_updates: limits::ROOT_UPDATES,
};
