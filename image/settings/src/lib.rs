//! Everything about settings that is a pure function.
//!
//! ```text
//! user data (YAML) ──UserData::handed──▶ Mapping ──▶ Settings (TOML, in state)
//!                                           └──────▶ LDIF (members, groups, roles)
//! overlays/ + Settings + secrets + accounts ──render──▶ Rendered (path → content)
//! service.toml + versions of packages ──fold──▶ service.toml of one image (when it is built)
//! ```
//!
//! Nothing here touches the device: files are read only by [`Overlays::load`] and [`Overlays::load_for`], and nothing is
//! written. `sos-provision` carries the results out, and `sos-build` what is folded.

mod accounts;
pub mod debian_version;
mod directory;
mod error;
mod ldif;
mod manifest;
mod mapping;
mod names;
mod overlays;
mod problem;
mod render;
mod rendered;
mod secret;
mod settings;
mod user_data;
mod variant;
mod yaml;

pub use accounts::Accounts;
pub use directory::{HashedMember, PROBE_MEMBER, SUFFIX, add_probe_member, directory_ldif};
pub use error::SettingsError;
pub use ldif::{Ldif, escape_dn_value};
pub use manifest::{ExportSpec, Forward, Link, SecretKind, SecretSpec, ServiceManifest, StateSpec, TemplateSpec};
pub use mapping::{
    ADMINISTRATORS, Handed, Mapping, Member, NEW_PAGE, Offered, PAGE_NAMES, Password, SHORTEST_PASSWORD,
    STANDING_ADDRESSES, Team, Waiting,
};
pub use names::{
    AcmeDirectory, Certificates, ClaimCodeHash, Domain, HostName, Language, LocalPart, MailAddress, MemberName,
    NameError, Timezone, Title,
};
pub use overlays::{Overlay, Overlays};
pub use problem::{Problem, Problems};
pub use render::{DnsLine, Inputs, dns_records, render};
pub use rendered::{Change, Entry, Rendered, units_to_follow};
pub use secret::{Secret, Secrets};
pub use settings::{Acme, MOST_MESSAGE_MIB, MOST_QUOTA_MIB, MailLimits, Organisation, Settings};
pub use user_data::{UserData, is_ssh_public_key};
pub use variant::{Folded, Versions, fold};
