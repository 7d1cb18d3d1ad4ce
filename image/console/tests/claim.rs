//! The claim: code, form, and what follows; all of it without a script.
#![allow(missing_docs, reason = "a test")]

mod browser;
mod console;
mod fake;

use axum::http::StatusCode;
use browser::{Answer, Browser};
use console::Console;

const GOOD: [(&str, &str); 6] = [
    ("organisation", "Ambridge Garden Club"),
    ("domain", "https://www.Ambridge.example/"),
    ("full_name", "Jill Archer"),
    ("password", "leeks and marrows"),
    ("recovery", "jill@elsewhere.example"),
    ("language", "en"),
];

async fn with_code(console: &Console) -> Browser {
    let mut browser = console.browser();
    browser.get("/").await;
    let answer = browser.post("/claim/code", &[("code", "abcd efgh jkmn")]).await;
    assert_eq!((answer.status, answer.location()), (StatusCode::SEE_OTHER, "/claim/form"));
    browser.get("/claim/form").await;
    browser
}

fn but<'a>(name: &'a str, value: &'a str) -> Vec<(&'a str, &'a str)> {
    let mut fields: Vec<_> = GOOD.into_iter().filter(|(field, _)| *field != name).collect();
    fields.push((name, value));
    fields
}

async fn error_with(name: &str, value: &str, field: &str) -> String {
    let console = Console::unclaimed();
    let mut browser = with_code(&console).await;
    let answer = browser.post("/claim/form", &but(name, value)).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{name}={value}");
    assert!(console.helper.state().mapping.is_none());
    answer.error(field).unwrap_or_else(|| panic!("no error at {field}: {}", answer.body)).to_owned()
}

#[tokio::test]
async fn the_owner_claims_the_server_with_five_fields() {
    let console = Console::unclaimed();
    let mut browser = with_code(&console).await;
    let before = browser.cookies.clone();
    let answer = browser.post("/claim/form", &GOOD).await;
    assert_eq!((answer.status, answer.location()), (StatusCode::SEE_OTHER, "/progress"));
    assert_ne!(browser.cookies, before, "the session has a new id");

    let mapping = console.helper.state().mapping.clone().unwrap();
    assert_eq!(mapping["organisation"]["domain"], "ambridge.example");
    assert_eq!(mapping["host"], "mail.ambridge.example");
    assert_eq!(mapping["timezone"], "Etc/UTC");
    assert_eq!(mapping["members"][0]["name"], "jill.archer");
    assert_eq!(mapping["members"][0]["recovery"], "jill@elsewhere.example");

    let progress = browser.get("/progress").await;
    assert_eq!(progress.status, StatusCode::OK);
    assert!(progress.body.contains("jill.archer") && progress.body.contains("data-events"));
    assert_eq!(browser.get("/claim/form").await.location(), "/");
}

#[tokio::test]
async fn before_the_claim_there_is_nothing_else() {
    let console = Console::unclaimed();
    let mut browser = console.browser();
    for path in ["/progress", "/dns", "/members", "/me", "/forgot", "/mail/config-v1.1.xml", "/nothing", "/claim/form"]
    {
        let answer = browser.get(path).await;
        assert_eq!((answer.status, answer.location()), (StatusCode::SEE_OTHER, "/"), "{path}");
    }
    let answer = browser.get("/").await;
    assert!(answer.body.contains("A server waits for its owner"));
    assert!(!answer.body.contains("2026.11.24"), "strangers learn no more than that");
}

#[tokio::test]
async fn a_wrong_code_says_how_many_tries_are_left_and_then_for_how_long_it_is_locked() {
    let console = Console::unclaimed();
    let mut browser = console.browser();
    browser.get("/").await;
    let answer = browser.post("/claim/code", &[("code", "")]).await;
    assert!(answer.error("code").is_some());
    assert_eq!(console.helper.state().codes, 0, "an empty code costs no try");
    for left in (0..10).rev() {
        let answer = browser.post("/claim/code", &[("code", "WRON-GWRO-NGWR")]).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
        if left > 1 {
            assert!(answer.error("code").unwrap().contains(&format!("{left} tries are left")));
        }
        assert_eq!(answer.value("code"), Some("WRON-GWRO-NGWR"), "what was typed stays");
    }
    let answer = browser.post("/claim/code", &[("code", fake::CODE)]).await;
    assert_eq!(answer.status, StatusCode::TOO_MANY_REQUESTS);
    assert!(answer.error("code").unwrap().contains("15 minutes"));
}

