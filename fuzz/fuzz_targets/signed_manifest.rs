//! A release's two small files with one thing changed somewhere: none but the signed manifest itself is ever trusted.
#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use sos_signing::{Expected, PublicKey, SignatureFile, SigningKey, verify_manifest};

const SIGNED: &[u8] = include_bytes!("../../signing/tests/vectors/good/manifest.json");

static KEY: LazyLock<(PublicKey, Vec<u8>)> = LazyLock::new(|| {
    let key = SigningKey::from_seed(&[1; 32]);
    (key.public(), SignatureFile::sign(SIGNED, &[key]).to_bytes())
});

fuzz_target!(|change: (u16, u16, &[u8])| {
    let (public, signature) = &*KEY;
    let (from, drop, insert) = change;
    let spoil = |whole: &[u8]| {
        let from = usize::from(from) % (whole.len() + 1);
        let to = (from + usize::from(drop)).min(whole.len());
        [&whole[..from], insert, &whole[to..]].concat()
    };
    let trusted = |manifest: &[u8], signature: &[u8]| {
        verify_manifest(manifest, signature, std::slice::from_ref(public), &Expected::default()).is_ok()
    };
    let manifest = spoil(SIGNED);
    assert_eq!(trusted(&manifest, signature), manifest == SIGNED);
    let other = spoil(signature);
    if trusted(SIGNED, &other) {
        // Written differently, perhaps, but the same signature by the same key.
        let (one, two) = (SignatureFile::from_bytes(&other), SignatureFile::from_bytes(signature));
        let ours = two.expect("ours is well formed").signatures.remove(0);
        assert!(one.expect("it was trusted").signatures.contains(&ours));
    }
});
