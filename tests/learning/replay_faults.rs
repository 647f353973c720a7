//! A replay that is killed, and one that cannot keep anything.

use dtlearn::store::Layout;
use serde_json::Value;

use crate::common::histories::{Spec, desk_at, disk_with, everything, history, quiet, replayed};
use crate::common::memory_disk::Fault;

#[test]
fn a_replay_that_was_killed_goes_on_to_the_same_bytes() {
    let picks = history(&Spec {
        seed: 5,
        sessions: 45,
        picks: 16,
        hold_minutes: 25,
        features: 2,
        mean: |_: f64, features: &[f64], _| 0.01 * (features[0] - 0.5),
        noise: (0.001, 0.004),
    });
    let whole = disk_with(&picks);
    let want = replayed(&desk_at(&whole, "r"), &everything(false)).to_string();
    let operations = whole.restart();
    let state = Layout::new("r").replay_state();
    assert!(whole.bytes(&state).is_none(), "what is done leaves nothing behind");
    let saves: Vec<usize> = operations
        .iter()
        .enumerate()
        .filter(|(_, what)| what.starts_with("rename to") && what.ends_with("/replay/state"))
        .map(|(at, _)| at)
        .collect();
    assert_eq!(saves.len(), 2, "{operations:?}");
    // Killed in the second save, before and after its rename, and when all is done but the last file.
    let mut found = Vec::new();
    for at in [saves[1], saves[1] + 1, operations.len() - 1] {
        let disk = disk_with(&picks);
        disk.fail_at(at, Fault::Kill);
        let _ = dtlearn::app::replay(&desk_at(&disk, "r"), &everything(false));
        disk.restart();
        let left = disk.bytes(&state);
        assert!(left.is_some(), "killed at {at}: {}", operations[at]);
        let done = dtlearn::app::replay(&desk_at(&disk, "r"), &everything(false)).unwrap();
        assert!(
            done.warnings.iter().any(|warning| warning.contains("resumed after ")),
            "{:?}",
            done.warnings
        );
        assert_eq!(Value::Object(dtlearn::report::replay_view(&done.facts).payload).to_string(), want);
        assert!(disk.bytes(&state).is_none());
        found = left.unwrap();
    }
    // Of another history nothing goes on, nor of a damaged state.
    let mut more = picks.clone();
    more[0].moved += 0.001;
    let mut bytes = found.clone();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    for (picks, left) in [(&more, found), (&picks, bytes)] {
        let disk = disk_with(picks);
        disk.put(&state, &left);
        let done = dtlearn::app::replay(&desk_at(&disk, "r"), &everything(true)).unwrap();
        assert!(done.warnings.is_empty(), "{:?}", done.warnings);
    }
}

/// In a store that cannot be written the answer is the same; it is not kept, and that is said.
#[test]
fn what_cannot_be_kept_is_answered_all_the_same() {
    let picks = history(&quiet(6, 15, 20));
    let disk = disk_with(&picks);
    let want = replayed(&desk_at(&disk, "r"), &everything(true)).to_string();
    let operations = disk.restart().len();
    for at in 0..operations {
        let disk = disk_with(&picks);
        disk.fail_at(at, Fault::Error);
        let Ok(done) = dtlearn::app::replay(&desk_at(&disk, "r"), &everything(true)) else {
            // What cannot be read cannot be replayed.
            let log = disk.restart();
            assert!(!log.iter().any(|what| what.contains("last_replay")), "{at}: {log:?}");
            continue;
        };
        assert_eq!(Value::Object(dtlearn::report::replay_view(&done.facts).payload).to_string(), want);
        if disk.bytes(&Layout::new("r").last_replay()).is_none() {
            let said = done.warnings.iter().any(|warning| warning.starts_with("the result is not kept"));
            assert!(said, "{at}: {:?}", done.warnings);
        }
    }
}
