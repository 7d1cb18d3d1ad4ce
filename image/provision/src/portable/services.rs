//! What services keep of members besides letters. A service's own program (`[export]` in its service.toml) says it and
//! takes it in, one file of one member a line, so that another service changes nothing here:
//!
//! ```text
//! PROGRAM export DOMAIN     says what the service has of the members of DOMAIN
//! PROGRAM import DOMAIN     takes in what stands on its standard input, beside what it has, wholly or not at all
//! PROGRAM imported DOMAIN   says what it took in
//! PROGRAM place DOMAIN      puts what it took in in place of what it has
//! ```

use std::collections::BTreeMap;
use std::io::{BufRead, Read as _, Write};

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use sos_settings::{Domain, ExportSpec, MemberName, Overlay};

use super::progress::Progress;
use super::refusal::Refusal;
use super::take::Take;
use crate::command::Program;
use crate::device::Device;
use crate::error::ProvisionError;

/// Longest line, in bytes: all that somebody wrote into their address book.
pub(super) const LONGEST: u64 = 32 << 20;

/// A file of a member, as a service and we hand it over: one JSON object a line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Frame {
    /// Whose it is.
    pub member: MemberName,
    /// Its name, plain.
    pub file: String,
    /// What is in it.
    pub text: String,
}

impl Frame {
    /// Reads a line.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn parse(line: &str) -> Result<Self, String> {
        let frame: Self = serde_json::from_str(line).map_err(|error| error.to_string())?;
        if is_plain(&frame.file) { Ok(frame) } else { Err(format!("{:?} is no plain name of a file", frame.file)) }
    }

    /// Writes it as a line.
    pub(super) fn write(&self, into: &mut dyn Write) -> std::io::Result<()> {
        serde_json::to_writer(&mut *into, self)?;
        into.write_all(b"\n")
    }
}

/// Small letters, digits, dots and hyphens, beginning with a letter: `contacts.vcf`.
pub(super) fn is_plain(name: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b".-".contains(&byte);
    name.len() <= 64 && name.starts_with(|first: char| first.is_ascii_lowercase()) && name.bytes().all(allowed)
}

/// The services of `enabled` that have something of members, with their programs.
pub(super) fn with_export<'a>(enabled: &'a [&'a Overlay]) -> impl Iterator<Item = (&'a str, &'a ExportSpec)> {
    enabled.iter().filter_map(|overlay| Some((overlay.name.as_str(), overlay.manifest.export.as_ref()?)))
}

/// A service's program, as the user that it names.
pub(super) fn program(
    device: &Device,
    service: &str,
    spec: &ExportSpec,
    verb: &str,
    domain: &Domain,
) -> Result<Program, ProvisionError> {
    let (uid, gid) = device.accounts()?.owner(service, &spec.user, &spec.user)?;
    let program = device.program(&device.path(&spec.program).to_string_lossy()).args([verb, domain.as_str()]);
    // Only root becomes somebody else: what a test runs it runs itself.
    Ok(if rustix::process::geteuid().is_root() { program.user(uid, gid) } else { program })
}

/// Checksums of what a service has of each member.
pub(super) type Kept = BTreeMap<MemberName, String>;

/// Has `take` take what a service has of the members that `wanted` knows.
pub(super) fn collect(
    service: &str,
    program: Program,
    wanted: &dyn Fn(&MemberName) -> bool,
    take: &mut dyn Take,
    progress: &mut Progress,
) -> Result<Kept, ProvisionError> {
    let strange = |what: String| ProvisionError::Malformed { path: format!("export of {service}").into(), what };
    let mut files: BTreeMap<MemberName, BTreeMap<String, String>> = BTreeMap::new();
    program.read(|from| -> Result<(), ProvisionError> {
        while let Some(line) = line(from).map_err(strange)? {
            let frame = Frame::parse(&line).map_err(strange)?;
            if !wanted(&frame.member) {
                continue;
            }
            let path = format!("members/{}/{service}/{}", frame.member, frame.file);
            let taken = take.file(&path, &mut frame.text.as_bytes(), 0)?;
            progress.advance(taken.size);
            if files.entry(frame.member).or_default().insert(frame.file, taken.digest).is_some() {
                return Err(strange(format!("{path} is there twice")));
            }
        }
        Ok(())
    })?;
    Ok(files.into_iter().map(|(member, files)| (member, digest(&files))).collect())
}

fn digest(files: &BTreeMap<String, String>) -> String {
    let mut hash = Sha256::new();
    for (name, digest) in files {
        hash.update(format!("{name} {digest}\n"));
    }
    hex::encode(hash.finalize())
}

fn line(from: &mut dyn BufRead) -> Result<Option<String>, String> {
    let mut line = Vec::new();
    from.take(LONGEST).read_until(b'\n', &mut line).map_err(|error| error.to_string())?;
    match line.pop() {
        None => Ok(None),
        Some(b'\n') => String::from_utf8(line).map(Some).map_err(|error| error.to_string()),
        Some(_) => Err("ends in the middle of a line, or has one that is too long".into()),
    }
}

/// A file of the export as a frame.
pub(super) fn frame(path: &str, member: &MemberName, file: &str, text: Vec<u8>) -> Result<Frame, Refusal> {
    let text = String::from_utf8(text).map_err(|_| Refusal::malformed(path, "is no UTF-8"))?;
    Ok(Frame { member: member.clone(), file: file.to_owned(), text })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::portable::take::Nowhere;

    #[test]
    fn a_frame_names_a_member_and_a_plain_file() {
        let good = r#"{"member":"jill","file":"contacts.vcf","text":"BEGIN:VCARD\r\n"}"#;
        assert_eq!(Frame::parse(good).unwrap().text, "BEGIN:VCARD\r\n");
        for bad in [
            good.replace("jill", "../jill"),
            good.replace("contacts.vcf", "../contacts.vcf"),
            good.replace("contacts.vcf", ".htaccess"),
            good.replace("contacts.vcf", ""),
            good.replace("\"text\"", "\"mode\":7,\"text\""),
            "{}".into(),
        ] {
            assert!(Frame::parse(&bad).is_err(), "{bad}");
        }
    }

    fn run(script: &str) -> Result<Kept, ProvisionError> {
        let program = Program::new("sh").args(["-c", script]);
        let jill = |name: &MemberName| name.as_str() == "jill";
        collect("webmail", program, &jill, &mut Nowhere, &mut Progress::silent())
    }

    #[test]
    fn what_a_service_says_is_taken_line_by_line() {
        let a = r#"echo '{"member":"jill","file":"a","text":"1"}'"#;
        let b = r#"echo '{"member":"jill","file":"b","text":"2"}'"#;
        let kept = run(&format!("{a}; {b}")).unwrap();
        assert_eq!(kept, run(&format!("{b}; {a}; {}", a.replace("jill", "gone"))).unwrap());
        assert_ne!(kept, run(a).unwrap());
        assert!(run(&format!("{a}; {a}")).unwrap_err().to_string().contains("twice"));
        assert!(run("echo no >&2; exit 1").unwrap_err().to_string().contains("no"));
        assert!(run("printf x").unwrap_err().to_string().contains("middle of a line"));
    }
}
