//! What the device makes once and keeps: passwords and DKIM keys.
//!
//! `/var/lib/sos/secrets/<name>` (passwords, without a line end), `/var/lib/sos/dkim/<name>.key` (RSA, PEM).

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rand::distributions::{Alphanumeric, DistString as _};
use rand::rngs::OsRng;
use sos_settings::{Accounts, Overlay, Secret, SecretKind, SecretSpec, Secrets};
use zeroize::Zeroizing;

use crate::device::Device;
use crate::error::ProvisionError;
use crate::files::{self, Rights};

/// Characters of a made password: 24 of 62 kinds are 142 bits.
const PASSWORD_LENGTH: usize = 24;
/// Folders that every service's user may pass through, each file having rights of its own.
const PASSABLE: Rights = Rights { mode: 0o711, uid: 0, gid: 0 };

/// Makes the secrets that `enabled` services ask for and the state lacks.
pub(crate) fn make_missing(device: &Device, enabled: &[&Overlay]) -> Result<(), ProvisionError> {
    let accounts = device.accounts()?;
    files::make_folder(&device.state(""), Rights { mode: 0o755, ..Rights::PUBLIC })?;
    for (by, name, spec) in specs(enabled) {
        let rights = rights(&accounts, by, spec)?;
        let path = place(device, name, spec.kind);
        if !path.exists() {
            files::make_folder(path.parent().unwrap_or(Path::new("/")), PASSABLE)?;
            let text = match spec.kind {
                SecretKind::Password => make_password(),
                SecretKind::Rsa2048 => make_rsa_key(device)?,
            };
            files::write(&path, text.as_bytes(), rights)?;
        }
    }
    Ok(())
}

/// The secrets of `enabled` services, as templates see them.
pub(crate) fn load(device: &Device, enabled: &[&Overlay]) -> Result<Secrets, ProvisionError> {
    let mut secrets = Secrets::default();
    for (_, name, spec) in specs(enabled) {
        if spec.kind == SecretKind::Password {
            secrets.insert(name, read(&place(device, name, spec.kind))?);
        }
    }
    Ok(secrets)
}

/// The names of the RSA keys that `enabled` services have.
pub(crate) fn rsa_keys<'a>(enabled: &'a [&Overlay]) -> impl Iterator<Item = &'a str> {
    specs(enabled).filter(|(_, _, spec)| spec.kind == SecretKind::Rsa2048).map(|(_, name, _)| name)
}

/// Puts `pem` in place of the RSA key `name` of `enabled` services.
pub(crate) fn put_key(device: &Device, enabled: &[&Overlay], name: &str, pem: &[u8]) -> Result<(), ProvisionError> {
    let accounts = device.accounts()?;
    for (by, own, spec) in specs(enabled).filter(|(_, own, spec)| *own == name && spec.kind == SecretKind::Rsa2048) {
        files::write(&place(device, own, spec.kind), pem, rights(&accounts, by, spec)?)?;
    }
    Ok(())
}

/// Who may read a secret.
fn rights(accounts: &Accounts, by: &str, spec: &SecretSpec) -> Result<Rights, ProvisionError> {
    let (uid, gid) = accounts.owner(by, &spec.owner, &spec.group)?;
    Ok(Rights { mode: if gid == 0 { 0o600 } else { 0o640 }, uid, gid })
}

/// The public halves of the RSA keys, as base64 of their `SubjectPublicKeyInfo` (RFC 6376, section 3.6.1).
pub(crate) fn public_keys(device: &Device, enabled: &[&Overlay]) -> Result<BTreeMap<String, String>, ProvisionError> {
    let mut keys = BTreeMap::new();
    for (_, name, spec) in specs(enabled).filter(|(_, _, spec)| spec.kind == SecretKind::Rsa2048) {
        let path = place(device, name, spec.kind);
        let der = device.program("openssl").args(["pkey", "-pubout", "-outform", "DER", "-in"]).path(&path).run()?;
        keys.insert(name.to_owned(), STANDARD.encode(der));
    }
    Ok(keys)
}

/// The secret in a file.
pub(crate) fn read(path: &Path) -> Result<Secret, ProvisionError> {
    fs::read_to_string(path).map(Secret::new).map_err(ProvisionError::file("read", path))
}

/// Where a secret is kept.
pub(crate) fn place(device: &Device, name: &str, kind: SecretKind) -> PathBuf {
    match kind {
        SecretKind::Password => device.state("secrets").join(name),
        SecretKind::Rsa2048 => device.state("dkim").join(format!("{name}.key")),
    }
}

fn specs<'a>(enabled: &'a [&Overlay]) -> impl Iterator<Item = (&'a str, &'a str, &'a SecretSpec)> {
    enabled.iter().flat_map(|overlay| {
        overlay.manifest.secrets.iter().map(|(name, spec)| (overlay.name.as_str(), name.as_str(), spec))
    })
}

fn make_password() -> Zeroizing<String> {
    Zeroizing::new(Alphanumeric.sample_string(&mut OsRng, PASSWORD_LENGTH))
}

fn make_rsa_key(device: &Device) -> Result<Zeroizing<String>, ProvisionError> {
    let pem =
        device.program("openssl").args(["genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048"]).run()?;
    Ok(Zeroizing::new(String::from_utf8_lossy(&pem).into_owned()))
}
