//! Everything works in a browser that runs no scripts: an old tablet, a careful person. An administrator signs in, adds
//! a member, invites another, makes a group; the member signs in, changes the password, sets an away message; and the
//! page that shows progress loads itself again instead.

use super::{is_told, may_read_mail, page, sign_in, sign_out, with_browser};
use crate::Result;
use crate::client::Browser;
use crate::club::{JILL, Member};
use crate::must;
use crate::scenarios::MAIL_SECONDS;
use crate::session::Stage;

const ROBERT: Member = Member { name: "robert", password: "birds-in-the-hide" };
const NEW: &str = "warblers-in-the-reeds";

/// See the file's header.
pub fn run(stage: &mut Stage) -> Result<()> {
    with_browser(stage, |browser| {
        browser.let_pages_run_scripts(false)?;
        browser.go(&page("/"))?;
        browser.wait_for("#password")?;
        // The one thing a script adds to this page.
        must!(browser.find("#password-reveal")?.is_empty(), "the browser runs scripts after all");
        sign_in(browser, JILL)?;
        add(browser)?;
        invite(stage, browser)?;
        make_a_group(browser)?;
        browser.go(&page("/progress"))?;
        browser.wait_for_text("Everything works.")?;
        browser.go(&page("/dns"))?;
        browser.press("check")?;
        browser.wait_for(".records li[data-state=seen]")?;
        sign_out(browser)?;
        sign_in(browser, ROBERT)?;
        change_password(browser)?;
        go_away(browser)
    })?;
    must!(may_read_mail(ROBERT.name, NEW), "the new password does not open the mailbox");
    must!(!may_read_mail(ROBERT.name, ROBERT.password), "the old password still opens the mailbox");
    Ok(())
}

fn add(browser: &Browser) -> Result<()> {
    browser.go(&page("/members/new"))?;
    browser.fill("#full_name", "Robert Snell")?;
    browser.fill("#name", ROBERT.name)?;
    browser.fill("#password", ROBERT.password)?;
    browser.press("add")?;
    is_told(browser, "Robert Snell is a member now.")
}

fn invite(stage: &Stage, browser: &Browser) -> Result<()> {
    browser.go(&page("/members/invite"))?;
    browser.fill("#full_name", "Leonard Berry")?;
    browser.fill("#recovery", "leonard@borchester.example")?;
    browser.press("invite")?;
    is_told(browser, "Leonard Berry is a member now; an invitation is on its way to leonard@borchester.example.")?;
    let limit = stage.limit(MAIL_SECONDS);
    stage.world.borchester.wait_for_letter("leonard@borchester.example", "choose your password", limit).map(drop)
}

fn make_a_group(browser: &Browser) -> Result<()> {
    browser.go(&page("/groups/new"))?;
    browser.fill("#name", "birdwatchers")?;
    browser.tick(&format!("#pick-{}", ROBERT.name), true)?;
    browser.press("save")?;
    is_told(browser, "birdwatchers@ambridge.example is there now.")
}

fn change_password(browser: &Browser) -> Result<()> {
    browser.go(&page("/me/password"))?;
    browser.fill("#current", ROBERT.password)?;
    browser.fill("#new", NEW)?;
    browser.press("change")?;
    is_told(browser, "Your new password is set.")
}

fn go_away(browser: &Browser) -> Result<()> {
    browser.go(&page("/me/vacation"))?;
    browser.tick("#on", true)?;
    browser.fill("#reason", "I am in the hide until Sunday.")?;
    browser.press("save")?;
    is_told(browser, "Saved. Your letters are answered.")
}
