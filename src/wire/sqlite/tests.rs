use std::process::Command;

use proptest::prelude::*;

use super::*;

/// A database that Python's sqlite3 writes; `None` where there is no Python, or none with that module. The write-ahead log is read before the
/// connection is closed, which would fold it in.
fn made(statements: &str) -> Option<(Vec<u8>, Vec<u8>)> {
    let script = "import sqlite3, os, sys, tempfile\n\
         with tempfile.TemporaryDirectory() as folder:\n\
         \x20os.chdir(folder)\n\
         \x20db = sqlite3.connect('a.db', isolation_level=None)\n\
         \x20exec(sys.argv[1])\n\
         \x20for name in ('a.db', 'a.db-wal'): print(open(name, 'rb').read().hex() if os.path.exists(name) else '')\n\
         \x20db.close()\n\
         \x20os.chdir('/')\n";
    let has_module = Command::new("python3").args(["-c", "import sqlite3"]).output();
    if !has_module.is_ok_and(|output| output.status.success()) {
        // The library names no terminal, and neither do its tests.
        let _ = Command::new("sh")
            .args(["-c", "echo 'SKIPPED: no python3 with its module sqlite3' >&2"])
            .status();
        return None;
    }
    let output = Command::new("python3").args(["-c", script, statements]).output().ok()?;
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).unwrap();
    let bytes = |line: &str| -> Vec<u8> {
        let pair = |at: usize| u8::from_str_radix(line.get(at..at + 2).unwrap(), 16).unwrap();
        (0..line.len()).step_by(2).map(pair).collect()
    };
    let mut lines = text.lines();
    Some((bytes(lines.next()?), bytes(lines.next().unwrap_or_default())))
}

fn rows(database: &Database, table: &str) -> Vec<JsonObject> {
    let mut rows = Vec::new();
    database.rows(table, |row| rows.push(row)).unwrap();
    rows
}

fn shown(row: &JsonObject) -> String {
    Value::Object(row.clone()).to_string()
}

