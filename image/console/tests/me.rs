//! Members' own pages, a forgotten password and an invitation, against a real slapd and a helper that keeps letters and
//! filter scripts.
#![allow(missing_docs, reason = "a test")]

mod browser;
mod console;
mod fake;
mod slapd;

use std::time::Duration;

use axum::body::Body;
use axum::http::StatusCode;
use browser::{Answer, Browser};
use console::Console;
use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::{Config, TestRunner};
use slapd::{PASSWORD, Slapd};
use sos_console::directory::MemberChange;
use sos_console::sieve::Script;
use sos_console::tokens::Purpose;
use sos_ipc::{FilterScript, Letter};
use sos_settings::MemberName;

const NEW: &str = "brookfield-in-the-rain";

struct World {
    slapd: Slapd,
    console: Console,
}

fn name(text: &str) -> MemberName {
    text.parse().unwrap()
}

impl World {
    /// Ambridge, where jill's address elsewhere is `jill@elsewhere.example`, and david has none.
    async fn new() -> Self {
        let slapd = Slapd::start();
        let console = Console::claimed(&slapd.uri());
        let world = Self { slapd, console };
        world.set_recovery("jill", "jill@elsewhere.example").await;
        world
    }

    async fn set_recovery(&self, who: &str, address: &str) {
        let directory = self.slapd.directory();
        let member = directory.member(&name(who)).await.unwrap().unwrap();
        let recovery = Some(Some(address.parse().unwrap()));
        let change = MemberChange { recovery, ..MemberChange::of(&member.name) };
        directory.change_member(&change, &member.revision).await.unwrap();
    }

    async fn signed_in(&self, who: &str, password: &str) -> Browser {
        let mut browser = self.console.browser();
        let answer = sign_in(&mut browser, who, password).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.body);
        browser
    }

    /// The letters sent so far, once there are at least `least`: they are written in the background.
    async fn letters(&self, least: usize) -> Vec<Letter> {
        for _ in 0..200 {
            let letters = self.console.helper.state().letters.clone();
            if letters.len() >= least {
                return letters;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        panic!("only {} letters", self.console.helper.state().letters.len());
    }

    fn script(&self, who: &str) -> String {
        self.console.helper.state().filters.get(who).and_then(|script| script.webmail.clone()).unwrap_or_default()
    }

    fn put_script(&self, who: &str, active: &str, text: &str) {
        let script = FilterScript { active: Some(active.into()), webmail: Some(text.into()) };
        self.console.helper.state().filters.insert(who.into(), script);
    }

    async fn knows(&self, who: &str, password: &str) -> bool {
        self.slapd.directory().check_password(&name(who), password).await.unwrap()
    }
}

async fn sign_in(browser: &mut Browser, who: &str, password: &str) -> Answer {
    browser.get("/").await;
    browser.post("/sign-in", &[("name", who), ("password", password), ("do", "sign-in")]).await
}

async fn saved(browser: &mut Browser, path: &str, fields: &[(&str, &str)]) -> Answer {
    let answer = browser.post(path, fields).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.body);
    let next = answer.location().to_owned();
    browser.get(&next).await
}

/// A link in a letter, without the server's name.
fn link(letter: &Letter) -> String {
    let line = letter.text.lines().find(|line| line.starts_with("https://mail.ambridge.example/")).unwrap();
    line.strip_prefix("https://mail.ambridge.example").unwrap().to_owned()
}

#[tokio::test]
async fn strangers_are_sent_to_sign_in_from_every_page_of_a_member() {
    let world = World::new().await;
    for path in [
        "/me",
        "/me/password",
        "/me/mail",
        "/me/vacation",
        "/me/filters",
        "/me/filters/0",
        "/me/phone",
        "/me/phone/mail.mobileconfig",
    ] {
        let answer = world.console.browser().get(path).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{path}");
        assert!(answer.location().starts_with("/?next=/me"), "{path}: {}", answer.location());
    }
}

#[tokio::test]
async fn shows_what_a_member_has_set() {
    let world = World::new().await;
    let page = world.signed_in("jill", PASSWORD).await.get("/me").await.body;
    assert!(page.contains("jill@ambridge.example") && page.contains("Letters are kept here"), "{page}");
    assert!(page.contains("a link goes to jill@elsewhere.example") && page.contains("No rules yet"), "{page}");
    let page = world.signed_in("david", PASSWORD).await.get("/me").await.body;
    assert!(page.contains("Letters are sent on to david@borchester.example"), "{page}");
}

