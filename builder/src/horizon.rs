//! The horizon: what becomes of the packages that we ask for, in the releases of Debian that come next.
//!
//! In: the definitions of the release asked about, of the one before and of later ones, `image/horizon.toml`, a mirror, a
//! keyring. Out: [`Horizon`], from indexes that apt has verified; the packages at risk come first. It looks at nothing but
//! the archives' indexes, and says what it does not look at.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::{Path, PathBuf};

use serde::Serialize;
use sos_settings::debian_version;

use crate::apt::Apt;
use crate::definition::Definition;
use crate::error::{Error, Result};
use crate::index::Packages;
use crate::lock::{Archive, Set};
use crate::mirror::Mirror;
use crate::outlook::Outlook;
use crate::progress::Progress;
use crate::resolve::verified;

/// Who Debian writes down as maintainer of a package that nobody maintains.
const ORPHANED: &str = "packages@qa.debian.org";
/// What archives' indexes do not tell.
const NOT_LOOKED_AT: [&str; 4] = [
    "removals that are asked for or announced, and bugs that bring them about: they are known elsewhere than in the archive",
    "whether the packages can be installed together: `sos-build lock` tells, for each release",
    "what the packages need besides: they may leave though the packages stay",
    "how much a new version changes: its NEWS and changelog tell",
];

/// One of Debian's releases, as its archives are now.
#[derive(Debug, Default)]
pub struct Suite {
    /// Its name.
    pub name: String,
    /// The newest date of its archives, in seconds since 1970.
    pub date: u64,
    newest: HashMap<String, Newest>,
    sources: HashSet<String>,
}

/// The newest version of a package.
#[derive(Debug)]
struct Newest {
    version: String,
    source: String,
    orphaned: bool,
}

impl Suite {
    /// Puts the archives of a release together.
    #[must_use]
    pub fn of(name: &str, archives: &[(Archive, Packages)]) -> Self {
        let mut suite = Self { name: name.to_owned(), ..Self::default() };
        for (archive, packages) in archives {
            suite.date = suite.date.max(archive.date);
            for (package, entry) in packages.iter() {
                suite.sources.insert(entry.source.0.clone());
                let older = suite.newest.get(&package.name);
                if older.is_none_or(|older| debian_version::compare(&older.version, &package.version).is_lt()) {
                    let newest = Newest {
                        version: package.version.clone(),
                        source: entry.source.0.clone(),
                        orphaned: entry.maintainer.contains(ORPHANED),
                    };
                    suite.newest.insert(package.name.clone(), newest);
                }
            }
        }
        suite
    }

    /// Its newest version of a package, where it has one.
    #[must_use]
    pub fn version(&self, package: &str) -> Option<&str> {
        self.newest.get(package).map(|newest| newest.version.as_str())
    }
}

/// What is seen of all packages, those at risk first.
#[derive(Debug, Serialize)]
pub struct Horizon {
    /// The releases looked at, the one asked about second.
    pub releases: Vec<Seen>,
    /// The packages.
    pub packages: Vec<Outcome>,
    /// What was not looked at.
    pub not_looked_at: [&'static str; 4],
}

/// A release that was looked at.
#[derive(Debug, Serialize)]
pub struct Seen {
    /// Its name.
    pub name: String,
    /// The newest date of its archives, in seconds since 1970.
    pub date: u64,
}

/// What is seen of one package.
#[derive(Debug, Serialize)]
pub struct Outcome {
    /// Its name.
    pub package: String,
    /// Its source package.
    pub source: String,
    /// The files that ask for it.
    pub wanted_by: Vec<String>,
    /// Its version in each release, in their order; nothing where the release has it not.
    pub versions: Vec<Option<String>>,
    /// What may become of it; the gravest first.
    pub risks: Vec<Risk>,
    /// What we do without it, if that is written down.
    pub exit: Option<String>,
}

/// What may become of a package; the gravest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Risk {
    /// Neither a later release nor unstable has it.
    Removed,
    /// A later release has it, and unstable has it no more: it will leave.
    Leaving,
    /// Unstable has it, and a later release has it not: it was taken out, or is kept out.
    KeptOut,
    /// Nobody maintains it in Debian.
    Orphaned,
    /// Not in three releases in a row.
    NotThree,
    /// A later release has an older version than the one asked about.
    Older,
}

