//! One fault at every operation of a write to the brain file and to the models: each is the old one or the new
//! one, whole, and no change of a knob is lost or told twice.

use dtlearn::app::reports::{self, BrainReport};
use dtlearn::app::{
    AdjustRequest, Context, ReportOptions, RetrainRequest, Scorer, adjust, record_exits, record_signals,
    retrain, roll_model_back,
};
use dtlearn::domain::{KnobName, Timestamp};
use dtlearn::report::brain_view;
use dtlearn::store::Layout;
use serde_json::Value;

use crate::common::contexts::context_of;
use crate::common::every_fault::{with_every_fault, with_every_fault_uncounted};
use crate::common::memory_disk::{Fault, MemoryDisk};
use crate::common::{fixture, unpack};

fn context<'a>(disk: &'a MemoryDisk, now: &str) -> Context<'a> {
    context_of(disk, "/store", Timestamp::parse(now).unwrap(), Some("/home/state"))
}

const NOW: &str = "2026-06-26T20:05:00Z";

fn set(disk: &MemoryDisk, value: f64) -> bool {
    let request =
        AdjustRequest::Set(vec![(KnobName::MaxPositions, value), (KnobName::StopLoss, value / 100.0)]);
    adjust(&context(disk, NOW), &request, false).is_ok()
}

fn brain(disk: &MemoryDisk) -> Value {
    let brain = reports::brain(&context(disk, NOW), &ReportOptions::default()).unwrap().data;
    let BrainReport::Knobs(data) = brain else { panic!("no knobs") };
    Value::Object(brain_view(&data).payload)
}

#[test]
fn the_brain_is_whole_and_every_change_is_on_record_once() {
    let start = MemoryDisk::default();
    assert!(set(&start, 2.0));
    let tried = with_every_fault(
        &start,
        |disk| set(disk, 4.0),
        |disk, acknowledged, what| {
            let seen = brain(disk);
            let now = seen["knobs"]["DT_MAX_POSITIONS"]["current"].as_f64().unwrap();
            assert!(now == 4.0 || (now == 2.0 && !acknowledged), "{now} after {what}");
            assert_eq!(seen["knobs"]["DT_STOP_LOSS_PCT"]["current"].as_f64().unwrap(), now / 100.0, "{what}");
            // What is in force is what the record ends with, also before the next update.
            let told: Vec<(u64, f64)> = seen["recent_adjustments"]
                .as_array()
                .unwrap()
                .iter()
                .filter(|change| change["knob"] == "DT_MAX_POSITIONS")
                .map(|change| (change["update"].as_u64().unwrap(), change["new"].as_f64().unwrap()))
                .collect();
            let want: &[(u64, f64)] = if now == 4.0 { &[(2, 4.0), (1, 2.0)] } else { &[(1, 2.0)] };
            assert_eq!(told, want, "{what}");
            assert!(set(disk, 3.0), "the next update works after {what}");
            let after = brain(disk);
            assert_eq!(after["recent_adjustments"].as_array().unwrap().len(), 2 * want.len() + 2, "{what}");
            let file = disk.bytes(&Layout::new("/store").adjustments()).unwrap();
            assert_eq!(file.iter().filter(|byte| **byte == b'\n').count(), 2 * want.len() + 2, "{what}");
        },
    );
    assert!(tried > 40, "{tried}");
}

#[test]
fn the_model_in_use_is_always_one_that_loads() {
    let start = MemoryDisk::default();
    // Twelve sessions, and the gate that asks least: what is tried here is the writing.
    let first = |name: &str| {
        let text = unpack(&fixture(&format!("planted/1000/{name}.jsonl.gz")));
        text.split_inclusive(|byte| *byte == b'\n').take(600).collect::<Vec<_>>().concat()
    };
    record_signals(&context(&start, "2026-06-16T20:05:00Z"), &first("signals")).unwrap();
    record_exits(&context(&start, "2026-06-16T20:05:00Z"), &first("exits")).unwrap();
    let train = |disk: &MemoryDisk, now: &str| {
        let request = RetrainRequest {
            days: 30,
            force: true,
            check: false,
            dry_run: false,
            gate: dtlearn::decide::GateMode::Seed,
        };
        retrain(&context(disk, now), &request).is_ok()
    };
    assert!(train(&start, "2026-06-16T20:05:00Z"));
    assert!(train(&start, "2026-06-16T20:06:00Z"));
    let usable = |disk: &MemoryDisk, what: &str| {
        let context = context(disk, NOW);
        let scorer = Scorer::new(&context);
        assert_eq!(scorer.trouble(), None, "{what}");
    };
    // Training again at every fault would take minutes: going back writes the same files.
    let tried = with_every_fault_uncounted(
        &start,
        |disk| roll_model_back(&context(disk, NOW)).is_ok(),
        |disk, _, what| usable(disk, what),
    );
    assert!(tried > 10, "{tried}");
    // A deployment that dies before its last step leaves the old model in use.
    let clean = start.copy();
    clean.restart();
    assert!(train(&clean, "2026-06-16T20:07:00Z"));
    let operations = clean.restart();
    let renames: Vec<usize> = operations
        .iter()
        .enumerate()
        .filter(|(_, name)| name.starts_with("rename"))
        .map(|(at, _)| at)
        .collect();
    assert!(renames.len() >= 5, "{operations:?}");
    for at in renames {
        let disk = start.copy();
        disk.fail_at(at, Fault::Kill);
        train(&disk, "2026-06-16T20:07:00Z");
        disk.restart();
        usable(&disk, &format!("killed at operation {at}"));
    }
}
