//! UEFI for virtual machines: OVMF, looked for in `SOS_OVMF`, then where Debian's `ovmf` package puts it, then fetched
//! by the `ovmf-prebuilt` crate.
//!
//! In: a folder for what is fetched. Out: [`Ovmf`], and QEMU's arguments for it. Each machine writes its own copy of
//! the variables.

use std::path::{Path, PathBuf};

use crate::error::Error;

/// Names OVMF's code file; its variables stand beside it.
pub const VARIABLE: &str = "SOS_OVMF";
/// Code and variables of Debian's packages, newest naming first.
const SYSTEM: [(&str, &str); 2] = [
    ("/usr/share/OVMF/OVMF_CODE_4M.fd", "/usr/share/OVMF/OVMF_VARS_4M.fd"),
    ("/usr/share/OVMF/OVMF_CODE.fd", "/usr/share/OVMF/OVMF_VARS.fd"),
];
/// How the two files tell their names apart: as Debian writes them, and as the crate does.
const NAMES: [(&str, &str); 2] = [("CODE", "VARS"), ("code", "vars")];

/// The two files of OVMF.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ovmf {
    /// The firmware.
    pub code: PathBuf,
    /// Its variables as no machine has changed them.
    variables: PathBuf,
}

impl Ovmf {
    /// Finds OVMF, or fetches it into `folder`.
    ///
    /// # Errors
    /// [`Error::NoFirmware`].
    pub fn find(folder: &Path) -> Result<Self, Error> {
        if let Some(given) = std::env::var_os(VARIABLE) {
            let given = PathBuf::from(given);
            return Self::beside(&given).ok_or_else(|| Error::NoFirmware {
                reason: format!("{VARIABLE}={} is not OVMF's code file with its variables beside it", given.display()),
            });
        }
        let installed =
            SYSTEM.iter().find(|(code, variables)| Path::new(code).is_file() && Path::new(variables).is_file());
        match installed {
            Some((code, variables)) => Ok(Self { code: code.into(), variables: variables.into() }),
            None => Self::fetch(folder),
        }
    }

    /// The code file at `code` with the variables beside it, where both are there.
    fn beside(code: &Path) -> Option<Self> {
        let name = code.file_name()?.to_str()?;
        let (ours, theirs) = NAMES.iter().find(|(ours, _)| name.contains(ours))?;
        let variables = code.with_file_name(name.replace(ours, theirs));
        let found = Self { code: code.to_owned(), variables };
        (found.code.is_file() && found.variables.is_file()).then_some(found)
    }

    fn fetch(folder: &Path) -> Result<Self, Error> {
        use ovmf_prebuilt::{Arch, FileType, Prebuilt, Source};
        let prebuilt = Prebuilt::fetch(Source::LATEST, folder).map_err(|error| Error::NoFirmware {
            reason: format!("it is not installed and cannot be fetched: {error}"),
        })?;
        let file = |kind| prebuilt.get_file(Arch::X64, kind);
        Ok(Self { code: file(FileType::Code), variables: file(FileType::Vars) })
    }

    /// QEMU's arguments for a machine that keeps its variables at `own`, made here where the machine is new.
    ///
    /// # Errors
    /// Variables that cannot be copied.
    pub fn arguments(&self, own: &Path) -> Result<Vec<String>, Error> {
        if !own.exists() {
            // The bytes and not the mode: what belongs to a package may not be written.
            let variables = std::fs::read(&self.variables).map_err(|e| Error::io("read", &self.variables, e))?;
            std::fs::write(own, variables).map_err(|e| Error::io("write", own, e))?;
        }
        let drive = |unit: &str, path: &Path| {
            let path = path.to_string_lossy().replace(',', ",,");
            ["-drive".to_owned(), format!("if=pflash,format=raw,unit={unit},file={path}")]
        };
        Ok([drive("0,readonly=on", &self.code), drive("1", own)].concat())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_variables_stand_beside_the_code() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        std::fs::write(at("OVMF_CODE_4M.fd"), "code").unwrap();
        assert_eq!(Ovmf::beside(&at("OVMF_CODE_4M.fd")), None);
        for (code, variables) in [("OVMF_CODE_4M.fd", "OVMF_VARS_4M.fd"), ("code.fd", "vars.fd")] {
            std::fs::write(at(code), "code").unwrap();
            std::fs::write(at(variables), "variables").unwrap();
            let found = Ovmf::beside(&at(code)).unwrap();
            assert_eq!((found.code, found.variables), (at(code), at(variables)));
        }
    }

    #[test]
    fn a_machine_writes_variables_of_its_own() {
        let folder = tempfile::tempdir().unwrap();
        let (code, variables, own) =
            (folder.path().join("code"), folder.path().join("vars"), folder.path().join("own"));
        std::fs::write(&variables, "pristine").unwrap();
        let mut mode = std::fs::metadata(&variables).unwrap().permissions();
        mode.set_readonly(true);
        std::fs::set_permissions(&variables, mode).unwrap();
        let line = Ovmf { code, variables }.arguments(&own).unwrap().join(" ");
        assert!(line.contains("unit=0,readonly=on,file=") && line.ends_with(&format!("unit=1,file={}", own.display())));
        assert!(!std::fs::metadata(&own).unwrap().permissions().readonly());
        assert_eq!(std::fs::read(own).unwrap(), b"pristine");
    }
}
