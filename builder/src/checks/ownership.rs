//! Rules about where files and packages come from.

use std::collections::BTreeMap;

use super::facts::Facts;
use super::report::Finding;
use super::tree::Kind;
use crate::error::Error;

/// How dpkg calls a package that is whole.
const WHOLE: &str = "install ok installed";

/// Every file comes from a package of the lock, an overlay or the build's own list of programs and files.
pub fn unowned(facts: &Facts<'_>) -> Result<Vec<Finding>, Error> {
    let found = facts.tree.entries().filter(|(path, entry)| entry.kind != Kind::Folder && !facts.owned.contains(*path));
    Ok(found.map(|(path, _)| Finding::new(path, "it comes from no package, no overlay and no list")).collect())
}

/// dpkg configured the packages of the lock, in the lock's versions, and no others.
pub fn packages(facts: &Facts<'_>) -> Result<Vec<Finding>, Error> {
    let locked: BTreeMap<&str, _> = facts.locked.iter().map(|locked| (locked.name.as_str(), locked)).collect();
    let mut missing = locked.clone();
    let mut findings = Vec::new();
    for package in &facts.database.packages {
        missing.remove(package.name.as_str());
        let found = match locked.get(package.name.as_str()) {
            None => format!("{} is installed, and the lock does not name it", package.version),
            Some(locked) if (&locked.version, &locked.architecture) != (&package.version, &package.architecture) => {
                let (ours, theirs) = (&package.version, &locked.version);
                format!(
                    "{ours} ({}) is installed, and the lock names {theirs} ({})",
                    package.architecture, locked.architecture
                )
            }
            Some(_) if package.status != WHOLE => format!("dpkg says that it is «{}»", package.status),
            Some(_) => continue,
        };
        findings.push(Finding::new(&package.name, found));
    }
    findings.extend(missing.into_keys().map(|name| Finding::new(name, "the lock names it, and it is not installed")));
    Ok(findings)
}

#[cfg(test)]
mod tests {
    use crate::checks::fixture::Fixture;

    #[test]
    fn a_file_that_nobody_brings_is_found() {
        let fixture = Fixture::good().stray("/usr/bin/netcat", "");
        fixture.breaks("unowned", &["/usr/bin/netcat"]);
    }

    #[test]
    fn a_file_that_a_package_names_by_another_way_or_below_var_is_its_own() {
        let fixture = Fixture::good().link("/lib", "usr/lib").package_file("/lib/thing").stray("/usr/lib/thing", "");
        fixture.breaks_nothing();
        let aside = "/usr/share/sos/factory/var/lib/thing";
        Fixture::good().package_file("/var/lib/thing").stray(aside, "").breaks_nothing();
    }

    #[test]
    fn a_package_that_the_lock_does_not_name_so_is_found() {
        let installed =
            |name: &str, version: &str, status: &str| Fixture::good().installed(name, version, "amd64", status);
        installed("netcat", "1.0", "install ok installed").breaks("packages", &["netcat"]);
        installed("bash", "5.3", "install ok installed").breaks("packages", &["bash"]);
        installed("bash", "5.2-1", "install ok unpacked").breaks("packages", &["bash"]);
        Fixture::good().installed("bash", "5.2-1", "arm64", "install ok installed").breaks("packages", &["bash"]);
    }

    #[test]
    fn a_package_of_the_lock_that_is_not_there_is_found() {
        Fixture::good().locked("zsh", "1.0").breaks("packages", &["zsh"]);
    }
}
