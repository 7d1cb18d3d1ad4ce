//! Every page of the console, as strangers, members and administrators see it: on a tablet, a tablet held upright and a
//! telephone nothing has to be scrolled sideways, and nothing keeps people out (WCAG 2.2 AA, by axe-core). With an
//! error beside a field, with a list that has bad lines, with two versions of one thing, too. German words are longer:
//! those pages only have to fit. The pictures stay, to be looked at.

use super::{add_member, office, page, sign_in, sign_out, with_browser};
use crate::client::Browser;
use crate::club::{JILL, Member};
use crate::looks::{fits_a_telephone, look, would_see_faults};
use crate::pages::{OF_ADMINISTRATORS, OF_MEMBERS, OF_STRANGERS};
use crate::session::Stage;
use crate::{Error, Result, must};

/// A member with rules and an away message, so that their pages have something to show.
const USHA: Member = Member { name: "usha.gupta", password: "conveyances-and-leases" };
/// Pages about one member, group or role of the club.
const ABOUT_SOMEBODY: [(&str, &str); 8] = [
    ("member", "/members/david"),
    ("member-remove", "/members/shula/remove"),
    ("member-search", "/members?search=archer"),
    ("group", "/groups/committee"),
    ("role", "/roles/treasurer"),
    ("role-administrators", "/roles/administrators"),
    ("role-missing", "/roles/nobody"),
    ("home-after-all", "/?next=%2Fmembers"),
];
/// A list with something in it that cannot be used.
const LIST: &str = "full name,email\nPhoebe Aldridge,phoebe@borchester.example\nHarrison Burns,not an address\n";

/// See the file's header.
pub fn run(stage: &mut Stage) -> Result<()> {
    add_member(&mut office(stage)?, USHA, "Usha Gupta")?;
    let list = stage.folder.join("list.csv");
    std::fs::write(&list, LIST).map_err(Error::file(&list))?;
    let mut faults = Vec::new();
    with_browser(stage, |browser| {
        let mut eye = Eye { stage, browser, faults: &mut faults };
        eye.strangers()?;
        eye.member()?;
        eye.administrator(&list)?;
        eye.germans()
    })?;
    stage.note(format!("pictures of the pages: {}", stage.pictures.display()));
    must!(faults.is_empty(), "{} faults:\n{}", faults.len(), faults.join("\n"));
    Ok(())
}

/// Looks at one page after another and remembers what is wrong with each.
struct Eye<'a> {
    stage: &'a Stage,
    browser: &'a Browser,
    faults: &'a mut Vec<String>,
}

impl Eye<'_> {
    fn look(&mut self, name: &str) -> Result<()> {
        self.browser.wait_for("h1")?;
        self.faults.extend(look(self.stage, self.browser, name)?);
        Ok(())
    }

    fn all(&mut self, pages: &[(&str, &str)]) -> Result<()> {
        for (name, path) in pages {
            self.browser.go(&page(path))?;
            self.look(name)?;
        }
        Ok(())
    }

    fn strangers(&mut self) -> Result<()> {
        self.browser.go(&page("/"))?;
        would_see_faults(self.stage, self.browser)?;
        self.all(&OF_STRANGERS)?;
        self.browser.go(&page("/"))?;
        self.browser.fill("#name", "nobody.of.ours")?;
        self.browser.fill("#password", "not-the-password")?;
        self.browser.press("sign-in")?;
        self.browser.wait_for(".error[data-field=name]")?;
        self.look("sign-in-wrong")?;
        self.browser.go(&page("/forgot"))?;
        self.browser.fill("#who", "nobody.of.ours")?;
        self.browser.press("send")?;
        self.look("forgot-sent")
    }

    fn member(&mut self) -> Result<()> {
        sign_in(self.browser, USHA)?;
        self.all(&OF_MEMBERS)?;
        self.add_a_rule()?;
        self.browser.go(&page("/me/password"))?;
        self.browser.press("change")?;
        self.browser.wait_for(".error")?;
        self.look("me-password-wrong")?;
        self.browser.go(&page("/members"))?;
        self.look("forbidden")?;
        sign_out(self.browser)
    }

    fn add_a_rule(&mut self) -> Result<()> {
        self.browser.go(&page("/me/filters"))?;
        self.browser.fill("#text", "[lease]")?;
        self.browser.choose("#action", "move")?;
        self.browser.fill("#folder", "Leases")?;
        self.browser.press("add")?;
        self.browser.wait_for_text("The rule is added.")?;
        self.look("me-filters-some")?;
        self.browser.click(&self.browser.wait_for("ol.rules a.button")?)?;
        self.look("me-filter")
    }

    fn administrator(&mut self, list: &std::path::Path) -> Result<()> {
        sign_in(self.browser, JILL)?;
        self.all(&OF_ADMINISTRATORS)?;
        self.all(&ABOUT_SOMEBODY)?;
        self.browser.click(&self.browser.wait_for("details.menu summary")?)?;
        self.look("menu")?;
        self.browser.go(&page("/members/new"))?;
        self.browser.press("add")?;
        self.browser.wait_for(".error")?;
        self.look("members-new-wrong")?;
        self.browser.go(&page("/members/import"))?;
        self.browser.type_into(&self.browser.wait_for("#file")?, &list.display().to_string())?;
        self.browser.press("try")?;
        self.look("members-import-try")?;
        self.stale()
    }

    /// Two versions of one thing beside each other.
    fn stale(&mut self) -> Result<()> {
        self.browser.go(&page("/members/usha.gupta"))?;
        self.browser.fill("#full_name", "Usha Franks")?;
        let mut other = office(self.stage)?;
        let revision = other.get("/members/usha.gupta")?.value("revision").unwrap_or_default();
        let fields = [("revision", revision.as_str()), ("full_name", "Usha Gupta-Franks"), ("do", "save")];
        other.post("/members/usha.gupta", &fields)?;
        self.browser.press("save")?;
        self.browser.wait_for(".summary.stale")?;
        self.look("member-stale")
    }

    fn germans(&mut self) -> Result<()> {
        self.browser.go(&page("/language/de"))?;
        for (name, path) in OF_MEMBERS.iter().chain(&OF_ADMINISTRATORS) {
            self.browser.go(&page(path))?;
            self.browser.wait_for("html[lang=de] h1")?;
            self.faults.extend(fits_a_telephone(self.stage, self.browser, &format!("{name}-german"))?);
        }
        Ok(())
    }
}
