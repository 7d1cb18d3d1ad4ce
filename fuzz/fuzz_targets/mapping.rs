//! User data, as anybody's provider hands it over: a mapping that is taken gives settings that are read again, and a
//! directory with one entry for each of its members, groups and roles.
#![no_main]

use libfuzzer_sys::fuzz_target;
use sos_settings::{Handed, HashedMember, Offered, Secret, Settings, UserData, directory_ldif};

fuzz_target!(|text: &str| {
    let services = || ["base", "directory", "mail", "webmail"].map(String::from).into_iter();
    let offered = Offered { services: services().collect(), by_default: services().collect(), ..Offered::default() };
    let Ok(user_data) = UserData::parse(text) else { return };
    for key in user_data.ssh_keys() {
        let _ = sos_settings::is_ssh_public_key(&key);
    }
    let mapping = match user_data.handed(&offered) {
        Ok(None | Some(Handed::Waiting(_))) => return,
        Ok(Some(Handed::Organisation(mapping))) => mapping,
        Err(problems) => {
            assert!(!problems.is_empty());
            assert!(problems.iter().all(|problem| !problem.to_string().contains('\n')));
            return;
        }
    };
    let settings = mapping.settings();
    let written = settings.to_toml().expect("settings have a form in TOML");
    assert_eq!(Settings::from_toml(&written).expect("what was written is read"), settings);

    let hash = Secret::new("{ARGON2}$argon2id$v=19$m=7168,t=5,p=1$c2FsdHNhbHRzYWx0$aGFzaGhhc2hoYXNoaGFzaA");
    let members: Vec<_> = mapping.members.iter().map(|member| HashedMember { member, hash: &hash }).collect();
    let ldif = directory_ldif(&mapping, &members, &hash);
    let entries = ldif.text().lines().filter(|line| line.starts_with("dn:")).count();
    // The organisation, its three branches and the probe; nobody's value makes an entry of its own.
    assert_eq!(entries, 5 + mapping.members.len() + mapping.groups.len() + mapping.roles.len());
});
