//! A rendering → files, and what must follow on a running system.

use std::collections::{BTreeMap, BTreeSet};

use sos_settings::{Change, Rendered, units_to_follow};

use crate::console;
use crate::device::Device;
use crate::error::ProvisionError;
use crate::files::{self, Rights};
use crate::turn::Turn;

/// What an earlier rendering of this boot made: each path, and what follows when it goes.
const RECORD: &str = "/etc/sos/rendered.json";

/// Where systemd reads units, of which it has to be told.
const UNITS: &str = "/etc/systemd/system/";

/// Opens and closes ports.
const DOORS: &str = "nftables.service";

/// What follows from what changed.
#[derive(Debug, Default)]
pub(crate) struct Changed {
    units: bool,
    changes: BTreeSet<Change>,
}

impl Changed {
    /// Has these units reload, too: what they read changed, though no rendered file did. Each reloads once.
    pub(crate) fn also_reload(&mut self, units: &[String]) {
        self.changes.extend(units.iter().cloned().map(Change::Reload));
    }
}

/// Writes what differs and removes what an earlier rendering of this boot made and this one does not. The caller has
/// the [`Turn`], or is alone as at boot.
pub(crate) fn write(device: &Device, rendered: &Rendered) -> Result<Changed, ProvisionError> {
    let mut changed = Changed::default();
    for (path, entry) in rendered.entries() {
        if files::place(&device.path(path), entry)? {
            changed.units |= path.starts_with(UNITS);
            changed.changes.extend(rendered.change(path).cloned());
        }
    }
    for (path, change) in earlier(device).into_iter().filter(|(path, _)| rendered.get(path).is_none()) {
        files::remove(&device.path(&path))?;
        changed.units |= path.starts_with(UNITS);
        changed.changes.extend(change);
    }
    let record: BTreeMap<&str, Option<&Change>> =
        rendered.entries().map(|(path, _)| (path, rendered.change(path))).collect();
    let record = serde_json::to_vec_pretty(&record)
        .map_err(|error| ProvisionError::Malformed { path: RECORD.into(), what: error.to_string() })?;
    files::write(&device.path(RECORD), &record, Rights::PUBLIC)?;
    Ok(changed)
}

/// The record; none at boot, as `/etc` is new then.
fn earlier(device: &Device) -> BTreeMap<String, Option<Change>> {
    std::fs::read(device.path(RECORD)).ok().and_then(|json| serde_json::from_slice(&json).ok()).unwrap_or_default()
}

/// Makes a running system follow: reads units anew if some changed, which takes a small machine seconds, then reloads or
/// starts again exactly those whose files changed. Ports open last: who comes in before a service has read its files anew
/// meets one that has half of them, and Postfix then takes nobody in for a minute.
pub(crate) fn follow(device: &Device, changed: &Changed) -> Result<(), ProvisionError> {
    if changed.units {
        device.program("systemctl").arg("daemon-reload").run()?;
    }
    let (reload, restart) = units_to_follow(&changed.changes);
    let (doors, reload): (BTreeSet<_>, BTreeSet<_>) = reload.into_iter().partition(|unit| *unit == DOORS);
    for (verb, units) in [("try-reload-or-restart", reload), ("try-restart", restart), ("try-reload-or-restart", doors)]
    {
        if units.is_empty() {
            continue;
        }
        // A unit that fails to follow shows in the health report; the others follow all the same.
        if let Err(error) = device.program("systemctl").arg(verb).args(units).run() {
            console::log(&error.to_string());
        }
    }
    Ok(())
}

/// Renders from what is there now, writes what differs, and makes a running system follow.
///
/// # Errors
/// When the rendering fails, and nothing is written then; or when a file cannot be written.
pub fn apply(device: &Device) -> Result<(), ProvisionError> {
    let changed = write_anew(device)?;
    follow(device, &changed)
}

