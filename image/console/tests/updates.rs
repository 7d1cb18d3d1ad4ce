//! The page of updates and that of going back, with an updater that says what a test wants, and a real slapd for the
//! password.
#![allow(missing_docs, reason = "a test")]

mod browser;
mod console;
mod fake;
mod slapd;

use axum::http::StatusCode;
use browser::{Answer, Browser};
use console::Console;
use slapd::{PASSWORD, Slapd};
use sos_ipc::{AvailableRelease, EarlierRelease, UpdateEvent, UpdateOutcome, UpdatePhase, UpdateStatus};

/// 09:53 on the club's clocks when this is now.
const NOW: u64 = 1_760_000_000;
/// No page has these: they are ours, not a treasurer's.
const JARGON: [&str; 9] =
    ["slot", "tuf", "bootstate", "rollback", "roll back", "commit", "staged", "partition", "metadata"];

struct World {
    _slapd: Slapd,
    console: Console,
    jill: Browser,
}

impl World {
    async fn new() -> Self {
        let slapd = Slapd::start();
        let console = Console::claimed(&slapd.uri());
        let mut jill = console.browser();
        jill.get("/").await;
        let answer = jill.post("/sign-in", &[("name", "jill"), ("password", PASSWORD), ("next", "/")]).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.body);
        Self { _slapd: slapd, console, jill }
    }

    fn set(&self, set: impl FnOnce(&mut UpdateStatus)) {
        set(&mut self.console.helper.state().updates);
    }

    async fn page(&mut self) -> String {
        self.jill.get("/updates").await.body
    }

    /// What the helper was asked to do.
    fn done(&self) -> Vec<String> {
        self.console.helper.state().changes.clone()
    }
}

fn release() -> AvailableRelease {
    let notes = [("en", "Mail is sorted faster.\n\nThe calendar is new."), ("de", "Post wird schneller sortiert.")];
    AvailableRelease {
        version: "2026.12.08".into(),
        bytes: 214_300_000,
        notes: notes.map(|(language, text)| (language.to_owned(), text.to_owned())).into(),
        failed: false,
    }
}

fn event(outcome: UpdateOutcome, why: Option<&str>, by: Option<&str>) -> UpdateEvent {
    UpdateEvent {
        at: NOW - 3_600,
        from: "2026.11.24".into(),
        to: "2026.12.08".into(),
        outcome,
        why: why.map(str::to_owned),
        by: by.map(str::to_owned),
    }
}

fn earlier() -> EarlierRelease {
    EarlierRelease { version: "2026.11.10".into(), since: NOW - 86_400 }
}

fn says(page: &str, sentences: &[&str]) {
    for sentence in sentences {
        assert!(page.contains(sentence), "{sentence}: {page}");
    }
}

fn has_button(page: &str, button: &str) -> bool {
    page.contains(&format!("value=\"{button}\""))
}

fn assert_goes(answer: &Answer, path: &str) {
    assert_eq!((answer.status, answer.location()), (StatusCode::SEE_OTHER, path), "{}", answer.body);
}

#[tokio::test]
async fn says_what_is_newer_in_the_language_of_the_page_and_when_it_comes() {
    let mut world = World::new().await;
    world.set(|updates| updates.available = Some(release()));
    let page = world.page().await;
    says(
        &page,
        &[
            "<strong id=\"version\">2026.11.24</strong>",
            "Newer: version 2026.12.08",
            "Mail is sorted faster.",
            "About 215 MB",
            "tonight, soon after 03:23",
            "nothing is lost",
        ],
    );
    assert!(has_button(&page, "update") && !page.contains("http-equiv=\"refresh\""), "{page}");
    assert!(!has_button(&page, "look"), "what is newer is known: {page}");
    world.jill.language = "de";
    says(
        &world.page().await,
        &["<p class=\"pieces\">Post wird schneller sortiert.", "heute Nacht, bald nach 03:23 Uhr"],
    );
    world.jill.language = "cy";
    says(&world.page().await, &["<p class=\"pieces\" lang=\"en\">Mail is sorted faster."]);
    world.set(|updates| updates.tonight = 0);
    world.jill.language = "en";
    says(&world.page().await, &["updates by itself at night."]);
}

