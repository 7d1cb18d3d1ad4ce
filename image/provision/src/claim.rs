//! A checked mapping → an owner. Settings are written last: until then the server is as unclaimed as before.

use sos_settings::Mapping;

use crate::device::Device;
use crate::error::ProvisionError;
use crate::files::{self, Rights};
use crate::{directory, secrets};

/// Makes secrets, certificate and directory, checks that everything renders, then writes the settings.
pub(crate) fn claim(device: &Device, mapping: &Mapping) -> Result<(), ProvisionError> {
    let settings = mapping.settings();
    let text = settings.to_toml()?;
    let overlays = device.overlays()?;
    let enabled = overlays.enabled(Some(&settings))?;
    secrets::make_missing(device, &enabled)?;
    secrets::make_certificate(device, &settings.host)?;
    device.render_with(Some(&settings), false, crate::device::DATABASE)?;
    directory::import(device, mapping, &settings)?;
    files::write(&device.state("settings.toml"), text.as_bytes(), Rights { mode: 0o644, uid: 0, gid: 0 })
}
