//! The club's treasurer takes the server over, on a tablet: reads address and claim code off the provider's screen, enters
//! them, fills in one form, mends the one mistake in it, and watches the services come up. Then the page for the
//! registrar says what to enter, and as soon as it is entered, that all of it is seen. From the form to the first letter
//! of another organisation it takes a minute and a half at most, also without hardware virtualisation.

use std::time::{Duration, Instant};

use regex::Regex;
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::console::{is_told, open, page, sign_in};
use crate::base::HEALTH_SECONDS;
use crate::client::{Browser, Imap, Security, Smtp, reaches, shown};
use crate::club::{DOMAIN, Member};
use crate::looks::look;
use crate::scenarios::letter;
use crate::session::Stage;
use crate::world::{BORCHESTER, HOME, MACHINE, Zone};
use crate::{Error, Result, must};

/// Where the console says that the server is.
const ADDRESS: &str = "https://203.0.113.10/";
/// The line on the screen: Crockford's base32 has no I, L, O or U.
const LINE: &str = r"sos: open https://203\.0\.113\.10/ and enter the claim code: ([0-9A-HJKMNP-TV-Z]{4}(?:-[0-9A-HJKMNP-TV-Z]{4}){2})\n";
/// From the form to the first letter, on a host that has nothing else to do: with hardware virtualisation or without.
const FIRST_LETTER: Duration = Duration::from_secs(90);
/// What it is held to here, where other machines may run beside it.
const FIRST_LETTER_LIMIT: Duration = Duration::from_secs(180);
/// Seconds until the world's names are seen, with hardware virtualisation.
const SEEN_SECONDS: u32 = 30;
const SUBJECT: &str = "The first letter of all";

/// Who claims the server; the name is made from hers.
pub(super) const OWNER: Member = Member { name: "jill.archer", password: "leeks-and-marrows-1957" };
/// What she types into the form.
pub(super) const TYPED: [(&str, &str); 5] = [
    ("organisation", "Ambridge Garden Club"),
    ("domain", DOMAIN),
    ("full_name", "Jill Archer"),
    ("password", OWNER.password),
    ("recovery", "jill@borchester.example"),
];

/// See the file's header.
pub fn run(stage: &mut Stage) -> Result<()> {
    let code = claim_code(stage)?;
    browsers_will_warn(stage)?;
    let browser = open(stage)?;
    let played = play(stage, &browser, &code);
    if played.is_err() {
        browser.photograph(&stage.folder.join("browser-when-it-failed.png")).ok();
    }
    played
}

/// The claim code, off the provider's screen.
pub(super) fn claim_code(stage: &mut Stage) -> Result<String> {
    let line = Regex::new(LINE).map_err(|error| Error::Usage(error.to_string()))?;
    let console = stage.machine()?.serial().text();
    let last = line.captures_iter(&console).last();
    let code = last.and_then(|found| found.get(1)).map(|code| code.as_str().to_owned());
    code.ok_or_else(|| Error::Unmet(format!("the console does not say where the owner comes in:\n{console}")))
}

/// Nobody signs for this address here, so the console says what the browser will say, and by what to know the server.
fn browsers_will_warn(stage: &mut Stage) -> Result<()> {
    let shown = shown(HOME, (MACHINE, 443).into())?;
    let digest = Sha256::digest(shown.first().map_or(&[][..], Vec::as_slice));
    let fingerprint: Vec<_> = digest.iter().map(|byte| format!("{byte:02X}")).collect();
    let console = stage.machine()?.serial().text();
    let sentence = format!("the certificate's fingerprint (SHA-256) is {}", fingerprint.join(":"));
    must!(console.contains("sos: your browser will warn, because"), "nobody is told that browsers warn");
    must!(console.contains(&sentence), "the console does not say that {sentence}");
    Ok(())
}

