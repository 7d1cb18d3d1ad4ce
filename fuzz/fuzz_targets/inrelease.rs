//! An archive's `InRelease`, as it comes from a mirror: only what stands in the signed part counts, and the files that it
//! lists lie beside it.
#![no_main]

use libfuzzer_sys::fuzz_target;
use sos_builder::index::{Release, listed};

fuzz_target!(|text: &str| {
    for file in listed(text).unwrap_or_default() {
        assert!(!file.path.starts_with('/') && !file.path.split('/').any(|part| part == ".."));
    }
    let Ok(release) = Release::parse(text) else { return };
    assert!(release.is(&release.suite) && release.is(&release.codename));
    let signed = text.split("-----BEGIN PGP SIGNATURE-----");
    let wrapped = |part: &str| format!("Suite: forged\nCodename: forged\n-----BEGIN PGP SIGNED MESSAGE-----{part}");
    if !text.contains("-----BEGIN PGP SIGNED MESSAGE-----")
        && let Some(signed) = signed.into_iter().next()
    {
        assert_eq!(Release::parse(&wrapped(&format!("\n{signed}"))), Ok(release));
    }
});
