//! Fetching a lock's packages: what arrives, what is taken up again, and what is refused.

use std::fs;

use sos_builder::error::{Error, Refusal, Result};
use sos_builder::fetch::fetch;
use sos_builder::host_sources::HostSources;
use sos_builder::lock::{Lock, Package, Sha256};
use sos_builder::mirror::{Mirror, Place};
use sos_builder::pool::{PoolReady, entry};
use sos_builder::progress::Progress;
use sos_builder::sources::Sources;

use crate::server::{Answer, Server};
use crate::world::{World, content, tree, write};

/// A world with a lock of four packages, and a server that is its mirror.
struct Shop {
    world: World,
    lock: Lock,
    server: Server,
}

impl Shop {
    /// The server has every package.
    fn open() -> Self {
        let world = World::asking_for(&["greeter"]);
        let lock = world.lock().unwrap();
        let shop = Self { world, lock, server: Server::start() };
        for package in &shop.lock.packages {
            shop.server.set(shop.path(package), Answer::File(content(package)));
        }
        shop
    }

    /// A package's path on the server.
    fn path(&self, package: &Package) -> String {
        format!("/{}/{}", tree(&self.lock, package), package.path)
    }

    fn package(&self, name: &str) -> &Package {
        self.lock.packages.iter().find(|package| package.name == name).unwrap()
    }

    /// Sets the server's answer for one package.
    fn set(&self, name: &str, answer: impl FnOnce(Vec<u8>) -> Answer) {
        let package = self.package(name);
        self.server.set(self.path(package), answer(content(package)));
    }

    /// The requests for one package: the first bytes asked for.
    fn requests(&self, name: &str) -> Vec<usize> {
        let path = self.path(self.package(name));
        self.server.requests().into_iter().filter(|(asked, _)| *asked == path).map(|(_, from)| from).collect()
    }

    fn sources(&self) -> Sources {
        let mirror = Mirror::choose(Some(&self.server.url("/debian")), None, &HostSources::default(), "trixie");
        Sources { mirror: Some(mirror.unwrap()), ..Sources::default() }
    }

    fn fetch_from(&self, sources: &Sources) -> Result<PoolReady> {
        fetch(&self.lock, sources, &self.world.pool(), Progress::Silent)
    }

    fn fetch(&self) -> Result<PoolReady> {
        self.fetch_from(&self.sources())
    }

    /// Every package is in the pool, and nothing else.
    fn assert_complete(&self, ready: &PoolReady) {
        for package in &self.lock.packages {
            assert_eq!(fs::read(ready.file(package)).unwrap(), content(package), "{}", package.name);
            assert!(!self.world.pool().part(package).exists());
        }
    }
}

#[test]
fn every_package_arrives_and_is_not_asked_for_again() {
    let shop = Shop::open();
    shop.assert_complete(&shop.fetch().unwrap());
    shop.assert_complete(&shop.fetch().unwrap());
    assert_eq!(shop.server.requests().len(), shop.lock.packages.len());
}

#[test]
fn a_folder_serves_as_a_mirror() {
    let shop = Shop::open();
    shop.world.place_packages(&shop.lock);
    let sources = Sources { mirror: Some(shop.world.mirror()), ..Sources::default() };
    shop.assert_complete(&shop.fetch_from(&sources).unwrap());
}

#[test]
fn a_full_pool_needs_no_mirror_and_an_empty_one_asks_for_it() {
    let shop = Shop::open();
    let error = shop.fetch_from(&Sources::default()).unwrap_err();
    assert!(matches!(error, Error::NoMirror), "{error}");
    shop.fetch().unwrap();
    shop.assert_complete(&shop.fetch_from(&Sources::default()).unwrap());
}

#[test]
fn a_broken_connection_is_taken_up_where_it_broke() {
    let shop = Shop::open();
    shop.set("greeter", |bytes| Answer::Breaks(bytes, 5000));
    shop.assert_complete(&shop.fetch().unwrap());
    assert_eq!(shop.requests("greeter"), [0, 5000]);
}

#[test]
fn an_interrupted_run_is_taken_up_where_it_stopped() {
    let shop = Shop::open();
    let greeter = shop.package("greeter");
    write(&shop.world.pool().part(greeter), &content(greeter)[..7000]);
    shop.assert_complete(&shop.fetch().unwrap());
    assert_eq!(shop.requests("greeter"), [7000]);
}

#[test]
fn a_run_interrupted_before_the_last_rename_asks_for_nothing() {
    let shop = Shop::open();
    let greeter = shop.package("greeter");
    write(&shop.world.pool().part(greeter), &content(greeter));
    shop.assert_complete(&shop.fetch().unwrap());
    assert!(shop.requests("greeter").is_empty());
}

#[test]
fn a_server_that_cannot_go_on_sends_it_whole() {
    let shop = Shop::open();
    let greeter = shop.package("greeter");
    write(&shop.world.pool().part(greeter), &content(greeter)[..7000]);
    shop.set("greeter", Answer::Whole);
    shop.assert_complete(&shop.fetch().unwrap());
}