#[tokio::test]
async fn each_field_says_what_is_wrong_with_it() {
    for (name, value, field, words) in [
        ("organisation", "", "organisation", "enter your organisation"),
        ("organisation", "Evil\u{202e}club", "organisation", "character"),
        ("domain", "", "domain", "enter the domain"),
        ("domain", "garden club", "domain", "no domain"),
        ("full_name", "", "full_name", "enter your name"),
        ("full_name", "!!!", "name", "could not make a name"),
        ("name", "Postmaster", "name", "keeps this name"),
        ("name", "no spaces", "name", "cannot be a name"),
        ("password", "", "password", "choose a password"),
        ("password", "short", "password", "longer password"),
        ("password", "password123", "password", "Very many people"),
        ("password", "jillarcher1950", "password", "made of your name"),
        ("recovery", "", "recovery", "elsewhere"),
        ("recovery", "jill", "recovery", "no email address"),
        ("recovery", "jill@ambridge.example", "recovery", "this very server"),
        ("host", "-", "host", "no name for a server"),
        ("timezone", "Europe/Ambridge", "timezone", "from the list"),
        ("language", "tlh", "language", "from the list"),
    ] {
        let sentence = error_with(name, value, field).await;
        assert!(sentence.contains(words), "{name}={value}: {sentence}");
    }
}

#[tokio::test]
async fn nothing_typed_is_lost_and_the_password_is_never_written_into_a_page() {
    let console = Console::unclaimed();
    let mut browser = with_code(&console).await;
    let kept = |answer: &Answer| {
        assert_eq!(answer.value("full_name"), Some("Siân &#34;X&#34; &#60;b&#62;"), "{}", answer.body);
        assert!(!answer.body.contains("leeks"));
    };
    let mut fields = but("full_name", "Siân \"X\" <b>");
    fields.retain(|(name, _)| *name != "domain");
    let answer = browser.post("/claim/form", &fields).await;
    kept(&answer);
    kept(&browser.get("/claim/form").await);
    fields.retain(|(name, _)| *name != "password");
    fields.push(("domain", "ambridge.example"));
    let answer = browser.post("/claim/form", &fields).await;
    assert_eq!(answer.location(), "/progress", "the password typed before counts: {}", answer.body);
    assert_eq!(console.helper.state().mapping.clone().unwrap()["members"][0]["password"], "leeks and marrows");
}

#[tokio::test]
async fn the_form_survives_an_hour_of_looking_things_up() {
    let console = Console::unclaimed();
    let mut browser = with_code(&console).await;
    console.pass(60 * 60);
    assert_eq!(browser.post("/claim/form", &GOOD).await.location(), "/progress");
}

#[tokio::test]
async fn what_was_claimed_cannot_be_claimed_again() {
    let console = Console::unclaimed();
    let (mut one, mut other) = (with_code(&console).await, with_code(&console).await);
    assert_eq!(one.post("/claim/form", &GOOD).await.location(), "/progress");
    assert_eq!(other.post("/claim/form", &but("organisation", "Evil Club")).await.location(), "/");
    assert_eq!(console.helper.state().owner.organisation.as_deref(), Some("Ambridge Garden Club"));
}

#[tokio::test]
async fn an_unknown_problem_is_said_above_the_form() {
    let console = Console::unclaimed();
    let mut browser = with_code(&console).await;
    console.helper.state().refuse = Some(("sos.members".into(), "there is a moon".into()));
    let answer = browser.post("/claim/form", &GOOD).await;
    assert!(answer.error("form").unwrap().contains("there is a moon"));
}

#[tokio::test]
async fn it_speaks_german_where_the_browser_does() {
    let console = Console::unclaimed();
    let mut browser = console.browser();
    browser.language = "de-DE,de;q=0.9,en;q=0.5";
    let answer = browser.get("/").await;
    assert!(answer.body.contains("<html lang=\"de\"") && answer.body.contains("wartet auf seinen Besitzer"));
    browser.get("/language/cy").await;
    assert!(browser.get("/").await.body.contains("<html lang=\"cy\""));
}
