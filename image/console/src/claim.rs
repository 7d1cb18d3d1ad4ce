//! The first-run form: what was typed, whether it will do, and the mapping it becomes, of the very schema that the
//! provider's metadata has.

use std::collections::BTreeMap;

use hickory_resolver::proto::rr::Name;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sos_ipc::{Hidden, Issue, Owner, Word};
use sos_settings::{Domain, HostName, MailAddress, MemberName, NameError, Title};

use crate::form::{Form, Posted};
use crate::text::{LANGUAGES, Say};
use crate::{login_name, password};

/// Fields of one line.
const LINES: [&str; 8] = ["organisation", "domain", "full_name", "recovery", "name", "host", "timezone", "language"];
/// The password. It is kept in the session and never written into a page.
const PASSWORD: &str = "password";
/// The services, with spaces between.
pub const SERVICES: &str = "services";
/// What is wrong with no field in particular.
pub const WHOLE: &str = "form";

/// What the session keeps of a claim that is under way.
#[derive(Clone, Serialize, Deserialize)]
pub struct Draft {
    /// The claim code, which was right.
    pub code: Word,
    /// What was typed so far, by field.
    pub typed: BTreeMap<String, Word>,
}

impl Draft {
    /// The form as it was left, or with defaults that suit the visitor.
    #[must_use]
    pub fn form(&self, owner: &Owner, t: Say) -> Form {
        let mut form = Form::empty(&LINES);
        form.set("timezone", owner.timezone.as_str());
        form.set("language", t.language.code());
        let on: Vec<&str> = owner.services.iter().filter(|it| it.on).map(|it| it.name.as_str()).collect();
        form.set(SERVICES, on.join(" "));
        for (name, value) in &self.typed {
            form.set(name, value.reveal());
        }
        form
    }

    /// Keeps what is in `form`; a password that will not do is asked for again.
    pub fn keep(&mut self, form: &mut Form) {
        if !form.fits(PASSWORD) {
            form.set(PASSWORD, "");
        }
        let names = LINES.iter().chain([&PASSWORD, &SERVICES]);
        self.typed = names.map(|name| ((*name).to_owned(), Word::new(form.value(name)))).collect();
    }

    /// Whether a password was typed already.
    #[must_use]
    pub fn has_password(&self) -> bool {
        self.typed.get(PASSWORD).is_some_and(|word| !word.reveal().is_empty())
    }
}

/// Reads what was posted. A password left empty is the one that was typed before.
#[must_use]
pub fn read(posted: &Posted, draft: &Draft, owner: &Owner, t: Say) -> Form {
    let mut form = Form::lines(&LINES, posted, t);
    form.read_secret(PASSWORD, posted, t);
    if form.value(PASSWORD).is_empty() {
        form.set(PASSWORD, draft.typed.get(PASSWORD).map_or("", Word::reveal));
    }
    let offered = owner.services.iter().map(|service| service.name.as_str());
    let chosen: Vec<&str> = offered.filter(|offered| posted.all(SERVICES).any(|name| name == *offered)).collect();
    form.set(SERVICES, chosen.join(" "));
    let domain = tidy_domain(form.value("domain"));
    form.set("domain", domain);
    complete(&mut form);
    check(&mut form, owner, t);
    form
}

/// People copy addresses of web pages, and write letters that domains spell otherwise.
fn tidy_domain(typed: &str) -> String {
    let typed = typed.to_lowercase();
    let typed = typed.trim_start_matches("https://").trim_start_matches("http://");
    let typed = typed.rsplit('@').next().unwrap_or_default();
    let typed = typed.split(['/', ':', '?']).next().unwrap_or_default();
    let typed = typed.trim_start_matches("www.").trim_matches('.');
    if typed.is_ascii() {
        return typed.to_owned();
    }
    Name::from_utf8(typed).map_or_else(|_| typed.to_owned(), |name| name.to_ascii().trim_end_matches('.').to_owned())
}

/// Fills what was left empty and follows from the rest.
fn complete(form: &mut Form) {
    if form.value("name").is_empty()
        && let Some(name) = login_name::suggest(form.value("full_name"))
    {
        form.set("name", name.as_str());
    }
    let name = form.value("name").to_lowercase();
    form.set("name", name);
    if form.value("host").is_empty()
        && let Ok(domain) = form.value("domain").parse::<Domain>()
    {
        form.set("host", HostName::of_mail_server(&domain).as_str());
    }
    if form.value("timezone").is_empty() {
        form.set("timezone", "Etc/UTC");
    }
}

