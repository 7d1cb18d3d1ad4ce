//! Walks a tree, keeping the path and noting what is not as it should be.

use std::str::FromStr;

use serde_json::{Map, Value};

use crate::names::NameError;
use crate::problem::Problems;

/// A value and its place.
pub(super) struct Node<'a> {
    pub(super) path: String,
    value: &'a Value,
}

impl<'a> Node<'a> {
    pub(super) fn new(path: impl Into<String>, value: &'a Value) -> Self {
        Self { path: path.into(), value }
    }

    /// Its text. A number or a truth value is not text: YAML takes `1234` and `no` for those.
    pub(super) fn text(&self, problems: &mut Problems) -> Option<&'a str> {
        let text = self.value.as_str();
        if text.is_none() {
            self.wrong("text; put it in quotation marks", problems);
        }
        text
    }

    /// Its text as a `T`.
    pub(super) fn parse<T: FromStr<Err = NameError>>(&self, problems: &mut Problems) -> Option<T> {
        match self.text(problems)?.parse() {
            Ok(name) => Some(name),
            Err(error) => {
                problems.add(&self.path, error.to_string());
                None
            }
        }
    }

    /// Its truth value.
    pub(super) fn truth(&self, problems: &mut Problems) -> Option<bool> {
        let truth = self.value.as_bool();
        if truth.is_none() {
            self.wrong("true or false, without quotation marks", problems);
        }
        truth
    }

    /// Its whole number from `least` to `most`.
    pub(super) fn number(&self, least: u64, most: u64, problems: &mut Problems) -> Option<u64> {
        if !self.value.is_number() {
            self.wrong("a whole number, without quotation marks", problems);
            return None;
        }
        let number = self.value.as_u64().filter(|number| (least..=most).contains(number));
        if number.is_none() {
            let range = if most == u64::MAX { format!("from {least}") } else { format!("from {least} to {most}") };
            problems.add(&self.path, format!("{} is not a whole number {range}; write one", self.value));
        }
        number
    }

    /// Its items.
    pub(super) fn items(&self, problems: &mut Problems) -> Vec<Node<'a>> {
        let Some(items) = self.value.as_array() else {
            self.wrong("a list; write [a, b], or one line beginning with - for each", problems);
            return Vec::new();
        };
        items.iter().enumerate().map(|(at, item)| Node::new(format!("{}[{at}]", self.path), item)).collect()
    }

    /// Says what stands there instead, without its value: it may be a password.
    fn wrong(&self, wanted: &str, problems: &mut Problems) {
        let found = match self.value {
            Value::Null => "nothing",
            Value::Bool(_) => "a truth value",
            Value::Number(_) => "a number",
            Value::String(_) => "text",
            Value::Array(_) => "a list",
            Value::Object(_) => "a mapping",
        };
        problems.add(&self.path, format!("is {found}, must be {wanted}"));
    }
}

/// The values of a mapping by key.
pub(super) struct Fields<'a> {
    pub(super) path: String,
    map: &'a Map<String, Value>,
}

impl<'a> Fields<'a> {
    /// The values of `node`, noting keys other than `known`.
    pub(super) fn of(node: &Node<'a>, known: &[&str], problems: &mut Problems) -> Option<Self> {
        let Some(map) = node.value.as_object() else {
            node.wrong("a mapping of keys and values", problems);
            return None;
        };
        for key in map.keys().filter(|key| !known.contains(&key.as_str())) {
            let key = key.escape_debug();
            problems.add(
                format!("{}.{key}", node.path),
                format!("is an unknown key; remove it, or write one of: {}", known.join(", ")),
            );
        }
        Some(Self { path: node.path.clone(), map })
    }

    /// Whether one of `keys` is there.
    pub(super) fn any(&self, keys: &[&str]) -> bool {
        keys.iter().any(|key| self.map.contains_key(*key))
    }

    /// The value of `key`; a key without a value counts as left out.
    pub(super) fn optional(&self, key: &str) -> Option<Node<'a>> {
        let value = self.map.get(key).filter(|value| !value.is_null())?;
        Some(Node::new(format!("{}.{key}", self.path), value))
    }

    /// The value of `key`, noting its absence.
    pub(super) fn required(&self, key: &str, problems: &mut Problems) -> Option<Node<'a>> {
        let node = self.optional(key);
        if node.is_none() {
            problems.add(format!("{}.{key}", self.path), "is missing; write it");
        }
        node
    }
}
