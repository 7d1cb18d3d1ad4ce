//! The administrators' pages, against a real slapd and a helper that keeps what it is told.
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
use sos_console::directory::TeamKind;
use sos_console::tokens::Purpose;
use sos_settings::MemberName;

struct World {
    slapd: Slapd,
    console: Console,
}

fn name(text: &str) -> MemberName {
    text.parse().unwrap()
}

impl World {
    fn new() -> Self {
        let slapd = Slapd::start();
        let console = Console::claimed(&slapd.uri());
        Self { slapd, console }
    }

    async fn signed_in(&self, who: &str) -> Browser {
        let mut browser = self.console.browser();
        browser.get("/").await;
        let answer = browser.post("/sign-in", &[("name", who), ("password", PASSWORD), ("next", "/")]).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.body);
        browser.get("/").await;
        browser
    }

    fn notes(&self) -> Vec<String> {
        self.console.helper.state().notes.iter().map(|(by, what, about)| format!("{by} {what} {about}")).collect()
    }
}

/// Posts a form with files, as browsers do.
async fn upload(browser: &mut Browser, path: &str, fields: &[(&str, Option<&str>, &[u8])]) -> Answer {
    const EDGE: &str = "----edge";
    let csrf = browser.csrf.clone();
    let mut body = Vec::new();
    let mut part = |name: &str, file: Option<&str>, value: &[u8]| {
        let file = file.map(|file| format!("; filename=\"{file}\"")).unwrap_or_default();
        body.extend(format!("--{EDGE}\r\ncontent-disposition: form-data; name=\"{name}\"{file}\r\n\r\n").bytes());
        body.extend(value);
        body.extend(b"\r\n");
    };
    part("csrf", None, csrf.as_bytes());
    fields.iter().for_each(|(name, file, value)| part(name, *file, value));
    body.extend(format!("--{EDGE}--\r\n").bytes());
    let request = browser.request("POST", path).header("content-type", format!("multipart/form-data; boundary={EDGE}"));
    browser.send(request.body(Body::from(body)).unwrap()).await
}

fn assert_refused(answer: &Answer, field: &str) {
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", answer.body);
    assert!(answer.error(field).is_some(), "{field}: {}", answer.body);
}

fn assert_goes(answer: &Answer, path: &str) {
    assert_eq!((answer.status, answer.location()), (StatusCode::SEE_OTHER, path), "{}", answer.body);
}

const PAGES: [&str; 20] = [
    "/members",
    "/members?search=jill",
    "/members/new",
    "/members/invite",
    "/members/import",
    "/members/jill",
    "/members/jill/remove",
    "/groups",
    "/groups/new",
    "/groups/committee",
    "/roles",
    "/roles/new",
    "/roles/administrators",
    "/services",
    "/organisation",
    "/health",
    "/updates",
    "/updates/back",
    "/log",
    "/",
];
const POSTS: [&str; 15] = [
    "/members/new",
    "/members/invite",
    "/members/import",
    "/members/zoe",
    "/members/zoe/remove",
    "/groups/new",
    "/groups/committee",
    "/roles/new",
    "/roles/treasurer",
    "/services",
    "/organisation",
    "/organisation/logo",
    "/health",
    "/updates",
    "/updates/back",
];

#[tokio::test]
async fn pages_are_for_administrators_in_every_language() {
    let world = World::new();
    let mut jill = world.signed_in("jill").await;
    for language in ["en", "de", "cy"] {
        jill.language = language;
        for page in PAGES {
            let answer = jill.get(page).await;
            assert_eq!(answer.status, StatusCode::OK, "{page}: {}", answer.body);
            assert!(answer.body.contains("<h1>"), "{page}");
            assert!(answer.body.len() < 100_000, "{page}: {}", answer.body.len());
        }
    }
    let mut david = world.signed_in("david").await;
    let mut stranger = world.console.browser();
    for page in PAGES.into_iter().filter(|page| *page != "/") {
        assert_eq!(david.get(page).await.status, StatusCode::FORBIDDEN, "{page}");
        assert!(stranger.get(page).await.location().starts_with("/?next="), "{page}");
    }
    david.get("/").await;
    let before = world.slapd.dump();
    for path in POSTS {
        let fields = [("do", "remove"), ("mail", "delete"), ("full_name", "X Y"), ("password", "three green beans")];
        assert_eq!(david.post(path, &fields).await.status, StatusCode::FORBIDDEN, "{path}");
        assert_ne!(stranger.post(path, &fields).await.status, StatusCode::OK, "{path}");
    }
    assert_eq!(world.slapd.dump(), before);
    assert_eq!(world.console.helper.state().changes, Vec::<String>::new());
}

