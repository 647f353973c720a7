//! One fault, or a kill, at every operation of a record that asks the guard: between the exit and its lock nothing is lost
//! that the next call would not complete.

use dtlearn::app::reports::{self, BrainReport};
use dtlearn::app::{Context, GuardRequest, ReportOptions, guard, record_exits};
use dtlearn::decide::GuardWord;
use dtlearn::domain::Timestamp;
use dtlearn::report::brain_view;
use dtlearn::store::Layout;
use serde_json::Value;

use crate::common::contexts::context_of;
use crate::common::every_fault::with_every_fault;
use crate::common::memory_disk::MemoryDisk;

fn context<'a>(disk: &'a MemoryDisk, clock: &str) -> Context<'a> {
    let now = Timestamp::parse(&format!("2026-03-02T{clock}:00Z")).unwrap();
    let mut context = context_of(disk, "/store", now, Some("/home/state"));
    context.settings.guard.enabled = true;
    context
}

/// A loss of 2.1 % of the capital.
const LOSS: &[u8] = br#"{"symbol":"MSFT","side":"BUY","entry_price":100,"exit_price":97.9,"qty":100,
    "entry_time":"2026-03-02T14:31:00Z","exit_time":"2026-03-02T15:00:00Z","stop_price":98,"reason":"signal"}"#;

fn record(disk: &MemoryDisk) -> bool {
    record_exits(&context(disk, "15:00"), LOSS).is_ok_and(|recorded| recorded.spooled.is_empty())
}

#[test]
fn a_lock_is_there_after_the_next_call_wherever_the_record_was_killed() {
    let start = MemoryDisk::default();
    let tried = with_every_fault(&start, record, |disk, _, what| {
        // The engine sends again what it has no answer to, and asks before it enters.
        assert!(record_exits(&context(disk, "15:01"), LOSS).is_ok(), "{what}");
        let answer = guard(&context(disk, "15:02"), &GuardRequest::default()).unwrap();
        assert_eq!((answer.state.word, answer.day.exits.len()), (GuardWord::Halted, 1), "{what}");
        let layout = Layout::new("/store");
        let log = String::from_utf8(disk.bytes(&layout.guard_log()).unwrap()).unwrap();
        let locks: Vec<Value> = log.lines().filter_map(|line| serde_json::from_str(line).ok()).collect();
        let of_rule = |rule: &str| locks.iter().filter(|event| event["lock"]["rule"] == rule).count();
        assert_eq!((of_rule("day_loss"), of_rule("day_loss_1")), (1, 1), "{what}: {log}");
        let file: Value = serde_json::from_slice(&disk.bytes(&layout.guard()).unwrap()).unwrap();
        assert_eq!(file["state"], "HALTED", "{what}");
        let brain = reports::brain(&context(disk, "15:03"), &ReportOptions::default()).unwrap().data;
        let BrainReport::Knobs(data) = brain else { panic!("{what}") };
        let told = brain_view(&data).assignments;
        let told = told.iter().find(|(name, _)| name == "DT_GUARD");
        assert_eq!(told.map(|(_, word)| word.as_str()), Some("HALTED"), "{what}");
    });
    assert!(tried > 40, "{tried}");
}
