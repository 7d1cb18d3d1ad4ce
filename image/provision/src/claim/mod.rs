//! The claim: a checked mapping → an owner. Settings are written last: until then the server is as unclaimed as before.
//!
//! The mapping comes with the provider's metadata, or from a person who knows the claim code ([`code`]); who guesses
//! codes is slowed down and locked out ([`attempts`], [`line`], put together in [`gate`]).

mod attempts;
mod code;
mod gate;
mod line;
mod state;

use sos_settings::Mapping;

use crate::device::Device;
use crate::error::ProvisionError;
use crate::files::{self, Rights};
use crate::{certificate, directory, portable, secrets};

pub(crate) use code::shown;
pub(crate) use gate::{Gate, Verdict};
pub(crate) use state::{acme, forget, prepare};

/// Makes secrets, certificate and directory, checks that everything renders, then writes the settings. From then on no
/// claim code is good for anything.
pub(crate) fn claim(device: &Device, mapping: &Mapping) -> Result<(), ProvisionError> {
    let mut settings = mapping.settings();
    if settings.acme.is_none() {
        settings.acme = acme(device)?;
    }
    let text = settings.to_toml()?;
    let overlays = device.overlays()?;
    let enabled = overlays.enabled(Some(&settings))?;
    secrets::make_missing(device, &enabled)?;
    certificate::make_missing(device, &[settings.host.as_str()])?;
    device.render_with(Some(&settings), false, crate::device::DATABASE)?;
    directory::import(device, mapping, &settings)?;
    files::write(&device.state("settings.toml"), text.as_bytes(), Rights::PUBLIC)?;
    portable::forget(device)?;
    forget(device)
}
