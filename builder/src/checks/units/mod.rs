//! The rule about programs: what units start is there.
//!
//! In: the root's units, and those that the sample servers render. Looked at are the units that are enabled or wanted,
//! and those that they bring along; and the services' health transactions.

mod search;
pub mod syntax;

use std::collections::{BTreeMap, BTreeSet};

use super::facts::Facts;
use super::report::Finding;
use super::tree::Tree;
use crate::error::Error;
use search::{Found, Units};

/// Where a boot begins.
const DEFAULT: &str = "default.target";
/// Where systemd looks for a program that is given without a folder (systemd.exec(5)).
const PATH: [&str; 4] = ["/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin"];
/// The keys with command lines (systemd.service(5), systemd.socket(5)).
const COMMANDS: [&str; 8] = [
    "ExecCondition",
    "ExecStartPre",
    "ExecStart",
    "ExecStartPost",
    "ExecReload",
    "ExecStopPre",
    "ExecStop",
    "ExecStopPost",
];
/// The keys whose units must be there.
const NEEDS: [&str; 4] = ["Requires", "Requisite", "BindsTo", "Upholds"];
/// The keys whose units start too, where they are there.
const WANTS: [&str; 3] = ["Wants", "OnFailure", "OnSuccess"];
/// What only an initrd has: a unit that waits for one of them starts before this root is there.
const INITRD: [&str; 2] = ["/etc/initrd-release", "/usr/lib/initrd-release"];
/// The kinds of units that always have a file; others come from fstab, devices, or are made as they are needed.
const FILED: [&str; 5] = ["service", "target", "socket", "timer", "path"];

/// The programs of every unit that is enabled or wanted are there, and so are those units.
pub fn programs(facts: &Facts<'_>) -> Result<Vec<Finding>, Error> {
    let mut findings = BTreeSet::new();
    let rendered = facts.services.renderings.iter().map(|one| one.rendered.as_ref().ok());
    for rendered in rendered {
        let units = Units::new(&facts.tree, rendered);
        Look { tree: &facts.tree, units: &units, findings: &mut findings }.all()?;
    }
    for (service, transaction) in &facts.services.transactions {
        if let Some(what) = missing(&facts.tree, transaction)? {
            findings.insert(Finding::new(format!("/usr/share/sos/overlays/{service}/service.toml"), what));
        }
    }
    Ok(findings.into_iter().collect())
}

/// A look at the units of one server.
struct Look<'a> {
    tree: &'a Tree,
    units: &'a Units<'a>,
    findings: &'a mut BTreeSet<Finding>,
}

impl Look<'_> {
    fn all(&mut self) -> Result<(), Error> {
        let (mut there, mut open) = (BTreeMap::new(), vec![DEFAULT.to_owned()]);
        // The units that must be there, and what says so.
        let mut needed = BTreeMap::new();
        for (name, link) in self.units.started() {
            open.push(name.clone());
            needed.entry(name).or_insert(link);
        }
        while let Some(name) = open.pop() {
            if there.contains_key(&name) {
                continue;
            }
            let found = self.units.find(&name)?;
            there.insert(name.clone(), found != Found::Nothing);
            let Found::Unit(settings) = found else { continue };
            if is_of_initrd(&settings) {
                continue;
            }
            self.programs_of(&name, &settings)?;
            for (other, must) in brings(&name, &settings) {
                open.push(other.clone());
                if must {
                    needed.entry(other).or_insert_with(|| name.clone());
                }
            }
        }
        let absent = needed.into_iter().filter(|(name, _)| is_filed(name) && there.get(name) == Some(&false));
        self.findings.extend(absent.map(|(name, by)| Finding::new(by, format!("there is no unit {name}"))));
        Ok(())
    }

    fn programs_of(&mut self, name: &str, settings: &[(String, String)]) -> Result<(), Error> {
        for line in COMMANDS.iter().flat_map(|key| syntax::values(settings, key)) {
            for program in syntax::programs(line, name) {
                if let Some(what) = missing(self.tree, &program)? {
                    self.findings.insert(Finding::new(name, what));
                }
            }
        }
        Ok(())
    }
}

