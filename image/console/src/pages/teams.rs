//! What the pages of groups and of roles share: the list, a new one, and one's own page.

use std::collections::HashMap;

use askama::Template;
use axum::response::Response;
use sos_settings::{ADMINISTRATORS, MemberName};

use crate::app::App;
use crate::directory::{DirectoryError, Member, NewTeam, Revision, Team, TeamChange, TeamKind};
use crate::form::{Form, Posted};
use crate::guard::session::SignedIn;
use crate::page::{self, Page};
use crate::slip::{self, Slip};

/// A line of the list.
struct Line {
    team: Team,
    /// Who is in it, by full name.
    names: String,
}

/// Most names shown on a line of the list.
const SHOWN: usize = 4;

#[derive(Template)]
#[template(path = "teams.html")]
struct Teams {
    page: Page,
    kind: TeamKind,
    lines: Vec<Line>,
}

/// A member to pick.
struct Pick {
    name: MemberName,
    full_name: String,
    suspended: bool,
    picked: bool,
}

#[derive(Template)]
#[template(path = "teams_edit.html")]
struct Edit {
    page: Page,
    kind: TeamKind,
    /// Nothing for a new one.
    name: Option<MemberName>,
    /// The role that looks after the server, which always is open and stays.
    administrators: bool,
    form: Form,
    open: bool,
    revision: Revision,
    picks: Vec<Pick>,
    /// What somebody else made of it in between: who is in it, and whether it is open.
    now: Option<(String, bool)>,
}

impl Edit {
    /// The last part of where the form goes.
    fn page_name(&self) -> &str {
        self.name.as_ref().map_or("new", MemberName::as_str)
    }
}

fn path(kind: TeamKind) -> &'static str {
    match kind {
        TeamKind::Group => "/groups",
        TeamKind::Role => "/roles",
    }
}

/// The list.
pub(super) async fn list(app: &App, page: Page, kind: TeamKind) -> Response {
    let (teams, members) = match tokio::try_join!(app.directory.teams(kind), app.directory.members()) {
        Ok(read) => read,
        Err(error) => return page.broken(&error),
    };
    let lines = {
        let names: HashMap<&str, &str> =
            members.iter().map(|member| (member.name.as_str(), member.full_name.as_str())).collect();
        teams.into_iter().map(|team| Line { names: some_names(&team, &names), team }).collect()
    };
    let page = match kind {
        TeamKind::Group => page.titled("groups-title"),
        TeamKind::Role => page.titled("roles-title"),
    };
    page::html(&Teams { page, kind, lines })
}

fn some_names(team: &Team, names: &HashMap<&str, &str>) -> String {
    let shown = team.members.iter().take(SHOWN).map(|name| *names.get(name.as_str()).unwrap_or(&name.as_str()));
    let mut text = shown.collect::<Vec<_>>().join(", ");
    if team.members.len() > SHOWN {
        text.push_str(", …");
    }
    text
}

/// The page for a new one.
pub(super) async fn new(app: &App, page: Page, kind: TeamKind) -> Response {
    let shown = Shown { name: None, form: Form::default(), open: true, revision: Revision::default(), now: None };
    answer(app, page, kind, shown, &[]).await
}

/// One's own page.
pub(super) async fn show(app: &App, page: Page, kind: TeamKind, name: &str) -> Response {
    match find(app, kind, name).await {
        Ok(Some(team)) => {
            let form = Form::default();
            let shown = Shown { name: Some(team.name), form, open: team.open, revision: team.revision, now: None };
            answer(app, page, kind, shown, &team.members).await
        }
        Ok(None) => page.missing(),
        Err(error) => page.broken(&error),
    }
}

async fn find(app: &App, kind: TeamKind, name: &str) -> Result<Option<Team>, DirectoryError> {
    match name.parse::<MemberName>() {
        Ok(name) => app.directory.team(kind, &name).await,
        Err(_) => Ok(None),
    }
}

/// What the page of one shows besides the members.
struct Shown {
    name: Option<MemberName>,
    form: Form,
    open: bool,
    revision: Revision,
    now: Option<(Vec<MemberName>, bool)>,
}

async fn answer(app: &App, page: Page, kind: TeamKind, shown: Shown, picked: &[MemberName]) -> Response {
    let members = match app.directory.members().await {
        Ok(members) => members,
        Err(error) => return page.broken(&error),
    };
    let page = titled(page, kind, shown.name.as_ref());
    let good = shown.form.is_good() && shown.now.is_none();
    let now = shown.now.map(|(names, open)| (full_names(&names, &members), open));
    let pick = |member: Member| Pick {
        picked: picked.contains(&member.name),
        name: member.name,
        full_name: member.full_name,
        suspended: member.suspended,
    };
    let mut picks: Vec<Pick> = members.into_iter().map(pick).collect();
    // Who is in it stands first, so that nobody has to look through all.
    picks.sort_by_key(|pick| !pick.picked);
    let edit = Edit {
        page,
        kind,
        administrators: kind == TeamKind::Role
            && shown.name.as_ref().is_some_and(|name| name.as_str() == ADMINISTRATORS),
        name: shown.name,
        form: shown.form,
        open: shown.open,
        revision: shown.revision,
        picks,
        now,
    };
    if good { page::html(&edit) } else { page::refused(&edit) }
}

fn titled(page: Page, kind: TeamKind, name: Option<&MemberName>) -> Page {
    match (name, kind) {
        (Some(name), _) => page.called(name.as_str()),
        (None, TeamKind::Group) => page.titled("groups-new-title"),
        (None, TeamKind::Role) => page.titled("roles-new-title"),
    }
}

