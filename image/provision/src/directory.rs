//! The directory's first content → a fresh database, then renamed into place.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use sos_settings::{HashedMember, Mapping, SecretKind, Settings, directory_ldif};

use crate::device::{DATABASE, Device};
use crate::error::ProvisionError;
use crate::files::{self, Rights};
use crate::{hash, secrets};

/// Who runs the directory.
const USER: &str = "openldap";
/// The secret that holds the probe member's password (`overlays/directory/service.toml`).
const PROBE_SECRET: &str = "probe";
/// Where the database is made, on the device.
const FRESH: &str = "/var/lib/ldap.new";
/// The directory's configuration, on the device.
const CONFIGURATION: &str = "/etc/ldap/slapd.conf";

/// Makes the database of `mapping`. The old one is there until the new one is whole.
pub(crate) fn import(device: &Device, mapping: &Mapping, settings: &Settings) -> Result<(), ProvisionError> {
    let hashes = hash::hash_members(mapping)?;
    let probe = secrets::read(&secrets::place(device, PROBE_SECRET, SecretKind::Password))?;
    let probe = hash::hash(sos_settings::PROBE_MEMBER, &probe)?;
    let members: Vec<HashedMember<'_>> =
        mapping.members.iter().zip(&hashes).map(|(member, hash)| HashedMember { member, hash }).collect();
    let ldif = directory_ldif(mapping, &members, &probe);

    let fresh = device.path(FRESH);
    files::remove_folder(&fresh)?;
    files::make_folder(&fresh, Rights { mode: 0o700, uid: 0, gid: 0 })?;
    if let Err(error) = load(device, settings, ldif.text()) {
        files::remove_folder(&fresh)?;
        return Err(error);
    }
    hand_over(device)
}

/// Loads `ldif` into the fresh database with the very configuration the directory will run with, but for the place.
fn load(device: &Device, settings: &Settings, ldif: &str) -> Result<(), ProvisionError> {
    let rendered = device.render_with(Some(settings), false, &device.path(FRESH).to_string_lossy())?;
    let Some(sos_settings::Entry::File { bytes, .. }) = rendered.get(CONFIGURATION) else {
        let what = "is not rendered; the directory's overlay must make it".into();
        return Err(ProvisionError::Malformed { path: CONFIGURATION.into(), what });
    };
    let configuration = device.state("import.conf");
    files::write(&configuration, bytes, Rights::ROOT_ONLY)?;
    let loaded = device.program("slapadd").args(["-q", "-f"]).path(&configuration).input(ldif.as_bytes()).run();
    files::remove(&configuration)?;
    loaded?;
    Ok(())
}

/// Gives the fresh database to the directory's user and puts it in place of the old one.
fn hand_over(device: &Device) -> Result<(), ProvisionError> {
    let (uid, gid) = device.accounts()?.owner("the directory", USER, USER)?;
    let (fresh, place, old) = (device.path(FRESH), device.path(DATABASE), device.path("/var/lib/ldap.old"));
    for entry in fs::read_dir(&fresh).map_err(ProvisionError::file("list", &fresh))? {
        let path = entry.map_err(ProvisionError::file("list", &fresh))?.path();
        let mode = fs::metadata(&path).map_err(ProvisionError::file("read", &path))?.permissions().mode() & 0o7777;
        files::own(&path, Rights { mode, uid, gid })?;
        files::sync(&path)?;
    }
    files::own(&fresh, Rights { mode: 0o750, uid, gid })?;
    files::sync(&fresh)?;
    files::remove_folder(&old)?;
    if place.exists() {
        fs::rename(&place, &old).map_err(ProvisionError::file("move", &place))?;
    }
    fs::rename(&fresh, &place).map_err(ProvisionError::file("replace", &place))?;
    files::sync(&device.path("/var/lib"))?;
    files::remove_folder(&old)
}
