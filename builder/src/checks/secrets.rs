//! The rule about secrets: whoever has the image can read it, so nothing in it may be one.

use aho_corasick::AhoCorasick;

use super::facts::Facts;
use super::report::Finding;
use super::tree::Kind;
use crate::error::Error;
use crate::parallel;

/// What a secret begins with, what follows, at least how much of it, and what it is.
struct Form {
    begins: &'static str,
    of: fn(u8) -> bool,
    least: usize,
    what: &'static str,
}

const WORD: fn(u8) -> bool = |byte| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-';
const CAPITALS: fn(u8) -> bool = |byte| byte.is_ascii_uppercase() || byte.is_ascii_digit();
const HASH: fn(u8) -> bool = |byte| byte.is_ascii_alphanumeric() || b"./$=,+".contains(&byte);
const BASE64: fn(u8) -> bool = |byte| byte.is_ascii_alphanumeric() || b"+/=".contains(&byte);

/// PEM (RFC 7468) is told by more than its first word: [`private_key`].
const PEM: &str = "-----BEGIN ";

/// Keys, tokens of hosts and clouds by their published prefixes, and hashes of passwords (crypt(5), slappw-argon2(5)).
const FORMS: [Form; 19] = [
    Form { begins: "AGE-SECRET-KEY-1", of: CAPITALS, least: 50, what: "a private key of age" },
    Form { begins: "ghp_", of: WORD, least: 36, what: "a token of GitHub" },
    Form { begins: "gho_", of: WORD, least: 36, what: "a token of GitHub" },
    Form { begins: "ghs_", of: WORD, least: 36, what: "a token of GitHub" },
    Form { begins: "ghu_", of: WORD, least: 36, what: "a token of GitHub" },
    Form { begins: "github_pat_", of: WORD, least: 60, what: "a token of GitHub" },
    Form { begins: "glpat-", of: WORD, least: 20, what: "a token of GitLab" },
    Form { begins: "AKIA", of: CAPITALS, least: 16, what: "a key of Amazon's cloud" },
    Form { begins: "AIzaSy", of: WORD, least: 33, what: "a key of Google's cloud" },
    Form { begins: "xoxb-", of: WORD, least: 40, what: "a token of Slack" },
    Form { begins: "xoxp-", of: WORD, least: 40, what: "a token of Slack" },
    Form { begins: "sk_live_", of: WORD, least: 20, what: "a key of Stripe" },
    Form { begins: "pypi-AgEI", of: WORD, least: 60, what: "a token of PyPI" },
    Form { begins: "npm_", of: WORD, least: 36, what: "a token of npm" },
    Form { begins: "$argon2id$v=", of: HASH, least: 50, what: "the hash of a password" },
    Form { begins: "$y$j", of: HASH, least: 50, what: "the hash of a password" },
    Form { begins: "$6$", of: HASH, least: 86, what: "the hash of a password" },
    Form { begins: "$2y$", of: HASH, least: 56, what: "the hash of a password" },
    Form { begins: "'des_key'] = '", of: BASE64, least: 24, what: "the key of webmail's sessions" },
];

/// How files are called that are nothing but a secret, in whatever form.
const NAMES: [&str; 4] = [".secret", ".keytab", ".pfx", ".p12"];

/// How much of a file behind PEM's first word is looked at.
const HEADER: usize = 512;
/// How many digits of base64 make a key.
const KEY: usize = 32;

/// No private key, no token, and no password, not even hashed.
pub fn secrets(facts: &Facts<'_>) -> Result<Vec<Finding>, Error> {
    let mut findings = passwords(facts)?;
    let begins = AhoCorasick::new(FORMS.iter().map(|form| form.begins).chain([PEM]))
        .map_err(|e| Error::malformed("builder/src/checks/secrets.rs", e.to_string()))?;
    let tree = &facts.tree;
    let files: Vec<&str> =
        tree.entries().filter(|(_, entry)| entry.kind == Kind::File && entry.size > 0).map(|(path, _)| path).collect();
    let workers = std::thread::available_parallelism().map_or(2, usize::from);
    let found: Vec<Result<_, Error>> = parallel::each(workers, &files, |path| {
        let called = NAMES.iter().any(|end| path.ends_with(end)).then_some("a secret, as its name says");
        let found = if called.is_some() { called } else { find(&begins, &tree.read(path)?) };
        Ok(found.map(|what| Finding::new(*path, format!("it holds {what}"))))
    });
    for one in found {
        findings.extend(one?);
    }
    Ok(findings)
}

/// The first secret in `bytes`.
fn find(begins: &AhoCorasick, bytes: &[u8]) -> Option<&'static str> {
    begins.find_iter(bytes).find_map(|hit| {
        let (before, behind) = (bytes[..hit.start()].last(), &bytes[hit.end()..]);
        match FORMS.get(hit.pattern().as_usize()) {
            None => private_key(behind).then_some("a private key"),
            // In the middle of a longer word it is something else.
            Some(_) if before.is_some_and(|byte| byte.is_ascii_alphanumeric()) => None,
            Some(form) => {
                (behind.iter().take_while(|byte| (form.of)(**byte)).count() >= form.least).then_some(form.what)
            }
        }
    })
}

