//! SSH: off, unless the metadata of this boot hands in a key for root.

use sos_settings::is_ssh_public_key;

use crate::device::Device;
use crate::error::ProvisionError;
use crate::files::{self, Rights};

/// Lets the owners of `keys` in, as root. Gives whether there was a key; what is no key is left out.
pub(crate) fn admit(device: &Device, keys: &[String]) -> Result<bool, ProvisionError> {
    let keys: Vec<&str> = keys.iter().map(String::as_str).filter(|key| is_ssh_public_key(key)).collect();
    if keys.is_empty() {
        return Ok(false);
    }
    make_host_key(device)?;
    let text = keys.join("\n") + "\n";
    files::write(&device.path("/etc/ssh/authorized_keys.d/root"), text.as_bytes(), Rights::ROOT_ONLY)?;
    Ok(true)
}

/// Starts the SSH server.
pub(crate) fn start(device: &Device) -> Result<(), ProvisionError> {
    device.program("systemctl").args(["start", "--no-block", "ssh.service"]).run()?;
    Ok(())
}

/// Makes the host key, once.
fn make_host_key(device: &Device) -> Result<(), ProvisionError> {
    let key = device.state("ssh/ssh_host_ed25519_key");
    if key.exists() && key.with_extension("pub").exists() {
        return Ok(());
    }
    files::make_folder(&device.state("ssh"), Rights { mode: 0o700, uid: 0, gid: 0 })?;
    files::remove(&key)?;
    device.program("ssh-keygen").args(["-q", "-t", "ed25519", "-N", "", "-C", "", "-f"]).path(&key).run()?;
    files::sync(&key)
}
