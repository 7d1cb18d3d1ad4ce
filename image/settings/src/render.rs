//! Templates → `/etc`: a pure function, so the same image and settings give the same bytes.
//!
//! Templates are minijinja with undefined names an error and nothing escaped. They see: `claimed`, `organisation`
//! (`name`, `domain`), `domain`, `host`, `timezone`, `language`, `services` (`name`, `title`, `ports`), `ports`,
//! `udp_ports`, `ssh`, `dark`, `secrets`, `uid`, `gid`, `mail` (`quota_mib`, `message_mib`), `tls` (`certificate`, `key`,
//! `authority`), `directory` (`path`) and `values` (those of their own service). Filters of ours: `php` (a quoted PHP string) and `quoted` (in double quotes, with
//! backslashes before `"` and `\`).

use std::collections::{BTreeMap, BTreeSet};

use minijinja::syntax::SyntaxConfig;
use minijinja::value::Serde;
use minijinja::{Environment, UndefinedBehavior, Value};
use serde_json::{Map, Value as Json, json};

use crate::SettingsError;
use crate::accounts::Accounts;
use crate::manifest::{Ports, TemplateSpec};
use crate::overlays::{Overlay, Overlays};
use crate::rendered::{Change, Entry, Rendered};
use crate::secret::Secrets;
use crate::settings::Settings;

/// Where units of the enabled services are linked.
const WANTS: &str = "/etc/systemd/system/sos-services.target.wants";

/// Everything a rendering depends on besides the image.
#[derive(Debug, Clone)]
pub struct Inputs<'a> {
    /// What the organisation chose; nothing before there is an owner.
    pub settings: Option<&'a Settings>,
    /// The device's own secrets.
    pub secrets: &'a Secrets,
    /// The image's accounts.
    pub accounts: &'a Accounts,
    /// Whether SSH is on.
    pub ssh: bool,
    /// Where the directory's database is.
    pub directory: &'a str,
    /// Whether an authority has signed the server's certificate, so that browsers know it.
    pub authority: bool,
    /// Whether nothing may come in and no letter may leave: a new release is tried, and may be taken back.
    pub dark: bool,
}

/// Renders the enabled services' files and links. Before there is an owner: those of services marked `unclaimed`, and
/// other services' templates marked so. Nothing else is there, and no other port is public.
///
/// # Errors
/// When a service, account or name is missing, or two services render one file. Nothing is rendered then.
pub fn render(overlays: &Overlays, inputs: &Inputs<'_>) -> Result<Rendered, SettingsError> {
    let enabled = overlays.enabled(inputs.settings)?;
    let environment = environment(&enabled)?;
    let context = template_context(&enabled, inputs);
    let claimed = inputs.settings.is_some();
    let mut sink = Sink::default();
    for overlay in &enabled {
        let context = seen_by(overlay, &context);
        let there = claimed || overlay.manifest.unclaimed;
        for (name, spec) in overlay.manifest.templates.iter().filter(|(_, spec)| there || spec.unclaimed) {
            let id = format!("{}/{name}", overlay.name);
            let text = environment.get_template(&id).and_then(|template| template.render(&context));
            sink.add(
                &overlay.name,
                &spec.to,
                file(&id, spec, text.map_err(|e| template_fault(&id, e))?, inputs.accounts)?,
            )?;
            if let Some(change) = change(spec) {
                sink.rendered.changes.insert(spec.to.clone(), change);
            }
        }
        if there {
            links(&environment, overlay, &context, &mut sink)?;
        }
    }
    Ok(sink.rendered)
}

/// A DNS record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DnsLine {
    /// The record as zone files have it.
    pub text: String,
    /// The service that wants it.
    pub service: String,
}

/// The DNS records of the enabled services. `dkim` are public keys by the names of their secrets, as
/// base64; `ipv4` and `ipv6` the server's public addresses, which templates see as `addresses`.
///
/// # Errors
/// When a record does not render.
pub fn dns_records(
    overlays: &Overlays,
    inputs: &Inputs<'_>,
    dkim: &BTreeMap<String, String>,
    ipv4: &[String],
    ipv6: &[String],
) -> Result<Vec<DnsLine>, SettingsError> {
    let enabled = overlays.enabled(inputs.settings)?;
    let environment = environment(&enabled)?;
    let mut context = template_context(&enabled, inputs);
    context.insert("dkim".into(), json!(dkim));
    context.insert("addresses".into(), json!({ "ipv4": ipv4, "ipv6": ipv6 }));
    let mut lines = Vec::new();
    for overlay in &enabled {
        let context = seen_by(overlay, &context);
        for record in &overlay.manifest.dns.records {
            let id = format!("{}/service.toml, dns.records", overlay.name);
            let text = environment.render_str(record, &context).map_err(|error| template_fault(&id, error))?;
            let line = |text: &str| DnsLine { text: text.to_owned(), service: overlay.name.clone() };
            lines.extend(text.lines().map(str::trim).filter(|line| !line.is_empty()).map(line));
        }
    }
    Ok(lines)
}

/// Collects entries, refusing a path given twice.
#[derive(Default)]
struct Sink {
    rendered: Rendered,
    by: BTreeMap<String, String>,
}