fn full_names(names: &[MemberName], members: &[Member]) -> String {
    let full = |name: &MemberName| members.iter().find(|member| member.name == *name).map(|it| it.full_name.as_str());
    names.iter().map(|name| full(name).unwrap_or(name.as_str())).collect::<Vec<_>>().join(", ")
}

/// What was posted about one: who is picked, and whether it is open.
fn read(posted: &Posted, form: &mut Form, page: &Page, kind: TeamKind) -> (Vec<MemberName>, bool) {
    let mut members: Vec<MemberName> = posted.all("members").filter_map(|name| name.parse().ok()).collect();
    members.sort();
    members.dedup();
    form.set("members", "");
    if members.is_empty() {
        form.fail("members", Slip::NobodyPicked.say(page.t));
    }
    (members, kind == TeamKind::Role || posted.get("open") != "no")
}

/// Adds one.
pub(super) async fn add(app: &App, page: Page, me: &SignedIn, kind: TeamKind, posted: &Posted) -> Response {
    let mut form = Form::lines(&["name"], posted, page.t);
    let (members, open) = read(posted, &mut form, &page, kind);
    let name = if form.fits("name") { slip::team(form.value("name"), &page.domain) } else { Err(Slip::OddCharacters) };
    let outcome = match name {
        Err(slip) => {
            let said = if slip == Slip::LoginMissing { page.t.say("teams-name-missing") } else { slip.say(page.t) };
            form.fail("name", said);
            None
        }
        Ok(_) if !form.is_good() => None,
        Ok(name) => {
            let new = NewTeam { kind, name: name.clone(), members: members.clone(), open };
            Some((name, app.directory.add_team(&new).await))
        }
    };
    match outcome {
        Some((name, Ok(()))) => {
            let what = if kind == TeamKind::Group { "group-added" } else { "role-added" };
            app.helper.record(me.name.as_str(), what, name.as_str()).await;
            page.say_next(page.t.with("teams-added", [("address", format!("{name}@{}", page.domain).as_str())])).await;
            return page::go(path(kind));
        }
        Some((_, Err(error))) => {
            let Some(slip) = Slip::of_directory(&error) else { return page.broken(&error) };
            form.fail(if matches!(slip, Slip::Taken { .. }) { "name" } else { "members" }, slip.say(page.t));
        }
        None => {}
    }
    let shown = Shown { name: None, form, open, revision: Revision::default(), now: None };
    answer(app, page, kind, shown, &members).await
}

/// Changes or removes one.
pub(super) async fn change(
    app: &App,
    page: Page,
    me: &SignedIn,
    kind: TeamKind,
    name: &str,
    posted: &Posted,
) -> Response {
    let team = match find(app, kind, name).await {
        Ok(Some(team)) => team,
        Ok(None) => return page.missing(),
        Err(error) => return page.broken(&error),
    };
    match posted.pressed() {
        "save" => save(app, page, me, team, posted).await,
        "remove" => remove(app, page, me, team).await,
        _ => page::go(&format!("{}/{}", path(kind), team.name)),
    }
}

async fn save(app: &App, page: Page, me: &SignedIn, team: Team, posted: &Posted) -> Response {
    let kind = team.kind;
    let mut form = Form::default();
    let (members, open) = read(posted, &mut form, &page, kind);
    let mut shown = Shown { name: Some(team.name.clone()), form, open, revision: team.revision, now: None };
    if !shown.form.is_good() {
        return answer(app, page, kind, shown, &members).await;
    }
    let change = TeamChange { kind, name: team.name.clone(), members: members.clone(), open };
    let outcome = match posted.get("revision").parse() {
        Ok(seen) => app.directory.change_team(&change, &seen).await,
        Err(stale) => Err(stale),
    };
    match outcome {
        Ok(()) => {
            let what = if kind == TeamKind::Group { "group-changed" } else { "role-changed" };
            app.helper.record(me.name.as_str(), what, team.name.as_str()).await;
            let address = format!("{}@{}", team.name, page.domain);
            page.say_next(page.t.with("teams-saved", [("address", address.as_str())])).await;
            page::go(path(kind))
        }
        Err(DirectoryError::Stale) => {
            shown.now = Some((team.members, team.open));
            answer(app, page, kind, shown, &members).await
        }
        Err(DirectoryError::Gone) => page.missing(),
        Err(error) => {
            let Some(slip) = Slip::of_directory(&error) else { return page.broken(&error) };
            shown.form.fail("members", slip.say(page.t));
            answer(app, page, kind, shown, &members).await
        }
    }
}

async fn remove(app: &App, page: Page, me: &SignedIn, team: Team) -> Response {
    match app.directory.remove_team(team.kind, &team.name).await {
        Ok(()) | Err(DirectoryError::Gone) => {}
        Err(error) => {
            let Some(slip) = Slip::of_directory(&error) else { return page.broken(&error) };
            let mut form = Form::default();
            form.fail("members", slip.say(page.t));
            let shown = Shown { name: Some(team.name), form, open: team.open, revision: team.revision, now: None };
            return answer(app, page, team.kind, shown, &team.members).await;
        }
    }
    let what = if team.kind == TeamKind::Group { "group-removed" } else { "role-removed" };
    app.helper.record(me.name.as_str(), what, team.name.as_str()).await;
    let address = format!("{}@{}", team.name, page.domain);
    page.say_next(page.t.with("teams-removed", [("address", address.as_str())])).await;
    page::go(path(team.kind))
}