fn is_filed(name: &str) -> bool {
    name.rsplit_once('.').is_some_and(|(_, kind)| FILED.contains(&kind))
}

fn is_of_initrd(settings: &[(String, String)]) -> bool {
    syntax::values(settings, "ConditionPathExists").iter().any(|path| INITRD.contains(path))
}

/// The units that the unit `name` brings along, and whether they must be there.
fn brings(name: &str, settings: &[(String, String)]) -> Vec<(String, bool)> {
    let named = |keys: &[&str], must: bool| {
        let values = keys.iter().flat_map(|key| syntax::values(settings, key));
        let names = values.flat_map(str::split_ascii_whitespace).filter(|name| !name.contains('%'));
        names.map(|name| (name.to_owned(), must)).collect::<Vec<_>>()
    };
    let mut units = named(&NEEDS, true);
    units.extend(named(&WANTS, false));
    let last = |key: &str| syntax::values(settings, key).last().map(|value| (*value).to_owned());
    let Some((stem, kind)) = name.rsplit_once('.') else { return units };
    units.extend(match kind {
        "timer" | "path" => Some((last("Unit").unwrap_or_else(|| format!("{stem}.service")), true)),
        "socket" => {
            let each = last("Accept").is_some_and(|accept| matches!(&*accept, "yes" | "true" | "1" | "on"));
            let own = if each { format!("{stem}@.service") } else { format!("{stem}.service") };
            Some((last("Service").unwrap_or(own), true))
        }
        _ => None,
    });
    units
}

/// What is missing for `program` to run: itself, its right to, or the program that reads it.
fn missing(tree: &Tree, program: &str) -> Result<Option<String>, Error> {
    let Some(place) = find(tree, program) else { return Ok(Some(format!("there is no program {program}"))) };
    if !tree.get(&place).is_some_and(super::tree::Entry::is_program) {
        return Ok(Some(format!("{program} is no program that may be run")));
    }
    let beginning = tree.beginning::<128>(&place)?;
    let line = String::from_utf8_lossy(beginning.split(|byte| *byte == b'\n').next().unwrap_or_default()).into_owned();
    let mut words = line.strip_prefix("#!").unwrap_or_default().split_ascii_whitespace();
    let (reader, word) = (words.next(), words.next());
    let named = word.filter(|_| reader.is_some_and(|reader| reader.ends_with("/env")));
    let absent = [reader, named].into_iter().flatten().find(|reader| find(tree, reader).is_none());
    Ok(absent.map(|reader| format!("there is no {reader}, which is to read {program}")))
}

/// Where a program is, over all links.
fn find(tree: &Tree, program: &str) -> Option<String> {
    if program.contains('/') {
        return tree.resolve(program);
    }
    PATH.iter().find_map(|folder| tree.resolve(&format!("{folder}/{program}")))
}

#[cfg(test)]
mod tests {
    use crate::checks::fixture::Fixture;

    const UNITS: &str = "/usr/lib/systemd/system";

    /// A root in which a unit with this text is enabled.
    fn enabled(name: &str, text: &str) -> Fixture {
        let link = format!("/etc/systemd/system/multi-user.target.wants/{name}");
        let file = format!("{UNITS}/{name}");
        Fixture::good().file(&file, text).link(&link, &file)
    }

    fn breaks(fixture: Fixture, path: &str) {
        fixture.breaks("unit-programs", &[path]);
    }

    #[test]
    fn a_program_that_is_not_there_is_found_by_the_unit_that_starts_it() {
        for key in ["ExecStart", "ExecStartPre", "ExecReload", "ExecStop", "ExecCondition"] {
            breaks(enabled("x.service", &format!("[Service]\n{key}=-/usr/bin/none --now\n")), "x.service");
        }
        enabled("x.service", "[Service]\nExecStart=/bin/tool\nExecStop=tool\n").breaks_nothing();
    }

    #[test]
    fn a_unit_that_nobody_starts_may_name_what_is_not_there() {
        Fixture::good().file(&format!("{UNITS}/x.service"), "[Service]\nExecStart=/usr/bin/none\n").breaks_nothing();
        let masked = enabled("x.service", "[Service]\nExecStart=/usr/bin/none\n");
        masked.link("/etc/systemd/system/x.service", "/dev/null").breaks_nothing();
    }

