//! Simple rules: if a letter's sender, subject or recipient contains some words, something happens to it.

use super::tree::{Argument, Command, Test};
use super::write;

/// A rule that the console can show whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Filter {
    /// The rule's name.
    pub name: String,
    /// Whether it does anything.
    pub on: bool,
    /// Whether all conditions have to hold, or one of them.
    pub all: bool,
    /// At least one.
    pub conditions: Vec<Condition>,
    /// At least one.
    pub actions: Vec<Action>,
    /// Whether later rules are left alone.
    pub stop: bool,
}

/// `field` contains `text`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Condition {
    /// Where to look.
    pub field: Part,
    /// What for; case does not matter.
    pub text: String,
}

/// A part of a letter's head.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// Who wrote it.
    Sender,
    /// What it is about.
    Subject,
    /// To whom it is, or to whom there goes a copy.
    Recipient,
    /// To whom it is, without the copies.
    To,
    /// To whom there goes a copy.
    Cc,
}

/// What happens to a letter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Action {
    /// It is filed in this folder.
    Move(String),
    /// It counts as read.
    MarkRead,
    /// It is gone.
    Discard,
    /// A copy goes to this address.
    Copy(String),
}

impl Part {
    const ALL: [Self; 5] = [Self::Sender, Self::Subject, Self::Recipient, Self::To, Self::Cc];

    fn headers(self) -> &'static [&'static str] {
        match self {
            Self::Sender => &["from"],
            Self::Subject => &["subject"],
            Self::Recipient => &["to", "cc"],
            Self::To => &["to"],
            Self::Cc => &["cc"],
        }
    }
}

impl Condition {
    fn to_script(&self) -> String {
        // A rule that is off is a comment, which ends where its line does.
        let text = write::quoted(&self.text.replace(['\r', '\n'], " "));
        format!("header :contains {} {text}", write::texts(self.field.headers()))
    }

    fn read(test: &Test) -> Option<Self> {
        let [Argument::Tag(how), Argument::Texts(headers), text] = test.arguments.as_slice() else { return None };
        if test.name != "header" || how != "contains" || !test.tests.is_empty() {
            return None;
        }
        let same = |part: &Part| {
            let named = part.headers();
            named.len() == headers.len()
                && named.iter().zip(headers).all(|(one, other)| other.eq_ignore_ascii_case(one))
        };
        let text = text.text().filter(|text| !text.contains(['\r', '\n']))?;
        Some(Self { field: Part::ALL.into_iter().find(same)?, text: text.to_owned() })
    }
}

impl Action {
    fn to_script(&self) -> String {
        match self {
            Self::Move(folder) => format!("fileinto :create {}", write::quoted(folder)),
            Self::MarkRead => r#"addflag "\\Seen""#.to_owned(),
            Self::Discard => "discard".to_owned(),
            Self::Copy(address) => format!("redirect :copy {}", write::quoted(address)),
        }
    }

    fn extensions(&self) -> &'static [&'static str] {
        match self {
            Self::Move(_) => &["fileinto", "mailbox"],
            Self::MarkRead => &["imap4flags"],
            Self::Discard => &[],
            Self::Copy(_) => &["copy"],
        }
    }

    fn read(command: &Command) -> Option<Self> {
        if !command.tests.is_empty() || command.block.is_some() {
            return None;
        }
        match (command.name.as_str(), command.arguments.as_slice()) {
            ("fileinto", [folder]) => Some(Self::Move(folder.text()?.to_owned())),
            ("fileinto", [Argument::Tag(tag), folder]) if tag == "create" => {
                Some(Self::Move(folder.text()?.to_owned()))
            }
            ("addflag", [flag]) if flag.text()?.eq_ignore_ascii_case("\\Seen") => Some(Self::MarkRead),
            ("discard", []) => Some(Self::Discard),
            ("redirect", [Argument::Tag(tag), address]) if tag == "copy" => {
                Some(Self::Copy(address.text()?.to_owned()))
            }
            _ => None,
        }
    }
}

impl Filter {
    /// The extensions it needs.
    pub(super) fn extensions(&self) -> Vec<&'static str> {
        self.actions.iter().flat_map(|action| action.extensions().iter().copied()).collect()
    }

    /// As a rule of a script.
    pub(super) fn to_script(&self) -> String {
        let tests: Vec<String> = self.conditions.iter().map(Condition::to_script).collect();
        let mut script = write::name(&self.name) + &write::condition(self.on, &tests, self.all) + "{\r\n";
        for action in &self.actions {
            script += &format!("\t{};\r\n", action.to_script());
        }
        if self.stop {
            script += "\tstop;\r\n";
        }
        script + "}\r\n"
    }

    /// What `rule`, read from `script`, says; nothing if it is more than a filter can say.
    pub(super) fn read(script: &str, rule: &Command, name: Option<&str>) -> Option<Self> {
        let (condition, _, on) = super::condition(script, rule)?;
        let (all, tests) = match condition.name.as_str() {
            "allof" => (true, &condition.tests[..]),
            "anyof" => (false, &condition.tests[..]),
            _ => (false, std::slice::from_ref(&condition)),
        };
        let conditions = tests.iter().map(Condition::read).collect::<Option<Vec<_>>>()?;
        let block = rule.block.as_deref()?;
        let (stop, done) = match block.split_last() {
            Some((last, before)) if last.name == "stop" => (true, before),
            _ => (false, block),
        };
        let actions = done.iter().map(Action::read).collect::<Option<Vec<_>>>()?;
        let whole = !conditions.is_empty() && !actions.is_empty();
        whole.then(|| Self { name: name.unwrap_or_default().to_owned(), on, all, conditions, actions, stop })
    }
}
