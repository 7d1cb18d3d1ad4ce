//! Once a day: mailboxes that were set aside a month ago go for good.

use std::fs;
use std::time::{Duration, SystemTime};

use time::Date;
use time::macros::format_description;

use crate::device::Device;
use crate::error::ProvisionError;
use crate::files;

/// Where they are: `<name>-<date>`, or with a dot and a number behind it.
pub(crate) const REMOVED: &str = "/var/mail/.removed";
/// How long they are kept.
const KEPT: Duration = Duration::from_secs(30 * 24 * 60 * 60);

/// Removes what was set aside more than 30 days ago.
///
/// # Errors
/// A folder that cannot be listed or removed.
pub fn sweep(device: &Device) -> Result<(), ProvisionError> {
    sweep_at(device, SystemTime::now())
}

fn sweep_at(device: &Device, now: SystemTime) -> Result<(), ProvisionError> {
    let folder = device.path(REMOVED);
    if !folder.is_dir() {
        return Ok(());
    }
    for entry in fs::read_dir(&folder).map_err(ProvisionError::file("list", &folder))? {
        let entry = entry.map_err(ProvisionError::file("list", &folder))?;
        let since = date_in(&entry.file_name().to_string_lossy());
        if since.is_some_and(|since| now.duration_since(since).is_ok_and(|age| age > KEPT)) {
            files::remove_folder(&entry.path())?;
        }
    }
    Ok(())
}

/// The date at a name's end.
fn date_in(name: &str) -> Option<SystemTime> {
    // A member's name may have dots of its own: only a number goes.
    let number = name.rsplit_once('.').filter(|(_, number)| number.bytes().all(|byte| byte.is_ascii_digit()));
    let name = number.map_or(name, |(name, _)| name);
    let date = name.get(name.len().checked_sub(10)?..)?;
    let date = Date::parse(date, format_description!("[year]-[month]-[day]")).ok()?;
    Some(date.midnight().assume_utc().into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mailboxes_set_aside_go_after_30_days_and_no_sooner() {
        let root = tempfile::tempdir().unwrap();
        let device = Device::new(root.path());
        let names = ["joe-2026-01-01", "j.grundy-2026-01-01.2", "pip-2026-01-31", "other"];
        for name in names {
            fs::create_dir_all(device.path(REMOVED).join(name).join("Maildir")).unwrap();
        }
        let day = |date: &str| date_in(&format!("x-{date}")).unwrap();
        sweep_at(&device, day("2026-01-31")).unwrap();
        assert!(names.iter().all(|name| device.path(REMOVED).join(name).exists()));
        sweep_at(&device, day("2026-02-01")).unwrap();
        let left: Vec<&str> = names.into_iter().filter(|name| device.path(REMOVED).join(name).exists()).collect();
        assert_eq!(left, ["pip-2026-01-31", "other"]);
    }
}
