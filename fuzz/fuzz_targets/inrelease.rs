//! An archive's `InRelease`, as it comes from a mirror: only what stands in the signed part counts.
#![no_main]

use libfuzzer_sys::fuzz_target;
use sos_builder::index::Release;

fuzz_target!(|text: &str| {
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
