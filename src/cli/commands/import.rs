//! `import` and `void`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::recording::{status_of, tell};
use crate::app::{ImportError, ImportOptions, import, undo_import, void};
use crate::cli::error::CliError;
use crate::cli::exit_code::ExitStatus;
use crate::cli::invocation::{Invocation, answer};
use crate::cli::options::{Dates, parse_zone};
use crate::report::{FileReport, Imported, correction_view, formats_view, import_view, plural};
use crate::wire::{Commas, Correction, DateOrder, FORMATS, ImportFormat, ResultChoice, TimeRules};

/// What stands before the decimals of a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(in crate::cli) enum Decimal {
    /// A point; commas part thousands
    Point,
    /// A comma; points part thousands
    Comma,
}

/// Which result counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(in crate::cli) enum ResultSource {
    /// The one that the file states; the other is kept beside it
    #[default]
    Stated,
    /// The one of prices, quantity and costs
    Computed,
    /// Neither: such rows are refused
    Refuse,
}

/// Closed trades in files of other programs.
#[derive(Debug, Args)]
#[command(after_long_help = concat!(r#"Examples:
  dtlearn import trades.csv --dry-run
  dtlearn import trades.csv --map 'Fill Px=entry_price' --tz America/New_York
  dtlearn import backtest-result.zip --currency USDT
  dtlearn import old/trade_outcomes.jsonl.gz
  dtlearn import --undo 20260310210000

"#, include_str!("../exit_status.txt")))]
pub struct ImportArgs {
    /// Files or folders to read: closed trades or fills as CSV, JSON or JSON Lines; plain, gzip or zip
    #[arg(required_unless_present_any = ["undo", "list"], value_name = "FILE")]
    pub(in crate::cli) files: Vec<PathBuf>,
    /// Take this column or key as that field, whatever others are called; can be given several times
    #[arg(long, value_name = "COLUMN=FIELD")]
    pub(in crate::cli) map: Vec<String>,
    /// Leave this column or key out of account, though its name looks like money; can be given several times
    #[arg(long, value_name = "NAME")]
    pub(in crate::cli) ignore: Vec<String>,
    /// The symbol of rows that have none
    #[arg(long, value_name = "SYMBOL")]
    pub(in crate::cli) symbol: Option<String>,
    /// The quantity of rows that have none
    #[arg(long, value_name = "UNITS", value_parser = parse_units)]
    pub(in crate::cli) default_qty: Option<f64>,
    /// Which result counts where the stated one is not that of prices, quantity and costs
    #[arg(long, value_enum, default_value_t, value_name = "WHICH")]
    pub(in crate::cli) result: ResultSource,
    /// Read the files as this program writes them, whatever their headings; see --list
    #[arg(long = "as", value_name = "PROGRAM", value_parser = parse_format)]
    pub(in crate::cli) format_as: Option<&'static dyn ImportFormat>,
    /// Of a freqtrade result take this strategy only
    #[arg(long, value_name = "NAME")]
    pub(in crate::cli) strategy: Option<String>,
    /// The zone of times that have none, such as America/New_York
    #[arg(long, value_name = "ZONE", value_parser = parse_zone)]
    pub(in crate::cli) tz: Option<chrono_tz::Tz>,
    /// Which comes first in dates such as 3/2/2026
    #[arg(long, value_name = "ORDER", value_enum)]
    pub(in crate::cli) dates: Option<Dates>,
    /// What stands before the decimals, where the numbers do not say it
    #[arg(long, value_name = "SIGN", value_enum)]
    pub(in crate::cli) decimal: Option<Decimal>,
    /// Say what would become of the files, and write nothing
    #[arg(long)]
    pub(in crate::cli) dry_run: bool,
    /// Store the new reading of trades and fills that are there with another content
    #[arg(long)]
    pub(in crate::cli) replace: bool,
    /// Take back an import, by the name that it gave itself
    #[arg(long, value_name = "BATCH", conflicts_with_all = ["files", "dry_run", "replace"])]
    pub(in crate::cli) undo: Option<String>,
    /// Why, with --undo; written to corrections.jsonl
    #[arg(long, value_name = "TEXT", requires = "undo")]
    pub(in crate::cli) why: Option<String>,
    /// List the programs whose files have a form of their own, and the fields with all their names
    #[arg(long, conflicts_with_all = ["files", "undo"])]
    pub(in crate::cli) list: bool,
}

/// Trades that are to be taken out.
#[derive(Debug, Args)]
#[command(after_long_help = concat!("Examples:\n  dtlearn void t-1841 --why 'recorded twice by the bridge'\n\n", include_str!("../exit_status.txt")))]
pub struct VoidArgs {
    /// Ids of trades, of which that of a position takes out all its exits, of fills, or of news
    #[arg(required = true, value_name = "TRADE_ID")]
    pub(in crate::cli) ids: Vec<String>,
    /// Why; written to corrections.jsonl
    #[arg(long, required = true, value_name = "TEXT")]
    pub(in crate::cli) why: String,
}

pub(super) fn parse_format(name: &str) -> Result<&'static dyn ImportFormat, String> {
    let found = FORMATS.iter().copied().find(|format| format.name().eq_ignore_ascii_case(name));
    found.ok_or_else(|| {
        let names: Vec<&str> = FORMATS.iter().map(|format| format.name()).collect();
        format!("one of {}", names.join(", "))
    })
}

fn parse_units(text: &str) -> Result<f64, String> {
    let units = text.parse::<f64>().ok().filter(|units| units.is_finite() && *units > 0.0);
    units.ok_or_else(|| "a number above 0".into())
}

