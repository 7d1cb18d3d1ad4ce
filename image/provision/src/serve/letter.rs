//! A letter of the server, in the organisation's name: text only, to one address.
//!
//! Every header is made here; what comes from outside is of a checked type or encoded, so that no letter can have more
//! headers or recipients than this one.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rand::RngCore as _;
use rand::rngs::OsRng;
use sos_ipc::{Letter, Reply};
use sos_settings::{ADMINISTRATORS, MailAddress, Settings, Title};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc2822;

use super::answer::issue;
use crate::device::Device;
use crate::error::ProvisionError;

/// Most bytes of text.
const LARGEST: usize = 64 << 10;
/// Most bytes of text in an encoded word: 75 characters with all around them (RFC 2047, section 2).
const WORD: usize = 42;
/// Characters of a line of base64 (RFC 2045, section 6.8).
const LINE: usize = 76;

/// Hands the letter to Postfix.
pub(super) fn send(device: &Device, letter: &Letter) -> Result<Reply, ProvisionError> {
    let settings = device.settings()?.ok_or(ProvisionError::Unclaimed)?;
    let Ok(to) = letter.to.parse::<MailAddress>() else { return Ok(issue("to", "is no mail address")) };
    let Ok(subject) = letter.subject.parse::<Title>() else {
        return Ok(issue("subject", "is empty, too long, or not one line"));
    };
    if letter.text.len() > LARGEST {
        return Ok(issue("text", "is too long"));
    }
    let from = format!("{ADMINISTRATORS}@{}", settings.organisation.domain);
    let text = write(&settings, &from, &to, &subject, &letter.text, OffsetDateTime::now_utc());
    device.program("sendmail").args(["-i", "-f", &from, "--", to.as_str()]).input(text.as_bytes()).run()?;
    Ok(Reply::Done)
}

/// Writes to the administrators, in the organisation's name.
///
/// # Errors
/// When there is no owner yet, or Postfix does not take the letter.
pub fn write_to_administrators(device: &Device, subject: &str, text: &str) -> Result<(), ProvisionError> {
    let settings = device.settings()?.ok_or(ProvisionError::Unclaimed)?;
    let to = format!("{ADMINISTRATORS}@{}", settings.organisation.domain);
    match send(device, &Letter { to, subject: subject.to_owned(), text: text.to_owned() })? {
        Reply::Issues(issues) => {
            let what = issues.into_iter().map(|issue| format!("{} {}", issue.path, issue.what)).collect::<Vec<_>>();
            Err(ProvisionError::Malformed { path: "a letter to the administrators".into(), what: what.join("; ") })
        }
        _ => Ok(()),
    }
}

fn write(settings: &Settings, from: &str, to: &MailAddress, subject: &Title, text: &str, at: OffsetDateTime) -> String {
    let mut id = [0_u8; 16];
    OsRng.fill_bytes(&mut id);
    let name = encode(settings.organisation.name.as_str());
    let subject = encode(subject.as_str());
    // A date of these centuries always has a form.
    let date = at.format(&Rfc2822).unwrap_or_default();
    format!(
        "From: {name} <{from}>\nTo: <{to}>\nSubject: {subject}\nDate: {date}\nMessage-ID: <{}@{}>\n\
         Auto-Submitted: auto-generated\nMIME-Version: 1.0\nContent-Type: text/plain; charset=utf-8\n\
         Content-Transfer-Encoding: base64\n\n{}",
        hex::encode(id),
        settings.host,
        body(text),
    )
}

/// Encoded words (RFC 2047), folded, each of whole characters.
fn encode(text: &str) -> String {
    let mut words = vec![String::new()];
    for character in text.chars() {
        if words.last().is_some_and(|word| word.len() + character.len_utf8() > WORD) {
            words.push(String::new());
        }
        words.last_mut().into_iter().for_each(|word| word.push(character));
    }
    let words: Vec<String> = words.iter().map(|word| format!("=?utf-8?B?{}?=", STANDARD.encode(word))).collect();
    words.join("\n ")
}

/// The text in base64, its lines ending as mail's do.
fn body(text: &str) -> String {
    let lines = text.replace("\r\n", "\n").replace('\n', "\r\n");
    let encoded = STANDARD.encode(lines);
    encoded.as_bytes().chunks(LINE).map(|line| String::from_utf8_lossy(line).into_owned() + "\n").collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(name: &str) -> Settings {
        let text = format!(
            "version = 1\nhost = \"mail.ambridge.example\"\ntimezone = \"Etc/UTC\"\nlanguage = \"en\"\nservices = []\n\
             organisation = {{ name = {name:?}, domain = \"ambridge.example\" }}\n"
        );
        Settings::from_toml(&text).unwrap()
    }

    fn letter(name: &str, subject: &str, text: &str) -> String {
        let to = "jill@elsewhere.example".parse().unwrap();
        let at = OffsetDateTime::from_unix_timestamp(1_764_000_000).unwrap();
        write(&settings(name), "administrators@ambridge.example", &to, &subject.parse().unwrap(), text, at)
    }

    #[test]
    fn a_letter_is_what_mail_programs_expect() {
        let text = letter("Zoë's Club", "Ein neues Passwort für Dich", "Grüße\n.\nClub");
        let (head, body) = text.split_once("\n\n").unwrap();
        assert!(head.contains("From: =?utf-8?B?Wm/DqydzIENsdWI=?= <administrators@ambridge.example>"), "{head}");
        assert!(head.contains("\nDate: Mon, 24 Nov 2025 16:00:00 +0000\n"), "{head}");
        assert!(text.lines().all(|line| line.len() <= 78 && line.is_ascii()), "{text}");
        assert_eq!(STANDARD.decode(body.replace('\n', "")).unwrap(), "Grüße\r\n.\r\nClub".as_bytes());
    }

    #[test]
    fn long_subjects_are_folded_into_whole_characters() {
        let subject = "ü".repeat(100);
        let text = letter("Club", &subject, "");
        let head = text.split_once("\n\n").unwrap().0;
        let folded = head.split_once("Subject: ").unwrap().1.split("\nDate:").next().unwrap();
        let words =
            folded.split("\n ").map(|word| word.strip_prefix("=?utf-8?B?").unwrap().strip_suffix("?=").unwrap());
        let decoded: String = words.map(|word| String::from_utf8(STANDARD.decode(word).unwrap()).unwrap()).collect();
        assert_eq!(decoded, subject);
    }

    #[test]
    fn nothing_that_comes_in_becomes_a_header_or_a_recipient() {
        let text = letter("Club", "x", "\n\nBcc: everybody@elsewhere.example\n");
        assert!(!text.contains("Bcc"));
        let root = tempfile::tempdir().unwrap();
        let device = Device::new(root.path());
        std::fs::create_dir_all(device.state("")).unwrap();
        std::fs::write(device.state("settings.toml"), settings("Club").to_toml().unwrap()).unwrap();
        for (to, subject) in [
            ("jill@a.example, joe@a.example", "x"),
            ("jill@a.example\nBcc: joe@a.example", "x"),
            ("-oQ/tmp", "x"),
            ("jill@a.example", "x\r\nBcc: joe@a.example"),
            ("jill@a.example", ""),
        ] {
            let letter = Letter { to: to.into(), subject: subject.into(), text: "x".into() };
            assert!(matches!(send(&device, &letter).unwrap(), Reply::Issues(_)), "{to:?} {subject:?}");
        }
    }
}
