//! The DNS records that the organisation should publish.

use sos_settings::{DnsLine, Inputs, Secrets};

use crate::device::{DATABASE, Device};
use crate::error::ProvisionError;
use crate::{addresses, secrets};

/// The records, one a line, as zone files have them.
///
/// # Errors
/// [`ProvisionError::Unclaimed`] before there is an owner; or a fault.
pub fn dns(device: &Device) -> Result<Vec<String>, ProvisionError> {
    Ok(records(device)?.into_iter().map(|record| record.text).collect())
}

/// The same, each with the service that wants it.
pub(crate) fn records(device: &Device) -> Result<Vec<DnsLine>, ProvisionError> {
    let settings = device.settings()?.ok_or(ProvisionError::Unclaimed)?;
    let overlays = device.overlays()?;
    let enabled = overlays.enabled(Some(&settings))?;
    let dkim = secrets::public_keys(device, &enabled)?;
    let (ipv4, ipv6) = addresses::public(device)?.reached().split();
    let (secrets, accounts) = (Secrets::default(), device.accounts()?);
    let inputs = Inputs {
        settings: Some(&settings),
        secrets: &secrets,
        accounts: &accounts,
        ssh: false,
        directory: DATABASE,
        authority: false,
        dark: false,
    };
    Ok(sos_settings::dns_records(&overlays, &inputs, &dkim, &ipv4, &ipv6)?)
}
