//! The console to look at, with a fake helper, a directory of 200 members and a name server that knows half of the
//! records: `cargo run -p sos-console --example look -- unclaimed 8080` or `… claimed 8081`. Jill is the administrator,
//! her password is in `tests/slapd`.
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

#[tokio::main(worker_threads = 2)]
async fn main() {
    let mut arguments = std::env::args().skip(1);
    let claimed = arguments.next().is_some_and(|kind| kind == "claimed");
    let port: u16 = arguments.next().and_then(|port| port.parse().ok()).unwrap_or(8080);
    let folder = tempfile::tempdir().expect("a temporary folder");
    let socket = folder.path().join("helper.sock");
    let fake = if claimed { Fake::claimed(&socket) } else { Fake::unclaimed(&socket) };
    fake.state().moving = !claimed;
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
