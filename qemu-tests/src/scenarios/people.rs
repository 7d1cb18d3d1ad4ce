//! Everybody of the populated machine meets their server, after it became another one: each member gets in everywhere with
//! the password they have, each filter files, and mail, addresses and webmail do what they do on any server of ours.

use std::sync::atomic::{AtomicUsize, Ordering};

use crate::client::{Imap, Reply, Security, Site, Smtp};
use crate::club::HOST;
use crate::population::{self, Somebody};
use crate::scenarios::update::kept::must_be_none;
use crate::scenarios::{
    MAIL_SECONDS, another_organisation, console, dkim, forward, journal, letter, member_to_member, quota,
    roles_and_groups, submission, webmail,
};
use crate::session::Stage;
use crate::world::{HOME, MACHINE};
use crate::{Error, Result, must};

/// Where a brief run is content with one member in so many.
const ONE_IN: usize = 20;

/// See the file's header.
pub(super) fn meet_their_server(stage: &mut Stage) -> Result<()> {
    everybody_gets_in(stage)?;
    every_filter_files(stage)?;
    for play in [
        member_to_member::run,
        another_organisation::run,
        submission::run,
        roles_and_groups::run,
        forward::run,
        quota::run,
        dkim::run,
        webmail::run,
        journal::run,
    ] {
        play(stage)?;
    }
    Ok(())
}

/// One way in: its name, and how somebody takes it with their password; says how often they were told to come again.
type Door = (&'static str, fn(&str, &str) -> Result<usize>);

/// How often somebody comes again whom a busy server tells to: Postfix waits ten seconds for an answer about a password
/// (`AUTH_TIMEOUT`), and here four people at a time are looked at by one emulated processor.
const AGAIN: usize = 2;
/// Until they do.
const PAUSE: std::time::Duration = std::time::Duration::from_secs(5);

/// The one password opens all of them.
const DOORS: [Door; 4] =
    [("IMAP", reads_mail), ("SMTP", hands_in_mail), ("webmail", opens_webmail), ("the console", opens_the_console)];

/// Every member gets in by every door; in a brief run, a few by each.
fn everybody_gets_in(stage: &Stage) -> Result<()> {
    let members = population::sign_ins();
    let some: Vec<_> = members.iter().step_by(if stage.brief { ONE_IN } else { 1 }).collect();
    let start = std::time::Instant::now();
    let again = AtomicUsize::new(0);
    let faults: Vec<String> = std::thread::scope(|scope| {
        let at_door = |(door, open): Door| {
            let (some, again) = (&some, &again);
            scope.spawn(move || {
                let shut = some.iter().filter_map(|(name, password)| match open(name, password) {
                    Ok(times) => {
                        again.fetch_add(times, Ordering::Relaxed);
                        None
                    }
                    Err(why) => Some((name, why)),
                });
                shut.map(|(name, why)| format!("{name} does not get in by {door}: {why}")).collect::<Vec<_>>()
            })
        };
        let doors: Vec<_> = DOORS.map(at_door).into_iter().collect();
        // A thread that panics is a fault of this program's.
        doors.into_iter().flat_map(|door| door.join().unwrap_or_else(|_| vec!["a door broke".into()])).collect()
    });
    must_be_none(&faults, &format!("of {} times somebody is kept out", DOORS.len() * some.len()))?;
    let seconds = start.elapsed().as_secs();
    stage.note(format!("{} of {} members got in by all four doors, in {seconds} s", some.len(), members.len()));
    match again.into_inner() {
        0 => {}
        times => stage.note(format!("{times} times somebody was told to come again")),
    }
    Ok(())
}

fn reads_mail(name: &str, password: &str) -> Result<usize> {
    Imap::log_in(HOME, (MACHINE, 993).into(), name, password)?.command("LOGOUT").map(|_| 0)
}

fn hands_in_mail(name: &str, password: &str) -> Result<usize> {
    let (mut reply, mut again) = (knocks_to_hand_in(name, password)?, 0);
    // A temporary failure (RFC 4954, section 6): programs try again, and do not ask for another password.
    while reply.code == 454 && again < AGAIN {
        std::thread::sleep(PAUSE);
        (reply, again) = (knocks_to_hand_in(name, password)?, again + 1);
    }
    must!(reply.code == 235, "{reply}");
    Ok(again)
}

fn knocks_to_hand_in(name: &str, password: &str) -> Result<Reply> {
    let mut smtp = Smtp::connect(HOME, (MACHINE, 465).into(), Security::Implicit, "[192.0.2.80]")?;
    let reply = smtp.log_in(name, password)?;
    // What was said counts.
    smtp.command("QUIT").ok();
    Ok(reply)
}

fn opens_webmail(name: &str, password: &str) -> Result<usize> {
    let mut site = Site::at(HOME, (MACHINE, 443).into(), HOST);
    let token = site.get("/webmail/")?.value("_token").unwrap_or_default();
    let form = [("_token", &*token), ("_task", "login"), ("_action", "login"), ("_user", name), ("_pass", password)];
    let answer = site.post("/webmail/?_task=login", &form)?;
    must!(answer.status == 302 && answer.location().contains("_task=mail"), "{}", answer.gist());
    Ok(0)
}

fn opens_the_console(name: &str, password: &str) -> Result<usize> {
    console::signs_in(name, password).map(|_| 0)
}

/// One letter that everybody's filter knows.
fn every_filter_files(stage: &Stage) -> Result<()> {
    let filterers: Vec<String> =
        population::everybody().iter().filter(|one| one.filters()).map(Somebody::address).collect();
    let recipients: Vec<&str> = filterers.iter().map(String::as_str).collect();
    let subject = format!("[shows] {}", std::time::UNIX_EPOCH.elapsed().unwrap_or_default().as_secs());
    let from = "eddie@borchester.example";
    let text = letter(from, "shows@ambridge.example", &subject, "First prize for the leeks.");
    let reply = stage.borchester_knocks()?.send(from, &recipients, &text)?;
    must!(reply.is_positive(), "a letter to {} members is refused: {reply}", recipients.len());
    // In the folder, and marked.
    let filed = format!(
        "cd /var/mail && test $(grep -rlF 'Subject: {subject}' */Maildir/.Garden.Shows/ | grep -c ':2,[A-Z]*F') -eq {}",
        recipients.len()
    );
    stage.shell().wait_until_succeeds(&filed, MAIL_SECONDS).map_err(|error| match error {
        Error::Late { .. } => Error::Unmet(format!("not every one of {} filters filed {subject:?}", recipients.len())),
        other => other,
    })?;
    stage.note(format!("{} filters filed", recipients.len()));
    Ok(())
}
