//! The script `webmail` of a member: read, changed and written so that webmail's page (Roundcube's plugin managesieve)
//! and this one can take turns.
//!
//! A script is a head (comments, `require`) and rules. What the console knows becomes a [`Vacation`] or a [`Filter`];
//! everything else stays byte for byte, and so does a known rule that nobody changed.
//!
//! The form is Roundcube's: a rule's name in a comment `# rule:[name]`, a rule that is off with its condition in a
//! comment behind `if false`, one sorted `require`, and CR LF.

mod filter;
mod token;
mod tree;
mod vacation;
mod write;

use std::collections::BTreeSet;
use std::fmt;

pub use filter::{Action, Condition, Filter, Part};
use tree::{Command, Test};
pub use vacation::{Bound, DAY, Vacation};

/// Largest script: what Dovecot lets a member store.
pub const LARGEST: usize = 1 << 20;

/// Why a script is not one.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SieveError {
    /// It does not follow RFC 5228.
    #[error("line {line} of the script: {what}; mend it with the program that wrote it")]
    Malformed {
        /// Counted from 1.
        line: usize,
        /// What is wrong.
        what: &'static str,
    },
    /// More than [`LARGEST`] bytes, or too many words.
    #[error("the script is larger than {LARGEST} bytes; shorten it with the program that wrote it")]
    TooLarge,
}

/// A script.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Script {
    /// Comments before the first command.
    prefix: String,
    /// The `require` commands, as they are written, with what stands between them.
    require: String,
    /// How many those are.
    requires: usize,
    /// The extensions they name.
    extensions: BTreeSet<String>,
    rules: Vec<Rule>,
    tail: String,
}

/// A rule, or another command, with the comments before it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rule {
    text: String,
    name: Option<String>,
    meaning: Meaning,
}

/// What the console makes of a rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Meaning {
    /// Answers letters.
    Vacation(Vacation),
    /// A simple rule.
    Filter(Filter),
    /// More than the console shows.
    Other {
        /// The command.
        command: String,
        /// Whether it answers letters too.
        answers: bool,
    },
}

impl Rule {
    /// The name in its comment.
    #[must_use]
    pub fn name(&self) -> Option<&str> {
        self.name.as_deref()
    }

    /// What it does.
    #[must_use]
    pub fn meaning(&self) -> &Meaning {
        &self.meaning
    }

    fn of_vacation(vacation: Vacation) -> Self {
        let text = vacation.to_script();
        Self { text, name: Some(vacation.name.clone()), meaning: Meaning::Vacation(vacation) }
    }

    fn of_filter(filter: Filter) -> Self {
        let text = filter.to_script();
        Self { text, name: Some(filter.name.clone()), meaning: Meaning::Filter(filter) }
    }

    /// Commands that belong together: `if` with all its `elsif` and `else`, or one other.
    fn read(script: &str, commands: &[Command], name: Option<String>, text: &str) -> Self {
        let meaning = match commands {
            [one] => Vacation::read(script, one, name.as_deref())
                .map(Meaning::Vacation)
                .or_else(|| Filter::read(script, one, name.as_deref()).map(Meaning::Filter)),
            _ => None,
        };
        let other = || Meaning::Other {
            command: commands.first().map(|command| command.name.clone()).unwrap_or_default(),
            answers: commands.iter().any(answers),
        };
        Self { text: text.to_owned(), name, meaning: meaning.unwrap_or_else(other) }
    }
}

fn answers(command: &Command) -> bool {
    command.name == "vacation" || command.block.iter().flatten().any(answers)
}

/// The condition of an `if` without others, the text its spans point to, and whether the rule is on.
fn condition(script: &str, rule: &Command) -> Option<(Test, String, bool)> {
    let [test] = rule.tests.as_slice() else { return None };
    if rule.name != "if" || !rule.arguments.is_empty() {
        return None;
    }
    match (&test.remark, test.name.as_str()) {
        (Some(remark), "false") => Some((tree::test(remark)?, remark.clone(), false)),
        (None, _) => Some((test.clone(), script.to_owned(), true)),
        _ => None,
    }
}

impl Script {
    /// Reads `text`.
    ///
    /// # Errors
    /// When it is no Sieve script, or too large a one: then nothing should be written over it.
    pub fn parse(text: &str) -> Result<Self, SieveError> {
        if text.len() > LARGEST {
            return Err(SieveError::TooLarge);
        }
        let commands = tree::commands(text)?;
        let requires = commands.iter().take_while(|command| command.name == "require").count();
        let (required, rest) = commands.split_at(requires);
        let first = commands.first().map_or(text.len(), |command| command.span.start);
        let (prefix, head) = match (required.first(), required.last()) {
            (Some(first), Some(last)) => (first.span.start, end_of_line(text, last.span.end)),
            _ => (end_of_prefix(&text[..first]), end_of_prefix(&text[..first])),
        };
        let mut script = Self {
            prefix: text[..prefix].to_owned(),
            require: text[prefix..head].to_owned(),
            requires,
            extensions: required.iter().flat_map(extensions_of).collect(),
            ..Self::default()
        };
        let mut at = head;
        for group in rest.chunk_by(|_, next| matches!(next.name.as_str(), "elsif" | "else")) {
            let (Some(begin), Some(end)) = (group.first(), group.last()) else { continue };
            let end = end_of_line(text, end.span.end);
            let name = rule_name(&text[at..begin.span.start]);
            script.rules.push(Rule::read(text, group, name, &text[at..end]));
            at = end;
        }
        text[at..].clone_into(&mut script.tail);
        Ok(script)
    }