/// Renders from what is there now and writes what differs. What follows does so without the turn.
pub(crate) fn write_anew(device: &Device) -> Result<Changed, ProvisionError> {
    let _turn = Turn::wait(device)?;
    write(device, &device.render(device.ssh_is_on())?)
}

/// Starts all that the settings enable, under the server's name.
pub(crate) fn start_services(device: &Device, rendered: &Rendered) -> Result<(), ProvisionError> {
    let units = rendered.units().iter().map(String::as_str);
    device.program("systemctl").args(["start", "sos-hostname.service"]).run()?;
    device.program("systemctl").args(["start", "--no-block", "sos-services.target"]).args(units).run()?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use sos_settings::{Accounts, Inputs, Overlays, Secrets};

    use super::*;
    use crate::test_programs::{calls, stand_in};

    fn rendered(folder: &std::path::Path, manifest: &str) -> Rendered {
        std::fs::create_dir_all(folder.join("x/templates")).unwrap();
        std::fs::write(folder.join("x/templates/a"), "a").unwrap();
        std::fs::write(
            folder.join("x/service.toml"),
            format!("title = \"X\"\nrequired = true\nunclaimed = true\n{manifest}"),
        )
        .unwrap();
        let accounts = Accounts::parse("root:x:0:0:::", "root:x:0:").unwrap();
        let secrets = Secrets::default();
        let inputs = Inputs {
            settings: None,
            secrets: &secrets,
            accounts: &accounts,
            ssh: false,
            directory: "/x",
            authority: false,
            dark: false,
        };
        sos_settings::render(&Overlays::load(folder).unwrap(), &inputs).unwrap()
    }

    #[test]
    fn units_are_read_anew_when_some_came_or_went() {
        let (root, overlays, programs) =
            (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let device = Device::new(root.path()).with_programs(programs.path());
        stand_in(programs.path(), "systemctl", "exit 0");
        let file = "[templates.a]\nto = \"/etc/sites/a\"\nreload = \"nginx.service\"";
        let unit = "[links]\n\"/etc/systemd/system/x.target.wants/y.service\" = \"/usr/lib/systemd/system/y.service\"";
        for (manifest, expected) in [(file, false), (unit, true), (unit, false), (file, true)] {
            let changed = write(&device, &rendered(overlays.path(), manifest)).unwrap();
            let before = calls(programs.path(), "systemctl").len();
            follow(&device, &changed).unwrap();
            let told = &calls(programs.path(), "systemctl")[before..];
            assert_eq!(told.contains(&"daemon-reload".to_owned()), expected, "{manifest}: {told:?}");
        }
    }

    #[test]
    fn ports_open_when_services_have_followed() {
        let (root, programs) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let device = Device::new(root.path()).with_programs(programs.path());
        stand_in(programs.path(), "systemctl", "exit 0");
        let reload = ["nftables.service", "postfix.service", "nginx.service"].map(|unit| Change::Reload(unit.into()));
        let changes = reload.into_iter().chain([Change::Restart("rspamd.service".into())]).collect();
        follow(&device, &Changed { units: false, changes }).unwrap();
        assert_eq!(
            calls(programs.path(), "systemctl"),
            [
                "try-reload-or-restart nginx.service postfix.service",
                "try-restart rspamd.service",
                "try-reload-or-restart nftables.service"
            ]
        );
    }

    #[test]
    fn a_file_that_goes_is_followed_by_its_unit_too() {
        let (root, overlays) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let device = Device::new(root.path());
        let with = "[templates.a]\nto = \"/etc/sites/a\"\nreload = \"nginx.service\"";
        let changed = write(&device, &rendered(overlays.path(), with)).unwrap();
        assert!(!changed.changes.is_empty() && device.path("/etc/sites/a").exists());
        assert!(write(&device, &rendered(overlays.path(), with)).unwrap().changes.is_empty());
        let changed = write(&device, &rendered(overlays.path(), "")).unwrap();
        assert!(!device.path("/etc/sites/a").exists());
        assert_eq!(changed.changes, BTreeSet::from([Change::Reload("nginx.service".into())]));
    }
}
