//! A real browser: Debian's Chromium, driven over the W3C WebDriver protocol by its own chromedriver.

use std::net::{Ipv4Addr, TcpListener};
use std::path::Path;
use std::time::{Duration, Instant};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use crate::program::{Program, Running};
use crate::{Error, Result};

/// How long chromedriver may take to listen, and the browser to start.
const START_LIMIT: Duration = Duration::from_secs(60);
/// How long a page of a guest under TCG may take.
const PAGE_LIMIT: Duration = Duration::from_secs(180);
/// The key under which the protocol names an element (W3C WebDriver, section 11).
const ELEMENT: &str = "element-6066-11e4-a52e-4f735466cecf";

/// A browser window.
pub struct Browser {
    agent: ureq::Agent,
    session: String,
    limit: Duration,
    _driver: Running,
}

/// Something on the page.
#[derive(Debug, Clone)]
pub struct Element(String);

impl Browser {
    /// Opens a window that believes any certificate and keeps its files in `folder`. Waiting for
    /// elements takes at most `limit`; `hosts` says where names are, so that nobody else is asked.
    ///
    /// # Errors
    /// [`Error::Refused`] without chromedriver, [`Error::Reply`] when Chromium does not start.
    pub fn open(folder: &Path, limit: Duration, hosts: &[(&str, Ipv4Addr)]) -> Result<Browser> {
        let port = free_port()?;
        let driver =
            Program::new("chromedriver").arg(format!("--port={port}")).start(&folder.join("chromedriver.log"))?;
        let config = ureq::Agent::config_builder().timeout_global(Some(PAGE_LIMIT)).http_status_as_error(false);
        let agent = config.proxy(None).build().new_agent();
        let base = format!("http://127.0.0.1:{port}/session");
        let mut browser = Browser { agent, session: base, limit, _driver: driver };
        browser.wait_for_driver(port)?;
        let profile = folder.join("chromium");
        let rules: Vec<_> = hosts.iter().map(|(name, address)| format!("MAP {name} {address}")).collect();
        let started = browser.post(
            "",
            &json!({ "capabilities": { "alwaysMatch": {
            "acceptInsecureCerts": true,
            "pageLoadStrategy": "normal",
            "timeouts": { "pageLoad": PAGE_LIMIT.as_millis() as u64 },
            "goog:chromeOptions": { "args": [
                "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
                "--no-first-run", "--disable-background-networking", "--disable-component-update",
                format!("--host-resolver-rules={}", rules.join(",")),
                format!("--user-data-dir={}", profile.display()),
            ] },
        } } }),
        )?;
        let id = started["sessionId"].as_str().unwrap_or_default();
        browser.session = format!("{}/{id}", browser.session);
        Ok(browser)
    }

    /// Goes to an address.
    ///
    /// # Errors
    /// [`Error::Reply`] when the page cannot be had.
    pub fn go(&self, address: &str) -> Result<()> {
        self.post("/url", &json!({ "url": address })).map(drop)
    }

