//! Services on and off.

use askama::Template;
use axum::Router;
use axum::extract::State;
use axum::response::Response;
use axum::routing::get;
use sos_ipc::{CheckedName, Reply, Request, SettingsChange, SettingsRead};

use crate::app::App;
use crate::form::{Form, Posted};
use crate::helper::{HelperError, unexpected};
use crate::page::{self, ForAdministrators, Page};
use crate::text::Say;

/// `/services`.
pub fn routes() -> Router<App> {
    Router::new().route("/services", get(show).post(change))
}

#[derive(Template)]
#[template(path = "services.html")]
struct Services {
    page: Page,
    form: Form,
    services: Vec<CheckedName>,
    revision: String,
    /// What somebody else chose in between.
    now: Option<String>,
}

impl Services {
    /// What a service is for; nothing for one that came later than this page.
    fn about(&self, name: &str) -> String {
        match name {
            "mail" => self.page.t.say("services-mail-about"),
            "webmail" => self.page.t.say("services-webmail-about"),
            _ => String::new(),
        }
    }
}

/// The settings.
pub(super) async fn settings(app: &App) -> Result<SettingsRead, HelperError> {
    match app.helper.ask(&Request::Settings).await? {
        Reply::Settings(settings) => Ok(*settings),
        other => Err(unexpected(&other)),
    }
}

/// Calls services as all pages do.
fn name_services(services: &mut [CheckedName], t: Say) {
    for service in services {
        service.title = t.service(&service.name, &service.title);
    }
}

async fn show(State(app): State<App>, ForAdministrators { page, .. }: ForAdministrators) -> Response {
    match settings(&app).await {
        Ok(SettingsRead { mut services, revision, .. }) => {
            name_services(&mut services, page.t);
            let page = page.titled("services-title");
            page::html(&Services { page, form: Form::default(), services, revision, now: None })
        }
        Err(error) => page.broken(&error),
    }
}

async fn change(State(app): State<App>, ForAdministrators { page, me }: ForAdministrators, posted: Posted) -> Response {
    let current = match settings(&app).await {
        Ok(mut current) => {
            name_services(&mut current.services, page.t);
            current
        }
        Err(error) => return page.broken(&error),
    };
    let chosen: Vec<String> = current
        .services
        .iter()
        .filter(|service| posted.all("services").any(|name| name == service.name))
        .map(|service| service.name.clone())
        .collect();
    let has = |name: &str| chosen.iter().any(|chosen| chosen == name);
    let mut form = Form::empty(&["services"]);
    if has("webmail") && !has("mail") {
        form.fail("services", page.t.say("services-webmail-needs-mail"));
        return again(page, form, current, &chosen, None);
    }
    let request = Request::ChangeSettings {
        revision: posted.get("revision").to_owned(),
        by: me.name.to_string(),
        change: SettingsChange { services: Some(chosen.clone()), ..SettingsChange::default() },
    };
    match app.helper.ask(&request).await {
        Ok(Reply::Settings(_) | Reply::Done) => {
            app.forget_owner();
            page.say_next(page.t.say("services-saved")).await;
            page::go("/services")
        }
        Ok(Reply::Stale) => {
            let on = current.services.iter().filter(|service| service.on).map(|service| service.title.clone());
            let now = on.collect::<Vec<_>>().join(", ");
            again(page, form, current, &chosen, Some(now))
        }
        Ok(Reply::Issues(issues)) => {
            for issue in issues {
                eprintln!("services are not taken: {}: {}", issue.path, issue.what);
            }
            form.fail("services", page.t.say("services-issue"));
            again(page, form, current, &chosen, None)
        }
        Ok(other) => page.broken(&unexpected(&other)),
        Err(error) => page.broken(&error),
    }
}

fn again(page: Page, form: Form, current: SettingsRead, chosen: &[String], now: Option<String>) -> Response {
    let mut services = current.services;
    for service in &mut services {
        service.on = chosen.contains(&service.name);
    }
    page::refused(&Services { page: page.titled("services-title"), form, services, revision: current.revision, now })
}
