//! What a check found.

use std::collections::BTreeMap;
use std::io::Read;

use sos_signing::{Digest, SlotIndex, Version};

use crate::error::UpdateError;
use crate::source::Channel;
use crate::store::Candidate;

/// A newer release, vouched for, with all that has to be known before its payload is fetched. Only [`super::check`] makes one,
/// and whatever fills a slot takes nothing else.
#[derive(Debug)]
pub struct Found {
    pub(super) version: Version,
    pub(super) channel: Channel,
    /// Where the payload is in the channel, and how many bytes it has.
    pub(super) payload: (String, u64),
    pub(super) index: SlotIndex,
    pub(super) digest: Digest,
    pub(super) notes: BTreeMap<String, String>,
}

impl Found {
    /// Its version.
    #[must_use]
    pub fn version(&self) -> Version {
        self.version
    }

    /// What its slot is made of.
    #[must_use]
    pub fn index(&self) -> &SlotIndex {
        &self.index
    }

    /// The SHA-256 of [`Found::index`], as it was signed.
    #[must_use]
    pub fn digest(&self) -> Digest {
        self.digest
    }

    /// The payload, from a byte on.
    pub(crate) fn payload(&self, offset: u64) -> Result<Box<dyn Read + Send + '_>, UpdateError> {
        let (path, size) = &self.payload;
        self.channel.payload(path, offset, *size).map_err(|error| UpdateError::Channel(error.to_string()))
    }

    pub(super) fn candidate(&self) -> Candidate {
        Candidate { version: self.version, bytes: self.payload.1, notes: self.notes.clone() }
    }

    /// A release that nobody vouched for, for tests of what comes behind.
    #[cfg(test)]
    pub(crate) fn unchecked(version: Version, channel: Channel, path: &str, index: SlotIndex) -> Self {
        let (size, digest) = (index.payload_size(), Digest::of(&index.to_bytes()));
        Self { version, channel, payload: (path.to_owned(), size), index, digest, notes: BTreeMap::new() }
    }
}
