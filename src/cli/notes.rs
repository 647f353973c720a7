//! What is said beside the answer, on stderr, with the prefixes that operators search logs for.

use std::io::Write;

use super::error::CliError;
use super::render::{safe, wrapped};
use crate::app::ReportError;

/// Who speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum LogPrefix {
    /// Trades and their analysis.
    TradeAnalyzer,
    /// Missed signals.
    MissedOpp,
    /// Knobs.
    DtBrain,
    /// Models.
    AutoRetrain,
    /// The day's work.
    PostMarket,
    /// Trades of other programs.
    Import,
    /// Trades that are taken out.
    Void,
    /// News.
    RecordNews,
    /// The engine's signals.
    RecordSignal,
    /// Everything else.
    Plain,
}

impl LogPrefix {
    const fn as_str(self) -> &'static str {
        match self {
            Self::TradeAnalyzer => "[trade_analyzer] ",
            Self::MissedOpp => "[missed_opp] ",
            Self::DtBrain => "[dt_brain] ",
            Self::AutoRetrain => "[auto_retrain] ",
            Self::PostMarket => "[post_market] ",
            Self::Import => "[import] ",
            Self::Void => "[void] ",
            Self::RecordNews => "[record-news] ",
            Self::RecordSignal => "[record-signal] ",
            Self::Plain => "dtlearn: ",
        }
    }
}

/// The stream beside the answer.
pub(super) struct Notes<'a> {
    err: &'a mut dyn Write,
    /// Who speaks, unless somebody else is named.
    prefix: LogPrefix,
    pub(super) quiet: bool,
    pub(super) verbose: bool,
    /// Columns of the terminal on which it is read; none where a program or a file takes it, which wants whole lines.
    pub(super) width: Option<usize>,
}

impl<'a> Notes<'a> {
    pub(super) fn new(err: &'a mut dyn Write, prefix: LogPrefix) -> Self {
        Self { err, prefix, quiet: false, verbose: false, width: None }
    }

    /// The same stream for another speaker: a step of a command that does several things.
    pub(super) fn of(&mut self, prefix: LogPrefix) -> Notes<'_> {
        Notes { err: &mut *self.err, prefix, quiet: self.quiet, verbose: self.verbose, width: self.width }
    }

    /// Who speaks.
    pub(super) const fn prefix(&self) -> LogPrefix {
        self.prefix
    }

    fn line(&mut self, text: &str) {
        // When nobody listens there is nobody to tell.
        let _ = writeln!(self.err, "{}", wrapped(text, self.width));
    }

    /// Something that happened.
    pub(super) fn info(&mut self, text: &str) {
        if !self.quiet {
            self.line(&format!("{}{}", self.prefix.as_str(), safe(text)));
        }
    }

    /// Something of interest to who asks for more.
    pub(super) fn detail(&mut self, text: &str) {
        if self.verbose {
            self.info(text);
        }
    }

    /// Something that should not have been.
    pub(super) fn warning(&mut self, text: &str) {
        if !self.quiet {
            self.line(&format!("{}warning: {}", self.prefix.as_str(), safe(text)));
        }
    }

    /// Several of them.
    pub(super) fn warnings(&mut self, texts: impl IntoIterator<Item = String>) {
        texts.into_iter().for_each(|text| self.warning(&text));
    }

    /// Something that nobody may miss; said even when quiet.
    pub(super) fn alarm(&mut self, text: &str) {
        self.line(&format!("{}warning: {}", self.prefix.as_str(), safe(text)));
    }

    /// What to do about it.
    pub(super) fn hint(&mut self, text: &str) {
        if !self.quiet {
            self.line(&format!("hint: {}", safe(text)));
        }
    }

    /// A failure; said even when quiet.
    pub(super) fn error(&mut self, text: &str) {
        self.line(&format!("{}error: {}", self.prefix.as_str(), safe(text)));
    }

    /// What another [`Notes`] gathered.
    pub(super) fn raw(&mut self, text: &[u8]) {
        let _ = self.err.write_all(text);
    }

    /// The end of a command.
    pub(super) fn failure(&mut self, error: &CliError) {
        // A mark stands below the place that it points at.
        let (text, picture) = match error {
            CliError::Report(ReportError::Filter(_)) => {
                let text = error.to_string();
                let (what, picture) = text.split_once('\n').unwrap_or((&text, ""));
                (what.to_owned(), picture.to_owned())
            }
            _ => (error.to_string(), String::new()),
        };
        self.error(&text);
        picture.lines().for_each(|line| self.raw(format!("{}\n", safe(line)).as_bytes()));
        if let Some(hint) = error.hint() {
            self.line(&format!("hint: {}", safe(&hint)));
        }
    }
}