#[test]
fn a_part_of_something_else_is_fetched_again() {
    let shop = Shop::open();
    for stale in [vec![b'x'; 7000], vec![b'x'; 1 << 20]] {
        let greeter = shop.package("greeter");
        write(&shop.world.pool().part(greeter), &stale);
        shop.assert_complete(&shop.fetch().unwrap());
        fs::remove_file(shop.world.pool().file(greeter)).unwrap();
    }
}

#[test]
fn a_wrong_file_is_fetched_again_once_and_then_refused() {
    let shop = Shop::open();
    shop.set("greeter", |bytes| Answer::File(vec![b'x'; bytes.len()]));
    let error = shop.fetch().unwrap_err();
    assert_eq!(error.exit_code(), 3);
    let Error::Refused(Refusal::WrongHash { url, wanted, .. }) = &error else { panic!("{error}") };
    let greeter = shop.package("greeter");
    assert!(url.ends_with(&greeter.path) && wanted == greeter.sha256.as_str(), "{error}");
    assert_eq!(shop.requests("greeter"), [0, 0]);
    assert!(!shop.world.pool().file(greeter).exists() && !shop.world.pool().part(greeter).exists());
}

#[test]
fn a_file_longer_than_the_lock_says_is_refused() {
    let shop = Shop::open();
    shop.set("greeter", |bytes| Answer::File(bytes.repeat(50)));
    let error = shop.fetch().unwrap_err();
    assert!(matches!(error, Error::Refused(Refusal::WrongHash { .. })), "{error}");
}

#[test]
fn a_damaged_file_of_the_pool_is_fetched_again() {
    let shop = Shop::open();
    shop.fetch().unwrap();
    let greeter = shop.package("greeter");
    let mut bytes = content(greeter);
    bytes[100] ^= 1;
    fs::write(shop.world.pool().file(greeter), bytes).unwrap();
    shop.assert_complete(&shop.fetch().unwrap());
    assert_eq!(shop.requests("greeter"), [0, 0]);
}

#[test]
fn packages_that_a_mirror_has_dropped_are_all_named_with_what_to_do() {
    let shop = Shop::open();
    shop.set("greeter", |_| Answer::Status(404));
    shop.set("libgreeting", |_| Answer::Status(404));
    let error = shop.fetch().unwrap_err();
    let text = error.to_string();
    assert!(matches!(error, Error::Gone { .. }), "{text}");
    for part in ["greeter 1.0-2", "libgreeting 1.0-1+deb13u1", "sos-build lock trixie", "--snapshot", "--pool"] {
        assert!(text.contains(part), "{part}: {text}");
    }
    assert!(shop.world.pool().file(shop.package("zstd")).exists(), "the others are kept");
}

#[test]
fn a_dropped_package_comes_from_a_snapshot() {
    let shop = Shop::open();
    let library = shop.package("libgreeting");
    shop.set("libgreeting", |_| Answer::Status(404));
    let path = format!("/snap/archive/debian-security/20250102T120000Z/{}", library.path);
    shop.server.set(&path, Answer::File(content(library)));
    let snapshot = Some(Place::parse(&shop.server.url("/snap/")).unwrap());
    shop.assert_complete(&shop.fetch_from(&Sources { snapshot, ..shop.sources() }).unwrap());
    let asked: Vec<String> = shop.server.requests().into_iter().map(|(path, _)| path).collect();
    assert!(asked.contains(&path.replace("20250102", "20250101")), "the archive's own time comes first: {asked:?}");
}

#[test]
fn a_dropped_package_comes_from_a_published_pool() {
    let shop = Shop::open();
    for name in ["greeter", "libgreeting"] {
        shop.set(name, |_| Answer::Status(404));
    }
    let (greeter, library) = (shop.package("greeter"), shop.package("libgreeting"));
    shop.server.set(format!("/pool/{}", entry(greeter)), Answer::File(content(greeter)));
    let folder = shop.world.path("published");
    write(&folder.join(entry(library)), &content(library));
    let pools = vec![Place::parse(&shop.server.url("/pool")).unwrap(), Place::Folder(folder)];
    shop.assert_complete(&shop.fetch_from(&Sources { pools, ..shop.sources() }).unwrap());
}

#[test]
fn a_server_that_fails_every_time_is_a_fault_that_names_the_address() {
    let shop = Shop::open();
    shop.set("greeter", |_| Answer::Status(503));
    let error = shop.fetch().unwrap_err();
    assert_eq!(error.exit_code(), 1);
    let Error::Network { url, reason } = &error else { panic!("{error}") };
    assert!(url.ends_with("greeter_1.0-2_amd64.deb") && reason.contains("503"), "{error}");
    assert_eq!(shop.requests("greeter").len(), 4);
}

#[test]
fn a_server_that_is_away_is_given_up_once_and_not_for_every_package() {
    let shop = Shop::open();
    let mut lock = shop.lock.clone();
    let zstd = shop.package("zstd");
    lock.packages = (0..40)
        .map(|number| Package { name: format!("p{number:02}"), sha256: Sha256::of(&[number]), ..zstd.clone() })
        .collect();
    shop.set("zstd", |_| Answer::Status(503));
    let error = fetch(&lock, &shop.sources(), &shop.world.pool(), Progress::Silent).unwrap_err();
    assert!(matches!(error, Error::Network { .. }), "{error}");
    let asked = shop.requests("zstd").len();
    assert!(asked <= 4 * 2 * 8, "asked {asked} times");
}