    #[test]
    fn a_unit_of_the_initrd_may_name_what_is_not_there() {
        let text = |condition: &str| {
            format!("[Unit]\nConditionPathExists={condition}/initrd-release\n[Service]\nExecStart=/usr/bin/none\n")
        };
        enabled("x.service", &text("/usr/lib")).breaks_nothing();
        enabled("x.service", &text("/etc")).breaks_nothing();
        breaks(enabled("x.service", &text("!/etc")), "x.service");
    }

    #[test]
    fn what_cannot_be_run_and_what_nothing_can_read_is_found() {
        let unit = "[Service]\nExecStart=/usr/bin/script\n";
        let script = |text: &str, mode: u32| {
            enabled("x.service", unit).file("/usr/bin/script", text).mode("/usr/bin/script", mode)
        };
        script("#!/usr/bin/tool -x\n", 0o755).breaks_nothing();
        breaks(script("#!/usr/bin/tool\n", 0o644), "x.service");
        breaks(script("#!/usr/bin/python3\n", 0o755), "x.service");
        let through_env = |reader: &str| script(&format!("#!/usr/bin/env {reader}\n"), 0o755).program("/usr/bin/env");
        through_env("tool").breaks_nothing();
        breaks(through_env("python3"), "x.service");
    }

    #[test]
    fn drop_ins_are_read_over_a_unit_rendered_ones_too() {
        let unit = || enabled("x.service", "[Service]\nExecStart=/usr/bin/none\n");
        let over = "[Service]\nExecStart=\nExecStart=/usr/bin/tool\n";
        unit().file("/etc/systemd/system/x.service.d/a.conf", over).breaks_nothing();
        unit().file("/usr/lib/systemd/system/service.d/a.conf", over).breaks_nothing();
        let rendered = "/etc/systemd/system/tool.service.d/90-sample.conf";
        let renders = |text: &str| Fixture::good().renders(rendered, text);
        renders("[Service]\nExecStartPre=/usr/bin/tool\n").breaks_nothing();
        breaks(renders("[Service]\nExecStartPre=/usr/bin/none\n"), "tool.service");
    }

    #[test]
    fn units_that_others_bring_along_are_looked_at() {
        let none = "[Service]\nExecStart=/usr/bin/none\n";
        let with = |name: &str, text: &str, other: &str| enabled(name, text).file(&format!("{UNITS}/{other}"), none);
        breaks(with("x.timer", "[Timer]\nOnCalendar=daily\n", "x.service"), "x.service");
        breaks(with("x.timer", "[Timer]\nUnit=y.service\n", "y.service"), "y.service");
        breaks(with("x.socket", "[Socket]\nListenStream=1\n", "x.service"), "x.service");
        breaks(with("x.socket", "[Socket]\nAccept=yes\n", "x@.service"), "x@.service");
        breaks(with("x.service", "[Unit]\nWants=y@a.service\n", "y@.service"), "y@a.service");
        breaks(with("x.service", "[Unit]\nOnFailure=y.service\n", "y.service"), "y.service");
    }

    #[test]
    fn a_unit_that_is_not_there_is_found_by_who_needs_it() {
        let link = "/etc/systemd/system/multi-user.target.wants/none.service";
        breaks(Fixture::good().link(link, "/usr/lib/systemd/system/tool.service"), link);
        breaks(enabled("x.service", "[Unit]\nRequires=none.service\n"), "x.service");
        breaks(enabled("x.timer", "[Timer]\nOnCalendar=daily\n"), "x.timer");
        enabled("x.service", "[Unit]\nWants=none.service\nRequires=none.slice none.mount\n").breaks_nothing();
    }

    #[test]
    fn a_service_without_its_unit_or_its_transaction_is_found() {
        let link = "/etc/systemd/system/sos-services.target.wants/tool.service";
        breaks(Fixture::good().without(&format!("{UNITS}/tool.service")), link);
        let manifest = "/usr/share/sos/overlays/base/service.toml";
        breaks(Fixture::good().without("/usr/lib/sos/health/base"), manifest);
    }
}
