//! What stands before the pages: headers, sessions, tokens, limits.
#![allow(missing_docs, reason = "a test")]

mod browser;
mod console;
mod fake;
mod slapd;

use axum::body::Body;
use axum::http::{Request, StatusCode};
use browser::{Browser, encode};
use console::{Console, POLICY_KEY};
use slapd::{PASSWORD, Slapd};
use sos_console::guard::{headers, policy};
use tower::ServiceExt;

async fn signed_in(console: &Console, name: &str) -> Browser {
    let mut browser = console.browser();
    browser.get("/").await;
    let answer = browser.post("/sign-in", &[("name", name), ("password", PASSWORD)]).await;
    assert_eq!((answer.status, answer.location()), (StatusCode::SEE_OTHER, "/"), "{}", answer.body);
    browser.get("/").await;
    browser
}

#[tokio::test]
async fn every_answer_carries_the_headers() {
    let slapd = Slapd::start();
    let console = Console::claimed(&slapd.uri());
    let mut browser = signed_in(&console, "jill").await;
    let style = sos_console::assets::STYLE_PATH.as_str();
    for path in ["/", "/dns", "/progress", "/nothing", style, "/claim/form"] {
        let answer = browser.get(path).await;
        assert_eq!(answer.headers["content-security-policy"], headers::POLICY, "{path}");
        for name in ["x-content-type-options", "x-frame-options", "referrer-policy", "cross-origin-opener-policy"] {
            assert!(answer.headers.contains_key(name), "{path}: {name}");
        }
        let kept = if path == style { "public, max-age=31536000, immutable" } else { "no-store" };
        assert_eq!(answer.headers["cache-control"], kept, "{path}");
        for inline in ["<style", "style=", "onclick", "javascript:"] {
            assert!(path == style || !answer.body.contains(inline), "{path}: {inline}");
        }
    }
    assert!(!headers::POLICY.contains("unsafe") && headers::POLICY.contains("object-src 'none'"));
}

#[tokio::test]
async fn the_cookie_is_for_this_host_and_out_of_reach_of_scripts() {
    let console = Console::unclaimed();
    let answer = console.browser().get("/").await;
    let cookie = answer.headers["set-cookie"].to_str().unwrap();
    assert!(cookie.starts_with("__Host-sos="), "{cookie}");
    for part in ["HttpOnly", "SameSite=Lax", "Secure", "Path=/"] {
        assert!(cookie.contains(part), "{cookie}");
    }
    assert!(!cookie.contains("Domain"));
}

#[tokio::test]
async fn a_form_from_elsewhere_is_refused_before_anything_happens() {
    let console = Console::unclaimed();
    let mut browser = console.browser();
    browser.get("/").await;
    let good = encode(&[("csrf", &browser.csrf), ("code", fake::CODE)]);
    let other = encode(&[("csrf", &"0".repeat(64)), ("code", fake::CODE)]);
    let none = encode(&[("code", fake::CODE)]);
    let form = "application/x-www-form-urlencoded";
    for (body, header, value) in [
        (&good, "origin", "https://evil.example"),
        (&good, "origin", "null"),
        (&good, "sec-fetch-site", "cross-site"),
        (&good, "sec-fetch-site", "same-site"),
        (&other, "accept", "*/*"),
        (&none, "accept", "*/*"),
    ] {
        let request = browser.request("POST", "/claim/code").header("content-type", form).header(header, value);
        let answer = browser.send(request.body(Body::from(body.clone())).unwrap()).await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN, "{header}: {value}");
    }
    for method in ["PUT", "DELETE", "PATCH"] {
        let answer = browser.send(browser.request(method, "/claim/code").body(Body::empty()).unwrap()).await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN, "{method}");
    }
    let mut stranger = browser.another("192.0.2.9");
    stranger.get("/").await;
    let answer = stranger.post_raw("/claim/code", good.into_bytes()).await;
    assert_eq!(answer.status, StatusCode::FORBIDDEN, "a token is good for its own session only");
    assert_eq!(console.helper.state().codes, 0);
}

#[tokio::test]
async fn a_body_that_is_too_large_is_refused() {
    let console = Console::unclaimed();
    let mut browser = console.browser();
    browser.get("/").await;
    let large = "x".repeat(70_000);
    assert_eq!(browser.post("/claim/code", &[("code", &large)]).await.status, StatusCode::PAYLOAD_TOO_LARGE);
    let request = browser.request("POST", "/claim/code").header("content-type", "multipart/form-data; boundary=x");
    let answer = browser.send(request.body(Body::from(large)).unwrap()).await;
    assert_eq!(answer.status, StatusCode::PAYLOAD_TOO_LARGE, "strangers send no files");
}