#[tokio::test]
async fn a_new_password_takes_the_old_one_and_ends_other_sessions() {
    let world = World::new().await;
    let mut here = world.signed_in("jill", PASSWORD).await;
    let mut there = world.signed_in("jill", PASSWORD).await;
    here.get("/me/password").await;
    let refused = |current: &'static str, new: &'static str| [("current", current), ("new", new)];
    for (fields, field) in [
        (refused("", NEW), "current"),
        (refused("wrong-wrong", NEW), "current"),
        (refused(PASSWORD, "short"), "new"),
        (refused(PASSWORD, PASSWORD), "new"),
        (refused(PASSWORD, "jill"), "new"),
    ] {
        let answer = here.post("/me/password", &fields).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(answer.error(field).is_some(), "{fields:?}: {}", answer.body);
        assert!(!answer.body.contains("wrong-wrong") && !answer.body.contains(NEW), "a password is in the page");
    }
    assert!(world.knows("jill", PASSWORD).await);

    let before = here.cookies.clone();
    let page = saved(&mut here, "/me/password", &refused(PASSWORD, NEW)).await;
    assert!(page.body.contains("Your new password is set"), "{}", page.body);
    assert_ne!(here.cookies, before, "the session has a new id");
    assert!(world.knows("jill", NEW).await && !world.knows("jill", PASSWORD).await);
    assert_eq!(there.get("/me").await.status, StatusCode::SEE_OTHER, "the other session ended");
    let letters = world.letters(2).await;
    let to: Vec<&str> = letters.iter().map(|letter| letter.to.as_str()).collect();
    assert_eq!(to, ["jill@ambridge.example", "jill@elsewhere.example"]);
    assert!(letters[0].text.contains("your password was changed") && !letters[0].text.contains(NEW));
    assert!(world.console.helper.state().signed_out.contains("jill"));
}

#[tokio::test]
async fn guessing_the_old_password_is_counted_like_signing_in() {
    let world = World::new().await;
    let mut browser = world.signed_in("jill", PASSWORD).await;
    browser.get("/me/password").await;
    let mut later = false;
    for guess in 0..20 {
        let current = format!("guess-number-{guess}");
        let answer = browser.post("/me/password", &[("current", &current), ("new", NEW)]).await;
        later |= answer.error("current").is_some_and(|error| error.contains("too many"));
        world.console.pass(3);
    }
    assert!(later);
    assert!(world.knows("jill", PASSWORD).await);
}

