//! The console, where the club looks after its people, addresses and settings, in a real browser. What every scenario
//! does in it is here: opening it, signing in and out, and adding a member beforehand without the browser.

pub mod adds_member;
pub mod confined;
pub mod forgotten_password;
pub mod imports;
pub mod limits;
pub mod looks;
pub mod removes;
pub mod switches;
pub mod two_administrators;
pub mod without_scripts;

use crate::Result;
use crate::client::{Browser, DEVICES, Imap, Site};
use crate::club::{HOST, JILL, Member};
use crate::must;
use crate::session::Stage;
use crate::world::{HOME, MACHINE};

/// Seconds for a page or an element of it to appear, with hardware virtualisation.
pub const PAGE_SECONDS: u32 = 15;

/// Opens a browser on a tablet that knows where the server's name leads.
pub(super) fn open(stage: &Stage) -> Result<Browser> {
    let browser = Browser::open(&stage.folder, stage.limit(PAGE_SECONDS), &[(HOST, MACHINE)])?;
    browser.become_device(DEVICES[0])?;
    Ok(browser)
}

/// Opens a browser and plays in it; a picture of a failure stays.
pub(super) fn with_browser<T>(stage: &Stage, play: impl FnOnce(&Browser) -> Result<T>) -> Result<T> {
    let browser = open(stage)?;
    let played = play(&browser);
    if played.is_err() {
        browser.photograph(&stage.folder.join("browser-when-it-failed.png")).ok();
    }
    played
}

/// The address of a page at the server's name.
pub(super) fn page(path: &str) -> String {
    format!("https://{HOST}{path}")
}

/// Signs in at the first page.
pub(super) fn sign_in(browser: &Browser, member: Member) -> Result<()> {
    browser.go(&page("/"))?;
    browser.fill("#name", member.name)?;
    browser.fill("#password", member.password)?;
    browser.press("sign-in")?;
    browser.wait_for("button[name=do][value=sign-out]").map(drop)
}

/// Signs out, and is at the first page then.
pub(super) fn sign_out(browser: &Browser) -> Result<()> {
    browser.press("sign-out")?;
    browser.wait_for("#password").map(drop)
}

/// Waits for what the page says has happened.
pub(super) fn is_told(browser: &Browser, sentence: &str) -> Result<()> {
    browser.wait_for_text(sentence)?;
    let notices = browser.find(".notice")?;
    must!(!notices.is_empty(), "{sentence:?} is said, but not where news are");
    Ok(())
}

/// Jill at home, signed in, without a browser.
pub(super) fn office(stage: &Stage) -> Result<Site> {
    signed_in(stage, JILL)
}

/// A member at home, signed in, without a browser.
pub(super) fn signed_in(_: &Stage, member: Member) -> Result<Site> {
    let mut site = signs_in(member.name, member.password)?;
    site.get("/")?;
    Ok(site)
}

/// Somebody at home signs in, without a browser.
pub(super) fn signs_in(name: &str, password: &str) -> Result<Site> {
    let mut site = Site::at(HOME, (MACHINE, 443).into(), HOST);
    site.get("/")?;
    let answer = site.post("/sign-in", &[("name", name), ("password", password), ("do", "sign-in")])?;
    must!(answer.status == 303, "{name} cannot sign in: {}", answer.gist());
    Ok(site)
}

/// Adds a member for a scenario of their own.
pub(super) fn add_member(office: &mut Site, member: Member, full_name: &str) -> Result<()> {
    office.get("/members/new")?;
    let fields = [("full_name", full_name), ("name", member.name), ("password", member.password), ("do", "add")];
    let answer = office.post("/members/new", &fields)?;
    must!(answer.status == 303, "{full_name} cannot be added: {}", answer.gist());
    Ok(())
}

/// Whether a member's mail program at home may read their mailbox.
pub(super) fn may_read_mail(name: &str, password: &str) -> bool {
    Imap::log_in(HOME, (MACHINE, 993).into(), name, password).is_ok()
}
