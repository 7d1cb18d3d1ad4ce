//! A certificate authority of shell scripts: what it signs is taken, what does not fit never touches what is in use.

use super::*;
use crate::certificate::{fault, make_missing};
use crate::test_programs::{calls, stand_in};

/// Signs with a key of its own for the names in `--domain`, into the folder that the configuration names.
const SIGNS: &str = r#"
case "$*" in *--cron*) ;; *) exit 0;; esac
. "$2"
while [ "$1" != --domain ]; do shift; done
folder=$BASEDIR/certs/server; mkdir -p "$folder"; cd "$folder"
names=; for name in $2; do case $name in ip:*) names=$names,IP:${name#ip:};; *) names=$names,DNS:$name;; esac; done
{
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout ca.key -out ca.pem -subj /CN=ca
openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout privkey.pem -out csr.pem -subj /CN=x
printf 'subjectAltName=%s\n' "${names#,}" >ext
openssl x509 -req -in csr.pem -CA ca.pem -CAkey ca.key -CAcreateserial -days "${DAYS-90}" -extfile ext -out fullchain.pem
} >/dev/null 2>&1
"#;

struct World {
    _root: tempfile::TempDir,
    programs: tempfile::TempDir,
    device: Device,
}

impl World {
    fn new() -> Self {
        let (root, programs) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let device = Device::new(root.path()).with_programs(programs.path());
        let write = |path: &str, text: &str| {
            fs::create_dir_all(device.path(path).parent().unwrap()).unwrap();
            fs::write(device.path(path), text).unwrap();
        };
        let me = rustix::process::geteuid().as_raw();
        write("/etc/passwd", &format!("root:x:0:0:::\nsos-acme:x:{me}:{me}:::\n"));
        write("/etc/group", &format!("root:x:0:\nsos-acme:x:{me}:\n"));
        write("/usr/share/sos/image.toml", "version = \"1\"\n");
        write(IMAGE, "directory = \"https://acme.example/dir\"\n");
        write(
            "/usr/share/sos/overlays/web/service.toml",
            "title = \"W\"\nrequired = true\n[certificate]\nreload = [\"nginx.service\"]\n",
        );
        write(
            "/run/cloud-init/instance-data.json",
            r#"{"ds":{"meta_data":{"local-hostname":"vps17.provider.example"}}}"#,
        );
        for (name, script) in [
            ("ip", r#"echo '[{"addr_info":[{"local":"203.0.113.5"}]}]'"#),
            ("systemctl", "exit 0"),
            ("curl", r#"echo '{"meta":{"profiles":{"classic":"","shortlived":""}}}'"#),
            ("resolvectl", "exit 1"),
            ("dehydrated", SIGNS),
        ] {
            stand_in(programs.path(), name, script);
        }
        make_missing(&device, &["203.0.113.5"]).unwrap();
        Self { _root: root, programs, device }
    }

    /// Makes the provider's name lead here.
    fn name_leads_here(&self) {
        let script = r#"case "$*" in *"=A "*vps17*) echo '{"address":[203,0,113,5]}';; *) exit 1;; esac"#;
        stand_in(self.programs.path(), "resolvectl", script);
    }

    fn names(&self) -> Vec<String> {
        current(&self.device).unwrap().names
    }

    fn asked(&self) -> Vec<String> {
        calls(self.programs.path(), "dehydrated").into_iter().filter(|call| call.contains("--cron")).collect()
    }
}

#[test]
fn an_address_is_signed_for_a_few_days_and_a_name_takes_its_place() {
    let world = World::new();
    certificate(&world.device, Hurry::No).unwrap();
    assert_eq!(world.names(), ["203.0.113.5"]);
    assert!(!current(&world.device).unwrap().self_signed);
    assert!(
        world.asked()[0].contains("--domain ip:203.0.113.5") && world.asked()[0].contains("--acme-profile shortlived")
    );
    let reloaded = calls(world.programs.path(), "systemctl");
    assert!(reloaded.contains(&"try-reload-or-restart nginx.service".to_owned()), "{reloaded:?}");
    certificate(&world.device, Hurry::No).unwrap();
    assert_eq!(world.asked().len(), 1, "it is good still");

    world.name_leads_here();
    certificate(&world.device, Hurry::No).unwrap();
    assert_eq!(world.names(), ["vps17.provider.example"]);
    assert!(!world.asked()[1].contains("--acme-profile"));
    assert!(world.device.path(ASKED).exists());
}

#[test]
fn an_authority_without_profiles_is_asked_for_none() {
    let world = World::new();
    stand_in(world.programs.path(), "curl", "echo '{\"meta\":{}}'");
    certificate(&world.device, Hurry::No).unwrap();
    assert!(!world.asked()[0].contains("--acme-profile"));
}

#[test]
fn where_an_authority_signs_for_no_such_name_the_address_is_asked_for() {
    let world = World::new();
    world.name_leads_here();
    let rejects = format!("case \"$*\" in *vps17*) echo 'acme:error:rejectedIdentifier' >&2; exit 1;; esac\n{SIGNS}");
    stand_in(world.programs.path(), "dehydrated", &rejects);
    certificate(&world.device, Hurry::No).unwrap();
    assert_eq!(world.names(), ["203.0.113.5"]);
    assert!(fault(&world.device).unwrap().contains("does not sign for this name"));
    certificate(&world.device, Hurry::No).unwrap();
    assert_eq!(world.asked().len(), 2, "neither is asked for at once again");
}

#[test]
fn an_authority_that_could_not_be_reached_is_asked_for_nothing_lesser_meanwhile() {
    let world = World::new();
    world.name_leads_here();
    stand_in(world.programs.path(), "dehydrated", "echo 'ERROR: Problem connecting to server' >&2; exit 1");
    certificate(&world.device, Hurry::No).unwrap();
    stand_in(world.programs.path(), "dehydrated", SIGNS);
    for hurry in [Hurry::No, Hurry::Yes] {
        certificate(&world.device, hurry).unwrap();
        assert!(current(&world.device).unwrap().self_signed, "an address is signed for in place of the name");
    }
    fs::remove_file(world.device.state("certificate.toml")).unwrap();
    certificate(&world.device, Hurry::No).unwrap();
    assert_eq!(world.names(), ["vps17.provider.example"]);
}

#[test]
fn a_unit_reloads_once_for_a_certificate() {
    let world = World::new();
    certificate(&world.device, Hurry::No).unwrap();
    let reloads =
        calls(world.programs.path(), "systemctl").into_iter().filter(|call| call.contains("reload-or-restart"));
    assert_eq!(reloads.count(), 1);
}

#[test]
fn what_an_authority_refuses_is_told_in_plain_words_and_not_asked_again_at_once() {
    let world = World::new();
    let before = current(&world.device).unwrap();
    let long = format!("urn:ietf:params:acme:error:connection\n{}", "[]\n".repeat(3000));
    for (said, expected) in [
        ("urn:ietf:params:acme:error:connection: refused", "could not reach this server on port 80"),
        ("urn:ietf:params:acme:error:rateLimited", "wants us to wait"),
        (&long, "could not reach this server on port 80"),
        ("ERROR: Challenge is invalid\n[\"status\"]\t\"invalid\"\n", "failed: ERROR: Challenge is invalid"),
        ("urn:ietf:params:acme:error:rejectedIdentifier", "does not sign for this name"),
        ("ERROR: Problem connecting to server", "cannot be reached"),
    ] {
        stand_in(world.programs.path(), "dehydrated", &format!("echo '{said}' >&2; exit 1"));
        fs::remove_file(world.device.state("certificate.toml")).ok();
        certificate(&world.device, Hurry::No).unwrap();
        let fault = fault(&world.device).unwrap();
        assert!(fault.contains(expected), "{fault}");
    }
    stand_in(world.programs.path(), "dehydrated", SIGNS);
    certificate(&world.device, Hurry::No).unwrap();
    assert_eq!(current(&world.device).unwrap(), before);
}

#[test]
fn a_certificate_that_does_not_fit_never_comes_into_use() {
    let world = World::new();
    let before = current(&world.device).unwrap();
    let other_names = SIGNS.replace("${names#,}", "DNS:elsewhere.example");
    let other_key = format!("{SIGNS}\nopenssl genpkey -algorithm ED25519 -out privkey.pem\n");
    let run_out = SIGNS.replace("${DAYS-90}", "-1");
    let cut_short = format!("{SIGNS}\n: >fullchain.pem\n");
    for script in [&other_names, &other_key, &run_out, &cut_short] {
        fs::remove_file(world.device.state("certificate.toml")).ok();
        stand_in(world.programs.path(), "dehydrated", script);
        certificate(&world.device, Hurry::No).unwrap();
        assert_eq!(current(&world.device).unwrap(), before);
        assert!(fault(&world.device).is_some());
    }
}

#[test]
fn two_do_not_ask_at_once() {
    let world = World::new();
    let held = hold(&world.device).unwrap();
    assert!(held.is_some());
    certificate(&world.device, Hurry::Yes).unwrap();
    assert!(world.asked().is_empty());
    drop(held);
    certificate(&world.device, Hurry::Yes).unwrap();
    assert_eq!(world.asked().len(), 1);
}
