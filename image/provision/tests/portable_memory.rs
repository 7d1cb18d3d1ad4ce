//! An export and an import take no more memory for much mail than for little. A process of its own, as the kernel notes
//! the most that a process ever had.

mod world;

use std::fs;
use std::time::Instant;

use world::Server;

/// The most memory that this process had so far, in KiB.
fn most() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    line.trim().trim_end_matches(" kB").parse().unwrap()
}

/// Moves `letters` of 16 KiB and one of `large` MiB from server to server.
fn move_house(letters: usize, large: usize) {
    let (old, new, folder) = (Server::claimed(0), Server::new(), tempfile::tempdir().unwrap());
    let text = vec![b'x'; 16 << 10];
    for number in 0..letters {
        old.letter(&format!("jill/Maildir/cur/{number}.host:2,S"), &text);
    }
    let path = old.path("/var/mail/jill/Maildir/cur/large:2,S");
    let mut file = fs::File::create(path).unwrap();
    for _ in 0..large {
        std::io::Write::write_all(&mut file, &[b'y'; 1 << 20]).unwrap();
    }
    let began = Instant::now();
    old.export(folder.path()).unwrap();
    let exported = began.elapsed();
    new.import(folder.path()).unwrap();
    println!("{} letters: out {exported:.1?}, in {:.1?}", letters + 1, began.elapsed() - exported);
}

#[test]
fn memory_does_not_grow_with_the_mail() {
    move_house(10, 1);
    let little = most();
    move_house(2000, 60);
    let much = most();
    println!("little mail: {little} KiB, 90 MiB more: {much} KiB");
    assert!(much < little + 8 * 1024, "from {little} to {much} KiB");
}
