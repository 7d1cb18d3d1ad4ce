//! What a device takes when nothing is wrong.

use std::sync::atomic::{AtomicBool, Ordering};

use sos_signing::offer::{Expiry, OfferError, Source, SourceError};
use sos_signing::repository::{self, Expiries};

use crate::world::{Channel, DAY, Device, NEWER, NOW, Provider, RUNNING};

#[test]
fn takes_the_newest_release() {
    let provider = Provider::offering();
    provider.add("13.20260215.1");
    let device = Device::of(&provider);
    let offer = device.ask(&provider.channel()).unwrap().unwrap();
    assert_eq!(offer.manifest().version.to_string(), "13.20260215.1");
    assert_eq!(offer.path(&offer.manifest().artefacts[0]), "releases/13.20260215.1/the.slot");
}

#[test]
fn takes_nothing_that_it_runs_already_or_that_is_older() {
    let provider = Provider::new();
    provider.add(RUNNING);
    let mut device = Device::of(&provider);
    assert_eq!(device.offered(&provider.channel()), None);
    device.running = NEWER.parse().unwrap();
    assert_eq!(device.offered(&provider.channel()), None);
}

#[test]
fn takes_the_one_before_when_the_newest_is_revoked() {
    let provider = Provider::offering();
    provider.add("13.20260215.1");
    let device = Device::of(&provider);
    assert_eq!(device.offered(&provider.channel()).as_deref(), Some("13.20260215.1"));
    let revoke = repository::Revoke {
        versions: vec!["13.20260215.1".parse().unwrap()],
        targets_key: provider.key("targets"),
        online_key: provider.key("online"),
        expiries: Expiries::from_now(NOW),
    };
    repository::revoke(&provider.repository(), revoke).unwrap();
    assert_eq!(device.offered(&provider.channel()).as_deref(), Some(NEWER));
}

#[test]
fn takes_a_release_carried_by_hand_after_all_has_expired_and_whatever_its_share() {
    let provider = Provider::new();
    provider.add_with(NEWER, |add| {
        add.rollout.percent = 0;
        add.rollout.start = NOW + 3650 * DAY;
    });
    let mut device = Device::of(&provider).at(NOW + 3650 * DAY);
    device.expiry = Expiry::Ignored;
    assert_eq!(device.offered(&provider.channel()).as_deref(), Some(NEWER));
}

#[test]
fn asks_for_the_chain_of_roots_from_the_one_it_kept() {
    let provider = Provider::offering();
    provider.rotate(&[repository::RoleType::Root], &[], &["root-1", "root-2"]);
    let device = Device::of(&provider);
    device.offered(&provider.channel());
    let channel = provider.channel();
    assert_eq!(device.offered(&channel).as_deref(), Some(NEWER));
    let asked = channel.asked.lock().unwrap();
    let roots: Vec<&String> = asked.iter().filter(|path| path.ends_with("root.json")).collect();
    assert_eq!(roots, ["metadata/3.root.json"]);
}

/// A channel that is away at one file.
struct Away<'a>(&'a Channel, &'a str, AtomicBool);

impl Source for Away<'_> {
    fn read(&self, path: &str, limit: u64) -> Result<Vec<u8>, SourceError> {
        if path == self.1 && !self.2.swap(true, Ordering::Relaxed) {
            return Err(SourceError::Broken { path: path.into(), reason: "it went away".into() });
        }
        self.0.read(path, limit)
    }
}

#[test]
fn a_channel_that_is_away_is_no_refusal_and_the_next_asking_is_answered() {
    let provider = Provider::offering();
    let channel = provider.channel();
    let files: Vec<&str> =
        channel.files.keys().map(String::as_str).filter(|path| *path != "metadata/1.root.json").collect();
    for away in files.into_iter().chain(["metadata/2.root.json"]) {
        let device = Device::of(&provider);
        let source = Away(&channel, away, AtomicBool::default());
        match device.ask(&source) {
            Err(OfferError::Source(SourceError::Broken { path, .. })) => assert_eq!(path, away),
            other => panic!("{away}: {other:?}"),
        }
        assert_eq!(device.offered(&source).as_deref(), Some(NEWER), "{away}");
    }
}

#[test]
fn a_channel_that_offers_nothing_yet_is_no_refusal() {
    let provider = Provider::new();
    let asked = Device::of(&provider).ask(&provider.channel());
    assert!(matches!(asked, Err(OfferError::Source(SourceError::Absent { .. }))), "{asked:?}");
}

#[test]
fn an_image_without_a_good_root_is_a_fault_of_the_device() {
    let provider = Provider::offering();
    let mut device = Device::of(&provider);
    device.root.truncate(100);
    assert!(matches!(device.ask(&provider.channel()), Err(OfferError::Fault(_))));
    device.root = provider.first_root();
    let at = device.root.windows(9).position(|window| window == b"expires\":").unwrap() + 12;
    device.root[at] = b'3';
    assert!(matches!(device.ask(&provider.channel()), Err(OfferError::Fault(_))));
}

#[test]
fn two_cannot_ask_with_one_store_at_once() {
    struct Nested<'a>(&'a Device, &'a Channel);
    impl Source for Nested<'_> {
        fn read(&self, path: &str, limit: u64) -> Result<Vec<u8>, SourceError> {
            let second = self.0.ask(self.1);
            assert!(matches!(second, Err(OfferError::Fault(_))), "{second:?}");
            self.1.read(path, limit)
        }
    }
    let provider = Provider::offering();
    let (device, channel) = (Device::of(&provider), provider.channel());
    assert_eq!(device.offered(&Nested(&device, &channel)).as_deref(), Some(NEWER));
}
