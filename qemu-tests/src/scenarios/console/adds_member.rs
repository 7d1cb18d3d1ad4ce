//! An administrator adds a member; the member signs in with the first password, and has their letters sent on to where
//! they read the rest of their mail. From then on a letter from elsewhere follows them there, under a sender of ours
//! (SRS), for the other side checks who may send for whom.

use super::{is_told, page, sign_in, sign_out, with_browser};
use crate::Result;
use crate::client::Browser;
use crate::club::{JILL, Member};
use crate::must;
use crate::scenarios::MAIL_SECONDS;
use crate::session::Stage;

/// New in the club; reads her mail elsewhere.
const LYNDA: Member = Member { name: "lynda", password: "llamas-in-the-hall" };

/// See the file's header.
pub fn run(stage: &mut Stage) -> Result<()> {
    with_browser(stage, |browser| {
        sign_in(browser, JILL)?;
        add(browser)?;
        sign_out(browser)?;
        sign_in(browser, LYNDA)?;
        forward(browser)
    })?;

    stage.borchester_writes(
        "eddie@borchester.example",
        "lynda@ambridge.example",
        "The Christmas play",
        "Auditions!",
    )?;
    let limit = stage.limit(MAIL_SECONDS);
    let sent_on = stage.world.borchester.wait_for_letter("lynda@borchester.example", "The Christmas play", limit)?;
    let sender = &sent_on.sender;
    must!(sender.starts_with("SRS0"), "it was sent on with the sender {sender:?}, not with one of SRS");
    must!(sender.ends_with("@ambridge.example"), "its SRS sender {sender:?} is not of our domain");
    Ok(())
}

fn add(browser: &Browser) -> Result<()> {
    browser.go(&page("/members/new"))?;
    browser.fill("#full_name", "Lynda Snell")?;
    browser.fill("#name", LYNDA.name)?;
    browser.fill("#password", "short")?;
    browser.press("add")?;
    // What was typed stays, but for the password; what is wrong stands beside its field.
    browser.wait_for(".error[data-field=password]")?;
    let kept = browser.value_of("#full_name")?;
    must!(kept == "Lynda Snell", "after a mistake the name is {kept:?}");
    browser.fill("#password", LYNDA.password)?;
    browser.press("add")?;
    is_told(browser, "Lynda Snell is a member now.")
}

fn forward(browser: &Browser) -> Result<()> {
    must!(browser.find("a[href=\"/members\"]")?.is_empty(), "a new member is shown the administrators' pages");
    browser.go(&page("/me/mail"))?;
    browser.choose("#where", "elsewhere")?;
    browser.fill("#forward", "lynda@borchester.example")?;
    browser.press("mail")?;
    is_told(browser, "From now on, your letters are sent on to lynda@borchester.example.")
}
