//! The server's certificate: self-signed at first, an authority's as soon as one can be had, renewed by itself.
//!
//! `/var/lib/sos/tls/{cert,key}.pem`, replaced together in one step. What goes wrong is noted for people to read
//! (`certificate.toml`), and never touches the certificate in use.

mod acme;
mod attempt;
mod read;
mod self_signed;
mod wish;

use std::fs;
use std::path::Path;

use crate::apply::{self, Changed};
use crate::console;
use crate::device::Device;
use crate::error::ProvisionError;
use crate::files::{self, Rights};

pub(crate) use acme::ASKED;
pub use acme::{Hurry, certificate};
pub(crate) use attempt::fault;
pub(crate) use read::Certificate;
pub(crate) use self_signed::{fit, make_missing};

/// Where certificate and key are, below our state.
const FOLDER: &str = "tls";

/// The certificate in use, if there is one that can be read.
pub(crate) fn current(device: &Device) -> Option<Certificate> {
    let path = device.state(FOLDER).join("cert.pem");
    if !path.exists() {
        return None;
    }
    read::read(device, &path).map_err(|error| console::log(&error.to_string())).ok()
}

/// Puts a certificate and its key in place of the ones in use, both at once.
pub(crate) fn install(device: &Device, certificate: &[u8], key: &[u8]) -> Result<(), ProvisionError> {
    let (place, beside) = (device.state(FOLDER), device.state("tls.new"));
    files::remove_folder(&beside)?;
    files::make_folder(&beside, Rights { mode: 0o755, ..Rights::PUBLIC })?;
    files::write(&beside.join("key.pem"), key, Rights::ROOT_ONLY)?;
    files::write(&beside.join("cert.pem"), certificate, Rights::PUBLIC)?;
    exchange(&beside, &place)?;
    files::sync(&device.state(""))?;
    files::remove_folder(&beside)
}

/// Gives `new` the name `place`, and what is there the other name.
fn exchange(new: &Path, place: &Path) -> Result<(), ProvisionError> {
    let fault = ProvisionError::file("replace", place);
    if place.exists() {
        let here = rustix::fs::CWD;
        rustix::fs::renameat_with(here, new, here, place, rustix::fs::RenameFlags::EXCHANGE)
            .map_err(|error| fault(error.into()))
    } else {
        fs::rename(new, place).map_err(fault)
    }
}

/// Makes a running system use the certificate that is there now: what depends on who signed it is rendered anew, and
/// the services' units that read it reload.
pub(crate) fn follow(device: &Device) -> Result<(), ProvisionError> {
    let mut changed = apply::write_anew(device)?;
    also_reload(device, &mut changed)?;
    apply::follow(device, &changed)
}

/// Has the units that read the certificate follow, too.
pub(crate) fn also_reload(device: &Device, changed: &mut Changed) -> Result<(), ProvisionError> {
    let settings = device.settings()?;
    for overlay in device.overlays()?.enabled(settings.as_ref())? {
        changed.also_reload(&overlay.manifest.certificate.reload);
    }
    Ok(())
}
