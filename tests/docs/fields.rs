//! The table of names in the manual is the one that the readers use.

use std::fmt::Write as _;

use dtlearn::domain::FieldKind;
use dtlearn::wire::{FORMATS, Kind, MISSED_FIELDS, TRADE_FIELDS, VOCABULARY};

const HEAD: &str = r#".TH DTLEARN-FIELDS 7 2026-11-26 dtlearn "Files"
.SH NAME
dtlearn-fields \- the names under which dtlearn reads records
.SH DESCRIPTION
Names are compared without case, blanks and marks: Entry Price, entryPrice and entry_price are one.
A name before the semicolon means its field wherever it stands; one behind it only where no other does.
.B --map COLUMN=FIELD
wins over any of them.
Columns that are costs add up; of two columns for any other amount, price or time one has to be chosen.
Fees are a cost whatever sign the file gives them.
Numbers may have currency signs, parentheses, thousands and a decimal comma; times a zone, an epoch in seconds to
nanoseconds, a clock of twelve hours, or months by name. What can be read in two ways is refused, and says which flag
settles it.
"#;

fn page() -> String {
    let mut page = HEAD.to_owned();
    for (title, kind) in [
        ("CLOSED TRADES", Kind::Exit),
        ("SIGNALS", Kind::Signal),
        ("MISSED SIGNALS", Kind::Missed),
        ("EXECUTIONS", Kind::Fill),
        ("NEWS", Kind::News),
        ("BARS AND TICKS", Kind::Bar),
    ] {
        writeln!(page, ".SH {title}").unwrap();
        for word in VOCABULARY.iter().filter(|word| word.of.contains(&kind)) {
            let mut names = word.names.join(", ");
            if !word.loose.is_empty() {
                write!(names, "; {}", word.loose.join(", ")).unwrap();
            }
            let names = if names.is_empty() { String::new() } else { format!("\n.br\n{names}") };
            writeln!(
                page,
                ".TP\n.B {}\n{}{names}",
                word.field.as_str(),
                word.meaning.replace('\u{2212}', "\\-")
            )
            .unwrap();
        }
    }
    page.push_str(".SH FORMATS\nPrograms whose files have a form of their own:\n");
    for format in FORMATS {
        writeln!(page, ".TP\n.B {}\n{}", format.name(), format.about()).unwrap();
    }
    page.push_str(
        ".SH SEE ALSO\n.BR dtlearn-import (1),\n.BR dtlearn-record-exit (1),\n.BR dtlearn-store (5)\n",
    );
    page
}

/// Made anew by running this test once with `DTLEARN_WRITE_MANUAL=1`.
#[test]
fn the_table_of_names_is_that_of_the_readers() {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("man/dtlearn-fields.7");
    let made = page();
    if std::env::var_os("DTLEARN_WRITE_MANUAL").is_some() {
        std::fs::write(&path, &made).unwrap();
    }
    assert_eq!(
        std::fs::read_to_string(path).unwrap_or_default(),
        made,
        "run the tests once with DTLEARN_WRITE_MANUAL=1"
    );
}

/// A table of names, kinds and meanings.
fn table_of(fields: impl Iterator<Item = (&'static str, FieldKind, &'static str)>) -> String {
    let mut table = String::from(".TS\nl l l.\nname\tkind\twhat it says\n");
    for (name, kind, meaning) in fields {
        let kind = match kind {
            FieldKind::Number => "number",
            FieldKind::Text => "text",
            FieldKind::Texts => "texts",
            FieldKind::Flag => "true or false",
            FieldKind::Time => "moment",
            FieldKind::Date => "date",
        };
        writeln!(table, "{name}\t{kind}\t{meaning}").unwrap();
    }
    table + ".TE\n"
}

/// The fields of filters in the manual are those of the program. Made anew likewise.
#[test]
fn the_fields_of_filters_are_those_of_the_program() {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("man/dtlearn-filter.7");
    let page = std::fs::read_to_string(&path).unwrap();
    let of_trades = table_of(TRADE_FIELDS.iter().map(|field| (field.name, field.kind, field.meaning)));
    let of_missed = table_of(MISSED_FIELDS.iter().map(|field| (field.name, field.kind, field.meaning)));
    let mut made = page.clone();
    for (what, table) in [("fields", of_trades), ("fields of missed signals", of_missed)] {
        let (begin, end) = (format!(".\\\" {what}: begin\n"), format!(".\\\" {what}: end\n"));
        let (head, rest) = made.split_once(&begin).unwrap();
        let (_, tail) = rest.split_once(&end).unwrap();
        made = format!("{head}{begin}{table}{end}{tail}");
    }
    if std::env::var_os("DTLEARN_WRITE_MANUAL").is_some() {
        std::fs::write(&path, &made).unwrap();
    }
    assert_eq!(page, made, "run the test once with DTLEARN_WRITE_MANUAL=1");
}