fn play(stage: &mut Stage, browser: &Browser, code: &str) -> Result<()> {
    let mut faults = enter_code(stage, browser, code)?;
    faults.extend(fill_form(stage, browser)?);
    let letter = first_letter();
    browser.press("claim")?;
    is_told(browser, &format!("You are signed in; from now on your name here is {}.", OWNER.name))?;
    std::fs::create_dir_all(&stage.pictures).map_err(Error::file(&stage.pictures))?;
    browser.photograph_page(&stage.pictures.join("progress-at-first.png"))?;
    let limit = stage.limit(HEALTH_SECONDS);
    browser.wait_for_text_within("Everything works.", limit)?;
    stage.wait_for_health(limit)?;

    let taken = letter.join().map_err(|_| Error::Unmet("nobody waited for the first letter".into()))??;
    stage.note(format!(
        "from the form to the first letter of another organisation: {:.1} s ({}; at most {FIRST_LETTER:?} on a host that \
         has nothing else to do)",
        taken.as_secs_f64(),
        stage.accelerator
    ));
    faults.extend(look(stage, browser, "progress-well")?);
    faults.extend(publish(stage, browser)?);
    is_hers(browser)?;
    stage.note(format!("pictures of the pages: {}", stage.pictures.display()));
    must!(faults.is_empty(), "{} faults of pages:\n{}", faults.len(), faults.join("\n"));
    Ok(())
}

/// A wrong code first; how many tries are left is said. Gives what is wrong with the page.
fn enter_code(stage: &Stage, browser: &Browser, code: &str) -> Result<Vec<String>> {
    browser.go(ADDRESS)?;
    browser.wait_for_text("A server waits for its owner")?;
    let page = browser.text()?;
    for secret in [DOMAIN, "Debian", "Postfix", "version"] {
        must!(!page.contains(secret), "a stranger is told more than that a server waits: {page}");
    }
    let mut faults = look(stage, browser, "claim-code")?;
    browser.fill("#code", "0000-0000-0000")?;
    browser.press("check")?;
    let said = browser.text_of(".error[data-field=code]")?;
    must!(said.contains("9 tries are left."), "a wrong code is answered with {said:?}");
    faults.extend(look(stage, browser, "claim-code-wrong")?);
    // As somebody types it on a telephone.
    browser.fill("#code", &code.replace('-', "").to_lowercase())?;
    browser.press("check")?;
    browser.wait_for("#organisation")?;
    faults.extend(look(stage, browser, "claim-form")?);
    Ok(faults)
}

/// With something that is no domain; all else is still there then, and the error beside its field.
fn fill_form(stage: &Stage, browser: &Browser) -> Result<Vec<String>> {
    let must_be_filled =
        browser.script("return [...document.querySelectorAll(':required')].map((field) => field.id)")?;
    let names: Vec<&str> = must_be_filled.as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    must!(names.len() <= 5 && !names.is_empty(), "{} fields have to be filled: {names:?}", names.len());
    for (field, typed) in TYPED {
        browser.fill(&format!("#{field}"), if field == "domain" { "our garden club" } else { typed })?;
    }
    browser.press("claim")?;
    let said = browser.text_of(".error[data-field=domain]")?;
    must!(said.contains("This is no domain."), "something that is no domain is answered with {said:?}");
    let others = browser.find(".error")?.len();
    must!(others == 1, "{others} fields are said to be wrong, one is");
    for (field, typed) in TYPED.into_iter().filter(|(field, _)| !["domain", "password"].contains(field)) {
        let kept = browser.value_of(&format!("#{field}"))?;
        must!(kept == typed, "after a mistake in another field #{field} is {kept:?}");
    }
    browser.wait_for_text("The password you typed is kept.")?;
    let faults = look(stage, browser, "claim-form-wrong")?;
    browser.fill("#domain", DOMAIN)?;
    Ok(faults)
}