#[tokio::test]
async fn adds_a_member_who_signs_in() {
    let world = World::new();
    let mut jill = world.signed_in("jill").await;
    jill.get("/members/new").await;
    let fields = [
        ("full_name", "Ruth Archer"),
        ("name", "ruth"),
        ("password", PASSWORD),
        ("addresses", "r.archer\r\nruth@ambridge.example"),
    ];
    assert_goes(&jill.post("/members/new", &fields).await, "/members/ruth");
    assert!(jill.get("/members/ruth").await.body.contains("Ruth Archer is a member now."));
    assert_eq!(world.notes(), ["jill member-added ruth"]);
    world.signed_in("ruth").await;
}

#[tokio::test]
async fn whoever_could_be_given_no_password_is_no_member() {
    let slapd = Slapd::without_new_passwords();
    let world = World { console: Console::claimed(&slapd.uri()), slapd };
    let mut jill = world.signed_in("jill").await;
    let before = world.slapd.directory().members().await.unwrap();
    jill.get("/members/new").await;
    let answer = jill.post("/members/new", &[("full_name", "Ruth Archer"), ("password", PASSWORD)]).await;
    assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE, "{}", answer.body);
    assert!(answer.body.contains("please look whether it was done"), "{}", answer.body);
    assert_eq!(world.slapd.directory().members().await.unwrap(), before);
}

#[tokio::test]
async fn whoever_did_not_come_yet_is_not_the_one_who_stays_to_look_after_the_server() {
    let world = World::new();
    let mut jill = world.signed_in("jill").await;
    let revision = jill.get("/roles/administrators").await.value("revision").unwrap().to_owned();
    let both = [("members", "jill"), ("members", "david"), ("revision", revision.as_str()), ("do", "save")];
    assert_goes(&jill.post("/roles/administrators", &both).await, "/roles");
    let (tokens, now) = (&world.console.app.tokens, world.console.app.clock.now());
    tokens.issue(Purpose::Invite, &name("david"), now).unwrap();
    assert_refused(&jill.post("/members/jill", &[("do", "suspend")]).await, "suspend");
    assert_refused(&jill.post("/members/jill/remove", &[("mail", "keep")]).await, "mail");
    let revision = jill.get("/roles/administrators").await.value("revision").unwrap().to_owned();
    let david = [("members", "david"), ("revision", revision.as_str()), ("do", "save")];
    assert_refused(&jill.post("/roles/administrators", &david).await, "members");
    tokens.revoke(&name("david"), now).unwrap();
    assert_goes(&jill.post("/members/jill/remove", &[("mail", "keep")]).await, "/members");
}

#[tokio::test]
async fn says_what_is_wrong_beside_each_field_and_keeps_the_rest() {
    let world = World::new();
    let mut jill = world.signed_in("jill").await;
    let before = world.slapd.dump();
    for (field, value) in [
        ("full_name", ""),
        ("full_name", "a\u{202e}b"),
        ("name", "jill"),
        ("name", "*)(uid=*"),
        ("name", "x,ou=roles,o=organisation"),
        ("name", "sos-probe"),
        ("name", "new"),
        ("name", "invite"),
        ("name", "import"),
        ("password", "short"),
        ("recovery", "x"),
        ("recovery", "ruth@ambridge.example"),
        ("forward", "jill@ambridge.example"),
        ("addresses", "committee"),
        ("addresses", "postmaster"),
        ("quota", "-1"),
    ] {
        let mut fields = vec![
            ("full_name", "Ruth Archer"),
            ("name", "ruth"),
            ("password", PASSWORD),
            ("recovery", "ruth@example.org"),
        ];
        fields.retain(|(known, _)| *known != field);
        fields.push((field, value));
        let answer = jill.post("/members/new", &fields).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{field}={value}");
        assert!(answer.error(field).is_some(), "{field}={value}: {}", answer.body);
        if field != "full_name" {
            assert_eq!(answer.value("full_name"), Some("Ruth Archer"));
        }
        assert!(!answer.body.contains(PASSWORD), "a password is never in a page");
    }
    assert_eq!(world.slapd.dump(), before);
}