#[tokio::test]
async fn signing_in_takes_a_new_session_and_signing_out_ends_it() {
    let slapd = Slapd::start();
    let console = Console::claimed(&slapd.uri());
    let mut browser = console.browser();
    browser.get("/").await;
    let stranger = browser.cookies.clone();
    browser.post("/sign-in", &[("name", "Jill@ambridge.example "), ("password", PASSWORD)]).await;
    assert_ne!(browser.cookies, stranger);
    assert!(browser.get("/").await.body.contains("Jill Archer"));
    let mut thief = browser.another("192.0.2.9");
    thief.cookies = stranger;
    assert!(!thief.get("/").await.body.contains("Jill Archer"));
    thief.cookies = browser.cookies.clone();
    let answer = browser.post("/sign-out", &[]).await;
    assert_eq!((answer.location(), &answer.headers["clear-site-data"]), ("/", &"\"cache\"".parse().unwrap()));
    assert!(!thief.get("/").await.body.contains("Jill Archer"), "what was signed out is no session any more");
}

#[tokio::test]
async fn a_session_ends_when_nobody_is_there_and_after_half_a_day() {
    let slapd = Slapd::start();
    let console = Console::claimed(&slapd.uri());
    let mut browser = signed_in(&console, "jill").await;
    console.pass(29 * 60);
    assert!(browser.get("/").await.body.contains("Jill Archer"));
    console.pass(31 * 60);
    let answer = browser.get("/").await;
    assert!(!answer.body.contains("Jill Archer") && answer.body.contains("You were signed out"));

    let mut browser = signed_in(&console, "jill").await;
    for _ in 0..(12 * 60 / 25) {
        console.pass(25 * 60);
        let _ = browser.get("/").await;
    }
    console.pass(25 * 60);
    assert_eq!(browser.post("/sign-out", &[]).await.status, StatusCode::FORBIDDEN, "its token ended with it");
    assert!(!browser.get("/").await.body.contains("Jill Archer"));
}

#[tokio::test]
async fn members_do_not_see_what_is_for_administrators() {
    let slapd = Slapd::start();
    let console = Console::claimed(&slapd.uri());
    let mut david = signed_in(&console, "david").await;
    let answer = david.get("/dns").await;
    assert_eq!(answer.status, StatusCode::FORBIDDEN);
    assert!(!david.get("/").await.body.contains("href=\"/members\""));
    assert_eq!(david.post("/dns/check", &[]).await.status, StatusCode::FORBIDDEN);
    let mut stranger = console.browser();
    assert_eq!(stranger.get("/dns").await.location(), "/?next=/dns");
    assert_eq!(stranger.get("/?next=/dns").await.value("next"), Some("/dns"));
    assert_eq!(stranger.get("/?next=//evil.example").await.value("next"), Some(""));
}

#[tokio::test]
async fn who_is_suspended_or_removed_is_signed_out_at_once() {
    let slapd = Slapd::start();
    let console = Console::claimed(&slapd.uri());
    let mut david = signed_in(&console, "david").await;
    let directory = slapd.directory();
    let name = "david".parse().unwrap();
    let revision = directory.member(&name).await.unwrap().unwrap().revision;
    let mut change = sos_console::directory::MemberChange::of(&name);
    change.suspended = Some(true);
    directory.change_member(&change, &revision).await.unwrap();
    assert!(!david.get("/").await.body.contains("David Archer"));
}

#[tokio::test]
async fn guessing_is_slowed_down_locked_and_shared_with_dovecot() {
    let slapd = Slapd::start();
    let console = Console::claimed(&slapd.uri());
    let mut browser = console.browser();
    browser.get("/").await;
    for guess in 0..10 {
        let guess = format!("wrong {guess}");
        let answer = browser.post("/sign-in", &[("name", "jill"), ("password", &guess)]).await;
        assert!(answer.error("name").is_some());
        console.pass(40);
    }
    let answer = browser.post("/sign-in", &[("name", "jill"), ("password", PASSWORD)]).await;
    assert_eq!(answer.status, StatusCode::TOO_MANY_REQUESTS);
    assert!(answer.error("name").unwrap().contains("minutes"), "{:?}", answer.error("name"));
    assert_eq!(ask(&console, "allow", "jill@ambridge.example", "192.0.2.1").await, "{\"status\":-1,");
    assert_eq!(ask(&console, "allow", "jill", "192.0.2.77").await, "{\"status\":0,");
    let mut elsewhere = browser.another("192.0.2.77");
    elsewhere.get("/").await;
    let answer = elsewhere.post("/sign-in", &[("name", "jill"), ("password", PASSWORD)]).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "the owner of the name is not locked out");
}

