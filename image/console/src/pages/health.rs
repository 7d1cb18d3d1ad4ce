//! Is everything working? Each service's last real transaction and the machine, in words, with the button that mends.
//! Red is only what is broken and what somebody can do something about.

use askama::Template;
use axum::Router;
use axum::extract::State;
use axum::response::Response;
use axum::routing::get;
use sos_ipc::{self as ipc, Machine, Mend, Reply, Request, ServiceHealth, ServiceState, UnitState};

use crate::app::App;
use crate::form::Posted;
use crate::helper::{HelperError, unexpected};
use crate::letters::Bound;
use crate::page::{self, ForAdministrators, Page};
use crate::text::Say;
use crate::when;

/// How often all services may be had do their real work, which keeps the machine busy.
const CHECKUPS: Bound = Bound { most: 6, window: 600 };

/// `/health`.
pub fn routes() -> Router<App> {
    Router::new().route("/health", get(show).post(mend))
}

/// How something is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mood {
    /// As it should be.
    Well,
    /// Worth a look, or on its way.
    Look,
    /// Broken.
    Broken,
}

impl Mood {
    fn code(self) -> &'static str {
        match self {
            Self::Well => "well",
            Self::Look => "look",
            Self::Broken => "broken",
        }
    }

    fn say(self, t: &Say) -> String {
        match self {
            Self::Well => t.say("health-mood-well"),
            Self::Look => t.say("health-mood-look"),
            Self::Broken => t.say("health-mood-broken"),
        }
    }
}

