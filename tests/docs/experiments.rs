//! The example of dtlearn-experiments(7), typed as it stands.

use std::io::Write;

use dtlearn::domain::ExperimentUnit;

use crate::common::experiment_store::{Engine, dates, halves};
use crate::common::{Home, fixture, unpack};
use crate::pages::ROOT;
use crate::readme::shell_in;

const PAGE: &str = "man/dtlearn-experiments.7";

fn writes() -> bool {
    std::env::var_os("DTLEARN_WRITE_MANUAL").is_some()
}

/// Two months of an engine, before the plan and after it.
fn fixtures() {
    let before = Engine { seed: 7, signals: 12, effect: 0.0 }.lines(&dates("2026-01-02", 60), None, |_, _| 0);
    let assignment = halves("tight-stops", ExperimentUnit::Signal, "2026-03-31");
    let engine = Engine { seed: 8, signals: 12, effect: 0.0045 };
    let during =
        engine.lines(&dates("2026-03-31", 42), Some("tight-stops"), |id, _| assignment.of_signal(id));
    for (name, text) in [
        ("before-signals", before.0),
        ("before-exits", before.1),
        ("during-signals", during.0),
        ("during-exits", during.1),
    ] {
        let path = fixture(&format!("experiment/{name}.jsonl.gz"));
        if writes() {
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            let file = std::fs::File::create(&path).unwrap();
            let mut packed = flate2::write::GzEncoder::new(file, flate2::Compression::best());
            packed.write_all(text.as_bytes()).unwrap();
            packed.finish().unwrap();
        }
        assert!(unpack(&path) == text.as_bytes(), "{name}: run the tests once with DTLEARN_WRITE_MANUAL=1");
    }
}

/// Made anew by running this test once with `DTLEARN_WRITE_MANUAL=1`.
#[test]
fn the_example_is_what_the_program_says() {
    fixtures();
    let home = Home::new();
    let path = std::path::Path::new(ROOT).join(PAGE);
    let page = std::fs::read_to_string(&path).unwrap();
    let (mut made, mut exports, mut inside, mut commands) = (String::new(), String::new(), false, 0);
    for line in page.lines() {
        inside &= line != ".fi";
        let typed = line.strip_prefix("    $ ").filter(|_| inside);
        // What stood there as an answer is made anew.
        if typed.is_some() || !inside {
            made.push_str(line);
            made.push('\n');
        }
        inside |= line == ".nf" && !page[..page.find(line).unwrap()].is_empty() && made.contains("EXAMPLE");
        let Some(typed) = typed else { continue };
        commands += 1;
        if typed.starts_with("export ") {
            exports.push_str(&format!("{typed}\n"));
            continue;
        }
        for said in shell_in(&home, "/tmp/tight", &format!("{exports}{typed}")).lines() {
            made.push_str(format!("    {said}").trim_end());
            made.push('\n');
        }
    }
    assert!(commands >= 10, "{commands}");
    if writes() {
        std::fs::write(path, made).unwrap();
    } else {
        assert_eq!(page, made, "run the tests once with DTLEARN_WRITE_MANUAL=1");
    }
}
