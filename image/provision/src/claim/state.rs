//! `/var/lib/sos/claim.toml`: what a server without an owner knows of its claim code, and who guessed at it.

use serde::{Deserialize, Serialize};
use sos_settings::{Acme, ClaimCodeHash, Waiting};

use super::attempts::Attempts;
use super::code;
use crate::device::Device;
use crate::error::ProvisionError;
use crate::files::{self, Rights};

/// The file, below our state.
const FILE: &str = "claim.toml";

/// The whole of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ClaimState {
    /// The code's hash.
    pub(super) code_hash: ClaimCodeHash,
    /// Whether the provider handed it in; one of our own lasts for a boot, as only its hash is kept.
    handed_in: bool,
    /// Another certificate authority than the image's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    acme: Option<Acme>,
    /// Wrong codes.
    #[serde(default)]
    pub(super) attempts: Attempts,
}

/// Reads the state; nothing where there is none.
pub(super) fn read(device: &Device) -> Result<Option<ClaimState>, ProvisionError> {
    files::read_toml(&device.state(FILE))
}

/// Writes the state.
pub(super) fn write(device: &Device, state: &ClaimState) -> Result<(), ProvisionError> {
    files::write_toml(&device.state(FILE), state)
}

/// Removes state and code: there is an owner.
pub(crate) fn forget(device: &Device) -> Result<(), ProvisionError> {
    files::remove(&device.path(code::SHOWN))?;
    files::remove(&device.state(FILE))
}

/// The certificate authority that the provider's metadata named.
pub(crate) fn acme(device: &Device) -> Result<Option<Acme>, ProvisionError> {
    Ok(read(device)?.and_then(|state| state.acme))
}

/// At each boot without an owner: takes the provider's hash, else the one it handed in earlier, else makes a code.
pub(crate) fn prepare(device: &Device, waiting: &Waiting) -> Result<(), ProvisionError> {
    // A state that cannot be read must not keep the owner out: it starts anew.
    let earlier = read(device).unwrap_or_default();
    let attempts = earlier.as_ref().map(|state| state.attempts.clone()).unwrap_or_default();
    let handed_in = waiting.claim_code_hash.clone();
    let kept = || earlier.as_ref().filter(|state| state.handed_in).map(|state| state.code_hash.clone());
    let acme = waiting.acme.clone().or_else(|| earlier.as_ref().and_then(|state| state.acme.clone()));
    if let Some(code_hash) = handed_in.or_else(kept) {
        files::remove(&device.path(code::SHOWN))?;
        return write(device, &ClaimState { code_hash, handed_in: true, acme, attempts });
    }
    let code = code::make();
    let fault =
        |error: sos_settings::NameError| ProvisionError::Malformed { path: FILE.into(), what: error.to_string() };
    let code_hash = code::hash(&code).parse().map_err(fault)?;
    write(device, &ClaimState { code_hash, handed_in: false, acme, attempts })?;
    files::write(&device.path(code::SHOWN), format!("{}\n", *code).as_bytes(), Rights::ROOT_ONLY)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn device() -> (tempfile::TempDir, Device) {
        let root = tempfile::tempdir().unwrap();
        let device = Device::new(root.path());
        (root, device)
    }

    #[test]
    fn a_code_of_our_own_is_shown_and_only_its_hash_is_kept() {
        let (_root, device) = device();
        prepare(&device, &Waiting::default()).unwrap();
        let first = code::shown(&device).unwrap();
        let kept = fs::read_to_string(device.state(FILE)).unwrap();
        assert!(!kept.contains(&first) && code::is(&first, &read(&device).unwrap().unwrap().code_hash));
        prepare(&device, &Waiting::default()).unwrap();
        assert_ne!(code::shown(&device).unwrap(), first);
    }

    #[test]
    fn a_hash_that_was_handed_in_stays_and_no_code_is_shown() {
        let (_root, device) = device();
        prepare(&device, &Waiting::default()).unwrap();
        let hash: ClaimCodeHash = code::hash("7K3M-9QXT-2WHD").parse().unwrap();
        prepare(&device, &Waiting { claim_code_hash: Some(hash.clone()), acme: None }).unwrap();
        assert_eq!(code::shown(&device), None);
        prepare(&device, &Waiting::default()).unwrap();
        assert_eq!((read(&device).unwrap().unwrap().code_hash, code::shown(&device)), (hash, None));
    }

    #[test]
    fn a_reboot_forgives_no_wrong_codes_and_a_broken_state_keeps_nobody_out() {
        let (_root, device) = device();
        prepare(&device, &Waiting::default()).unwrap();
        let mut state = read(&device).unwrap().unwrap();
        state.attempts.wrong("203.0.113.7".parse::<std::net::IpAddr>().unwrap().into(), 7);
        write(&device, &state).unwrap();
        prepare(&device, &Waiting::default()).unwrap();
        assert_eq!(read(&device).unwrap().unwrap().attempts, state.attempts);
        files::write(&device.state(FILE), b"rubbish", Rights::ROOT_ONLY).unwrap();
        prepare(&device, &Waiting::default()).unwrap();
        forget(&device).unwrap();
        assert!(read(&device).unwrap().is_none() && code::shown(&device).is_none());
    }
}
