//! The machine id (machine-id(5)): made once, kept in state, written into each boot's `/etc`.

use std::fs;

use rand::RngCore as _;
use rand::rngs::OsRng;

use crate::device::Device;
use crate::error::ProvisionError;
use crate::files::{self, Rights};

/// Writes `/etc/machine-id`, making the id when the state has none that is whole.
pub(crate) fn machine_id(device: &Device) -> Result<(), ProvisionError> {
    let kept = device.state("machine-id");
    let id = match fs::read_to_string(&kept) {
        Ok(id) if is_machine_id(id.trim()) => id,
        _ => {
            let id = format!("{}\n", make());
            files::write(&kept, id.as_bytes(), Rights { mode: 0o444, uid: 0, gid: 0 })?;
            id
        }
    };
    files::write(&device.path("/etc/machine-id"), id.as_bytes(), Rights { mode: 0o444, uid: 0, gid: 0 })
}

fn is_machine_id(id: &str) -> bool {
    id.len() == 32 && id.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte))
}

/// A random UUID of version 4, in hexadecimal without dashes.
fn make() -> String {
    let mut bytes = [0_u8; 16];
    OsRng.fill_bytes(&mut bytes);
    bytes[6] = bytes[6] & 0x0f | 0x40;
    bytes[8] = bytes[8] & 0x3f | 0x80;
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn makes_ids_that_systemd_takes() {
        let id = make();
        assert!(is_machine_id(&id) && id.as_bytes()[12] == b'4', "{id}");
    }
}
