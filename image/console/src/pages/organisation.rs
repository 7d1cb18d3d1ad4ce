//! The organisation: its name, language, time zone, room for mail, and its logo.

use askama::Template;
use axum::Router;
use axum::extract::multipart::MultipartRejection;
use axum::extract::{Multipart, State};
use axum::response::Response;
use axum::routing::{get, post};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sos_ipc::{Reply, Request, SettingsChange, SettingsRead};
use sos_settings::{Timezone, Title};

use super::services::settings;
use crate::app::App;
use crate::form::{Form, Posted};
use crate::helper::unexpected;
use crate::logo::{Kind, LARGEST};
use crate::page::{self, ForAdministrators, Page};
use crate::text::{LANGUAGES, Language, Say};
use crate::zones::{self, Region};

/// Most room of a mailbox and of a message, in MB.
const MOST_QUOTA: u32 = 1 << 20;
const MOST_MESSAGE: u32 = 100;

/// `/organisation` and its logo.
pub fn routes() -> Router<App> {
    Router::new().route("/organisation", get(show).post(change)).route("/organisation/logo", post(logo))
}

#[derive(Template)]
#[template(path = "organisation.html")]
struct Organisation {
    page: Page,
    form: Form,
    revision: String,
    regions: Vec<Region>,
    languages: Vec<(String, String)>,
    /// What somebody else wrote in between.
    now: Option<Form>,
}

impl Organisation {
    fn zone_is(&self, zone: &str) -> bool {
        self.form.value("timezone") == zone
    }

    /// Whether the zone is none of those to choose from.
    fn zone_is_other(&self) -> bool {
        let known = |region: &Region| region.zones.iter().any(|(zone, _)| self.zone_is(zone));
        !self.zone_is("Etc/UTC") && !self.regions.iter().any(known)
    }
}

const LINES: [&str; 5] = ["organisation", "timezone", "language", "quota", "message"];

fn filled(settings: &SettingsRead) -> Form {
    let mut form = Form::default();
    form.set("organisation", &settings.organisation);
    form.set("timezone", &settings.timezone);
    form.set("language", &settings.language);
    form.set("quota", settings.quota_mib.to_string());
    form.set("message", settings.message_mib.to_string());
    form
}

async fn show(State(app): State<App>, ForAdministrators { page, .. }: ForAdministrators) -> Response {
    match settings(&app).await {
        Ok(settings) => answer(&app, page, filled(&settings), settings.revision, None).await,
        Err(error) => page.broken(&error),
    }
}

async fn answer(app: &App, page: Page, form: Form, revision: String, now: Option<Form>) -> Response {
    let owner = match app.owner().await {
        Ok(owner) => owner,
        Err(error) => return page.broken(&error),
    };
    let regions = zones::by_region(&owner.timezones);
    let mut languages: Vec<(String, String)> =
        LANGUAGES.iter().map(|language| (language.code().to_owned(), language.own_name().to_owned())).collect();
    let spoken = form.value("language").to_owned();
    if Language::of_code(&spoken).is_none_or(|language| language.code() != spoken) {
        languages.insert(0, (spoken.clone(), spoken));
    }
    let good = form.is_good() && now.is_none();
    let shown = Organisation { page: page.titled("organisation-title"), form, revision, regions, languages, now };
    if good { page::html(&shown) } else { page::refused(&shown) }
}

async fn change(State(app): State<App>, ForAdministrators { page, me }: ForAdministrators, posted: Posted) -> Response {
    let mut form = Form::lines(&LINES, &posted, page.t);
    let change = check(&mut form, &page);
    let revision = posted.get("revision").to_owned();
    let Some(change) = change.filter(|_| form.is_good()) else { return answer(&app, page, form, revision, None).await };
    let request = Request::ChangeSettings { revision: revision.clone(), by: me.name.to_string(), change };
    match app.helper.ask(&request).await {
        Ok(Reply::Settings(_) | Reply::Done) => {
            app.forget_owner();
            page.say_next(page.t.say("organisation-saved")).await;
            page::go("/organisation")
        }
        Ok(Reply::Stale) => match settings(&app).await {
            Ok(now) => {
                let there = filled(&now);
                answer(&app, page, form, now.revision, Some(there)).await
            }
            Err(error) => page.broken(&error),
        },
        Ok(Reply::Issues(issues)) => {
            for issue in issues {
                eprintln!("settings are not taken: {}: {}", issue.path, issue.what);
                let (field, sentence) = wrong(&issue.path, page.t);
                form.fail(field, sentence);
            }
            answer(&app, page, form, revision, None).await
        }
        Ok(other) => page.broken(&unexpected(&other)),
        Err(error) => page.broken(&error),
    }
}

