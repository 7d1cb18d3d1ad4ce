//! The two firmwares providers boot with.

use std::path::Path;

use sos_builder::firmware::Ovmf;

use crate::{Error, Result};

/// What starts the boot loader.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Firmware {
    /// SeaBIOS, which QEMU brings along.
    Bios,
    /// OVMF.
    Uefi,
}

impl Firmware {
    /// QEMU's arguments; UEFI variables are kept in `folder`.
    ///
    /// # Errors
    /// [`Error::Refused`] when no OVMF can be had.
    pub fn arguments(self, folder: &Path) -> Result<Vec<String>> {
        match self {
            Firmware::Bios => Ok(Vec::new()),
            Firmware::Uefi => Ovmf::find(folder)
                .and_then(|ovmf| ovmf.arguments(&folder.join("uefi-variables.fd")))
                .map_err(|error| Error::Refused(error.to_string())),
        }
    }
}
