//! Two hundred members in one mapping: a whole club moves in at the first boot, in one piece, and the last of them can log
//! in as well as the first, whether they came with a password or with what was left of one elsewhere. The first of all
//! logs in when the machine has just gone on from where it was stopped, its clock minutes ahead: what programs keep open
//! between them must stand that.

use crate::Result;
use crate::client::Imap;
use crate::club::JILL;
use crate::population::{self, PASSWORD};
use crate::session::Stage;
use crate::world::{HOME, MACHINE};

/// See the file's header.
pub fn run(stage: &mut Stage) -> Result<()> {
    stage.mailbox_of(JILL)?;
    let mailboxes = population::mailboxes();
    for somebody in [mailboxes.first(), mailboxes.last()].into_iter().flatten() {
        let mut mailbox = Imap::log_in(HOME, (MACHINE, 993).into(), &somebody.name, PASSWORD)?;
        let found = mailbox.find("Garden/Shows", "")?;
        crate::must!(!found.is_empty(), "{} brought letters about shows along, and has none", somebody.name);
    }
    Ok(())
}
