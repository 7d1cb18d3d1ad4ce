//! A channel of which one file is any bytes at all, asked by a device that has seen it whole or has not: it takes what
//! the provider signed, or nothing, and the next asking of the whole channel is answered as ever.
#![no_main]

use std::collections::BTreeMap;
use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use sos_signing::offer::{Asker, Expiry, Offer, OfferError, Source, SourceError, newest};

/// A channel that was made by `sos-sign`, in the order of the seeds. No expiry counts here: these files stay as they are.
const FILES: [(&str, &[u8]); 6] = [
    ("metadata/1.root.json", include_bytes!("../seeds/offer/1.root.json")),
    ("metadata/1.snapshot.json", include_bytes!("../seeds/offer/1.snapshot.json")),
    ("metadata/1.targets.json", include_bytes!("../seeds/offer/1.targets.json")),
    ("metadata/2.root.json", include_bytes!("../seeds/offer/2.root.json")),
    ("targets/SHA256.13.20260201.1.manifest.json", include_bytes!("../seeds/offer/manifest.json")),
    ("metadata/timestamp.json", include_bytes!("../seeds/offer/timestamp.json")),
];

/// Where a file is in the channel: the manifest's name has its SHA-256.
fn place(path: &str) -> String {
    path.replace("SHA256", &sos_signing::Digest::of(FILES[4].1).to_string())
}

struct Channel(BTreeMap<String, Vec<u8>>);

impl Source for Channel {
    fn read(&self, path: &str, _: u64) -> Result<Vec<u8>, SourceError> {
        self.0.get(path).cloned().ok_or_else(|| SourceError::Absent { path: path.into() })
    }
}

static WHOLE: LazyLock<Channel> = LazyLock::new(|| {
    Channel(FILES.iter().map(|(path, bytes)| (place(path), bytes.to_vec())).collect())
});

fn ask(store: &std::path::Path, channel: &Channel) -> Result<Option<Offer>, OfferError> {
    let asker = Asker {
        root: FILES[0].1,
        store,
        running: "13.20260101.1".parse().expect("a version"),
        architecture: "amd64",
        device: b"a device",
        now: 0,
        expiry: Expiry::Ignored,
    };
    newest(&asker, channel)
}

static TRUTH: LazyLock<Option<Offer>> = LazyLock::new(|| {
    let store = tempfile::tempdir().expect("a folder");
    let truth = ask(store.path(), &WHOLE).expect("the whole channel is good");
    assert!(truth.is_some());
    truth
});

/// What a device keeps that has seen the whole channel.
static KEPT: LazyLock<Store> = LazyLock::new(|| {
    let store = tempfile::tempdir().expect("a folder");
    ask(store.path(), &WHOLE).expect("the whole channel is good");
    kept(store.path())
});

type Store = BTreeMap<std::ffi::OsString, Vec<u8>>;

/// The files in a store.
fn kept(store: &std::path::Path) -> Store {
    let entries = std::fs::read_dir(store).expect("a folder").map(|entry| entry.expect("an entry"));
    let files = entries.filter(|entry| entry.path().is_file());
    files.map(|file| (file.file_name(), std::fs::read(file.path()).expect("a file"))).collect()
}

// The first byte says which file is replaced, and whether the device has seen the whole channel before.
fuzz_target!(|input: &[u8]| {
    let Some((choice, bytes)) = input.split_first() else { return };
    let store = tempfile::tempdir().expect("a folder");
    let before = if choice & 1 == 1 { KEPT.clone() } else { Store::new() };
    for (name, bytes) in &before {
        std::fs::write(store.path().join(name), bytes).expect("a file");
    }
    let mut spoilt = WHOLE.0.clone();
    let (path, _) = FILES[usize::from(choice >> 1) % FILES.len()];
    spoilt.insert(place(path), bytes.to_vec());
    if let Ok(taken) = ask(store.path(), &Channel(spoilt)) {
        assert_eq!(taken, *TRUTH);
    }
    let after = kept(store.path());
    // Who keeps nothing, or all there is to keep, answers as before: asking again would take the most of the time.
    if after != *KEPT && !after.keys().eq(["lock"]) {
        assert_eq!(ask(store.path(), &WHOLE).expect("the whole channel is good again"), *TRUTH);
    }
});
