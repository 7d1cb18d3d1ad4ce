//! The directory's operations against a real slapd under the overlay's own access rules.

mod slapd;

use slapd::{PASSWORD, Slapd};
use sos_console::directory::{
    Directory, DirectoryError, MemberChange, NewMember, NewTeam, Revision, TeamChange, TeamKind,
};
use sos_settings::MemberName;

fn name(text: &str) -> MemberName {
    text.parse().unwrap()
}

fn new_member(text: &str) -> NewMember {
    NewMember {
        name: name(text),
        full_name: "Ruth Archer".parse().unwrap(),
        addresses: vec![],
        forward: None,
        recovery: Some("Ruth@Elsewhere.example".parse().unwrap()),
        quota_mib: None,
    }
}

async fn seen(directory: &Directory, who: &str) -> Revision {
    directory.member(&name(who)).await.unwrap().unwrap().revision
}

#[tokio::test]
async fn lists_people_by_full_name_and_never_the_probe() {
    let slapd = Slapd::start();
    let members = slapd.directory().members().await.unwrap();
    let names: Vec<&str> = members.iter().map(|member| member.name.as_str()).collect();
    assert_eq!(names, ["david", "jill", "zoe"]);
    assert_eq!(members[0].forward.as_deref(), Some("david@borchester.example"));
    assert_eq!(members[1].addresses, ["j.archer"]);
    assert_eq!((members[2].full_name.as_str(), members[2].quota_mib), ("Zoë Őrsi", Some(300)));
    assert_eq!(slapd.directory().member(&name("sos-probe")).await.unwrap(), None);
}

#[tokio::test]
async fn a_password_is_checked_set_and_never_read() {
    let slapd = Slapd::start();
    let directory = slapd.directory();
    assert!(directory.check_password(&name("jill"), PASSWORD).await.unwrap());
    for (who, wrong) in [("jill", "marrows"), ("jill", ""), ("nobody", PASSWORD), ("jill", &"x".repeat(5000))] {
        assert!(!directory.check_password(&name(who), wrong).await.unwrap(), "{who} {wrong}");
    }
    directory.set_password(&name("jill"), "brookfield-rain").await.unwrap();
    assert!(directory.check_password(&name("jill"), "brookfield-rain").await.unwrap());
    assert!(!directory.check_password(&name("jill"), PASSWORD).await.unwrap());
    assert!(slapd.dump().contains("userPassword:: "), "slapd hashes");
    assert!(!slapd.dump().contains("brookfield"));
    assert_eq!(directory.set_password(&name("nobody"), PASSWORD).await, Err(DirectoryError::Gone));
    assert_eq!(directory.set_password(&name("sos-probe"), PASSWORD).await, Err(DirectoryError::Gone));
}

#[tokio::test]
async fn lists_that_are_kept_follow_every_write() {
    let slapd = Slapd::start();
    let directory = slapd.directory();
    for (round, who) in ["ruth", "pip", "josh"].into_iter().enumerate() {
        assert_eq!(directory.members().await.unwrap().len(), 3 + round);
        directory.add_member(&new_member(who)).await.unwrap();
        let team =
            NewTeam { kind: TeamKind::Group, name: name(&format!("{who}s")), members: vec![name(who)], open: true };
        directory.add_team(&team).await.unwrap();
        assert_eq!(directory.teams(TeamKind::Group).await.unwrap().len(), 2 + round);
    }
    directory.remove_member(&name("ruth")).await.unwrap();
    assert_eq!(directory.members().await.unwrap().len(), 5);
    assert_eq!(directory.teams(TeamKind::Group).await.unwrap().len(), 3, "ruth was alone in it");
}

