//! A member who named an address elsewhere forgets the password, and needs nobody's help: a letter with a link goes to
//! that address, the link is good once, and from then on the new password is the one. A stranger who asks learns nothing.

use super::{add_member, is_told, may_read_mail, office, page, sign_in, sign_out, with_browser};
use crate::client::Browser;
use crate::club::{HOST, Member};
use crate::scenarios::MAIL_SECONDS;
use crate::session::Stage;
use crate::{Error, Result, must};

/// Forgetful.
const JOE: Member = Member { name: "joe", password: "cider-of-the-year-1962" };
const ELSEWHERE: &str = "joe@borchester.example";
const NEW: &str = "perry-of-the-year-1963";
/// What is said to everybody who asks.
const SENT: &str = "If you are a member and named an address elsewhere, a letter with a link is on its way to it.";

/// See the file's header.
pub fn run(stage: &mut Stage) -> Result<()> {
    add_member(&mut office(stage)?, JOE, "Joe Grundy")?;
    with_browser(stage, |browser| {
        sign_in(browser, JOE)?;
        name_address(browser)?;
        sign_out(browser)?;
        for nobody in ["nobody", "nobody@borchester.example"] {
            ask(browser, nobody)?;
        }
        ask(browser, JOE.name)?;
        let limit = stage.limit(MAIL_SECONDS);
        let letter =
            stage.world.borchester.wait_for_letter(ELSEWHERE, "To choose a new password, open this link", limit)?;
        must!(letter.recipients == [ELSEWHERE], "the link went to {:?}", letter.recipients);
        let link = letter.link(HOST, "/reset/");
        let link = link.ok_or_else(|| Error::Unmet(format!("there is no link in the letter:\n{}", letter.shown())))?;
        follow(browser, &link)
    })?;

    must!(may_read_mail(JOE.name, NEW), "the new password does not open the mailbox");
    must!(!may_read_mail(JOE.name, JOE.password), "the old password still opens the mailbox");
    Ok(())
}

/// Where the link goes; that takes the password, so that nobody does it at a screen left alone.
fn name_address(browser: &Browser) -> Result<()> {
    browser.go(&page("/me/mail"))?;
    browser.fill("#recovery", ELSEWHERE)?;
    browser.fill("#password", JOE.password)?;
    browser.press("recovery")?;
    is_told(browser, "Your address elsewhere is saved.")
}

fn ask(browser: &Browser, who: &str) -> Result<()> {
    browser.go(&page("/forgot"))?;
    browser.fill("#who", who)?;
    browser.press("send")?;
    is_told(browser, SENT)
}

fn follow(browser: &Browser, link: &str) -> Result<()> {
    browser.go(link)?;
    browser.fill("#new", NEW)?;
    browser.press("reset")?;
    is_told(browser, "Your new password is set. Please sign in with it.")?;
    browser.go(link)?;
    browser.wait_for_text("This link is not good any more")?;
    sign_in(browser, Member { password: NEW, ..JOE })
}
