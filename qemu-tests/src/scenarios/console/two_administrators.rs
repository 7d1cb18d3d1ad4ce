//! Two administrators open the same member's page. Who saves later is told that somebody else was faster, sees both
//! versions, and has lost nothing of what was typed; only saving once more, knowing that, puts it in place.

use super::{add_member, is_told, office, page, sign_in, with_browser};
use crate::Result;
use crate::client::{Browser, Site};
use crate::club::{JILL, KENTON, Member};
use crate::must;
use crate::session::Stage;

/// Whose name two people correct.
const ADAM: Member = Member { name: "adam", password: "strawberries-under-plastic" };
const OLD: &str = "Adam Macey";
const THEIRS: &str = "Adam Travers-Macy";
const MINE: &str = "Adam Macy";

/// See the file's header.
pub fn run(stage: &mut Stage) -> Result<()> {
    let mut first = office(stage)?;
    add_member(&mut first, ADAM, OLD)?;
    make_administrators(&mut first)?;
    with_browser(stage, |browser| {
        sign_in(browser, KENTON)?;
        browser.go(&page("/members/adam"))?;
        browser.fill("#full_name", MINE)?;
        save_meanwhile(&mut first)?;
        browser.press("save")?;
        is_later(browser)?;
        must!(name_of_adam(&mut first)? == THEIRS, "the later version took the place of the earlier one");

        browser.press("save")?;
        is_told(browser, &format!("What you changed about {MINE} is saved."))
    })?;
    must!(name_of_adam(&mut first)? == MINE, "knowing of the other version did not help");
    Ok(())
}

fn make_administrators(office: &mut Site) -> Result<()> {
    let revision = office.get("/roles/administrators")?.value("revision").unwrap_or_default();
    let fields = [("revision", revision.as_str()), ("members", JILL.name), ("members", KENTON.name), ("do", "save")];
    let answer = office.post("/roles/administrators", &fields)?;
    must!(answer.status == 303, "a second administrator cannot be made: {}", answer.gist());
    Ok(())
}

fn save_meanwhile(office: &mut Site) -> Result<()> {
    let revision = office.get("/members/adam")?.value("revision").unwrap_or_default();
    let fields = [("revision", revision.as_str()), ("full_name", THEIRS), ("do", "save")];
    let answer = office.post("/members/adam", &fields)?;
    must!(answer.status == 303, "the faster administrator cannot save: {}", answer.gist());
    Ok(())
}

fn is_later(browser: &Browser) -> Result<()> {
    browser.wait_for_text("Somebody else changed this in between")?;
    let said = browser.text_of(".summary.stale")?;
    must!(said.contains(THEIRS) && said.contains(MINE), "not both versions are shown: {said}");
    let kept = browser.value_of("#full_name")?;
    must!(kept == MINE, "what the later one typed is now {kept:?}");
    Ok(())
}

fn name_of_adam(office: &mut Site) -> Result<String> {
    Ok(office.get("/members/adam")?.value("full_name").unwrap_or_default())
}