#[tokio::test]
async fn a_new_member_logs_in_once_there_is_a_password() {
    let slapd = Slapd::start();
    let directory = slapd.directory();
    let mut new = new_member("ruth");
    new.addresses = vec!["r.archer".parse().unwrap()];
    directory.add_member(&new).await.unwrap();
    let ruth = directory.member(&name("ruth")).await.unwrap().unwrap();
    assert_eq!((ruth.addresses, ruth.recovery.as_deref()), (vec!["r.archer".into()], Some("Ruth@elsewhere.example")));
    assert!(slapd.dump().contains("mail: ruth@ambridge.example"));
    assert!(!directory.check_password(&name("ruth"), PASSWORD).await.unwrap());
    directory.set_password(&name("ruth"), PASSWORD).await.unwrap();
    assert!(directory.check_password(&name("ruth"), PASSWORD).await.unwrap());
    let found = directory.member_by_recovery("RUTH@elsewhere.example").await.unwrap();
    assert_eq!(found.len(), 1);
}

#[tokio::test]
async fn an_address_belongs_to_one_only() {
    let slapd = Slapd::start();
    let directory = slapd.directory();
    let before = slapd.dump();
    for (taken, by) in [
        ("jill", "jill"),
        ("j.archer", "jill"),
        ("committee", "committee"),
        ("treasurer", "treasurer"),
        ("postmaster", "administrators"),
        ("mailer-daemon", "administrators"),
        ("sos-probe", "sos-probe"),
    ] {
        let expected = Err(DirectoryError::Taken { address: taken.into(), by: by.into() });
        assert_eq!(directory.add_member(&new_member(taken)).await, expected);
        let mut alias = new_member("ruth");
        alias.addresses = vec![taken.parse().unwrap()];
        assert_eq!(directory.add_member(&alias).await, expected);
        let team = NewTeam { kind: TeamKind::Group, name: name(taken), members: vec![name("jill")], open: true };
        assert_eq!(directory.add_team(&team).await, expected);
        if by != "jill" {
            let mut change = MemberChange::of(&name("jill"));
            change.addresses = Some(vec![taken.parse().unwrap()]);
            assert_eq!(directory.change_member(&change, &seen(&directory, "jill").await).await, expected);
        }
    }
    assert_eq!(slapd.dump(), before);
}

#[tokio::test]
async fn of_two_who_take_one_address_at_once_one_is_told() {
    let slapd = Slapd::start();
    let directory = slapd.directory();
    let mut tasks = Vec::new();
    for number in 0..8 {
        let directory = directory.clone();
        tasks.push(tokio::spawn(async move {
            let mut new = new_member(&format!("ruth{number}"));
            new.addresses = vec!["r.archer".parse().unwrap()];
            directory.add_member(&new).await
        }));
    }
    let mut added = 0;
    for task in tasks {
        match task.await.unwrap() {
            Ok(()) => added += 1,
            Err(error) => assert!(matches!(error, DirectoryError::Taken { .. }), "{error}"),
        }
    }
    assert_eq!(added, 1);
}

#[tokio::test]
async fn the_later_of_two_changes_is_told() {
    let slapd = Slapd::start();
    let directory = slapd.directory();
    let old = seen(&directory, "david").await;
    let mut change = MemberChange::of(&name("david"));
    change.full_name = Some("David A. Archer".parse().unwrap());
    change.forward = Some(None);
    change.quota_mib = Some(Some(50));
    change.addresses = Some(vec!["d.archer".parse().unwrap()]);
    directory.change_member(&change, &old).await.unwrap();
    change.full_name = Some("Somebody Else".parse().unwrap());
    assert_eq!(directory.change_member(&change, &old).await, Err(DirectoryError::Stale));
    let david = directory.member(&name("david")).await.unwrap().unwrap();
    assert_eq!(david.addresses, ["d.archer"]);
    assert_eq!((david.full_name.as_str(), david.forward, david.quota_mib), ("David A. Archer", None, Some(50)));

    let team = directory.team(TeamKind::Group, &name("committee")).await.unwrap().unwrap();
    let mut change =
        TeamChange { kind: TeamKind::Group, name: name("committee"), members: vec![name("zoe")], open: false };
    directory.change_team(&change, &team.revision).await.unwrap();
    change.open = true;
    assert_eq!(directory.change_team(&change, &team.revision).await, Err(DirectoryError::Stale));
    let now = directory.team(TeamKind::Group, &name("committee")).await.unwrap().unwrap();
    assert_eq!((now.members, now.open), (vec![name("zoe")], false));
}