fn check(form: &mut Form, owner: &Owner, t: Say) {
    check_title(form, "organisation", &t.say("claim-organisation-missing"), t);
    check_title(form, "full_name", &t.say("claim-full-name-missing"), t);
    check_name::<Domain>(form, "domain", &t.say("claim-domain-missing"), &t.say("claim-domain-bad"));
    let domain = form.value("domain").to_owned();
    check_name::<MailAddress>(form, "recovery", &t.say("claim-recovery-missing"), &t.say("claim-recovery-bad"));
    let own = form.value("recovery").rsplit('@').next().is_some_and(|at| at.eq_ignore_ascii_case(&domain));
    if form.fits("recovery") && own {
        form.fail("recovery", t.say("claim-recovery-own"));
    }
    if form.fits("full_name") || !form.value("name").is_empty() {
        check_name::<MemberName>(form, "name", &t.say("claim-name-missing"), &t.say("claim-name-bad"));
    }
    if form.value("name").parse().is_ok_and(|name| login_name::is_kept(&name)) {
        form.fail("name", t.say("claim-name-kept"));
    }
    if form.fits("domain") {
        check_name::<HostName>(form, "host", &t.say("claim-host-bad"), &t.say("claim-host-bad"));
    }
    check_choices(form, owner, t);
    let names = [form.value("full_name"), form.value("name"), form.value("organisation"), domain.as_str()];
    if let Some(sentence) = password::fault(form.value(PASSWORD), &names, t) {
        form.fail(PASSWORD, sentence);
    }
}

fn check_title(form: &mut Form, field: &str, missing: &str, t: Say) {
    if form.value(field).is_empty() {
        form.fail(field, missing);
    } else if form.value(field).parse::<Title>().is_err() {
        form.fail(field, t.say("claim-too-long"));
    }
}

fn check_name<T: std::str::FromStr<Err = NameError>>(form: &mut Form, field: &str, missing: &str, bad: &str) {
    if form.value(field).is_empty() {
        form.fail(field, missing);
    } else if form.value(field).parse::<T>().is_err() {
        form.fail(field, bad);
    }
}

fn check_choices(form: &mut Form, owner: &Owner, t: Say) {
    let zone = form.value("timezone");
    if zone != "Etc/UTC" && !owner.timezones.iter().any(|known| known == zone) {
        form.fail("timezone", t.say("claim-timezone-bad"));
    }
    if !LANGUAGES.iter().any(|language| language.code() == form.value("language")) {
        form.fail("language", t.say("claim-language-bad"));
    }
}

/// The mapping that a `form` without faults asks for.
#[must_use]
pub fn mapping(form: &Form) -> Hidden {
    let services: Vec<&str> = form.value(SERVICES).split_whitespace().collect();
    let value: Value = json!({
        "version": 1,
        "organisation": { "name": form.value("organisation"), "domain": form.value("domain") },
        "host": form.value("host"),
        "timezone": form.value("timezone"),
        "language": form.value("language"),
        "services": services,
        "members": [{
            "name": form.value("name"),
            "full_name": form.value("full_name"),
            "password": form.value(PASSWORD),
            "recovery": form.value("recovery"),
        }],
    });
    Hidden(value)
}

/// Says what the helper found wrong beside the fields it is about.
pub fn say_issues(form: &mut Form, issues: &[Issue], t: Say) {
    for issue in issues {
        let (field, sentence) = match issue.path.as_str() {
            "sos.organisation.name" => ("organisation", t.say("claim-too-long")),
            "sos.organisation.domain" => ("domain", t.say("claim-domain-bad")),
            "sos.host" => ("host", t.say("claim-host-bad")),
            "sos.timezone" => ("timezone", t.say("claim-timezone-bad")),
            "sos.language" => ("language", t.say("claim-language-bad")),
            "sos.members[0].name" => ("name", t.say("claim-name-kept")),
            "sos.members[0].full_name" => ("full_name", t.say("claim-too-long")),
            "sos.members[0].password" => (PASSWORD, t.say("password-short")),
            "sos.members[0].recovery" => ("recovery", t.say("claim-recovery-bad")),
            path if path.starts_with("sos.services") => (SERVICES, t.say("claim-services-bad")),
            _ => (WHOLE, t.with("claim-other-fault", [("what", issue.what.as_str())])),
        };
        form.fail(field, sentence);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn makes_a_domain_of_what_people_paste() {
        for (typed, domain) in [
            ("https://www.Ambridge.example/contact?x=1", "ambridge.example"),
            ("jill@ambridge.example", "ambridge.example"),
            ("ambridge.example.", "ambridge.example"),
            ("bücher.example", "xn--bcher-kva.example"),
            ("not a domain", "not a domain"),
        ] {
            assert_eq!(tidy_domain(typed), domain);
        }
    }
}
