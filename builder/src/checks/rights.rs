//! Rules about who may do what with a file.

use std::collections::{BTreeMap, BTreeSet};

use super::facts::Facts;
use super::report::Finding;
use super::tree::{Entry, Kind};
use crate::error::Error;

const SET_UID: u32 = 0o4000;
const SET_GID: u32 = 0o2000;
const STICKY: u32 = 0o1000;
const OTHERS_WRITE: u32 = 0o002;

/// No file gives its caller more rights than the caller has.
pub fn set_id(facts: &Facts<'_>) -> Result<Vec<Finding>, Error> {
    let found = facts.tree.entries().filter(|(_, entry)| entry.kind != Kind::Folder);
    Ok(found.filter_map(|(path, entry)| given(entry).map(|what| Finding::new(path, what))).collect())
}

fn given(entry: &Entry) -> Option<String> {
    let (uid, gid) = (entry.uid, entry.gid);
    let set = (entry.mode & SET_UID != 0, entry.mode & SET_GID != 0);
    match set {
        (true, true) => Some(format!("it is set-uid {uid} and set-gid {gid}")),
        (true, false) => Some(format!("it is set-uid {uid}")),
        (false, true) => Some(format!("it is set-gid {gid}")),
        (false, false) if entry.capable => Some("it has capabilities, which the image would not keep".to_owned()),
        (false, false) => None,
    }
}

/// Nobody may write what is not theirs.
pub fn world_writable(facts: &Facts<'_>) -> Result<Vec<Finding>, Error> {
    let open = |entry: &Entry| match entry.kind {
        Kind::Link(_) => false,
        Kind::Folder => entry.mode & OTHERS_WRITE != 0 && entry.mode & STICKY == 0,
        Kind::File | Kind::Special => entry.mode & OTHERS_WRITE != 0,
    };
    let found = facts.tree.entries().filter(|(_, entry)| open(entry));
    Ok(found.map(|(path, entry)| Finding::new(path, format!("everybody may write it ({:04o})", entry.mode))).collect())
}

/// Every owner and every account has an id that `image/users.toml` or Debian's base-passwd pins.
pub fn pinned_ids(facts: &Facts<'_>) -> Result<Vec<Finding>, Error> {
    let pinned = |master: &str| facts.accounts(&format!("/usr/share/base-passwd/{master}.master"));
    let (mut users, mut groups) = (pinned("passwd")?, pinned("group")?);
    users.extend(facts.users.uids());
    groups.extend(facts.users.gids());
    let mut findings = Vec::new();
    for (file, pinned) in [("/etc/passwd", &users), ("/etc/group", &groups)] {
        for (name, id) in facts.accounts(file)? {
            match pinned.get(&name) {
                Some(wanted) if *wanted == id => {}
                Some(wanted) => findings.push(Finding::new(file, format!("{name} has {id} and not {wanted}"))),
                None => findings.push(Finding::new(file, format!("{name} ({id}) is not pinned"))),
            }
        }
    }
    let ids = |pinned: &BTreeMap<String, u32>| pinned.values().copied().chain([0]).collect::<BTreeSet<u32>>();
    let (users, groups) = (ids(&users), ids(&groups));
    let strange = |entry: &Entry| !users.contains(&entry.uid) || !groups.contains(&entry.gid);
    let found = facts.tree.entries().filter(|(_, entry)| strange(entry));
    findings.extend(found.map(|(path, entry)| {
        Finding::new(path, format!("it belongs to {}:{}, and no account is pinned to that", entry.uid, entry.gid))
    }));
    Ok(findings)
}

#[cfg(test)]
mod tests {
    use crate::checks::fixture::Fixture;

    #[test]
    fn set_uid_set_gid_and_capabilities_are_found() {
        for mode in [0o4755, 0o2755, 0o6755] {
            Fixture::good().file("/usr/bin/su", "").mode("/usr/bin/su", mode).breaks("set-id", &["/usr/bin/su"]);
        }
        let fixture = Fixture::good().file("/usr/bin/ping", "");
        fixture.entry("/usr/bin/ping", |entry| entry.capable = true).breaks("set-id", &["/usr/bin/ping"]);
        // A folder hands its group on to what is made in it; it gives nobody rights.
        Fixture::good().folder("/usr/share/mail", 0o2755).breaks_nothing();
    }

    #[test]
    fn what_everybody_may_write_is_found_unless_it_is_a_sticky_folder() {
        Fixture::good().file("/etc/motd", "").mode("/etc/motd", 0o666).breaks("world-writable", &["/etc/motd"]);
        Fixture::good().folder("/usr/share/inbox", 0o777).breaks("world-writable", &["/usr/share/inbox"]);
        Fixture::good().folder("/usr/share/inbox", 0o1777).breaks_nothing();
    }

    #[test]
    fn an_owner_whom_nobody_pinned_is_found() {
        let games = |entry: &mut super::Entry| entry.uid = 997;
        Fixture::good().file("/etc/games", "").entry("/etc/games", games).breaks("pinned-ids", &["/etc/games"]);
        let group = |entry: &mut super::Entry| entry.gid = 997;
        Fixture::good().file("/etc/games", "").entry("/etc/games", group).breaks("pinned-ids", &["/etc/games"]);
    }

    #[test]
    fn an_account_with_another_id_than_the_pinned_one_is_found() {
        let passwd = |text: &str| Fixture::good().file("/etc/passwd", &format!("root:x:0:0::/root:/bin/sh\n{text}"));
        passwd("postfix:x:240:240::/:/bin/false\n").breaks_nothing();
        passwd("postfix:x:999:240::/:/bin/false\n").breaks("pinned-ids", &["/etc/passwd"]);
        passwd("games:x:998:998::/:/bin/false\n").breaks("pinned-ids", &["/etc/passwd"]);
    }
}
