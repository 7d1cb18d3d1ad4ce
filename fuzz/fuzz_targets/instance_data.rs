//! cloud-init's `instance-data.json`, as the provider's metadata fills it: what passes for a key is one line that begins
//! with its kind, so nothing else gets into `authorized_keys`.
#![no_main]

use libfuzzer_sys::fuzz_target;
use sos_provision::listed_ssh_keys;
use sos_settings::is_ssh_public_key;

fuzz_target!(|text: &str| {
    for key in listed_ssh_keys(text).iter().filter(|key| is_ssh_public_key(key)) {
        assert_eq!(key.lines().count(), 1);
        assert!(["ssh-", "ecdsa-", "sk-"].iter().any(|kind| key.starts_with(kind)), "{key:?}");
    }
});
