//! What cloud-init found: user data, SSH keys, the machine's name and public address.

use std::fs;
use std::net::IpAddr;

use serde_json::Value;
use sos_settings::{HostName, Problems, UserData};

use crate::device::Device;

/// The provider's user data as it came.
const RAW: &str = "/var/lib/cloud/instance/user-data.txt";
/// The same after cloud-init unpacked and merged its parts.
const MERGED: &str = "/var/lib/cloud/instance/cloud-config.txt";
/// The data source's own part.
const INSTANCE: &str = "/run/cloud-init/instance-data.json";

/// The user data. The raw form is preferred, as only it shows keys that stand there twice and YAML that is none; user
/// data in parts is read as cloud-init merged it.
pub(crate) fn user_data(device: &Device) -> Result<UserData, Problems> {
    let raw = read(device, RAW);
    if raw.trim_start().starts_with("#cloud-config") {
        return UserData::parse(&raw);
    }
    UserData::parse(&read(device, MERGED))
}

/// The full name that the provider gave the machine, if it gave one.
pub(crate) fn machine_name(device: &Device) -> Option<HostName> {
    let data: Value = serde_json::from_str(&read(device, INSTANCE)).unwrap_or_default();
    let places = ["public-hostname", "local-hostname", "local_hostname", "hostname", "name"];
    places.iter().find_map(|place| data["ds"]["meta_data"][place].as_str()?.trim_end_matches('.').parse().ok())
}

/// The public address that the provider translates to this machine's own, if it says so.
pub(crate) fn public_address(device: &Device) -> Option<IpAddr> {
    let data: Value = serde_json::from_str(&read(device, INSTANCE)).unwrap_or_default();
    let places = ["public-ipv4", "public_ipv4", "public-ip"];
    places.iter().find_map(|place| data["ds"]["meta_data"][place].as_str()?.parse().ok())
}

/// SSH keys that the data source lists.
pub(crate) fn ssh_keys(device: &Device) -> Vec<String> {
    listed_ssh_keys(&read(device, INSTANCE))
}

/// What `instance-data.json` lists as SSH keys (`v1.public_ssh_keys`); nothing where it is no such file. Whether each is
/// a key is another question ([`sos_settings::is_ssh_public_key`]).
#[must_use]
pub fn listed_ssh_keys(instance_data: &str) -> Vec<String> {
    let data: Value = serde_json::from_str(instance_data).unwrap_or_default();
    let keys = data.pointer("/v1/public_ssh_keys").and_then(Value::as_array);
    keys.into_iter().flatten().filter_map(Value::as_str).map(|key| key.trim().to_owned()).collect()
}

/// A file's text; nothing when there is none, as cloud-init writes only what it found.
fn read(device: &Device, path: &str) -> String {
    fs::read(device.path(path)).map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_full_name_is_the_machine_s_name() {
        let root = tempfile::tempdir().unwrap();
        let device = Device::new(root.path());
        assert_eq!(machine_name(&device), None);
        fs::create_dir_all(device.path("/run/cloud-init")).unwrap();
        for (name, expected) in [("vps17", None), ("vps17.provider.example", Some("vps17.provider.example"))] {
            let data = serde_json::json!({"ds": {"meta_data": {"local-hostname": name, "public-ipv4": "203.0.113.9"}}});
            fs::write(device.path(INSTANCE), data.to_string()).unwrap();
            assert_eq!(machine_name(&device).as_ref().map(HostName::as_str), expected);
            assert_eq!(public_address(&device), "203.0.113.9".parse().ok());
        }
    }

    #[test]
    fn keys_are_taken_from_where_cloud_init_lists_them() {
        let data =
            r#"{"v1": {"public_ssh_keys": [" ssh-ed25519 AAAA jill@home\n", 7]}, "public_ssh_keys": ["not here"]}"#;
        assert_eq!(listed_ssh_keys(data), ["ssh-ed25519 AAAA jill@home"]);
    }

    #[test]
    fn a_file_of_another_shape_lists_none() {
        for data in ["", "[]", r#"{"v1": []}"#, r#"{"v1": {"public_ssh_keys": "x"}}"#, "{"] {
            assert!(listed_ssh_keys(data).is_empty(), "{data}");
        }
    }
}
