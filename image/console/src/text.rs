//! Sentences: every word that a person reads, in the languages there are, from the catalogues in `locales/`.
//!
//! How a sentence is written: in `locales/en/*.ftl` and `locales/de/*.ftl` (both complete; a test compares them) under
//! a key of small letters and hyphens, and said in a template or in Rust by that key, written out as a literal:
//!
//! ```text
//! members-added = { $name } is a member now.            # members.ftl
//! members-count = { $count ->
//!     [one] One member
//!    *[other] { $count } members
//! }
//! ```
//!
//! ```html
//! <h1>{{ page.t.say("members-title") }}</h1>
//! <p>{{ page.t.with("members-added", [("name", name.as_str())]) }}</p>
//! <p>{{ page.t.count("members-count", members.len()) }}</p>
//! ```
//!
//! A test walks all sources and templates: a key that is missing or a sentence that nobody uses fails it. So a key that
//! is chosen at run time stands as a literal in a `match`, and is never put together from parts.

use std::sync::LazyLock;

use axum::http::HeaderMap;
use axum::http::header::ACCEPT_LANGUAGE;
use fluent_bundle::concurrent::FluentBundle;
use fluent_bundle::{FluentArgs, FluentResource, FluentValue};

/// All catalogues, read once.
pub static TEXTS: LazyLock<Texts> = LazyLock::new(Texts::load);

/// A language that there is a catalogue in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Language {
    /// English, complete.
    English,
    /// German, complete.
    German,
    /// Welsh, begun: what it lacks is said in English.
    Welsh,
}

/// The languages there are, as they are offered.
pub const LANGUAGES: [Language; 3] = [Language::English, Language::German, Language::Welsh];

/// The sources of the catalogue of a language.
macro_rules! catalogue {
    ($code:literal) => {
        [
            include_str!(concat!("../locales/", $code, "/core.ftl")),
            include_str!(concat!("../locales/", $code, "/members.ftl")),
            include_str!(concat!("../locales/", $code, "/me.ftl")),
        ]
    };
}

impl Language {
    /// Its code, as HTML's `lang` has it.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::English => "en",
            Self::German => "de",
            Self::Welsh => "cy",
        }
    }

    /// What its speakers call it.
    #[must_use]
    pub fn own_name(self) -> &'static str {
        match self {
            Self::English => "English",
            Self::German => "Deutsch",
            Self::Welsh => "Cymraeg",
        }
    }

    /// The language of a code such as `de` or `de-AT`.
    #[must_use]
    pub fn of_code(code: &str) -> Option<Self> {
        let primary = code.split('-').next().unwrap_or_default();
        LANGUAGES.into_iter().find(|language| primary.eq_ignore_ascii_case(language.code()))
    }

    /// The one that a browser prefers (RFC 9110, section 12.5.4) among those there are, if it prefers any of them.
    #[must_use]
    pub fn preferred(headers: &HeaderMap) -> Option<Self> {
        let accepted = headers.get(ACCEPT_LANGUAGE)?.to_str().ok()?;
        let mut best: Option<(f32, Self)> = None;
        for range in accepted.split(',').take(20) {
            let mut parts = range.split(';');
            let Some(language) = Self::of_code(parts.next().unwrap_or_default().trim()) else { continue };
            let quality = parts.find_map(|part| part.trim().strip_prefix("q=")).map_or(Ok(1.0), str::parse::<f32>);
            let quality = quality.unwrap_or(0.0);
            if quality > 0.0 && best.is_none_or(|(most, _)| quality > most) {
                best = Some((quality, language));
            }
        }
        best.map(|(_, language)| language)
    }

    fn sources(self) -> [&'static str; 3] {
        match self {
            Self::English => catalogue!("en"),
            Self::German => catalogue!("de"),
            Self::Welsh => catalogue!("cy"),
        }
    }
}

/// The catalogues.
pub struct Texts {
    english: FluentBundle<FluentResource>,
    german: FluentBundle<FluentResource>,
    welsh: FluentBundle<FluentResource>,
}

impl Texts {
    fn load() -> Self {
        Self { english: bundle(Language::English), german: bundle(Language::German), welsh: bundle(Language::Welsh) }
    }

    fn of(&self, language: Language) -> &FluentBundle<FluentResource> {
        match language {
            Language::English => &self.english,
            Language::German => &self.german,
            Language::Welsh => &self.welsh,
        }
    }

    /// Whoever says sentences in `language`.
    #[must_use]
    pub fn speaker(&'static self, language: Language) -> Say {
        Say { texts: self, language }
    }

    /// Whether there is a sentence of `key` in the catalogue of `language` itself.
    #[must_use]
    pub fn has(&self, language: Language, key: &str) -> bool {
        self.of(language).has_message(key)
    }

