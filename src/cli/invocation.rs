//! What a command works with, and what all commands do with it: demand a store, say what could not be read, answer.

use std::io::{Read, Write};
use std::path::Path;
use std::time::Duration;

use super::Environment;
use super::config::Config;
use super::error::CliError;
use super::exit_code::ExitStatus;
use super::notes::Notes;
use super::progress::Bar;
use super::render::render;
use crate::app::{Context, Reading};
use crate::report::{Notice, View, plural};
use crate::store::{DamageKind, Layout, SpoolFolders, StoreError, spool_count};

/// Everything that a command may touch.
pub(super) struct Invocation<'a, 'd> {
    pub(super) around: &'a Environment<'d>,
    pub(super) config: &'a Config,
    pub(super) context: Context<'a>,
    pub(super) stdin: &'a mut dyn Read,
    pub(super) out: &'a mut dyn Write,
    pub(super) notes: &'a mut Notes<'a>,
    /// What somebody should hear of, once the answer is out.
    pub(super) notices: Vec<Notice>,
}

/// The moment of each line of a stream.
pub(super) struct Moment {
    /// Whether somebody says which moment it is: it does not pass then.
    is_fixed: bool,
}

impl Moment {
    /// By what the command was called with.
    pub(super) fn of(call: &Invocation<'_, '_>) -> Self {
        Self { is_fixed: call.context.now != call.around.clock }
    }

    /// What a use case works with from now on.
    pub(super) fn pass(&self, around: &Environment<'_>, context: &mut Context<'_>) {
        if !self.is_fixed {
            context.now = (around.wait)(Duration::ZERO).clock;
        }
    }
}

/// What a use case works with.
pub(super) fn context_of<'a>(around: &'a Environment<'_>, config: &Config, bar: &'a Bar) -> Context<'a> {
    Context {
        disk: around.disk,
        layout: config.layout.clone(),
        spool: spool_of(around, config, &config.layout),
        now: config.now,
        as_of: config.as_of,
        session: None,
        desks: config.desks.clone(),
        settings: config.settings.clone(),
        progress: bar,
    }
}

/// Where records of a store go that cannot be stored.
pub(super) fn spool_of(around: &Environment<'_>, config: &Config, layout: &Layout) -> SpoolFolders {
    let (chosen, user_state) = (config.spool.clone(), config.user_state.clone());
    SpoolFolders::new(around.disk, layout, chosen, user_state, Some(around.temporary.clone()))
}

/// Fails when there is no store to read from.
pub(super) fn need_store(call: &Invocation<'_, '_>) -> Result<(), CliError> {
    let learning = call.context.layout.learning();
    match call.context.disk.stat(&learning) {
        Ok(Some(_)) => Ok(()),
        Ok(None) => Err(StoreError::NoStore { path: learning }.into()),
        Err(source) => Err(StoreError::Read { path: learning, source }.into()),
    }
}

/// Says what could not be read, and turns that into a status.
pub(super) fn after_reading(call: &mut Invocation<'_, '_>, path: &Path, reading: &Reading) -> ExitStatus {
    for desk in &reading.desks {
        if !tell_reading(call, &desk.layout.log(desk.log), &desk.reading) {
            let root = desk.layout.root().display();
            let text = format!("run `dtlearn --root {root} doctor`: it says what can be repaired, and how");
            call.notes.hint(&text);
        }
    }
    for (desk, why) in &reading.missing {
        call.notes.warning(&format!("{desk}: not read: {why}"));
    }
    if !reading.desks.is_empty() || !reading.missing.is_empty() {
        return if reading.is_whole() { ExitStatus::Done } else { ExitStatus::Part };
    }
    if tell_reading(call, path, reading) {
        return ExitStatus::Done;
    }
    call.notes.hint("run `dtlearn doctor`: it says what can be repaired, and how");
    ExitStatus::Part
}

/// Says what of one log could not be read; whether everything could.
fn tell_reading(call: &mut Invocation<'_, '_>, path: &Path, reading: &Reading) -> bool {
    let shown = path.display();
    for damage in reading.damage() {
        let what = match damage.kind {
            DamageKind::Broken => "damaged bytes",
            DamageKind::Tail => "bytes of an incomplete record at the end",
            DamageKind::LongLine => "bytes in a line too long for a record",
        };
        call.notes.warning(&format!("{shown}: {} {what} from byte {}, passed over", damage.len, damage.at));
    }
    for unreadable in &reading.unreadable {
        call.notes.warning(&format!("{shown}:{}: {}", unreadable.row, unreadable.why));
    }
    let untold = reading.unreadable_rows - reading.unreadable.len() as u64;
    if untold > 0 {
        call.notes.warning(&format!("{shown}: {untold} more lines could not be read"));
    }
    if reading.earlier_bytes > 0 {
        let text =
            format!("{shown}: {} damaged bytes in an earlier part, passed over", reading.earlier_bytes);
        call.notes.warning(&text);
    }
    if reading.repeated > 0 {
        let text = format!("{} recorded more than once, counted once", plural(reading.repeated, "trade"));
        call.notes.warning(&format!("{shown}: {text}"));
    }
    if reading.newer_rows > 0 {
        call.notes.warning(&format!(
            "{shown}: {} written by a newer dtlearn, read as far as this one knows them",
            reading.newer_rows
        ));
    }
    reading.is_whole()
}

/// Every command but the engine's says when records wait.
pub(super) fn mention_spool(call: &mut Invocation<'_, '_>) {
    let count = |spool: &SpoolFolders| {
        let waiting = spool_count(call.context.disk, spool);
        (waiting > 0).then(|| plural(waiting as u64, "record"))
    };
    if !call.context.is_joined() {
        if let Some(waiting) = count(&call.context.spool) {
            call.notes.warning(&format!("{waiting} in the spool, not yet counted"));
            call.notes.hint("run `dtlearn analyze`, or record the next trade; either stores them");
        }
        return;
    }
    for desk in &call.context.desks {
        if let Some(waiting) = count(&spool_of(call.around, call.config, &desk.layout)) {
            let root = desk.layout.root().display();
            call.notes.warning(&format!("{}: {waiting} in the spool, not yet counted", desk.name));
            call.notes.hint(&format!("run `dtlearn --root {root} analyze`: it stores them"));
        }
    }
}

/// Writes a view in the form that was asked for.
pub(super) fn answer(call: &mut Invocation<'_, '_>, view: &View) -> Result<(), CliError> {
    render(view, call.config, call.out).map_err(CliError::writing)
}
