//! borchester.example says that its mail comes from its own server and that anything else is to be rejected
//! (SPF `-all`, DMARC `p=reject`). A forger elsewhere who writes in its name is refused during the
//! conversation, whether the envelope, or only the letter's From, is forged; so is one who writes in ours.

use std::time::Duration;

use crate::Result;
use crate::club::JILL;
use crate::must;
use crate::scenarios::letter;
use crate::session::Stage;

/// Long enough for a letter taken after all to show.
const GRACE: Duration = Duration::from_secs(5);
/// Envelope sender and From of each forgery.
const FORGERIES: [(&str, &str); 3] = [
    ("ruth@borchester.example", "ruth@borchester.example"),
    ("anyone@host66.felpersham.example", "ruth@borchester.example"),
    ("shula@ambridge.example", "shula@ambridge.example"),
];

/// See the file's header.
pub fn run(stage: &mut Stage) -> Result<()> {
    for (number, (envelope, from)) in FORGERIES.into_iter().enumerate() {
        let text = letter(from, "jill@ambridge.example", &format!("Forgery {number}"), "Please pay at once.");
        let reply = stage.forger_knocks()?.send(envelope, &["jill@ambridge.example"], &text)?;
        must!(reply.is_refusal(), "a forgery (envelope {envelope}, From {from}) is answered with {reply}");
    }
    std::thread::sleep(GRACE);
    let taken = stage.mailbox_of(JILL)?.find("INBOX", "Forgery")?;
    must!(taken.is_empty(), "a forgery is in jill's inbox:\n{}", taken[0]);
    stage.borchester_writes("ruth@borchester.example", "jill@ambridge.example", "Truly from Ruth", "Yes, me.")?;
    stage.member_receives(JILL, "INBOX", "Truly from Ruth").map(drop)
}
