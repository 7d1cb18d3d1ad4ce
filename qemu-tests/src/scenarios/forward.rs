//! A member who reads mail elsewhere: it is sent on with a sender of ours (SRS), for the other side checks
//! SPF; without that, forwarding servers end on block lists (mailcow/mailcow-dockerized#2418). When the other
//! side bounces the letter, the bounce finds its way back through us to whoever wrote it.

use crate::Result;
use crate::must;
use crate::scenarios::{MAIL_SECONDS, letter};
use crate::session::Stage;

/// See the file's header.
pub fn run(stage: &mut Stage) -> Result<()> {
    let limit = stage.limit(MAIL_SECONDS);
    stage.borchester_writes("eddie@borchester.example", "david@ambridge.example", "Send on to Ruth's", "Turkeys!")?;
    let sent_on = stage.world.borchester.wait_for("Send on to Ruth's", limit)?;
    must!(sent_on.recipients == ["ruth@borchester.example"], "it was sent on to {:?}", sent_on.recipients);
    let sender = &sent_on.sender;
    must!(sender.starts_with("SRS0"), "it was sent on with the sender {sender:?}, not with one of SRS");
    must!(sender.ends_with("@ambridge.example"), "its SRS sender {sender:?} is not of our domain");

    let bounce = letter("postmaster@borchester.example", sender, "Undeliverable: Turkeys", "No room.");
    let reply = stage.borchester_knocks()?.send("", &[sender], &bounce)?;
    must!(reply.is_positive(), "the bounce to {sender} is refused: {reply}");
    let home = stage.world.borchester.wait_for("Undeliverable: Turkeys", limit)?;
    must!(home.recipients == ["eddie@borchester.example"], "the bounce went to {:?}", home.recipients);
    must!(home.sender.is_empty(), "the bounce has the sender {:?}, which may loop", home.sender);

    let invented = "SRS0=aaaa=bb=borchester.example=ruth@ambridge.example";
    let reply = stage.borchester_knocks()?.ask("", invented)?;
    must!(!reply.is_positive(), "an invented SRS address is taken: {reply}");
    Ok(())
}
