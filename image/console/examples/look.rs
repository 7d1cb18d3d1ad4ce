//! The console to look at, with a fake helper, a directory of 200 members and a name server that knows half of the
//! records: `cargo run -p sos-console --example look -- unclaimed 8080` or `… claimed 8081`, with a word behind it for how
//! updates stand: `newer`, `fetching`, `trying`, `taken-back`, `unreachable`, `no-channel`. Jill is the administrator, her
//! password is in `tests/slapd`.
#![allow(missing_docs, clippy::duplicate_mod, reason = "an example made of what the tests are made of")]

#[path = "../tests/fake/mod.rs"]
mod fake;
#[path = "../tests/names/mod.rs"]
mod names;
#[path = "../tests/slapd/mod.rs"]
mod slapd;

use fake::Fake;
use names::Names;
use sos_console::app::{App, Places};
use sos_console::clock::Clock;
use sos_console::journal::Sink;
use sos_console::routes;
use sos_ipc::{AvailableRelease, EarlierRelease, UpdateEvent, UpdateOutcome, UpdatePhase, UpdateStatus};

#[tokio::main(worker_threads = 2)]
async fn main() {
    let mut arguments = std::env::args().skip(1);
    let claimed = arguments.next().is_some_and(|kind| kind == "claimed");
    let port: u16 = arguments.next().and_then(|port| port.parse().ok()).unwrap_or(8080);
    let folder = tempfile::tempdir().expect("a temporary folder");
    let socket = folder.path().join("helper.sock");
    let fake = if claimed { Fake::claimed(&socket) } else { Fake::unclaimed(&socket) };
    fake.state().moving = !claimed;
    stand(&mut fake.state().updates, arguments.next().as_deref().unwrap_or_default());
    let script = include_str!("../tests/sieve/roundcube/filters-and-vacation.sieve").to_owned();
    let script = sos_ipc::FilterScript { active: Some("webmail".into()), webmail: Some(script) };
    fake.state().filters.insert("jill".into(), script);
    let names = Names::start().await;
    names.add("mail.ambridge.example.", "A", "203.0.113.7");
    names.add("ambridge.example.", "MX", "10 mx.provider.example.");
    names.add("ambridge.example.", "TXT", "v=spf1 mx -all");
    names.add("_imaps._tcp.ambridge.example.", "SRV", "0 1 993 mail.ambridge.example.");
    let slapd = claimed.then(|| slapd::Slapd::populated(200));
    let ldap = slapd.as_ref().map_or("ldapi://%2Fnowhere".into(), slapd::Slapd::uri);
    println!("--helper {} --ldap {ldap} --resolver {}", socket.display(), names.address);
    let app = App::new(Places {
        helper: socket,
        ldap,
        state: folder.path().to_owned(),
        logo: folder.path().join("logo"),
        policy_key: folder.path().join("policy-key"),
        journal: Sink::Stderr,
        resolver: Some(names.address),
        clock: Clock::System,
    });
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", port)).await.expect("a free port");
    println!("http://localhost:{port}/");
    let mut end = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()).expect("signals");
    tokio::select! {
        served = axum::serve(listener, routes::router(app)) => served.expect("a listener that stays"),
        _ = end.recv() => {}
        _ = tokio::signal::ctrl_c() => {}
    }
}

/// Makes updates stand as `word` says.
fn stand(updates: &mut UpdateStatus, word: &str) {
    let (now, hour) = (Clock::System.now(), 3_600);
    let event = |ago, from: &str, to: &str, outcome, by: Option<&str>| UpdateEvent {
        at: now - ago * hour,
        from: from.into(),
        to: to.into(),
        outcome,
        why: (outcome == UpdateOutcome::RolledBack).then(|| "mail: no letter came within 60 s".into()),
        by: by.map(Into::into),
    };
    let before = [
        event(70, "2026.11.10", "2026.11.24", UpdateOutcome::Committed, Some("jill")),
        event(400, "2026.10.27", "2026.11.10", UpdateOutcome::Committed, None),
    ];
    let notes = [
        ("en", "Security updates of Debian.\n\nLetters with large pictures are shown sooner in the browser."),
        ("de", "Sicherheitsupdates von Debian.\n\nBriefe mit großen Bildern zeigt der Browser schneller."),
    ];
    let release = AvailableRelease {
        version: "2026.12.08".into(),
        bytes: 214_300_000,
        notes: notes.map(|(language, text)| (language.into(), text.into())).into(),
        failed: word == "taken-back",
    };
    (updates.checked, updates.tonight) = (Some(now - 5 * hour), now + 9 * hour);
    match word {
        "unreachable" => updates.fault = Some("cannot fetch metadata/timestamp.json: no answer within 30 s".into()),
        "no-channel" => updates.channel = false,
        "newer" | "fetching" | "trying" | "taken-back" => {
            updates.available = Some(release);
            updates.history = before.into();
            updates.back = Some(EarlierRelease { version: "2026.11.10".into(), since: now - 70 * hour });
        }
        _ => {}
    }
    match word {
        "fetching" => updates.phase = UpdatePhase::Staging { done: 85_000_000, total: 214_300_000 },
        "trying" => updates.phase = UpdatePhase::Trying,
        "taken-back" => {
            let taken_back = event(8, "2026.11.24", "2026.12.08", UpdateOutcome::RolledBack, None);
            updates.history.insert(0, taken_back);
        }
        _ => {}
    }
}
