//! What `tough` says, in our words.

use std::error::Error as _;

use tough::TransportError;
use tough::error::Error;
use tough::schema::RoleType;

use super::refusal::{OfferError, OfferRefusal};
use super::source::SourceError;

/// Which of ours an error of `tough` is. What is not about the channel is a fault.
pub(super) fn explain(error: Error) -> OfferError {
    let refusal = match error {
        Error::Transport { source, url, .. } => return from_transport(&source, url.path().trim_start_matches('/')),
        Error::VerifyMetadata { role, source, .. } => from_signatures(role, &source),
        Error::OlderMetadata { role, current_version, new_version, .. } => {
            from_version(role, current_version, new_version)
        }
        Error::OlderSnapshotInTimestamp { snapshot_old, snapshot_new, .. } => {
            from_version(RoleType::Snapshot, snapshot_old, snapshot_new)
        }
        Error::SnapshotRoleRollback { role, old_role_version, new_role_version, .. } => OfferRefusal::Older {
            what: role.trim_end_matches(".json").to_owned(),
            found: new_role_version,
            known: old_role_version,
        },
        Error::VersionMismatch { role, fetched, expected, .. } => OfferRefusal::Mixed {
            reason: format!("the {role} has version {fetched}, and version {expected} is spoken of"),
        },
        Error::MaxUpdatesExceeded { max_root_updates, .. } => OfferRefusal::TooManyRoots { limit: max_root_updates },
        Error::ParseMetadata { role, source, .. } => malformed(role, source.to_string()),
        error @ Error::TimestampMetaLength { .. } | error @ Error::MissingSnapshotMeta { .. } => {
            malformed(RoleType::Timestamp, error.to_string())
        }
        error @ Error::SnapshotTargetsMetaMissing { .. }
        | error @ Error::SnapshotRoleMissing { .. }
        | error @ Error::MetaMissing { .. } => malformed(RoleType::Snapshot, error.to_string()),
        error @ Error::InvalidPath { .. } | error @ Error::DelegatedRolesNotConsistent { .. } => {
            malformed(RoleType::Targets, error.to_string())
        }
        Error::ParseTrustedMetadata { source, .. } => {
            return OfferError::Fault(format!("the image's root.json cannot be read: {source}"));
        }
        Error::VerifyTrustedMetadata { source, .. } => {
            return OfferError::Fault(format!("the image's root.json does not vouch for itself: {source}"));
        }
        other => return OfferError::Fault(other.to_string()),
    };
    refusal.into()
}

/// A file that could not be had, or is not the one it should be.
fn from_transport(error: &TransportError, path: &str) -> OfferError {
    let cause = error.source();
    if let Some(source) = cause.and_then(|cause| cause.downcast_ref::<SourceError>()) {
        return match source {
            SourceError::TooLarge { path, limit } => {
                OfferRefusal::Oversized { what: path.clone(), limit: *limit }.into()
            }
            other => other.clone().into(),
        };
    }
    match cause.and_then(|cause| cause.downcast_ref::<Error>()) {
        Some(Error::MaxSizeExceeded { max_size, .. }) => {
            OfferRefusal::Oversized { what: path.into(), limit: *max_size }.into()
        }
        Some(Error::HashMismatch { .. }) if path.starts_with("targets/") => {
            OfferRefusal::WrongHash { what: path.into() }.into()
        }
        Some(Error::HashMismatch { .. }) => {
            OfferRefusal::Mixed { reason: format!("{path} is not the file that is spoken of") }.into()
        }
        _ => SourceError::Broken { path: path.into(), reason: error.to_string() }.into(),
    }
}

fn from_signatures(role: RoleType, error: &tough::schema::Error) -> OfferRefusal {
    match error {
        tough::schema::Error::SignatureThreshold { valid: 0, .. } => OfferRefusal::WrongKey { what: role.to_string() },
        tough::schema::Error::SignatureThreshold { valid, threshold, .. } => {
            OfferRefusal::BelowThreshold { what: role.to_string(), found: *valid, wanted: *threshold }
        }
        other => malformed(role, other.to_string()),
    }
}

/// A version that is not the one that must follow. Only a root can be too new: its name says which it is.
fn from_version(role: RoleType, known: u64, found: u64) -> OfferRefusal {
    if found > known {
        return OfferRefusal::Mixed { reason: format!("the {role} after version {known} says that it is {found}") };
    }
    OfferRefusal::Older { what: role.to_string(), found, known }
}

fn malformed(role: RoleType, reason: String) -> OfferRefusal {
    OfferRefusal::Malformed { what: role.to_string(), reason }
}
