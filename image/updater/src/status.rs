//! How updates stand, for the console. Read without any right but to read the store: the helper asks.

use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan as _, Zoned};
use sos_ipc::{AvailableRelease, EarlierRelease, UpdatePhase, UpdateStatus};
use sos_provision::Device;

use crate::clock::now;
use crate::error::UpdateError;
use crate::standing::Standing;
use crate::store::{Candidate, Checked, Earlier, Store, Trial};

/// What the image knows of its channel.
const CHANNEL: &str = "/usr/share/sos/update/channel.toml";
/// The hours of the night, in the organisation's time zone: the first one, and the one in which nothing begins any more.
const NIGHT: (i8, i8) = (3, 6);

/// How updates stand.
///
/// # Errors
/// When it is not known what runs.
pub fn status(device: &Device) -> Result<UpdateStatus, UpdateError> {
    let store = Store::of(device);
    let standing = Standing::read(device, None)?;
    let checked = store.get::<Checked>();
    let earlier = store.get::<Earlier>().filter(|_| !standing.is_other_taken() && !standing.dark);
    Ok(UpdateStatus {
        running: standing.running.to_string(),
        channel: device.path(CHANNEL).exists(),
        phase: phase(device, &standing),
        available: available(&store, &standing),
        checked: checked.as_ref().map(|checked| checked.at),
        fault: checked.and_then(|checked| checked.fault),
        tonight: tonight(&here(device)),
        back: earlier.map(|earlier| EarlierRelease { version: earlier.version.to_string(), since: earlier.since }),
        history: store.history(),
    })
}

fn phase(device: &Device, standing: &Standing) -> UpdatePhase {
    if standing.dark {
        return UpdatePhase::Trying;
    }
    let resting = if standing.whole().is_some() { UpdatePhase::Staged } else { UpdatePhase::Idle };
    crate::progress::phase(device).unwrap_or(resting)
}

fn available(store: &Store, standing: &Standing) -> Option<AvailableRelease> {
    let Candidate { version, bytes, notes } =
        standing.candidate.clone().filter(|candidate| candidate.version > standing.running)?;
    let trying = store.get::<Trial>().is_some_and(|trial| trial.to == version && standing.dark);
    let failed = store.failures(version) > 0;
    (!trying).then(|| AvailableRelease { version: version.to_string(), bytes, notes, failed })
}

/// The time here, as the organisation's clocks show it.
fn here(device: &Device) -> Zoned {
    let zone = device.settings().ok().flatten().map(|settings| settings.timezone.to_string());
    let zone = zone.and_then(|zone| TimeZone::get(&zone).ok()).unwrap_or(TimeZone::UTC);
    let at = i64::try_from(now()).ok().and_then(|at| Timestamp::from_second(at).ok()).unwrap_or(Timestamp::UNIX_EPOCH);
    at.to_zoned(zone)
}

/// Whether it is night: the hours in which the server may start anew unasked.
#[must_use]
pub fn is_night(device: &Device) -> bool {
    is_night_at(&here(device))
}

fn is_night_at(here: &Zoned) -> bool {
    (NIGHT.0..NIGHT.1).contains(&here.hour())
}

/// When the next night begins, seconds since 1970.
fn tonight(here: &Zoned) -> u64 {
    let today = here.date().at(NIGHT.0, 0, 0, 0);
    let next = if here.datetime() < today { today } else { today.saturating_add(1.day()) };
    let at = here.time_zone().to_ambiguous_zoned(next).compatible();
    at.ok().and_then(|at| u64::try_from(at.timestamp().as_second()).ok()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::boot_state::Slot;
    use crate::fixture::{Fixture, NEW, OLD};

    fn at(text: &str) -> Zoned {
        text.parse().unwrap()
    }

    #[test]
    fn a_night_is_from_three_to_six_by_the_club_s_clocks() {
        let nights = [
            "2026-12-01T02:59:00[Europe/London]",
            "2026-12-01T03:00:00[Europe/London]",
            "2026-12-01T06:00:00[Europe/London]",
        ];
        assert_eq!(nights.map(|here| is_night_at(&at(here))), [false, true, false]);
    }

    #[test]
    fn tonight_is_the_next_three_o_clock() {
        let next = |here: &str, then: &str| assert_eq!(tonight(&at(here)), at(then).timestamp().as_second() as u64);
        next("2026-12-01T01:00:00[Europe/London]", "2026-12-01T03:00:00[Europe/London]");
        next("2026-12-01T03:00:00[Europe/London]", "2026-12-02T03:00:00[Europe/London]");
        // In this night clocks go forward at one.
        next("2027-03-27T12:00:00[Europe/London]", "2027-03-28T03:00:00[Europe/London]");
    }

    #[test]
    fn says_what_there_is_what_is_on_its_way_and_what_can_be_gone_back_to() {
        let server = Fixture::new();
        let status = || super::status(&server.device).unwrap();
        let none = status();
        assert_eq!((none.running.as_str(), none.channel, none.phase), (OLD, false, UpdatePhase::Idle));
        assert_eq!((none.available, none.back, none.history), (None, None, Vec::new()));
        let notes = BTreeMap::from([("en".to_owned(), "Faster.".to_owned())]);
        server.store.put(&Candidate { version: NEW.parse().unwrap(), bytes: 7, notes }).unwrap();
        server.store.put(&Earlier { version: OLD.parse().unwrap(), since: 5 }).unwrap();
        server.put("usr/share/sos/update/channel.toml", "");
        assert_eq!(status().back.unwrap().since, 5);
        server.stage(Slot::B, true);
        let staged = status();
        assert_eq!((staged.phase, staged.channel, staged.back), (UpdatePhase::Staged, true, None));
        assert!(!staged.available.unwrap().failed);
        server.store.set_failures(NEW.parse().unwrap(), 1).unwrap();
        assert!(status().available.unwrap().failed);
        server.put("run/sos/trial", "{}");
        assert_eq!(status().phase, UpdatePhase::Trying);
    }
}
