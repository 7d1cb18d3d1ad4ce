//! Forms: what was posted, the fields with what was typed and what is wrong with it.
//!
//! How a form is read:
//!
//! ```text
//! async fn save(ForAdministrators { page, me }: ForAdministrators, posted: Posted) -> Response {
//!     let mut form = Form::lines(&["full_name", "name"], &posted, page.t);      // one line each, trimmed
//!     form.read_text("letter", &posted, page.t);                                // several lines
//!     if form.value("full_name").is_empty() {
//!         form.fail("full_name", page.t.say("members-full-name-missing"));
//!     }
//!     if !form.is_good() {
//!         return page::refused(&NewMember { page: page.titled("members-new"), form });   // 422, everything kept
//!     }
//!     …
//!     page.say_next(page.t.say("members-added")).await;                         // a notice on the next page
//!     page::go("/members")                                                      // 303
//! }
//! ```
//!
//! [`Posted`] can be had only by a request whose CSRF token was checked before any handler was called
//! (`guard::csrf`). In a template:
//!
//! ```html
//! {% import "fields.html" as fields %}
//! {% call fields::summary(page.t, form) %}{% endcall %}
//! <form method="post" action="/members/new">
//!   {% call fields::csrf(page) %}{% endcall %}
//!   {% call fields::line(page.t, form.field("full_name"), "members-full-name", "members-full-name-hint", "text", "off") %}{% endcall %}
//!   <button type="submit" name="do" value="add">{{ page.t.say("members-add") }}</button>
//! </form>
//! ```

use axum::body::Bytes;
use axum::extract::{FromRequest, Request};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};

use crate::text::Say;

/// Most fields that a form has.
const MOST_FIELDS: usize = 2_000;

/// What a form posted, in its order.
#[derive(Debug, Clone, Default)]
pub struct Posted(Vec<(String, String)>);

impl Posted {
    /// Reads `application/x-www-form-urlencoded`. Bytes that are no UTF-8 become U+FFFD.
    #[must_use]
    pub fn parse(body: &[u8]) -> Self {
        Self(
            body.split(|byte| *byte == b'&')
                .filter(|pair| !pair.is_empty())
                .take(MOST_FIELDS)
                .map(|pair| {
                    let at = pair.iter().position(|byte| *byte == b'=').unwrap_or(pair.len());
                    (decode(&pair[..at]), decode(pair.get(at + 1..).unwrap_or_default()))
                })
                .collect(),
        )
    }

    /// The first value of `name`, or nothing.
    #[must_use]
    pub fn get(&self, name: &str) -> &str {
        self.0.iter().find(|(field, _)| field == name).map_or("", |(_, value)| value)
    }

    /// All values of `name`: checkboxes of one name.
    pub fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.0.iter().filter(move |(field, _)| field == name).map(|(_, value)| value.as_str())
    }

    /// Whether there is a value of `name`: a ticked checkbox.
    #[must_use]
    pub fn has(&self, name: &str) -> bool {
        self.0.iter().any(|(field, _)| field == name)
    }

    /// Which button was pressed: the value of `do`.
    #[must_use]
    pub fn pressed(&self) -> &str {
        self.get("do")
    }
}

impl From<Vec<(String, String)>> for Posted {
    fn from(fields: Vec<(String, String)>) -> Self {
        Self(fields)
    }
}

impl<S: Send + Sync> FromRequest<S> for Posted {
    type Rejection = Response;

    async fn from_request(request: Request, state: &S) -> Result<Self, Response> {
        // The guard has bounded the body and checked its token already.
        let body = Bytes::from_request(request, state).await;
        Ok(Self::parse(&body.map_err(|_| StatusCode::PAYLOAD_TOO_LARGE.into_response())?))
    }
}

fn decode(text: &[u8]) -> String {
    let hex = |digit: Option<&u8>| digit.and_then(|digit| char::from(*digit).to_digit(16));
    let mut bytes = Vec::with_capacity(text.len());
    let mut at = 0;
    while let Some(&byte) = text.get(at) {
        let escaped = hex(text.get(at + 1)).zip(hex(text.get(at + 2)));
        match (byte, escaped) {
            (b'%', Some((high, low))) => {
                bytes.push(u8::try_from(high * 16 + low).unwrap_or(b'?'));
                at += 2;
            }
            (b'+', _) => bytes.push(b' '),
            (other, _) => bytes.push(other),
        }
        at += 1;
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// A field: what was typed, and what is wrong with it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Field {
    /// Its name, and the id of its input.
    pub name: String,
    /// What was typed.
    pub value: String,
    /// What is wrong with it, in a sentence that says what to do.
    pub error: Option<String>,
}

/// The fields of a form.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Form {
    fields: Vec<Field>,
}

impl Form {
    /// An empty form with fields of these names.
    #[must_use]
    pub fn empty(names: &[&str]) -> Self {
        let mut form = Self::default();
        names.iter().for_each(|name| form.set(name, ""));
        form
    }

