//! Addresses that are not a person: a group's reaches each member once, a role's its holder, from inside and
//! from outside; the addresses every domain must answer at (RFC 2142) reach the administrators, of whom the
//! first member is one. Others created group addresses that nobody received (YunoHost/issues#2449).

use crate::Result;
use crate::club::{JILL, KENTON, SHULA};
use crate::must;
use crate::session::Stage;

/// See the file's header.
pub fn run(stage: &mut Stage) -> Result<()> {
    stage.borchester_writes("eddie@borchester.example", "committee@ambridge.example", "For the committee", "Cider?")?;
    for member in [JILL, SHULA] {
        stage.member_receives(member, "INBOX", "For the committee")?;
        let copies = stage.mailbox_of(member)?.find("INBOX", "For the committee")?.len();
        must!(copies == 1, "{} has the committee's letter {copies} times", member.name);
    }

    stage.member_writes(KENTON, "treasurer@ambridge.example", "For the treasurer", "Twelve pounds.")?;
    stage.member_receives(SHULA, "INBOX", "For the treasurer")?;
    for address in ["postmaster", "abuse", "hostmaster"] {
        let subject = format!("For the {address}");
        stage.borchester_writes(
            "eddie@borchester.example",
            &format!("{address}@ambridge.example"),
            &subject,
            "Hello.",
        )?;
        stage.member_receives(JILL, "INBOX", &subject)?;
    }
    let astray = stage.mailbox_of(KENTON)?.find("INBOX", "For the")?;
    must!(astray.is_empty(), "kenton is on no committee and has its letters");
    Ok(())
}
