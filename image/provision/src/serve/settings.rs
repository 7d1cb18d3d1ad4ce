//! The settings: read, and changed by the same types that read them, so that nothing else can be written.

use std::fs;

use sha2::{Digest as _, Sha256};
use sos_ipc::{Issue, Reply, SettingsChange, SettingsRead};
use sos_settings::{MailLimits, MemberName, Overlays, Rendered, Settings};

use super::{changes, owner};
use crate::apply;
use crate::device::{DATABASE, Device};
use crate::error::ProvisionError;
use crate::files::{self, Rights};
use crate::turn::Turn;
use crate::{console, secrets};

/// The settings and their revision.
pub(super) fn read(device: &Device) -> Result<Reply, ProvisionError> {
    let settings = device.settings()?.ok_or(ProvisionError::Unclaimed)?;
    Ok(Reply::Settings(Box::new(SettingsRead {
        revision: revision(device)?,
        organisation: settings.organisation.name.to_string(),
        domain: settings.organisation.domain.to_string(),
        host: settings.host.to_string(),
        timezone: settings.timezone.to_string(),
        language: settings.language.to_string(),
        services: owner::services(device, Some(&settings))?,
        quota_mib: settings.mail.quota_mib,
        message_mib: settings.mail.message_mib,
    })))
}

/// SHA-256 of the file.
fn revision(device: &Device) -> Result<String, ProvisionError> {
    let path = device.state("settings.toml");
    Ok(hex::encode(Sha256::digest(fs::read(&path).map_err(ProvisionError::file("read", &path))?)))
}

/// Changes the settings if they are still those that the person saw, and makes the services follow.
pub(super) fn change(
    device: &Device,
    seen: &str,
    by: &MemberName,
    change: SettingsChange,
) -> Result<Reply, ProvisionError> {
    let turn = Turn::wait(device)?;
    let old = device.settings()?.ok_or(ProvisionError::Unclaimed)?;
    if revision(device)? != seen {
        return Ok(Reply::Stale);
    }
    let mut new = old.clone();
    let mut issues = Vec::new();
    let changed = put(device, &mut new, change, &mut issues)?;
    if !issues.is_empty() {
        return Ok(Reply::Issues(issues));
    }
    if new != old {
        apply_change(device, turn, &old, &new)?;
        changes::note(device, by.as_str(), "settings-changed", &changed.join(","))?;
    }
    read(device)
}

/// Puts what changes into `settings`; gives its keys.
fn put(
    device: &Device,
    settings: &mut Settings,
    change: SettingsChange,
    issues: &mut Vec<Issue>,
) -> Result<Vec<&'static str>, ProvisionError> {
    let offered = device.offered()?;
    let mut keys = Vec::new();
    let mut note = |path: &str, what: String| issues.push(Issue { path: path.into(), what });
    if let Some(name) = change.organisation {
        keys.push("organisation");
        match name.parse() {
            Ok(name) => settings.organisation.name = name,
            Err(error) => note("organisation", error.to_string()),
        }
    }
    if let Some(zone) = change.timezone {
        keys.push("timezone");
        match zone.parse() {
            Ok(known) if offered.timezones.is_empty() || offered.timezones.contains(&zone) => settings.timezone = known,
            Ok(_) => note("timezone", format!("there is no time zone {zone:?}; write one such as Europe/London")),
            Err(error) => note("timezone", error.to_string()),
        }
    }
    if let Some(language) = change.language {
        keys.push("language");
        match language.parse() {
            Ok(language) => settings.language = language,
            Err(error) => note("language", error.to_string()),
        }
    }
    if let Some(services) = change.services {
        keys.push("services");
        match services.iter().find(|service| !offered.services.contains(*service)) {
            None => settings.services = services,
            Some(unknown) => note("services", format!("there is no service {unknown:?}")),
        }
    }
    keys.extend(put_limits(&mut settings.mail, change.quota_mib, change.message_mib, &mut note));
    Ok(keys)
}

fn put_limits(
    limits: &mut MailLimits,
    quota_mib: Option<u32>,
    message_mib: Option<u32>,
    note: &mut impl FnMut(&str, String),
) -> Vec<&'static str> {
    let mut keys = Vec::new();
    let each = [
        ("quota_mib", quota_mib, sos_settings::MOST_QUOTA_MIB, &mut limits.quota_mib),
        ("message_mib", message_mib, sos_settings::MOST_MESSAGE_MIB, &mut limits.message_mib),
    ];
    for (key, value, most, place) in each {
        let Some(value) = value else { continue };
        keys.push(key);
        if (1..=most).contains(&value) {
            *place = value;
        } else {
            note(key, format!("{value} is not a whole number from 1 to {most}; write one"));
        }
    }
    keys
}

/// Writes `new` once it renders, then stops what is not wanted any more and starts what is.
fn apply_change(device: &Device, turn: Turn, old: &Settings, new: &Settings) -> Result<(), ProvisionError> {
    let text = new.to_toml()?;
    let overlays: Overlays = device.overlays()?;
    secrets::make_missing(device, &overlays.enabled(Some(new))?)?;
    let ssh = device.ssh_is_on();
    let before = device.render_with(Some(old), ssh, DATABASE)?;
    let after = device.render_with(Some(new), ssh, DATABASE)?;
    files::write(&device.state("settings.toml"), text.as_bytes(), Rights::PUBLIC)?;

    let (gone, come) = (missing(&before, &after), missing(&after, &before));
    // The last one first: it stands on the others.
    tell(device, "stop", gone.iter().rev().copied());
    let changed = apply::write(device, &after)?;
    drop(turn);
    apply::follow(device, &changed)?;
    tell(device, "start", come.iter().copied());
    let look = if gone.is_empty() && come.is_empty() {
        ["start", "sos-check.service"]
    } else {
        ["restart", "sos-health.service"]
    };
    tell(device, look[0], [look[1]].into_iter());
    Ok(())
}

/// The units of `of` that `than` has not.
fn missing<'a>(of: &'a Rendered, than: &Rendered) -> Vec<&'a str> {
    of.units().iter().filter(|unit| !than.units().contains(unit)).map(String::as_str).collect()
}

/// Has systemd do it. A unit that does not follow shows in the health report; the settings are what they are.
fn tell<'a>(device: &Device, verb: &str, units: impl Iterator<Item = &'a str>) {
    let units: Vec<&str> = units.collect();
    if units.is_empty() {
        return;
    }
    if let Err(error) = device.program("systemctl").args([verb, "--no-block", "--"]).args(units).run() {
        console::log(&error.to_string());
    }
}
