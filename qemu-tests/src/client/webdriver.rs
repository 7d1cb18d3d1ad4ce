//! The W3C WebDriver protocol, as Debian's chromedriver speaks it: one session, questions and answers as JSON.

use std::net::{Ipv4Addr, TcpListener};
use std::path::Path;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::program::{Program, Running};
use crate::{Error, Result};

/// How long chromedriver may take to listen, and the browser to start.
const START_LIMIT: Duration = Duration::from_secs(60);
/// How long a page of a guest under TCG may take, and a script that looks at it.
const PAGE_LIMIT: Duration = Duration::from_secs(180);

/// A browser window, and the driver it hangs on.
pub(super) struct Session {
    agent: ureq::Agent,
    address: String,
    _driver: Running,
}

impl Session {
    /// Opens a window that believes any certificate, speaks English, and keeps its files in `folder`.
    pub(super) fn start(folder: &Path, hosts: &[(&str, Ipv4Addr)]) -> Result<Session> {
        let port = free_port()?;
        let driver =
            Program::new("chromedriver").arg(format!("--port={port}")).start(&folder.join("chromedriver.log"))?;
        let config = ureq::Agent::config_builder().timeout_global(Some(PAGE_LIMIT)).http_status_as_error(false);
        let agent = config.proxy(None).build().new_agent();
        let mut session = Session { agent, address: format!("http://127.0.0.1:{port}/session"), _driver: driver };
        wait_for_driver(port)?;
        // A new profile for each window: nobody is signed in from before.
        let started = session.post("", &wishes(&folder.join(format!("chromium-{port}")), hosts))?;
        session.address = format!("{}/{}", session.address, started["sessionId"].as_str().unwrap_or_default());
        Ok(session)
    }

    pub(super) fn get(&self, path: &str) -> Result<Value> {
        let answer = self.agent.get(format!("{}{path}", self.address)).call();
        value(path, answer)
    }

    pub(super) fn post(&self, path: &str, body: &Value) -> Result<Value> {
        let answer = self.agent.post(format!("{}{path}", self.address)).send_json(body);
        value(path, answer)
    }

    pub(super) fn delete(&self, path: &str) -> Result<Value> {
        let answer = self.agent.delete(format!("{}{path}", self.address)).call();
        value(path, answer)
    }

    /// Gives a command of the Chrome DevTools Protocol.
    pub(super) fn devtools(&self, command: &str, parameters: &Value) -> Result<Value> {
        self.post("/goog/cdp/execute", &json!({ "cmd": command, "params": parameters }))
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        // Closes the window; chromedriver itself is ended right after.
        self.agent.delete(&self.address).call().ok();
    }
}

fn wishes(profile: &Path, hosts: &[(&str, Ipv4Addr)]) -> Value {
    let rules: Vec<_> = hosts.iter().map(|(name, address)| format!("MAP {name} {address}")).collect();
    let limit = PAGE_LIMIT.as_millis() as u64;
    json!({ "capabilities": { "alwaysMatch": {
        "acceptInsecureCerts": true,
        "pageLoadStrategy": "normal",
        "timeouts": { "pageLoad": limit, "script": limit },
        "goog:chromeOptions": { "args": [
            "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--lang=en-GB",
            // A page that still moves when it is clicked is clicked beside.
            "--force-prefers-reduced-motion",
            "--no-first-run", "--disable-background-networking", "--disable-component-update",
            format!("--host-resolver-rules={}", rules.join(",")),
            format!("--user-data-dir={}", profile.display()),
        ] },
    } } })
}

fn wait_for_driver(port: u16) -> Result<()> {
    let start = Instant::now();
    while std::net::TcpStream::connect(("127.0.0.1", port)).is_err() {
        if start.elapsed() > START_LIMIT {
            let what = "chromedriver's port (see chromedriver.log)".into();
            return Err(Error::Late { what, seconds: START_LIMIT.as_secs(), detail: String::new() });
        }
        std::thread::sleep(Duration::from_millis(100));
    }
    Ok(())
}

fn value(said: &str, answer: Result<ureq::http::Response<ureq::Body>, ureq::Error>) -> Result<Value> {
    let broken = |error: ureq::Error| reply(said, &error.to_string());
    let mut answer = answer.map_err(broken)?;
    let mut body: Value = answer.body_mut().with_config().limit(LARGEST).read_json().map_err(broken)?;
    let value = body["value"].take();
    if value.get("error").is_some_and(Value::is_string) {
        return Err(reply(said, value["message"].as_str().unwrap_or_default()));
    }
    Ok(value)
}

/// Largest answer: a picture of a long page, in base64.
const LARGEST: u64 = 64 << 20;

fn reply(said: &str, got: &str) -> Error {
    Error::Reply { protocol: "WebDriver", said: said.into(), expected: "success".into(), got: got.into() }
}

fn free_port() -> Result<u16> {
    let listener = TcpListener::bind("127.0.0.1:0");
    let address = listener.and_then(|listener| listener.local_addr());
    Ok(address.map_err(Error::wire("a port for chromedriver"))?.port())
}
