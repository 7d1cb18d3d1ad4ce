//! Administrators look after the members: the list, somebody new, somebody's own page, and removing.

mod edit;
mod fields;
mod new;
mod remove;

use std::collections::HashSet;

use askama::Template;
use axum::Router;
use axum::extract::{Query, State};
use axum::response::Response;
use axum::routing::get;
use serde::Deserialize;
use sos_settings::MemberName;

pub(super) use new::letters_in;

use crate::app::App;
use crate::directory::{DirectoryError, Member};
use crate::form::is_odd;
use crate::page::{self, ForAdministrators, Page};

/// `/members` and below, but for the import.
pub fn routes() -> Router<App> {
    Router::new()
        .route("/members", get(show))
        .route("/members/new", get(new::show).post(new::add))
        .route("/members/invite", get(new::show_invitation).post(new::invite))
        .route("/members/{name}", get(edit::show).post(edit::change))
        .route("/members/{name}/remove", get(remove::show).post(remove::remove))
}

#[derive(Deserialize)]
struct Asked {
    #[serde(default)]
    search: String,
}

/// A line of the list.
struct Person {
    member: Member,
    invited: bool,
    administrator: bool,
}

#[derive(Template)]
#[template(path = "members.html")]
struct Members {
    page: Page,
    search: String,
    people: Vec<Person>,
    all: usize,
}

async fn show(
    State(app): State<App>,
    ForAdministrators { page, .. }: ForAdministrators,
    Query(asked): Query<Asked>,
) -> Response {
    match people(&app).await {
        Ok(mut people) => {
            let all = people.len();
            let search: String = asked.search.chars().filter(|char| !char.is_control() && !is_odd(*char)).collect();
            let words = words(&search);
            people.retain(|person| fits(&person.member, &words));
            page::html(&Members { page: page.titled("members-title"), search, people, all })
        }
        Err(error) => page.broken(&error),
    }
}

async fn people(app: &App) -> Result<Vec<Person>, DirectoryError> {
    let (members, administrators) = tokio::try_join!(app.directory.members(), app.directory.administrators())?;
    let administrators: HashSet<MemberName> = administrators.into_iter().collect();
    let invited = app.tokens.invited(app.clock.now());
    let person = |member: Member| Person {
        invited: invited.contains_key(&member.name),
        administrator: administrators.contains(&member.name),
        member,
    };
    Ok(members.into_iter().map(person).collect())
}

/// What is looked for, in small letters without marks.
fn words(search: &str) -> Vec<String> {
    search.chars().take(200).collect::<String>().split_whitespace().map(simple).collect()
}

/// Whether every word stands somewhere in the names and addresses.
fn fits(member: &Member, words: &[String]) -> bool {
    if words.is_empty() {
        return true;
    }
    let elsewhere = [member.forward.as_deref(), member.recovery.as_deref()].map(Option::unwrap_or_default).join(" ");
    let text = simple(&format!("{} {} {} {elsewhere}", member.full_name, member.name, member.addresses.join(" ")));
    words.iter().all(|word| text.contains(word))
}

fn simple(text: &str) -> String {
    any_ascii::any_ascii(text).to_lowercase()
}
