//! The import itself, while the page that started it is long answered: members are added one after the other, then
//! invited. Its report is kept in memory until the next one, because it holds links for those without an address.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use sos_ipc::{Letter, Reply, Request};
use sos_settings::MemberName;

use super::Row;
use crate::app::App;
use crate::directory::DirectoryError;
use crate::invitation;
use crate::letters;
use crate::slip::Slip;
use crate::text::Say;
use crate::tokens::Purpose;

/// Somebody who was added.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Added {
    /// Their name.
    pub name: MemberName,
    /// Their full name.
    pub full_name: String,
    /// The link to hand over by other means; nothing when a letter with it went out.
    pub link: Option<String>,
}

/// How far an import is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Job {
    /// How many people are to be added.
    pub total: usize,
    /// How many were tried.
    pub done: usize,
    /// Who was added.
    pub added: Vec<Added>,
    /// Who was not, and why, where a person can mend it.
    pub failed: Vec<(String, Option<Slip>)>,
    /// How many letters went out.
    pub letters: usize,
    /// Nothing more happens.
    pub finished: bool,
}

/// The newest import.
#[derive(Debug, Clone, Default)]
pub struct Imports(Arc<Mutex<Option<Job>>>);

impl Imports {
    /// How far the newest one is, if there was one.
    #[must_use]
    pub fn state(&self) -> Option<Job> {
        self.lock().clone()
    }

    /// Begins one, unless another one goes on.
    #[must_use]
    pub fn begin(&self, total: usize) -> bool {
        let mut job = self.lock();
        if job.as_ref().is_some_and(|job| !job.finished) {
            return false;
        }
        *job = Some(Job { total, ..Job::default() });
        true
    }

    fn note(&self, note: impl FnOnce(&mut Job)) {
        if let Some(job) = self.lock().as_mut() {
            note(job);
        }
    }

    fn lock(&self) -> MutexGuard<'_, Option<Job>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What an import needs to know besides the rows.
#[derive(Clone)]
pub struct Work {
    /// Who does it.
    pub by: String,
    /// The organisation's name.
    pub organisation: String,
    /// The host name that links lead to.
    pub host: String,
    /// The language of the letters.
    pub language: Say,
}

/// Adds and invites everybody on `rows`; [`Imports::begin`] was called.
pub async fn run(app: App, rows: Vec<Row>, work: Work) {
    let mut added = Vec::new();
    for row in rows {
        let outcome = app.directory.add_member(&row.new).await;
        app.imports.note(|job| {
            job.done += 1;
            if let Err(error) = &outcome {
                job.failed.push((row.new.full_name.to_string(), Slip::of_directory(error)));
            }
        });
        match outcome {
            Ok(()) => added.push(row),
            Err(error @ DirectoryError::Down(_)) => eprintln!("import: {}: {error}", row.new.name),
            Err(_) => {}
        }
    }
    app.helper.record(&work.by, "members-imported", &added.len().to_string()).await;
    invite(&app, added, &work).await;
    app.imports.note(|job| job.finished = true);
}

async fn invite(app: &App, added: Vec<Row>, work: &Work) {
    let names: Vec<MemberName> = added.iter().map(|row| row.new.name.clone()).collect();
    let tokens = app.tokens.issue_all(Purpose::Invite, &names, app.clock.now()).unwrap_or_else(|error| {
        eprintln!("import: no links: {error}");
        Vec::new()
    });
    for (at, row) in added.into_iter().enumerate() {
        let link = tokens.get(at).map(|token| invitation::link(&work.host, token));
        let sent = match (&row.new.recovery, &link) {
            (Some(to), Some(link)) => send(app, to.as_str(), row.new.full_name.as_str(), link, work).await,
            _ => false,
        };
        app.imports.note(|job| {
            job.letters += usize::from(sent);
            let full_name = row.new.full_name.to_string();
            job.added.push(Added { name: row.new.name, full_name, link: link.filter(|_| !sent) });
        });
    }
}

async fn send(app: &App, to: &str, full_name: &str, link: &str, work: &Work) -> bool {
    if !letters::may_invite(app, &work.by) {
        return false;
    }
    let letter: Letter = invitation::letter(work.language, to, full_name, &work.organisation, link);
    match app.helper.ask(&Request::SendLetter(letter)).await {
        Ok(Reply::Done) => true,
        Ok(_) => false,
        Err(error) => {
            eprintln!("import: a letter could not be sent: {error}");
            false
        }
    }
}
