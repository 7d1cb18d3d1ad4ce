//! A helper that speaks image/ipc and owns nothing: it keeps what it is told, counts what would change something, and
//! checks mappings as the real one does. For tests, and for looking at the pages.
#![allow(dead_code, reason = "not every test file needs all of it")]

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard};

use serde_json::Value;
use sos_ipc::{
    Change, CheckedName, Claimed, DnsRecord, FilterScript, Health, Issue, Letter, Machine, Owner, Reply, Request,
    ServiceHealth, ServiceState, SettingsChange, SettingsRead, UnitState, UpdatePhase, UpdateStatus,
};
use sos_settings::{Mapping, Offered};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{UnixListener, UnixStream};

/// The claim code it knows.
pub const CODE: &str = "ABCD-EFGH-JKMN";

/// What it holds.
pub struct State {
    /// Who owns the server.
    pub owner: Owner,
    /// Wrong codes so far.
    pub wrong: u32,
    /// Requests that would have changed something, but notes.
    pub changes: Vec<String>,
    /// The mapping of the claim.
    pub mapping: Option<Value>,
    /// How far the services are, one step further with each question.
    pub step: usize,
    /// Whether services become well by and by.
    pub moving: bool,
    /// The records to publish.
    pub records: Vec<DnsRecord>,
    /// A problem to find in the next mapping, or in the next change of the settings.
    pub refuse: Option<(String, String)>,
    /// How often the settings were changed.
    pub revision: u32,
    /// What is found of the services, and whether it is being found.
    pub health: Health,
    /// The machine.
    pub machine: Machine,
    /// How often it was asked for the claim code.
    pub codes: u32,
    /// Letters sent.
    pub letters: Vec<Letter>,
    /// Members' filter scripts.
    pub filters: BTreeMap<String, FilterScript>,
    /// Members whose connections to the mail server were ended.
    pub signed_out: BTreeSet<String>,
    /// What was noted: who, what, about whom.
    pub notes: Vec<(String, String, String)>,
    /// How updates stand.
    pub updates: UpdateStatus,
}

/// The fake.
#[derive(Clone)]
pub struct Fake(Arc<Mutex<State>>);

impl Fake {
    /// A server without an owner, its helper listening at `socket`.
    pub fn unclaimed(socket: &Path) -> Self {
        let fake = Self(Arc::new(Mutex::new(State {
            owner: nobodys(),
            wrong: 0,
            changes: Vec::new(),
            mapping: None,
            step: 0,
            moving: true,
            records: records(),
            refuse: None,
            codes: 0,
            revision: 1,
            health: Health { services: well(), running: false },
            machine: machine(),
            letters: Vec::new(),
            filters: BTreeMap::new(),
            signed_out: BTreeSet::new(),
            notes: Vec::new(),
            updates: nothing_newer(),
        })));
        fake.listen(socket);
        fake
    }

    /// The garden club's server.
    pub fn claimed(socket: &Path) -> Self {
        let fake = Self::unclaimed(socket);
        fake.state().claim("Ambridge Garden Club", "ambridge.example", "mail.ambridge.example", "Europe/London", "en");
        fake
    }

    /// What it holds now.
    pub fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap()
    }

    fn listen(&self, socket: &Path) {
        let listener = UnixListener::bind(socket).expect("a socket in a folder of the test");
        let fake = self.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let fake = fake.clone();
                tokio::spawn(async move { fake.serve(stream).await });
            }
        });
    }

    async fn serve(&self, mut stream: UnixStream) -> std::io::Result<()> {
        let mut length = [0; 4];
        stream.read_exact(&mut length).await?;
        let mut body = vec![0; u32::from_be_bytes(length) as usize];
        stream.read_exact(&mut body).await?;
        let reply = match sos_ipc::decode::<Request>(&body) {
            Ok(request) => self.state().answer(request),
            Err(error) => Reply::Fault(error.to_string()),
        };
        stream.write_all(&sos_ipc::encode(&reply).expect("a reply that fits")).await
    }
}

impl State {
    fn claim(&mut self, name: &str, domain: &str, host: &str, timezone: &str, language: &str) {
        self.owner.organisation = Some(name.into());
        self.owner.domain = Some(domain.into());
        self.owner.host = Some(host.into());
        self.owner.timezone = timezone.into();
        self.owner.language = language.into();
    }

