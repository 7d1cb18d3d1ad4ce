//! The certificate that no authority signed: there from the first moment, for browsers to warn of.

use std::net::IpAddr;

use super::{current, install};
use crate::device::Device;
use crate::error::ProvisionError;
use crate::files;

/// How long it is good for. Nobody checks it, and it must not run out before it is replaced.
const DAYS: &str = "3650";

/// Makes a certificate for `names` when there is none, or only one for nobody, which nobody has seen.
pub(crate) fn make_missing(device: &Device, names: &[&str]) -> Result<(), ProvisionError> {
    match current(device) {
        Some(current) if !current.self_signed || !current.names.is_empty() || names.is_empty() => Ok(()),
        _ => make(device, names),
    }
}

/// Makes another certificate when the one in use is self-signed and not for all of `names`. Gives whether it did.
pub(crate) fn fit(device: &Device, names: &[&str]) -> Result<bool, ProvisionError> {
    match current(device) {
        Some(current) if !current.self_signed || names.iter().all(|name| current.is_for(name)) => Ok(false),
        _ => make(device, names).map(|()| true),
    }
}

fn make(device: &Device, names: &[&str]) -> Result<(), ProvisionError> {
    let folder = device.state("tls.making");
    files::remove_folder(&folder)?;
    files::make_folder(&folder, files::Rights { mode: 0o700, uid: 0, gid: 0 })?;
    let (certificate, key) = (folder.join("cert.pem"), folder.join("key.pem"));
    let mut program = device
        .program("openssl")
        .args(["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-sha256"])
        .args(["-days", DAYS, "-subj", "/CN=self-signed", "-keyout"])
        .path(&key)
        .arg("-out")
        .path(&certificate);
    if !names.is_empty() {
        let names: Vec<String> = names.iter().map(|name| entry(name)).collect();
        program = program.args(["-addext", &format!("subjectAltName={}", names.join(","))]);
    }
    program.run()?;
    let read = |path: &std::path::Path| std::fs::read(path).map_err(ProvisionError::file("read", path));
    install(device, &read(&certificate)?, &read(&key)?)?;
    files::remove_folder(&folder)
}

/// `DNS:` or `IP:` before the name. Names are of checked types, so that nothing in them is read as openssl's syntax.
fn entry(name: &str) -> String {
    let kind = if name.parse::<IpAddr>().is_ok() { "IP" } else { "DNS" };
    format!("{kind}:{name}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_there_at_once_and_names_the_machine_when_its_name_is_known() {
        let root = tempfile::tempdir().unwrap();
        let device = Device::new(root.path());
        make_missing(&device, &[]).unwrap();
        let first = current(&device).unwrap();
        assert!(first.self_signed && first.names.is_empty());
        assert!(first.until > first.from + 3000 * 86_400);
        assert_eq!(first.fingerprint.len(), 95);

        let names = ["vps17.provider.example", "203.0.113.5", "2001:db8::5"];
        assert!(fit(&device, &names).unwrap());
        let second = current(&device).unwrap();
        assert_eq!(second.names, names);
        assert_ne!(first.fingerprint, second.fingerprint);
        assert!(!fit(&device, &["203.0.113.5"]).unwrap());
        make_missing(&device, &["mail.ambridge.example"]).unwrap();
        assert_eq!(current(&device).unwrap(), second, "the owner has seen it already");
    }
}
