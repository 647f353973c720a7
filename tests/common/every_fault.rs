//! Runs a command with each fault at each of its operations.

use super::memory_disk::{Fault, Lost, MemoryDisk};

fn faults(write: Option<usize>) -> Vec<Fault> {
    let mut faults = vec![Fault::Error, Fault::Kill];
    if let Some(len) = write {
        // Every byte of a small write, some of a large one.
        let step = (len / 40).max(1);
        for n in (0..len).step_by(step) {
            faults.extend([Fault::ShortWrite(n), Fault::KillInWrite(n)]);
        }
        faults.extend([Fault::PartialWrite(0), Fault::PartialWrite(len / 2)]);
    }
    faults
}

/// Runs `command` on copies of `start` with each fault at each of its operations, then `check`s. Returns how
/// many faults were tried, which it counts.
pub fn with_every_fault(
    start: &MemoryDisk,
    command: impl Fn(&MemoryDisk) -> bool,
    check: impl Fn(&MemoryDisk, bool, &str),
) -> usize {
    let tried = with_every_fault_uncounted(start, &command, &check);
    super::cases::tried("operation", tried, false);
    let cuts = with_every_power_cut(start, command, check);
    super::cases::tried("power cut", cuts, false);
    tried
}

/// Runs `command` on copies of `start` until the power is cut before each of its operations, and behind the last, with each
/// kind of loss, then `check`s; how many cuts were tried.
fn with_every_power_cut(
    start: &MemoryDisk,
    command: impl Fn(&MemoryDisk) -> bool,
    check: impl Fn(&MemoryDisk, bool, &str),
) -> usize {
    let clean = start.copy();
    assert!(command(&clean), "the command works without a fault");
    let operations = clean.restart();
    let behind = "the end".to_owned();
    let mut tried = 0;
    for (number, operation) in operations.iter().chain([&behind]).enumerate() {
        for lost in Lost::ALL {
            let disk = start.copy();
            disk.fail_at(number, Fault::Kill);
            // Who is cut off acknowledges nothing.
            let acknowledged = command(&disk) && number == operations.len();
            disk.lose_power(lost);
            disk.restart();
            check(
                &disk,
                acknowledged,
                &format!("a power cut that takes {lost:?} at operation {number}: {operation}"),
            );
            tried += 1;
        }
    }
    tried
}

/// As [`with_every_fault`], of what is written with a length that may follow the machine, as the figures of a model do.
pub fn with_every_fault_uncounted(
    start: &MemoryDisk,
    command: impl Fn(&MemoryDisk) -> bool,
    check: impl Fn(&MemoryDisk, bool, &str),
) -> usize {
    let clean = start.copy();
    clean.restart();
    assert!(command(&clean), "the command works without a fault");
    let operations = clean.restart();
    let mut tried = 0;
    for (number, operation) in operations.iter().enumerate() {
        let write = operation.strip_prefix("write ").map(|len| len.parse().unwrap());
        for fault in faults(write) {
            let disk = start.copy();
            disk.fail_at(number, fault);
            let acknowledged = command(&disk);
            disk.restart();
            check(&disk, acknowledged, &format!("{fault:?} at operation {number}: {operation}"));
            tried += 1;
        }
    }
    tried
}
