//! A member's filter rule, put with ManageSieve as a mail program does, files letters into a folder while
//! LMTP delivers them, and leaves others alone.

use crate::Result;
use crate::club::{JILL, KENTON};
use crate::must;
use crate::session::Stage;

const RULE: &str = r#"require ["fileinto", "mailbox"];
if header :contains "subject" "[minutes]" { fileinto :create "Minutes"; }
"#;

/// See the file's header.
pub fn run(stage: &mut Stage) -> Result<()> {
    stage.filters_of(KENTON)?.activate("minutes", RULE)?;
    stage.member_writes(JILL, "kenton@ambridge.example", "[minutes] Spring show", "Present: all.")?;
    stage.member_writes(JILL, "kenton@ambridge.example", "Not for filing", "Good morning.")?;
    stage.member_receives(KENTON, "Minutes", "[minutes] Spring show")?;
    stage.member_receives(KENTON, "INBOX", "Not for filing")?;
    let doubled = stage.mailbox_of(KENTON)?.find("INBOX", "[minutes] Spring show")?;
    must!(doubled.is_empty(), "the filed letter is in the inbox too");

    let wrong = stage.filters_of(KENTON)?.activate("wrong", "if this is not sieve");
    must!(wrong.is_err(), "a rule that does not compile is taken");
    Ok(())
}