pub(super) fn run(args: &ImportArgs, call: &mut Invocation<'_, '_>) -> Result<ExitStatus, CliError> {
    if args.list {
        answer(call, &formats_view())?;
        return Ok(ExitStatus::Done);
    }
    if let Some(batch) = &args.undo {
        let correction = undo_import(&call.context, batch, args.why.as_deref())?;
        return corrected(call, "import", &correction);
    }
    let imported = match import(&call.context, &args.files, &options(args)) {
        Ok(imported) => imported,
        Err(error) => {
            if let ImportError::LeftOver { report, .. } = &error {
                tell_file(call, report);
            }
            return Err(error.into());
        }
    };
    for report in &imported.files {
        tell_file(call, report);
    }
    let view = import_view(&imported, args.dry_run);
    tell_all(call, &imported);
    if args.dry_run && imported.replaced > 0 {
        call.notes.info(&format!("would be replaced: {}", some_of(&imported)));
    }
    answer(call, &view)?;
    Ok(status_of(&imported.recorded))
}

fn options(args: &ImportArgs) -> ImportOptions {
    ImportOptions {
        maps: args.map.clone(),
        ignored: args.ignore.clone(),
        strategy: args.strategy.clone(),
        symbol: args.symbol.clone(),
        default_qty: args.default_qty,
        result: match args.result {
            ResultSource::Stated => ResultChoice::Stated,
            ResultSource::Computed => ResultChoice::Computed,
            ResultSource::Refuse => ResultChoice::Refuse,
        },
        times: time_rules(args.tz, args.dates),
        commas: args.decimal.map(|decimal| match decimal {
            Decimal::Point => Commas::Thousands,
            Decimal::Comma => Commas::Decimal,
        }),
        format: args.format_as,
        is_dry_run: args.dry_run,
        is_replacing: args.replace,
    }
}

/// How times are read.
pub(super) fn time_rules(zone: Option<chrono_tz::Tz>, dates: Option<Dates>) -> TimeRules {
    let order = dates.map(|dates| match dates {
        Dates::Mdy => DateOrder::MonthFirst,
        Dates::Dmy => DateOrder::DayFirst,
    });
    TimeRules { zone, order }
}

/// What became of the names of a file, and how it is written.
fn tell_file(call: &mut Invocation<'_, '_>, report: &FileReport) {
    let notes = &mut *call.notes;
    let path = report.path.display();
    notes.info(&format!("{path}: {}, {}", report.format, plural(report.rows, "row")));
    if report.rows == 0 {
        notes.warning(&format!("{path} has no row of a record: nothing of it can be stored"));
    }
    let taken: Vec<String> = report
        .columns
        .iter()
        .filter_map(|column| {
            let note = if column.note.is_empty() { String::new() } else { format!(" ({})", column.note) };
            Some(format!("{} → {}{note}", column.name, column.field?))
        })
        .collect();
    notes.info(&format!("  read as: {}", taken.join(", ")));
    let beside: Vec<String> = report
        .columns
        .iter()
        .filter(|column| column.field.is_none() && !["", "worked out anew"].contains(&column.note))
        .map(|column| match column.note {
            "looks like money" => format!("{} (money?)", column.name),
            _ => column.name.clone(),
        })
        .collect();
    if !beside.is_empty() {
        notes.info(&format!("  kept under extra: {}", beside.join(", ")));
    }
    for note in &report.notes {
        notes.info(&format!("  {note}"));
    }
    if report.passed_over > 0 {
        let rows = plural(report.passed_over, "row");
        notes.info(&format!("  {rows} without a trade passed over: empty, or sums below the others"));
    }
}

/// Warnings and refusals, and what to do about them.
fn tell_all(call: &mut Invocation<'_, '_>, imported: &Imported) {
    let recorded = &imported.recorded;
    tell(call, recorded);
    for cause in &imported.causes {
        call.notes.warning(cause);
    }
    if !recorded.conflicts.is_empty() {
        call.notes.hint("look at them in rejected/; `import --replace` stores the new reading instead");
    }
    if imported.recorded.defaulted > 0 {
        let count = plural(imported.recorded.defaulted, "trade");
        call.notes
            .warning(&format!("{count} without a quantity taken as one unit: --default-qty says another"));
    }
    if let Some(batch) = &imported.batch {
        call.notes.info(&format!("this import is {batch}; `dtlearn import --undo {batch}` takes it back"));
    }
}

/// Ids of records that are replaced, as many as fit into a line or two.
fn some_of(imported: &Imported) -> String {
    const SHOWN: usize = 10;
    let ids = imported.replaced_ids.iter().take(SHOWN).cloned().collect::<Vec<_>>().join(", ");
    match imported.replaced.saturating_sub(SHOWN as u64) {
        0 => ids,
        more => format!("{ids} and {more} more"),
    }
}

pub(super) fn run_void(args: &VoidArgs, call: &mut Invocation<'_, '_>) -> Result<ExitStatus, CliError> {
    let correction = void(&call.context, &args.ids, &args.why)?;
    corrected(call, "void", &correction)
}

/// Says what was taken out.
fn corrected(
    call: &mut Invocation<'_, '_>,
    name: &'static str,
    corrections: &[Correction],
) -> Result<ExitStatus, CliError> {
    if let Some(view) = correction_view(name, corrections) {
        answer(call, &view)?;
    }
    Ok(ExitStatus::Done)
}
