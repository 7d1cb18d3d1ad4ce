//! Many new members at once, from a spreadsheet: first what would happen, then one button that does it, then a report.

use askama::Template;
use axum::Router;
use axum::extract::{Multipart, State};
use axum::response::Response;
use axum::routing::get;

use super::members::letters_in;
use crate::app::App;
use crate::directory::DirectoryError;
use crate::form::Form;
use crate::guard::session::SignedIn;
use crate::import::{self, Bad, FileFault, Job, Known, Reading, Row, Work};
use crate::page::{self, ForAdministrators, Page};

/// `/members/import` and its report.
pub fn routes() -> Router<App> {
    Router::new().route("/members/import", get(show).post(take)).route("/members/import/report", get(report))
}

#[derive(Template)]
#[template(path = "members_import.html")]
struct Import {
    page: Page,
    form: Form,
}

/// What would happen.
#[derive(Template)]
#[template(path = "members_import_try.html")]
struct Try {
    page: Page,
    rows: Vec<Row>,
    bad: Vec<Bad>,
    ignored: String,
    /// The rows once more, for the button.
    list: String,
    /// How many get a letter.
    letters: usize,
}

#[derive(Template)]
#[template(path = "members_import_report.html")]
struct Report {
    page: Page,
    job: Job,
    by_hand: usize,
}

async fn show(ForAdministrators { page, .. }: ForAdministrators) -> Response {
    page::html(&Import { page: page.titled("import-title"), form: Form::default() })
}

/// What was sent: a file or pasted text, and which button was pressed.
#[derive(Default)]
struct Sent {
    pressed: String,
    file: Vec<u8>,
    name: String,
    pasted: String,
    list: String,
}

async fn read(mut parts: Multipart) -> Option<Sent> {
    let mut sent = Sent::default();
    while let Some(part) = parts.next_field().await.ok()? {
        match part.name().unwrap_or_default() {
            "do" => sent.pressed = part.text().await.ok()?,
            "file" => {
                sent.name = part.file_name().unwrap_or_default().to_owned();
                sent.file = part.bytes().await.ok()?.to_vec();
            }
            "pasted" => sent.pasted = part.text().await.ok()?,
            "list" => sent.list = part.text().await.ok()?,
            _ => {}
        }
    }
    Some(sent)
}

async fn take(
    State(app): State<App>,
    ForAdministrators { page, me }: ForAdministrators,
    parts: Result<Multipart, axum::extract::multipart::MultipartRejection>,
) -> Response {
    let sent = match parts {
        Ok(parts) => read(parts).await.unwrap_or_default(),
        Err(_) => Sent::default(),
    };
    let known = match known(&app).await {
        Ok(known) => known,
        Err(error) => return page.broken(&error),
    };
    let adding = sent.pressed == "add";
    let bytes = match (adding, sent.file.is_empty()) {
        (true, _) => Ok(sent.list.into_bytes()),
        (false, true) => Ok(sent.pasted.clone().into_bytes()),
        (false, false) if import::is_called(&sent.name) => Ok(sent.file),
        (false, false) => Err(FileFault::Name),
    };
    match bytes.and_then(|bytes| import::read(&bytes, &page.domain, &known)) {
        Err(fault) => {
            let mut form = Form::default();
            form.set("pasted", sent.pasted);
            form.fail("file", fault_said(fault, &page));
            page::refused(&Import { page: page.titled("import-title"), form })
        }
        Ok(reading) if adding && reading.bad.is_empty() => start(app, page, &me, reading.rows).await,
        Ok(reading) => page::html(&attempt(page, reading)),
    }
}

async fn known(app: &App) -> Result<Known, DirectoryError> {
    let (addresses, members) = tokio::try_join!(app.directory.addresses(), app.directory.members())?;
    let full_names = members.into_iter().map(|member| (import::simple(&member.full_name), member.name.into()));
    Ok(Known { addresses, full_names: full_names.collect() })
}

fn fault_said(fault: FileFault, page: &Page) -> String {
    match fault {
        FileFault::Empty => page.t.say("import-fault-empty"),
        FileFault::NoColumns => page.t.say("import-fault-columns"),
        FileFault::Many => page.t.count("import-fault-many", import::MOST_LINES),
        FileFault::Name => page.t.say("import-fault-name"),
        FileFault::NoText => page.t.say("import-fault-no-text"),
    }
}

fn attempt(page: Page, reading: Reading) -> Try {
    let list = import::write(&reading.rows);
    let letters = reading.rows.iter().filter(|row| row.new.recovery.is_some()).count();
    Try {
        page: page.titled("import-try-title"),
        rows: reading.rows,
        bad: reading.bad,
        ignored: reading.ignored.join(", "),
        list,
        letters,
    }
}

async fn start(app: App, page: Page, me: &SignedIn, rows: Vec<Row>) -> Response {
    if !app.imports.begin(rows.len()) {
        page.say_next(page.t.say("import-busy")).await;
        return page::go("/members/import/report");
    }
    let language = letters_in(&app, page.t).await;
    let work =
        Work { by: me.name.to_string(), organisation: page.organisation.clone(), host: page.host.clone(), language };
    tokio::spawn(import::run(app, rows, work));
    page::go("/members/import/report")
}

async fn report(State(app): State<App>, ForAdministrators { page, .. }: ForAdministrators) -> Response {
    let Some(job) = app.imports.state() else { return page::go("/members/import") };
    let by_hand = job.added.iter().filter(|added| added.link.is_some()).count();
    page::html(&Report { page: page.titled("import-report-title"), job, by_hand })
}