#[tokio::test]
async fn what_dovecot_reports_counts_here() {
    let console = Console::claimed("ldapi://%2Fnowhere");
    for _ in 0..10 {
        ask(&console, "report", "zoe", "198.51.100.4").await;
    }
    let mut browser = console.browser();
    browser.address = "198.51.100.4";
    browser.get("/").await;
    let answer = browser.post("/sign-in", &[("name", "zoe"), ("password", PASSWORD)]).await;
    assert_eq!(answer.status, StatusCode::TOO_MANY_REQUESTS);
    for nonsense in ["", "[]", "{}", "{\"login\":\"a\",\"remote\":\"nowhere\"}"] {
        assert_eq!(tell(&console, "allow", nonsense).await, "{\"status\":0,", "{nonsense}");
    }
}

async fn ask(console: &Console, command: &str, login: &str, remote: &str) -> String {
    let body = format!(
        "{{\"device_id\":\"\",\"login\":\"{login}\",\"protocol\":\"imap\",\"pwhash\":\"\",\"remote\":\"{remote}\",\
         \"success\":false,\"policy_reject\":false,\"tls\":true}}"
    );
    tell(console, command, &body).await
}

async fn tell(console: &Console, command: &str, body: &str) -> String {
    let request = Request::post(format!("/?command={command}")).header("X-Policy-Key", POLICY_KEY);
    let request = request.body(Body::from(body.to_owned())).unwrap();
    let answer = policy::router(console.app.clone()).oneshot(request).await.unwrap();
    let body = axum::body::to_bytes(answer.into_body(), 1 << 10).await.unwrap();
    let body = String::from_utf8(body.to_vec()).unwrap();
    body.split_inclusive(',').next().unwrap().to_owned()
}

#[tokio::test]
async fn who_shows_no_key_is_told_nothing_and_counts_for_nothing() {
    let console = Console::claimed("ldapi://%2Fnowhere");
    let report = "{\"login\":\"zoe\",\"remote\":\"192.0.2.1\",\"success\":false}";
    for round in 0..60 {
        let mut request = Request::post("/?command=report");
        if let Some(key) = [None, Some(""), Some("another-key"), Some("a-key-for-dovecot-and-more")][round % 4] {
            request = request.header("X-Policy-Key", key);
        }
        let request = request.body(Body::from(report)).unwrap();
        let answer = policy::router(console.app.clone()).oneshot(request).await.unwrap();
        assert_eq!(answer.status(), StatusCode::UNAUTHORIZED);
    }
    assert_eq!(ask(&console, "allow", "zoe", "192.0.2.1").await, "{\"status\":0,");
    let nobody = Console::claimed("ldapi://%2Fnowhere");
    nobody.remove_policy_key();
    let request = Request::post("/?command=allow").header("X-Policy-Key", "").body(Body::from(report)).unwrap();
    let answer = policy::router(nobody.app.clone()).oneshot(request).await.unwrap();
    assert_eq!(answer.status(), StatusCode::UNAUTHORIZED, "without mail nobody has a key");
}

#[tokio::test]
async fn who_signs_in_and_who_is_refused_is_in_the_journal() {
    let slapd = Slapd::start();
    let console = Console::claimed(&slapd.uri());
    let mut stranger = console.browser();
    stranger.get("/").await;
    for (name, password) in [("jill", "not-this-one"), (PASSWORD, "jill"), ("\u{1b}[2J\nx", "y")] {
        stranger.post("/sign-in", &[("name", name), ("password", password)]).await;
    }
    stranger.get("/reset/0123456789abcdef").await;
    stranger.get("/invite/0123456789abcdef").await;
    let mut david = signed_in(&console, "david").await;
    david.get("/dns").await;
    david.csrf = "0".repeat(64);
    david.post("/me/password", &[("new", "three green beans")]).await;
    let request = david.request("POST", "/members/jill").header("origin", "https://evil.example");
    david.send(request.body(Body::empty()).unwrap()).await;
    let expected = [
        "sign-in: jill from 192.0.2.1: wrong",
        "sign-in: nobody we know from 192.0.2.1: wrong",
        "sign-in: nobody we know from 192.0.2.1: wrong",
        "refused: GET /reset/{token} from 192.0.2.1: a link that is not good",
        "refused: GET /invite/{token} from 192.0.2.1: a link that is not good",
        "sign-in: david from 192.0.2.1: right",
        "refused: GET /dns from 192.0.2.1: david is no administrator",
        "refused: POST /me/password from 192.0.2.1: a form without its session's token",
        "refused: POST /members/{name} from 192.0.2.1: a form of another site",
    ];
    assert_eq!(console.journal(), expected);
    for guess in 0..12 {
        stranger.post("/sign-in", &[("name", "jill"), ("password", &format!("guess {guess}"))]).await;
        console.pass(40);
    }
    assert!(console.journal().contains(&"sign-in: jill from 192.0.2.1: too many wrong ones".to_owned()));
    assert!(!console.journal().iter().any(|line| line.contains(PASSWORD) || line.contains("guess")));
}

