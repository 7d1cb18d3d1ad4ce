//! A rendering → files, and what must follow on a running system.

use std::collections::BTreeSet;
use std::path::Path;

use sos_settings::Rendered;

use crate::console;
use crate::device::Device;
use crate::error::ProvisionError;
use crate::files::{self, Rights};

/// What an earlier rendering of this boot made, one path a line.
const RECORD: &str = "/etc/sos/rendered";

/// Writes what differs and removes what an earlier rendering of this boot made and this one does not. Gives the
/// paths that changed.
pub(crate) fn write(device: &Device, rendered: &Rendered) -> Result<BTreeSet<String>, ProvisionError> {
    let mut changed = BTreeSet::new();
    for (path, entry) in rendered.entries() {
        if files::place(&device.path(path), entry)? {
            changed.insert(path.to_owned());
        }
    }
    let record = device.path(RECORD);
    let earlier = std::fs::read_to_string(&record).unwrap_or_default();
    for path in earlier.lines().filter(|path| rendered.get(path).is_none()) {
        files::remove(&device.path(path))?;
        changed.insert(path.to_owned());
    }
    let paths: String = rendered.entries().map(|(path, _)| format!("{path}\n")).collect();
    files::write(Path::new(&record), paths.as_bytes(), Rights::PUBLIC)?;
    Ok(changed)
}

/// Makes a running system follow: reads units anew, then reloads or starts again exactly those whose files changed.
pub(crate) fn follow(device: &Device, rendered: &Rendered, changed: &BTreeSet<String>) -> Result<(), ProvisionError> {
    if changed.is_empty() {
        return Ok(());
    }
    device.program("systemctl").arg("daemon-reload").run()?;
    let (reload, restart) = rendered.follow_ups(changed.iter().map(String::as_str));
    for (verb, units) in [("try-reload-or-restart", reload), ("try-restart", restart)] {
        for unit in units {
            // A unit that fails to follow shows in the health report; the others must follow all the same.
            if let Err(error) = device.program("systemctl").args([verb, &unit]).run() {
                console::log(&error.to_string());
            }
        }
    }
    Ok(())
}

/// Starts all that the settings enable, under the server's name.
pub(crate) fn start_services(device: &Device, rendered: &Rendered) -> Result<(), ProvisionError> {
    let units = rendered.units().iter().map(String::as_str);
    device.program("systemctl").args(["start", "sos-hostname.service"]).run()?;
    device.program("systemctl").args(["start", "--no-block", "sos-services.target"]).args(units).run()?;
    Ok(())
}
