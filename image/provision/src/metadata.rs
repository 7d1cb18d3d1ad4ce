//! At each boot, once cloud-init found the provider's metadata: SSH keys, and the claim while there is no owner.

use sos_settings::{Handed, Problems, UserData, Waiting};

use crate::device::Device;
use crate::error::ProvisionError;
use crate::files::{self, Rights};
use crate::turn::{Claiming, Turn};
use crate::{addresses, apply, certificate, claim, cloud_init, console, serve, ssh};

/// Says that metadata has been dealt with; what waits for an owner looks for it.
pub(crate) const DONE: &str = "/run/sos/metadata-done";

/// Takes over the metadata.
///
/// # Errors
/// [`ProvisionError::BadMapping`] when the mapping has problems, each of which the console names; or a fault.
pub fn metadata(device: &Device) -> Result<(), ProvisionError> {
    let mut claiming = None;
    let outcome = begin(device).and_then(|begun| {
        claiming = begun;
        take_over(device)
    });
    files::write(&device.path(DONE), b"", Rights::PUBLIC)?;
    drop(claiming);
    match &outcome {
        Err(ProvisionError::BadMapping { problems }) => name_problems(device, problems),
        Err(error) => console::say(device, &format!("metadata: {error}")),
        Ok(()) => {}
    }
    outcome
}

/// A claim, unless there is an owner: nobody has to wait for this then.
fn begin(device: &Device) -> Result<Option<Claiming>, ProvisionError> {
    device.settings()?.is_none().then(|| Claiming::begin(device)).transpose()
}

fn take_over(device: &Device) -> Result<(), ProvisionError> {
    let user_data = cloud_init::user_data(device);
    let mut keys = cloud_init::ssh_keys(device);
    keys.extend(user_data.iter().flat_map(UserData::ssh_keys));
    let ssh = ssh::admit(device, &keys)?;
    let turn = Turn::wait(device)?;
    let owned = device.settings()?.is_some();
    let claimed = if owned { Ok(false) } else { claim_with(device, user_data) };

    // Whatever came of the claim, a key that was handed in lets its owner look.
    let rendered = device.render(ssh)?;
    let mut changed = apply::write(device, &rendered)?;
    drop(turn);
    if !owned {
        // The certificate of before is of no name, or it was made for a claim just now.
        certificate::also_reload(device, &mut changed)?;
    }
    apply::follow(device, &changed)?;
    if ssh {
        ssh::start(device)?;
    }
    if claimed? {
        apply::start_services(device, &rendered)?;
    }
    Ok(())
}

/// Claims with the organisation that was handed in, if there is one; else prepares for whoever has the claim code.
/// Gives whether there is an owner now.
fn claim_with(device: &Device, user_data: Result<UserData, Problems>) -> Result<bool, ProvisionError> {
    let offered = device.offered()?;
    let handed = user_data
        .and_then(|user_data| user_data.handed(&offered))
        .map_err(|problems| ProvisionError::BadMapping { problems });
    let (waiting, outcome) = match handed {
        Ok(Some(Handed::Organisation(mapping))) => match claim::claim(device, &mapping) {
            Ok(()) => {
                let name = mapping.organisation.name.as_str();
                if let Err(error) = serve::note(device, serve::METADATA, "claimed", name) {
                    console::log(&error.to_string());
                }
                return Ok(true);
            }
            Err(error) => (Waiting::default(), Err(error)),
        },
        Ok(Some(Handed::Waiting(waiting))) => (waiting, Ok(false)),
        Ok(None) => (Waiting::default(), Ok(false)),
        Err(error) => (Waiting::default(), Err(error)),
    };
    claim::prepare(device, &waiting)?;
    certificate_for_the_machine(device)?;
    outcome
}

/// Until there is an owner, the certificate is for the machine's name and addresses.
fn certificate_for_the_machine(device: &Device) -> Result<(), ProvisionError> {
    let name = cloud_init::machine_name(device).map(|name| name.to_string());
    let names: Vec<String> = name.into_iter().chain(addresses::public(device)?.iter().map(|a| a.to_string())).collect();
    certificate::fit(device, &names.iter().map(String::as_str).collect::<Vec<_>>()).map(drop)
}

fn name_problems(device: &Device, problems: &Problems) {
    for problem in problems {
        console::say(device, &format!("metadata: {problem}"));
    }
}
