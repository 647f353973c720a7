//! What dtlearn-store(5) promises under which fault, with the number of cases that the tests counted.

use crate::common::cases::counted;

/// What the page calls a fault, by its first words, and what the tests call it.
const FAULTS: [(&str, &str); 10] = [
    ("A process is killed, or gets an error, at any operation", "operation"),
    ("A process is killed, or gets an error, at a system call", "system call"),
    ("The power is cut", "power cut"),
    ("The program itself fails", "panic"),
    ("No thread, few file descriptors", "limit"),
    ("A bit flips in the header of a sealed block", "sealed header"),
    ("A log of hostile parts", "hostile log"),
    ("Bytes that are no members", "no member"),
    ("Eight writers", "writers"),
    ("A shared spool folder", "shared spool"),
];

#[test]
fn the_page_says_how_many_cases_the_tests_count() {
    let page = include_str!("../../man/dtlearn-store.5");
    let table = page.split(".SH WHAT IS PROMISED").nth(1).and_then(|rest| rest.split(".TE").next()).unwrap();
    let counted = counted();
    let faults: Vec<&str> = FAULTS.iter().map(|(_, fault)| *fault).collect();
    assert!(
        counted.keys().all(|fault| faults.contains(&fault.as_str())),
        "{counted:?} in the table {faults:?}"
    );
    for (words, fault) in FAULTS {
        let row =
            table.split("\nT{\n").find(|row| row.starts_with(words)).unwrap_or_else(|| panic!("{words}"));
        let promise = table[table.find(row).unwrap()..].split("T}|").nth(2).unwrap();
        let number: String = promise.lines().next().unwrap().chars().filter(char::is_ascii_digit).collect();
        assert_eq!(number.parse().ok(), counted.get(fault).copied(), "{words}");
    }
}