    /// Gives the window a size in CSS pixels, as a tablet or a telephone has.
    ///
    /// # Errors
    /// [`Error::Reply`].
    pub fn resize(&self, width: u32, height: u32) -> Result<()> {
        self.post(
            "/goog/cdp/execute",
            &json!({
                "cmd": "Emulation.setDeviceMetricsOverride",
                "params": { "width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 480 },
            }),
        )
        .map(drop)
    }

    /// Waits until a visible element matches the CSS selector.
    ///
    /// # Errors
    /// [`Error::Late`].
    pub fn wait_for(&self, selector: &str) -> Result<Element> {
        let start = Instant::now();
        loop {
            if let Some(element) = self.find(selector)?.into_iter().next() {
                return Ok(element);
            }
            if start.elapsed() > self.limit {
                let title = self.get("/title").unwrap_or_default();
                let detail = format!(": the page is called {title}");
                let what = format!("`{selector}` on the page");
                return Err(Error::Late { what, seconds: self.limit.as_secs(), detail });
            }
            std::thread::sleep(Duration::from_millis(250));
        }
    }

    /// Waits until the page's text contains `text`.
    ///
    /// # Errors
    /// [`Error::Late`] with the beginning of what is there instead.
    pub fn wait_for_text(&self, text: &str) -> Result<()> {
        let start = Instant::now();
        loop {
            let page = self.script("return document.body ? document.body.innerText : ''")?;
            let page = page.as_str().unwrap_or_default();
            if page.contains(text) {
                return Ok(());
            }
            if start.elapsed() > self.limit {
                let detail = format!(": it says {:?}", page.chars().take(400).collect::<String>());
                let what = format!("{text:?} on the page");
                return Err(Error::Late { what, seconds: self.limit.as_secs(), detail });
            }
            std::thread::sleep(Duration::from_millis(250));
        }
    }

    /// The visible elements that match a CSS selector now.
    ///
    /// # Errors
    /// [`Error::Reply`].
    pub fn find(&self, selector: &str) -> Result<Vec<Element>> {
        let query = json!({ "using": "css selector", "value": selector });
        let found = self.post("/elements", &query)?;
        let all = found.as_array().into_iter().flatten();
        let elements = all.filter_map(|each| each[ELEMENT].as_str()).map(|id| Element(id.to_owned()));
        Ok(elements.filter(|element| self.is_visible(element)).collect())
    }

    /// Clicks.
    ///
    /// # Errors
    /// [`Error::Reply`] when something lies over it.
    pub fn click(&self, element: &Element) -> Result<()> {
        self.post(&format!("/element/{}/click", element.0), &json!({})).map(drop)
    }

    /// Clicks on what sends a form, and waits until the page that answers is there: what the form asks for is
    /// done then.
    ///
    /// # Errors
    /// [`Error::Reply`] when something lies over it, [`Error::Late`] when no other page comes.
    pub fn submit(&self, button: &Element) -> Result<()> {
        self.script("window.beforeTheAnswer = true;")?;
        self.click(button)?;
        let start = Instant::now();
        while self.script("return !window.beforeTheAnswer && document.readyState === 'complete'")? != true {
            if start.elapsed() > self.limit {
                let what = "the page that answers the form".into();
                return Err(Error::Late { what, seconds: self.limit.as_secs(), detail: String::new() });
            }
            std::thread::sleep(Duration::from_millis(250));
        }
        Ok(())
    }

    /// Types into a field.
    ///
    /// # Errors
    /// [`Error::Reply`].
    pub fn type_into(&self, element: &Element, text: &str) -> Result<()> {
        self.post(&format!("/element/{}/value", element.0), &json!({ "text": text })).map(drop)
    }

    /// Goes on inside the frame, or on the whole page again.
    ///
    /// # Errors
    /// [`Error::Reply`].
    pub fn enter_frame(&self, frame: Option<&Element>) -> Result<()> {
        let id = frame.map_or(Value::Null, |frame| json!({ ELEMENT: frame.0 }));
        self.post("/frame", &json!({ "id": id })).map(drop)
    }

    /// Runs a script in the page and gives what it returns.
    ///
    /// # Errors
    /// [`Error::Reply`] when it throws.
    pub fn script(&self, script: &str) -> Result<Value> {
        self.post("/execute/sync", &json!({ "script": script, "args": [] }))
    }

    /// Writes what the window shows to `path` as PNG.
    ///
    /// # Errors
    /// [`Error::File`].
    pub fn photograph(&self, path: &Path) -> Result<()> {
        let picture = self.get("/screenshot")?;
        let bytes = STANDARD.decode(picture.as_str().unwrap_or_default()).unwrap_or_default();
        std::fs::write(path, bytes).map_err(Error::file(path))
    }

    fn is_visible(&self, element: &Element) -> bool {
        self.get(&format!("/element/{}/displayed", element.0)).is_ok_and(|shown| shown == true)
    }

    fn wait_for_driver(&self, port: u16) -> Result<()> {
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

    fn get(&self, path: &str) -> Result<Value> {
        let answer = self.agent.get(format!("{}{path}", self.session)).call();
        value(path, answer)
    }

    fn post(&self, path: &str, body: &Value) -> Result<Value> {
        let answer = self.agent.post(format!("{}{path}", self.session)).send_json(body);
        value(path, answer)
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        // Closes the window; chromedriver itself is ended right after.
        self.agent.delete(&self.session).call().ok();
    }
}

fn value(said: &str, answer: Result<ureq::http::Response<ureq::Body>, ureq::Error>) -> Result<Value> {
    let broken = |error: ureq::Error| reply(said, &error.to_string());
    let mut answer = answer.map_err(broken)?;
    let mut body: Value = answer.body_mut().read_json().map_err(broken)?;
    let value = body["value"].take();
    if value.get("error").is_some_and(Value::is_string) {
        return Err(reply(said, value["message"].as_str().unwrap_or_default()));
    }
    Ok(value)
}

fn reply(said: &str, got: &str) -> Error {
    Error::Reply { protocol: "WebDriver", said: said.into(), expected: "success".into(), got: got.into() }
}

fn free_port() -> Result<u16> {
    let listener = TcpListener::bind("127.0.0.1:0");
    let address = listener.and_then(|listener| listener.local_addr());
    Ok(address.map_err(Error::wire("a port for chromedriver"))?.port())
}
