//! The `sos:` mapping as a person writes it: what is taken, and that every mistake is named at once.

use sos_settings::{Handed, Mapping, Offered, Password, SHORTEST_PASSWORD, UserData};

fn offered() -> Offered {
    Offered {
        services: ["base", "directory", "mail", "webmail"].map(String::from).into(),
        by_default: vec!["mail".into(), "webmail".into()],
        timezones: ["Europe/London", "Etc/UTC"].map(String::from).into(),
    }
}

fn handed(sos: &str) -> Result<Handed, Vec<String>> {
    let text = format!("#cloud-config\nsos:\n{sos}");
    UserData::parse(&text)
        .and_then(|data| data.handed(&offered()))
        .map(|handed| handed.expect("there is a mapping"))
        .map_err(|problems| problems.iter().map(ToString::to_string).collect())
}

fn read(sos: &str) -> Result<Mapping, Vec<String>> {
    handed(sos).map(|handed| match handed {
        Handed::Organisation(mapping) => *mapping,
        Handed::Waiting(waiting) => panic!("there is an organisation: {waiting:?}"),
    })
}

const HEAD: &str = "  version: 1\n  organisation: {name: Ambridge Garden Club, domain: ambridge.example}\n";
const JILL: &str = "    - {name: jill, full_name: Jill Archer, password: leeks-and-marrows}\n";

fn ambridge(rest: &str) -> Result<Mapping, Vec<String>> {
    read(&format!("{HEAD}  members:\n{JILL}{rest}"))
}

/// The problems of a mapping, one a line.
fn problems(rest: &str) -> String {
    ambridge(rest).expect_err("there is a problem").join("\n")
}

#[test]
fn a_short_mapping_is_enough() {
    let mapping = ambridge("").unwrap();
    assert_eq!(mapping.host.as_str(), "mail.ambridge.example");
    assert_eq!(mapping.services, ["mail", "webmail"]);
    assert_eq!(mapping.roles[0].name.as_str(), "administrators");
    assert_eq!(mapping.roles[0].members[0].as_str(), "jill");
}

#[test]
fn every_problem_is_named_at_once_with_its_place() {
    let found = read(
        "  version: 1\n  colour: green\n  organisation: {name: Club, domain: ambridge}\n  timezone: Europe/Ambridge\n  \
         services: [mail, telegraph]\n  members:\n    - {name: Jill, full_name: Jill Archer, password: leeks-and-marrows}\n    \
         - {name: pip, full_name: 12, password: heifers-by-the-river, quota_mib: lots}\n    - {name: pip, full_name: Pip, \
         password: short}\n  groups:\n    - {name: committee, members: [pip, nigel]}\n",
    )
    .unwrap_err();
    let places: Vec<&str> = found.iter().map(|problem| problem.split_once(": ").unwrap().0).collect();
    let expected = [
        "sos.colour",
        "sos.organisation.domain",
        "sos.timezone",
        "sos.services[1]",
        "sos.members[0].name",
        "sos.members[1].full_name",
        "sos.members[1].quota_mib",
        "sos.members[2].password",
        "sos.groups[0].members[1]",
        "sos.members[2].name",
    ];
    assert_eq!(places, expected, "{found:#?}");
}

#[test]
fn no_problem_repeats_a_password() {
    let found = problems(
        "    - {name: pip, full_name: Pip, password: [hunter22]}\n    - {name: tom, full_name: T, password: hunt3r}\n",
    );
    assert!(!found.contains("hunter22") && !found.contains("hunt3r"), "{found}");
}

#[test]
fn an_address_has_one_owner() {
    let found = problems(
        "    - {name: pip, full_name: Pip, password: heifers-by-the-river, addresses: [jill, P.Archer@ambridge.example]}\n  \
         groups: [{name: p.archer, members: [jill]}]\n",
    );
    assert!(found.contains("sos.members[1].addresses[0]: \"jill\" is taken at sos.members[0].name"), "{found}");
    assert!(found.contains("sos.groups[0].name: \"p.archer\" is taken at sos.members[1].addresses[1]"), "{found}");
}

#[test]
fn addresses_are_at_the_organisation_s_domain() {
    assert!(
        problems(
            "    - {name: pip, full_name: Pip, password: heifers-by-the-river, addresses: [p@elsewhere.example]}\n"
        )
        .contains("sos.members[1].addresses[0]")
    );
}

#[test]
fn standing_addresses_belong_to_the_administrators() {
    for name in ["postmaster", "abuse", "hostmaster", "root", "sos-probe", "administrators"] {
        let found = problems(&format!("    - {{name: {name}, full_name: X, password: heifers-by-the-river}}\n"));
        assert!(found.contains("sos.members[1].name"), "{name}: {found}");
    }
    let mapping = ambridge(
        "    - {name: pip, full_name: Pip, password: heifers-by-the-river}\n  roles: [{name: administrators, members: [pip]}]\n",
    )
    .unwrap();
    assert_eq!(mapping.roles.len(), 1);
    assert_eq!(mapping.roles[0].members[0].as_str(), "pip");
}

#[test]
fn a_first_password_is_as_long_as_any() {
    let with = |length: usize| format!("    - {{name: pip, full_name: Pip, password: \"{}\"}}\n", "x".repeat(length));
    assert!(problems(&with(SHORTEST_PASSWORD - 1)).contains("sos.members[1].password"));
    assert!(ambridge(&with(SHORTEST_PASSWORD)).is_ok());
}

