//! The files of a package, in any order and with any links among them: nothing outside the root is made or changed.
#![no_main]

use std::fs;
use std::path::Path;

use libfuzzer_sys::arbitrary::{self, Arbitrary};
use libfuzzer_sys::fuzz_target;
use sos_builder::exclude::Exclude;
use sos_builder::unpack::unpack;

#[derive(Debug, Arbitrary)]
struct Member {
    kind: Kind,
    path: Vec<Part>,
    link: Vec<Part>,
}

#[derive(Debug, Clone, Copy, Arbitrary)]
enum Kind {
    File,
    Folder,
    Link,
    HardLink,
}

/// Few names, so that members meet; and none that could harm this machine if they got out.
#[derive(Debug, Clone, Copy, Arbitrary)]
enum Part {
    A,
    B,
    Outside,
    Canary,
    Up,
    Here,
    Nothing,
}

impl Part {
    fn text(self) -> &'static str {
        match self {
            Part::A => "a",
            Part::B => "b",
            Part::Outside => "outside",
            Part::Canary => "canary",
            Part::Up => "..",
            Part::Here => ".",
            Part::Nothing => "",
        }
    }
}

fuzz_target!(|members: Vec<Member>| {
    let world = tempfile::tempdir().expect("a temporary folder");
    let (deb, root, outside) = (world.path().join("p.deb"), world.path().join("root"), world.path().join("outside"));
    fs::create_dir(&outside).expect("room");
    fs::write(outside.join("canary"), "alive").expect("room");
    fs::write(&deb, package(&members)).expect("room");
    let _ = unpack(&root, &deb, &[], &Exclude::nothing(), 1, &|_| ());
    assert_eq!(count(world.path()), 3);
    assert_eq!(count(&outside), 1);
    assert_eq!(fs::read(outside.join("canary")).expect("it is there"), b"alive");
    let links = std::os::unix::fs::MetadataExt::nlink(&fs::metadata(outside.join("canary")).expect("it is there"));
    assert_eq!(links, 1);
});

fn count(folder: &Path) -> usize {
    fs::read_dir(folder).expect("it is there").count()
}

fn package(members: &[Member]) -> Vec<u8> {
    let control = b"Package: p\nArchitecture: all\n";
    let mut header = tar::Header::new_gnu();
    header.set_size(control.len() as u64);
    let mut controls = tar::Builder::new(Vec::new());
    controls.append_data(&mut header, "control", control.as_slice()).expect("it is in memory");
    let mut data = tar::Builder::new(Vec::new());
    for member in members {
        data.append(&head(member), std::io::empty()).expect("it is in memory");
    }
    let mut whole = ar::Builder::new(Vec::new());
    for (name, tar) in [("control.tar", controls), ("data.tar", data)] {
        let bytes = tar.into_inner().expect("it is in memory");
        whole.append(&ar::Header::new(name.into(), bytes.len() as u64), bytes.as_slice()).expect("it is in memory");
    }
    whole.into_inner().expect("it is in memory")
}

/// A member's header, past the checks of those who write archives in good faith.
fn head(member: &Member) -> tar::Header {
    let path = |parts: &[Part]| parts.iter().take(8).map(|part| part.text()).collect::<Vec<_>>().join("/");
    let mut header = tar::Header::new_gnu();
    header.set_entry_type(match member.kind {
        Kind::File => tar::EntryType::Regular,
        Kind::Folder => tar::EntryType::Directory,
        Kind::Link => tar::EntryType::Symlink,
        Kind::HardLink => tar::EntryType::Link,
    });
    header.set_mode(0o755);
    let own = fs::metadata("/proc/self").expect("we run");
    header.set_uid(std::os::unix::fs::MetadataExt::uid(&own).into());
    header.set_gid(std::os::unix::fs::MetadataExt::gid(&own).into());
    header.set_size(0);
    let old = header.as_old_mut();
    for (field, text) in [(&mut old.name, path(&member.path)), (&mut old.linkname, path(&member.link))] {
        field[..text.len()].copy_from_slice(text.as_bytes());
    }
    header.set_cksum();
    header
}