#[tokio::test]
async fn letters_are_sent_on_and_kept_again() {
    let world = World::new().await;
    let mut browser = world.signed_in("jill", PASSWORD).await;
    let page = browser.get("/me/mail").await;
    assert!(page.body.contains("j.archer@ambridge.example"), "{}", page.body);
    let revision = page.value("revision").unwrap().to_owned();
    let fields = |to: &'static str| [("do", "mail"), ("where", "elsewhere"), ("forward", to)];
    for bad in
        ["", "jill", "jill@ambridge.example", "JILL@Mail.Ambridge.example", "a b@c.example", "x@y.example\r\nBcc: z"]
    {
        let mut fields = fields(bad).to_vec();
        fields.push(("revision", &revision));
        let answer = browser.post("/me/mail", &fields).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{bad:?}");
        assert!(answer.error("forward").is_some(), "{bad:?}: {}", answer.body);
    }
    let mut good = fields("jill@Elsewhere.example").to_vec();
    good.push(("revision", &revision));
    let page = saved(&mut browser, "/me/mail", &good).await;
    assert!(page.body.contains("sent on to jill@Elsewhere.example"), "{}", page.body);
    let member = world.slapd.directory().member(&name("jill")).await.unwrap().unwrap();
    assert_eq!(member.forward.as_deref(), Some("jill@elsewhere.example"));
    assert_eq!(member.recovery.as_deref(), Some("jill@elsewhere.example"), "the other form's field stays");

    let stale = browser.post("/me/mail", &[("do", "mail"), ("where", "here"), ("revision", &revision)]).await;
    assert_eq!(stale.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(stale.error("where").unwrap().contains("jill@elsewhere.example"), "{}", stale.body);
    let revision = stale.value("revision").unwrap().to_owned();
    saved(&mut browser, "/me/mail", &[("do", "mail"), ("where", "here"), ("revision", &revision)]).await;
    assert_eq!(world.slapd.directory().member(&name("jill")).await.unwrap().unwrap().forward, None);
}

#[tokio::test]
async fn the_address_elsewhere_takes_the_password() {
    let world = World::new().await;
    let mut browser = world.signed_in("jill", PASSWORD).await;
    let revision = browser.get("/me/mail").await.value("revision").unwrap().to_owned();
    let fields =
        |to: &'static str, password: &'static str| [("do", "recovery"), ("recovery", to), ("password", password)];
    for (bad, field) in [
        (fields("jill@new.example", ""), "password"),
        (fields("jill@new.example", "marrows"), "password"),
        (fields("treasurer@ambridge.example", PASSWORD), "recovery"),
    ] {
        let mut bad = bad.to_vec();
        bad.push(("revision", &revision));
        let answer = browser.post("/me/mail", &bad).await;
        assert!(answer.error(field).is_some(), "{bad:?}: {}", answer.body);
    }
    let mut good = fields("jill@new.example", PASSWORD).to_vec();
    good.push(("revision", &revision));
    let before = browser.cookies.clone();
    saved(&mut browser, "/me/mail", &good).await;
    assert_ne!(browser.cookies, before, "the session has a new id");
    browser.cookies = before;
    assert_eq!(browser.get("/me/mail").await.status, StatusCode::SEE_OTHER, "and the old one is none");
    let member = world.slapd.directory().member(&name("jill")).await.unwrap().unwrap();
    assert_eq!(member.recovery.as_deref(), Some("jill@new.example"));
    let to: Vec<String> = world.letters(2).await.into_iter().map(|letter| letter.to).collect();
    assert!(to.contains(&"jill@elsewhere.example".to_owned()), "the old address is told: {to:?}");
}

#[tokio::test]
async fn nothing_is_changed_any_more_once_very_many_letters_told_of_changes() {
    let world = World::new().await;
    let mut browser = world.signed_in("zoe", PASSWORD).await;
    let mut page = browser.get("/me/mail").await;
    for round in 0..=20 {
        let (revision, to) = (page.value("revision").unwrap().to_owned(), format!("zoe{round}@elsewhere.example"));
        let fields = [("do", "mail"), ("where", "elsewhere"), ("forward", &to), ("revision", &revision)];
        if round < 20 {
            page = saved(&mut browser, "/me/mail", &fields).await;
            continue;
        }
        let answer = browser.post("/me/mail", &fields).await;
        assert!(answer.error("where").unwrap().contains("try again in an hour"), "{}", answer.body);
    }
    assert_eq!(world.letters(20).await.len(), 20);
    let answer = browser.post("/me/password", &[("current", PASSWORD), ("new", NEW)]).await;
    assert!(answer.error("new").unwrap().contains("try again in an hour"), "{}", answer.body);
    assert!(world.knows("zoe", PASSWORD).await);
}

const AWAY: [(&str, &str); 5] = [
    ("on", "on"),
    ("from", "2025-10-10"),
    ("to", "2025-10-20"),
    ("subject", "Away"),
    ("reason", "Back on Monday.\r\n.Jill"),
];

fn but<'a>(field: &'a str, value: &'a str, seen: &'a str) -> Vec<(&'a str, &'a str)> {
    let mut fields: Vec<_> = AWAY.into_iter().filter(|(name, _)| *name != field).collect();
    fields.extend([(field, value), ("seen", seen)]);
    fields
}

