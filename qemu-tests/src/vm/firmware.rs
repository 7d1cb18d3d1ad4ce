//! The two firmwares providers boot with. OVMF is looked for in `SOS_OVMF`, then where Debian's `ovmf`
//! package puts it, then fetched by the `ovmf-prebuilt` crate.

use std::path::{Path, PathBuf};

use crate::{Error, Result};

/// Code and variables of Debian's packages, newest naming first.
const SYSTEM_OVMF: [(&str, &str); 2] = [
    ("/usr/share/OVMF/OVMF_CODE_4M.fd", "/usr/share/OVMF/OVMF_VARS_4M.fd"),
    ("/usr/share/OVMF/OVMF_CODE.fd", "/usr/share/OVMF/OVMF_VARS.fd"),
];

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
        if self == Firmware::Bios {
            return Ok(Vec::new());
        }
        let (code, variables) = find_ovmf(folder)?;
        let own = folder.join("uefi-variables.fd");
        if !own.exists() {
            std::fs::copy(&variables, &own).map_err(Error::file(&variables))?;
        }
        let drive = "if=pflash,format=raw,unit";
        Ok(vec![
            "-drive".into(),
            format!("{drive}=0,readonly=on,file={}", code.display()),
            "-drive".into(),
            format!("{drive}=1,file={}", own.display()),
        ])
    }
}

fn find_ovmf(folder: &Path) -> Result<(PathBuf, PathBuf)> {
    if let Some(given) = std::env::var_os("SOS_OVMF") {
        let code = PathBuf::from(given);
        let name = code.file_name().unwrap_or_default().to_string_lossy().replace("CODE", "VARS");
        let variables = code.with_file_name(name);
        if code.is_file() && variables.is_file() && code != variables {
            return Ok((code, variables));
        }
        return Err(Error::Refused(format!(
            "SOS_OVMF={}: name the OVMF_CODE file, with its OVMF_VARS file beside it",
            code.display()
        )));
    }
    if let Some((code, variables)) = SYSTEM_OVMF.iter().find(|(code, _)| Path::new(code).is_file()) {
        return Ok((code.into(), variables.into()));
    }
    fetch_ovmf(folder)
}

fn fetch_ovmf(folder: &Path) -> Result<(PathBuf, PathBuf)> {
    use ovmf_prebuilt::{Arch, FileType, Prebuilt, Source};
    let prebuilt = Prebuilt::fetch(Source::LATEST, folder.join("ovmf")).map_err(|error| {
        Error::Refused(format!("no UEFI firmware ({error}): install the package `ovmf`, or set SOS_OVMF"))
    })?;
    let file = |kind| prebuilt.get_file(Arch::X64, kind);
    Ok((file(FileType::Code), file(FileType::Vars)))
}
