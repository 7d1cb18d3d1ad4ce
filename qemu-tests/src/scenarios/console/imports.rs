//! Two hundred members come in from a spreadsheet. First the console says what would happen, names the one bad line, and
//! changes nothing; then the mended list comes in whole. Who has an address elsewhere is invited there by a letter,
//! chooses a password by the link in it, and is in; for the others there are links to hand over.

use std::fmt::Write;

use super::{is_told, may_read_mail, page, sign_in, with_browser};
use crate::client::Browser;
use crate::club::{HOST, JILL};
use crate::scenarios::MAIL_SECONDS;
use crate::session::Stage;
use crate::{Error, Result, must};

const PEOPLE: usize = 200;
/// Who has an address elsewhere, from the first on.
const INVITED: usize = 40;
/// The line of the list (the first has the columns' names) that has a mistake in it.
const BAD_LINE: usize = 118;
/// Seconds for two hundred people to be added and invited, with hardware virtualisation.
const IMPORT_SECONDS: u32 = 60;
const PASSWORD: &str = "quavers-and-crotchets";

/// See the file's header.
pub fn run(stage: &mut Stage) -> Result<()> {
    let (bad, good) = (stage.folder.join("with-a-mistake.csv"), stage.folder.join("mended.csv"));
    std::fs::write(&bad, list(Some(BAD_LINE))).map_err(Error::file(&bad))?;
    std::fs::write(&good, list(None)).map_err(Error::file(&good))?;
    with_browser(stage, |browser| {
        sign_in(browser, JILL)?;
        let before = members(browser)?;
        send(browser, &bad)?;
        browser.wait_for_text("1 line cannot be used")?;
        browser.wait_for(&format!("li[data-line=\"{BAD_LINE}\"] .slip"))?;
        let now = members(browser)?;
        must!(now == before, "only looking at a list changed the members from «{before}» to «{now}»");

        send(browser, &good)?;
        browser.wait_for_text(&format!("{PEOPLE} people can be added"))?;
        must!(browser.find("li[data-line]")?.is_empty(), "the mended list still has bad lines");
        browser.press("add")?;
        browser.wait_for_text_within(&format!("{PEOPLE} people were added."), stage.limit(IMPORT_SECONDS))?;
        browser.wait_for_text(&format!("{} links to hand over", PEOPLE - INVITED))?;
        take_invitation(stage, browser)
    })
}

/// The list; in the line named, the address lacks its second half.
fn list(bad: Option<usize>) -> String {
    let mut text = "first name,last name,email,login\n".to_owned();
    for number in 1..=PEOPLE {
        let email = match number {
            number if Some(number + 1) == bad => "tenor.at.home".to_owned(),
            number if number <= INVITED => address(number),
            _ => String::new(),
        };
        writeln!(text, "Singer,\"Number {number}, of the choir\",{email},{}", login(number)).ok();
    }
    text
}

fn login(number: usize) -> String {
    format!("singer{number}")
}

fn address(number: usize) -> String {
    format!("{}@borchester.example", login(number))
}

/// How many members there are, as the list of them says.
fn members(browser: &Browser) -> Result<String> {
    browser.go(&page("/members"))?;
    browser.text_of("p.words[role=status]")
}

fn send(browser: &Browser, list: &std::path::Path) -> Result<()> {
    browser.go(&page("/members/import"))?;
    browser.type_into(&browser.wait_for("#file")?, &list.display().to_string())?;
    browser.press("try")?;
    browser.wait_for_text("Nothing is changed yet.")
}

fn take_invitation(stage: &Stage, browser: &Browser) -> Result<()> {
    let limit = stage.limit(MAIL_SECONDS) + stage.limit(IMPORT_SECONDS);
    let letter = stage.world.borchester.wait_for_letter(&address(INVITED), "choose your password", limit)?;
    let link = letter.link(HOST, "/invite/");
    let link = link.ok_or_else(|| Error::Unmet(format!("there is no link in the letter:\n{}", letter.shown())))?;
    // Their own browser, not the administrator's.
    browser.forget()?;
    browser.go(&link)?;
    browser.wait_for_text(&format!("{}@ambridge.example", login(INVITED)))?;
    browser.fill("#new", PASSWORD)?;
    browser.press("take")?;
    is_told(browser, "Welcome! You are signed in.")?;
    must!(may_read_mail(&login(INVITED), PASSWORD), "the password chosen by invitation does not open the mailbox");
    browser.forget()?;
    browser.go(&link)?;
    browser.wait_for_text("This link is not good any more")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_line_named_is_bad() {
        let (bad, good) = (list(Some(BAD_LINE)), list(None));
        let different: Vec<_> = bad.lines().zip(good.lines()).enumerate().filter(|(_, (a, b))| a != b).collect();
        assert_eq!(different.len(), 1);
        assert_eq!(different[0].0 + 1, BAD_LINE);
        assert_eq!(good.lines().count(), PEOPLE + 1);
        assert_eq!(good.matches("@borchester.example").count(), INVITED);
    }
}
