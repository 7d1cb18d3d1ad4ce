//! Sorting: simple rules for what comes in. What webmail or another program set up beyond them is shown and left alone.

use askama::Template;
use axum::Router;
use axum::extract::{Path, State};
use axum::response::Response;
use axum::routing::get;
use sos_settings::MailAddress;

use crate::app::App;
use crate::form::{Form, Posted};
use crate::page::{self, ForMembers, Page};
use crate::pages::script::{self, Stored};
use crate::pages::vacation::refuse_changed;
use crate::sieve::{Action, Condition, Filter, Meaning, Part, Script};
use crate::text::Say;

/// Where a letter goes that is not wanted: still there for a look.
const BIN: &str = "Trash";
/// Most rules.
const MOST: usize = 100;

/// `/me/filters`.
pub fn routes() -> Router<App> {
    Router::new().route("/me/filters", get(show).post(save)).route("/me/filters/{index}", get(edit).post(change))
}

#[derive(Template)]
#[template(path = "filters.html")]
struct Filters {
    page: Page,
    form: Form,
    rules: Vec<Row>,
    closed: bool,
    other: Option<String>,
    parts: Vec<(&'static str, String)>,
    actions: Vec<(&'static str, String)>,
}

#[derive(Template)]
#[template(path = "filter.html")]
struct Edit {
    page: Page,
    form: Form,
    index: usize,
    other: Option<String>,
    parts: Vec<(&'static str, String)>,
    actions: Vec<(&'static str, String)>,
}

/// A rule in the list.
struct Row {
    index: usize,
    sentence: String,
    /// On or off; nothing for a rule of another program.
    on: Option<bool>,
    simple: bool,
}

const FIELDS: [&str; 5] = ["part", "text", "action", "folder", "address"];

async fn show(State(app): State<App>, ForMembers { page, me }: ForMembers) -> Response {
    match script::read(&app, &me.name).await {
        Ok(stored) => {
            let mut form = Form::empty(&FIELDS);
            form.set("seen", &stored.seen);
            page::html(&view(page, &stored, form))
        }
        Err(error) => page.broken(&error),
    }
}

fn view(page: Page, stored: &Stored, form: Form) -> Filters {
    let t = page.t;
    let rules = stored.script.as_ref().map(|script| rows(script, t)).unwrap_or_default();
    Filters {
        page: page.titled("filters-title"),
        form,
        rules,
        closed: stored.script.is_err(),
        other: stored.other.clone(),
        parts: parts(t),
        actions: actions(t),
    }
}

fn rows(script: &Script, t: Say) -> Vec<Row> {
    let rows = script.rules().iter().enumerate().filter_map(|(index, rule)| match rule.meaning() {
        // It has a page of its own.
        Meaning::Vacation(_) => None,
        Meaning::Filter(filter) => {
            Some(Row { index, sentence: sentence(filter, t), on: Some(filter.on), simple: is_simple(filter) })
        }
        Meaning::Other { .. } => {
            let name = rule.name().filter(|name| !name.is_empty());
            let sentence = match name {
                Some(name) => t.with("filters-other", [("name", name)]),
                None => t.say("filters-other-nameless"),
            };
            Some(Row { index, sentence, on: None, simple: false })
        }
    });
    rows.collect()
}

/// Whether the form has room for all of it.
fn is_simple(filter: &Filter) -> bool {
    filter.conditions.len() == 1 && filter.actions.len() == 1
}

fn sentence(filter: &Filter, t: Say) -> String {
    let conditions = filter.conditions.iter().map(|condition| {
        let text = [("text", condition.text.as_str())];
        match condition.field {
            Part::Sender => t.with("filters-if-sender", text),
            Part::Subject => t.with("filters-if-subject", text),
            Part::Recipient | Part::To | Part::Cc => t.with("filters-if-recipient", text),
        }
    });
    let between = if filter.all { t.say("filters-and") } else { t.say("filters-or") };
    let conditions = conditions.collect::<Vec<_>>().join(&format!(" {between} "));
    let actions = filter.actions.iter().map(|action| match action {
        Action::Move(folder) if folder == BIN => t.say("filters-then-bin"),
        Action::Move(folder) => t.with("filters-then-move", [("folder", folder.as_str())]),
        Action::MarkRead => t.say("filters-then-read"),
        Action::Discard => t.say("filters-then-discard"),
        Action::Copy(address) => t.with("filters-then-copy", [("address", address.as_str())]),
    });
    let actions = actions.collect::<Vec<_>>().join(&format!(" {} ", t.say("filters-and")));
    t.with("filters-sentence", [("conditions", conditions.as_str()), ("actions", actions.as_str())])
}

fn parts(t: Say) -> Vec<(&'static str, String)> {
    vec![
        ("sender", t.say("filters-sender")),
        ("subject", t.say("filters-subject")),
        ("recipient", t.say("filters-recipient")),
    ]
}

fn actions(t: Say) -> Vec<(&'static str, String)> {
    vec![
        ("move", t.say("filters-move")),
        ("read", t.say("filters-read")),
        ("bin", t.say("filters-bin")),
        ("discard", t.say("filters-discard")),
        ("copy", t.say("filters-copy")),
    ]
}

async fn save(State(app): State<App>, ForMembers { page, me }: ForMembers, posted: Posted) -> Response {
    let stored = match script::read(&app, &me.name).await {
        Ok(stored) => stored,
        Err(error) => return page.broken(&error),
    };
    let Ok(mut script) = stored.script.clone() else {
        return page::refused(&view(page, &stored, Form::empty(&FIELDS)));
    };
    let (button, index) = posted.pressed().split_once(':').unwrap_or((posted.pressed(), ""));
    let index = index.parse().unwrap_or(usize::MAX);
    let mut form = Form::lines(&["seen", "replace"], &posted, page.t);
    let said = match button {
        "add" => {
            form = read_form(&posted, page.t);
            let filter = filter_of(&mut form, true, page.t);
            if script.rules().len() >= MOST {
                form.fail("text", page.t.say("filters-too-many"));
            }
            if let Some(filter) = filter {
                script.add_filter(filter);
            }
            page.t.say("filters-added")
        }
        "on" | "off" => {
            let Some(filter) = script.filter(index).cloned() else { return page.missing() };
            script.change_filter(index, Filter { on: button == "on", ..filter });
            page.t.say(if button == "on" { "filters-on" } else { "filters-off" })
        }
        "remove" => {
            if !script.remove_filter(index) {
                return page.missing();
            }
            page.t.say("filters-removed")
        }
        _ => return page.missing(),
    };
    refuse_changed(&mut form, &stored, &page, "text");
    if form.is_good() {
        match script::write(&app, &me.name, &script).await {
            Ok(true) => {
                page.say_next(said).await;
                return page::go("/me/filters");
            }
            Ok(false) => form.fail("text", page.t.say("filters-not-taken")),
            Err(error) => return page.broken(&error),
        }
    }
    page::refused(&view(page, &stored, form))
}

async fn edit(State(app): State<App>, ForMembers { page, me }: ForMembers, Path(index): Path<usize>) -> Response {
    let stored = match script::read(&app, &me.name).await {
        Ok(stored) => stored,
        Err(error) => return page.broken(&error),
    };
    let filter = stored.script.as_ref().ok().and_then(|script| script.filter(index)).filter(|filter| is_simple(filter));
    let Some(filter) = filter else { return page.missing() };
    let mut form = Form::empty(&FIELDS);
    form.set("seen", &stored.seen);
    for condition in &filter.conditions {
        form.set("text", &condition.text);
        form.set(
            "part",
            match condition.field {
                Part::Sender => "sender",
                Part::Subject => "subject",
                Part::Recipient | Part::To | Part::Cc => "recipient",
            },
        );
    }
    for action in &filter.actions {
        let (kind, field, value) = match action {
            Action::Move(folder) if folder == BIN => ("bin", "folder", ""),
            Action::Move(folder) => ("move", "folder", folder.as_str()),
            Action::MarkRead => ("read", "folder", ""),
            Action::Discard => ("discard", "folder", ""),
            Action::Copy(address) => ("copy", "address", address.as_str()),
        };
        form.set("action", kind);
        form.set(field, value);
    }
    page::html(&edit_view(page, &stored, form, index))
}

fn edit_view(page: Page, stored: &Stored, form: Form, index: usize) -> Edit {
    let (parts, actions) = (parts(page.t), actions(page.t));
    Edit { page: page.titled("filters-edit-title"), form, index, other: stored.other.clone(), parts, actions }
}

async fn change(
    State(app): State<App>,
    ForMembers { page, me }: ForMembers,
    Path(index): Path<usize>,
    posted: Posted,
) -> Response {
    let stored = match script::read(&app, &me.name).await {
        Ok(stored) => stored,
        Err(error) => return page.broken(&error),
    };
    let Ok(mut script) = stored.script.clone() else { return page.missing() };
    let Some(old) = script.filter(index).cloned().filter(is_simple) else { return page.missing() };
    let mut form = read_form(&posted, page.t);
    let filter = filter_of(&mut form, old.on, page.t);
    refuse_changed(&mut form, &stored, &page, "text");
    if let (true, Some(filter)) = (form.is_good(), filter) {
        script.change_filter(index, filter);
        match script::write(&app, &me.name, &script).await {
            Ok(true) => {
                page.say_next(page.t.say("filters-changed")).await;
                return page::go("/me/filters");
            }
            Ok(false) => form.fail("text", page.t.say("filters-not-taken")),
            Err(error) => return page.broken(&error),
        }
    }
    page::refused(&edit_view(page, &stored, form, index))
}

fn read_form(posted: &Posted, t: Say) -> Form {
    Form::lines(&["part", "text", "action", "folder", "address", "seen", "replace"], posted, t)
}

/// The rule that was typed; nothing if something is wrong with it.
fn filter_of(form: &mut Form, on: bool, t: Say) -> Option<Filter> {
    let part = match form.value("part") {
        "sender" => Some(Part::Sender),
        "subject" => Some(Part::Subject),
        "recipient" => Some(Part::Recipient),
        _ => None,
    };
    if part.is_none() {
        form.fail("part", t.say("filters-part-missing"));
    }
    match form.value("text").chars().count() {
        0 => form.fail("text", t.say("filters-text-missing")),
        1..=200 => {}
        _ => form.fail("text", t.say("filters-text-long")),
    }
    let action = action_of(form, t);
    let (true, Some(field), Some(action)) = (form.is_good(), part, action) else { return None };
    let stop = matches!(action, Action::Move(_) | Action::Discard);
    let conditions = vec![Condition { field, text: form.value("text").to_owned() }];
    let mut filter = Filter { name: String::new(), on, all: false, conditions, actions: vec![action], stop };
    filter.name = sentence(&filter, t);
    Some(filter)
}

fn action_of(form: &mut Form, t: Say) -> Option<Action> {
    match form.value("action") {
        "move" => {
            let folder = form.value("folder").to_owned();
            if folder.is_empty() {
                form.fail("folder", t.say("filters-folder-missing"));
            } else if !is_folder(&folder) {
                form.fail("folder", t.say("filters-folder-wrong"));
            }
            Some(Action::Move(folder))
        }
        "read" => Some(Action::MarkRead),
        "bin" => Some(Action::Move(BIN.to_owned())),
        "discard" => Some(Action::Discard),
        "copy" => {
            let address = form.value("address").parse::<MailAddress>();
            if address.is_err() {
                form.fail("address", t.say("filters-address-wrong"));
            }
            address.ok().map(|address| Action::Copy(address.to_string()))
        }
        _ => {
            form.fail("action", t.say("filters-action-missing"));
            None
        }
    }
}

/// What Dovecot takes for the name of a mailbox that is kept as a Maildir, where a dot separates folders.
fn is_folder(name: &str) -> bool {
    let part = |part: &str| !part.trim().is_empty() && part.trim() == part && !part.starts_with(['~', '#', '&']);
    name.chars().count() <= 100 && !name.contains(['.', '%', '*', '\\', '"']) && name.split('/').all(part)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_folders_that_dovecot_can_make() {
        for good in ["Garden", "Garden/Seeds", "Äpfel & Birnen", "2026"] {
            assert!(is_folder(good), "{good}");
        }
        for bad in ["", "a.b", "/a", "a/", "a//b", "~a", "#a", "a*", "..", " a", &"x".repeat(101)] {
            assert!(!is_folder(bad), "{bad}");
        }
    }
}
