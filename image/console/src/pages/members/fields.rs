//! The fields about a member, read and checked.

use sos_settings::{LocalPart, MailAddress, MemberName, Title};

use crate::directory::{DirectoryError, Member};
use crate::form::{Form, Posted};
use crate::slip::{self, Slip};
use crate::text::Say;

/// Fields of one line.
pub(super) const LINES: [&str; 5] = ["full_name", "name", "recovery", "forward", "quota"];

/// The fields as posted.
pub(super) fn read(posted: &Posted, t: Say) -> Form {
    let mut form = Form::lines(&LINES, posted, t);
    form.read_text("addresses", posted, t);
    form
}

/// The fields filled with what is known about a member.
pub(super) fn filled(member: &Member) -> Form {
    let mut form = Form::empty(&LINES);
    form.set("full_name", &member.full_name);
    form.set("name", member.name.as_str());
    form.set("recovery", member.recovery.clone().unwrap_or_default());
    form.set("forward", member.forward.clone().unwrap_or_default());
    form.set("quota", member.quota_mib.map(|mib| mib.to_string()).unwrap_or_default());
    form.set("addresses", member.addresses.join("\n"));
    form
}

/// What a form says about anybody.
pub(super) struct Checked {
    pub(super) full_name: Title,
    pub(super) addresses: Vec<LocalPart>,
    pub(super) forward: Option<MailAddress>,
    pub(super) recovery: Option<MailAddress>,
    pub(super) quota_mib: Option<u32>,
}

/// Checks all but the name; what is wrong stands in the form then.
pub(super) fn check(form: &mut Form, domain: &str, t: Say) -> Option<Checked> {
    let full_name = checked(form, "full_name", t, slip::full_name);
    let addresses = checked(form, "addresses", t, |text| slip::addresses(text, domain));
    let forward = checked(form, "forward", t, |text| slip::forward(text, domain));
    let recovery = checked(form, "recovery", t, |text| slip::recovery(text, domain));
    let quota_mib = checked(form, "quota", t, slip::quota);
    Some(Checked {
        full_name: full_name?,
        addresses: addresses?,
        forward: forward?,
        recovery: recovery?,
        quota_mib: quota_mib?,
    })
}

/// Checks the name to sign in with; without one, it is made from the full name.
pub(super) fn check_name(form: &mut Form, domain: &str, t: Say) -> Option<MemberName> {
    if form.value("name").is_empty()
        && let Ok(full_name) = slip::full_name(form.value("full_name"))
    {
        return checked(form, "name", t, |_| slip::login_of(&full_name));
    }
    checked(form, "name", t, |text| slip::login(text, domain))
}

/// One field's value, or its error in the form.
pub(super) fn checked<T>(
    form: &mut Form,
    field: &str,
    t: Say,
    check: impl FnOnce(&str) -> Result<T, Slip>,
) -> Option<T> {
    if !form.fits(field) {
        return None;
    }
    let outcome = check(form.value(field));
    outcome.map_err(|slip| form.fail(field, slip.say(t))).ok()
}

/// Puts what the directory says beside its field. What no field is to blame for comes back.
pub(super) fn blame(form: &mut Form, error: DirectoryError, name: &MemberName, t: Say) -> Result<(), DirectoryError> {
    let Some(slip) = Slip::of_directory(&error) else { return Err(error) };
    let own = matches!(&slip, Slip::Taken { address, .. } if address == name.as_str());
    form.fail(if own { "name" } else { "addresses" }, slip.say(t));
    Ok(())
}
