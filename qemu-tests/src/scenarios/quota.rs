//! A mailbox has an end. A letter that no longer fits comes back to its sender with the reason, and is not
//! lost in silence; the letters before it stay.

use std::time::Instant;

use crate::club::{JILL, PIP, PIPS_QUOTA_MIB};
use crate::scenarios::MAIL_SECONDS;
use crate::session::Stage;
use crate::{Error, Result, must};

/// Lines of 64 letters that make a megabyte and a little.
const LINES: usize = 17_000;

/// See the file's header.
pub fn run(stage: &mut Stage) -> Result<()> {
    let photograph = "A photograph of a heifer, in letters, of sixty-four letters a line\r\n".repeat(LINES);
    stage.member_writes(JILL, "pip@ambridge.example", "Heifer number 0", "The first of many.")?;
    stage.member_receives(PIP, "INBOX", "Heifer number 0")?;

    for number in 1..=PIPS_QUOTA_MIB + 1 {
        let sent = stage.member_writes(JILL, "pip@ambridge.example", &format!("Heifer number {number}"), &photograph);
        // Refused at once is as good as bounced: the sender hears of it either way.
        if let Err(Error::Unmet(refusal)) = sent {
            must!(
                refusal.to_lowercase().contains("quota") || refusal.contains("full"),
                "refused without the reason: {refusal}"
            );
            return stage.member_receives(PIP, "INBOX", "Heifer number 0").map(drop);
        }
        sent?;
    }

    let bounce = bounce_in_jills_inbox(stage)?;
    let reason = bounce.to_lowercase();
    must!(reason.contains("quota") || reason.contains("full"), "the bounce does not say why:\n{bounce}");
    stage.member_receives(PIP, "INBOX", "Heifer number 0").map(drop)
}

fn bounce_in_jills_inbox(stage: &Stage) -> Result<String> {
    let (start, limit) = (Instant::now(), stage.limit(MAIL_SECONDS));
    loop {
        for subject in ["Undelivered Mail", "Rejected:", "Delivery Status"] {
            if let Some(bounce) = stage.mailbox_of(JILL)?.find("INBOX", subject)?.into_iter().next() {
                return Ok(bounce);
            }
        }
        if start.elapsed() > limit {
            let what = "a bounce for a letter to a full mailbox".into();
            return Err(Error::Late { what, seconds: limit.as_secs(), detail: String::new() });
        }
        std::thread::sleep(std::time::Duration::from_secs(1));
    }
}
