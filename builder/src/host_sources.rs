//! The build host's own apt sources, read only to learn which mirror it uses (sources.list(5)).
//!
//! In: `/etc/apt`. Out: [`HostSources`], from which the most likely Debian mirror is taken. Whatever it names, apt
//! still verifies the archive with the keyring; a wrong guess is an error, never a wrong image.

use std::fs;
use std::path::Path;

use crate::lock::Kind;

/// Debian's suites that a host may name, beside the one that is built.
const SUITES: &[&str] = &[
    "oldoldstable",
    "oldstable",
    "stable",
    "testing",
    "unstable",
    "sid",
    "bullseye",
    "bookworm",
    "trixie",
    "forky",
    "duke",
];

/// The sources of a host, in the order apt reads them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct HostSources {
    sources: Vec<Source>,
}

/// One address with the suites it is used for.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Source {
    uri: String,
    suites: Vec<String>,
    components: Vec<String>,
    /// Whether it stands in a file, or names a keyring, that only Debian's own sources do.
    official: bool,
}

impl HostSources {
    /// Reads `sources.list` and `sources.list.d` below `etc` (`/etc/apt`); what cannot be read does not count.
    #[must_use]
    pub fn read(etc: &Path) -> Self {
        let mut files = vec![etc.join("sources.list")];
        let parts = fs::read_dir(etc.join("sources.list.d")).into_iter().flatten().flatten().map(|entry| entry.path());
        files.extend(parts);
        files[1..].sort();
        let mut all = Self::default();
        for file in files {
            let Ok(text) = fs::read_to_string(&file) else { continue };
            let name = file.file_name().unwrap_or_default().to_string_lossy();
            let mut found = match file.extension().and_then(|e| e.to_str()) {
                Some("sources") => Self::parse_deb822(&text),
                Some("list") => Self::parse_lines(&text),
                _ => continue,
            };
            let official = matches!(&*name, "sources.list" | "debian.sources");
            found.sources.iter_mut().for_each(|source| source.official |= official);
            all.sources.append(&mut found.sources);
        }
        for source in &mut all.sources {
            resolve_mirror_list(source);
        }
        all
    }

    /// Reads the one-line format.
    #[must_use]
    pub fn parse_lines(text: &str) -> Self {
        Self { sources: text.lines().filter_map(line).collect() }
    }

    /// Reads the deb822 format.
    #[must_use]
    pub fn parse_deb822(text: &str) -> Self {
        let mut stanzas = vec![Vec::new()];
        for line in text.lines().filter(|line| !line.starts_with('#')) {
            if line.trim().is_empty() {
                stanzas.push(Vec::new());
            } else if let Some(stanza) = stanzas.last_mut() {
                stanza.push(line);
            }
        }
        Self { sources: stanzas.iter().flat_map(|stanza| deb822(stanza)).collect() }
    }

    /// The address of the Debian mirror for this tree, most likely first: one that names the suite to build, then
    /// one that only Debian's own sources look like, then the first.
    #[must_use]
    pub fn base(&self, kind: Kind, release: &str) -> Option<&str> {
        let mut best: Option<(u8, &Source)> = None;
        for source in &self.sources {
            let Some(score) = source.score(kind, release) else { continue };
            if best.is_none_or(|(highest, _)| score > highest) {
                best = Some((score, source));
            }
        }
        best.map(|(_, source)| source.uri.as_str())
    }
}

impl Source {
    /// How likely this is Debian's archive of `kind`; nothing where it is not.
    fn score(&self, kind: Kind, release: &str) -> Option<u8> {
        let fits = |suite: &&String| {
            let (base, security) = split(suite);
            security == (kind == Kind::Security) && (base == release || SUITES.contains(&base))
        };
        let usable = ["http://", "https://", "file:///"].iter().any(|scheme| self.uri.starts_with(scheme));
        if !usable || !self.components.iter().any(|component| component == "main") {
            return None;
        }
        let suites: Vec<&String> = self.suites.iter().filter(fits).collect();
        if suites.is_empty() {
            return None;
        }
        let place = self.uri.trim_end_matches('/').rsplit('/').next().unwrap_or_default();
        let named = suites.iter().any(|suite| split(suite).0 == release);
        let usual = place == "debian" || place == "debian-security";
        Some(u8::from(self.official) * 4 + u8::from(usual) * 2 + u8::from(named))
    }
}

/// A suite's release, and whether it is the one of security updates: «bookworm-security», once «buster/updates».
fn split(suite: &str) -> (&str, bool) {
    let suite = suite.trim_end_matches('/');
    if let Some(base) = suite.strip_suffix("-security").or_else(|| suite.strip_suffix("/updates")) {
        return (base, true);
    }
    let base = ["-updates", "-backports", "-proposed-updates"].iter().find_map(|suffix| suite.strip_suffix(suffix));
    (base.unwrap_or(suite), false)
}