    fn answer(&mut self, request: Request) -> Reply {
        match request {
            Request::Owner => Reply::Owner(self.owner.clone()),
            Request::CheckCode { code, .. } => self.check(code.reveal()).unwrap_or(Reply::Done),
            Request::Claim { code, mapping, .. } => {
                self.check(code.reveal()).unwrap_or_else(|| self.take_over(mapping.0))
            }
            Request::Progress => self.progress(),
            Request::Health { fresh } => {
                self.health.running |= fresh;
                Reply::Health(self.health.clone())
            }
            Request::Machine => Reply::Machine(Box::new(self.machine.clone())),
            Request::Dns => Reply::Dns(self.records.clone()),
            Request::Settings => Reply::Settings(Box::new(self.settings())),
            Request::Filters { member } => Reply::Filters(self.filters.get(&member).cloned().unwrap_or_default()),
            Request::SetFilters { member, script } => {
                self.changes.push("SetFilters".into());
                self.filters.insert(member, FilterScript { active: Some("webmail".into()), webmail: Some(script) });
                Reply::Done
            }
            Request::SendLetter(letter) => {
                self.letters.push(letter);
                Reply::Done
            }
            Request::Changes { .. } => Reply::Changes(self.noted()),
            Request::ChangeSettings { revision, change, .. } => self.change_settings(&revision, change),
            Request::Record { by, what, about } => {
                self.notes.push((by, what, about));
                Reply::Done
            }
            Request::SignOut { member } => {
                self.signed_out.insert(member);
                Reply::Done
            }
            Request::Updates => Reply::Updates(Box::new(self.updates.clone())),
            other => {
                match other {
                    Request::LookForUpdate { .. } | Request::UpdateNow { .. } => {
                        self.updates.phase = UpdatePhase::Checking
                    }
                    Request::GoBack { .. } => self.updates.phase = UpdatePhase::Trying,
                    _ => {}
                }
                let name = format!("{other:?}");
                self.changes.push(name.split([' ', '(']).next().unwrap_or_default().to_owned());
                Reply::Done
            }
        }
    }

    fn check(&mut self, code: &str) -> Option<Reply> {
        self.codes += 1;
        if self.owner.organisation.is_some() {
            return Some(Reply::AlreadyOwned);
        }
        if self.wrong >= 10 {
            return Some(Reply::Locked { seconds: 900 });
        }
        let normal =
            |code: &str| code.to_uppercase().replace(['-', ' '], "").replace('O', "0").replace(['I', 'L'], "1");
        if normal(code) == normal(CODE) {
            return None;
        }
        self.wrong += 1;
        Some(Reply::WrongCode { left: 10 - self.wrong })
    }

    fn take_over(&mut self, mapping: Value) -> Reply {
        if let Some((path, what)) = self.refuse.take() {
            return Reply::Issues(vec![Issue { path, what }]);
        }
        let offered = Offered {
            services: self.owner.services.iter().map(|service| service.name.clone()).collect(),
            by_default: Vec::new(),
            timezones: self.owner.timezones.iter().cloned().chain(["Etc/UTC".into()]).collect::<BTreeSet<_>>(),
        };
        let problems = match Mapping::read(&mapping, &offered) {
            Ok(read) => {
                let settings = read.settings();
                self.claim(
                    settings.organisation.name.as_str(),
                    settings.organisation.domain.as_str(),
                    settings.host.as_str(),
                    settings.timezone.as_str(),
                    settings.language.as_str(),
                );
                self.mapping = Some(mapping);
                self.changes.push("Claim".into());
                return Reply::Claimed(Claimed {
                    host: settings.host.to_string(),
                    administrator: read.members[0].name.to_string(),
                });
            }
            Err(problems) => problems,
        };
        let issue = |problem: &sos_settings::Problem| Issue { path: problem.path.clone(), what: problem.what.clone() };
        Reply::Issues(problems.iter().map(issue).collect())
    }

    fn progress(&mut self) -> Reply {
        let names = [("directory", "Directory"), ("mail", "Email"), ("webmail", "Webmail")];
        let step = self.step;
        if self.moving {
            self.step += 1;
        }
        let state = |at: usize| match step.saturating_sub(at * 2) {
            0 => UnitState::Waiting,
            1 | 2 => UnitState::Starting,
            _ => UnitState::Well,
        };
        Reply::Progress(
            names
                .iter()
                .enumerate()
                .map(|(at, (name, title))| ServiceState {
                    name: (*name).into(),
                    title: (*title).into(),
                    state: state(at),
                })
                .collect(),
        )
    }

    fn noted(&self) -> Vec<Change> {
        let claimed = ("metadata".to_owned(), "claimed".to_owned(), "Ambridge Garden Club".to_owned());
        let change = |(by, what, about): &(String, String, String)| Change {
            at: 1_760_000_000,
            by: by.clone(),
            what: what.clone(),
            about: about.clone(),
        };
        self.notes.iter().rev().chain([&claimed]).map(change).collect()
    }

