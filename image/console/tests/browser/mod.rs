//! A browser without scripts: it keeps cookies, remembers the token of the form it saw last, and does not follow where
//! it is sent unless told.
#![allow(dead_code, reason = "not every test file needs all of it")]

use std::collections::BTreeMap;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::header::{COOKIE, HOST, LOCATION, ORIGIN, SET_COOKIE};
use axum::http::request::Builder;
use axum::http::{HeaderMap, Request, StatusCode};
use tower::ServiceExt;

/// The server as the browser knows it.
const SERVER: &str = "mail.ambridge.example";

/// The browser.
pub struct Browser {
    router: Router,
    /// Its cookies.
    pub cookies: BTreeMap<String, String>,
    /// The token of the last form it saw.
    pub csrf: String,
    /// Where it is.
    pub address: &'static str,
    /// The language it asks for.
    pub language: &'static str,
}

/// What came back.
#[derive(Debug)]
pub struct Answer {
    /// The status.
    pub status: StatusCode,
    /// The headers.
    pub headers: HeaderMap,
    /// The page.
    pub body: String,
}

impl Answer {
    /// Where it sends the browser.
    pub fn location(&self) -> &str {
        self.headers.get(LOCATION).map_or("", |location| location.to_str().unwrap())
    }

    /// The sentence that is wrong with a field.
    pub fn error(&self, field: &str) -> Option<&str> {
        let mark = format!("data-field=\"{field}\"");
        let rest = self.body.split_once(&mark)?.1.split_once('>')?.1;
        rest.split_once('<').map(|(sentence, _)| sentence)
    }

    /// The value of the input of this name.
    pub fn value(&self, name: &str) -> Option<&str> {
        let rest = self.body.split_once(&format!("name=\"{name}\""))?.1;
        rest.split_once('>')?.0.split_once("value=\"")?.1.split('"').next()
    }
}

impl Browser {
    /// A new one, for this console.
    pub fn new(router: Router) -> Self {
        Self { router, cookies: BTreeMap::new(), csrf: String::new(), address: "192.0.2.1", language: "en" }
    }

    /// Another one for the same console: other cookies, another address.
    pub fn another(&self, address: &'static str) -> Self {
        Self { address, ..Self::new(self.router.clone()) }
    }

    /// Loads a page.
    pub async fn get(&mut self, path: &str) -> Answer {
        let request = self.request("GET", path).body(Body::empty()).unwrap();
        self.send(request).await
    }

    /// Posts a form with the token.
    pub async fn post(&mut self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let csrf = self.csrf.clone();
        let mut all = vec![("csrf", csrf.as_str())];
        all.extend(fields);
        self.post_raw(path, encode(&all).into_bytes()).await
    }

    /// Posts a body as it is.
    pub async fn post_raw(&mut self, path: &str, body: Vec<u8>) -> Answer {
        let request = self
            .request("POST", path)
            .header("content-type", "application/x-www-form-urlencoded")
            .header(ORIGIN, format!("https://{SERVER}"))
            .header("sec-fetch-site", "same-origin");
        self.send(request.body(Body::from(body)).unwrap()).await
    }

    /// A request with cookies, address and language.
    pub fn request(&self, method: &str, path: &str) -> Builder {
        let cookies: Vec<String> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header(HOST, SERVER)
            .header("x-real-ip", self.address)
            .header("accept-language", self.language);
        if cookies.is_empty() { request } else { request.header(COOKIE, cookies.join("; ")) }
    }

    /// Sends a request, and keeps cookies and the token of what comes back.
    pub async fn send(&mut self, request: Request<Body>) -> Answer {
        let (parts, body) = self.router.clone().oneshot(request).await.unwrap().into_parts();
        for cookie in parts.headers.get_all(SET_COOKIE) {
            let cookie = cookie.to_str().unwrap();
            let (name, value) = cookie.split(';').next().unwrap().split_once('=').unwrap();
            if cookie.contains("Max-Age=0") || value.is_empty() {
                self.cookies.remove(name);
            } else {
                self.cookies.insert(name.to_owned(), value.to_owned());
            }
        }
        let body = to_bytes(body, 8 << 20).await.unwrap();
        let body = String::from_utf8(body.to_vec()).unwrap();
        let answer = Answer { status: parts.status, headers: parts.headers, body };
        if let Some(csrf) = answer.value("csrf") {
            self.csrf = csrf.to_owned();
        }
        answer
    }
}

/// As a browser writes a form.
pub fn encode(fields: &[(&str, &str)]) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._*".contains(&byte);
    let text = |text: &str| {
        text.bytes()
            .map(|byte| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") })
            .collect::<String>()
    };
    let pairs: Vec<String> = fields.iter().map(|(name, value)| format!("{}={}", text(name), text(value))).collect();
    pairs.join("&")
}
