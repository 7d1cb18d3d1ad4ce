//! Replies. Times are seconds since 1970, sizes bytes.

use serde::{Deserialize, Serialize};

use crate::UpdateStatus;

/// What the helper answers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Reply {
    /// It is done.
    Done,
    /// To [`crate::Request::Owner`].
    Owner(Owner),
    /// The server belongs to its organisation now.
    Claimed(Claimed),
    /// This was not the claim code.
    WrongCode {
        /// Tries left until claiming is locked.
        left: u32,
    },
    /// Too many wrong codes from this address, or too many at once from everywhere.
    Locked {
        /// For how many seconds still.
        seconds: u64,
    },
    /// The server has an owner already.
    AlreadyOwned,
    /// What was asked for has problems, and nothing was changed.
    Issues(Vec<Issue>),
    /// Somebody else changed it in between; nothing was changed.
    Stale,
    /// To [`crate::Request::Progress`].
    Progress(Vec<ServiceState>),
    /// To [`crate::Request::Health`].
    Health(Health),
    /// To [`crate::Request::Machine`].
    Machine(Box<Machine>),
    /// To [`crate::Request::Dns`].
    Dns(Vec<DnsRecord>),
    /// To [`crate::Request::Settings`] and after a change.
    Settings(Box<SettingsRead>),
    /// To [`crate::Request::Filters`].
    Filters(FilterScript),
    /// To [`crate::Request::Changes`], newest first.
    Changes(Vec<Change>),
    /// To [`crate::Request::Updates`].
    Updates(Box<UpdateStatus>),
    /// Something broke; one sentence for the log, not for people.
    Fault(String),
}

/// Something wrong: where, what, and what to do about it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Issue {
    /// Path, such as `sos.members[0].password`.
    pub path: String,
    /// What is wrong, in English; the console shows its own sentence where it knows the path.
    pub what: String,
}

/// Who owns this server.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Owner {
    /// The organisation's name; nothing before the claim.
    pub organisation: Option<String>,
    /// Its domain.
    pub domain: Option<String>,
    /// The host name in the settings.
    pub host: Option<String>,
    /// The language of pages: the settings', else English.
    pub language: String,
    /// The time zone.
    pub timezone: String,
    /// The release's version.
    pub version: String,
    /// Whether it has a logo.
    pub logo: bool,
    /// Services that may be chosen, name and title; before the claim these are what the form offers.
    pub services: Vec<CheckedName>,
    /// Time zones there are.
    pub timezones: Vec<String>,
}

/// A service to choose, and whether it is chosen (before the claim: by default).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CheckedName {
    /// The folder's name.
    pub name: String,
    /// What a person calls it.
    pub title: String,
    /// Chosen, or chosen by default.
    pub on: bool,
}

/// After the claim.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claimed {
    /// The host name, where its pages are from now on.
    pub host: String,
    /// The first administrator's name.
    pub administrator: String,
}

/// How far a service is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServiceState {
    /// The folder's name.
    pub name: String,
    /// What a person calls it.
    pub title: String,
    /// How far its units are.
    pub state: UnitState,
}

/// How far a service's units are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum UnitState {
    /// Not started yet.
    Waiting,
    /// Starting, or started and its transaction has not succeeded yet.
    Starting,
    /// Its transaction succeeded.
    Well,
    /// A unit failed.
    Failed,
}

/// The health of the services.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Health {
    /// Each, as last found.
    pub services: Vec<ServiceHealth>,
    /// Whether their transactions run now.
    pub running: bool,
}

/// The health of a service.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServiceHealth {
    /// The folder's name.
    pub name: String,
    /// What a person calls it.
    pub title: String,
    /// Whether there is something of it that [`crate::Mend::Restart`] starts again.
    pub restarts: bool,
    /// Whether its last transaction succeeded.
    pub ok: bool,
    /// Why not, in one sentence.
    pub fault: Option<String>,
    /// When that was.
    pub at: u64,
}

/// The machine's own state.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Machine {
    /// The release's version.
    pub version: String,
    /// Seconds since it booted.
    pub uptime: u64,
    /// State partition: size and what is free.
    pub disk_bytes: u64,
    /// Free of it.
    pub disk_free_bytes: u64,
    /// Memory: size and what is available.
    pub memory_bytes: u64,
    /// Available of it.
    pub memory_available_bytes: u64,
    /// Names and addresses the certificate is for.
    pub certificate_names: Vec<String>,
    /// When the certificate runs out.
    pub certificate_until: u64,
    /// Whether it is self-signed.
    pub certificate_self_signed: bool,
    /// SHA-256 of the certificate (DER), as `AA:BB:…`.
    pub certificate_fingerprint: String,
    /// Why the last attempt to have one from an authority failed, if it did.
    pub certificate_fault: Option<String>,
    /// Letters waiting to leave; nothing where there is no mail.
    pub queue: Option<u32>,
    /// Age in seconds of the oldest of them.
    pub queue_oldest: Option<u64>,
    /// Own addresses, IPv4 and IPv6.
    pub addresses: Vec<String>,
}

/// A DNS record to publish.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DnsRecord {
    /// Owner name, absolute, with its final dot.
    pub name: String,
    /// `MX`, `TXT`, `A`, …
    pub kind: String,
    /// The data as zone files have it (RFC 1035, section 5.1).
    pub data: String,
    /// Which service wants it: its folder's name.
    pub service: String,
}

/// The settings, as TOML has them, and what there is to choose.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SettingsRead {
    /// Changes with every change.
    pub revision: String,
    /// The organisation's name.
    pub organisation: String,
    /// Its domain.
    pub domain: String,
    /// The host name.
    pub host: String,
    /// Time zone.
    pub timezone: String,
    /// Language.
    pub language: String,
    /// All services, which are on.
    pub services: Vec<CheckedName>,
    /// Most that a mailbox holds, MiB.
    pub quota_mib: u32,
    /// Largest message, MiB.
    pub message_mib: u32,
}

/// A member's filters.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FilterScript {
    /// The name of the active script, if any.
    pub active: Option<String>,
    /// The text of the script `webmail`, if there is one.
    pub webmail: Option<String>,
}

/// Who changed what.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Change {
    /// When.
    pub at: u64,
    /// A member's name; `metadata` for the provider's mapping.
    pub by: String,
    /// What kind of change: a key of the message catalogue. The helper itself notes `claimed` (about the
    /// organisation), `settings-changed` (about the changed keys, with commas between), `service-restarted` (the
    /// service), `queue-flushed`, `certificate-asked`, `mailbox-removed` and `mailbox-kept` (the former member),
    /// `logo-changed` and `logo-removed`, `update-looked-for`, `update-begun` (the version offered) and `going-back` (the
    /// version gone back to); what the console notes by [`crate::Request::Record`] comes on top.
    pub what: String,
    /// Whom or what it was about.
    pub about: String,
}