impl Risk {
    /// What it means, in a few words.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Self::Removed => "Debian has removed it",
            Self::Leaving => "gone from unstable: it will leave the next release",
            Self::KeptOut => "in unstable only: taken out of the next release, or kept out",
            Self::Orphaned => "nobody maintains it in Debian",
            Self::NotThree => "not in three releases in a row",
            Self::Older => "older in a later release: it lacks what was mended since",
        }
    }
}

/// Where indexes come from, and how they are verified.
pub struct Order<'a> {
    /// The mirror for a release.
    pub mirror: &'a dyn Fn(&str) -> Result<Mirror>,
    /// Who signs the archives.
    pub keyring: &'a Path,
    /// apt's private roots, one a release.
    pub work: &'a Path,
    /// How progress is shown.
    pub progress: Progress,
}

/// Looks at `definitions`, the release asked about and then the later ones, and at the release `before` it, which is the
/// outlook's where none is defined.
///
/// # Errors
/// [`Error::NoKeyring`], [`Error::Network`], or a [`crate::error::Refusal`] of an archive.
pub fn look(
    before: Option<Definition>,
    definitions: &[Definition],
    outlook: &Outlook,
    order: &Order<'_>,
) -> Result<Horizon> {
    let Some(first) = definitions.first() else { return Err(Error::malformed("image/releases", "there is none")) };
    let before = before.unwrap_or_else(|| Definition::of_suite(&outlook.before, first));
    let unstable = Definition::of_suite(&outlook.unstable, first);
    let all = [&before].into_iter().chain(definitions).chain([&unstable]);
    let suites = all.map(|definition| order.suite(definition)).collect::<Result<Vec<_>>>()?;
    Ok(Horizon::of(&wanted(definitions), &suites, outlook))
}

impl Order<'_> {
    /// A release as its archives are now.
    fn suite(&self, definition: &Definition) -> Result<Suite> {
        let (name, mirror) = (&definition.release, (self.mirror)(&definition.release)?);
        let work = self.work.join(name);
        let apt = Apt::prepare(&work, &definition.architecture, &definition.archives, &mirror, self.keyring)?;
        apt.update(self.progress)?;
        let archives = apt.indexes()?.iter().map(|index| verified(definition, index)).collect::<Result<Vec<_>>>()?;
        Ok(Suite::of(name, &archives))
    }
}

/// The packages that the definitions ask for, each with the files that ask.
fn wanted(definitions: &[Definition]) -> BTreeMap<String, Vec<String>> {
    let mut wanted: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for definition in definitions {
        for (package, by) in [Set::Device, Set::Tools].into_iter().flat_map(|set| definition.wanted(set)) {
            let parts: Vec<_> = by.iter().rev().take(2).collect();
            let by = parts.into_iter().rev().collect::<PathBuf>().display().to_string();
            let all = wanted.entry(package.clone()).or_default();
            if !all.contains(&by) {
                all.push(by);
            }
        }
    }
    wanted
}

impl Horizon {
    /// What is seen of `wanted` in `suites`: the release before, the one asked about, later ones, unstable.
    #[must_use]
    pub fn of(wanted: &BTreeMap<String, Vec<String>>, suites: &[Suite], outlook: &Outlook) -> Self {
        let outcome = |(package, by): (&String, &Vec<String>)| {
            let source = suites.iter().rev().find_map(|suite| suite.newest.get(package)).map(|newest| &newest.source);
            let source = source.unwrap_or(package).clone();
            let exit = outlook.exits.iter().find(|exit| exit.source == source).map(|exit| exit.exit.clone());
            Outcome {
                risks: risks(package, &source, suites),
                versions: suites.iter().map(|suite| suite.version(package).map(str::to_owned)).collect(),
                package: package.clone(),
                source,
                wanted_by: by.clone(),
                exit,
            }
        };
        let mut packages: Vec<Outcome> = wanted.iter().map(outcome).collect();
        packages.sort_by(|a, b| {
            let grave = |outcome: &Outcome| outcome.risks.first().map_or((1, None), |risk| (0, Some(*risk)));
            grave(a).cmp(&grave(b)).then_with(|| a.package.cmp(&b.package))
        });
        let releases = suites.iter().map(|suite| Seen { name: suite.name.clone(), date: suite.date }).collect();
        Self { releases, packages, not_looked_at: NOT_LOOKED_AT }
    }
}

