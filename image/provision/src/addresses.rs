//! The addresses under which others reach this machine.

use std::collections::BTreeSet;
use std::net::IpAddr;

use serde_json::Value;

use crate::cloud_init;
use crate::device::Device;
use crate::error::ProvisionError;

/// Addresses, IPv4 first.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Addresses(Vec<IpAddr>);

impl Addresses {
    /// All of them.
    pub(crate) fn iter(&self) -> impl Iterator<Item = IpAddr> {
        self.0.iter().copied()
    }

    /// Whether `address` is among them.
    pub(crate) fn contains(&self, address: IpAddr) -> bool {
        self.0.contains(&address)
    }

    /// Those of them that others outside reach.
    pub(crate) fn reached(&self) -> Self {
        Self(self.iter().filter(|address| !is_private(*address)).collect())
    }

    /// As text, IPv4 and IPv6.
    pub(crate) fn split(&self) -> (Vec<String>, Vec<String>) {
        let (ipv4, ipv6): (Vec<IpAddr>, Vec<IpAddr>) = self.iter().partition(IpAddr::is_ipv4);
        let text = |addresses: Vec<IpAddr>| addresses.iter().map(ToString::to_string).collect();
        (text(ipv4), text(ipv6))
    }
}

/// The machine's lasting addresses. Where the provider translates a public one to a private one of the machine's, its
/// metadata says so, and the public one stands for it.
pub(crate) fn public(device: &Device) -> Result<Addresses, ProvisionError> {
    let json = device.program("ip").args(["-json", "address", "show", "scope", "global", "up"]).run()?;
    let links: Value = serde_json::from_slice(&json)
        .map_err(|error| ProvisionError::Malformed { path: "ip address".into(), what: error.to_string() })?;
    Ok(choose(own(&links), cloud_init::public_address(device)))
}

fn choose(mut own: Vec<IpAddr>, translated: Option<IpAddr>) -> Addresses {
    if let Some(public) = translated.filter(|public| !own.contains(public)) {
        own.retain(|address| address.is_ipv4() != public.is_ipv4() || !is_private(*address));
        own.push(public);
    }
    // IPv4 first; else in the order in which the machine has them.
    own.sort_by_key(IpAddr::is_ipv6);
    let mut seen = BTreeSet::new();
    own.retain(|address| seen.insert(*address));
    Addresses(own)
}

/// Whether nobody outside reaches `address` (RFC 1918, RFC 6598, RFC 4193 and addresses of a link).
pub(crate) fn is_private(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => {
            let [a, b, ..] = address.octets();
            address.is_private() || address.is_loopback() || address.is_link_local() || (a == 100 && b & 0xc0 == 64)
        }
        IpAddr::V6(address) => address.is_loopback() || address.is_unique_local() || address.is_unicast_link_local(),
    }
}

fn own(links: &Value) -> Vec<IpAddr> {
    let lists = links.as_array().into_iter().flatten().filter_map(|link| link["addr_info"].as_array());
    lists
        .flatten()
        .filter(|address| address["temporary"] != true && address["deprecated"] != true)
        .filter_map(|address| address["local"].as_str()?.parse().ok())
        .collect()
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    pub(crate) fn addresses(texts: &[&str]) -> Addresses {
        Addresses(texts.iter().map(|text| text.parse().unwrap()).collect())
    }

    #[test]
    fn takes_lasting_addresses_only() {
        let links = serde_json::json!([
            {}, {"addr_info": [
                {"family": "inet6", "local": "2001:db8::5"}, {"family": "inet", "local": "203.0.113.5"},
                {"family": "inet6", "local": "2001:db8::99", "temporary": true}]}
        ]);
        let (ipv4, ipv6) = choose(own(&links), None).split();
        assert_eq!((ipv4, ipv6), (vec!["203.0.113.5".to_owned()], vec!["2001:db8::5".to_owned()]));
    }

    #[test]
    fn a_translated_address_stands_for_the_private_one() {
        let own = ["10.0.0.4", "2001:db8::5"].map(|address| address.parse().unwrap()).to_vec();
        let (ipv4, ipv6) = choose(own, "203.0.113.5".parse().ok()).split();
        assert_eq!((ipv4, ipv6), (vec!["203.0.113.5".to_owned()], vec!["2001:db8::5".to_owned()]));
    }

    #[test]
    fn private_addresses_are_for_no_registrar() {
        let own = addresses(&["10.0.0.4", "203.0.113.5", "fd00::5", "2001:db8::5"]);
        assert_eq!(own.reached(), addresses(&["203.0.113.5", "2001:db8::5"]));
    }

    #[test]
    fn knows_which_addresses_nobody_outside_reaches() {
        for private in
            ["10.1.2.3", "192.168.0.1", "100.64.0.1", "127.0.0.1", "169.254.1.1", "fd00::1", "fe80::1", "::1"]
        {
            assert!(is_private(private.parse().unwrap()), "{private}");
        }
        for public in ["203.0.113.5", "100.128.0.1", "2001:db8::5"] {
            assert!(!is_private(public.parse().unwrap()), "{public}");
        }
    }
}
