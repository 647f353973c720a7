//! The hidden folder, file by file: what dtlearn-store(5) calls derived is made again, and what it does not is what the way
//! back rests on.

use crate::common::folders::{copy_folder, named_below};
use crate::common::{CLOSE, Home, exit};

/// What a store says of itself, without when it said it.
fn said(home: &Home) -> Vec<serde_json::Value> {
    home.dtlearn().arg("analyze").assert().success();
    let mut all: Vec<serde_json::Value> = [
        &["report"][..],
        &["report", "metrics"],
        &["report", "positions"],
        &["report", "guard"],
        &["doctor"],
    ]
    .map(|args| home.json(args))
    .into();
    let out = home.dtlearn().args(["export"]).output().unwrap().stdout;
    all.push(String::from_utf8(out).unwrap().into());
    all
}

/// A store in which every file of the hidden folder has come about.
fn lived_in() -> Home {
    let home = Home::with_real_signals();
    std::fs::write(home.store("dtlearn.toml"), "[guard]\nenabled = true\n").unwrap();
    let fills = "fill_id,symbol,side,qty,price,time\nf1,MSFT,BUY,10,100,2019-02-15T15:00:00Z\n\
                 f2,MSFT,SELL,10,101,2019-02-15T16:00:00Z\nf3,MSFT,BUY,5,100,2019-02-15T17:00:00Z\n";
    std::fs::write(home.path("fills.csv"), fills).unwrap();
    home.dtlearn().args(["import", "fills.csv"]).assert().success();
    for id in ["gone", "stays"] {
        home.dtlearn().arg("record-exit").write_stdin(exit(id, 1.0, CLOSE)).assert().success();
    }
    home.dtlearn().args(["void", "gone", "--why", "sent twice"]).assert().success();
    home.dtlearn().args(["doctor", "--seal"]).assert().success();
    said(&home);
    home
}

/// What the way back rests on; no other file of the folder is the only copy of anything.
const KEPT: [&str; 3] = ["batches/", "voided/", "quarantine/"];

#[test]
fn every_derived_file_can_be_deleted() {
    let start = lived_in();
    let wanted = said(&start);
    let files: Vec<String> = named_below(&start.store(".dtlearn")).into_keys().collect();
    for name in ["batches/", "voided/", "checkpoint.fills", "checkpoint.outcomes", "prev.", "lock"] {
        assert!(files.iter().any(|file| file.starts_with(name)), "{name} in {files:?}");
    }
    let derived = |file: &&String| !KEPT.iter().any(|kept| file.starts_with(kept));
    for file in files.iter().filter(derived) {
        let home = Home::new();
        copy_folder(&start.path("da_brains"), &home.path("da_brains"));
        std::fs::remove_file(home.store(".dtlearn").join(file)).unwrap();
        // It is there still, and known to be.
        let again =
            home.dtlearn().arg("record-exit").write_stdin(exit("stays", 1.0, CLOSE)).output().unwrap();
        assert_eq!(String::from_utf8_lossy(&again.stdout), "1 already there\n", "{file}");
        assert_eq!(said(&home), wanted, "{file}");
    }
    // All of them at once.
    let home = Home::new();
    copy_folder(&start.path("da_brains"), &home.path("da_brains"));
    files
        .iter()
        .filter(derived)
        .for_each(|file| std::fs::remove_file(home.store(".dtlearn").join(file)).unwrap());
    assert_eq!(said(&home), wanted);
}

#[test]
fn what_is_kept_for_the_way_back_is_in_no_other_file() {
    let home = lived_in();
    let files = named_below(&home.store(".dtlearn"));
    let (batch, path) = files.iter().find(|(file, _)| file.starts_with("batches/")).unwrap();
    std::fs::remove_file(path).unwrap();
    let batch = batch.strip_prefix("batches/").unwrap();
    let undone = home.seen(&["import", "--undo", batch], "");
    assert!(undone.contains("there is no import"), "{undone}");
    let (_, voided) = files.iter().find(|(file, _)| file.starts_with("voided/")).unwrap();
    assert!(std::fs::read_to_string(voided).unwrap().contains("\"trade_id\":\"gone\""));
}
