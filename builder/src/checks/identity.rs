//! Rules about what a device must make for itself: its ids and its keys.

use super::facts::Facts;
use super::report::Finding;
use super::tree::Kind;
use crate::error::Error;
use crate::rootfs::FACTORY;

/// What else tells one machine from another, below `/var` (machine-id(5), systemd-random-seed(8), systemd-creds(1)).
const OTHER_IDS: [&str; 3] = ["lib/dbus/machine-id", "lib/systemd/random-seed", "lib/systemd/credential.secret"];

/// The machine id is there and empty, and nothing else that two machines must not share.
pub fn machine_id(facts: &Facts<'_>) -> Result<Vec<Finding>, Error> {
    let tree = &facts.tree;
    let mut findings = Vec::new();
    match tree.get("/etc/machine-id") {
        Some(entry) if entry.kind == Kind::File && entry.size == 0 => {}
        Some(_) => findings.push(Finding::new("/etc/machine-id", "it is not empty")),
        None => findings.push(Finding::new("/etc/machine-id", "it is not there, not even empty")),
    }
    for var in [format!("/{FACTORY}/var"), "/var".to_owned()] {
        let others = OTHER_IDS.map(|id| format!("{var}/{id}"));
        let own = others.into_iter().filter(|path| tree.get(path).is_some_and(|entry| entry.kind == Kind::File));
        findings.extend(own.map(|path| Finding::new(path, "every machine would have the same")));
    }
    Ok(findings)
}

/// No key by which an SSH server is known.
pub fn host_keys(facts: &Facts<'_>) -> Result<Vec<Finding>, Error> {
    let is_key = |path: &str| path.rsplit('/').next().is_some_and(|name| name.starts_with("ssh_host_"));
    let keys = facts.tree.entries().filter(|(path, _)| is_key(path));
    Ok(keys.map(|(path, _)| Finding::new(path, "every machine would be known by the same key")).collect())
}

#[cfg(test)]
mod tests {
    use crate::checks::fixture::Fixture;

    #[test]
    fn a_machine_id_that_is_not_empty_or_not_there_is_found() {
        let fixture = Fixture::good().file("/etc/machine-id", "0123456789abcdef0123456789abcdef\n");
        fixture.breaks("machine-id", &["/etc/machine-id"]);
        Fixture::good().without("/etc/machine-id").breaks("machine-id", &["/etc/machine-id"]);
        let seed = "/usr/share/sos/factory/var/lib/systemd/random-seed";
        Fixture::good().file(seed, "seed").breaks("machine-id", &[seed]);
    }

    #[test]
    fn a_host_key_is_found_private_or_public() {
        for key in ["/etc/ssh/ssh_host_ed25519_key", "/etc/ssh/ssh_host_rsa_key.pub"] {
            Fixture::good().file(key, "a key").breaks("host-keys", &[key]);
        }
    }
}
