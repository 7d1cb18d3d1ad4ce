//! What the unprivileged console may ask of the privileged helper (`sos-provision serve`), typed, and how it travels:
//! over the Unix socket [`SOCKET`], one request and one reply a connection, each a length of four bytes (big-endian)
//! and that many bytes of JSON. The kernel tells the helper who is calling (`SO_PEERCRED`).
//!
//! Nothing in a request is a path, a program or a unit's name: every right the console has is a variant of [`Request`].

mod frame;
mod reply;
mod request;
mod update;
mod word;

pub use frame::{FrameError, LARGEST, decode, encode, read_frame, write_frame};
pub use reply::{
    Change, CheckedName, Claimed, DnsRecord, FilterScript, Health, Issue, Machine, Owner, Reply, ServiceHealth,
    ServiceState, SettingsRead, UnitState,
};
pub use request::{Hidden, Letter, Mend, Request, SettingsChange};
pub use update::{AvailableRelease, EarlierRelease, UpdateEvent, UpdateOutcome, UpdatePhase, UpdateStatus};
pub use word::Word;

/// Where the helper listens. Readable and writable by the console's group alone.
pub const SOCKET: &str = "/run/sos/helper.sock";
