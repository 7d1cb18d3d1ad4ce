//! What to do at the registrar, and what the world sees of it.
#![allow(missing_docs, reason = "a test")]

mod browser;
mod console;
mod fake;
mod names;
mod slapd;

use console::Console;
use names::Names;
use slapd::{PASSWORD, Slapd};
use sos_console::dns::{Checker, Seen, Wanted};
use sos_ipc::DnsRecord;

fn wanted(name: &str, kind: &str, data: &str) -> Wanted {
    let record = DnsRecord { name: name.into(), kind: kind.into(), data: data.into(), service: "mail".into() };
    Wanted::new(&record, "club.example")
}

#[tokio::test]
async fn asks_for_every_kind_of_record() {
    let names = Names::start().await;
    let key = format!("v=DKIM1; k=rsa; p={}", "A1b/".repeat(100));
    let quoted = format!("\"{}\" \"{}\"", &key[..200], &key[200..]);
    let all = [
        ("mail.club.example.", "A", "203.0.113.7", "203.0.113.7"),
        ("mail.club.example.", "AAAA", "2001:db8:0::7", "2001:db8::7"),
        ("club.example.", "MX", "10 mail.club.example.", "10 Mail.Club.example."),
        ("club.example.", "TXT", "\"v=spf1 mx -all\"", "v=spf1 mx -all"),
        ("s._domainkey.club.example.", "TXT", &quoted, &key),
        ("_imaps._tcp.club.example.", "SRV", "0 1 993 mail.club.example.", "0 1 993 mail.club.example."),
        ("autoconfig.club.example.", "CNAME", "mail.club.example.", "mail.club.example."),
    ];
    let records: Vec<Wanted> = all.iter().map(|(name, kind, data, _)| wanted(name, kind, data)).collect();
    let checker = Checker::at(Some(names.address));
    assert!(checker.check(&records).await.iter().all(|found| found.seen == Seen::NotYet));
    all.iter().for_each(|(name, kind, _, published)| names.add(name, kind, published));
    let found = checker.check(&records).await;
    assert!(found.iter().all(|found| found.seen == Seen::Yes), "{found:?}");
}

#[tokio::test]
async fn never_blames_the_club_for_what_could_not_be_found_out() {
    let names = Names::start().await;
    names.break_down(true);
    let records = [wanted("club.example.", "MX", "10 mail.club.example.")];
    assert_eq!(Checker::at(Some(names.address)).check(&records).await[0].seen, Seen::Unknown);
    let nobody = std::net::UdpSocket::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    assert_eq!(Checker::at(Some(nobody)).check(&records).await[0].seen, Seen::Unknown);
    let odd = [wanted("club.example.", "NOKIND", "x"), wanted("a..b", "A", "192.0.2.1")];
    assert!(Checker::at(Some(names.address)).check(&odd).await.iter().all(|found| found.seen == Seen::Unknown));
}

#[tokio::test]
async fn the_page_says_which_are_seen_and_which_are_not_yet() {
    let slapd = Slapd::start();
    let names = Names::start().await;
    let console = Console::asking(&slapd.uri(), names.address);
    let mut browser = console.browser();
    browser.get("/").await;
    browser.post("/sign-in", &[("name", "jill"), ("password", PASSWORD)]).await;
    let before = browser.get("/dns").await;
    assert!(before.body.contains("Not checked yet") && before.body.contains("_dmarc"));
    assert!(!before.body.contains("&#34;v=DKIM1"), "no quotation marks in what is copied");
    let (_, provider) = before.body.split_once("At the provider of the server").unwrap();
    assert!(provider.contains(">203.0.113.7</code>") && provider.contains(">mail.ambridge.example</code>"));
    names.add("mail.ambridge.example.", "A", "203.0.113.7");
    names.add("ambridge.example.", "MX", "10 mx.provider.example.");
    assert_eq!(browser.post("/dns/check", &[]).await.location(), "/dns");
    let after = browser.get("/dns").await;
    assert!(after.body.contains("Of 6 entries one is seen"), "{}", after.body);
    assert!(after.body.contains("10 mx.provider.example") && after.body.contains("Not seen yet"));
    names.break_down(true);
    console.pass(60);
    browser.post("/dns/check", &[]).await;
    let unknown = browser.get("/dns").await;
    assert!(unknown.body.contains("lies with the server"));
    assert!(!unknown.body.contains("Not seen yet"));
    assert!(!unknown.body.contains("private numbers only"));
    console.helper.state().records.retain(|record| record.kind != "A");
    let private = browser.get("/dns").await;
    assert!(private.body.contains("private numbers only") && !private.body.contains("At the provider"));
}
