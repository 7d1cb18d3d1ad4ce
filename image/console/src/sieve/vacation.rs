//! The rule that answers letters while a member is away, as webmail's own page for it writes it.

use time::Date;
use time::format_description::FormatItem;
use time::macros::format_description;

use super::tree::{Argument, Command, Test};
use super::write;

/// How scripts and forms write a day.
pub const DAY: &[FormatItem<'_>] = format_description!("[year]-[month]-[day]");

/// An answer to whoever writes, at most once in some days.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Vacation {
    /// The rule's name; webmail shows it in its list.
    pub name: String,
    /// Whether letters are answered at all.
    pub on: bool,
    /// The first day.
    pub from: Option<Bound>,
    /// The last day.
    pub to: Option<Bound>,
    /// The subject of answers; without it the mail server makes one of the letter's.
    pub subject: Option<String>,
    /// What the answer says.
    pub reason: String,
    /// In how many days somebody is answered once.
    pub days: Option<u32>,
    /// Addresses that count as the member's own, beyond the first one.
    pub addresses: Vec<String>,
    /// What the console has no field for, kept as it was.
    pub kept: Kept,
}

/// The first or last day, and the test that says so.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bound {
    day: Date,
    test: String,
}

/// Parts of a rule that webmail offers and the console does not.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Kept {
    /// Tests beside the days.
    tests: Vec<String>,
    /// Arguments of the answer: its sender, its handle, and so on.
    arguments: Vec<String>,
    /// `:seconds`, which stands in the place of `:days`.
    seconds: Option<String>,
    /// What else happens to the letter.
    actions: Option<String>,
}

impl Vacation {
    /// Sets the first and the last day. One that stays the same day keeps the time that webmail gave it.
    pub fn set_days(&mut self, from: Option<Date>, to: Option<Date>) {
        let bound = |old: &Option<Bound>, day: Option<Date>, relation| match (old, day) {
            (_, None) => None,
            (Some(old), Some(day)) if old.day == day => Some(old.clone()),
            (_, Some(day)) => Some(Bound::of(day, relation)),
        };
        self.from = bound(&self.from, from, "ge");
        self.to = bound(&self.to, to, "le");
    }

    /// Whether it says more than the console has fields for, set in webmail.
    #[must_use]
    pub fn says_more(&self) -> bool {
        self.kept != Kept::default()
    }

