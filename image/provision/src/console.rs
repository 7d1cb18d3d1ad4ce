//! The owner's screen: whole lines, on every console the kernel has.

use std::fs::{self, OpenOptions};
use std::io::Write as _;

use crate::device::Device;

/// Writes `sos: <line>` to each console and to standard output, which is the journal's.
pub fn say(device: &Device, line: &str) {
    println!("sos: {line}");
    let active = fs::read_to_string(device.path("/sys/class/tty/console/active")).unwrap_or_default();
    let mut names: Vec<&str> = active.split_whitespace().collect();
    if names.is_empty() {
        names.push("console");
    }
    for name in names {
        // A console that is gone must not keep a server from its work.
        if let Ok(mut console) = OpenOptions::new().write(true).open(device.path("/dev").join(name)) {
            drop(console.write_all(format!("\r\nsos: {}\r\n", printable(line)).as_bytes()));
        }
    }
}

/// Writes to the journal only.
pub(crate) fn log(line: &str) {
    eprintln!("{line}");
}

/// The line without characters that would steer a terminal: names in it come from outside.
fn printable(line: &str) -> String {
    line.chars().map(|character| if character.is_control() { '?' } else { character }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn says_lines_on_every_console_and_steers_no_terminal() {
        let root = tempfile::tempdir().unwrap();
        let device = Device::new(root.path());
        fs::create_dir_all(device.path("/sys/class/tty/console")).unwrap();
        fs::create_dir_all(device.path("/dev")).unwrap();
        fs::write(device.path("/sys/class/tty/console/active"), "tty0 ttyS0\n").unwrap();
        for name in ["tty0", "ttyS0"] {
            fs::write(device.path("/dev").join(name), "").unwrap();
        }
        say(&device, "metadata: a\u{1b}[2Jb");
        for name in ["tty0", "ttyS0"] {
            assert_eq!(fs::read_to_string(device.path("/dev").join(name)).unwrap(), "\r\nsos: metadata: a?[2Jb\r\n");
        }
    }
}