#[tokio::test]
async fn invites_by_a_letter_with_a_link() {
    let world = World::new();
    let mut jill = world.signed_in("jill").await;
    jill.get("/members/invite").await;
    assert!(jill.post("/members/invite", &[("full_name", "Ruth Archer")]).await.error("recovery").is_some());
    let fields = [("full_name", "Ruth Archer"), ("recovery", "ruth@example.org")];
    assert_goes(&jill.post("/members/invite", &fields).await, "/members/ruth.archer");
    let letter = world.console.helper.state().letters.pop().unwrap();
    assert_eq!(letter.to, "ruth@example.org");
    let token = letter.text.split_once("https://mail.ambridge.example/invite/").unwrap().1.split_whitespace().next();
    let whose = world.console.app.tokens.check(Purpose::Invite, token.unwrap(), world.console.app.clock.now());
    assert_eq!(whose, Some(name("ruth.archer")));
    assert!(jill.get("/members").await.body.contains("invited, not here yet"));
    assert_eq!(world.notes(), ["jill member-added ruth.archer", "jill member-invited ruth.archer"]);
    assert_goes(&jill.post("/members/ruth.archer", &[("do", "invite")]).await, "/members/ruth.archer");
    let again = jill.get("/members/ruth.archer").await.body;
    assert!(again.contains("An invitation for Ruth Archer is on its way to ruth@example.org."), "{again}");
    assert!(!again.contains("is a member now"), "{again}");
}

#[tokio::test]
async fn an_address_elsewhere_takes_the_administrators_own_password() {
    let world = World::new();
    let mut jill = world.signed_in("jill").await;
    for who in ["zoe", "jill"] {
        let path = format!("/members/{who}");
        let revision = jill.get(&path).await.value("revision").unwrap().to_owned();
        let fields = |password: &'static str| {
            [
                ("full_name", "Somebody New"),
                ("recovery", "thief@elsewhere.example"),
                ("own_password", password),
                ("revision", revision.as_str()),
                ("do", "save"),
            ]
        };
        for bad in ["", "marrows-and-leeks"] {
            let answer = jill.post(&path, &fields(bad)).await;
            assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{who} {bad:?}");
            assert!(answer.error("own_password").is_some() && !answer.body.contains("marrows-and"), "{}", answer.body);
            assert_eq!(answer.value("recovery"), Some("thief@elsewhere.example"), "what was typed is kept");
        }
        assert_eq!(world.slapd.directory().member(&name(who)).await.unwrap().unwrap().recovery, None);
        let before = jill.cookies.clone();
        assert_goes(&jill.post(&path, &fields(PASSWORD)).await, &path);
        assert_ne!(jill.cookies, before, "the session has a new id");
        // All else takes no password, also where there is such an address.
        let revision = jill.get(&path).await.value("revision").unwrap().to_owned();
        let fields = [
            ("full_name", "Somebody Else"),
            ("recovery", "thief@elsewhere.example"),
            ("revision", &revision),
            ("do", "save"),
        ];
        assert_goes(&jill.post(&path, &fields).await, &path);
    }
}

#[tokio::test]
async fn an_administrator_sends_a_whole_list_of_invitations_a_day_and_some_more() {
    let world = World::new();
    let mut jill = world.signed_in("jill").await;
    while sos_console::letters::may_invite(&world.console.app, "jill") {}
    jill.get("/members/invite").await;
    let fields = [("full_name", "Ruth Archer"), ("recovery", "ruth@example.org")];
    assert_goes(&jill.post("/members/invite", &fields).await, "/members/ruth.archer");
    assert!(
        jill.get("/members/ruth.archer").await.body.contains("Ruth Archer is a member, but no invitation was sent")
    );
    assert!(world.console.helper.state().letters.is_empty());
    world.console.pass(24 * 3600);
    let mut jill = world.signed_in("jill").await;
    assert_goes(&jill.post("/members/ruth.archer", &[("do", "invite")]).await, "/members/ruth.archer");
    assert_eq!(world.console.helper.state().letters.len(), 1);
}