#[test]
fn nobody_has_the_name_of_a_page_of_the_console() {
    for name in ["new", "invite", "import"] {
        let found = problems(&format!("    - {{name: {name}, full_name: X, password: heifers-by-the-river}}\n"));
        assert!(found.contains("sos.members[1].name"), "{name}: {found}");
    }
    let teams = "  groups: [{name: new, members: [jill]}, {name: invite, members: [jill]}]\n  \
                 roles: [{name: new, members: [jill]}]\n";
    let found = problems(teams);
    assert!(found.contains("sos.groups[0].name") && found.contains("sos.roles[0].name"), "{found}");
    assert!(!found.contains("sos.groups[1]"), "{found}");
    let alias = "    - {name: pip, full_name: Pip, password: heifers-by-the-river, addresses: [new]}\n";
    assert!(ambridge(alias).is_ok());
}

#[test]
fn a_member_has_one_password_or_its_hash() {
    let hash = "{ARGON2}$argon2id$v=19$m=19456,t=2,p=1$c29tZXNhbHQxMjM$Rdescudvs4lzsZBYAI2+hQ0vXgDxJqBvVqOuqkRLnqg";
    let mapping = ambridge(&format!("    - {{name: pip, full_name: Pip, password_hash: \"{hash}\"}}\n")).unwrap();
    assert!(matches!(mapping.members[1].password, Password::Hash(_)));
    assert!(problems("    - {name: pip, full_name: Pip, password_hash: \"{SSHA}abc\"}\n").contains("password_hash"));
    assert!(problems("    - {name: pip, full_name: Pip}\n").contains("neither"));
    let both = format!("    - {{name: pip, full_name: Pip, password: heifers-by, password_hash: \"{hash}\"}}\n");
    assert!(problems(&both).contains("keep one of the two"));
}

#[test]
fn mail_is_not_forwarded_in_a_circle() {
    let found =
        problems("    - {name: pip, full_name: Pip, password: heifers-by-the-river, forward: jill@Ambridge.example}\n");
    assert!(found.contains("sos.members[1].forward"), "{found}");
}

#[test]
fn what_is_missing_is_named() {
    let found = read("  version: 2\n  members: []\n").unwrap_err().join("\n");
    for place in ["sos.version", "sos.organisation", "sos.members"] {
        assert!(found.contains(place), "{place}: {found}");
    }
    assert!(read("  [a, b]\n").unwrap_err()[0].starts_with("sos: is a list"));
}

#[test]
fn two_hundred_members_are_fine() {
    let members: String = (1..=200)
        .map(|n| format!("    - {{name: singer{n}, full_name: Singer Number {n}, password: \"sings-in-row-{n}\"}}\n"))
        .collect();
    assert_eq!(ambridge(&members).unwrap().members.len(), 201);
}

#[test]
fn a_recovery_address_is_elsewhere() {
    let pip = |recovery: &str| {
        format!("    - {{name: pip, full_name: Pip, password: heifers-by-the-river, recovery: {recovery}}}\n")
    };
    let mapping = ambridge(&pip("pip@elsewhere.example")).unwrap();
    assert_eq!(mapping.members[1].recovery.as_ref().unwrap().as_str(), "pip@elsewhere.example");
    for bad in ["pip@ambridge.example", "pip"] {
        let found = problems(&pip(bad));
        assert!(found.contains("sos.members[1].recovery"), "{bad}: {found}");
    }
}

#[test]
fn a_group_may_be_for_members_only_and_a_role_may_not() {
    let mapping =
        ambridge("  groups: [{name: a, members: [jill], open: false}, {name: b, members: [jill]}]\n").unwrap();
    assert_eq!(mapping.groups.iter().map(|group| group.open).collect::<Vec<_>>(), [false, true]);
    assert!(problems("  groups: [{name: a, members: [jill], open: \"no\"}]\n").contains("sos.groups[0].open"));
    assert!(problems("  roles: [{name: a, members: [jill], open: false}]\n").contains("sos.roles[0].open"));
}

#[test]
fn a_server_may_be_told_its_claim_code_s_hash_and_nothing_else() {
    let hash = format!("sha256:{}", "0f".repeat(32));
    let Handed::Waiting(waiting) = handed(&format!("  version: 1\n  claim_code_hash: {hash}\n")).unwrap() else {
        panic!("nobody owns it yet");
    };
    assert_eq!(waiting.claim_code_hash.unwrap().as_str(), hash);
    assert_eq!(waiting.acme, None);

    let both = format!("{HEAD}  claim_code_hash: {hash}\n  members:\n{JILL}");
    assert!(handed(&both).unwrap_err().join("\n").contains("sos.claim_code_hash"));
    for (bad, place) in [
        ("  version: 1\n  claim_code_hash: bell-rose-mole\n", "sos.claim_code_hash"),
        ("  claim_code_hash: bell-rose-mole\n", "sos.version"),
        ("  version: 1\n  claim_code_hash: x\n  colour: green\n", "sos.colour"),
    ] {
        let found = handed(bad).unwrap_err().join("\n");
        assert!(found.contains(place), "{found}");
        assert!(!found.contains("mole"), "{found}");
    }
}

#[test]
fn another_authority_is_named_with_or_without_an_owner() {
    let acme = "  acme: {directory: \"https://acme.example/dir\"}\n";
    let Handed::Waiting(waiting) = handed(&format!("  version: 1\n{acme}")).unwrap() else { panic!("nobody owns it") };
    assert_eq!(waiting.acme.unwrap().directory.as_str(), "https://acme.example/dir");
    let mapping = read(&format!("{HEAD}{acme}  members:\n{JILL}")).unwrap();
    assert_eq!(mapping.settings().acme.unwrap().directory.as_str(), "https://acme.example/dir");
    let bad = "  version: 1\n  acme: {directory: \"http://acme.example/dir\", trust: hello}\n";
    let found = handed(bad).unwrap_err().join("\n");
    assert!(found.contains("sos.acme.directory") && found.contains("sos.acme.trust"), "{found}");
}
