//! Who owns this server, and what a form can offer.

use sos_ipc::{CheckedName, Owner, Reply};
use sos_settings::{Language, Overlay, Settings, Timezone};

use super::logo;
use crate::device::Device;
use crate::error::ProvisionError;

pub(super) fn owner(device: &Device) -> Result<Reply, ProvisionError> {
    let settings = device.settings()?;
    let own = settings.as_ref();
    Ok(Reply::Owner(Owner {
        organisation: own.map(|settings| settings.organisation.name.to_string()),
        domain: own.map(|settings| settings.organisation.domain.to_string()),
        host: own.map(|settings| settings.host.to_string()),
        language: own.map_or_else(Language::default, |settings| settings.language.clone()).into(),
        timezone: own.map_or_else(Timezone::default, |settings| settings.timezone.clone()).into(),
        version: device.image()?.version,
        logo: logo::exists(device),
        services: services(device, own)?,
        timezones: device.offered()?.timezones.into_iter().collect(),
    }))
}

/// The services that may be chosen: all that are not there anyway.
pub(super) fn services(device: &Device, settings: Option<&Settings>) -> Result<Vec<CheckedName>, ProvisionError> {
    let overlays = device.overlays()?;
    let enabled: Vec<&str> = overlays.enabled(settings)?.into_iter().map(|overlay| overlay.name.as_str()).collect();
    let name = |overlay: &Overlay| CheckedName {
        name: overlay.name.clone(),
        title: overlay.manifest.title.clone(),
        on: if settings.is_some() { enabled.contains(&overlay.name.as_str()) } else { overlay.manifest.default },
    };
    Ok(overlays.iter().filter(|overlay| !overlay.manifest.required).map(name).collect())
}
