//! Only the state partition survives a reboot, and everything the organisation owns is on it: the machine's
//! identity, its SSH host keys, its mail, its settings. `/etc` is rendered again, to the same bytes. And whoever is handing
//! over a letter when it goes down hears that it was taken, so that it does not come twice (RFC 1047).

use std::time::{Duration, Instant};

use super::letter;
use crate::base::HEALTH_SECONDS;
use crate::client::{Smtp, reaches};
use crate::club::{JILL, KENTON};
use crate::must;
use crate::session::Stage;
use crate::world::{BORCHESTER, MACHINE};
use crate::{Error, Result};

/// What must be the same after a reboot, as commands whose output is compared.
const KEPT: [(&str, &str); 6] = [
    ("the machine id", "cat /etc/machine-id"),
    ("the SSH host keys", "sha256sum /var/lib/sos/ssh/ssh_host_*_key"),
    ("the settings", "sha256sum /var/lib/sos/settings.toml"),
    (
        "the secrets and keys",
        "find /var/lib/sos/secrets /var/lib/sos/tls /var/lib/sos/dkim -type f | sort | xargs sha256sum",
    ),
    ("the rendered postfix configuration", "sha256sum /etc/postfix/main.cf /etc/postfix/master.cf"),
    ("the mailboxes' owner", "stat --format '%u:%g %a' /var/mail"),
];

/// What is in the middle of being handed over, and from whom.
const HALF: &str = "Half a letter";
const USHA: &str = "usha@borchester.example";
/// The longest for a machine to let somebody in or not.
const ANSWER: Duration = Duration::from_secs(10);
/// From one knock to the next.
const KNOCK: Duration = Duration::from_millis(500);
/// How long the sender takes for the rest; it is waited for a quarter of a minute.
const AWHILE: Duration = Duration::from_secs(5);
/// Seconds from the word to go down until nobody new is let in, with hardware virtualisation.
const CLOSING_SECONDS: u32 = 20;

/// See the file's header.
pub fn run(stage: &mut Stage) -> Result<()> {
    stage.member_writes(KENTON, "jill@ambridge.example", "Keep this over the reboot", "It matters.")?;
    stage.member_receives(JILL, "INBOX", "Keep this over the reboot")?;
    let shell = stage.shell();
    let before = KEPT.map(|(_, command)| shell.succeed(command));

    let sender = begins_a_letter(stage)?;
    let limit = stage.limit(HEALTH_SECONDS);
    stage.goes_down()?;
    ends_the_letter(sender, stage.limit(CLOSING_SECONDS))?;
    stage.wait_for_health(limit)?;
    shell.wait_until_succeeds("true", 30)?;

    for ((what, command), before) in KEPT.into_iter().zip(before) {
        let (before, after) = (before?, shell.succeed(command)?);
        must!(!before.trim().is_empty(), "{what}: `{command}` shows nothing");
        must!(before == after, "{what} changed over a reboot: before\n{before}after\n{after}");
    }
    stage.member_receives(JILL, "INBOX", "Keep this over the reboot")?;
    stage.member_receives(JILL, "INBOX", HALF)?;
    let copies = stage.mailbox_of(JILL)?.find("INBOX", HALF)?.len();
    must!(copies == 1, "the letter that was half handed over is there {copies} times");
    Ok(())
}

/// Another organisation's server has said for whom its letter is.
fn begins_a_letter(stage: &Stage) -> Result<Smtp> {
    let mut sender = stage.borchester_knocks()?;
    let reply = sender.open(USHA, &["jill@ambridge.example"])?;
    must!(reply.code == 354, "a letter is not taken: {reply}");
    Ok(sender)
}

/// It says the rest when nobody new is let in any more.
fn ends_the_letter(mut sender: Smtp, limit: Duration) -> Result<()> {
    let start = Instant::now();
    while reaches(BORCHESTER, (MACHINE, 25).into(), ANSWER) {
        if start.elapsed() > limit {
            return Err(Error::Unmet("a machine that goes down lets new senders in".into()));
        }
        std::thread::sleep(KNOCK);
    }
    // Long enough for a mail server that waits for nobody to be gone.
    std::thread::sleep(AWHILE);
    let reply = sender.close(&letter(USHA, "jill@ambridge.example", HALF, "The rest of it."))?;
    must!(reply.is_positive(), "the letter is not taken to its end: {reply}");
    sender.command("QUIT")?;
    Ok(())
}