#[tokio::test]
async fn the_later_of_two_administrators_sees_both_versions() {
    let world = World::new();
    let (mut first, mut second) = (world.signed_in("jill").await, world.signed_in("jill").await);
    let seen = first.get("/members/zoe").await;
    let revision = seen.value("revision").unwrap().to_owned();
    second.get("/members/zoe").await;
    let fields = |full_name| [("full_name", full_name), ("revision", revision.as_str()), ("do", "save")];
    assert_goes(&first.post("/members/zoe", &fields("Zoë First")).await, "/members/zoe");
    let told = second.post("/members/zoe", &fields("Zoë Second")).await;
    assert_eq!(told.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(told.body.contains("Somebody else changed this"));
    assert!(told.body.contains("Zoë First") && told.body.contains("Zoë Second"));
    let now = told.value("revision").unwrap().to_owned();
    assert_ne!(now, revision);
    let fields = [("full_name", "Zoë Second"), ("revision", now.as_str()), ("do", "save")];
    assert_goes(&second.post("/members/zoe", &fields).await, "/members/zoe");

    let seen = first.get("/groups/committee").await;
    let revision = seen.value("revision").unwrap().to_owned();
    let fields = |who| [("members", who), ("open", "no"), ("revision", revision.as_str()), ("do", "save")];
    assert_goes(&first.post("/groups/committee", &fields("zoe")).await, "/groups");
    let told = second.post("/groups/committee", &fields("david")).await;
    assert_eq!(told.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(told.body.contains("There is now:</strong> Zoë Second; members only"), "{}", told.body);
}

#[tokio::test]
async fn suspends_and_resumes_but_never_the_last_administrator() {
    let world = World::new();
    let mut jill = world.signed_in("jill").await;
    let mut david = world.signed_in("david").await;
    jill.get("/members/david").await;
    assert_goes(&jill.post("/members/david", &[("do", "suspend")]).await, "/members/david");
    assert_eq!(david.get("/me").await.status, StatusCode::SEE_OTHER, "signed out at once");
    assert!(jill.get("/members").await.body.contains("suspended"));
    assert_goes(&jill.post("/members/david", &[("do", "resume")]).await, "/members/david");
    world.signed_in("david").await;
    let answer = jill.post("/members/jill", &[("do", "suspend")]).await;
    assert!(answer.error("suspend").is_some(), "{}", answer.body);
    let answer = jill.post("/members/jill/remove", &[("mail", "keep")]).await;
    assert!(answer.error("mail").is_some(), "{}", answer.body);
    assert_eq!(world.notes(), ["jill member-suspended david", "jill member-resumed david"]);
}

#[tokio::test]
async fn removes_with_what_happens_to_the_mail() {
    let world = World::new();
    let mut jill = world.signed_in("jill").await;
    assert!(jill.get("/members/zoe/remove").await.body.contains("treasurer@ambridge.example"));
    for (field, fields) in [
        ("mail", vec![]),
        ("mail", vec![("mail", "burn")]),
        ("heir", vec![("mail", "hand")]),
        ("heir", vec![("mail", "hand"), ("heir", "nobody")]),
    ] {
        let answer = jill.post("/members/zoe/remove", &fields).await;
        assert!(answer.error(field).is_some(), "{fields:?}: {}", answer.body);
    }
    assert_goes(&jill.post("/members/zoe/remove", &[("mail", "hand"), ("heir", "david")]).await, "/members");
    let directory = world.slapd.directory();
    assert_eq!(directory.member(&name("david")).await.unwrap().unwrap().addresses, ["zoe"]);
    assert_goes(&jill.post("/members/david/remove", &[("mail", "delete")]).await, "/members");
    assert_eq!(world.console.helper.state().changes, ["RemoveMailbox", "RemoveMailbox"]);
    assert_eq!(jill.get("/members/david").await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn groups_and_offices_come_change_and_go() {
    let world = World::new();
    let mut jill = world.signed_in("jill").await;
    jill.get("/groups/new").await;
    assert!(jill.post("/groups/new", &[("name", "choir")]).await.error("members").is_some());
    assert!(jill.post("/groups/new", &[("name", "jill"), ("members", "zoe")]).await.error("name").is_some());
    assert!(jill.post("/groups/new", &[("members", "zoe")]).await.error("name").is_some());
    assert_refused(&jill.post("/groups/new", &[("name", "new"), ("members", "zoe")]).await, "name");
    assert_refused(&jill.post("/roles/new", &[("name", "new"), ("members", "zoe")]).await, "name");
    let fields = [("name", "choir"), ("members", "zoe"), ("members", "david"), ("open", "no")];
    assert_goes(&jill.post("/groups/new", &fields).await, "/groups");
    let choir = world.slapd.directory().team(TeamKind::Group, &name("choir")).await.unwrap().unwrap();
    assert_eq!((choir.members.len(), choir.open), (2, false));
    assert_goes(&jill.post("/groups/choir", &[("do", "remove")]).await, "/groups");
    assert_goes(&jill.post("/roles/new", &[("name", "secretary"), ("members", "david")]).await, "/roles");
    let page = jill.get("/roles/administrators").await;
    assert!(!page.body.contains("value=\"remove\""));
    let revision = page.value("revision").unwrap().to_owned();
    let nobody = [("revision", revision.as_str()), ("do", "save")];
    assert!(jill.post("/roles/administrators", &nobody).await.error("members").is_some());
    assert!(jill.post("/roles/administrators", &[("do", "remove")]).await.error("members").is_some());
}

#[tokio::test]
async fn services_follow_what_they_need_and_the_later_one_is_told() {
    let world = World::new();
    let mut jill = world.signed_in("jill").await;
    let revision = jill.get("/services").await.value("revision").unwrap().to_owned();
    let seen = ("revision", revision.as_str());
    assert!(jill.post("/services", &[seen, ("services", "webmail")]).await.error("services").is_some());
    assert_goes(&jill.post("/services", &[seen, ("services", "mail")]).await, "/services");
    let told = jill.post("/services", &[seen, ("services", "mail"), ("services", "webmail")]).await;
    assert!(told.body.contains("Somebody else changed this"), "{}", told.body);
    let page = jill.get("/services").await;
    assert!(!page.body.contains("value=\"webmail\" checked"));
    assert!(page.body.contains("Email in the browser") && !page.body.contains("Webmail"), "{}", page.body);

    let revision = page.value("revision").unwrap().to_owned();
    let fault = "there is no service \"mail\"";
    world.console.helper.state().refuse = Some(("services".into(), fault.into()));
    let refused = jill.post("/services", &[("revision", revision.as_str()), ("services", "mail")]).await;
    assert_refused(&refused, "services");
    assert!(!refused.body.contains("there is no service"), "{}", refused.body);
}

#[tokio::test]
async fn without_email_nobody_is_sent_where_email_is_needed() {
    let world = World::new();
    let mut jill = world.signed_in("jill").await;
    let pages = ["href=\"/me/vacation\"", "href=\"/me/filters\""];
    let home = jill.get("/").await.body;
    assert!(pages.iter().all(|page| home.contains(page)), "{home}");
    let revision = jill.get("/services").await.value("revision").unwrap().to_owned();
    assert_goes(&jill.post("/services", &[("revision", revision.as_str())]).await, "/services");
    for path in ["/", "/me"] {
        let page = jill.get(path).await.body;
        assert!(!pages.iter().any(|wrong| page.contains(wrong)), "{path}: {page}");
    }
    let mut stranger = world.console.browser();
    let page = stranger.get("/forgot").await;
    assert!(page.body.contains("Email is switched off") && page.value("who").is_none(), "{}", page.body);
}

#[tokio::test]
async fn the_organisation_changes_its_name_and_logo() {
    let world = World::new();
    let mut jill = world.signed_in("jill").await;
    let revision = jill.get("/organisation").await.value("revision").unwrap().to_owned();
    let good = [
        ("organisation", "Ambridge Orchard Club"),
        ("timezone", "Europe/Berlin"),
        ("language", "de"),
        ("quota", "2048"),
        ("message", "30"),
        ("revision", revision.as_str()),
    ];
    for (field, value) in
        [("organisation", ""), ("timezone", "../etc"), ("language", "xx-"), ("quota", "much"), ("message", "101")]
    {
        let mut fields = good.to_vec();
        fields.retain(|(known, _)| *known != field);
        fields.push((field, value));
        assert!(jill.post("/organisation", &fields).await.error(field).is_some(), "{field}={value}");
    }
    world.console.helper.state().refuse = Some(("quota_mib".into(), "0 is not a whole number".into()));
    let refused = jill.post("/organisation", &good).await;
    assert_refused(&refused, "quota");
    assert!(!refused.body.contains("0 is not a whole number"), "{}", refused.body);
    assert_goes(&jill.post("/organisation", &good).await, "/organisation");
    let told = jill.post("/organisation", &good).await;
    assert!(told.body.contains("Somebody else changed this"));
    for (logo, said) in [(&b"GIF89a"[..], false), (b"", false), (b"\x89PNG\r\n\x1a\nrest", true)] {
        let answer = upload(&mut jill, "/organisation/logo", &[("logo", Some("logo.png"), logo)]).await;
        assert_eq!(answer.status == StatusCode::SEE_OTHER, said, "{logo:?}");
        assert_eq!(answer.error("logo").is_some(), !said);
    }
    let png = &b"\x89PNG\r\n\x1a\nrest"[..];
    let misnamed = upload(&mut jill, "/organisation/logo", &[("logo", Some("logo.html"), png)]).await;
    assert!(misnamed.error("logo").unwrap().contains("does not fit"), "{}", misnamed.body);
    assert_eq!(world.console.helper.state().changes, ["ChangeSettings", "SetLogo"]);
}

#[tokio::test]
async fn health_is_red_only_for_what_is_broken() {
    let world = World::new();
    world.console.helper.state().step = 20;
    let mut jill = world.signed_in("jill").await;
    let page = jill.get("/health").await;
    assert!(page.body.contains("Everything is working.") && !page.body.contains("data-mood=\"broken\""));
    {
        let mut state = world.console.helper.state();
        for service in &mut state.health.services {
            service.ok = ["directory", "webmail"].contains(&service.name.as_str());
        }
        state.health.services[2].fault = Some("no answer on port 25".into());
    }
    let page = jill.get("/health").await;
    assert_eq!(page.body.matches("data-mood=\"broken\"").count(), 2);
    assert_eq!(page.body.matches("value=\"restart\"").count(), 1, "base has nothing to start again");
    assert!(page.body.contains("it did not work.</p>"), "{}", page.body);
    let (_, detail) = page.body.split_once("For whoever supports your server").unwrap();
    assert!(detail.contains("no answer on port 25"), "{}", page.body);
    assert_goes(&jill.post("/health", &[("do", "restart"), ("service", "base")]).await, "/health");
    assert_goes(&jill.post("/health", &[("do", "restart"), ("service", "mail")]).await, "/health");
    assert_goes(&jill.post("/health", &[("do", "restart"), ("service", "sshd")]).await, "/health");
    assert_eq!(world.console.helper.state().changes, ["Mend"]);
    for round in 0..8 {
        assert_goes(&jill.post("/health", &[("do", "check")]).await, "/health");
        let lately = jill.get("/health").await.body.contains("tried several times in the last minutes");
        assert_eq!(lately, round >= 6);
    }
    // What is still starting is not broken.
    world.console.helper.state().step = 1;
    world.console.helper.state().health.services.remove(0);
    assert!(!jill.get("/health").await.body.contains("data-mood=\"broken\""));
}

#[tokio::test]
async fn services_have_one_name_on_all_pages_and_a_certificate_says_what_is_wrong() {
    let world = World::new();
    let mut jill = world.signed_in("jill").await;
    jill.language = "de";
    {
        let mut state = world.console.helper.state();
        state.machine.certificate_self_signed = true;
        state.machine.certificate_fault = Some("the authority could not reach this server".into());
        state.notes.push(("jill".into(), "service-restarted".into(), "directory".into()));
    }
    let health = jill.get("/health").await.body;
    assert!(health.contains("Mitgliederverzeichnis") && !health.contains("Directory"), "{health}");
    assert!(health.contains("the authority could not reach this server"), "{health}");
    assert!(jill.get("/log").await.body.contains("Der Dienst Mitgliederverzeichnis wurde neu gestartet"));
}

#[tokio::test]
async fn the_page_loads_itself_again_while_everything_is_tried() {
    let world = World::new();
    let mut jill = world.signed_in("jill").await;
    assert!(!jill.get("/health").await.body.contains("http-equiv=\"refresh\""));
    assert_goes(&jill.post("/health", &[("do", "check")]).await, "/health");
    let page = jill.get("/health").await.body;
    assert!(page.contains("http-equiv=\"refresh\"") && !page.contains("value=\"check\""), "{page}");
    world.console.helper.state().health.running = false;
    assert!(!jill.get("/health").await.body.contains("http-equiv=\"refresh\""));
}

#[tokio::test]
async fn a_list_of_200_is_tried_then_added_and_everybody_is_invited() {
    let world = World::new();
    let mut jill = world.signed_in("jill").await;
    let mut list = String::from("First name;Last name;E-Mail\r\n");
    for number in 0..200 {
        let address = if number < 190 { format!("person{number}@example.org") } else { String::new() };
        list += &format!("Person;Nº{number}x;{address}\r\n");
    }
    list += "Jill;Archer;=1+1\r\n";
    let before = world.slapd.dump();
    jill.get("/members/import").await;
    let misnamed = [("file", Some("a.xlsx"), list.as_bytes()), ("do", None, b"try")];
    let misnamed = upload(&mut jill, "/members/import", &misnamed).await;
    assert!(misnamed.error("file").unwrap().contains("should end in .csv"), "{}", misnamed.body);
    let tried =
        upload(&mut jill, "/members/import", &[("file", Some("a.csv"), list.as_bytes()), ("do", None, b"try")]).await;
    assert_eq!(tried.status, StatusCode::OK);
    assert!(
        tried.body.contains("data-line=\"202\"") && tried.body.contains("200 people can be added"),
        "{}",
        tried.body
    );
    assert_eq!(world.slapd.dump(), before, "a dry run changes nothing");
    let rows = unescape(tried.value("list").unwrap());
    let done = upload(&mut jill, "/members/import", &[("list", None, rows.as_bytes()), ("do", None, b"add")]).await;
    assert_goes(&done, "/members/import/report");
    let mut report = jill.get("/members/import/report").await;
    for _ in 0..300 {
        if report.body.contains("200 people were added.") {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
        report = jill.get("/members/import/report").await;
    }
    assert!(report.body.contains("190 invitations are on their way."), "{}", report.body);
    assert_eq!(report.body.matches("https://mail.ambridge.example/invite/").count(), 10);
    assert_eq!(world.console.helper.state().letters.len(), 190);
    assert_eq!(world.slapd.directory().members().await.unwrap().len(), 203);
    let again = upload(&mut jill, "/members/import", &[("list", None, rows.as_bytes()), ("do", None, b"add")]).await;
    assert!(again.body.contains("200 lines cannot be used"), "{}", again.body);
}

fn unescape(text: &str) -> String {
    let mut text = text.to_owned();
    for (from, to) in [("&#34;", "\""), ("&#39;", "'"), ("&#60;", "<"), ("&#62;", ">"), ("&#38;", "&")] {
        text = text.replace(from, to);
    }
    text
}

#[tokio::test]
async fn the_log_says_who_changed_what() {
    let world = World::new();
    let mut jill = world.signed_in("jill").await;
    jill.get("/members/david").await;
    jill.post("/members/david", &[("do", "suspend")]).await;
    let log = jill.get("/log").await.body;
    assert!(log.contains("david was suspended") && log.contains("The server was taken over"), "{log}");
    assert!(log.contains("2025-10-09 09:53"), "as the club's clocks show it");
}

/// Random posts of an administrator whose revisions are never right: nothing breaks and nothing changes.
#[tokio::test]
async fn random_posts_break_nothing_and_change_nothing() {
    let world = World::new();
    let mut jill = world.signed_in("jill").await;
    let before = world.slapd.dump();
    let value = proptest::prop_oneof![
        "\\PC{0,40}",
        "[a-z=,*()\\\\\\x00-\\x1f]{0,30}",
        proptest::strategy::Just("treasurer".to_owned()),
        proptest::strategy::Just("save".to_owned()),
        proptest::strategy::Just("*)(uid=*".to_owned()),
        proptest::strategy::Just("x".repeat(3000)),
    ];
    let fields = [
        "name",
        "members",
        "recovery",
        "forward",
        "quota",
        "addresses",
        "revision",
        "organisation",
        "services",
        "heir",
        "open",
        "do",
    ];
    let field = (proptest::sample::select(fields.to_vec()), value);
    let post = (proptest::sample::select(POSTS.to_vec()), proptest::collection::vec(field, 0..8));
    let mut runner = TestRunner::new(Config::default());
    for _ in 0..3_000 {
        let (path, fields) = post.new_tree(&mut runner).unwrap().current();
        let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let answer = jill.post(path, &fields).await;
        assert!(answer.status.as_u16() < 500, "{path} {fields:?}: {}", answer.status);
        assert_ne!(answer.status, StatusCode::FORBIDDEN, "{path}");
    }
    assert_eq!(world.slapd.dump(), before);
    assert!(!world.console.helper.state().changes.iter().any(|change| change == "RemoveMailbox"));
}