    /// All rules, in the order in which the mail server follows them.
    #[must_use]
    pub fn rules(&self) -> &[Rule] {
        &self.rules
    }

    /// The first rule that answers letters and that the console can show.
    #[must_use]
    pub fn vacation(&self) -> Option<&Vacation> {
        self.rules.iter().find_map(|rule| match &rule.meaning {
            Meaning::Vacation(vacation) => Some(vacation),
            _ => None,
        })
    }

    /// Whether a rule answers letters that the console cannot show.
    #[must_use]
    pub fn answers_otherwise(&self) -> bool {
        self.rules.iter().any(|rule| matches!(rule.meaning, Meaning::Other { answers: true, .. }))
    }

    /// Puts `vacation` in the place of the one there is, or before all rules, as webmail does.
    pub fn set_vacation(&mut self, vacation: Vacation) {
        self.need(&vacation.extensions());
        let old = self.rules.iter().position(|rule| matches!(rule.meaning, Meaning::Vacation(_)));
        let rule = Rule::of_vacation(vacation);
        match old {
            Some(at) => self.replace(at, rule),
            None => self.insert(self.first_place(), rule),
        }
    }

    /// Puts `filter` behind all rules.
    pub fn add_filter(&mut self, filter: Filter) {
        self.need(&filter.extensions());
        self.insert(self.rules.len(), Rule::of_filter(filter));
    }

    /// Puts `filter` in the place of the filter at `index`; `false` if there is none.
    pub fn change_filter(&mut self, index: usize, filter: Filter) -> bool {
        let Some(Rule { meaning: Meaning::Filter(_), .. }) = self.rules.get(index) else { return false };
        self.need(&filter.extensions());
        self.replace(index, Rule::of_filter(filter));
        true
    }

    /// The filter at `index`.
    #[must_use]
    pub fn filter(&self, index: usize) -> Option<&Filter> {
        match &self.rules.get(index)?.meaning {
            Meaning::Filter(filter) => Some(filter),
            _ => None,
        }
    }

    /// Takes the filter at `index` out; `false` if there is none.
    pub fn remove_filter(&mut self, index: usize) -> bool {
        let there = self.filter(index).is_some();
        if there {
            self.rules.remove(index);
        }
        there
    }

    /// Where the first rule may stand: behind the variables of the script.
    fn first_place(&self) -> usize {
        let set = |rule: &Rule| matches!(&rule.meaning, Meaning::Other { command, .. } if command == "set");
        self.rules.iter().take_while(|rule| set(rule)).count()
    }

    fn replace(&mut self, index: usize, rule: Rule) {
        self.rules.remove(index);
        self.insert(index, rule);
    }

    /// Inserts a rule on a line of its own.
    fn insert(&mut self, index: usize, rule: Rule) {
        let before = match index.checked_sub(1) {
            Some(last) => self.rules.get_mut(last).map(|rule| &mut rule.text),
            None if self.require.is_empty() => Some(&mut self.prefix),
            None => Some(&mut self.require),
        };
        if let Some(before) = before
            && !before.is_empty()
            && !before.ends_with('\n')
        {
            before.push_str("\r\n");
        }
        self.rules.insert(index, rule);
    }

    /// Makes the head name `needed`.
    fn need(&mut self, needed: &[&str]) {
        let missing: BTreeSet<String> = needed.iter().map(|&one| one.to_owned()).collect();
        let missing: BTreeSet<String> = missing.difference(&self.extensions).cloned().collect();
        if missing.is_empty() {
            return;
        }
        self.extensions.extend(missing.iter().cloned());
        let list = |names: &BTreeSet<String>| {
            let names: Vec<String> = names.iter().map(|name| write::quoted(name)).collect();
            format!("require [{}];\r\n", names.join(","))
        };
        if self.requires <= 1 {
            if !self.prefix.is_empty() && !self.prefix.ends_with('\n') {
                self.prefix.push_str("\r\n");
            }
            self.require = list(&self.extensions);
            self.requires = 1;
        } else {
            if !self.require.ends_with('\n') {
                self.require.push_str("\r\n");
            }
            self.require.push_str(&list(&missing));
        }
    }
}

impl fmt::Display for Script {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.prefix)?;
        out.write_str(&self.require)?;
        for rule in &self.rules {
            out.write_str(&rule.text)?;
        }
        out.write_str(&self.tail)
    }
}

fn extensions_of(require: &Command) -> Vec<String> {
    let texts = require.arguments.iter().filter_map(|argument| match argument {
        tree::Argument::Texts(texts) => Some(texts.clone()),
        _ => None,
    });
    texts.flatten().collect()
}

/// Where the line with the end of a command ends, if nothing but space or a comment follows on it.
fn end_of_line(text: &str, end: usize) -> usize {
    let length = text[end..].find('\n').map_or(text.len() - end, |length| length + 1);
    let rest = text[end..end + length].trim();
    if rest.is_empty() || rest.starts_with('#') { end + length } else { end }
}

/// How much of the comments before the first command belongs to the script and not to its first rule.
fn end_of_prefix(comments: &str) -> usize {
    let mut at = 0;
    for line in comments.split_inclusive('\n') {
        if line.starts_with("# rule:[") {
            return at;
        }
        at += line.len();
    }
    at
}

/// The name in the comments before a rule.
fn rule_name(comments: &str) -> Option<String> {
    comments.lines().rev().find_map(|line| {
        let name = line.trim_start().strip_prefix("# rule:[")?;
        name.rfind(']').map(|end| name[..end].to_owned())
    })
}