    /// The extensions it needs.
    pub(super) fn extensions(&self) -> Vec<&'static str> {
        // The one names the other (RFC 6131, section 2), and webmail leaves that one out.
        let mut needed = vec![if self.kept.seconds.is_some() { "vacation-seconds" } else { "vacation" }];
        if self.from.is_some() || self.to.is_some() {
            needed.extend(["date", "relational"]);
        }
        needed
    }

    /// As a rule of a script.
    pub(super) fn to_script(&self) -> String {
        let mut tests = self.kept.tests.clone();
        tests.extend([&self.from, &self.to].into_iter().flatten().map(|bound| bound.test.clone()));
        let mut script = write::name(&self.name);
        script += &write::condition(self.on, &tests, tests.len() > 1);
        script += "{\r\n\tvacation";
        match (&self.kept.seconds, self.days) {
            (Some(seconds), _) => script += &format!(" :seconds {seconds}"),
            (None, Some(days)) => script += &format!(" :days {days}"),
            (None, None) => {}
        }
        if !self.addresses.is_empty() {
            script += &format!(" :addresses {}", write::texts(&self.addresses));
        }
        if let Some(subject) = &self.subject {
            script += &format!(" :subject {}", write::quoted(subject));
        }
        for argument in &self.kept.arguments {
            script += " ";
            script += argument;
        }
        script += &format!(" {};\r\n", write::text(&self.reason));
        if let Some(actions) = &self.kept.actions {
            script += &format!("\t{actions}\r\n");
        }
        script + "}\r\n"
    }

    /// What `rule`, read from `script`, says; nothing if it is no such rule or has parts that would be lost.
    pub(super) fn read(script: &str, rule: &Command, name: Option<&str>) -> Option<Self> {
        let mut vacation = Self { name: name.unwrap_or_default().to_owned(), on: true, ..Self::default() };
        if rule.name == "vacation" {
            vacation.read_action(rule)?;
            return Some(vacation);
        }
        let (condition, text, on) = super::condition(script, rule)?;
        vacation.on = on;
        vacation.read_condition(&text, &condition)?;
        let (action, others) = rule.block.as_deref()?.split_first()?;
        if action.name != "vacation" {
            return None;
        }
        vacation.read_action(action)?;
        if let (Some(first), Some(last)) = (others.first(), others.last()) {
            vacation.kept.actions = Some(script.get(first.span.start..last.span.end)?.to_owned());
        }
        Some(vacation)
    }

    /// Reads the days out of a condition; `text` is where its spans point to.
    fn read_condition(&mut self, text: &str, condition: &Test) -> Option<()> {
        let single = condition.tests.len() == 1;
        let tests = match condition.name.as_str() {
            "true" => return Some(()),
            "allof" => &condition.tests[..],
            "anyof" if single => &condition.tests[..],
            _ => std::slice::from_ref(condition),
        };
        for test in tests {
            let source = text.get(test.span.clone())?.to_owned();
            if source.contains(['\r', '\n']) {
                return None;
            }
            match Bound::read(test, &source) {
                Some((bound, "ge")) if self.from.is_none() => self.from = Some(bound),
                Some((bound, "le")) if self.to.is_none() => self.to = Some(bound),
                _ if test.name == "true" => {}
                _ => self.kept.tests.push(source),
            }
        }
        Some(())
    }

    fn read_action(&mut self, action: &Command) -> Option<()> {
        if !action.tests.is_empty() || action.block.is_some() {
            return None;
        }
        let (reason, mut rest) = action.arguments.split_last()?;
        self.reason = reason.text()?.replace('\r', "");
        while let Some((tag, behind)) = rest.split_first() {
            let Argument::Tag(tag) = tag else { return None };
            rest = match (tag.as_str(), behind) {
                ("mime", behind) => {
                    self.kept.arguments.push(":mime".to_owned());
                    behind
                }
                ("days", [Argument::Number(days), behind @ ..]) => {
                    self.days = Some(days.parse().ok()?);
                    behind
                }
                ("seconds", [Argument::Number(seconds), behind @ ..]) => {
                    self.kept.seconds = Some(seconds.clone());
                    behind
                }
                ("addresses", [Argument::Texts(addresses), behind @ ..]) => {
                    self.addresses.clone_from(addresses);
                    behind
                }
                ("subject", [subject, behind @ ..]) => {
                    self.subject = Some(subject.text()?.to_owned());
                    behind
                }
                ("handle" | "from", [value, behind @ ..]) => {
                    self.kept.arguments.push(format!(":{tag} {}", write::quoted(value.text()?)));
                    behind
                }
                _ => return None,
            };
        }
        Some(())
    }
}

impl Bound {
    /// The day itself.
    #[must_use]
    pub fn day(&self) -> Date {
        self.day
    }

    /// In the server's own time zone, which is the organisation's.
    fn of(day: Date, relation: &str) -> Self {
        let shown = day.format(DAY).unwrap_or_default();
        Self { day, test: format!("currentdate :value \"{relation}\" \"date\" \"{shown}\"") }
    }

    /// The day of a test on today's date or this moment, and whether it is the first (`ge`) or the last (`le`).
    fn read(test: &Test, source: &str) -> Option<(Self, &'static str)> {
        if test.name != "currentdate" || !test.tests.is_empty() {
            return None;
        }
        let mut arguments = test.arguments.as_slice();
        if let [Argument::Tag(tag), zone, rest @ ..] = arguments
            && tag == "zone"
        {
            zone.text()?;
            arguments = rest;
        }
        let [Argument::Tag(value), relation, part, moment] = arguments else { return None };
        let relation = match relation.text()? {
            "ge" => "ge",
            "le" => "le",
            _ => return None,
        };
        if value != "value" || !matches!(part.text()?, "date" | "iso8601") {
            return None;
        }
        let day = Date::parse(moment.text()?.get(..10)?, DAY).ok()?;
        Some((Self { day, test: source.to_owned() }, relation))
    }
}
