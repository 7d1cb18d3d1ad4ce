//! The DNS records that the organisation should publish.

use serde_json::Value;
use sos_settings::{Inputs, Secrets};

use crate::command::Program;
use crate::device::{DATABASE, Device};
use crate::error::ProvisionError;
use crate::secrets;

/// The records, one a line, as zone files have them.
///
/// # Errors
/// [`ProvisionError::Unclaimed`] before there is an owner; or a fault.
pub fn dns(device: &Device) -> Result<Vec<String>, ProvisionError> {
    let settings = device.settings()?.ok_or(ProvisionError::Unclaimed)?;
    let overlays = device.overlays()?;
    let enabled = overlays.enabled(Some(&settings))?;
    let dkim = secrets::public_keys(device, &enabled)?;
    let (ipv4, ipv6) = addresses()?;
    let (secrets, accounts) = (Secrets::default(), device.accounts()?);
    let inputs =
        Inputs { settings: Some(&settings), secrets: &secrets, accounts: &accounts, ssh: false, directory: DATABASE };
    Ok(sos_settings::dns_records(&overlays, &inputs, &dkim, &ipv4, &ipv6)?)
}

/// The machine's own global addresses, IPv4 and IPv6.
fn addresses() -> Result<(Vec<String>, Vec<String>), ProvisionError> {
    let json = Program::new("ip").args(["-json", "address", "show", "scope", "global", "up"]).run()?;
    let links: Value = serde_json::from_slice(&json)
        .map_err(|error| ProvisionError::Malformed { path: "ip address".into(), what: error.to_string() })?;
    Ok((addresses_of(&links, "inet"), addresses_of(&links, "inet6")))
}

fn addresses_of(links: &Value, family: &str) -> Vec<String> {
    let lists = links.as_array().into_iter().flatten().filter_map(|link| link["addr_info"].as_array());
    lists
        .flatten()
        .filter(|address| address["family"] == family && address["temporary"] != true && address["deprecated"] != true)
        .filter_map(|address| address["local"].as_str().map(str::to_owned))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_lasting_addresses_only() {
        let links = serde_json::json!([
            {}, {"addr_info": [
                {"family": "inet", "local": "203.0.113.5"}, {"family": "inet6", "local": "2001:db8::5"},
                {"family": "inet6", "local": "2001:db8::99", "temporary": true}]}
        ]);
        assert_eq!(addresses_of(&links, "inet"), ["203.0.113.5"]);
        assert_eq!(addresses_of(&links, "inet6"), ["2001:db8::5"]);
    }
}