/// Borchester's server, which tries until its letter is taken, and the owner's mail program at home, which looks until it
/// is there. Gives how long that took.
fn first_letter() -> std::thread::JoinHandle<Result<Duration>> {
    let start = Instant::now();
    std::thread::spawn(move || {
        until(start, "a letter taken from another organisation", hand_in)?;
        until(start, "a letter of another organisation in the owner's mailbox", read)?;
        Ok(start.elapsed())
    })
}

fn until(start: Instant, what: &str, done: impl Fn() -> Result<bool>) -> Result<()> {
    loop {
        let said = match done() {
            Ok(true) => return Ok(()),
            Ok(false) => String::new(),
            Err(error) => format!(": {error}"),
        };
        if start.elapsed() > FIRST_LETTER_LIMIT {
            return Err(Error::Late { what: what.into(), seconds: FIRST_LETTER_LIMIT.as_secs(), detail: said });
        }
        std::thread::sleep(Duration::from_secs(1));
    }
}

fn hand_in() -> Result<bool> {
    let (from, to) = ("eddie@borchester.example", format!("{}@{DOMAIN}", OWNER.name));
    if !reaches(BORCHESTER, (MACHINE, 25).into(), Duration::from_secs(1)) {
        return Ok(false);
    }
    let mut smtp = Smtp::connect(BORCHESTER, (MACHINE, 25).into(), Security::Plain, "mail.borchester.example")?;
    let reply = smtp.send(from, &[&to], &letter(from, &to, SUBJECT, "Welcome to the Internet."))?;
    must!(reply.is_positive(), "the letter is answered with {reply}");
    Ok(true)
}

fn read() -> Result<bool> {
    let mut mailbox = Imap::log_in(HOME, (MACHINE, 993).into(), OWNER.name, OWNER.password)?;
    Ok(!mailbox.find("INBOX", SUBJECT)?.is_empty())
}

/// Enters at the registrar what the page says, as it stands there; gives what is wrong with the page.
fn publish(stage: &mut Stage, browser: &Browser) -> Result<Vec<String>> {
    browser.click(&browser.wait_for("#well a.button")?)?;
    browser.wait_for_text("What to do at your registrar")?;
    let mut faults = look(stage, browser, "dns-unasked")?;
    let records = records(browser)?;
    let buttons = browser.find(".records button.copy")?.len();
    must!(buttons == 2 * records.len(), "{} records have {buttons} buttons to copy name and value", records.len());
    browser.press("check")?;
    browser.wait_for("li[data-state=missing]")?;
    let page = browser.text()?;
    must!(page.contains("Not seen yet."), "what is not entered yet is not said to be so: {page}");
    must!(!page.contains("Could not be found out"), "the name server is said not to answer: {page}");
    faults.extend(look(stage, browser, "dns-missing")?);

    stage.world.names.publish(&Zone::read(&records.join("\n")))?;
    let (start, limit) = (Instant::now(), stage.limit(SEEN_SECONDS));
    while !browser.text()?.contains("Everything is seen. There is nothing left to do here.") {
        if start.elapsed() > limit {
            let detail = format!(": the page says {:?}", browser.text()?);
            return Err(Error::Late { what: "all records seen".into(), seconds: limit.as_secs(), detail });
        }
        std::thread::sleep(Duration::from_secs(6));
        browser.press("check")?;
    }
    faults.extend(look(stage, browser, "dns-seen")?);
    Ok(faults)
}

/// The records as the page shows them, in the form of a zone file.
fn records(browser: &Browser) -> Result<Vec<String>> {
    let shown = browser.script(
        "const text = (id) => document.getElementById(id).textContent;\
         return [...document.querySelectorAll('.records > li')].map((entry, at) => [\
           entry.querySelector('h2').firstChild.textContent.trim(), text('name-' + (at + 1)),\
           [...entry.querySelectorAll('dl > div')].filter((row) => row.querySelector('dt').textContent == 'Priority')\
             .map((row) => row.querySelector('dd').textContent).join(''),\
           text('value-' + (at + 1))]);",
    )?;
    let rows = shown.as_array().into_iter().flatten();
    let field = |row: &Value, at: usize| row[at].as_str().unwrap_or_default().to_owned();
    Ok(rows.map(|row| record(&field(row, 0), &field(row, 1), &field(row, 2), &field(row, 3))).collect())
}

