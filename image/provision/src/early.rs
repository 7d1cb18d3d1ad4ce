//! In the initrd, chrooted into the real root, before its PID 1: state filled, `/etc` rendered.

use crate::device::Device;
use crate::error::ProvisionError;
use crate::{apply, certificate, console, files, machine_id, secrets, seed};

/// Fills the state from the image's factory, then renders `/etc` so that PID 1 sees the final units.
///
/// A fault in the settings must not keep the server from starting: it then starts as if it had no owner, with all
/// public ports closed, and says why.
///
/// # Errors
/// When the state cannot be written or even the rendering without settings fails.
pub fn early(device: &Device) -> Result<(), ProvisionError> {
    let factory = device.path("/usr/share/sos/factory/var");
    if factory.is_dir() {
        seed::seed(&factory, &device.path("/var"))?;
    }
    for folder in ["", "secrets", "dkim"] {
        files::remove_begun(&device.state(folder))?;
    }
    machine_id::machine_id(device)?;
    // The web server starts with some certificate; which names it is for is known when the network is there.
    certificate::make_missing(device, &[])?;
    if let Err(error) = render_claimed(device) {
        console::say(device, &format!("settings: {error}"));
        apply::write(device, &device.render_with(None, false, crate::device::DATABASE)?)?;
    }
    Ok(())
}

fn render_claimed(device: &Device) -> Result<(), ProvisionError> {
    let settings = device.settings()?;
    if let Some(settings) = &settings {
        let overlays = device.overlays()?;
        let enabled = overlays.enabled(Some(settings))?;
        secrets::make_missing(device, &enabled)?;
        certificate::make_missing(device, &[settings.host.as_str()])?;
    }
    apply::write(device, &device.render_with(settings.as_ref(), false, crate::device::DATABASE)?)?;
    Ok(())
}