    /// Fields of one line each, without the space around them. One with characters that do not belong on a line is in
    /// error.
    #[must_use]
    pub fn lines(names: &[&str], posted: &Posted, t: Say) -> Self {
        let mut form = Self::default();
        for name in names {
            form.set(name, posted.get(name).trim());
            if form.value(name).chars().any(|char| char.is_control() || is_odd(char)) {
                form.fail(name, t.say("form-odd-characters"));
            }
        }
        form
    }

    /// A field of several lines, each ending in `\n`.
    pub fn read_text(&mut self, name: &str, posted: &Posted, t: Say) {
        let text = posted.get(name).replace("\r\n", "\n").replace('\r', "\n");
        self.set(name, text.trim());
        if self.value(name).chars().any(|char| (char.is_control() && !"\n\t".contains(char)) || is_odd(char)) {
            self.fail(name, t.say("form-odd-characters"));
        }
    }

    /// A field whose spaces count: a password.
    pub fn read_secret(&mut self, name: &str, posted: &Posted, t: Say) {
        self.set(name, posted.get(name));
        if self.value(name).chars().any(char::is_control) {
            self.fail(name, t.say("form-odd-characters"));
        }
    }

    /// Sets the value of a field, which is made if there is none of `name`.
    pub fn set(&mut self, name: &str, value: impl Into<String>) {
        let value = value.into();
        match self.fields.iter_mut().find(|field| field.name == name) {
            Some(field) => field.value = value,
            None => self.fields.push(Field { name: name.to_owned(), value, error: None }),
        }
    }

    /// Says what is wrong with the field of `name`. What was said first stays.
    pub fn fail(&mut self, name: &str, sentence: impl Into<String>) {
        let sentence = sentence.into();
        match self.fields.iter_mut().find(|field| field.name == name) {
            Some(field) => {
                field.error.get_or_insert(sentence);
            }
            None => self.fields.push(Field { name: name.to_owned(), value: String::new(), error: Some(sentence) }),
        }
    }

    /// The value of `name`, or nothing.
    #[must_use]
    pub fn value(&self, name: &str) -> &str {
        self.fields.iter().find(|field| field.name == name).map_or("", |field| &field.value)
    }

    /// The field of `name`; an empty one if there is none.
    #[must_use]
    pub fn field(&self, name: &str) -> Field {
        let found = self.fields.iter().find(|field| field.name == name).cloned();
        found.unwrap_or_else(|| Field { name: name.to_owned(), ..Field::default() })
    }

    /// Whether the field of `name` has nothing wrong so far.
    #[must_use]
    pub fn fits(&self, name: &str) -> bool {
        self.fields.iter().all(|field| field.name != name || field.error.is_none())
    }

    /// Whether nothing is wrong.
    #[must_use]
    pub fn is_good(&self) -> bool {
        self.fields.iter().all(|field| field.error.is_none())
    }

    /// Fields with something wrong.
    #[must_use]
    pub fn errors(&self) -> Vec<&Field> {
        self.fields.iter().filter(|field| field.error.is_some()).collect()
    }
}

/// Characters that turn the direction of what follows, or that nobody sees: they make one name look like another.
/// (Joiners, U+200C and U+200D, are left: some scripts need them.)
#[must_use]
pub fn is_odd(char: char) -> bool {
    matches!(char, '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}'
        | '\u{feff}' | '\u{fff9}'..='\u{fffd}' | '\u{2028}' | '\u{2029}' | '\u{e0000}'..='\u{e007f}')
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::{Language, TEXTS};

    fn english() -> Say {
        TEXTS.speaker(Language::English)
    }

    #[test]
    fn reads_what_browsers_post() {
        let posted = Posted::parse(b"a=1+2&b=%C3%BC&a=3&empty=&flag&%zz=%");
        assert_eq!(posted.get("a"), "1 2");
        assert_eq!(posted.get("b"), "ü");
        assert_eq!(posted.all("a").collect::<Vec<_>>(), ["1 2", "3"]);
        assert!(posted.has("flag") && !posted.has("other"));
        assert_eq!(posted.get("%zz"), "%");
    }

    #[test]
    fn refuses_characters_that_do_not_belong_on_a_line() {
        for bad in ["a%00b", "a%0Ab", "a%E2%80%AEb", "a%FFb"] {
            let form = Form::lines(&["name"], &Posted::parse(format!("name={bad}").as_bytes()), english());
            assert!(!form.is_good(), "{bad}");
        }
        assert!(Form::lines(&["name"], &Posted::parse("name= Siân ".as_bytes()), english()).is_good());
    }

    #[test]
    fn keeps_what_was_said_first() {
        let mut form = Form::empty(&["name"]);
        form.fail("name", "first");
        form.fail("name", "second");
        assert_eq!(form.field("name").error.as_deref(), Some("first"));
        assert!(!form.fits("name") && form.fits("other"));
    }
}
