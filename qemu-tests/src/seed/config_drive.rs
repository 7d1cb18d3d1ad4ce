//! ConfigDrive's files: OpenStack's documentation, «Metadata service» and the `network_data.json` schema.

use std::collections::BTreeMap;

use serde_json::json;

use super::Metadata;
use crate::world::{GATEWAY, MACHINE, MACHINE_MAC, NAME_SERVER};

/// The files of a ConfigDrive disk.
pub fn files(metadata: &Metadata) -> Vec<(&'static str, String)> {
    let keys: BTreeMap<_, _> =
        metadata.ssh_keys.iter().enumerate().map(|(number, key)| (format!("key-{number}"), key)).collect();
    let about = json!({ "uuid": "8a1f5e0c-2f0a-4c57-9b1e-0f6f4d1c5a10", "name": "server",
        "hostname": "server", "public_keys": keys });
    let network = json!({
        "links": [{ "id": "link0", "type": "phy", "ethernet_mac_address": MACHINE_MAC }],
        "networks": [{
            "id": "network0", "link": "link0", "type": "ipv4",
            "ip_address": MACHINE, "netmask": "255.255.255.0",
            "routes": [{ "network": "0.0.0.0", "netmask": "0.0.0.0", "gateway": GATEWAY }],
        }],
        "services": [{ "type": "dns", "address": NAME_SERVER }],
    });
    vec![
        ("openstack/latest/meta_data.json", about.to_string()),
        ("openstack/latest/network_data.json", network.to_string()),
        ("openstack/latest/user_data", metadata.user_data.clone()),
    ]
}
