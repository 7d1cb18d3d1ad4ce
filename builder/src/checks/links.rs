//! The rule about links: what one leads to is there.

use super::facts::Facts;
use super::report::Finding;
use super::tree::{Kind, Tree};
use crate::error::Error;
use crate::rootfs::FACTORY;

/// What only a running server has.
const RUNNING: [&str; 6] = ["/proc", "/sys", "/dev", "/run", "/tmp", "/var"];

/// Every link leads to something.
pub fn links(facts: &Facts<'_>) -> Result<Vec<Finding>, Error> {
    let links = facts.tree.entries().filter_map(|(path, entry)| match &entry.kind {
        Kind::Link(target) => Some((path, target)),
        _ => None,
    });
    let broken = links.filter(|(path, target)| facts.tree.resolve(path).is_none() && !later(facts, path, target));
    Ok(broken.map(|(path, target)| Finding::new(path, format!("it leads to {target}, which is not there"))).collect())
}

/// Whether a running server has what the link at `path` leads to: it is rendered, or in a file system of its own.
fn later(facts: &Facts<'_>, path: &str, target: &str) -> bool {
    let aim = aim(&facts.tree, path, target);
    let renders = |aim: &str| {
        facts.services.renderings.iter().any(|one| one.rendered.as_ref().is_ok_and(|found| found.get(aim).is_some()))
    };
    RUNNING.iter().any(|folder| aim.strip_prefix(folder).is_some_and(|rest| rest.starts_with('/'))) || renders(&aim)
}

/// The path that a link names, as a running server has it.
fn aim(tree: &Tree, path: &str, target: &str) -> String {
    let aside = format!("/{FACTORY}/var");
    let path = path.strip_prefix(&aside).map_or_else(|| path.to_owned(), |below| format!("/var{below}"));
    let whole = match (target.starts_with('/'), path.rsplit_once('/')) {
        (false, Some((folder, _))) => {
            let folder = tree.resolve(folder).unwrap_or_else(|| folder.to_owned());
            format!("{folder}/{target}")
        }
        _ => target.to_owned(),
    };
    let mut parts: Vec<&str> = Vec::new();
    for part in whole.split('/') {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()),
            name => parts.push(name),
        }
    }
    format!("/{}", parts.join("/"))
}

#[cfg(test)]
mod tests {
    use crate::checks::fixture::Fixture;

    #[test]
    fn a_link_to_nothing_is_found() {
        Fixture::good().link("/usr/bin/editor", "/etc/alternatives/editor").breaks("links", &["/usr/bin/editor"]);
        Fixture::good().link("/etc/a/b", "../../usr/none").breaks("links", &["/etc/a/b"]);
    }

    #[test]
    fn what_only_a_running_server_has_may_be_led_to() {
        for target in ["/proc/self/mounts", "/run/lock", "../run/resolv.conf", "/etc/hosts", "/var/lib/x"] {
            Fixture::good().link("/etc/x", target).breaks_nothing();
        }
        Fixture::good().link("/usr/share/sos/factory/var/lock", "../run/lock").breaks_nothing();
    }
}
