//! Two hundred members in one mapping: a whole choir moves in at the first boot, in one piece, and the last
//! of them can log in as well as the first.

use crate::Result;
use crate::base::HEALTH_SECONDS;
use crate::client::Imap;
use crate::club;
use crate::seed::{Metadata, Source};
use crate::session::Stage;
use crate::vm::Firmware;
use crate::world::{HOME, MACHINE};

const MEMBERS: usize = 200;

/// See the file's header.
pub fn run(stage: &mut Stage) -> Result<()> {
    stage.boot(Firmware::Bios, Source::NoCloud, &Metadata::with_mapping(&club::mapping_of(MEMBERS)))?;
    // Two hundred argon2 hashes take their time on a small machine.
    let limit = stage.limit(HEALTH_SECONDS) * 2;
    stage.wait_for_health(limit)?;
    for number in [1, MEMBERS] {
        Imap::log_in(HOME, (MACHINE, 993).into(), &format!("singer{number}"), &club::password_of(number))?;
    }
    Ok(())
}