#[tokio::test]
async fn an_away_message_is_switched_on_and_off() {
    let world = World::new().await;
    let mut browser = world.signed_in("jill", PASSWORD).await;
    let seen = browser.get("/me/vacation").await.value("seen").unwrap().to_owned();
    for (field, value) in [
        ("to", "2025-10-01"),
        ("to", "2025-09-01"),
        ("from", "1 October"),
        ("reason", ""),
        ("reason", &"x".repeat(5_001)),
        ("subject", &"x".repeat(201)),
        ("subject", "a\nb"),
    ] {
        let answer = browser.post("/me/vacation", &but(field, value, &seen)).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{field} {value}");
        assert!(answer.error(field).or(answer.error("to")).is_some(), "{field}: {}", answer.body);
    }
    assert_eq!(world.script("jill"), "");
    let page = saved(&mut browser, "/me/vacation", &but("on", "on", &seen)).await;
    assert!(page.body.contains("Your letters are answered"), "{}", page.body);
    let script = Script::parse(&world.script("jill")).unwrap();
    let vacation = script.vacation().unwrap().clone();
    assert!(vacation.on);
    assert_eq!(vacation.reason, "Back on Monday.\n.Jill");
    assert_eq!(vacation.addresses, ["jill@ambridge.example", "j.archer@ambridge.example"]);
    assert_eq!(page.value("from"), Some("2025-10-10"));
    assert!(browser.get("/me").await.body.contains("from 2025-10-10 to 2025-10-20"));

    let seen = page.value("seen").unwrap().to_owned();
    saved(&mut browser, "/me/vacation", &but("on", "", &seen)).await;
    assert!(world.script("jill").contains("if false # allof (currentdate"));
    let old = browser.post("/me/vacation", &but("on", "on", &seen)).await;
    assert!(old.error("on").unwrap().contains("in the meantime"), "{}", old.body);
}

#[tokio::test]
async fn another_programs_rules_are_replaced_only_when_told() {
    let world = World::new().await;
    world.put_script("jill", "my-rules", "");
    let mut browser = world.signed_in("jill", PASSWORD).await;
    let page = browser.get("/me/vacation").await;
    assert!(page.body.contains("my-rules"), "{}", page.body);
    let seen = page.value("seen").unwrap().to_owned();
    let answer = browser.post("/me/vacation", &but("on", "on", &seen)).await;
    assert!(answer.error("replace").is_some(), "{}", answer.body);
    saved(&mut browser, "/me/vacation", &but("replace", "on", &seen)).await;
    assert_eq!(world.console.helper.state().filters["jill"].active.as_deref(), Some("webmail"));
}

#[tokio::test]
async fn a_script_that_cannot_be_read_is_not_written_over() {
    let world = World::new().await;
    for text in ["if {", "if true { vacation :fcc \"Sent\" \"x\"; }"] {
        world.put_script("jill", "webmail", text);
        let mut browser = world.signed_in("jill", PASSWORD).await;
        let page = browser.get("/me/vacation").await;
        assert!(page.body.contains("another program wrote") && page.value("seen").is_none(), "{}", page.body);
        let answer = browser.post("/me/vacation", &but("on", "on", "")).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert_eq!(world.script("jill"), text);
    }
    world.put_script("jill", "webmail", "if {");
    let mut browser = world.signed_in("jill", PASSWORD).await;
    assert!(browser.get("/me/filters").await.body.contains("cannot read"));
    assert_eq!(browser.post("/me/filters", &[("do", "add")]).await.status, StatusCode::UNPROCESSABLE_ENTITY);
}

