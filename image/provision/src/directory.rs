//! The directory's first content → a fresh database, then renamed into place.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use sos_settings::{HashedMember, Ldif, Mapping, Secret, SecretKind, Settings, add_probe_member, directory_ldif};

use crate::command::Program;
use crate::device::{DATABASE, Device};
use crate::error::ProvisionError;
use crate::files::{self, Rights};
use crate::{hash, secrets};

/// Who runs the directory.
const USER: &str = "openldap";
/// The secret that holds the probe member's password (`overlays/directory/service.toml`).
const PROBE_SECRET: &str = "probe";
/// Where the database is made, on the device.
pub(crate) const FRESH: &str = "/var/lib/ldap.new";
/// The directory's configuration, on the device.
const CONFIGURATION: &str = "/etc/ldap/slapd.conf";

/// Makes the database of `mapping`. The old one is there until the new one is whole.
pub(crate) fn import(device: &Device, mapping: &Mapping, settings: &Settings) -> Result<(), ProvisionError> {
    let hashes = hash::hash_members(mapping)?;
    let probe = probe(device)?;
    let members: Vec<HashedMember<'_>> =
        mapping.members.iter().zip(&hashes).map(|(member, hash)| HashedMember { member, hash }).collect();
    load(device, settings, &directory_ldif(mapping, &members, &probe))?;
    hand_over(device)
}

/// Makes a fresh database of `content` and the probe, beside the one in use. [`hand_over`] puts it in its place.
pub(crate) fn stage(device: &Device, settings: &Settings, mut content: Ldif) -> Result<(), ProvisionError> {
    add_probe_member(&mut content, &settings.organisation.domain, &probe(device)?);
    load(device, settings, &content)
}

/// The hash of the probe member's password.
fn probe(device: &Device) -> Result<Secret, ProvisionError> {
    let password = secrets::read(&secrets::place(device, PROBE_SECRET, SecretKind::Password))?;
    hash::hash(sos_settings::PROBE_MEMBER, &password)
}

/// All that is in the database at `place`, on the device, as slapcat(8) says it. The directory may go on meanwhile.
pub(crate) fn dump(device: &Device, settings: &Settings, place: &str) -> Result<Vec<u8>, ProvisionError> {
    configured(device, settings, place, |configuration| {
        device.program("slapcat").args(["-o", "ldif-wrap=no", "-f"]).path(configuration)
    })
}

/// Loads `content` into a fresh database.
fn load(device: &Device, settings: &Settings, content: &Ldif) -> Result<(), ProvisionError> {
    let fresh = device.path(FRESH);
    files::remove_folder(&fresh)?;
    files::make_folder(&fresh, Rights { mode: 0o700, uid: 0, gid: 0 })?;
    let loaded = configured(device, settings, FRESH, |configuration| {
        device.program("slapadd").args(["-q", "-f"]).path(configuration).input(content.text().as_bytes())
    });
    if loaded.is_err() {
        files::remove_folder(&fresh)?;
    }
    loaded.map(drop)
}

/// Runs a program of slapd's with the very configuration the directory runs with, but for the place of its database.
fn configured(
    device: &Device,
    settings: &Settings,
    place: &str,
    program: impl FnOnce(&Path) -> Program,
) -> Result<Vec<u8>, ProvisionError> {
    let rendered = device.render_with(Some(settings), false, &device.path(place).to_string_lossy())?;
    let Some(sos_settings::Entry::File { bytes, .. }) = rendered.get(CONFIGURATION) else {
        let what = "is not rendered; the directory's overlay must make it".into();
        return Err(ProvisionError::Malformed { path: CONFIGURATION.into(), what });
    };
    // Several may look at once.
    let configuration = device.path(&format!("/run/sos/slapd-{}.conf", std::process::id()));
    files::write(&configuration, bytes, Rights::ROOT_ONLY)?;
    let said = program(&configuration).run();
    files::remove(&configuration)?;
    Ok(said?)
}

/// Gives the fresh database to the directory's user and puts it in place of the old one.
pub(crate) fn hand_over(device: &Device) -> Result<(), ProvisionError> {
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