#[tokio::test]
async fn says_so_where_there_is_nothing_newer_nothing_known_or_no_place_to_ask() {
    let mut world = World::new().await;
    let page = world.page().await;
    says(
        &page,
        &[
            "There is nothing newer to update to. The server last looked on 2025-10-09 05:00",
            "this is the first version",
        ],
    );
    assert!(has_button(&page, "look") && !has_button(&page, "update"), "{page}");
    world.set(|updates| updates.checked = None);
    says(&world.page().await, &["has not looked yet"]);
    world.set(|updates| {
        updates.checked = Some(NOW - 3_600);
        updates.fault = Some("cannot fetch timestamp.json: <no answer>".into());
    });
    let page = world.page().await;
    says(&page, &["on 2025-10-09 08:53, it got no good answer", "timestamp.json: &#60;no answer"]);
    assert!(!page.contains("nothing newer"), "{page}");
    world.set(|updates| updates.checked = None);
    says(&world.page().await, &["could not look for a newer version so far"]);
    world.set(|updates| updates.available = Some(release()));
    says(&world.page().await, &["did not get on with it"]);
    world.set(|updates| updates.available = None);
    world.set(|updates| *updates = UpdateStatus { channel: false, fault: None, ..updates.clone() });
    let page = world.page().await;
    says(&page, &["without a place to get updates from"]);
    assert!(!has_button(&page, "look") && !has_button(&page, "update"), "{page}");
}

#[tokio::test]
async fn shows_how_far_it_is_and_loads_itself_again() {
    let mut world = World::new().await;
    world.set(|updates| updates.available = Some(release()));
    world.page().await;
    assert_goes(&world.jill.post("/updates", &[("do", "update")]).await, "/updates");
    let page = world.page().await;
    says(&page, &["is looking for a newer version", "http-equiv=\"refresh\""]);
    world.set(|updates| updates.phase = UpdatePhase::Staging { done: 85_000_000, total: 214_300_000 });
    let page = world.page().await;
    says(
        &page,
        &["85 of 215 MB are here.", "<progress max=\"214300000\" value=\"85000000\"", "http-equiv=\"refresh\""],
    );
    assert!(!has_button(&page, "update") && !has_button(&page, "look"), "{page}");
    world.set(|updates| updates.phase = UpdatePhase::Staged);
    let page = world.page().await;
    says(&page, &["All of it is fetched and checked."]);
    assert!(has_button(&page, "update") && !page.contains("http-equiv=\"refresh\""), "{page}");
    world.set(|updates| updates.phase = UpdatePhase::Trying);
    let page = world.page().await;
    says(&page, &["will be back in a few minutes", "data-away", "<noscript><meta http-equiv=\"refresh\""]);
    assert!(!has_button(&page, "update"), "{page}");
    assert_eq!(world.done(), ["UpdateNow"]);
}

#[tokio::test]
async fn nobody_has_the_channel_asked_without_end() {
    let mut world = World::new().await;
    world.page().await;
    for round in 0..8 {
        assert_goes(&world.jill.post("/updates", &[("do", "look")]).await, "/updates");
        world.set(|updates| updates.phase = UpdatePhase::Idle);
        assert_eq!(world.page().await.contains("looked several times"), round >= 6);
    }
    assert_goes(&world.jill.post("/updates", &[("do", "nothing")]).await, "/updates");
    assert_eq!(world.done(), ["LookForUpdate"; 6]);
}

#[tokio::test]
async fn what_was_taken_back_is_said_in_one_sentence_and_tried_three_times() {
    let mut world = World::new().await;
    let taken_back = event(UpdateOutcome::RolledBack, Some("mail: no letter came"), None);
    world.set(|updates| {
        updates.available = Some(AvailableRelease { failed: true, ..release() });
        updates.history = vec![taken_back.clone(), event(UpdateOutcome::WentBack, None, Some("jill"))];
    });
    let page = world.page().await;
    says(
        &page,
        &[
            "The server tried version 2026.12.08 on 2025-10-09 08:53, and it did not work here.",
            "three times in all",
            "Version 2026.12.08 was tried and taken back; 2026.11.24 went on",
            "2025-10-09 08:53 · by itself",
            "Went back from version 2026.11.24 to 2026.12.08",
            "2025-10-09 08:53 · jill",
            "<code>mail: no letter came</code>",
        ],
    );
    assert!(has_button(&page, "update"), "{page}");
    world.set(|updates| updates.history = vec![taken_back; 3]);
    let page = world.page().await;
    says(&page, &["does not try it again"]);
    assert!(!has_button(&page, "update") && !page.contains("tonight"), "{page}");
    world.set(|updates| updates.history.insert(0, event(UpdateOutcome::Committed, None, None)));
    assert!(!world.page().await.contains("it did not work here"), "something happened since");
}

#[tokio::test]
async fn a_version_that_was_left_is_not_taken_again() {
    let mut world = World::new().await;
    let went_back = UpdateEvent {
        from: "2026.12.08".into(),
        to: "2026.11.24".into(),
        ..event(UpdateOutcome::WentBack, None, Some("jill"))
    };
    world.set(|updates| {
        updates.available = Some(AvailableRelease { failed: true, ..release() });
        updates.history = vec![went_back];
    });
    let sentences = [
        "An administrator had the server go back to version 2026.11.24 on 2025-10-09 08:53.",
        "The server does not update to version 2026.12.08 again",
    ];
    let page = world.page().await;
    says(&page, &sentences);
    assert!(!has_button(&page, "update") && !page.contains("tonight"), "{page}");
    world.set(|updates| updates.available = None);
    says(&world.page().await, &sentences);
    world.set(|updates| updates.available = Some(AvailableRelease { version: "2026.12.22".into(), ..release() }));
    assert!(has_button(&world.page().await, "update"), "a newer one is another");
}

