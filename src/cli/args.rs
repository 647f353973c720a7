//! The command line, as it is typed: the list of commands. What a command takes stands beside its run, in `commands/`;
//! what several take, in `options/`.

mod one_command;

use clap::{Parser, Subcommand};

use super::commands::{
    AnalyzeArgs, BrainAdjustArgs, CalendarArgs, CompletionsArgs, DemoArgs, DoctorArgs, ExperimentArgs,
    ExportArgs, GenerateArgs, GuardArgs, HeatArgs, ImportArgs, PortfolioArgs, PostMarketArgs, ReconcileArgs,
    RecordExitArgs, RecordFillArgs, RecordNewsArgs, RecordSignalArgs, ReplayArgs, ReportArgs, RetrainArgs,
    ScheduleArgs, ScoreArgs, SizeArgs, TrackMissedArgs, VoidArgs, WhatIfArgs,
};
use super::exit_code::EXIT_STATUS;
use super::notify::NotifyArgs;
use super::options::GlobalArgs;

/// Lets an intraday trading engine learn from what it did and from what it did not do
///
/// The engine records every closed trade and every signal; dtlearn analyzes them and reports. Everything lies
/// in plain files below one folder; nothing runs in the background.
#[derive(Debug, Parser)]
#[command(name = "dtlearn", version, max_term_width = 100, after_long_help = EXIT_STATUS)]
pub struct Cli {
    #[command(flatten)]
    pub(in crate::cli) global: GlobalArgs,
    #[command(subcommand)]
    pub(in crate::cli) command: Command,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Record closed trades
    ///
    /// Reads the engine's exit events from stdin or a file, one JSON object or JSON Lines, or one trade
    /// from flags. A trade that is sent again among the last 4,096 is stored once, and counts once in any case.
    /// When the store cannot be written within 200 ms, the record is spooled and stored with the next record.
    RecordExit(RecordExitArgs),
    /// Record executions, and the trades that they close
    ///
    /// Reads fills from stdin or a file, one JSON object or JSON Lines, or one fill from flags. They are netted per
    /// account, strategy and symbol; a fill that closes a position, or a part of it, makes a closed trade with what the
    /// opening fill says of its signal. A fill counts once however often and in whatever order it is sent: trades that
    /// come out otherwise because of a late one are replaced. Record the fills of a position or its exits, not both.
    RecordFill(RecordFillArgs),
    /// Record news of a symbol or a sector, with how they sound
    ///
    /// Reads items from stdin or a file, one JSON object or JSON Lines, or one item from flags: a time, a symbol or a
    /// sector, a sentiment from -1 to 1, and who published which headline. An item is stored once,
    /// where it is sent again among the last 4,096, and counts once however often it is stored. Signals are joined with the items of the 24 hours before them, never with a later one.
    RecordNews(RecordNewsArgs),
    /// Record the engine's signals, traded or not
    ///
    /// Reads signals with their features from stdin or a file, one JSON object or JSON Lines, or one signal from flags. A signal that is sent again among the last 4,096 is stored once; of one stored twice the first counts.
    RecordSignal(RecordSignalArgs),
    /// Record strong signals that were not traded
    ///
    /// Reads signals from stdin or a file, one JSON object or JSON Lines, or one signal from flags. Those
    /// below a confidence of 0.60 (min_missed_confidence in dtlearn.toml) are counted and not kept. Stop and
    /// target are frozen now: the signal's own, else the knobs in force. The rest is as with record-exit.
    TrackMissed(TrackMissedArgs),
    /// Compute every figure and bring the files up to date
    ///
    /// Reads every closed trade, prints the windows side by side, and writes performance_metrics.json. With
    /// --as-of it prints the figures of that moment and writes nothing; nor does it over several stores, whose figures
    /// it puts together, with --partial and with --merge. See dtlearn-cluster(7).
    Analyze(AnalyzeArgs),
    /// Show how the engine is doing
    Report(ReportArgs),
    /// Move the execution knobs a small step, for stated reasons
    ///
    /// Reads the last 7 days, and moves each knob for which a rule fires 20 % of the way to the rule's target,
    /// never out of its range and once per session. Writes the brain file that the engine reads, and every
    /// change with what it rested on to knob_adjustments.jsonl. With --as-of it only says what it would do.
    BrainAdjust(BrainAdjustArgs),
    /// Do the day's work after the close
    ///
    /// Analyzes, prices the missed signals, retrains when it is due, moves the knobs, and writes the day's report.
    /// A step that fails is reported and does not stop the next; the exit status is then 3. The work belongs to the last
    /// session that is over, at 16:05 as at midnight or before the next open; sessions missed before it are made up for
    /// first, each under its own date. What is done is not done twice; while a session runs nothing is done at all.
    PostMarket(PostMarketArgs),
    /// Show the sessions, holidays and early closes of a year
    ///
    /// By the calendar of the settings: the New York Stock Exchange's unless they name another. As a table it says
    /// what is special; CSV, JSON and iCalendar have every date.
    Calendar(CalendarArgs),
    /// Print the crontab line or the systemd units that run post-market at every close
    Schedule(ScheduleArgs),
    /// Train a new model, and deploy it if it passes the gate
    ///
    /// Learns from the closed trades and the priced signals of the last 30 days that carry features, judges the
    /// new model and the one in use on the newest sessions, which neither has seen, and deploys what is as good,
    /// not overfit and not without skill. Trains only when something calls for it, and once per session.
    /// A deployed model that is shown to be worse than its predecessor on the rows closed since (E 20) is rolled back
    /// automatically; what is refused stays in shadow of the one in use, and takes its place where it is shown to be better.
    Retrain(RetrainArgs),
    /// Score signals with the model in use
    ///
    /// Reads picks with their features from stdin or a file and answers in JSON Lines, unless --format says
    /// otherwise. Without a usable model the pick's own score is the answer, with the reason. A challenger in shadow gives
    /// its probability as well.
    Score(ScoreArgs),
    /// Say whether the engine may enter, and with which knobs
    ///
    /// Looks at the exits of the session that runs. Where a limit is passed, entries stop or positions become smaller and
    /// fewer until the lock ends, at the end of the session at the latest; exits are never stopped and no knob ever
    /// becomes riskier. The answer is kept in guard.json and in the brain file. `guard release --why TEXT` ends the locks
    /// that hold. See dtlearn-guard(7).
    Guard(GuardArgs),
    /// Say what the open book risks, and how much room the next trade has
    ///
    /// The heat is what is lost if every stop is hit, with the correlations of the own trades. Of the trade that --for
    /// describes it says by what its size is multiplied, from 0 to 1, and which limit binds. See dtlearn-heat(7).
    Heat(HeatArgs),
    /// Look back at the open book, and cap the size of what varies most
    ///
    /// The view is that of `report portfolio`. With --apply the size caps by equal risk go into the brain file, where
    /// `report brain --symbol SYMBOL --format env` gives them to the engine: a cap only ever makes a position smaller. See
    /// dtlearn-heat(7).
    Portfolio(PortfolioArgs),
    /// Say what size the own record supports
    ///
    /// From the sessions that are over: the base size at which the account grows without losing a fifth of it more often
    /// than once in twenty, less what is not known, and which limit binds; and multipliers by the third of the score, given
    /// only when they have shown that they pay. Written to sizing.json; the knob moves only where the settings say so.
    /// --format env gives what is in force: DT_POSITION_SIZE_BASE_USD, DT_SIZE_POLICY, DT_SIZE_MULTIPLIER_LOW, _MIDDLE and
    /// _HIGH, and DT_SIZE_KEY, DT_SIZE_CUT_LOW and DT_SIZE_CUT_HIGH where there are thirds. See dtlearn-size(7).
    Size(SizeArgs),
    /// Ask what other knobs would have done
    ///
    /// Replays the trades taken and the resolved missed signals of the window, in order of time, through a model of the
    /// engine under other knobs, and says better, worse or unclear. The knobs that are not named stay what they were
    /// at the time. Under the knobs in force the model does what happened, or names each record where it does not.
    WhatIf(WhatIfArgs),
    /// Ask whether the loop helped: walk it through the history
    ///
    /// Goes through the recorded sessions one by one with only what was known by then, trains, moves the knobs, and
    /// compares scenarios of the same engine: knobs left at their defaults, moved by the rules, moved under strict evidence,
    /// each with and without the model's score as a filter; with the guard, and with multipliers of the size. Says what the adjustments made or cost, and how sure that is. Resumes where an interrupted run stopped. Changes no knob and no model.
    Replay(ReplayArgs),
    /// Compare variants of the engine, and look as often as you like
    ///
    /// `plan` freezes what is compared before the first session, and says how many it will take. `arm` answers, from a
    /// hash, to which arm a signal or a session belongs; so does `score`. `dtlearn report experiments` says better, worse,
    /// equivalent, harmful, unclear or invalid; the chance of a wrong word is the same however often it is asked. See
    /// dtlearn-experiments(7).
    Experiment(ExperimentArgs),
    /// Import trades from other programs
    ///
    /// Reads JSON Lines, CSV with a heading, and 27 kinds of files of other programs (--list), plain or gzip. Columns are
    /// found by their heading; --map names the others. A trade that is already there is skipped, so an import can be repeated.
    Import(ImportArgs),
    /// Take trades out again
    ///
    /// The lines are kept in .dtlearn/voided, and corrections.jsonl says what was taken out and why. All figures follow.
    Void(VoidArgs),
    /// Hold the broker's trades against the engine's
    ///
    /// Reads the broker's trades or fills, any file that import reads, and says what is missing here, what is missing
    /// there, and what differs, with amounts and the usual causes. Writes nothing.
    Reconcile(ReconcileArgs),
    /// Write the trades out
    ///
    /// JSON Lines as they are stored, each with its currency, or CSV with --format csv.
    Export(ExportArgs),
    /// Check every file and every invariant
    ///
    /// Lists every problem as `path:record: what`, and ends with the command that repairs it. Repairs nothing unless asked to. Exits 12 when something is damaged, 3 when there are only warnings.
    Doctor(DoctorArgs),
    /// Replay five real trading days into a new folder
    ///
    /// With --year a made engine trades for 250 sessions instead, with truths planted in what it leaves: an edge, a drag, a
    /// feature that a model can learn, a bad session, a check that costs money, a stop that is too wide with an experiment on
    /// it. At the end each is named beside what the program says of it.
    Demo(DemoArgs),
    /// Print the completions of a shell
    Completions(CompletionsArgs),
    /// Install the manual, print a client for an engine or the schema of an answer
    ///
    /// `generate man DIR` writes every manual page and the completions below a folder. `generate schema NAME` prints the
    /// JSON Schema of an answer or of a file of the store. `generate client python` prints one module of the standard library: it records exits, fills, signals and missed
    /// signals, asks for scores, never raises into the engine, and keeps what could not be handed over.
    Generate(GenerateArgs),
    /// Hand each line of stdin to a program
    #[command(hide = true)]
    Notify(NotifyArgs),
}
