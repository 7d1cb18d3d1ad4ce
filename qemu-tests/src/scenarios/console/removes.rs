//! A member is suspended: signed out, and let in nowhere, while letters to them are still taken in; and let in again,
//! where the letters are. A member leaves: somebody else gets what is written to them, or nobody does and whoever writes
//! hears of it; and their old mail goes as the administrator said.

use super::{add_member, is_told, may_read_mail, office, page, sign_in, signed_in, with_browser};
use crate::Result;
use crate::client::{Browser, Security, Smtp};
use crate::club::{JILL, Member, SHULA};
use crate::must;
use crate::scenarios::letter;
use crate::session::Stage;
use crate::world::{HOME, MACHINE};

/// Suspended, let in again, then gone; Shula takes over.
const NIGEL: Member = Member { name: "nigel", password: "down-from-the-roof" };
/// Gone with her mail.
const ELIZABETH: Member = Member { name: "elizabeth", password: "weddings-at-lower-loxley" };

/// See the file's header.
pub fn run(stage: &mut Stage) -> Result<()> {
    let mut office = office(stage)?;
    add_member(&mut office, NIGEL, "Nigel Pargetter")?;
    add_member(&mut office, ELIZABETH, "Elizabeth Pargetter")?;
    stage.member_writes(SHULA, "elizabeth@ambridge.example", "Before she left", "See you.")?;
    stage.member_receives(ELIZABETH, "INBOX", "Before she left")?;
    with_browser(stage, |browser| {
        sign_in(browser, JILL)?;
        suspend(stage, browser)?;
        resume(stage, browser)?;
        hand_over(stage, browser)?;
        delete(stage, browser)
    })
}

fn suspend(stage: &Stage, browser: &Browser) -> Result<()> {
    let mut nigel = signed_in(stage, NIGEL)?;
    let mut mailbox = stage.mailbox_of(NIGEL)?;
    browser.go(&page("/members/nigel"))?;
    browser.press("suspend")?;
    is_told(browser, "Nigel Pargetter is suspended and was signed out here.")?;

    let answer = nigel.get("/me")?;
    must!(answer.status == 303, "a suspended member still sees their pages: {}", answer.gist());
    must!(mailbox.command("NOOP").is_err(), "a suspended member's mail program goes on reading");
    must!(!may_read_mail(NIGEL.name, NIGEL.password), "a suspended member may read mail");
    let mut outbox = Smtp::connect(HOME, (MACHINE, 465).into(), Security::Implicit, "[192.0.2.80]")?;
    let reply = outbox.log_in(NIGEL.name, NIGEL.password)?;
    must!(reply.code != 235, "a suspended member may send mail");
    must!(signed_in(stage, NIGEL).is_err(), "a suspended member may sign in");
    stage.borchester_writes("eddie@borchester.example", "nigel@ambridge.example", "While suspended", "Still there?")
}

fn resume(stage: &Stage, browser: &Browser) -> Result<()> {
    browser.go(&page("/members/nigel"))?;
    browser.press("resume")?;
    is_told(browser, "Nigel Pargetter can sign in again.")?;
    stage.member_receives(NIGEL, "INBOX", "While suspended").map(drop)
}

fn hand_over(stage: &Stage, browser: &Browser) -> Result<()> {
    browser.go(&page("/members/nigel/remove"))?;
    browser.tick("#mail-hand", true)?;
    browser.choose("#heir", SHULA.name)?;
    browser.press("remove")?;
    is_told(browser, "Nigel Pargetter is not a member any more.")?;
    must!(!may_read_mail(NIGEL.name, NIGEL.password), "a removed member may read mail");
    stage.borchester_writes("eddie@borchester.example", "nigel@ambridge.example", "To whoever follows", "Hello.")?;
    stage.member_receives(SHULA, "INBOX", "To whoever follows").map(drop)
}

fn delete(stage: &Stage, browser: &Browser) -> Result<()> {
    browser.go(&page("/members/elizabeth/remove"))?;
    browser.tick("#mail-delete", true)?;
    browser.press("remove")?;
    is_told(browser, "Elizabeth Pargetter is not a member any more.")?;
    let (from, to) = ("eddie@borchester.example", "elizabeth@ambridge.example");
    let reply = stage.borchester_knocks()?.send(from, &[to], &letter(from, to, "Too late", "Hello."))?;
    must!(reply.is_refusal(), "a letter to a removed member is answered with {reply}");
    let left = stage.shell().succeed("find /var/mail -ipath '*elizabeth*'")?;
    must!(left.trim().is_empty(), "of mail that was to be deleted there is left:\n{left}");
    Ok(())
}
