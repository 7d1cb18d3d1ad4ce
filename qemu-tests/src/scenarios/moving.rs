//! Leaving a server and coming to another, of another Debian: all that the organisation has, as docs/export.md says, by a
//! folder that is carried over. Checksums of every member's mail, entry, filters and services' data are the same on both.

use std::path::Path;

use super::people;
use super::update::Try;
use super::update::commits::NOW;
use super::update::crossing::offered;
use super::update::kept::{differences, must_be_none};
use crate::base::{HEALTH_SECONDS, WAITING};
use crate::seed::{Metadata, Source};
use crate::session::Stage;
use crate::{Result, must};

/// The program on the device.
const PROVISION: &str = "/usr/lib/sos/sos-provision";
/// Where the export lies on either server.
const FOLDER: &str = "/var/tmp/club";
/// Seconds to write or take in five thousand letters, with hardware virtualisation.
const MOVING_SECONDS: u32 = 120;

/// From this Debian to a new server of the next one.
pub fn to_the_next_debian(stage: &mut Stage) -> Result<()> {
    let image = stage.next_image()?;
    moves(stage, &image)
}

/// From the next Debian, after a crossing, to a new server of this one.
pub fn back_to_this_debian(stage: &mut Stage) -> Result<()> {
    let next = offered(stage)?;
    let run = Try::begin(stage, NOW)?;
    run.ends(stage, &format!("committed {next}"))?;
    let image = stage.image.clone();
    moves(stage, &image)
}

fn moves(stage: &mut Stage, image: &Path) -> Result<()> {
    let shell = stage.shell();
    let from = shell.succeed("cat /etc/debian_version")?;
    shell.succeed("systemctl stop postfix dovecot nginx")?;
    let before = shell.succeed_within(&format!("{PROVISION} checksums"), MOVING_SECONDS)?;
    must!(before.lines().filter(|line| line.starts_with("[members.")).count() > 100, "hardly any members: {before}");
    shell.succeed_within(&format!("{PROVISION} export {FOLDER}"), MOVING_SECONDS)?;
    let tar = stage.folder.join("club.tar");
    shell.take(&format!("tar --create --directory {FOLDER} ."), &tar)?;

    // A key to get in with, and no organisation.
    let metadata = Metadata::default().and_key(&stage.key.public);
    let firmware = stage.firmware;
    stage.boot_image(image, firmware, Source::NoCloud, &metadata)?;
    let limit = stage.limit(HEALTH_SECONDS);
    stage.machine()?.serial().wait(WAITING, limit)?;
    let shell = stage.shell();
    shell.wait_until_succeeds("true", 60)?;
    let to = shell.succeed("cat /etc/debian_version")?;
    must!(from.split('.').next() != to.split('.').next(), "both servers are of Debian {}", to.trim());
    shell.feed(&format!("mkdir --mode=0700 {FOLDER} && tar --extract --directory {FOLDER}"), &tar)?;
    std::fs::remove_file(&tar).map_err(crate::Error::file(&tar))?;
    shell.succeed_within(&format!("{PROVISION} import {FOLDER}"), MOVING_SECONDS)?;
    shell.succeed_within(&format!("rm -r {FOLDER} && {PROVISION} health --wait"), 2 * HEALTH_SECONDS)?;

    let after = shell.succeed_within(&format!("{PROVISION} checksums"), MOVING_SECONDS)?;
    must_be_none(&differences(&before, &after), "lines of the checksums are not what they were")?;
    stage.note(format!(
        "from Debian {} to {}: {} lines of checksums are the same",
        from.trim(),
        to.trim(),
        before.lines().count()
    ));
    people::meet_their_server(stage)
}
