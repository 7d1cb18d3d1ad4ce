//! At each boot, once cloud-init found the provider's metadata: SSH keys, and the claim while there is no owner.

use sos_settings::{Problems, Rendered, UserData};

use crate::command::Program;
use crate::device::Device;
use crate::error::ProvisionError;
use crate::files::{self, Rights};
use crate::{apply, claim, cloud_init, console, ssh};

/// Says that metadata has been dealt with; what waits for an owner looks for it.
pub(crate) const DONE: &str = "/run/sos/metadata-done";

/// Takes over the metadata.
///
/// # Errors
/// [`ProvisionError::BadMapping`] when the mapping has problems, each of which the console names; or a fault.
pub fn metadata(device: &Device) -> Result<(), ProvisionError> {
    let outcome = take_over(device);
    files::write(&device.path(DONE), b"", Rights::PUBLIC)?;
    match &outcome {
        Err(ProvisionError::BadMapping { problems }) => name_problems(device, problems),
        Err(error) => console::say(device, &format!("metadata: {error}")),
        Ok(()) => {}
    }
    outcome
}

fn take_over(device: &Device) -> Result<(), ProvisionError> {
    let user_data = cloud_init::user_data(device);
    let mut keys = cloud_init::ssh_keys(device);
    keys.extend(user_data.iter().flat_map(UserData::ssh_keys));
    let ssh = ssh::admit(device, &keys)?;
    let owned = device.settings()?.is_some();
    let claimed = if owned { Ok(false) } else { claim_with(device, user_data) };

    // Whatever came of the claim, a key that was handed in lets its owner look.
    let rendered = device.render(ssh)?;
    let changed = apply::write(device, &rendered)?;
    apply::follow(&rendered, &changed)?;
    if ssh {
        ssh::start()?;
    }
    if claimed? {
        start_services(&rendered)?;
    }
    Ok(())
}

/// Claims with the mapping, if there is one. Gives whether there is an owner now.
fn claim_with(device: &Device, user_data: Result<UserData, Problems>) -> Result<bool, ProvisionError> {
    let tzdata = device.read("/usr/share/zoneinfo/tzdata.zi").unwrap_or_default();
    let offered = device.overlays()?.offered(&tzdata);
    let mapping = user_data
        .and_then(|user_data| user_data.mapping(&offered))
        .map_err(|problems| ProvisionError::BadMapping { problems })?;
    match mapping {
        Some(mapping) => claim::claim(device, &mapping).map(|()| true),
        None => Ok(false),
    }
}

fn start_services(rendered: &Rendered) -> Result<(), ProvisionError> {
    let units = rendered.units().iter().map(String::as_str);
    Program::new("hostname").args(["-F", "/etc/hostname"]).run()?;
    Program::new("systemctl").args(["start", "--no-block", "sos-services.target"]).args(units).run()?;
    Ok(())
}

fn name_problems(device: &Device, problems: &Problems) {
    for problem in problems {
        console::say(device, &format!("metadata: {problem}"));
    }
}
