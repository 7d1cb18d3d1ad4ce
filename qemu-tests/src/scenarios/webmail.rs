//! Webmail as a member meets it: a real browser opens the server's name, logs in with the one password,
//! reads a letter, writes one, makes a filter that then files mail; and the pages fit a tablet (768 px) and
//! a telephone (375 px). Their pictures are kept beside the run.

use crate::Result;
use crate::client::Browser;
use crate::club::{HOST, KENTON, SHULA};
use crate::must;
use crate::session::Stage;
use crate::world::MACHINE;

/// Seconds for an element of a page to appear, with hardware virtualisation.
const PAGE_SECONDS: u32 = 15;

/// See the file's header.
pub fn run(stage: &mut Stage) -> Result<()> {
    somebody_waits(stage)?;
    stage.member_writes(KENTON, "shula@ambridge.example", "For reading in the browser", "The bells are polished.")?;
    stage.member_receives(SHULA, "INBOX", "For reading in the browser")?;
    let browser = Browser::open(&stage.folder, stage.limit(PAGE_SECONDS), &[(HOST, MACHINE)])?;
    let played = play(stage, &browser);
    if played.is_err() {
        browser.photograph(&stage.folder.join("browser-when-it-failed.png")).ok();
    }
    played
}

/// A process of PHP waits while nobody looks at a page: where one is started for a request, some requests get none
/// (php-src issue 11765), too seldom to be met here.
fn somebody_waits(stage: &Stage) -> Result<()> {
    let found = stage.shell().execute("grep --no-messages --quiet '[p]ool webmail' /proc/[0-9]*/cmdline")?;
    must!(found.code == Some(0), "no process of PHP waits for who looks at webmail");
    Ok(())
}

fn play(stage: &Stage, browser: &Browser) -> Result<()> {
    browser.resize(1280, 900)?;
    log_in(stage, browser)?;
    read(browser)?;
    write(stage, browser)?;
    make_a_filter(stage, browser)
}

fn log_in(stage: &Stage, browser: &Browser) -> Result<()> {
    browser.go(&format!("https://{HOST}/webmail/"))?;
    browser.wait_for("input[name=_user]")?;
    for (name, width, height) in [("tablet", 768, 1024), ("telephone", 375, 812)] {
        fits(stage, browser, &format!("login-{name}"), width, height)?;
    }
    browser.resize(1280, 900)?;
    browser.type_into(&browser.wait_for("input[name=_user]")?, SHULA.name)?;
    browser.type_into(&browser.wait_for("input[name=_pass]")?, SHULA.password)?;
    browser.click(&browser.wait_for("#rcmloginsubmit")?)?;
    browser.wait_for("#messagelist")?;
    for (name, width, height) in [("tablet", 768, 1024), ("telephone", 375, 812)] {
        fits(stage, browser, &format!("inbox-{name}"), width, height)?;
    }
    browser.resize(1280, 900)
}

fn read(browser: &Browser) -> Result<()> {
    browser.go(&format!("https://{HOST}/webmail/?_task=mail&_mbox=INBOX&_search=&_layout=list"))?;
    browser.wait_for_text("For reading in the browser")?;
    // The list opens a letter in its own page through the link's address.
    let link = browser.script(
        "const link = [...document.querySelectorAll('#messagelist td.subject a')]\
         .find(link => link.innerText.includes('For reading in the browser')); return link.href",
    )?;
    browser.go(link.as_str().unwrap_or_default())?;
    browser.wait_for_text("The bells are polished.")
}

fn write(stage: &Stage, browser: &Browser) -> Result<()> {
    browser.go(&format!("https://{HOST}/webmail/?_task=mail&_action=compose&_to=kenton@ambridge.example"))?;
    browser.type_into(&browser.wait_for("#compose-subject")?, "Written in the browser")?;
    browser.type_into(&browser.wait_for("#composebody")?, "With a real keyboard, nearly.")?;
    browser.click(&browser.wait_for("a.send, button.send")?)?;
    // When it is sent the browser goes back to the list by itself; to go on before would be overtaken.
    browser.wait_for("#messagelist")?;
    let read = stage.member_receives(KENTON, "INBOX", "Written in the browser")?;
    must!(read.contains("With a real keyboard, nearly."), "the letter came without its text:\n{read}");
    Ok(())
}

fn make_a_filter(stage: &Stage, browser: &Browser) -> Result<()> {
    browser
        .go(&format!("https://{HOST}/webmail/?_task=settings&_action=plugin.managesieve-action&_framed=1&_nav=hide"))?;
    browser.type_into(&browser.wait_for("input[name=_name]")?, "Bells")?;
    browser.script(
        "const header = document.querySelector('select[name=\"_header[0]\"]'); header.value = 'subject';\
         header.dispatchEvent(new Event('change'));",
    )?;
    browser
        .type_into(&browser.wait_for("[name='_rule_target[0][]'], [name='_rule_target[0]'] ~ * input")?, "[bells]")?;
    browser.script(
        "const action = document.querySelector('select[name=\"_action_type[0]\"]'); action.value = 'fileinto';\
         action.dispatchEvent(new Event('change'));\
         document.querySelector('select[name=\"_action_mailbox[0]\"]').value = 'Trash';",
    )?;
    browser.submit(&browser.wait_for("button.submit, input.submit")?)?;
    browser.go(&format!("https://{HOST}/webmail/?_task=settings&_action=plugin.managesieve"))?;
    browser.wait_for_text("Bells")?;
    stage.member_writes(KENTON, "shula@ambridge.example", "[bells] Practice moved", "To Tuesday.")?;
    stage.member_receives(SHULA, "Trash", "[bells] Practice moved").map(drop)
}

/// Takes a picture at a size, and holds the page to it: nothing to scroll sideways.
fn fits(stage: &Stage, browser: &Browser, name: &str, width: u32, height: u32) -> Result<()> {
    browser.resize(width, height)?;
    std::thread::sleep(std::time::Duration::from_millis(500));
    browser.photograph(&stage.folder.join(format!("{name}.png")))?;
    let wide = browser.script("return document.documentElement.scrollWidth")?;
    must!(
        wide.as_u64().is_some_and(|wide| wide <= u64::from(width)),
        "{name}: the page is {wide} px wide on {width} px"
    );
    Ok(())
}