/// One line, `deb [options] uri suite components…`.
fn line(line: &str) -> Option<Source> {
    let rest = line.split('#').next()?.trim().strip_prefix("deb")?;
    let rest = rest.strip_prefix(char::is_whitespace)?.trim_start();
    let (options, rest) = match rest.strip_prefix('[') {
        Some(inner) => inner.split_once(']')?,
        None => ("", rest),
    };
    let mut words = rest.split_whitespace().map(str::to_owned);
    Some(Source {
        uri: words.next()?,
        suites: vec![words.next()?],
        components: words.collect(),
        official: options.contains("debian-archive-"),
    })
}

/// One stanza: a source for each of its addresses.
fn deb822(stanza: &[&str]) -> Vec<Source> {
    let field = |wanted: &str| -> Vec<String> {
        let mut words = Vec::new();
        let mut inside = false;
        for line in stanza {
            let value = if line.starts_with([' ', '\t']) {
                inside.then_some(*line)
            } else {
                let (name, value) = line.split_once(':').unwrap_or((line, ""));
                inside = name.eq_ignore_ascii_case(wanted);
                inside.then_some(value)
            };
            words.extend(value.unwrap_or_default().split_whitespace().map(str::to_owned));
        }
        words
    };
    let off =
        field("Enabled").first().is_some_and(|word| matches!(word.to_ascii_lowercase().as_str(), "no" | "false" | "0"));
    if off || !field("Types").iter().any(|kind| kind == "deb") {
        return Vec::new();
    }
    let source = |uri| Source {
        uri,
        suites: field("Suites"),
        components: field("Components"),
        official: field("Signed-By").iter().any(|key| key.contains("debian-archive-")),
    };
    field("URIs").into_iter().map(source).collect()
}

/// Debian's cloud images name their mirrors in a file (apt-transport-mirror(1)): takes the first of it.
fn resolve_mirror_list(source: &mut Source) {
    let Some(list) = source.uri.strip_prefix("mirror+file:") else { return };
    let path = format!("/{}", list.trim_start_matches('/'));
    let Ok(text) = fs::read_to_string(path) else { return };
    let first = text.lines().filter(|line| !line.starts_with('#')).find_map(|line| line.split_whitespace().next());
    if let Some(uri) = first {
        source.uri = uri.to_owned();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BOOKWORM: &str = "\
Types: deb
# a comment
URIs: http://mirror.example/debian
Suites: bookworm bookworm-updates
Components: main
Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg

Types: deb
URIs: http://mirror.example/debian-security
Suites: bookworm-security
Components: main
";

    #[test]
    fn a_bookworm_host_serves_a_trixie_build() {
        let host = HostSources::parse_deb822(BOOKWORM);
        assert_eq!(host.base(Kind::Main, "trixie"), Some("http://mirror.example/debian"));
        assert_eq!(host.base(Kind::Security, "trixie"), Some("http://mirror.example/debian-security"));
    }

    #[test]
    fn the_one_line_format_is_read_with_its_options_and_comments() {
        let text = "# deb http://old.example/debian trixie main\n\
                    deb-src http://src.example/debian trixie main\n\
                    deb [arch=amd64 signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] https://m.example/debian trixie main # x\n\
                    deb https://m.example/debian-security trixie-security main contrib\n";
        let host = HostSources::parse_lines(text);
        assert_eq!(host.base(Kind::Main, "trixie"), Some("https://m.example/debian"));
        assert_eq!(host.base(Kind::Security, "trixie"), Some("https://m.example/debian-security"));
    }

    #[test]
    fn another_vendors_source_is_not_taken_for_debians() {
        let text = "deb https://vendor.example/debian trixie stable\n\
                    deb https://other.example/apt trixie main\n\
                    deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] http://m.example/debian bookworm main\n\
                    deb https://node.example/x nodistro main\n\
                    deb cdrom:[Debian]/ trixie main\n";
        let host = HostSources::parse_lines(text);
        assert_eq!(host.base(Kind::Main, "trixie"), Some("http://m.example/debian"));
        assert_eq!(host.base(Kind::Security, "trixie"), None);
    }

    #[test]
    fn a_source_that_is_switched_off_does_not_count() {
        let host = HostSources::parse_deb822(&BOOKWORM.replace("Types: deb\n", "Types: deb\nEnabled: no\n"));
        assert_eq!(host, HostSources::default());
    }

    #[test]
    fn all_files_are_read_and_a_mirror_list_is_followed() {
        let etc = tempfile::tempdir().unwrap();
        let parts = etc.path().join("sources.list.d");
        fs::create_dir(&parts).unwrap();
        let list = etc.path().join("mirrors.list");
        fs::write(&list, "# mirrors\nhttps://cloud.example/debian\tpriority:1\n").unwrap();
        let uri = format!("mirror+file://{}", list.display());
        fs::write(
            parts.join("debian.sources"),
            BOOKWORM.replace("http://mirror.example/debian\n", &format!("{uri}\n")),
        )
        .unwrap();
        fs::write(parts.join("vendor.list"), "deb http://vendor.example/debian trixie main\n").unwrap();
        fs::write(parts.join("left.list.disabled"), "deb http://left.example/debian trixie main\n").unwrap();
        let host = HostSources::read(etc.path());
        assert_eq!(host.base(Kind::Main, "trixie"), Some("https://cloud.example/debian"));
    }
}
