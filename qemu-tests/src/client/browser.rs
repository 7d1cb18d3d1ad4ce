//! A real browser: Debian's Chromium, and what a person does with it: go somewhere, read, type, press, choose.

use std::net::Ipv4Addr;
use std::path::Path;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::webdriver::Session;
use crate::{Error, Result, must};

/// The key under which the protocol names an element (W3C WebDriver, section 11).
const ELEMENT: &str = "element-6066-11e4-a52e-4f735466cecf";
/// How often a page is looked at while waiting.
const INTERVAL: Duration = Duration::from_millis(250);

/// A browser window.
pub struct Browser {
    pub(super) session: Session,
    limit: Duration,
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
        Ok(Browser { session: Session::start(folder, hosts)?, limit })
    }

    /// Goes to an address.
    ///
    /// # Errors
    /// [`Error::Reply`] when the page cannot be had.
    pub fn go(&self, address: &str) -> Result<()> {
        self.session.post("/url", &json!({ "url": address })).map(drop)
    }

    /// Loads the page again.
    ///
    /// # Errors
    /// [`Error::Reply`] when it cannot be had.
    pub fn reload(&self) -> Result<()> {
        self.session.post("/refresh", &json!({})).map(drop)
    }

    /// The address it is at.
    ///
    /// # Errors
    /// [`Error::Reply`].
    pub fn address(&self) -> Result<String> {
        Ok(self.session.get("/url")?.as_str().unwrap_or_default().to_owned())
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
                let title = self.session.get("/title").unwrap_or_default();
                let detail = format!(": the page is called {title} and says {:?}", self.gist());
                let what = format!("`{selector}` on the page");
                return Err(Error::Late { what, seconds: self.limit.as_secs(), detail });
            }
            std::thread::sleep(INTERVAL);
        }
    }

    /// Waits until the page's text contains `text`.
    ///
    /// # Errors
    /// [`Error::Late`] with the beginning of what is there instead.
    pub fn wait_for_text(&self, text: &str) -> Result<()> {
        self.wait_for_text_within(text, self.limit)
    }

    /// The same, for what takes longer than a page does.
    ///
    /// # Errors
    /// As [`Browser::wait_for_text`].
    pub fn wait_for_text_within(&self, text: &str, limit: Duration) -> Result<()> {
        let start = Instant::now();
        loop {
            if self.text().is_ok_and(|page| page.contains(text)) {
                return Ok(());
            }
            if start.elapsed() > limit {
                let detail = format!(": it says {:?}", self.gist());
                let what = format!("{text:?} on the page");
                return Err(Error::Late { what, seconds: limit.as_secs(), detail });
            }
            std::thread::sleep(INTERVAL);
        }
    }

    /// What the page says, as it is seen.
    ///
    /// # Errors
    /// [`Error::Reply`] while there is no page.
    pub fn text(&self) -> Result<String> {
        let page = self.script("return document.body ? document.body.innerText : ''")?;
        Ok(page.as_str().unwrap_or_default().to_owned())
    }

    /// The beginning of what the page says, for complaints.
    fn gist(&self) -> String {
        self.text().unwrap_or_default().chars().take(400).collect()
    }

    /// The visible elements that match a CSS selector now.
    ///
    /// # Errors
    /// [`Error::Reply`].
    pub fn find(&self, selector: &str) -> Result<Vec<Element>> {
        let query = json!({ "using": "css selector", "value": selector });
        let found = self.session.post("/elements", &query)?;
        let all = found.as_array().into_iter().flatten();
        let elements = all.filter_map(|each| each[ELEMENT].as_str()).map(|id| Element(id.to_owned()));
        Ok(elements.filter(|element| self.is_visible(element)).collect())
    }

    /// Scrolls it to the middle, as somebody would who sees half of it under a bar, and clicks.
    ///
    /// # Errors
    /// [`Error::Reply`] when something lies over it.
    pub fn click(&self, element: &Element) -> Result<()> {
        let middle = "arguments[0].scrollIntoView({ block: 'center', behavior: 'instant' });";
        self.session.post("/execute/sync", &json!({ "script": middle, "args": [{ ELEMENT: element.0 }] }))?;
        self.session.post(&format!("/element/{}/click", element.0), &json!({})).map(drop)
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

    /// Types into a field; of a field for files, chooses the file of this path.
    ///
    /// # Errors
    /// [`Error::Reply`].
    pub fn type_into(&self, element: &Element, text: &str) -> Result<()> {
        self.session.post(&format!("/element/{}/value", element.0), &json!({ "text": text })).map(drop)
    }

    /// Empties the field of this selector and types `text` into it.
    ///
    /// # Errors
    /// [`Error::Late`] when there is no such field.
    pub fn fill(&self, selector: &str, text: &str) -> Result<()> {
        let field = self.wait_for(selector)?;
        self.session.post(&format!("/element/{}/clear", field.0), &json!({}))?;
        self.type_into(&field, text)
    }

    /// Chooses the option of this value in a list.
    ///
    /// # Errors
    /// [`Error::Late`] when there is none.
    pub fn choose(&self, list: &str, value: &str) -> Result<()> {
        self.click(&self.wait_for(&format!("{list} option[value=\"{value}\"]"))?)
    }

    /// Ticks a box, or takes the tick away.
    ///
    /// # Errors
    /// [`Error::Late`] when there is none, [`Error::Unmet`] when it stays as it is.
    pub fn tick(&self, selector: &str, wanted: bool) -> Result<()> {
        let ticked = |field: &Element| -> Result<bool> { Ok(self.property(field, "checked")? == true) };
        let field = self.wait_for(selector)?;
        if ticked(&field)? != wanted {
            self.click(&field)?;
        }
        must!(ticked(&field)? == wanted, "{selector} does not take a click");
        Ok(())
    }

    /// Presses the button of a form that says to `do` this.
    ///
    /// # Errors
    /// [`Error::Late`] when there is none.
    pub fn press(&self, what: &str) -> Result<()> {
        self.click(&self.wait_for(&format!("button[name=do][value=\"{what}\"]"))?)
    }

    /// What stands in the field of this selector.
    ///
    /// # Errors
    /// [`Error::Late`] when there is no such field.
    pub fn value_of(&self, selector: &str) -> Result<String> {
        let value = self.property(&self.wait_for(selector)?, "value")?;
        Ok(value.as_str().unwrap_or_default().to_owned())
    }

    /// What the element of this selector says.
    ///
    /// # Errors
    /// [`Error::Late`] when there is none.
    pub fn text_of(&self, selector: &str) -> Result<String> {
        let text = self.session.get(&format!("/element/{}/text", self.wait_for(selector)?.0))?;
        Ok(text.as_str().unwrap_or_default().to_owned())
    }

    /// The cookie of this name, as WebDriver describes it; null when there is none.
    ///
    /// # Errors
    /// [`Error::Reply`].
    pub fn cookie(&self, name: &str) -> Result<Value> {
        let all = self.session.get("/cookie")?;
        Ok(all.as_array().into_iter().flatten().find(|cookie| cookie["name"] == name).cloned().unwrap_or_default())
    }

    /// Forgets all cookies: whoever was signed in is not any more.
    ///
    /// # Errors
    /// [`Error::Reply`].
    pub fn forget(&self) -> Result<()> {
        self.session.delete("/cookie").map(drop)
    }

    /// Goes on inside the frame, or on the whole page again.
    ///
    /// # Errors
    /// [`Error::Reply`].
    pub fn enter_frame(&self, frame: Option<&Element>) -> Result<()> {
        let id = frame.map_or(Value::Null, |frame| json!({ ELEMENT: frame.0 }));
        self.session.post("/frame", &json!({ "id": id })).map(drop)
    }

    /// Runs a script in the page and gives what it returns.
    ///
    /// # Errors
    /// [`Error::Reply`] when it throws.
    pub fn script(&self, script: &str) -> Result<Value> {
        self.session.post("/execute/sync", &json!({ "script": script, "args": [] }))
    }

    /// Runs a script in the page that ends by calling `done` with what it found.
    ///
    /// # Errors
    /// [`Error::Reply`] when it throws or does not end.
    pub fn script_until_done(&self, script: &str) -> Result<Value> {
        let script = format!("const done = arguments[arguments.length - 1];\n{script}");
        self.session.post("/execute/async", &json!({ "script": script, "args": [] }))
    }

    fn property(&self, element: &Element, name: &str) -> Result<Value> {
        self.session.get(&format!("/element/{}/property/{name}", element.0))
    }

    fn is_visible(&self, element: &Element) -> bool {
        self.session.get(&format!("/element/{}/displayed", element.0)).is_ok_and(|shown| shown == true)
    }
}
