//! The `sos:` mapping of the user data: its schema, and every problem of one at once.
//!
//! In: a YAML tree and what the image offers. Out: a [`Mapping`] whose every part is checked, or all [`Problems`]; for
//! the provider's own tree also what to know before there is an owner ([`Handed`]).

mod claims;
mod handed;
mod reader;

use std::collections::BTreeSet;

use serde_json::Value;

use crate::names::{Domain, HostName, Language, LocalPart, MailAddress, MemberName, Timezone, Title};
use crate::problem::Problems;
use crate::secret::Secret;
use crate::settings::{Acme, MOST_MESSAGE_MIB, MOST_QUOTA_MIB, MailLimits, Organisation, Settings};
use claims::{Claims, Kind};
pub use handed::{Handed, Waiting};
use reader::{Fields, Node};

/// The role that reads what every domain must answer.
pub const ADMINISTRATORS: &str = "administrators";

/// Addresses that always reach the administrators (RFC 2142).
pub const STANDING_ADDRESSES: [&str; 5] = ["abuse", "hostmaster", "postmaster", "root", "webmaster"];

/// Names that nobody logs in as: the console's pages about members and teams have other pages there.
pub const PAGE_NAMES: [&str; 3] = [NEW_PAGE, "import", "invite"];

/// The one of them that no group and no role has.
pub const NEW_PAGE: &str = "new";

/// The version of the schema.
const VERSION: u64 = 1;
/// Shortest password that anybody may have, in characters.
pub const SHORTEST_PASSWORD: usize = 10;

/// A whole organisation, checked.
#[derive(Debug, Clone)]
pub struct Mapping {
    /// Who it is.
    pub organisation: Organisation,
    /// The server's host name.
    pub host: HostName,
    /// Its time zone.
    pub timezone: Timezone,
    /// Its language.
    pub language: Language,
    /// Its services.
    pub services: Vec<String>,
    /// Bounds of the mail service.
    pub mail: MailLimits,
    /// Its members, at least one.
    pub members: Vec<Member>,
    /// Its groups.
    pub groups: Vec<Team>,
    /// Its roles, among them the administrators.
    pub roles: Vec<Team>,
    /// Another certificate authority than the image's.
    pub acme: Option<Acme>,
}

/// Somebody.
#[derive(Debug, Clone)]
pub struct Member {
    /// Whom they log in as.
    pub name: MemberName,
    /// Their full name.
    pub full_name: Title,
    /// Their first password.
    pub password: Password,
    /// Further addresses of theirs.
    pub addresses: Vec<LocalPart>,
    /// Where their mail goes on to, if they want no mailbox here.
    pub forward: Option<MailAddress>,
    /// An address elsewhere, where a forgotten password is set anew by a link.
    pub recovery: Option<MailAddress>,
    /// Most that their mailbox holds, in MiB.
    pub quota_mib: Option<u32>,
}

/// A password, or what is left of one.
#[derive(Debug, Clone)]
pub enum Password {
    /// In the clear, to be hashed.
    Plain(Secret),
    /// `{ARGON2}$argon2id$…`.
    Hash(Secret),
}

/// A group or role: one address, several members.
#[derive(Debug, Clone)]
pub struct Team {
    /// Its name and the first part of its address.
    pub name: MemberName,
    /// Who is in it, at least one.
    pub members: Vec<MemberName>,
    /// Whether people outside may write to it; a role always is.
    pub open: bool,
}

/// What an image has to choose from.
#[derive(Debug, Clone, Default)]
pub struct Offered {
    /// Services.
    pub services: BTreeSet<String>,
    /// Services of those who choose none.
    pub by_default: Vec<String>,
    /// Time zones; empty when the list of them is not known, and then any is taken.
    pub timezones: BTreeSet<String>,
}

impl Mapping {
    /// Checks `value`, the tree below `sos:`.
    ///
    /// # Errors
    /// Every problem found, each with its path.
    pub fn read(value: &Value, offered: &Offered) -> Result<Self, Problems> {
        let mut problems = Problems::default();
        let mapping = read_mapping(&Node::new("sos", value), offered, &mut problems);
        match mapping {
            Some(mapping) if problems.is_empty() => Ok(mapping),
            _ => Err(problems),
        }
    }

