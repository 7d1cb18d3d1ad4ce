//! Into the next Debian, like any other update: tried in the dark, kept when every service of the new release works and
//! nothing is less, taken back otherwise, with the data as this Debian's services wrote them.

use sos_signing::Version;

use super::UPDATER;
use super::commits::{NOW, take_and_commit};
use super::rollbacks::{Failure, wakes};
use crate::Result;
use crate::scenarios::people;
use crate::session::Stage;

/// What the gate looks at last, when every service of the next Debian has run on the data and changed what it changes.
const LATE: (&str, &str) = ("letters-are-gone", "letters of lilian.bellamy");

/// Over, and it stays.
pub fn commits(stage: &mut Stage) -> Result<()> {
    let next = offered(stage)?;
    take_and_commit(stage, next, NOW, "jill")?;
    people::meet_their_server(stage)
}

/// Over, and back as late as can be.
pub fn rolls_back(stage: &mut Stage) -> Result<()> {
    fails_late(stage)?;
    people::meet_their_server(stage)
}

/// Over, back, and over again: what was taken back is no hindrance.
pub fn crosses_twice(stage: &mut Stage) -> Result<()> {
    fails_late(stage)?;
    stage.shell().succeed("rm /var/lib/sos-update/fault")?;
    let next = offered(stage)?;
    take_and_commit(stage, next, &format!("{UPDATER} run --now --by jill"), "jill")?;
    people::meet_their_server(stage)
}

fn fails_late(stage: &mut Stage) -> Result<()> {
    let next = stage.channel()?.stock.next_debian()?;
    let (fault, why) = LATE;
    Failure::new(&wakes(fault), why).play_with(stage, next)
}

/// Has the release server offer the next Debian's release.
pub(in crate::scenarios) fn offered(stage: &Stage) -> Result<Version> {
    let channel = stage.channel()?;
    let next = channel.stock.next_debian()?;
    channel.offer(next)?;
    Ok(next)
}