/// The field that the helper finds something wrong with, and what to do about it.
fn wrong(path: &str, t: Say) -> (&'static str, String) {
    match path {
        "organisation" => ("organisation", t.say("organisation-name-wrong")),
        "timezone" => ("timezone", t.say("organisation-timezone-wrong")),
        "language" => ("language", t.say("organisation-language-wrong")),
        "quota_mib" => ("quota", t.say("slip-quota-odd")),
        "message_mib" => ("message", t.say("organisation-message-wrong")),
        _ => ("organisation", t.say("organisation-issue")),
    }
}

fn check(form: &mut Form, page: &Page) -> Option<SettingsChange> {
    let t = page.t;
    if form.value("organisation").parse::<Title>().is_err() {
        form.fail("organisation", t.say("organisation-name-wrong"));
    }
    if form.value("timezone").parse::<Timezone>().is_err() {
        form.fail("timezone", t.say("organisation-timezone-wrong"));
    }
    if form.value("language").parse::<sos_settings::Language>().is_err() {
        form.fail("language", t.say("organisation-language-wrong"));
    }
    let quota_mib = form.value("quota").parse().ok().filter(|mib| (1..=MOST_QUOTA).contains(mib));
    if quota_mib.is_none() {
        form.fail("quota", t.say("slip-quota-odd"));
    }
    let message_mib = form.value("message").parse().ok().filter(|mib| (1..=MOST_MESSAGE).contains(mib));
    if message_mib.is_none() {
        form.fail("message", t.say("organisation-message-wrong"));
    }
    Some(SettingsChange {
        organisation: Some(form.value("organisation").to_owned()),
        timezone: Some(form.value("timezone").to_owned()),
        language: Some(form.value("language").to_owned()),
        services: None,
        quota_mib: Some(quota_mib?),
        message_mib: Some(message_mib?),
    })
}

async fn logo(
    State(app): State<App>,
    ForAdministrators { page, me }: ForAdministrators,
    parts: Result<Multipart, MultipartRejection>,
) -> Response {
    let sent = match parts {
        Ok(parts) => read_logo(parts).await.unwrap_or_default(),
        Err(_) => Sent::default(),
    };
    let remove = sent.pressed == "remove-logo";
    if !remove && let Some(wrong) = wrong_logo(&sent) {
        return refuse_logo(&app, page, wrong).await;
    }
    let image = if remove { String::new() } else { STANDARD.encode(&sent.file) };
    match app.helper.ask(&Request::SetLogo { image, by: me.name.to_string() }).await {
        Ok(Reply::Done) => {
            app.forget_owner();
            page.say_next(page.t.say(if remove { "organisation-logo-removed" } else { "organisation-logo-saved" }))
                .await;
            page::go("/organisation")
        }
        Ok(Reply::Issues(_)) => refuse_logo(&app, page, LogoFault::Kind).await,
        Ok(other) => page.broken(&unexpected(&other)),
        Err(error) => page.broken(&error),
    }
}

/// What was sent: which button was pressed, and a file with its name.
#[derive(Default)]
struct Sent {
    pressed: String,
    name: String,
    file: Vec<u8>,
}

async fn read_logo(mut parts: Multipart) -> Option<Sent> {
    let mut sent = Sent::default();
    while let Some(part) = parts.next_field().await.ok()? {
        match part.name().unwrap_or_default() {
            "do" => sent.pressed = part.text().await.ok()?,
            "logo" => {
                sent.name = part.file_name().unwrap_or_default().to_owned();
                sent.file = part.bytes().await.ok()?.to_vec();
            }
            _ => {}
        }
    }
    Some(sent)
}

enum LogoFault {
    Missing,
    Large,
    Kind,
    Name,
}

fn wrong_logo(sent: &Sent) -> Option<LogoFault> {
    match (sent.file.len(), Kind::of(&sent.file)) {
        (0, _) => Some(LogoFault::Missing),
        (size, _) if size > LARGEST => Some(LogoFault::Large),
        (_, None) => Some(LogoFault::Kind),
        (_, Some(kind)) => (!kind.is_called(&sent.name)).then_some(LogoFault::Name),
    }
}

async fn refuse_logo(app: &App, page: Page, fault: LogoFault) -> Response {
    let sentence = match fault {
        LogoFault::Missing => page.t.say("organisation-logo-missing"),
        LogoFault::Large => page.t.say("organisation-logo-large"),
        LogoFault::Kind => page.t.say("organisation-logo-kind"),
        LogoFault::Name => page.t.say("organisation-logo-name"),
    };
    match settings(app).await {
        Ok(settings) => {
            let mut form = filled(&settings);
            form.fail("logo", sentence);
            answer(app, page, form, settings.revision, None).await
        }
        Err(error) => page.broken(&error),
    }
}