#[test]
fn values_of_every_type_read_back_in_every_encoding() {
    for encoding in ["UTF-8", "UTF-16le", "UTF-16be"] {
        let script = format!(
            "db.execute('PRAGMA encoding=\"{encoding}\"')\n\
             db.execute('CREATE TABLE t (id INTEGER NOT NULL, a, b TEXT, PRIMARY KEY (id))')\n\
             for v in [None, 0, 1, -1, 127, -129, 40000, -8388609, 2**31, -2**40, 2**62, 0.1, -2.5e300, b'x']:\n\
             \x20 db.execute('INSERT INTO t (a, b) VALUES (?, ?)', (v, 'kröne €' if v == 0 else None))\n\
             db.execute('INSERT INTO t (id, a) VALUES (-7, 5)')\n\
             db.execute('ALTER TABLE t ADD COLUMN late REAL')"
        );
        let Some((file, wal)) = made(&script) else { return };
        let database = Database::open(file, wal).unwrap();
        let rows = rows(&database, "t");
        assert_eq!(shown(&rows[0]), r#"{"id":-7,"a":5,"b":null,"late":null}"#);
        assert_eq!(shown(&rows[2]), r#"{"id":2,"a":0,"b":"kröne €","late":null}"#);
        let numbers: Vec<String> = rows[1..].iter().map(|row| row["a"].to_string()).collect();
        let wanted = "null 0 1 -1 127 -129 40000 -8388609 2147483648 -1099511627776 4611686018427387904 0.1 -2.5e+300 null";
        assert_eq!(numbers.join(" "), wanted, "{encoding}");
    }
}

#[test]
fn long_records_and_many_pages_are_read_whole() {
    for page in [512, 4_096, 65_536] {
        let script = format!(
            "db.execute('PRAGMA page_size={page}')\n\
             db.execute('CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT)')\n\
             db.execute('BEGIN')\n\
             for n in range(4000): db.execute('INSERT INTO t VALUES (?, ?)', (n, str(n) * (1 + n % 700)))\n\
             db.execute('DELETE FROM t WHERE id % 3 = 0')\n\
             db.execute('COMMIT')"
        );
        let Some((file, wal)) = made(&script) else { return };
        let rows = rows(&Database::open(file, wal).unwrap(), "t");
        let ids: Vec<i64> = rows.iter().map(|row| row["id"].as_i64().unwrap()).collect();
        assert_eq!(ids, (0..4_000).filter(|n| n % 3 != 0).collect::<Vec<i64>>(), "{page}");
        for (row, n) in rows.iter().zip(&ids) {
            assert_eq!(row["a"], n.to_string().repeat(1 + *n as usize % 700), "{page}");
        }
    }
}

#[test]
fn what_the_write_ahead_log_committed_counts_and_nothing_behind_it() {
    let script = "db.execute('PRAGMA journal_mode=WAL')\n\
        db.execute('CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT)')\n\
        db.execute(\"INSERT INTO t VALUES (1, 'old')\")\n\
        db.execute('PRAGMA wal_checkpoint(TRUNCATE)')\n\
        db.execute(\"UPDATE t SET a = 'new'\")\n\
        db.execute(\"INSERT INTO t VALUES (2, 'too')\")";
    let Some((file, wal)) = made(script) else { return };
    let texts = |file: &[u8], wal: &[u8]| -> Vec<String> {
        let database = Database::open(file.to_vec(), wal.to_vec()).unwrap();
        rows(&database, "t").iter().map(|row| row["a"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(texts(&file, &[]), ["old"]);
    assert_eq!(texts(&file, &wal), ["new", "too"]);
    // A last frame that is cut, or whose bytes do not fit its checksum, was not committed.
    assert_eq!(texts(&file, &wal[..wal.len() - 1]), ["new"]);
    let mut flipped = wal.clone();
    *flipped.last_mut().unwrap() ^= 1;
    assert_eq!(texts(&file, &flipped), ["new"]);
}

/// Pages that point at themselves would be read for ever.
#[test]
fn a_table_that_points_at_itself_is_damaged() {
    let script = "db.execute('PRAGMA page_size=512')\n\
        db.execute('CREATE TABLE t (a TEXT)')\n\
        for n in range(200): db.execute('INSERT INTO t VALUES (?)', ('x' * 60,))";
    let Some((file, _)) = made(script) else { return };
    let whole = Database::open(file.clone(), Vec::new()).unwrap();
    let root = whole.tables[0].root;
    let mut looped = file;
    let at = (root as usize - 1) * 512;
    assert_eq!(looped[at], 5, "the root has pages below it");
    looped[at + 8..at + 12].copy_from_slice(&root.to_be_bytes());
    let database = Database::open(looped, Vec::new()).unwrap();
    assert_eq!(database.rows("t", drop), Err(SqliteError::Damaged("a page that is in a table twice")));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, ..ProptestConfig::default() })]
    #[test]
    fn no_bytes_panic_or_make_more_than_there_is(changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..40), cut in any::<prop::sample::Index>(), is_cut in any::<bool>()) {
        let mut file = SAMPLE.to_vec();
        for (at, byte) in &changes {
            let at = at.index(file.len());
            file[at] = *byte;
        }
        if is_cut {
            file.truncate(cut.index(file.len()));
        }
        let len = file.len();
        if let Ok(database) = Database::open(file, Vec::new()) {
            for name in database.tables() {
                let (mut rows, mut columns) = (0usize, 0usize);
                let _ = database.rows(name, |row| {
                    rows += 1;
                    columns = row.len();
                });
                prop_assert!(rows <= len && columns <= len);
            }
        }
    }

    #[test]
    fn no_write_ahead_log_panics(log in prop::collection::vec(any::<u8>(), 0..3_000), is_log in any::<bool>()) {
        let mut log = log;
        if is_log && log.len() > 12 {
            log[..12].copy_from_slice(&[0x37, 0x7f, 6, 0x82, 0, 0x2d, 0xe2, 0x18, 0, 0, 2, 0]);
        }
        let whole = Database::open(SAMPLE.to_vec(), log);
        prop_assert!(whole.is_ok_and(|database| database.tables().eq(["trades", "orders"])));
    }
}

const SAMPLE: &[u8] = include_bytes!("../../../fixtures/freqtrade/tradesv3.sqlite");
