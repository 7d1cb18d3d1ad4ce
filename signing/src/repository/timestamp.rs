//! `sos-sign timestamp`: says again that what is offered is the newest. A machine does it every day.

use std::path::Path;
use std::sync::Arc;

use tough::schema::RoleType;

use super::Change;
use super::error::{RepositoryError, RepositoryRefusal};
use super::folder::Folder;
use super::online::{Expiries, Keys, must_know, publish_snapshot, publish_targets, publish_timestamp};
use super::periods;
use crate::keys::SigningKey;

/// What is signed anew.
#[derive(Debug)]
pub struct Timestamped {
    /// The key of the roles snapshot and timestamp.
    pub online_key: SigningKey,
    /// The key of the role targets: signs the list of releases anew too, before it expires or after its keys changed.
    pub targets_key: Option<SigningKey>,
    /// When things stop to hold.
    pub expiries: Expiries,
}

/// Signs the timestamp anew; the snapshot too when it would expire first or its key changed.
///
/// # Errors
///
/// [`RepositoryRefusal::Empty`] when nothing was ever offered, [`RepositoryRefusal::NeedsKey`] when the list of releases
/// is not signed by the keys that count, [`RepositoryRefusal::UnknownKey`], or a [`crate::Fault`].
pub fn timestamp(path: &Path, timestamped: Timestamped) -> Result<Change, RepositoryError> {
    let folder = Folder::open(path)?;
    let Timestamped { online_key, targets_key, expiries } = timestamped;
    let Some(offered) = folder.offered() else { return Err(RepositoryRefusal::Empty.into()) };
    let mut change = Change::default();
    if let Some(targets_key) = targets_key {
        let keys = Keys::known(&folder, targets_key, online_key)?;
        publish_targets(&folder, offered.targets.signed.clone(), &keys, &expiries, &mut change)?;
        return Ok(change);
    }
    must_know(&folder, RoleType::Snapshot, &online_key)?;
    must_know(&folder, RoleType::Timestamp, &online_key)?;
    let online_key = Arc::new(online_key);
    let stale = folder.stale();
    if stale.contains(&RoleType::Targets) {
        return Err(RepositoryRefusal::NeedsKey { role: RoleType::Targets, option: "--targets-key" }.into());
    }
    let until = expiries.timestamp.unwrap_or_else(|| periods::after(expiries.now, periods::TIMESTAMP));
    let renew = expiries.snapshot.is_some() || stale.contains(&RoleType::Snapshot);
    let snapshot = if renew || offered.snapshot.signed.expires < until {
        &publish_snapshot(&folder, &offered.targets, &online_key, &expiries, &mut change)?
    } else {
        &offered.snapshot
    };
    publish_timestamp(&folder, snapshot, &online_key, &expiries, &mut change)?;
    Ok(change)
}
