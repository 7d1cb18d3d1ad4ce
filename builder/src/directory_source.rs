//! Vault → directory source: a release's crates, laid out so that cargo builds from them without a network.
//!
//! In: a vault, an inventory in it. Out: a folder with `crates/`, each crate unpacked, and the `config.toml` that tells
//! cargo of them (the Cargo book, «Source Replacement»); it appears whole, or not at all.

use std::fs;
use std::path::Path;

use crate::crates::{Crate, configuration, locked};
use crate::error::{Error, Result};
use crate::inventory::{Inventory, Kind};
use crate::progress::Progress;
use crate::vault::Vault;

/// Lays out every crate of the release in `out`; how many there are.
///
/// # Errors
/// [`crate::error::Refusal::VaultLacks`] or [`crate::error::Refusal::VaultDamaged`] naming the crates;
/// [`Error::Malformed`] where `out` is there already; [`Error::Io`].
pub fn lay_out(vault: &Vault, inventory: &Inventory, out: &Path) -> Result<usize> {
    let crates = crates(vault, inventory)?;
    if out.exists() {
        return Err(Error::malformed(out, "it is there already; name a folder that is not"));
    }
    let folder = out.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    fs::create_dir_all(folder).map_err(|e| Error::io("create", folder, e))?;
    let beside = tempfile::Builder::new().prefix(".crates-").tempdir_in(folder);
    let beside = beside.map_err(|e| Error::io("create", folder, e))?;
    let (whole, objects) = (beside.path().join("whole"), vault.objects());
    fs::create_dir(&whole).map_err(|e| Error::io("create", &whole, e))?;
    for krate in &crates {
        let bytes = objects.read(&krate.sha256)?.ok_or_else(|| vault.lacks(&[name(krate)]))?;
        krate.unpack(&objects.file(&krate.sha256), &bytes, &whole.join("crates"))?;
    }
    let place = std::path::absolute(out).map_err(|e| Error::io("find", out, e))?;
    let config = whole.join("config.toml");
    fs::write(&config, configuration(&place.join("crates"))).map_err(|e| Error::io("write", config, e))?;
    fs::rename(&whole, out).map_err(|e| Error::io("rename", out, e))?;
    Ok(crates.len())
}

/// The crates that the release's `Cargo.lock` names, all of which the vault has, and sound.
fn crates(vault: &Vault, inventory: &Inventory) -> Result<Vec<Crate>> {
    let object = inventory.of(Kind::CargoLock).next().ok_or_else(|| vault.lacks(&["Cargo.lock".to_owned()]))?;
    let lacks = vault.read_through(&[(&object.sha256, object.path.clone())], Progress::Silent)?;
    let text = vault.objects().read(&object.sha256)?.ok_or_else(|| vault.lacks(&lacks))?;
    let crates = locked(&vault.dir().join("Cargo.lock"), &String::from_utf8_lossy(&text))?;
    let words: Vec<_> = crates.iter().map(|krate| (&krate.sha256, name(krate))).collect();
    let lacks = vault.read_through(&words, Progress::Silent)?;
    if lacks.is_empty() { Ok(crates) } else { Err(vault.lacks(&lacks)) }
}

/// A crate in words for people.
fn name(krate: &Crate) -> String {
    format!("crate {} {}", krate.name, krate.version)
}
