//! Services are switched off and on by a tick. Without webmail its pages and its tile are gone and the rest is well;
//! without email its ports are closed; and switched on again everything is there as before, the old letters too.

use std::time::{Duration, Instant};

use super::{is_told, office, page, sign_in, with_browser};
use crate::base::HEALTH_SECONDS;
use crate::client::{Browser, reaches};
use crate::club::{JILL, KENTON};
use crate::session::Stage;
use crate::world::{HOME, MACHINE};
use crate::{Error, Result, must};

/// A closed port keeps silent; an open one answers sooner.
const ANSWER: Duration = Duration::from_secs(5);
/// Ports of email.
const PORTS: [u16; 5] = [25, 465, 587, 993, 4190];
/// Seconds until a service that was switched off is gone, with hardware virtualisation.
const GONE_SECONDS: u32 = 20;

/// See the file's header.
pub fn run(stage: &mut Stage) -> Result<()> {
    stage.member_writes(KENTON, "jill@ambridge.example", "Before the switch", "Is it still there after?")?;
    stage.member_receives(JILL, "INBOX", "Before the switch")?;

    switch(stage, &[("webmail", false)])?;
    wait_for_webmail(stage, false)?;
    let home = office(stage)?.get("/")?;
    must!(!home.text().contains("href=\"/webmail/\""), "the first page still leads to webmail");
    must!(reaches(HOME, (MACHINE, 993).into(), ANSWER), "with webmail, email went too");

    switch(stage, &[("mail", false)])?;
    for port in PORTS {
        must!(!reaches(HOME, (MACHINE, port).into(), ANSWER), "port {port} is open without email");
    }
    must!(reaches(HOME, (MACHINE, 443).into(), ANSWER), "with email, the console went too");

    switch(stage, &[("mail", true), ("webmail", true)])?;
    for port in PORTS {
        must!(reaches(HOME, (MACHINE, port).into(), ANSWER), "port {port} is closed with email");
    }
    wait_for_webmail(stage, true)?;
    stage.member_receives(JILL, "INBOX", "Before the switch").map(drop)
}

/// Ticks services or takes their ticks away, and waits for the report that all that is on is well.
fn switch(stage: &mut Stage, services: &[(&str, bool)]) -> Result<()> {
    stage.machine()?.serial().skip();
    with_browser(stage, |browser| {
        sign_in(browser, JILL)?;
        save(browser, services)
    })?;
    let limit = stage.limit(HEALTH_SECONDS);
    stage.wait_for_health(limit)
}

fn save(browser: &Browser, services: &[(&str, bool)]) -> Result<()> {
    browser.go(&page("/services"))?;
    for (service, on) in services {
        browser.tick(&format!("#service-{service}"), *on)?;
    }
    browser.press("save")?;
    is_told(browser, "Saved. It takes a minute until everything is as you chose.")?;
    browser.go(&page("/services"))?;
    for (service, on) in services {
        let ticked = !browser.find(&format!("#service-{service}:checked"))?.is_empty();
        must!(ticked == *on, "{service} does not stay switched {}", if *on { "on" } else { "off" });
    }
    Ok(())
}

/// Waits until webmail's page is there, or is not.
fn wait_for_webmail(stage: &Stage, wanted: bool) -> Result<()> {
    let (start, limit) = (Instant::now(), stage.limit(GONE_SECONDS));
    let mut visitor = office(stage)?;
    loop {
        let answer = visitor.get("/webmail/")?;
        let there = answer.status == 200 && answer.text().contains("_user");
        if there == wanted {
            return Ok(());
        }
        if start.elapsed() > limit {
            let what = format!("webmail switched {}", if wanted { "on" } else { "off" });
            return Err(Error::Late { what, seconds: limit.as_secs(), detail: format!(": {}", answer.gist()) });
        }
        std::thread::sleep(Duration::from_secs(1));
    }
}
