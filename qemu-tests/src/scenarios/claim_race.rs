//! The claim cannot be raced: a thousand attempts by strangers with invented codes, from fifty addresses at once, in the
//! owner's own network too, while the owner claims the server from home. None of them gets in, and none of them keeps the
//! owner out: within a minute the server is theirs, on a machine with hardware virtualisation.

use std::net::Ipv4Addr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use sha2::{Digest, Sha256};

use super::claim_by_form::{OWNER, TYPED, claim_code};
use crate::base::HEALTH_SECONDS;
use crate::client::{Answer, Site};
use crate::session::Stage;
use crate::world::{HOME, MACHINE, add_host, strangers};
use crate::{Error, Result, must};

/// Strangers, and how often each tries: the first ten tries are wrong codes, the others find the address locked.
const STRANGERS: u8 = 50;
const TRIES: usize = 20;
/// The owner begins when so many attempts were answered.
const UNDER_WAY: usize = 100;
/// Seconds for the owner, with hardware virtualisation.
const OWNER_SECONDS: u32 = 60;
/// Seconds for all attempts, with hardware virtualisation.
const CROWD_SECONDS: u32 = 180;
/// Where all of them knock.
const SERVER: &str = "203.0.113.10";

/// See the file's header.
pub fn run(stage: &mut Stage) -> Result<()> {
    let code = claim_code(stage)?;
    let hosts = strangers(STRANGERS);
    hosts.iter().try_for_each(|host| add_host(*host))?;
    let (tried, limit) = (AtomicUsize::new(0), stage.limit(CROWD_SECONDS));
    let start = Instant::now();

    let (claimed, taken) = std::thread::scope(|scope| {
        let crowd: Vec<_> = hosts.iter().map(|host| scope.spawn(|| guess(*host, &tried, start, limit))).collect();
        while tried.load(Ordering::Relaxed) < UNDER_WAY && start.elapsed() < limit {
            std::thread::sleep(Duration::from_millis(50));
        }
        let owner = Instant::now();
        let claimed = claim(&code, stage.limit(OWNER_SECONDS));
        let claimed = claimed.map(|site| (site, owner.elapsed(), tried.load(Ordering::Relaxed)));
        let nobody = || Err(Error::Unmet("a stranger's attempts broke off".into()));
        (claimed, crowd.into_iter().map(|stranger| stranger.join().unwrap_or_else(|_| nobody())).sum::<Result<usize>>())
    });

    let (mut site, seconds, before) = claimed?;
    let tried = tried.load(Ordering::Relaxed);
    stage.note(format!(
        "the owner had the server after {:.1} s ({}; at most {OWNER_SECONDS} s with hardware virtualisation, {} s here)",
        seconds.as_secs_f64(),
        stage.accelerator,
        stage.limit(OWNER_SECONDS).as_secs()
    ));
    stage.note(format!("{tried} attempts from {STRANGERS} addresses, {before} of them before that"));
    let taken = taken?;
    must!(taken == 0, "{taken} strangers were let in");
    must!(tried == usize::from(STRANGERS) * TRIES, "only {tried} attempts were answered");
    must!(seconds <= stage.limit(OWNER_SECONDS), "the owner was kept waiting for {:.1} s", seconds.as_secs_f64());
    let limit = stage.limit(HEALTH_SECONDS);
    stage.wait_for_health(limit)?;
    is_the_owners(&mut site)
}

/// One stranger's attempts; gives how many were let in.
fn guess(from: Ipv4Addr, tried: &AtomicUsize, start: Instant, limit: Duration) -> Result<usize> {
    let mut site = Site::at(from, (MACHINE, 443).into(), SERVER);
    let (mut taken, mut own) = (0, 0);
    while own < TRIES {
        let answer = attempt(&mut site, &invented(from, own), own == 0);
        match answer {
            Ok(answer) => {
                taken += usize::from(answer.location() == "/claim/form");
                own += 1;
                tried.fetch_add(1, Ordering::Relaxed);
            }
            // Nobody answered in time: it was no attempt.
            Err(error) if start.elapsed() > limit => return Err(error),
            Err(_) => site = Site::at(from, (MACHINE, 443).into(), SERVER),
        }
    }
    Ok(taken)
}

/// The page with its token first, when it is the first attempt.
fn attempt(site: &mut Site, code: &str, first: bool) -> Result<Answer> {
    if first {
        site.get("/")?;
    }
    let answer = site.post("/claim/code", &[("code", code), ("do", "check")])?;
    if answer.status != 403 {
        return Ok(answer);
    }
    // A visitor without a session is sent for the page.
    site.get("/")?;
    site.post("/claim/code", &[("code", code), ("do", "check")])
}

/// A code that looks like one; each stranger's are different.
fn invented(from: Ipv4Addr, number: usize) -> String {
    const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
    let digest = Sha256::digest(format!("{from} {number}"));
    let letters: Vec<_> = digest.iter().take(12).map(|byte| char::from(ALPHABET[usize::from(byte % 32)])).collect();
    letters.chunks(4).map(String::from_iter).collect::<Vec<_>>().join("-")
}

/// The owner at home, who has the code; told to wait, they wait and try again.
fn claim(code: &str, limit: Duration) -> Result<Site> {
    let mut site = Site::at(HOME, (MACHINE, 443).into(), SERVER);
    let start = Instant::now();
    loop {
        site.get("/")?;
        let answer = site.post("/claim/code", &[("code", code), ("do", "check")])?;
        if answer.location() == "/claim/form" {
            break;
        }
        must!(start.elapsed() < limit, "the owner's code is answered with {}", answer.gist());
        std::thread::sleep(Duration::from_secs(2));
    }
    site.get("/claim/form")?;
    let rest = [("timezone", "Europe/London"), ("language", "en"), ("services", "mail"), ("services", "webmail")];
    let fields: Vec<_> = TYPED.into_iter().chain(rest).chain([("do", "claim")]).collect();
    loop {
        let answer = site.post("/claim/form", &fields)?;
        if answer.location() == "/progress" {
            return Ok(site);
        }
        must!(start.elapsed() < limit, "the owner's form is answered with {}", answer.gist());
        std::thread::sleep(Duration::from_secs(2));
    }
}

fn is_the_owners(site: &mut Site) -> Result<()> {
    let members = site.get("/members")?;
    must!(members.status == 200, "the owner does not look after the server: {}", members.gist());
    let said = members.text();
    must!(said.contains(&format!("{}@ambridge.example", OWNER.name)), "the owner is no member: {}", members.gist());
    must!(said.contains(">1 member<"), "somebody else is a member too: {}", members.gist());
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_strangers_try_the_same_code() {
        let all: Vec<_> =
            strangers(STRANGERS).iter().flat_map(|host| (0..TRIES).map(|at| invented(*host, at))).collect();
        let different: std::collections::BTreeSet<_> = all.iter().collect();
        assert_eq!(different.len(), 1000);
        assert!(all.iter().all(|code| code.len() == 14 && code.matches('-').count() == 2));
    }
}