    /// The settings this mapping asks for; its members, groups and roles go into the directory.
    #[must_use]
    pub fn settings(&self) -> Settings {
        let mut settings = Settings::new(
            self.organisation.clone(),
            self.host.clone(),
            self.timezone.clone(),
            self.language.clone(),
            self.services.clone(),
            self.mail,
        );
        settings.acme.clone_from(&self.acme);
        settings
    }
}

/// Keys of an organisation.
const OWN_KEYS: [&str; 9] =
    ["organisation", "host", "timezone", "language", "services", "mail", "members", "groups", "roles"];
const KEYS: [&str; 12] = [
    "version",
    "claim_code_hash",
    "organisation",
    "host",
    "timezone",
    "language",
    "services",
    "mail",
    "acme",
    "members",
    "groups",
    "roles",
];

fn read_mapping(node: &Node<'_>, offered: &Offered, problems: &mut Problems) -> Option<Mapping> {
    let fields = Fields::of(node, &KEYS, problems)?;
    read_version(&fields, problems);
    if let Some(node) = fields.optional("claim_code_hash") {
        problems.add(node.path, "an organisation that is handed in needs no claim; remove this, or the organisation");
    }
    let organisation = fields.required("organisation", problems).and_then(|node| read_organisation(&node, problems));
    let host = fields.optional("host").map(|node| node.parse::<HostName>(problems));
    let timezone = fields.optional("timezone").map(|node| read_timezone(&node, offered, problems));
    let language = fields.optional("language").map(|node| node.parse::<Language>(problems));
    let services = match fields.optional("services") {
        Some(node) => read_services(&node, offered, problems),
        None => offered.by_default.clone(),
    };
    let mail = fields.optional("mail").map_or(Some(MailLimits::default()), |node| read_mail(&node, problems));
    let acme = fields.optional("acme").and_then(|node| read_acme(&node, problems));

    let mut claims = Claims::default();
    let domain = organisation.as_ref().map(|organisation| &organisation.domain);
    let members = read_members(&fields, domain, &mut claims, problems);
    let groups = read_teams(&fields, "groups", Kind::Group, &mut claims, problems);
    let mut roles = read_teams(&fields, "roles", Kind::Role, &mut claims, problems);
    claims.report_duplicates(problems);

    add_administrators(&mut roles, &members);
    let organisation = organisation?;
    let host = host.unwrap_or_else(|| Some(HostName::of_mail_server(&organisation.domain)))?;
    let timezone = timezone.unwrap_or_else(|| Some(Timezone::default()))?;
    let language = language.unwrap_or_else(|| Some(Language::default()))?;
    Some(Mapping { organisation, host, timezone, language, services, mail: mail?, members, groups, roles, acme })
}

fn read_version(fields: &Fields<'_>, problems: &mut Problems) {
    if let Some(node) = fields.required("version", problems)
        && node.number(1, u64::MAX, problems).is_some_and(|version| version != VERSION)
    {
        problems.add(
            &node.path,
            format!("this server knows version {VERSION} of the mapping only; write version: {VERSION}"),
        );
    }
}

fn read_organisation(node: &Node<'_>, problems: &mut Problems) -> Option<Organisation> {
    let fields = Fields::of(node, &["name", "domain"], problems)?;
    let name = fields.required("name", problems).and_then(|node| node.parse(problems));
    let domain = fields.required("domain", problems).and_then(|node| node.parse(problems));
    Some(Organisation { name: name?, domain: domain? })
}

fn read_timezone(node: &Node<'_>, offered: &Offered, problems: &mut Problems) -> Option<Timezone> {
    let zone: Timezone = node.parse(problems)?;
    if !offered.timezones.is_empty() && !offered.timezones.contains(zone.as_str()) {
        problems.add(&node.path, format!("there is no time zone \"{zone}\"; write one such as Europe/London"));
    }
    Some(zone)
}

fn read_services(node: &Node<'_>, offered: &Offered, problems: &mut Problems) -> Vec<String> {
    let mut services = Vec::new();
    for item in node.items(problems) {
        let Some(name) = item.text(problems) else { continue };
        if !offered.services.contains(name) {
            let all: Vec<&str> = offered.services.iter().map(String::as_str).collect();
            problems.add(&item.path, format!("there is no service {name:?}; there are: {}", all.join(", ")));
        } else if services.iter().any(|service| service == name) {
            problems.add(&item.path, format!("{name} is named twice; remove one"));
        } else {
            services.push(name.to_owned());
        }
    }
    services
}

