//! `retrain` and `score`.

use std::path::PathBuf;

use clap::Args;

/// How to retrain.
#[derive(Debug, Args)]
#[command(after_long_help = concat!("Examples:\n  dtlearn retrain --check\n  dtlearn retrain --dry-run --days 90\n  dtlearn retrain --force --gate strict\n  dtlearn retrain --rollback\n\n", include_str!("../exit_status.txt")))]
pub struct RetrainArgs {
    /// Say whether a retrain is due, and train nothing
    #[arg(long, conflicts_with_all = ["force", "dry_run", "rollback"])]
    pub(in crate::cli) check: bool,
    /// Train whatever the triggers say, and a second time on one date
    #[arg(long, conflicts_with = "rollback")]
    pub(in crate::cli) force: bool,
    /// Train and judge, and write nothing
    #[arg(long, conflicts_with = "rollback")]
    pub(in crate::cli) dry_run: bool,
    /// Days of rows to learn from and to judge on
    #[arg(long, value_name = "N", default_value_t = crate::app::RETRAIN_DAYS, value_parser = clap::value_parser!(u16).range(1..))]
    pub(in crate::cli) days: u16,
    /// What it takes to be deployed: the seed's floors (seed), also skill that sessions have shown (plain), also
    /// evidence that it is better than the model in use (strict)
    #[arg(long, value_enum, value_name = "HOW", default_value_t, conflicts_with = "rollback")]
    pub(in crate::cli) gate: GateMode,
    /// Put the model before the one in use back into use
    #[arg(long)]
    pub(in crate::cli) rollback: bool,
    /// Exit 4 when the answer is no: none due, too few rows, refused
    #[arg(long)]
    pub(in crate::cli) exit_code: bool,
}

/// What it takes to be deployed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub(in crate::cli) enum GateMode {
    /// Accuracy within 5 % of the model in use, no overfitting.
    Seed,
    /// Also: no worse than the model in use, and skill that sessions have shown.
    #[default]
    Plain,
    /// Also: better than the model in use by evidence of its own.
    Strict,
}

/// What to score.
#[derive(Debug, Args)]
#[command(after_long_help = concat!("Examples:\n  dtlearn score < pick.json\n  dtlearn score --file picks.jsonl --format csv\n  engine | dtlearn score --stream\n\n", include_str!("../exit_status.txt")))]
pub struct ScoreArgs {
    /// Read the picks from this file
    #[arg(short, long, value_name = "FILE", conflicts_with = "stream")]
    pub(in crate::cli) file: Option<PathBuf>,
    /// Answer each line of an open pipe at once, for as long as it is open
    #[arg(long)]
    pub(in crate::cli) stream: bool,
}