/// One thing: how it is, in words, and the button that mends it.
struct Finding {
    title: String,
    mood: Mood,
    words: String,
    /// What a program said, for whoever supports the server.
    detail: Option<String>,
    /// The button's value and label.
    button: Option<(&'static str, String)>,
    /// Which service the button is about.
    service: String,
}

#[derive(Template)]
#[template(path = "health.html")]
struct Health {
    page: Page,
    services: Vec<Finding>,
    machine: Vec<Finding>,
    all_well: bool,
    /// Everything is being tried now.
    running: bool,
}

async fn show(State(app): State<App>, ForAdministrators { page, .. }: ForAdministrators) -> Response {
    let found = tokio::try_join!(health(&app, false), progress(&app), machine(&app));
    let (health, progress, machine) = match found {
        Ok(found) => found,
        Err(error) => return page.broken(&error),
    };
    let now = app.clock.now();
    let zone = app.owner().await.map(|owner| owner.timezone.clone()).unwrap_or_default();
    let services: Vec<Finding> = health.services.iter().map(|one| service(one, &progress, now, page.t)).collect();
    let machine = machine_findings(&machine, now, &when::Zone::new(&zone), page.t);
    let all_well = services.iter().chain(&machine).all(|finding| finding.mood == Mood::Well);
    let running = health.running;
    page::html(&Health { page: page.titled("health-title"), services, machine, all_well, running })
}

async fn health(app: &App, fresh: bool) -> Result<ipc::Health, HelperError> {
    match app.helper.ask(&Request::Health { fresh }).await? {
        Reply::Health(health) => Ok(health),
        other => Err(unexpected(&other)),
    }
}

async fn progress(app: &App) -> Result<Vec<ServiceState>, HelperError> {
    match app.helper.ask(&Request::Progress).await? {
        Reply::Progress(progress) => Ok(progress),
        other => Err(unexpected(&other)),
    }
}

async fn machine(app: &App) -> Result<Machine, HelperError> {
    match app.helper.ask(&Request::Machine).await? {
        Reply::Machine(machine) => Ok(*machine),
        other => Err(unexpected(&other)),
    }
}

fn service(health: &ServiceHealth, progress: &[ServiceState], now: u64, t: Say) -> Finding {
    let state = progress.iter().find(|state| state.name == health.name).map(|state| state.state);
    let ago = t.duration(now.saturating_sub(health.at));
    let (mood, words) = if health.ok && state != Some(UnitState::Failed) {
        (Mood::Well, t.with("health-service-well", [("ago", ago.as_str())]))
    } else if matches!(state, Some(UnitState::Waiting | UnitState::Starting)) {
        (Mood::Look, t.say("health-service-starting"))
    } else {
        (Mood::Broken, t.with("health-service-broken", [("ago", ago.as_str())]))
    };
    let broken = mood == Mood::Broken;
    Finding {
        title: t.service(&health.name, &health.title),
        mood,
        words,
        detail: health.fault.clone().filter(|_| broken),
        button: (broken && health.restarts).then(|| ("restart", t.say("health-restart"))),
        service: health.name.clone(),
    }
}

fn machine_findings(machine: &Machine, now: u64, zone: &when::Zone, t: Say) -> Vec<Finding> {
    let mut findings = vec![disk(machine, t), memory(machine, t), certificate(machine, now, zone, t)];
    findings.extend(machine.queue.map(|waiting| queue(waiting, machine.queue_oldest.unwrap_or(0), t)));
    findings
}

fn plain(title: &str, mood: Mood, words: String, t: Say) -> Finding {
    Finding { title: t.say(title), mood, words, detail: None, button: None, service: String::new() }
}

/// Below a tenth the end is in sight; below a fiftieth mail may be refused.
fn disk(machine: &Machine, t: Say) -> Finding {
    let (free, all) = (gib(machine.disk_free_bytes), gib(machine.disk_bytes));
    let arguments = [("free", free.as_str()), ("all", all.as_str())];
    let share = |part: u64| machine.disk_free_bytes < machine.disk_bytes / part;
    if share(50) {
        plain("health-disk", Mood::Broken, t.with("health-disk-full", arguments), t)
    } else if share(10) {
        plain("health-disk", Mood::Look, t.with("health-disk-low", arguments), t)
    } else {
        plain("health-disk", Mood::Well, t.with("health-disk-well", arguments), t)
    }
}

fn memory(machine: &Machine, t: Say) -> Finding {
    let (free, all) = (mib(machine.memory_available_bytes), mib(machine.memory_bytes));
    let arguments = [("free", free.as_str()), ("all", all.as_str())];
    if machine.memory_available_bytes < machine.memory_bytes / 20 {
        plain("health-memory", Mood::Look, t.with("health-memory-low", arguments), t)
    } else {
        plain("health-memory", Mood::Well, t.with("health-memory-well", arguments), t)
    }
}

fn certificate(machine: &Machine, now: u64, zone: &when::Zone, t: Say) -> Finding {
    const DAY: u64 = 24 * 3600;
    let until = zone.write_day(machine.certificate_until);
    let left = machine.certificate_until.saturating_sub(now);
    let names = machine.certificate_names.join(", ");
    let arguments = [("until", until.as_str()), ("names", names.as_str())];
    let (mood, words) = if machine.certificate_self_signed {
        (Mood::Look, t.say("health-certificate-own"))
    } else if left == 0 {
        (Mood::Broken, t.with("health-certificate-over", arguments))
    } else if left < DAY || (left < 14 * DAY && machine.certificate_fault.is_some()) {
        (Mood::Look, t.with("health-certificate-soon", arguments))
    } else {
        (Mood::Well, t.with("health-certificate-well", arguments))
    };
    let button = (mood != Mood::Well).then(|| ("certificate", t.say("health-certificate-ask")));
    let detail = machine.certificate_fault.clone().filter(|_| mood != Mood::Well);
    Finding { button, detail, ..plain("health-certificate", mood, words, t) }
}

/// Letters wait because of the other side; only many hours are worth a look, and never red.
fn queue(waiting: u32, oldest: u64, t: Say) -> Finding {
    let oldest_words = t.duration(oldest);
    let (mood, words) = match waiting {
        0 => (Mood::Well, t.say("health-queue-empty")),
        _ if oldest < 4 * 3600 => {
            (Mood::Well, t.count_with("health-queue-some", waiting, [("oldest", oldest_words.as_str())]))
        }
        _ => (Mood::Look, t.count_with("health-queue-old", waiting, [("oldest", oldest_words.as_str())])),
    };
    let button = (waiting > 0).then(|| ("flush", t.say("health-queue-flush")));
    Finding { button, ..plain("health-queue", mood, words, t) }
}

/// GB with one digit behind the point, where there are few.
fn gib(bytes: u64) -> String {
    let tenths = bytes / (1 << 30) * 10 + bytes % (1 << 30) * 10 / (1 << 30);
    if tenths < 100 { format!("{}.{}", tenths / 10, tenths % 10) } else { (tenths / 10).to_string() }
}

fn mib(bytes: u64) -> String {
    (bytes >> 20).to_string()
}

async fn mend(State(app): State<App>, ForAdministrators { page, me }: ForAdministrators, posted: Posted) -> Response {
    let what = match posted.pressed() {
        "check" => return check(&app, page).await,
        "restart" => Mend::Restart { service: posted.get("service").to_owned() },
        "flush" => Mend::FlushQueue,
        "certificate" => Mend::Certificate,
        _ => return page::go("/health"),
    };
    if let Mend::Restart { service } = &what {
        match health(&app, false).await {
            Ok(known) if known.services.iter().any(|one| one.name == *service && one.restarts) => {}
            Ok(_) => return page::go("/health"),
            Err(error) => return page.broken(&error),
        }
    }
    let notice = match app.helper.ask(&Request::Mend { what, by: me.name.to_string() }).await {
        Ok(Reply::Done) => page.t.say("health-mended"),
        outcome => {
            eprintln!("mending: {outcome:?}");
            page.t.say("health-not-mended")
        }
    };
    page.say_next(notice).await;
    page::go("/health")
}

async fn check(app: &App, page: Page) -> Response {
    if !app.checkups.take(app.clock.now(), (), CHECKUPS) {
        page.say_next(page.t.say("health-checked-lately")).await;
        return page::go("/health");
    }
    match health(app, true).await {
        Ok(_) => page::go("/health"),
        Err(error) => page.broken(&error),
    }
}