/// Whether PEM's first word is followed by a private key's label and by a key: programs and manuals name the label.
fn private_key(behind: &[u8]) -> bool {
    let header = String::from_utf8_lossy(&behind[..behind.len().min(HEADER)]).replace("\\n", "\n");
    let Some((label, rest)) = header.split_once("-----") else { return false };
    let of_key = label.ends_with("PRIVATE KEY") || label.ends_with("PRIVATE KEY BLOCK");
    let is_key = |line: &str| line.len() >= KEY && line.bytes().all(BASE64);
    of_key && rest.lines().any(|line| is_key(line.trim_matches(|c: char| c.is_whitespace() || "\"'\\,".contains(c))))
}

/// Accounts without a password are locked, those with one have none in the image.
fn passwords(facts: &Facts<'_>) -> Result<Vec<Finding>, Error> {
    let mut findings = Vec::new();
    for file in ["/etc/shadow", "/etc/gshadow", "/etc/passwd", "/etc/group"] {
        let elsewhere = !file.ends_with("shadow");
        for line in facts.text(file)?.lines() {
            let mut fields = line.split(':');
            let (name, password) = (fields.next().unwrap_or_default(), fields.next().unwrap_or_default());
            let locked = password.starts_with(['!', '*']) || elsewhere && password == "x";
            if !locked {
                let what = if password.is_empty() { "no password and is not locked" } else { "a password" };
                findings.push(Finding::new(file, format!("{name} has {what}")));
            }
        }
    }
    Ok(findings)
}

#[cfg(test)]
mod tests {
    use crate::checks::fixture::Fixture;

    /// Put together here, so that no scanner of repositories takes the tests for a leak.
    fn pem(label: &str) -> String {
        format!("-----BEGIN {label}-----\n{}\n-----END {label}-----\n", "MIIEvQIBADAN".repeat(5))
    }

    #[test]
    fn private_keys_are_found_and_public_ones_and_talk_about_them_are_not() {
        for label in ["PRIVATE KEY", "RSA PRIVATE KEY", "OPENSSH PRIVATE KEY", "PGP PRIVATE KEY BLOCK"] {
            Fixture::good().file("/etc/x.key", &pem(label)).breaks("secrets", &["/etc/x.key"]);
            let quoted = format!("key = \"{}\"", pem(label).replace('\n', "\\n"));
            Fixture::good().file("/usr/lib/x.py", &quoted).breaks("secrets", &["/usr/lib/x.py"]);
        }
        let encrypted = pem("RSA PRIVATE KEY").replacen('\n', "\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES\n\n", 1);
        Fixture::good().file("/etc/x.key", &encrypted).breaks("secrets", &["/etc/x.key"]);
        Fixture::good().file("/etc/x.pem", &pem("CERTIFICATE")).breaks_nothing();
        Fixture::good().file("/etc/x.pem", &pem("PUBLIC KEY")).breaks_nothing();
        Fixture::good()
            .file("/usr/lib/x.so", "-----BEGIN PRIVATE KEY-----\0-----END PRIVATE KEY-----\0")
            .breaks_nothing();
        let age = format!("AGE-SECRET-KEY-1{}", "QPZRY9X8GF".repeat(6));
        Fixture::good().file("/etc/age", &age).breaks("secrets", &["/etc/age"]);
    }

    #[test]
    fn tokens_are_found_and_words_that_begin_like_them_are_not() {
        for (begins, rest) in [("ghp_", "a1B2c3".repeat(6)), ("glpat-", "a1B2c".repeat(4)), ("AKIA", "A1B2".repeat(4))]
        {
            let config = format!("token = {begins}{rest}\n");
            Fixture::good().file("/etc/x.conf", &config).breaks("secrets", &["/etc/x.conf"]);
            let longer = format!("token = X{begins}{rest}\n");
            Fixture::good().file("/etc/x.conf", &longer).breaks_nothing();
            Fixture::good().file("/etc/x.conf", &format!("{begins}short\n")).breaks_nothing();
        }
    }

    #[test]
    fn hashes_of_passwords_are_found() {
        for (begins, length) in [("$argon2id$v=", 60), ("$y$j", 60), ("$6$", 90), ("$2y$", 56)] {
            let text = format!("password: {begins}{}\n", "9".repeat(length));
            Fixture::good().file("/etc/x.conf", &text).breaks("secrets", &["/etc/x.conf"]);
        }
    }

    #[test]
    fn secrets_of_packages_are_found_by_their_name_or_where_they_stand() {
        Fixture::good().file("/etc/postsrsd.secret", "abc\n").breaks("secrets", &["/etc/postsrsd.secret"]);
        Fixture::good().file("/etc/empty.secret", "").breaks_nothing();
        let config = |key: &str| Fixture::good().file("/etc/x.php", &format!("$config['des_key'] = '{key}';\n"));
        config(&"a1B/".repeat(6)).breaks("secrets", &["/etc/x.php"]);
        config("rcmail-!24ByteDESkey*Str").breaks_nothing();
    }

    #[test]
    fn an_account_that_is_not_locked_is_found() {
        for password in ["", "x", "0123456789abc"] {
            let shadow = format!("root:{password}::0:99999:7:::\n");
            Fixture::good().file("/etc/shadow", &shadow).breaks("secrets", &["/etc/shadow"]);
        }
        for file in ["/etc/passwd", "/etc/group"] {
            Fixture::good().file(file, "root::0:0::/root:/bin/sh\n").breaks("secrets", &[file]);
        }
    }
}
