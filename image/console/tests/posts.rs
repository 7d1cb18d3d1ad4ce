//! Thousands of forms that nobody would send on purpose: no page breaks, and the helper is asked to change nothing.
#![allow(missing_docs, reason = "a test")]

mod browser;
mod console;
mod fake;

use browser::encode;
use console::Console;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

/// Names of fields that there are, and some that there are not.
const NAMES: [&str; 16] = [
    "csrf",
    "code",
    "organisation",
    "domain",
    "full_name",
    "name",
    "password",
    "recovery",
    "host",
    "timezone",
    "language",
    "services",
    "next",
    "do",
    "",
    "constructor",
];
/// What people and others send.
const VALUES: [&str; 20] = [
    "",
    " ",
    "jill",
    "ambridge.example",
    "*)(uid=*",
    "cn=admin,o=organisation",
    "'; DROP TABLE members; --",
    "<script>alert(1)</script>",
    "../../etc/passwd",
    "\u{0}",
    "a\r\nSet-Cookie: x=y",
    "\u{202e}elbmargE",
    "Ünïcödé",
    "=cmd|' /C calc'!A0",
    "%00%ff",
    "{{ 7 * 7 }}",
    "${jndi:ldap://x}",
    "𝕵𝖎𝖑𝖑",
    "xn--a",
    "9999999999999999999999999",
];
const PATHS: [&str; 8] =
    ["/", "/claim/code", "/claim/form", "/sign-in", "/sign-out", "/dns/check", "/progress", "/language/en"];

fn value() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => prop::sample::select(&VALUES[..]).prop_map(String::from),
        3 => ".{0,40}",
        2 => "[ -~]{0,80}",
        1 => (0..9_000_usize).prop_map(|length| "x".repeat(length)),
    ]
}

fn form() -> impl Strategy<Value = Vec<(&'static str, String)>> {
    prop::collection::vec((prop::sample::select(&NAMES[..]), value()), 0..14)
}

/// Sends `count` posts to `console`; a few of them with bytes that are no form at all.
fn send(console: fn() -> Console, with_code: bool, count: u32) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let (console, browser) = runtime.block_on(async {
        let console = console();
        let mut browser = console.browser();
        browser.get("/").await;
        if with_code {
            browser.post("/claim/code", &[("code", fake::CODE)]).await;
            browser.get("/claim/form").await;
        }
        (console, tokio::sync::Mutex::new(browser))
    });
    let case = (prop::sample::select(&PATHS[..]), form(), any::<bool>(), prop::collection::vec(any::<u8>(), 0..60));
    let mut runner = TestRunner::new(Config { cases: count, failure_persistence: None, ..Config::default() });
    let outcome = runner.run(&case, |(path, fields, raw, bytes)| {
        runtime.block_on(async {
            let mut browser = browser.lock().await;
            let cookies = browser.cookies.clone();
            let csrf = browser.csrf.clone();
            let mut body = encode(&[("csrf", &csrf)]).into_bytes();
            body.push(b'&');
            if raw {
                body.extend(&bytes);
            } else {
                let fields: Vec<_> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
                body.extend(encode(&fields).into_bytes());
            }
            // Nobody waits as long as the limiter would have them.
            console.pass(4_000);
            let answer = browser.post_raw(path, body).await;
            let busy = answer.status == axum::http::StatusCode::SERVICE_UNAVAILABLE && path == "/sign-in";
            prop_assert!(!answer.status.is_server_error() || busy, "{} {}", path, answer.status);
            if let Some(location) = answer.headers.get("location") {
                prop_assert!(location.to_str().is_ok_and(|to| to.starts_with('/') && !to.starts_with("//")));
            }
            prop_assert!(!answer.body.contains("<script>alert"));
            let helper = console.helper.state();
            prop_assert!(helper.changes.is_empty(), "{:?}", helper.changes);
            drop(helper);
            // The form of one case is not the next one's: each goes on from the same session.
            browser.cookies = cookies;
            browser.csrf = csrf;
            console.pass_back(4_000);
            Ok(())
        })
    });
    outcome.unwrap();
}

#[test]
fn strangers_before_the_claim() {
    send(Console::unclaimed, false, 3_000);
}

#[test]
fn somebody_with_the_code_and_a_cat_on_the_keyboard() {
    send(Console::unclaimed, true, 4_000);
}

#[test]
fn strangers_after_the_claim() {
    send(|| Console::claimed("ldapi://%2Fnowhere"), false, 3_000);
}
