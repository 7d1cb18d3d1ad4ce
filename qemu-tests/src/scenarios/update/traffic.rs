//! The rest of the world while a server updates: another organisation's mail server has letters for its members all the
//! time, and tries again every few seconds when it cannot hand one over (RFC 5321, section 4.5.4.1, in a hurry); and
//! members have letters for it, which wait in their server's queue as that organisation asks to come back later.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use crate::client::{Security, Smtp};
use crate::club::{DAVID, JILL, KENTON, Member, SHULA};
use crate::scenarios::letter;
use crate::session::Stage;
use crate::vm::Shell;
use crate::world::{BORCHESTER, MACHINE, MailServer, Rule};
use crate::{Error, Result, must};

/// Between two rounds of the other server's queue.
const ROUND: Duration = Duration::from_secs(4);
/// A new letter comes into it every so many rounds.
const EVERY: u32 = 3;
/// Who is written to, in turn. David's mail goes on to borchester.example.
const RECIPIENTS: [Member; 4] = [JILL, KENTON, DAVID, SHULA];
/// Who at the other organisation asks to come back later.
const BUSY: &str = "usha@borchester.example";
/// Seconds for what is queued to be handed over and delivered, with hardware virtualisation.
const DELIVERY_SECONDS: u32 = 90;
/// Letters of members that wait.
const WAITING: usize = 3;
/// Long enough for a letter sent twice to show.
const SECOND_COPY: Duration = Duration::from_secs(10);

/// A letter of the other server's queue.
#[derive(Debug, Clone)]
struct Posted {
    subject: String,
    to: Member,
    taken: bool,
    refused: Option<String>,
}

/// Letters both ways.
#[derive(Debug)]
pub struct Traffic {
    mark: String,
    posted: Arc<Mutex<Vec<Posted>>>,
    more: Arc<AtomicBool>,
    end: Arc<AtomicBool>,
    server: Option<JoinHandle<()>>,
}

impl Traffic {
    /// Lets members write what has to wait, and the other server begin.
    ///
    /// # Errors
    /// When a member's letter is refused.
    pub fn begin(stage: &Stage) -> Result<Traffic> {
        let mark = format!("traffic-{}", std::time::UNIX_EPOCH.elapsed().unwrap_or_default().as_secs());
        stage.world.borchester.set_rule(BUSY, Rule::Defer);
        for number in 0..WAITING {
            stage.member_writes(JILL, BUSY, &format!("{mark}-out-{number}"), "There is no hurry.")?;
        }
        let deferred = format!("test $(mailq | grep -c {BUSY}) -ge {WAITING}");
        stage.shell().wait_until_succeeds(&deferred, DELIVERY_SECONDS)?;
        let mut traffic =
            Traffic { mark, posted: Arc::default(), more: Arc::new(true.into()), end: Arc::default(), server: None };
        let (posted, more, end) = (traffic.posted.clone(), traffic.more.clone(), traffic.end.clone());
        let mark = traffic.mark.clone();
        traffic.server = Some(std::thread::spawn(move || run_queue(&mark, &posted, &more, &end)));
        Ok(traffic)
    }

    /// What stands in the subject of every letter of it.
    #[must_use]
    pub fn mark(&self) -> &str {
        &self.mark
    }

    /// From now on the other organisation takes what waited. What leaves a server that is only tried, and again the one
    /// that stays, arrives twice.
    pub fn open_up(&self, borchester: &MailServer) {
        borchester.clear_rule(BUSY);
    }

    /// No letter of members may have left yet.
    ///
    /// # Errors
    /// [`Error::Unmet`].
    pub fn must_wait(&self, borchester: &MailServer) -> Result<()> {
        let left = borchester.arrivals(&format!("{}-out-", self.mark)).len();
        must!(left == 0, "{left} letters left a server that is only tried");
        Ok(())
    }

    /// Nothing new comes; everything there is has arrived just once, on both sides.
    ///
    /// # Errors
    /// [`Error::Unmet`] with what is lost or doubled.
    pub fn must_arrive_once(&mut self, stage: &Stage) -> Result<()> {
        self.more.store(false, Ordering::Relaxed);
        let (limit, start) = (stage.limit(DELIVERY_SECONDS), Instant::now());
        // What was put off waits for minutes; nobody here wants to.
        stage.shell().succeed("postqueue -f")?;
        loop {
            let faults = self.faults(stage)?;
            if faults.is_empty() {
                break;
            }
            if start.elapsed() > limit {
                return Err(Error::Unmet(format!("letters that did not arrive just once:\n{}", faults.join("\n"))));
            }
            std::thread::sleep(ROUND);
        }
        std::thread::sleep(SECOND_COPY);
        let faults = self.faults(stage)?;
        must!(faults.is_empty(), "letters that arrived more than once:\n{}", faults.join("\n"));
        stage.note(format!("{} letters came in meanwhile, each once", books(&self.posted).len()));
        Ok(())
    }

