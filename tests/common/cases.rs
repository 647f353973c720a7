//! How many cases of a fault the tests try: what dtlearn-store(5) says is what they counted.
//!
//! `DTLEARN_WRITE_CASES=1 cargo test --test store`, and `--test learning state_faults`, write `fixtures/faults.tsv` anew; a
//! test of the manual holds its sums against the page.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fs::File;
use std::io::{Read, Seek, Write};
use std::path::PathBuf;

thread_local! {
    /// How often this thread, which runs one test, has counted for a fault.
    static COUNTED: RefCell<BTreeMap<&'static str, u64>> = const { RefCell::new(BTreeMap::new()) };
}

fn path() -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/faults.tsv"))
}

/// Cases by fault and test.
type Cases = BTreeMap<(String, String), u64>;

fn parsed(text: &str) -> Cases {
    let line = |line: &str| {
        let mut cells = line.split('\t').map(str::to_owned);
        Some(((cells.next()?, cells.next()?), cells.next()?.parse().ok()?))
    };
    text.lines().filter_map(line).collect()
}

/// The cases of each fault, over all tests.
pub fn counted() -> BTreeMap<String, u64> {
    let mut sums = BTreeMap::new();
    for ((fault, _), count) in parsed(&std::fs::read_to_string(path()).unwrap()) {
        *sums.entry(fault).or_default() += count;
    }
    sums
}

/// Notes that this test has tried so many cases of a fault. `at_least` where their number follows the machine: what is
/// written down is then a bound.
pub fn tried(fault: &'static str, count: usize, at_least: bool) {
    let thread = std::thread::current();
    let Some(test) = thread.name().filter(|name| name.contains("::")) else { return };
    let time = COUNTED.with_borrow_mut(|counted| {
        let time = counted.entry(fault).or_default();
        *time += 1;
        *time
    });
    let count = count as u64;
    let key = (fault.to_owned(), if time == 1 { test.to_owned() } else { format!("{test} ({time})") });
    eprintln!("{fault}: {count} cases in {}", key.1);
    if std::env::var_os("DTLEARN_WRITE_CASES").is_none() {
        let known = parsed(&std::fs::read_to_string(path()).unwrap()).get(&key).copied().unwrap_or(0);
        // A change of the code that takes an operation less is no fault; one that leaves a tenth untried may be.
        assert!(
            known > 0 && count * 10 >= known * 9,
            "{test} tries {count} cases of {fault}, {known} are written down: DTLEARN_WRITE_CASES=1 cargo test --test store, and --test learning state_faults"
        );
        return;
    }
    let mut file = File::options().read(true).write(true).create(true).truncate(false).open(path()).unwrap();
    file.lock().unwrap();
    let mut text = String::new();
    file.read_to_string(&mut text).unwrap();
    let mut cases = parsed(&text);
    cases.insert(key, if at_least { count / 10 * 10 } else { count });
    let line = |((fault, test), count): (&(String, String), &u64)| format!("{fault}\t{test}\t{count}\n");
    let text: String = cases.iter().map(line).collect();
    file.rewind().unwrap();
    file.set_len(0).unwrap();
    file.write_all(text.as_bytes()).unwrap();
}