#[tokio::test]
async fn a_suspended_member_logs_in_nowhere_until_resumed() {
    let slapd = Slapd::start();
    let directory = slapd.directory();
    let mut change = MemberChange::of(&name("david"));
    change.suspended = Some(true);
    directory.change_member(&change, &seen(&directory, "david").await).await.unwrap();
    assert!(directory.member(&name("david")).await.unwrap().unwrap().suspended);
    assert!(!directory.check_password(&name("david"), PASSWORD).await.unwrap());
    let mut ldap = plain_connection(&slapd).await;
    let bound = ldap.simple_bind("uid=david,ou=members,o=organisation", PASSWORD).await.unwrap();
    assert_eq!(bound.rc, 49, "the directory itself refuses, whoever asks");
    change.suspended = Some(false);
    directory.change_member(&change, &seen(&directory, "david").await).await.unwrap();
    assert!(directory.check_password(&name("david"), PASSWORD).await.unwrap());
}

async fn plain_connection(slapd: &Slapd) -> ldap3::Ldap {
    let (driver, ldap) = ldap3::LdapConnAsync::new(&slapd.uri()).await.unwrap();
    tokio::spawn(driver.drive());
    ldap
}

#[tokio::test]
async fn the_console_reads_no_password() {
    let slapd = Slapd::start();
    let mut ldap = plain_connection(&slapd).await;
    ldap.sasl_external_bind().await.unwrap().success().unwrap();
    let found = ldap.search("o=organisation", ldap3::Scope::Subtree, "(uid=jill)", vec!["*", "+"]).await.unwrap();
    let (entries, _) = found.success().unwrap();
    let jill = ldap3::SearchEntry::construct(entries.into_iter().next().unwrap());
    assert!(jill.attrs.contains_key("mail"));
    assert!(!jill.attrs.contains_key("userPassword") && !jill.bin_attrs.contains_key("userPassword"));
}

#[tokio::test]
async fn the_last_administrator_stays_and_can_log_in() {
    let slapd = Slapd::start();
    let directory = slapd.directory();
    let last = Err(DirectoryError::LastAdministrator);
    let mut suspend = MemberChange::of(&name("jill"));
    suspend.suspended = Some(true);
    let before = slapd.dump();
    assert_eq!(directory.remove_member(&name("jill")).await, last);
    assert_eq!(directory.hand_over_member(&name("jill"), &name("zoe")).await, last);
    assert_eq!(directory.change_member(&suspend, &seen(&directory, "jill").await).await, last);
    assert_eq!(directory.remove_team(TeamKind::Role, &name("administrators")).await, last);
    assert_eq!(slapd.dump(), before);

    // A second one who is suspended does not count; one who can log in does.
    set_administrators(&directory, &["jill", "david"]).await.unwrap();
    let mut david = MemberChange::of(&name("david"));
    david.suspended = Some(true);
    directory.change_member(&david, &seen(&directory, "david").await).await.unwrap();
    assert_eq!(directory.remove_member(&name("jill")).await, last);
    assert_eq!(set_administrators(&directory, &["david"]).await, last);
    david.suspended = Some(false);
    directory.change_member(&david, &seen(&directory, "david").await).await.unwrap();
    directory.remove_member(&name("jill")).await.unwrap();
    assert_eq!(directory.remove_member(&name("david")).await, last);
    assert!(directory.is_administrator(&name("david")).await.unwrap());
}

async fn set_administrators(directory: &Directory, names: &[&str]) -> Result<(), DirectoryError> {
    let role = name("administrators");
    let now = directory.team(TeamKind::Role, &role).await.unwrap().unwrap();
    let members = names.iter().map(|text| name(text)).collect();
    directory.change_team(&TeamChange { kind: TeamKind::Role, name: role, members, open: true }, &now.revision).await
}

