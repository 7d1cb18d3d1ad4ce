//! Passwords are guessed at wherever they are asked for, so wrong ones are counted together: who tries too many over
//! IMAP is not let into the console from there, not even with the right one, and the other way round. The member at home
//! never notices.

use std::net::Ipv4Addr;
use std::time::{Duration, Instant};

use super::{add_member, may_read_mail, office, signed_in};
use crate::client::{Imap, Security, Site, Smtp};
use crate::club::{HOST, Member};
use crate::session::Stage;
use crate::world::{FORGER, MACHINE, add_host};
use crate::{Error, Result, must};

/// Whose password is guessed at over IMAP, and whose at the console.
const CLARRIE: Member = Member { name: "clarrie", password: "jumble-at-the-village-hall" };
const EMMA: Member = Member { name: "emma", password: "tearoom-by-the-orangery" };
/// Another stranger than the forger.
const ELSEWHERE: Ipv4Addr = Ipv4Addr::new(198, 51, 100, 77);
/// Wrong passwords for one name that lock an address out.
const TOO_MANY: usize = 10;
/// Two more over IMAP: the mail server tells a few bits of what was guessed, and two guesses may look the same.
const OVER_IMAP: usize = TOO_MANY + 2;
/// Seconds that all of them may take: the waits between them double up to half a minute and are no matter of speed, so
/// they come on top.
const GUESSES_SECONDS: u32 = 60;
const WAITS: Duration = Duration::from_secs(120);
const LOCKED: &str = "There were too many wrong passwords from where you are.";

/// See the file's header.
pub fn run(stage: &mut Stage) -> Result<()> {
    add_host(ELSEWHERE)?;
    let mut office = office(stage)?;
    add_member(&mut office, CLARRIE, "Clarrie Grundy")?;
    add_member(&mut office, EMMA, "Emma Grundy")?;

    for number in 1..=OVER_IMAP {
        let guess = format!("guess-number-{number}");
        must!(!reads_mail(FORGER, CLARRIE.name, &guess), "{guess:?} opens a mailbox");
    }
    let answer = tries(&mut Site::at(FORGER, (MACHINE, 443).into(), HOST), CLARRIE.name, CLARRIE.password)?;
    must!(answer.contains(LOCKED), "after {OVER_IMAP} wrong passwords over IMAP the console says {answer:?}");

    guess_at_the_console(stage)?;
    must!(!reads_mail(ELSEWHERE, EMMA.name, EMMA.password), "a locked address may read mail with the right password");
    let mut outbox = Smtp::connect(ELSEWHERE, (MACHINE, 465).into(), Security::Implicit, "[198.51.100.77]")?;
    let reply = outbox.log_in(EMMA.name, EMMA.password)?;
    must!(reply.code != 235, "a locked address may send mail with the right password");

    for member in [CLARRIE, EMMA] {
        must!(may_read_mail(member.name, member.password), "{} at home is kept out of the mailbox", member.name);
        signed_in(stage, member)?;
    }
    Ok(())
}

fn reads_mail(from: Ipv4Addr, name: &str, password: &str) -> bool {
    Imap::log_in(from, (MACHINE, 993).into(), name, password).is_ok()
}

/// What the console says to a name and a password; nothing when they are right.
fn tries(site: &mut Site, name: &str, password: &str) -> Result<String> {
    site.get("/")?;
    let answer = site.post("/sign-in", &[("name", name), ("password", password), ("do", "sign-in")])?;
    Ok(answer.error("name").unwrap_or_default())
}

/// Guesses until the console has had enough. Who is told that it was too fast waits, as a program that guesses would.
fn guess_at_the_console(stage: &Stage) -> Result<()> {
    let mut site = Site::at(ELSEWHERE, (MACHINE, 443).into(), HOST);
    let (start, limit) = (Instant::now(), stage.limit(GUESSES_SECONDS) + WAITS);
    for number in 1.. {
        let said = tries(&mut site, EMMA.name, &format!("guess-number-{number}"))?;
        if said.contains(LOCKED) {
            return Ok(());
        }
        must!(!said.is_empty(), "guess number {number} is let in");
        if start.elapsed() > limit {
            let what = format!("a lock after {number} wrong passwords at the console");
            return Err(Error::Late { what, seconds: limit.as_secs(), detail: format!(": it says {said:?}") });
        }
        if said.contains("too fast") {
            std::thread::sleep(Duration::from_secs(2));
        }
    }
    Ok(())
}
