//! What this server is and how it is, for a person.

use std::fmt::Write as _;

use crate::device::Device;
use crate::error::ProvisionError;
use crate::health;

/// A few lines: release, owner, services and their health as last found.
///
/// # Errors
/// When the image or the settings cannot be read.
pub fn status(device: &Device) -> Result<String, ProvisionError> {
    let mut text = format!("release: {}\n", device.image()?.version);
    let Some(settings) = device.settings()? else {
        return Ok(text + "owner: none yet\n");
    };
    // Writing to a string does not fail.
    let _ = writeln!(text, "owner: {} ({})", settings.organisation.name, settings.organisation.domain);
    let _ = writeln!(text, "host: {}", settings.host);
    match health::last(device) {
        None => text.push_str("health: not known yet\n"),
        Some(report) => {
            for service in report.services {
                let _ = writeln!(text, "{}: {}", service.name, service.fault.as_deref().unwrap_or("ok"));
            }
        }
    }
    Ok(text)
}