/// What a registrar makes of type, name, priority and value.
fn record(kind: &str, name: &str, priority: &str, value: &str) -> String {
    let name = match name {
        "@" => DOMAIN.to_owned(),
        reverse if reverse.ends_with(".arpa") => reverse.to_owned(),
        below => format!("{below}.{DOMAIN}"),
    };
    let data = match kind {
        "TXT" => strings(value),
        "A" | "AAAA" => value.to_owned(),
        _ => format!("{priority} {}.", value.trim_end_matches('.')),
    };
    format!("{name}. {kind} {}", data.trim())
}

/// A text in strings of at most 255 characters (RFC 1035, section 3.3.14).
fn strings(text: &str) -> String {
    let pieces: Vec<_> = text.as_bytes().chunks(255).map(String::from_utf8_lossy).collect();
    pieces.iter().map(|piece| format!("\"{piece}\"")).collect::<Vec<_>>().join(" ")
}

/// The form is gone, and the server's name leads to the same pages.
fn is_hers(browser: &Browser) -> Result<()> {
    let cookie = browser.cookie("__Host-sos")?;
    must!(cookie["httpOnly"] == true && cookie["secure"] == true, "scripts or eavesdroppers get at {cookie}");
    browser.go(&format!("{ADDRESS}claim/form"))?;
    browser.wait_for("a[href=\"/members\"]")?;
    must!(browser.find("#organisation")?.is_empty(), "the form is still there after the claim");
    sign_in(browser, OWNER)?;
    must!(browser.address()? == page("/"), "signing in leads to {}", browser.address()?);
    browser.go(&page("/log"))?;
    browser.wait_for_text("The server was taken over")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_on_the_screen_is_recognised() {
        let line = Regex::new(LINE).unwrap();
        let found =
            line.captures("sos: open https://203.0.113.10/ and enter the claim code: 7K3M-9QXT-2WHD\n").unwrap();
        assert_eq!(&found[1], "7K3M-9QXT-2WHD");
        assert!(!line.is_match("sos: open https://203.0.113.10/ and enter the claim code: 7K3M-9QXT-2WHI\n"));
    }

    #[test]
    fn records_are_entered_as_the_page_shows_them() {
        let rows = [
            ("MX", "@", "10", "mail.ambridge.example", "ambridge.example. MX 10 mail.ambridge.example."),
            ("A", "mail", "", "203.0.113.10", "mail.ambridge.example. A 203.0.113.10"),
            ("TXT", "_dmarc", "", "v=DMARC1; p=none", "_dmarc.ambridge.example. TXT \"v=DMARC1; p=none\""),
            (
                "SRV",
                "_imaps._tcp",
                "",
                "0 1 993 mail.ambridge.example",
                "_imaps._tcp.ambridge.example. SRV 0 1 993 mail.ambridge.example.",
            ),
            ("SRV", "_imap._tcp", "", "0 0 0 .", "_imap._tcp.ambridge.example. SRV 0 0 0 ."),
            ("PTR", "10.113.0.203.in-addr.arpa", "", "a.example", "10.113.0.203.in-addr.arpa. PTR a.example."),
        ];
        for (kind, name, priority, value, expected) in rows {
            let made = record(kind, name, priority, value);
            assert_eq!(made, expected);
            Zone::read(&made).for_dnsmasq().unwrap();
        }
    }

    #[test]
    fn a_long_text_is_entered_in_strings() {
        assert_eq!(strings(&"x".repeat(300)), format!("\"{}\" \"{}\"", "x".repeat(255), "x".repeat(45)));
    }
}
