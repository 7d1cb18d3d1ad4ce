//! The first thing a club does: one member writes to another, at the main address and at a further one, and
//! the other reads it at home. What the sender's mail program tells about the sender's home stays out of it.

use crate::Result;
use crate::club::{JILL, KENTON};
use crate::must;
use crate::session::Stage;

/// See the file's header.
pub fn run(stage: &mut Stage) -> Result<()> {
    stage.member_writes(KENTON, "jill@ambridge.example", "Marrows on Saturday", "Bring the large ones.")?;
    let read = stage.member_receives(JILL, "INBOX", "Marrows on Saturday")?;
    must!(read.contains("Bring the large ones."), "the letter came without its text:\n{read}");
    must!(!read.contains("192.0.2.80"), "the letter tells the sender's address at home:\n{read}");

    stage.member_writes(KENTON, "j.archer@ambridge.example", "To the other address", "Both are yours.")?;
    stage.member_receives(JILL, "INBOX", "To the other address")?;
    Ok(())
}