#[tokio::test]
async fn going_back_says_what_it_loses_and_takes_a_tick_and_the_password() {
    let mut world = World::new().await;
    says(&world.jill.get("/updates/back").await.body, &["There is no version to go back to now."]);
    assert!(!world.page().await.contains("/updates/back"));
    world.set(|updates| updates.back = Some(earlier()));
    says(&world.page().await, &["href=\"/updates/back\""]);
    let page = world.jill.get("/updates/back").await.body;
    says(
        &page,
        &[
            "version 2026.11.10 again, with everything as it was on 2025-10-08 09:53",
            "Letters that came in or were sent since",
            "who was removed since is a member again",
            "The ones before are good again",
        ],
    );
    let fields = |sure, password| [("version", "2026.11.10"), ("sure", sure), ("password", password), ("do", "back")];
    for (sure, password, wrong) in [("", PASSWORD, "sure"), ("on", "", "password"), ("on", "marrows", "password")] {
        let answer = world.jill.post("/updates/back", &fields(sure, password)).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{sure} {password}");
        assert!(answer.error(wrong).is_some() && !answer.body.contains(PASSWORD), "{}", answer.body);
    }
    assert!(world.done().is_empty());
    let before = world.jill.cookies.clone();
    assert_goes(&world.jill.post("/updates/back", &fields("on", PASSWORD)).await, "/updates");
    assert_ne!(world.jill.cookies, before, "the session has a new id");
    says(&world.page().await, &["The server goes back to version 2026.11.10.", "data-away"]);
    assert_eq!(world.done(), ["GoBack"]);
    assert!(world.console.journal().iter().any(|line| line.contains("password asked again: jill")));
}

#[tokio::test]
async fn goes_back_to_the_version_that_was_read_about_and_to_no_other() {
    let mut world = World::new().await;
    world.set(|updates| updates.back = Some(earlier()));
    world.jill.get("/updates/back").await;
    let fields = [("version", "2026.11.10"), ("sure", "on"), ("password", PASSWORD), ("do", "back")];
    for back in [Some(EarlierRelease { version: "2026.11.24".into(), ..earlier() }), None] {
        world.set(|updates| updates.back = back);
        assert_goes(&world.jill.post("/updates/back", &fields).await, "/updates");
        says(&world.page().await, &["cannot be gone back to any more"]);
    }
    world.jill.csrf = "another".into();
    world.set(|updates| updates.back = Some(earlier()));
    assert_eq!(world.jill.post("/updates/back", &fields).await.status, StatusCode::FORBIDDEN);
    assert!(world.done().is_empty());
}

#[tokio::test]
async fn the_log_says_who_had_it_done() {
    let mut world = World::new().await;
    for (what, about) in
        [("update-looked-for", ""), ("update-begun", ""), ("update-begun", "2026.12.08"), ("going-back", "2026.11.10")]
    {
        world.console.helper.state().notes.push(("jill".into(), what.into(), about.into()));
    }
    let log = world.jill.get("/log").await.body;
    says(&log, &["A newer version was looked for", "<strong>An update was started</strong>"]);
    says(&log, &["The update to version 2026.12.08 was started", "Going back to version 2026.11.10 was started"]);
}

#[tokio::test]
async fn no_state_of_it_says_what_a_treasurer_would_not() {
    let mut world = World::new().await;
    let phases = [
        UpdatePhase::Idle,
        UpdatePhase::Checking,
        UpdatePhase::Staging { done: 0, total: 0 },
        UpdatePhase::Staged,
        UpdatePhase::Trying,
    ];
    let outcomes = [UpdateOutcome::Committed, UpdateOutcome::RolledBack, UpdateOutcome::WentBack];
    world.set(|updates| {
        updates.back = Some(earlier());
        updates.fault = Some(String::new());
        updates.history = outcomes.map(|outcome| event(outcome, None, None)).into();
    });
    for language in ["en", "de"] {
        world.jill.language = language;
        for phase in phases {
            for available in [None, Some(release())] {
                world.set(|updates| (updates.phase, updates.available) = (phase, available));
                for path in ["/updates", "/updates/back"] {
                    let page = world.jill.get(path).await.body;
                    let words = page.split_once("<h1>").unwrap().1.to_lowercase();
                    let found: Vec<_> = JARGON.iter().filter(|word| words.contains(*word)).collect();
                    assert!(found.is_empty(), "{path} {phase:?}: {found:?} in {words}");
                }
            }
        }
    }
}