    fn format(&self, language: Language, key: &str, arguments: Option<&FluentArgs<'_>>) -> String {
        for bundle in [self.of(language), &self.english] {
            let Some(pattern) = bundle.get_message(key).and_then(|message| message.value()) else { continue };
            let mut errors = Vec::new();
            let sentence = bundle.format_pattern(pattern, arguments, &mut errors).into_owned();
            debug_assert!(errors.is_empty(), "the sentence {key:?} in {language:?}: {errors:?}");
            return sentence;
        }
        debug_assert!(false, "there is no sentence {key:?}");
        key.to_owned()
    }
}

fn bundle(language: Language) -> FluentBundle<FluentResource> {
    let code = language.code().parse().unwrap_or_default();
    let mut bundle = FluentBundle::new_concurrent(vec![code]);
    // Isolation marks would stand in letters and in what is copied; names with marks of their own are refused instead.
    bundle.set_use_isolating(false);
    for source in language.sources() {
        let resource = FluentResource::try_new(source.to_owned()).unwrap_or_else(|(resource, errors)| {
            debug_assert!(false, "the catalogue in {language:?}: {errors:?}");
            resource
        });
        if let Err(errors) = bundle.add_resource(resource) {
            debug_assert!(false, "the catalogue in {language:?}: {errors:?}");
        }
    }
    bundle
}

/// A number in a sentence, as templates hand it on: by value or by reference.
pub trait Amount {
    /// The number; one too large for a sentence is the largest.
    fn amount(&self) -> i64;
}

macro_rules! amounts {
    ($($number:ty),*) => {$(
        impl Amount for $number {
            fn amount(&self) -> i64 {
                i64::try_from(*self).unwrap_or(i64::MAX)
            }
        }
    )*};
}

amounts!(u32, u64, usize, i32, i64);

impl<T: Amount> Amount for &T {
    fn amount(&self) -> i64 {
        (**self).amount()
    }
}

/// Says sentences in one language.
#[derive(Clone, Copy)]
pub struct Say {
    texts: &'static Texts,
    /// Which.
    pub language: Language,
}

impl Say {
    /// The sentence of `key`, which takes no arguments.
    #[must_use]
    pub fn say(&self, key: &str) -> String {
        self.texts.format(self.language, key, None)
    }

    /// The sentence of `key` with texts in it: `t.with("key", [("name", name)])`.
    #[must_use]
    pub fn with<'a>(&self, key: &str, arguments: impl AsRef<[(&'a str, &'a str)]>) -> String {
        let mut values = FluentArgs::new();
        for (name, value) in arguments.as_ref() {
            values.set(*name, FluentValue::from(*value));
        }
        self.texts.format(self.language, key, Some(&values))
    }

    /// The sentence of `key` with a number in it, `$count`, that decides its form.
    #[must_use]
    pub fn count(&self, key: &str, count: impl Amount) -> String {
        self.count_with(key, count, [])
    }

    /// As [`Say::count`], with texts besides.
    #[must_use]
    pub fn count_with<'a>(&self, key: &str, count: impl Amount, arguments: impl AsRef<[(&'a str, &'a str)]>) -> String {
        let mut values = FluentArgs::new();
        values.set("count", FluentValue::from(count.amount()));
        for (name, value) in arguments.as_ref() {
            values.set(*name, FluentValue::from(*value));
        }
        self.texts.format(self.language, key, Some(&values))
    }

    /// What a service is called: by the catalogue where it knows the service, and else by the service's own manifest,
    /// so that a new service needs no sentence here.
    #[must_use]
    pub fn service(&self, name: &str, title: &str) -> String {
        let key = format!("service-{name}");
        let known = self.texts.has(self.language, &key) || self.texts.has(Language::English, &key);
        if known { self.say(&key) } else { title.to_owned() }
    }

    /// `seconds` in words: «15 minutes».
    #[must_use]
    pub fn duration(&self, seconds: u64) -> String {
        match seconds {
            0..60 => self.count("duration-seconds", seconds.max(1)),
            60..3600 => self.count("duration-minutes", seconds.div_ceil(60)),
            _ => self.count("duration-hours", seconds.div_ceil(3600)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn accepting(header: &str) -> Option<Language> {
        let mut headers = HeaderMap::new();
        headers.insert(ACCEPT_LANGUAGE, header.parse().unwrap());
        Language::preferred(&headers)
    }

    #[test]
    fn takes_the_language_that_the_browser_prefers() {
        assert_eq!(accepting("de-AT,de;q=0.9,en;q=0.8"), Some(Language::German));
        assert_eq!(accepting("fr, en;q=0.3, cy;q=0.7"), Some(Language::Welsh));
        assert_eq!(accepting("fr"), None);
        assert_eq!(accepting("de;q=0, en;q=nonsense"), None);
    }

    #[test]
    fn says_in_english_what_welsh_lacks() {
        let welsh = TEXTS.speaker(Language::Welsh);
        assert_eq!(welsh.count("duration-minutes", 1), "1 minute");
    }

    #[test]
    fn says_how_long_in_words() {
        let english = TEXTS.speaker(Language::English);
        assert_eq!(english.duration(900), "15 minutes");
        assert_eq!(english.duration(7_200), "2 hours");
        assert_eq!(english.duration(0), "1 second");
    }
}