    fn faults(&self, stage: &Stage) -> Result<Vec<String>> {
        let borchester = &stage.world.borchester;
        let mut faults = Vec::new();
        for number in 0..WAITING {
            let subject = format!("{}-out-{number}", self.mark);
            let count = borchester.arrivals(&format!("Subject: {subject}\r\n")).len();
            if count != 1 {
                faults.push(format!("{subject} for {BUSY}: {count} times"));
            }
        }
        let delivered = delivered(&stage.shell(), &self.mark)?;
        for Posted { subject, to, taken, refused } in books(&self.posted).iter() {
            if let Some(refused) = refused {
                faults.push(format!("{subject} for {}: refused: {refused}", to.name));
            }
            let count = match to.name == DAVID.name {
                true => borchester.arrivals(&format!("Subject: {subject}\r\n")).len(),
                false => delivered.get(subject).copied().unwrap_or(0),
            };
            if !taken || count != 1 {
                let taken = if *taken { "handed over" } else { "not handed over" };
                faults.push(format!("{subject} for {}: {taken}, there {count} times", to.name));
            }
        }
        Ok(faults)
    }
}

impl Drop for Traffic {
    fn drop(&mut self) {
        self.end.store(true, Ordering::Relaxed);
        if let Some(server) = self.server.take() {
            // It panics only when a test does.
            server.join().ok();
        }
    }
}

/// How often each subject with the mark is in members' mailboxes.
fn delivered(shell: &Shell, mark: &str) -> Result<BTreeMap<String, usize>> {
    let command = format!("grep -rh --include='*' '^Subject: {mark}' /var/mail || true");
    let said = shell.succeed(&command)?;
    let mut counts = BTreeMap::new();
    for subject in said.lines().filter_map(|line| line.trim().strip_prefix("Subject: ")) {
        *counts.entry(subject.to_owned()).or_default() += 1;
    }
    Ok(counts)
}

fn run_queue(mark: &str, posted: &Mutex<Vec<Posted>>, more: &AtomicBool, end: &AtomicBool) {
    let mut round = 0;
    while !end.load(Ordering::Relaxed) {
        if more.load(Ordering::Relaxed) && round % EVERY == 0 {
            let number = books(posted).len();
            let (subject, to) = (format!("{mark}-in-{number}"), RECIPIENTS[number % RECIPIENTS.len()]);
            books(posted).push(Posted { subject, to, taken: false, refused: None });
        }
        round += 1;
        hand_over(posted);
        std::thread::sleep(ROUND);
    }
}

/// Tries everything that waits, over one connection, to the first trouble with it.
fn hand_over(posted: &Mutex<Vec<Posted>>) {
    let waits = |letter: &Posted| !letter.taken && letter.refused.is_none();
    let waiting: Vec<_> = books(posted)
        .iter()
        .enumerate()
        .filter(|(_, letter)| waits(letter))
        .map(|(at, letter)| (at, letter.clone()))
        .collect();
    if waiting.is_empty() {
        return;
    }
    let Ok(mut smtp) = Smtp::connect(BORCHESTER, (MACHINE, 25).into(), Security::Plain, "mail.borchester.example")
    else {
        return;
    };
    for (at, Posted { subject, to, .. }) in waiting {
        let (from, to) = ("usha@borchester.example", to.address());
        let Ok(reply) = smtp.send(from, &[&to], &letter(from, &to, &subject, "While you were away.")) else { return };
        let mut books = books(posted);
        books[at].taken = reply.is_positive();
        books[at].refused = reply.is_refusal().then(|| reply.to_string());
    }
    // It was nice talking to you, even when you are gone by now.
    smtp.command("QUIT").ok();
}

fn books(posted: &Mutex<Vec<Posted>>) -> MutexGuard<'_, Vec<Posted>> {
    posted.lock().unwrap_or_else(PoisonError::into_inner)
}