impl Sink {
    fn add(&mut self, service: &str, path: &str, entry: Entry) -> Result<(), SettingsError> {
        if let Some(first) = self.by.insert(path.to_owned(), service.to_owned()) {
            return Err(SettingsError::Twice { path: path.into(), first, second: service.to_owned() });
        }
        self.rendered.entries.insert(path.to_owned(), entry);
        Ok(())
    }
}

fn links(
    environment: &Environment<'_>,
    overlay: &Overlay,
    context: &Value,
    sink: &mut Sink,
) -> Result<(), SettingsError> {
    for (path, target) in &overlay.manifest.links {
        let id = format!("{}/service.toml, links", overlay.name);
        let target = environment.render_str(target, context).map_err(|error| template_fault(&id, error))?;
        sink.add(&overlay.name, path, Entry::Link { target })?;
    }
    for unit in &overlay.manifest.units {
        let target = format!("/usr/lib/systemd/system/{}", unit_file(unit));
        sink.add(&overlay.name, &format!("{WANTS}/{unit}"), Entry::Link { target })?;
        sink.rendered.units.push(unit.clone());
    }
    Ok(())
}

/// The file that describes `unit`: `a@.service` for the instance `a@b.service`.
fn unit_file(unit: &str) -> String {
    match (unit.split_once('@'), unit.rsplit_once('.')) {
        (Some((name, _)), Some((_, kind))) => format!("{name}@.{kind}"),
        _ => unit.to_owned(),
    }
}

fn file(id: &str, spec: &TemplateSpec, text: String, accounts: &Accounts) -> Result<Entry, SettingsError> {
    let (uid, gid) = accounts.owner(id, &spec.owner, &spec.group)?;
    Ok(Entry::File { bytes: text.into_bytes(), mode: spec.mode_bits().unwrap_or(0o600), uid, gid })
}

fn change(spec: &TemplateSpec) -> Option<Change> {
    spec.restart.clone().map(Change::Restart).or_else(|| spec.reload.clone().map(Change::Reload))
}

fn template_fault(template: &str, source: minijinja::Error) -> SettingsError {
    SettingsError::Template { template: template.to_owned(), source: Box::new(source) }
}

fn environment(enabled: &[&Overlay]) -> Result<Environment<'static>, SettingsError> {
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.set_auto_escape_callback(|_| minijinja::AutoEscape::None);
    let syntax = SyntaxConfig::builder().keep_trailing_newline(true).build();
    environment.set_syntax(syntax.map_err(|error| template_fault("the template syntax", error))?);
    // Source lines in errors could show values; names and line numbers are enough.
    environment.set_debug(false);
    environment.add_filter("php", |text: String| format!("'{}'", text.replace('\\', "\\\\").replace('\'', "\\'")));
    environment.add_filter("quoted", |text: String| format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\"")));
    for overlay in enabled {
        for (name, text) in &overlay.templates {
            let id = format!("{}/{name}", overlay.name);
            environment.add_template_owned(id.clone(), text.clone()).map_err(|error| template_fault(&id, error))?;
        }
    }
    Ok(environment)
}

fn template_context(enabled: &[&Overlay], inputs: &Inputs<'_>) -> Map<String, Json> {
    let claimed = inputs.settings.is_some();
    let there = || enabled.iter().filter(|overlay| claimed || overlay.manifest.unclaimed);
    let ports = |of: fn(&Ports) -> &Vec<u16>| {
        there().flat_map(|overlay| of(&overlay.manifest.ports)).copied().collect::<BTreeSet<u16>>()
    };
    let service = |overlay: &&Overlay| json!({ "name": overlay.name, "title": overlay.manifest.title, "ports": overlay.manifest.ports.public });
    let mut context = object(json!({
        "claimed": claimed,
        "ssh": inputs.ssh,
        "dark": inputs.dark,
        "uid": inputs.accounts.users(),
        "gid": inputs.accounts.groups(),
        "directory": { "path": inputs.directory },
        "ports": ports(|ports| &ports.public),
        "udp_ports": ports(|ports| &ports.public_udp),
        "services": there().map(service).collect::<Vec<_>>(),
        "tls": {
            "certificate": "/var/lib/sos/tls/cert.pem",
            "key": "/var/lib/sos/tls/key.pem",
            "authority": inputs.authority,
        },
    }));
    if let Some(settings) = inputs.settings {
        context.extend(claimed_context(settings, inputs.secrets));
    }
    context
}

/// What the templates of one service see.
fn seen_by(overlay: &Overlay, context: &Map<String, Json>) -> Value {
    let mut context = context.clone();
    context.insert("values".into(), json!(overlay.manifest.values));
    Value::from(Serde(context))
}

fn claimed_context(settings: &Settings, secrets: &Secrets) -> Map<String, Json> {
    object(json!({
        "organisation": settings.organisation,
        "domain": settings.organisation.domain,
        "host": settings.host,
        "timezone": settings.timezone,
        "language": settings.language,
        "mail": settings.mail,
        "secrets": secrets.iter().map(|(name, secret)| (name, secret.reveal())).collect::<BTreeMap<_, _>>(),
    }))
}

fn object(value: Json) -> Map<String, Json> {
    match value {
        Json::Object(map) => map,
        _ => Map::new(),
    }
}