#[tokio::test]
async fn the_logo_is_a_picture_that_browsers_keep_while_it_is_the_same() {
    let console = Console::claimed("ldapi://%2Fnowhere");
    let mut stranger = console.browser();
    assert_eq!(stranger.get("/logo").await.status, StatusCode::NOT_FOUND);
    let jpeg = [b"\xff\xd8\xff".as_slice(), &[0; 200 << 10]].concat();
    for bad in [&b"<svg onload=alert(1)>"[..], b"<html>", b"", &jpeg] {
        std::fs::write(console.logo(), bad).unwrap();
        assert_eq!(stranger.get("/logo").await.status, StatusCode::NOT_FOUND);
    }
    let mut marks = std::collections::BTreeSet::new();
    for (picture, kind) in [
        (&b"\x89PNG\r\n\x1a\nleeks"[..], "image/png"),
        (b"\x89PNG\r\n\x1a\nmarrows", "image/png"),
        (b"\xff\xd8\xff\xe0", "image/jpeg"),
        (b"RIFF1234WEBPVP8 ", "image/webp"),
    ] {
        std::fs::write(console.logo(), picture).unwrap();
        let ask =
            |mark: &str| stranger.request("GET", "/logo").header("if-none-match", mark).body(Body::empty()).unwrap();
        let answer = console.router.clone().oneshot(ask("\"other\"")).await.unwrap();
        assert_eq!((answer.status(), &answer.headers()["content-type"]), (StatusCode::OK, &kind.parse().unwrap()));
        assert_eq!(answer.headers()["x-content-type-options"], "nosniff");
        assert_eq!(answer.headers()["cache-control"], "no-cache");
        assert_eq!(answer.headers()["content-security-policy"], headers::POLICY);
        assert!(!answer.headers().contains_key("set-cookie"));
        let mark = answer.headers()["etag"].to_str().unwrap().to_owned();
        let body = axum::body::to_bytes(answer.into_body(), 1 << 20).await.unwrap();
        assert_eq!(body, picture);
        let again = console.router.clone().oneshot(ask(&mark)).await.unwrap();
        assert_eq!(again.status(), StatusCode::NOT_MODIFIED);
        marks.insert(mark);
    }
    assert_eq!(marks.len(), 4);
}

#[tokio::test]
async fn without_a_helper_or_a_directory_there_are_plain_words() {
    let console = Console::claimed("ldapi://%2Fnowhere");
    let mut browser = console.browser();
    browser.get("/").await;
    let answer = browser.post("/sign-in", &[("name", "jill"), ("password", PASSWORD)]).await;
    assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE);
    assert!(answer.body.contains("does not answer just now") && !answer.body.contains("ldap"));
}

#[tokio::test]
async fn events_say_how_far_the_services_are_and_end_when_all_is_well() {
    let slapd = Slapd::start();
    let console = Console::claimed(&slapd.uri());
    let mut browser = signed_in(&console, "jill").await;
    console.helper.state().step = 5;
    let answer = browser.get("/progress/events").await;
    assert_eq!(answer.headers["content-type"], "text/event-stream; charset=utf-8");
    let events: Vec<&str> = answer.body.lines().filter_map(|line| line.strip_prefix("data: ")).collect();
    assert!(events.len() >= 2, "{}", answer.body);
    assert!(events[0].contains("\"well\":false") && events[0].contains("is starting"));
    assert!(events.last().is_some_and(|last| last.contains("\"well\":true")));
    let mut stranger = console.browser();
    assert_eq!(stranger.get("/progress/events").await.status, StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn a_handler_that_panics_takes_nobody_else_with_it() {
    async fn broken() -> StatusCode {
        panic!("this is a test")
    }
    let router = axum::Router::new()
        .route("/broken", axum::routing::get(broken))
        .route("/well", axum::routing::get(|| async { "well" }))
        .layer(axum::middleware::from_fn(sos_console::guard::fault::catch));
    let mut browser = Browser::new(router);
    let answer = browser.get("/broken").await;
    assert_eq!(answer.status, StatusCode::INTERNAL_SERVER_ERROR);
    assert!(answer.body.contains("not your fault") && !answer.body.contains("this is a test"));
    assert_eq!(browser.get("/well").await.status, StatusCode::OK);
}