#[tokio::test]
async fn of_two_administrators_who_remove_each_other_one_is_left() {
    let slapd = Slapd::start();
    let directory = slapd.directory();
    set_administrators(&directory, &["jill", "david"]).await.unwrap();
    let (jill, david) = (name("jill"), name("david"));
    let (one, other) = tokio::join!(directory.remove_member(&jill), directory.remove_member(&david));
    assert_eq!([one.is_ok(), other.is_ok()].iter().filter(|gone| **gone).count(), 1);
}

#[tokio::test]
async fn whoever_leaves_leaves_their_groups() {
    let slapd = Slapd::start();
    let directory = slapd.directory();
    directory.remove_member(&name("david")).await.unwrap();
    let committee = directory.team(TeamKind::Group, &name("committee")).await.unwrap().unwrap();
    assert_eq!(committee.members, [name("jill")]);
    directory.remove_member(&name("zoe")).await.unwrap();
    assert_eq!(directory.team(TeamKind::Role, &name("treasurer")).await.unwrap(), None);
    assert_eq!(directory.remove_member(&name("zoe")).await, Err(DirectoryError::Gone));
    assert_eq!(directory.remove_member(&name("sos-probe")).await, Err(DirectoryError::Gone));
}

#[tokio::test]
async fn an_heir_gets_the_addresses_and_the_offices() {
    let slapd = Slapd::start();
    let directory = slapd.directory();
    assert_eq!(
        directory.hand_over_member(&name("zoe"), &name("zoe")).await,
        Err(DirectoryError::NoSuchMember("zoe".into()))
    );
    directory.hand_over_member(&name("zoe"), &name("david")).await.unwrap();
    let david = directory.member(&name("david")).await.unwrap().unwrap();
    assert_eq!(david.addresses, ["zoe"]);
    let treasurer = directory.team(TeamKind::Role, &name("treasurer")).await.unwrap().unwrap();
    assert_eq!(treasurer.members, [name("david")]);
    let taken = Err(DirectoryError::Taken { address: "zoe".into(), by: "david".into() });
    assert_eq!(directory.add_member(&new_member("zoe")).await, taken);
}

/// What each write that can fail leaves behind; doing it again completes it, also with another heir.
#[tokio::test]
async fn handing_over_is_completed_by_doing_it_again() {
    const ZOE: &str = "uid=zoe,ou=members,o=organisation";
    const DAVID: &str = "uid=david,ou=members,o=organisation";
    let own = ["zoe@ambridge.example", "z.orsi@ambridge.example"];
    let replace = |attribute: &str, values: &[&str]| {
        ldap3::Mod::Replace(attribute.to_owned(), values.iter().map(ToString::to_string).collect())
    };
    let writes = |done: usize| -> Vec<(&'static str, ldap3::Mod<String>)> {
        let add_heir = ldap3::Mod::Add("member".to_owned(), [DAVID.to_owned()].into());
        let all = vec![
            ("cn=treasurer,ou=roles,o=organisation", add_heir),
            (ZOE, replace("mailLocalAddress", &[])),
            (DAVID, ldap3::Mod::Add("mailLocalAddress".to_owned(), own.iter().map(ToString::to_string).collect())),
        ];
        all.into_iter().take(done).collect()
    };
    for (done, heir) in [(0, "david"), (1, "david"), (2, "david"), (2, "jill"), (3, "david"), (3, "jill")] {
        let slapd = Slapd::start();
        let directory = slapd.directory();
        let mut further = MemberChange::of(&name("zoe"));
        further.addresses = Some(vec!["z.orsi".parse().unwrap()]);
        directory.change_member(&further, &seen(&directory, "zoe").await).await.unwrap();
        let mut ldap = plain_connection(&slapd).await;
        ldap.sasl_external_bind().await.unwrap().success().unwrap();
        for (dn, write) in writes(done) {
            let noted = (dn == ZOE).then(|| replace("sosLeaving", &own));
            ldap.modify(dn, noted.into_iter().chain([write]).collect()).await.unwrap().success().unwrap();
        }
        directory.hand_over_member(&name("zoe"), &name(heir)).await.unwrap();
        assert_eq!(directory.member(&name("zoe")).await.unwrap(), None);
        let addresses = directory.addresses().await.unwrap();
        let expected = if done == 3 { "david" } else { heir };
        for local in ["zoe", "z.orsi"] {
            assert_eq!(addresses.get(local).map(String::as_str), Some(expected), "{done} {heir}");
        }
        let treasurers = directory.team(TeamKind::Role, &name("treasurer")).await.unwrap().unwrap().members;
        assert!(!treasurers.is_empty() && !treasurers.contains(&name("zoe")), "{done} {heir}: {treasurers:?}");
    }
}