fn risks(package: &str, source: &str, suites: &[Suite]) -> Vec<Risk> {
    let [_, now, .., unstable] = suites else { return Vec::new() };
    let later = &suites[2..suites.len() - 1];
    let in_unstable = unstable.newest.contains_key(package);
    // Where we build no later release, unstable stands for it.
    let in_later =
        if later.is_empty() { in_unstable } else { later.iter().all(|suite| suite.newest.contains_key(package)) };
    let mut risks = Vec::new();
    match (in_later, in_unstable) {
        (false, false) => risks.push(Risk::Removed),
        (true, false) => risks.push(Risk::Leaving),
        (false, true) => risks.push(Risk::KeptOut),
        (true, true) => {}
    }
    if suites.iter().rev().find_map(|suite| suite.newest.get(package)).is_some_and(|newest| newest.orphaned) {
        risks.push(Risk::Orphaned);
    }
    // By its source: Debian splits packages and joins them, and the software is the same.
    if !suites[..suites.len() - 1].iter().take(3).all(|suite| suite.sources.contains(source)) {
        risks.push(Risk::NotThree);
    }
    let older = |suite: &Suite| {
        let versions = suite.version(package).zip(now.version(package));
        versions.is_some_and(|(then, now)| debian_version::compare(then, now).is_lt())
    };
    if later.iter().any(older) {
        risks.push(Risk::Older);
    }
    risks
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lock::{Kind, Sha256};
    use crate::outlook::Exit;

    /// A release with these packages: name, version, source, maintainer.
    fn suite(name: &str, packages: &[(&str, &str, &str, &str)]) -> Suite {
        let digest = Sha256::of(b"");
        let paragraph = |(package, version, source, maintainer): &(&str, &str, &str, &str)| {
            format!(
                "Package: {package}\nVersion: {version}\nSource: {source}\nMaintainer: {maintainer}\nArchitecture: all\n\
                 Filename: f\nSize: 1\nSHA256: {digest}\n\n"
            )
        };
        let text: String = packages.iter().map(paragraph).collect();
        let archive = Archive {
            name: "main".into(),
            suite: name.into(),
            kind: Kind::Main,
            date: 1,
            inrelease_sha256: digest.clone(),
        };
        Suite::of(name, &[(archive, Packages::parse(&text).unwrap())])
    }

    const US: &str = "Somebody <somebody@example.org>";
    const NOBODY: &str = "Debian QA Group <packages@qa.debian.org>";

    /// What is seen of `package`, which each release has or has not.
    fn seen(before: Option<&str>, now: Option<&str>, next: Option<&str>, unstable: Option<&str>) -> Vec<Risk> {
        let one = |name, version: Option<&str>| match version {
            Some(version) => suite(name, &[("mailer", version, "mailer-src", US)]),
            None => suite(name, &[]),
        };
        let suites = [one("12", before), one("13", now), one("14", next), one("sid", unstable)];
        let wanted = BTreeMap::from([("mailer".to_owned(), vec!["mail/service.toml".to_owned()])]);
        let outlook = Outlook { before: "12".into(), unstable: "sid".into(), exits: Vec::new() };
        let mut horizon = Horizon::of(&wanted, &suites, &outlook);
        horizon.packages.remove(0).risks
    }

    #[test]
    fn each_risk_is_seen() {
        let (one, two) = (Some("1"), Some("2"));
        for (versions, risks) in [
            ((one, one, one, one), vec![]),
            ((one, one, two, two), vec![]),
            ((one, one, None, None), vec![Risk::Removed, Risk::NotThree]),
            ((one, one, one, None), vec![Risk::Leaving]),
            ((one, one, None, one), vec![Risk::KeptOut, Risk::NotThree]),
            ((None, one, one, one), vec![Risk::NotThree]),
            ((one, two, one, two), vec![Risk::Older]),
        ] {
            let (before, now, next, unstable) = versions;
            assert_eq!(seen(before, now, next, unstable), risks, "{versions:?}");
        }
    }

    #[test]
    fn where_no_later_release_is_built_unstable_alone_tells() {
        let suites = |unstable: &[_]| {
            [suite("12", &[("m", "1", "m", US)]), suite("13", &[("m", "1", "m", US)]), suite("sid", unstable)]
        };
        assert_eq!(risks("m", "m", &suites(&[("m", "1", "m", US)])), []);
        assert_eq!(risks("m", "m", &suites(&[])), [Risk::Removed]);
    }

    #[test]
    fn the_page_says_what_to_do_about_each_risk() {
        let page = include_str!("../../docs/horizon.md");
        let (_, table) = page.split_once("| what it may say of a package |").unwrap();
        let rows = table.lines().skip(2).map_while(|line| line.strip_prefix("| ")?.split_once(" | ")).map(|row| row.0);
        let all = [Risk::Removed, Risk::Leaving, Risk::KeptOut, Risk::Orphaned, Risk::NotThree, Risk::Older];
        assert_eq!(rows.collect::<Vec<_>>(), all.map(Risk::words));
    }

    #[test]
    fn software_whose_packages_debian_cut_anew_was_there_before() {
        let whole = suite("12", &[("systemd", "252", "systemd", US)]);
        let cut = |name| suite(name, &[("systemd", "257", "systemd", US), ("systemd-repart", "257", "systemd", US)]);
        assert!(risks("systemd-repart", "systemd", &[whole, cut("13"), cut("14"), cut("sid")]).is_empty());
    }

    #[test]
    fn a_package_that_nobody_maintains_is_named_with_its_exit_before_those_without_risk() {
        let all = |name| suite(name, &[("calm", "1", "calm", US), ("left", "1", "left-src", NOBODY)]);
        let wanted = ["calm", "left"].map(|name| (name.to_owned(), vec!["x/service.toml".to_owned()])).into();
        let exits = vec![Exit { source: "left-src".into(), why: "?".into(), exit: "write it ourselves".into() }];
        let outlook = Outlook { before: "12".into(), unstable: "sid".into(), exits };
        let horizon = Horizon::of(&wanted, &["12", "13", "14", "sid"].map(all), &outlook);
        let found: Vec<_> = horizon.packages.iter().map(|outcome| (&*outcome.package, &*outcome.risks)).collect();
        assert_eq!(found, [("left", &[Risk::Orphaned][..]), ("calm", &[][..])]);
        assert_eq!(horizon.packages[0].exit.as_deref(), Some("write it ourselves"));
    }

    #[test]
    fn of_two_archives_the_newer_version_counts() {
        let old = suite("13", &[("mailer", "1", "mailer-src", US)]);
        assert_eq!(old.version("mailer"), Some("1"));
        let digest = Sha256::of(b"");
        let archives = ["1", "1+deb13u2"].map(|version| {
            let text =
                format!("Package: m\nVersion: {version}\nArchitecture: all\nFilename: f\nSize: 1\nSHA256: {digest}\n");
            let archive = Archive {
                name: version.into(),
                suite: "13".into(),
                kind: Kind::Main,
                date: 1,
                inrelease_sha256: digest.clone(),
            };
            (archive, Packages::parse(&text).unwrap())
        });
        assert_eq!(Suite::of("13", &archives).version("m"), Some("1+deb13u2"));
    }
}
