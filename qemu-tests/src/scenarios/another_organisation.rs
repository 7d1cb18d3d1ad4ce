//! Mail with the rest of the world: a member writes to another organisation, whose server takes the letter
//! once, from our address, under our name; the answer comes in through port 25 and is read.

use std::time::Duration;

use crate::Result;
use crate::club::SHULA;
use crate::must;
use crate::scenarios::MAIL_SECONDS;
use crate::session::Stage;
use crate::world::MACHINE;

/// Long enough for a letter sent twice to show.
const SECOND_COPY: Duration = Duration::from_secs(3);

/// See the file's header.
pub fn run(stage: &mut Stage) -> Result<()> {
    stage.member_writes(SHULA, "usha@borchester.example", "The lease of the hall", "May we have it on Friday?")?;
    let taken = stage.world.borchester.wait_for("The lease of the hall", stage.limit(MAIL_SECONDS))?;
    must!(taken.sender == "shula@ambridge.example", "the letter left with the sender {:?}", taken.sender);
    must!(taken.recipients == ["usha@borchester.example"], "the letter was for {:?}", taken.recipients);
    must!(taken.peer.ip() == MACHINE, "the letter came from {}", taken.peer);
    must!(!taken.text().contains("192.0.2.80"), "the letter tells the sender's address at home:\n{}", taken.text());

    stage.borchester_writes(
        "usha@borchester.example",
        "shula@ambridge.example",
        "Re: The lease of the hall",
        "Yes.",
    )?;
    stage.member_receives(SHULA, "INBOX", "Re: The lease of the hall")?;

    std::thread::sleep(SECOND_COPY);
    let copies = stage.world.borchester.arrivals("May we have it on Friday?").len();
    must!(copies == 1, "the letter arrived {copies} times");
    Ok(())
}
