//! Holds the harness itself to its word, without a built image: a boot sector that says on the serial line
//! what an image would, and the program's exit codes and closing line.

use std::path::Path;
use std::process::{Command, Output};

/// Says its text on the first serial port, then halts.
const BOOT_SECTOR: [u8; 24] = [
    0x31, 0xc0, 0x8e, 0xd8, 0xfc, // data segment 0, forwards
    0xba, 0xf8, 0x03, // port 0x3f8
    0xbe, 0x18, 0x7c, // the text, behind this code
    0xac, 0x84, 0xc0, 0x74, 0x03, // next letter; zero ends
    0xee, 0xeb, 0xf8, // out, and again
    0xf4, 0xeb, 0xfd, // halt
    0x90, 0x90,
];

/// A disk that boots under BIOS and says `text`.
fn disk(folder: &Path, text: &str) -> String {
    let mut bytes = vec![0; 1 << 20];
    bytes[..24].copy_from_slice(&BOOT_SECTOR);
    bytes[24..24 + text.len()].copy_from_slice(text.as_bytes());
    bytes[510..512].copy_from_slice(&[0x55, 0xaa]);
    let path = folder.join("disk.raw");
    std::fs::write(&path, bytes).unwrap();
    path.display().to_string()
}

fn sos_vm(folder: &Path, arguments: &[&str]) -> Output {
    let own = folder.join("vm").display().to_string();
    let fixed = ["--accelerator", "tcg", "--folder", &own];
    Command::new(env!("CARGO_BIN_EXE_sos-vm")).args(fixed).args(arguments).output().unwrap()
}

/// What the host refuses (no QEMU, no tap device) says nothing about the harness.
fn is_refused(output: &Output) -> bool {
    let refused = output.status.code() == Some(3);
    if refused {
        eprintln!("skipped: {}", String::from_utf8_lossy(&output.stderr));
    }
    refused
}

fn last_line(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).lines().last().unwrap_or_default().to_owned()
}

#[test]
fn a_machine_that_does_what_it_must_passes() {
    let folder = tempfile::tempdir().unwrap();
    let disk = disk(folder.path(), "sos: waiting for its owner (0)\r\n");
    let output = sos_vm(folder.path(), &["--disk", &disk, "boots_under_bios_from_nvme", "boots_under_bios_from_ahci"]);
    if !is_refused(&output) {
        assert_eq!(last_line(&output), "2 passed, 0 failed");
        assert_eq!(output.status.code(), Some(0));
    }
}

#[test]
fn a_machine_that_reports_a_fault_fails_with_its_words_and_leaves_evidence() {
    let folder = tempfile::tempdir().unwrap();
    let disk = disk(folder.path(), "sos: health: FAILED mail: no mail came back\r\n");
    let output = sos_vm(folder.path(), &["--disk", &disk, "boots_under_bios"]);
    if !is_refused(&output) {
        assert_eq!(last_line(&output), "0 passed, 1 failed");
        assert_eq!(output.status.code(), Some(1));
        assert!(String::from_utf8_lossy(&output.stdout).contains("FAILED mail: no mail came back"));
        let kept = |name: &str| folder.path().join("vm/base-claimed").join(name).is_file();
        assert!(kept("serial.log") && kept("screen.png"));
    }
}

#[test]
fn an_unknown_scenario_is_a_usage_error() {
    let folder = tempfile::tempdir().unwrap();
    let output = sos_vm(folder.path(), &["no_such_scenario"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("no_such_scenario"));
}

#[test]
fn a_missing_disk_is_refused_with_what_to_do() {
    let folder = tempfile::tempdir().unwrap();
    let output = sos_vm(folder.path(), &["--disk", "/nowhere/disk.raw"]);
    assert_eq!(output.status.code(), Some(3));
}