fn read_mail(node: &Node<'_>, problems: &mut Problems) -> Option<MailLimits> {
    let fields = Fields::of(node, &["quota_mib", "message_mib"], problems)?;
    let standard = MailLimits::default();
    let mut limit = |key, most, default| match fields.optional(key) {
        Some(node) => node.number(1, u64::from(most), problems).and_then(|mib| u32::try_from(mib).ok()),
        None => Some(default),
    };
    let quota_mib = limit("quota_mib", MOST_QUOTA_MIB, standard.quota_mib);
    let message_mib = limit("message_mib", MOST_MESSAGE_MIB, standard.message_mib);
    Some(MailLimits { quota_mib: quota_mib?, message_mib: message_mib? })
}

fn read_acme(node: &Node<'_>, problems: &mut Problems) -> Option<Acme> {
    let fields = Fields::of(node, &["directory", "trust"], problems)?;
    let directory = fields.required("directory", problems).and_then(|node| node.parse(problems));
    let trust = fields.optional("trust").and_then(|node| node.parse(problems));
    Some(Acme { directory: directory?, trust })
}

fn read_members(
    fields: &Fields<'_>,
    domain: Option<&Domain>,
    claims: &mut Claims,
    problems: &mut Problems,
) -> Vec<Member> {
    let Some(node) = fields.required("members", problems) else { return Vec::new() };
    let items = node.items(problems);
    if items.is_empty() {
        problems.add(&node.path, "there must be at least one member, who looks after the server");
    }
    items.iter().filter_map(|item| read_member(item, domain, claims, problems)).collect()
}

const MEMBER_KEYS: [&str; 8] =
    ["name", "full_name", "password", "password_hash", "addresses", "forward", "recovery", "quota_mib"];

fn read_member(
    node: &Node<'_>,
    domain: Option<&Domain>,
    claims: &mut Claims,
    problems: &mut Problems,
) -> Option<Member> {
    let fields = Fields::of(node, &MEMBER_KEYS, problems)?;
    let name = fields.required("name", problems).and_then(|node| claims.name(&node, Kind::Member, problems));
    let full_name = fields.required("full_name", problems).and_then(|node| node.parse::<Title>(problems));
    let password = read_password(&fields, problems);
    let addresses = fields.optional("addresses").map_or_else(Vec::new, |node| node.items(problems));
    let addresses: Vec<LocalPart> =
        addresses.iter().filter_map(|item| read_address(item, domain, claims, problems)).collect();
    let forward = fields.optional("forward").map(|node| read_elsewhere(&node, domain, "forward to", problems));
    let recovery = fields.optional("recovery").map(|node| read_elsewhere(&node, domain, "write", problems));
    let quota = fields.optional("quota_mib").map(|node| node.number(1, u64::from(MOST_QUOTA_MIB), problems));
    Some(Member {
        name: name?,
        full_name: full_name?,
        password: password?,
        addresses,
        forward: forward.map_or(Some(None), |forward| forward.map(Some))?,
        recovery: recovery.map_or(Some(None), |recovery| recovery.map(Some))?,
        quota_mib: quota.map_or(Some(None), |quota| quota.map(|mib| u32::try_from(mib).ok()))?,
    })
}

fn read_password(fields: &Fields<'_>, problems: &mut Problems) -> Option<Password> {
    match (fields.optional("password"), fields.optional("password_hash")) {
        (Some(_), Some(hash)) => {
            problems.add(hash.path, "there is a password as well; keep one of the two");
            None
        }
        (None, None) => {
            problems.add(&fields.path, "has neither password nor password_hash; write one of them");
            None
        }
        (Some(node), None) => {
            let text = node.text(problems)?;
            if text.chars().count() < SHORTEST_PASSWORD || text.chars().any(char::is_control) {
                problems.add(node.path, format!("must have at least {SHORTEST_PASSWORD} characters, all on one line"));
                return None;
            }
            Some(Password::Plain(Secret::new(text)))
        }
        (None, Some(node)) => {
            let text = node.text(problems)?;
            if !is_argon2id(text) {
                problems.add(
                    node.path,
                    "is not of the form {ARGON2}$argon2id$v=19$m=…,t=…,p=…$salt$hash; write it so, or a password",
                );
                return None;
            }
            Some(Password::Hash(Secret::new(text)))
        }
    }
}