    fn change_settings(&mut self, revision: &str, change: SettingsChange) -> Reply {
        if revision != self.revision.to_string() {
            return Reply::Stale;
        }
        if let Some((path, what)) = self.refuse.take() {
            return Reply::Issues(vec![Issue { path, what }]);
        }
        self.revision += 1;
        self.changes.push("ChangeSettings".into());
        if let Some(services) = change.services {
            self.owner.services.iter_mut().for_each(|service| service.on = services.contains(&service.name));
        }
        self.owner.organisation = change.organisation.or(self.owner.organisation.take());
        self.owner.timezone = change.timezone.unwrap_or(self.owner.timezone.clone());
        self.owner.language = change.language.unwrap_or(self.owner.language.clone());
        Reply::Settings(Box::new(self.settings()))
    }

    fn settings(&self) -> SettingsRead {
        let text = |text: &Option<String>| text.clone().unwrap_or_default();
        SettingsRead {
            revision: self.revision.to_string(),
            organisation: text(&self.owner.organisation),
            domain: text(&self.owner.domain),
            host: text(&self.owner.host),
            timezone: self.owner.timezone.clone(),
            language: self.owner.language.clone(),
            services: self.owner.services.clone(),
            quota_mib: 1024,
            message_mib: 25,
        }
    }
}

fn well() -> Vec<ServiceHealth> {
    let well = |name: &str, title: &str| ServiceHealth {
        name: name.into(),
        title: title.into(),
        restarts: name != "base",
        ok: true,
        fault: None,
        at: 1_760_000_000,
    };
    vec![well("base", "Foundation"), well("directory", "Directory"), well("mail", "Email"), well("webmail", "Webmail")]
}

fn nobodys() -> Owner {
    let service = |name: &str, title: &str| CheckedName { name: name.into(), title: title.into(), on: true };
    Owner {
        organisation: None,
        domain: None,
        host: None,
        language: "en".into(),
        timezone: "Etc/UTC".into(),
        version: "2026.11.24".into(),
        logo: false,
        services: vec![service("mail", "Email"), service("webmail", "Webmail")],
        timezones: zones(),
    }
}

/// As many zones as the real list has, so that the size of the form is real.
fn zones() -> Vec<String> {
    let table = std::fs::read_to_string("/usr/share/zoneinfo/tzdata.zi").unwrap_or_default();
    let mut zones: Vec<String> = table
        .lines()
        .filter_map(|line| {
            let mut words = line.split(' ');
            match words.next()? {
                "Z" => words.next(),
                "L" => words.nth(1),
                _ => None,
            }
        })
        .map(str::to_owned)
        .collect();
    zones.extend(["Europe/London", "Europe/Berlin", "America/New_York"].map(String::from));
    zones.sort();
    zones.dedup();
    zones
}

fn records() -> Vec<DnsRecord> {
    let record = |name: &str, kind: &str, data: &str| DnsRecord {
        name: name.into(),
        kind: kind.into(),
        data: data.into(),
        service: "mail".into(),
    };
    let key =
        "MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAu5oIUrFDWZK7F4thFxpZa2or6jBEX3cSL6b2TJdPkO5iNn9vHNXhNX31nOef";
    vec![
        record("mail.ambridge.example.", "A", "203.0.113.7"),
        record("ambridge.example.", "MX", "10 mail.ambridge.example."),
        record("ambridge.example.", "TXT", "\"v=spf1 mx -all\""),
        record("mail2026._domainkey.ambridge.example.", "TXT", &format!("\"v=DKIM1; k=rsa; p={key}\" \"{key}\"")),
        record("_dmarc.ambridge.example.", "TXT", "\"v=DMARC1; p=none; rua=mailto:postmaster@ambridge.example\""),
        record("_imaps._tcp.ambridge.example.", "SRV", "0 1 993 mail.ambridge.example."),
    ]
}

/// A server that looked last night and found nothing.
fn nothing_newer() -> UpdateStatus {
    UpdateStatus {
        running: "2026.11.24".into(),
        channel: true,
        phase: UpdatePhase::Idle,
        available: None,
        checked: Some(1_759_982_400),
        fault: None,
        tonight: 1_760_062_980,
        back: None,
        history: Vec::new(),
    }
}

fn machine() -> Machine {
    Machine {
        version: "2026.11.24".into(),
        uptime: 86_400,
        disk_bytes: 20 << 30,
        disk_free_bytes: 12 << 30,
        memory_bytes: 1 << 30,
        memory_available_bytes: 400 << 20,
        certificate_names: vec!["mail.ambridge.example".into()],
        certificate_until: 1_790_000_000,
        certificate_self_signed: false,
        certificate_fingerprint: "AA:BB".into(),
        certificate_fault: None,
        queue: Some(0),
        queue_oldest: None,
        addresses: vec!["203.0.113.7".into()],
    }
}