#[tokio::test]
async fn a_group_has_members_who_are_there() {
    let slapd = Slapd::start();
    let directory = slapd.directory();
    let team = |members: &[&str]| NewTeam {
        kind: TeamKind::Group,
        name: name("choir"),
        members: members.iter().map(|text| name(text)).collect(),
        open: false,
    };
    assert_eq!(directory.add_team(&team(&[])).await, Err(DirectoryError::Empty));
    for missing in ["nobody", "sos-probe"] {
        let expected = Err(DirectoryError::NoSuchMember(missing.into()));
        assert_eq!(directory.add_team(&team(&["jill", missing])).await, expected);
    }
    directory.add_team(&team(&["jill", "zoe"])).await.unwrap();
    let choir = directory.team(TeamKind::Group, &name("choir")).await.unwrap().unwrap();
    assert_eq!((choir.members.len(), choir.open), (2, false));
    assert_eq!(directory.teams(TeamKind::Group).await.unwrap().len(), 2);
    assert_eq!(directory.teams_with(&name("zoe")).await.unwrap().len(), 2);
    directory.remove_team(TeamKind::Group, &name("choir")).await.unwrap();
    assert_eq!(directory.remove_team(TeamKind::Group, &name("choir")).await, Err(DirectoryError::Gone));
}

#[tokio::test]
async fn values_are_values_and_never_filters_or_names() {
    let slapd = Slapd::start();
    let directory = slapd.directory();
    let before = slapd.dump();
    for address in ["*", "*)(uid=*", "x)(|(uid=*", "\0", "\\2a", "a\u{202e}b", &"x".repeat(100_000)] {
        assert_eq!(directory.member_by_recovery(address).await.unwrap(), [], "{address:?}");
    }
    assert_eq!(slapd.dump(), before);
    // Everything a full name may hold comes back as it was.
    for full_name in ["a,ou=roles", "*)(cn=*", "\\2a + \"x\" <y>;#", "O'Hara", "Ĺlŷr ab Owain", "=1+1"] {
        let mut change = MemberChange::of(&name("zoe"));
        change.full_name = Some(full_name.parse().unwrap());
        directory.change_member(&change, &seen(&directory, "zoe").await).await.unwrap();
        assert_eq!(directory.member(&name("zoe")).await.unwrap().unwrap().full_name, full_name);
    }
}

#[tokio::test]
async fn one_question_tells_who_somebody_is() {
    let slapd = Slapd::start();
    let directory = slapd.directory();
    assert!(directory.standing(&name("jill")).await.unwrap().unwrap().administrator);
    assert!(!directory.standing(&name("david")).await.unwrap().unwrap().administrator);
    assert_eq!(directory.standing(&name("nobody")).await.unwrap(), None);
    assert_eq!(directory.standing(&name("sos-probe")).await.unwrap(), None);
    assert_eq!(directory.domain().await.unwrap(), "ambridge.example");
}

#[tokio::test]
async fn a_directory_that_is_down_is_said_to_be_and_comes_back() {
    let mut slapd = Slapd::start();
    let directory = slapd.directory();
    directory.member(&name("jill")).await.unwrap();
    slapd.kill();
    assert!(matches!(directory.members().await, Err(DirectoryError::Down(_))));
    assert!(matches!(directory.check_password(&name("jill"), PASSWORD).await, Err(DirectoryError::Down(_))));
}
