//! How updates stand: what the updater says of itself, and the console shows. Times are seconds since 1970, sizes bytes.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// How updates stand.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UpdateStatus {
    /// The version that runs.
    pub running: String,
    /// Whether the image names a place where releases are offered.
    pub channel: bool,
    /// What the updater does now.
    pub phase: UpdatePhase,
    /// A newer release that is offered, or staged already.
    pub available: Option<AvailableRelease>,
    /// When the channel was asked last.
    pub checked: Option<u64>,
    /// Why the last check or staging ended early, in one sentence; nothing when it did not.
    pub fault: Option<String>,
    /// When the next night's update begins.
    pub tonight: u64,
    /// What can be gone back to.
    pub back: Option<EarlierRelease>,
    /// What happened so far, newest first.
    pub history: Vec<UpdateEvent>,
}

/// What the updater does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum UpdatePhase {
    /// Nothing.
    Idle,
    /// It asks the channel.
    Checking,
    /// It fills the other slot.
    Staging {
        /// Bytes fetched and written so far.
        done: u64,
        /// Of so many.
        total: u64,
    },
    /// The other slot is whole, and waits for its night.
    Staged,
    /// The machine is about to start the new release, or tries it right now.
    Trying,
}

/// A release that is offered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AvailableRelease {
    /// Its version.
    pub version: String,
    /// Bytes to fetch.
    pub bytes: u64,
    /// What changes, for people: a text for each language's code.
    pub notes: BTreeMap<String, String>,
    /// Whether it was tried before and taken back.
    pub failed: bool,
}

/// The release before this one, whole in the other slot, with the state as it was.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EarlierRelease {
    /// Its version.
    pub version: String,
    /// Everything that changed since then is lost by going back.
    pub since: u64,
}

/// Something that happened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UpdateEvent {
    /// When.
    pub at: u64,
    /// From which version.
    pub from: String,
    /// To which.
    pub to: String,
    /// How it ended.
    pub outcome: UpdateOutcome,
    /// Why, in one sentence, where there is something to say.
    pub why: Option<String>,
    /// Who had it done: a member's name; nothing where the server did it by itself.
    pub by: Option<String>,
}

/// How a try ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum UpdateOutcome {
    /// The new release runs.
    Committed,
    /// It was tried and taken back, with the data.
    RolledBack,
    /// A person went back to the release before.
    WentBack,
}