#[tokio::test]
async fn rules_are_added_changed_switched_and_removed_beside_those_of_webmail() {
    let world = World::new().await;
    let other = "require [\"fileinto\"];\r\n# rule:[Big]\r\nif size :over 1M\r\n{\r\n\tfileinto \"Big\";\r\n}\r\n";
    world.put_script("jill", "webmail", other);
    let mut browser = world.signed_in("jill", PASSWORD).await;
    let page = browser.get("/me/filters").await;
    assert!(page.body.contains("«Big»: made with another program"), "{}", page.body);
    let rule = |seen: &str, text: &str, action: &str, folder: &str, address: &str| {
        [("do", "add"), ("part", "subject"), ("text", text), ("action", action), ("folder", folder)]
            .into_iter()
            .chain([("address", address), ("seen", seen)])
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .collect::<Vec<_>>()
    };
    fn borrowed(fields: &[(String, String)]) -> Vec<(&str, &str)> {
        fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect()
    }
    let seen = page.value("seen").unwrap().to_owned();
    for (fields, field) in [
        (rule(&seen, "", "read", "", ""), "text"),
        (rule(&seen, "x", "move", "", ""), "folder"),
        (rule(&seen, "x", "move", "../etc", ""), "folder"),
        (rule(&seen, "x", "copy", "", "jack"), "address"),
        (rule(&seen, "x", "explode", "", ""), "action"),
    ] {
        let answer = browser.post("/me/filters", &borrowed(&fields)).await;
        assert!(answer.error(field).is_some(), "{fields:?}: {}", answer.body);
    }
    assert_eq!(world.script("jill"), other);

    let fields = rule(&seen, "seed \"swap\"", "move", "Garden/Seeds", "");
    let page = saved(&mut browser, "/me/filters", &borrowed(&fields)).await;
    assert!(page.body.contains("into the folder «Garden/Seeds»"), "{}", page.body);
    assert!(world.script("jill").contains("fileinto :create \"Garden/Seeds\""));
    assert!(world.script("jill").contains("if size :over 1M\r\n{\r\n\tfileinto \"Big\";\r\n}\r\n"));

    let edit = browser.get("/me/filters/1").await;
    assert_eq!(edit.value("folder"), Some("Garden/Seeds"));
    assert_eq!(browser.get("/me/filters/0").await.status, StatusCode::NOT_FOUND, "webmail's rule is not ours");
    let seen = edit.value("seen").unwrap().to_owned();
    let fields = rule(&seen, "swap", "copy", "", "jack@elsewhere.example");
    saved(&mut browser, "/me/filters/1", &borrowed(&fields)).await;
    assert!(world.script("jill").contains("redirect :copy \"jack@elsewhere.example\""));

    for (button, there) in [("off:1", "if false # header"), ("on:1", "if header :contains \"subject\" \"swap\"")] {
        let seen = browser.get("/me/filters").await.value("seen").unwrap().to_owned();
        saved(&mut browser, "/me/filters", &[("do", button), ("seen", &seen)]).await;
        assert!(world.script("jill").contains(there), "{}", world.script("jill"));
    }
    let seen = browser.get("/me/filters").await.value("seen").unwrap().to_owned();
    assert_eq!(browser.post("/me/filters", &[("do", "remove:0"), ("seen", &seen)]).await.status, StatusCode::NOT_FOUND);
    saved(&mut browser, "/me/filters", &[("do", "remove:1"), ("seen", &seen)]).await;
    assert!(!world.script("jill").contains("redirect") && world.script("jill").contains("size :over"));
    let stale = browser.post("/me/filters", &[("do", "remove:0"), ("seen", &seen)]).await;
    assert_ne!(stale.status, StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn a_phone_gets_a_profile_without_a_password() {
    let world = World::new().await;
    world.console.helper.state().owner.organisation = Some("Fish & <Chips> \"Club\"".into());
    world.console.app.forget_owner();
    let mut browser = world.signed_in("zoe", PASSWORD).await;
    let page = browser.get("/me/phone").await;
    assert!(page.body.contains("993") && page.body.contains("mail.ambridge.example"), "{}", page.body);
    let profile = browser.get("/me/phone/mail.mobileconfig").await;
    assert_eq!(profile.headers["content-type"], "application/x-apple-aspen-config");
    let text = &profile.body;
    for part in [
        "<string>com.apple.mail.managed</string>",
        "<string>zoe@ambridge.example</string>",
        "<string>Zoë Őrsi</string>",
        "<integer>993</integer>",
        "<integer>465</integer>",
        "<string>example.ambridge.mail.zoe</string>",
    ] {
        assert!(text.contains(part), "{part} is missing: {text}");
    }
    assert!(!text.contains("<Chips>") && !text.contains("Password</key>\n\t\t\t<string>"), "{text}");
    let uuids: Vec<&str> = text.split("PayloadUUID</key>").skip(1).collect();
    assert_eq!(uuids.len(), 2);
    assert_ne!(uuids[0].lines().nth(1), uuids[1].lines().nth(1));
    assert_eq!(&browser.get("/me/phone/mail.mobileconfig").await.body, text, "the same profile again");
}

#[tokio::test]
async fn programs_find_the_server_by_themselves() {
    let world = World::new().await;
    let mut stranger = world.console.browser();
    for path in ["/mail/config-v1.1.xml", "/.well-known/autoconfig/mail/config-v1.1.xml?emailaddress=a%40b"] {
        let answer = stranger.get(path).await;
        assert_eq!(answer.status, StatusCode::OK);
        assert!(answer.body.contains("<hostname>mail.ambridge.example</hostname>"), "{}", answer.body);
    }
    let question = "<Autodiscover><Request><EMailAddress>jill@ambridge.example</EMailAddress></Request></Autodiscover>";
    for path in ["/autodiscover/autodiscover.xml", "/Autodiscover/Autodiscover.xml", "/AutoDiscover/AutoDiscover.xml"] {
        let request = stranger.request("POST", path).header("content-type", "text/xml");
        let answer = stranger.send(request.body(Body::from(question)).unwrap()).await;
        assert_eq!(answer.status, StatusCode::OK, "{path}");
        assert!(answer.body.contains("<LoginName>jill@ambridge.example</LoginName>"), "{}", answer.body);
    }
    let post =
        |body: String| stranger.request("POST", "/autodiscover/autodiscover.xml").body(Body::from(body)).unwrap();
    let nobody = post(question.replace("jill", "nobody"));
    let (elsewhere, large) = (post(question.replace("ambridge", "evil")), post("x".repeat(20_000)));
    let answer = stranger.send(nobody).await;
    assert!(answer.body.contains("<LoginName>nobody@"), "it does not tell who there is");
    let answer = stranger.send(elsewhere).await;
    assert!(answer.body.contains("<ErrorCode>600</ErrorCode>") && !answer.body.contains("evil"), "{}", answer.body);
    assert_eq!(stranger.send(large).await.status, StatusCode::PAYLOAD_TOO_LARGE);

    let unclaimed = Console::unclaimed();
    assert_eq!(unclaimed.browser().get("/mail/config-v1.1.xml").await.status, StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn a_forgotten_password_is_replaced_by_a_link_that_works_once() {
    let world = World::new().await;
    let mut there = world.signed_in("jill", PASSWORD).await;
    let mut browser = world.console.browser();
    browser.get("/forgot").await;
    browser.post("/forgot", &[("who", "J.Archer@Ambridge.example")]).await;
    let letter = world.letters(1).await.remove(0);
    assert_eq!(letter.to, "jill@elsewhere.example");
    let link = link(&letter);
    let page = browser.get(&link).await;
    assert!(page.body.contains("the new password of jill"), "{}", page.body);
    assert_eq!(page.headers["referrer-policy"], "same-origin");
    let short = browser.post(&link, &[("new", "short")]).await;
    assert!(short.error("new").is_some(), "{}", short.body);
    let named = browser.post(&link, &[("new", "Archer-archer-2026")]).await;
    assert!(named.error("new").unwrap().contains("your name"), "{}", named.body);
    let page = saved(&mut browser, &link, &[("new", NEW)]).await;
    assert!(page.body.contains("Please sign in with it"), "{}", page.body);
    assert!(world.knows("jill", NEW).await);
    assert_eq!(there.get("/me").await.status, StatusCode::SEE_OTHER, "sessions ended");
    assert_eq!(browser.get(&link).await.status, StatusCode::NOT_FOUND);
    assert_eq!(browser.post(&link, &[("new", "another-password")]).await.status, StatusCode::NOT_FOUND);
    assert!(world.knows("jill", NEW).await);
}

/// A link that was used up while the directory took no password is followed by another.
#[tokio::test]
async fn a_link_that_was_used_up_for_nothing_is_followed_by_another() {
    let slapd = Slapd::without_new_passwords();
    let world = World { console: Console::claimed(&slapd.uri()), slapd };
    for (purpose, kind) in [(Purpose::Reset, "reset"), (Purpose::Invite, "invite")] {
        let token = world.console.app.tokens.issue(purpose, &name("zoe"), world.console.app.clock.now()).unwrap();
        let link = format!("/{kind}/{token}");
        let mut browser = world.console.browser();
        browser.get(&link).await;
        let answer = browser.post(&link, &[("new", NEW)]).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.body);
        let next = answer.location().to_owned();
        assert!(next.starts_with(&format!("/{kind}/")) && next != link, "{next}");
        let page = browser.get(&next).await;
        assert!(page.body.contains("could not be done just now") && page.body.contains("id=\"new\""), "{}", page.body);
        assert_eq!(browser.get(&link).await.status, StatusCode::NOT_FOUND);
    }
    assert!(world.knows("zoe", PASSWORD).await);
}

#[tokio::test]
async fn a_link_is_not_used_up_while_the_directory_is_away() {
    let mut world = World::new().await;
    world.slapd.kill();
    let (tokens, now) = (&world.console.app.tokens, world.console.app.clock.now());
    for (purpose, kind) in [(Purpose::Reset, "reset"), (Purpose::Invite, "invite")] {
        let token = tokens.issue(purpose, &name("zoe"), now).unwrap();
        let link = format!("/{kind}/{token}");
        let mut browser = world.console.browser();
        browser.get("/forgot").await;
        assert_eq!(browser.post(&link, &[("new", NEW)]).await.status, StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!(tokens.check(purpose, &token, now), Some(name("zoe")));
    }
}

#[tokio::test]
async fn a_link_is_good_for_an_hour_and_for_its_purpose() {
    let world = World::new().await;
    let tokens = &world.console.app.tokens;
    let now = world.console.app.clock.now();
    let reset = tokens.issue(Purpose::Reset, &name("jill"), now).unwrap();
    let mut browser = world.console.browser();
    assert_eq!(browser.get(&format!("/invite/{reset}")).await.status, StatusCode::NOT_FOUND);
    assert_eq!(browser.get(&format!("/reset/{reset}")).await.status, StatusCode::OK);
    world.console.pass(3_600);
    assert_eq!(browser.get(&format!("/reset/{reset}")).await.status, StatusCode::NOT_FOUND);
    assert_eq!(browser.get("/reset/%00").await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_stranger_learns_nothing_from_a_forgotten_password() {
    let world = World::new().await;
    let mut pages = Vec::new();
    for who in ["jill", "david", "nobody", "jill@elsewhere.example", "*)(uid=*", "sos-probe"] {
        let mut browser = world.console.browser();
        browser.get("/forgot").await;
        let answer = browser.post("/forgot", &[("who", who)]).await;
        assert_eq!(answer.status, StatusCode::OK, "{who}");
        pages.push(answer.body.replace(&browser.csrf, ""));
    }
    assert!(pages.iter().all(|page| *page == pages[0]));
    world.letters(2).await;
    tokio::time::sleep(Duration::from_millis(300)).await;
    let letters = world.letters(2).await;
    assert_eq!(letters.len(), 2, "jill by her name, and by her address elsewhere");
    assert!(letters.iter().all(|letter| letter.to == "jill@elsewhere.example"));
}

#[tokio::test]
async fn letters_are_limited_by_member_and_by_client() {
    let world = World::new().await;
    for at in 0..30 {
        let address: &'static str = Box::leak(format!("198.51.100.{at}").into_boxed_str());
        let mut browser = world.console.browser().another(address);
        browser.get("/forgot").await;
        assert_eq!(browser.post("/forgot", &[("who", "jill")]).await.status, StatusCode::OK);
    }
    world.letters(3).await;
    tokio::time::sleep(Duration::from_millis(500)).await;
    assert_eq!(world.letters(3).await.len(), 3);
    world.console.pass(3_600);
    world.set_recovery("zoe", "zoe@elsewhere.example").await;
    let mut one = world.console.browser().another("203.0.113.99");
    one.get("/forgot").await;
    for _ in 0..20 {
        one.post("/forgot", &[("who", "nobody")]).await;
    }
    assert_eq!(one.post("/forgot", &[("who", "zoe")]).await.status, StatusCode::OK);
    tokio::time::sleep(Duration::from_millis(500)).await;
    assert_eq!(world.letters(3).await.len(), 3, "the client asked too often");
}

#[tokio::test]
async fn an_invited_member_chooses_a_password_and_is_in() {
    let world = World::new().await;
    let token = world.console.app.tokens.issue(Purpose::Invite, &name("david"), world.console.app.clock.now()).unwrap();
    let link = format!("/invite/{token}");
    let mut browser = world.console.browser();
    let page = browser.get(&link).await;
    assert!(page.body.contains("David Archer") && page.body.contains("david@ambridge.example"), "{}", page.body);
    let bad = browser.post(&link, &[("new", NEW), ("recovery", "david@ambridge.example")]).await;
    assert!(bad.error("recovery").is_some(), "{}", bad.body);
    assert!(world.knows("david", PASSWORD).await);
    let page = saved(&mut browser, &link, &[("new", NEW), ("recovery", "david@elsewhere.example")]).await;
    assert!(page.body.contains("Welcome! You are signed in"), "{}", page.body);
    assert_eq!(browser.get("/me").await.status, StatusCode::OK);
    assert!(world.knows("david", NEW).await);
    let member = world.slapd.directory().member(&name("david")).await.unwrap().unwrap();
    assert_eq!(member.recovery.as_deref(), Some("david@elsewhere.example"));
    assert_eq!(member.forward.as_deref(), Some("david@borchester.example"));
    assert_eq!(world.console.browser().get(&link).await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_suspended_member_gets_no_way_in() {
    let world = World::new().await;
    world.set_recovery("zoe", "zoe@elsewhere.example").await;
    let directory = world.slapd.directory();
    let member = directory.member(&name("zoe")).await.unwrap().unwrap();
    let change = MemberChange { suspended: Some(true), ..MemberChange::of(&member.name) };
    directory.change_member(&change, &member.revision).await.unwrap();
    let mut browser = world.console.browser();
    browser.get("/forgot").await;
    browser.post("/forgot", &[("who", "zoe")]).await;
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert!(world.console.helper.state().letters.is_empty());
    let token = world.console.app.tokens.issue(Purpose::Invite, &name("zoe"), world.console.app.clock.now()).unwrap();
    assert_eq!(browser.get(&format!("/invite/{token}")).await.status, StatusCode::NOT_FOUND);
}

/// What somebody may type, and what an attacker does.
fn typed() -> impl Strategy<Value = String> {
    let special =
        ["", "on", "\0", "\u{202e}gpj", "*)(uid=*))", "jill", "a@b.example", "here", "elsewhere", "2025-10-12"];
    let more =
        ["copy", "move", "subject", "\r\n.\r\nstop;", "\"; discard; #", "]\r\nif true { discard; }", "text:\n.\n"];
    let special: Vec<String> = special.iter().chain(&more).map(ToString::to_string).collect();
    proptest::prop_oneof![
        2 => proptest::sample::select(special),
        2 => proptest::string::string_regex("(?s).{0,40}").unwrap(),
        1 => proptest::string::string_regex("[a-z\"{};\\\\#.]{0,600}").unwrap(),
    ]
}

#[tokio::test]
async fn no_form_breaks_a_page_or_another_rule() {
    const FORMS: [(&str, &[&str]); 8] = [
        ("/me/password", &["current", "new"]),
        ("/me/mail", &["do", "where", "forward", "recovery", "password", "revision"]),
        ("/me/vacation", &["on", "from", "to", "subject", "reason", "replace"]),
        ("/me/filters", &["do", "part", "text", "action", "folder", "address"]),
        ("/me/filters/1", &["part", "text", "action", "folder", "address"]),
        ("/forgot", &["who"]),
        ("/reset/0123", &["new"]),
        ("/invite/0123", &["new", "recovery"]),
    ];
    let world = World::new().await;
    let other = "# rule:[Big]\r\nif size :over 1M\r\n{\r\n\tkeep;\r\n}\r\n";
    world.put_script("jill", "webmail", other);
    let mut browser = world.signed_in("jill", PASSWORD).await;
    let before = world.slapd.dump();
    let mut runner = TestRunner::new(Config::default());
    let mut next = || typed().new_tree(&mut runner).unwrap().current();
    for round in 0..600 {
        let (path, names) = FORMS[round % FORMS.len()];
        let seen = browser.get("/me/filters").await.value("seen").unwrap_or_default().to_owned();
        let values: Vec<String> = names.iter().map(|_| next()).collect();
        let mut fields: Vec<(&str, &str)> = names.iter().copied().zip(values.iter().map(String::as_str)).collect();
        if path == "/me/filters" && round % 3 == 0 {
            fields[0].1 = "add";
        }
        fields.push(("seen", &seen));
        let answer = browser.post(path, &fields).await;
        assert!(!answer.status.is_server_error(), "{path} {fields:?}: {}", answer.status);
        let script = Script::parse(&world.script("jill")).unwrap_or_else(|error| panic!("{fields:?}: {error}"));
        assert!(script.to_string().contains(other), "{fields:?}: {script}");
        let strange = |rule: &&sos_console::sieve::Rule| matches!(rule.meaning(), sos_console::sieve::Meaning::Other { command, .. } if command != "if");
        assert!(script.rules().iter().find(strange).is_none(), "{fields:?}: {script}");
        world.console.pass(20);
    }
    assert_eq!(world.slapd.dump(), before, "the directory is as it was");
}
