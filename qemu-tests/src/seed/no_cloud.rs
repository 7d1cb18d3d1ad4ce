//! NoCloud's three files: cloud-init's documentation, data source NoCloud, and network configuration
//! version 2.

use serde_json::json;

use super::Metadata;
use crate::world::{GATEWAY, MACHINE, MACHINE_MAC, NAME_SERVER};

/// The files of a NoCloud disk.
pub fn files(metadata: &Metadata) -> Vec<(&'static str, String)> {
    // JSON is YAML, so quoting is right without a YAML writer.
    let about = json!({ "instance-id": "sos-vm-1", "local-hostname": "server", "public-keys": metadata.ssh_keys });
    let network = json!({ "version": 2, "ethernets": { "primary": {
        "match": { "macaddress": MACHINE_MAC },
        "addresses": [format!("{MACHINE}/24")],
        "routes": [{ "to": "0.0.0.0/0", "via": GATEWAY }],
        "nameservers": { "addresses": [NAME_SERVER] },
    } } });
    vec![
        ("meta-data", about.to_string()),
        ("user-data", metadata.user_data.clone()),
        ("network-config", network.to_string()),
    ]
}
