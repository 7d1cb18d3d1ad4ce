//! Strangers get nothing sent on through us, whichever way they write the address: source routes, percent
//! hacks, bang paths, quotes, literals, our own names as sender. A relay found open is on every block list
//! within hours.

use std::time::Duration;

use crate::Result;
use crate::must;
use crate::scenarios::letter;
use crate::session::Stage;

/// Long enough for a letter sent on after all to arrive.
const GRACE: Duration = Duration::from_secs(5);

/// Sender and recipient, as they stand between the angle brackets.
const TRICKS: [(&str, &str); 26] = [
    ("spam@host66.felpersham.example", "ruth@borchester.example"),
    ("", "ruth@borchester.example"),
    ("jill@ambridge.example", "ruth@borchester.example"),
    ("postmaster@ambridge.example", "ruth@borchester.example"),
    ("root@localhost", "ruth@borchester.example"),
    ("spam@mail.ambridge.example", "ruth@borchester.example"),
    ("spam@[203.0.113.10]", "ruth@borchester.example"),
    ("ruth@borchester.example", "ruth@borchester.example"),
    ("spam@host66.felpersham.example", "ruth%borchester.example@ambridge.example"),
    ("spam@host66.felpersham.example", "ruth%borchester.example@mail.ambridge.example"),
    ("spam@host66.felpersham.example", "ruth%borchester.example@[203.0.113.10]"),
    ("spam@host66.felpersham.example", "ruth%borchester.example"),
    ("spam@host66.felpersham.example", "\"ruth@borchester.example\""),
    ("spam@host66.felpersham.example", "\"ruth%borchester.example\""),
    ("spam@host66.felpersham.example", "\"ruth@borchester.example\"@ambridge.example"),
    ("spam@host66.felpersham.example", "ruth@borchester.example@ambridge.example"),
    ("spam@host66.felpersham.example", "ruth@borchester.example@[203.0.113.10]"),
    ("spam@host66.felpersham.example", "@ambridge.example:ruth@borchester.example"),
    ("spam@host66.felpersham.example", "@mail.ambridge.example:ruth@borchester.example"),
    ("spam@host66.felpersham.example", "@[203.0.113.10]:ruth@borchester.example"),
    ("spam@host66.felpersham.example", "borchester.example!ruth"),
    ("spam@host66.felpersham.example", "borchester.example!ruth@ambridge.example"),
    ("spam@host66.felpersham.example", "borchester.example!ruth@[203.0.113.10]"),
    ("spam@host66.felpersham.example", "ruth+borchester.example@localhost"),
    ("spam@host66.felpersham.example", "SRS0=aaaa=bb=borchester.example=ruth@ambridge.example"),
    ("spam@host66.felpersham.example", "SRS1=aaaa=borchester.example==bb=cc=borchester.example=ruth@ambridge.example"),
];

/// See the file's header.
pub fn run(stage: &mut Stage) -> Result<()> {
    for (sender, recipient) in TRICKS {
        // A conversation for each: a server may hang up on a stranger who goes on like that.
        let mut stranger = stage.forger_knocks()?;
        let text = letter("spam@host66.felpersham.example", "ruth@borchester.example", "Relayed by a trick", recipient);
        let reply = stranger.send(sender, &[recipient], &text)?;
        must!(!reply.is_positive(), "a stranger's MAIL FROM:<{sender}> RCPT TO:<{recipient}> is taken: {reply}");
    }
    std::thread::sleep(GRACE);
    let relayed = stage.world.borchester.arrivals("Relayed by a trick");
    must!(
        relayed.is_empty(),
        "{} letters of strangers were sent on, the first to {:?}",
        relayed.len(),
        relayed[0].recipients
    );
    Ok(())
}