/// The form that OpenLDAP's argon2 module writes (slappw-argon2(5)).
fn is_argon2id(text: &str) -> bool {
    let Some(rest) = text.strip_prefix("{ARGON2}$argon2id$v=19$") else { return false };
    let parts: Vec<&str> = rest.split('$').collect();
    let base64 = |part: &str, least: usize| {
        part.len() >= least && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+/".contains(&byte))
    };
    let [costs, salt, hash] = parts[..] else { return false };
    let cost = |cost: &str, key: &str| cost.strip_prefix(key).is_some_and(|value| value.parse::<u32>().is_ok());
    let costs: Vec<&str> = costs.split(',').collect();
    let [memory, time, lanes] = costs[..] else { return false };
    cost(memory, "m=") && cost(time, "t=") && cost(lanes, "p=") && base64(salt, 11) && base64(hash, 22)
}

/// `j.archer`, or the same at the organisation's own domain.
fn read_address(
    node: &Node<'_>,
    domain: Option<&Domain>,
    claims: &mut Claims,
    problems: &mut Problems,
) -> Option<LocalPart> {
    let text = node.text(problems)?;
    let local = match (text.rsplit_once('@'), domain) {
        (Some((local, at)), Some(domain)) if !at.eq_ignore_ascii_case(domain.as_str()) => {
            problems.add(&node.path, format!("{local:?} is at {at}, which is not the organisation's domain {domain}; write what stands before the @ only"));
            return None;
        }
        (Some((local, _)), _) => local,
        (None, _) => text,
    };
    claims.address(node, local, problems)
}

/// An address that is not of this server; `verb` is what to do with one elsewhere.
fn read_elsewhere(
    node: &Node<'_>,
    domain: Option<&Domain>,
    verb: &str,
    problems: &mut Problems,
) -> Option<MailAddress> {
    let target: MailAddress = node.parse(problems)?;
    if domain.is_some_and(|domain| target.domain() == domain.as_str()) {
        problems
            .add(&node.path, format!("{target} is an address of this server; {verb} one elsewhere, or leave it out"));
        return None;
    }
    Some(target)
}

fn read_teams(fields: &Fields<'_>, key: &str, kind: Kind, claims: &mut Claims, problems: &mut Problems) -> Vec<Team> {
    let Some(node) = fields.optional(key) else { return Vec::new() };
    node.items(problems).iter().filter_map(|item| read_team(item, kind, claims, problems)).collect()
}

fn read_team(node: &Node<'_>, kind: Kind, claims: &mut Claims, problems: &mut Problems) -> Option<Team> {
    let keys: &[&str] = if kind == Kind::Group { &["name", "members", "open"] } else { &["name", "members"] };
    let fields = Fields::of(node, keys, problems)?;
    let name = fields.required("name", problems).and_then(|node| claims.name(&node, kind, problems));
    let open = if kind == Kind::Group { fields.optional("open") } else { None };
    let open = open.map_or(Some(true), |node| node.truth(problems));
    let list = fields.required("members", problems)?;
    let items = list.items(problems);
    if items.is_empty() {
        problems.add(&list.path, "nobody is in it; name at least one member, or leave it out");
    }
    let mut members = Vec::new();
    for item in &items {
        if let Some(member) = claims.member(item, problems) {
            if members.contains(&member) {
                problems.add(&item.path, format!("{member} is named twice; remove one"));
            } else {
                members.push(member);
            }
        }
    }
    Some(Team { name: name?, members, open: open? })
}

/// Without a role of administrators, the first member is it.
fn add_administrators(roles: &mut Vec<Team>, members: &[Member]) {
    let named = roles.iter().any(|role| role.name.as_str() == ADMINISTRATORS);
    if let (false, Some(first), Ok(name)) = (named, members.first(), ADMINISTRATORS.parse()) {
        roles.push(Team { name, members: vec![first.name.clone()], open: true });
    }
}
