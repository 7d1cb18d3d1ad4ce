//! The spam filter is awake: the generic test for unsolicited bulk e-mail, spam by definition, is refused
//! during the conversation, so that an honest sender would hear of a mistake.

use crate::Result;
use crate::club::JILL;
use crate::must;
use crate::scenarios::letter;
use crate::session::Stage;

const GTUBE: &str = "XJS*C4JDBQADN1.NSBN3*2IDNEN*GTUBE-STANDARD-ANTI-UBE-TEST-EMAIL*C.34X";

/// See the file's header.
pub fn run(stage: &mut Stage) -> Result<()> {
    let text = letter("eddie@borchester.example", "jill@ambridge.example", "Gee-tube", GTUBE);
    let reply = stage.borchester_knocks()?.send("eddie@borchester.example", &["jill@ambridge.example"], &text)?;
    must!(reply.is_refusal(), "spam by definition is answered with {reply}");
    let taken = stage.mailbox_of(JILL)?.find("INBOX", "Gee-tube")?;
    must!(taken.is_empty(), "spam by definition is in jill's inbox");
    Ok(())
}
