//! `dtlearn` closes the learning loop of an intraday trading engine, over plain files.
//!
//! The engine hands it every closed trade and every signal it did not take. At the close it says how things
//! stand, what was missed, which knob should move, and whether a retrained model is better than the one in use.
//! Four promises shape the code: the engine never fails because of it; no record is lost; nothing wrong is taken
//! in; no number is printed, and no knob moved, that you would not bet on.
//!
//! # Layers
//!
//! Data flows one way. Each folder may name only the folders above it in this list; a test walks the source and
//! fails where one names a folder below it.
//!
//! | folder | answers | and never |
//! |---|---|---|
//! | [`domain`] | what is a trade, a signal, a knob, a session; when is a stop or a target hit | does I/O |
//! | [`stats`] | what is true of any numbers: exact sums, intervals, bootstraps | knows what they measure |
//! | [`wire`] | how bytes become records and back: input, files on disk, imports | opens a file |
//! | [`store`] | how bytes survive: append, scan, seal, repair, lock, spool; its disk alone uses `std::fs` | computes |
//! | [`metrics`] | one figure a file, and the catalog of all of them | reads a file |
//! | [`learn`] | rows, trees, validation, calibration, score, patterns | decides what is deployed |
//! | [`decide`] | knob rules, retrain triggers, the deploy gate; each decision with its reason | prints or writes |
//! | [`simulate`] | the engine under other knobs: what-if, and the walk of a replay | changes a knob |
//! | [`files`] | what is in this file? Typed files and readers of logs | asks what the user wants |
//! | [`report`] | a result as a [`report::View`]: sentences, tables, charts | computes |
//! | [`app`] | one use case a verb: read, compute, decide, write; answers with a typed result | knows how an answer is drawn |
//! | [`cli`] | arguments, settings, exit codes, and a view as table, JSON, CSV or HTML | knows trading |
//!
//! `main.rs` reads clock, environment and streams once and hands them to [`cli::run`]. So the same input gives the
//! same bytes, and a test can set the clock.
//!
//! # The path of a record
//!
//! `echo '{"symbol":"MSFT",…}' | dtlearn record-exit`:
//!
//! 1. [`cli`] parses the arguments, resolves flag, environment, file and default, and reads stdin.
//! 2. [`wire`] reads the exit event: the vocabulary of fields, units and times. What is wrong is refused with a
//!    reason and kept in `rejected/`; the other records go on.
//! 3. [`domain`] makes it a closed trade: result, hold time, outcome, time of day, id.
//! 4. [`app`] takes the lock of the [`store`], for at most 200 ms; drains the spool; looks the id up among the last
//!    ones. Without the lock or the disk the record goes to the spool, and the engine still sees exit 0.
//! 5. [`wire`] writes the line, [`store`] packs it as one gzip member, appends it with one write, checks where it
//!    landed and syncs. From here on the record cannot be lost.
//! 6. [`files`] adds the trade to the checkpoint's running totals and replaces `performance_metrics.json`. Both are
//!    caches with a position: where they do not fit the log they are made again, to the same bits.
//!
//! And from there to a table, `dtlearn report`:
//!
//! 7. [`store`] scans the log: whole members in parallel, damage passed over and counted. [`wire`] reads the lines,
//!    and [`files`] gives the trades of a window, or the checkpoint and what came after it.
//! 8. [`metrics`] folds them into totals by window and group and evaluates the catalog. A figure without a value is
//!    an [`Undefined`](stats::Undefined) with its reason, never NaN or 0.
//! 9. [`app`] puts the parts of the answer together; the row of `cli/report_registry.rs` has [`report`] make the view of
//!    it; [`cli`] draws that in the format that was asked for, escapes what came from records, and turns the result into
//!    an exit code.
//!
//! # How to add something
//!
//! * **A metric**: a file in `metrics/catalog/` with the formula, its source and its edge cases; its `mod` line and its
//!   row (name, heading, unit, function) in `metrics/catalog.rs`; an entry in `man/dtlearn-metrics.7`. The compiler
//!   refuses a row without a function, a test a row without an entry.
//! * **A view**: a file in `report/` that turns a typed result into a view; its `mod` line in `report/mod.rs`; a row in
//!   `cli/report_registry.rs` (name, what help says, options, the use case that loads, the function that draws). `--help`,
//!   completions and the manual follow from the registry. It stands in `cli`, the one layer that may name both: `report`
//!   knows no use case, and no use case knows how its answer is drawn. Where options choose between several results, the
//!   row names a function of `app/reports.rs`.
//! * **An import format**: a file in `wire/import/` with the names by which its files are known and what each stands for
//!   (a `Profile`; a form that is no table implements `ImportFormat` itself, or is unwrapped as a `Statement`); a row in
//!   the registry of formats; a folder in `fixtures/intake` with the right value; an entry in `man/dtlearn-import.7`.
//! * **A knob**: a row of the enum in `domain/knob.rs` with default, range and type; its rules in
//!   `decide/rulebook.rs`; a row in `man/dtlearn-brain.5`. Whatever is kept per knob is a
//!   [`PerKnob`](domain::PerKnob), which the compiler fills in.
//! * **A command**: `cli/commands/<verb>.rs` with its arguments and its run; a use case in [`app`] that answers with a
//!   typed result; tests in `tests/cli/<verb>.rs`. `DTLEARN_WRITE_MANUAL=1 cargo test --test docs` writes its page.
//! * **An exit code**: `cli/exit_code.rs`, the only file with their numbers; `man/dtlearn-integrator.7` explains them.
//!
//! A file format changes together with its version: older files are read or made again, newer ones are left alone.
//!
//! House rules, tests and release steps: `.github/CONTRIBUTING.md`.

pub mod app;
pub mod cli;
pub mod decide;
pub mod domain;
pub mod files;
pub mod learn;
pub mod metrics;
pub mod report;
pub mod simulate;
pub mod stats;
pub mod store;
pub mod wire;
