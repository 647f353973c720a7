//! What is said beside the answer, on stderr, with the prefixes that operators search logs for.

use std::io::Write;

use super::error::CliError;
use super::render::safe;

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
    /// Everything else.
    Plain,
}

impl LogPrefix {
    const fn prefix(self) -> &'static str {
        match self {
            Self::TradeAnalyzer => "[trade_analyzer] ",
            Self::MissedOpp => "[missed_opp] ",
            Self::DtBrain => "[dt_brain] ",
            Self::AutoRetrain => "[auto_retrain] ",
            Self::PostMarket => "[post_market] ",
            Self::Plain => "dtlearn: ",
        }
    }
}

/// The stream beside the answer.
pub(super) struct Notes<'a> {
    err: &'a mut dyn Write,
    pub(super) quiet: bool,
    pub(super) verbose: bool,
}

impl<'a> Notes<'a> {
    pub(super) fn new(err: &'a mut dyn Write) -> Self {
        Self { err, quiet: false, verbose: false }
    }

    fn line(&mut self, text: &str) {
        // When nobody listens there is nobody to tell.
        let _ = writeln!(self.err, "{text}");
    }

    /// Something that happened.
    pub(super) fn info(&mut self, voice: LogPrefix, text: &str) {
        if !self.quiet {
            self.line(&format!("{}{}", voice.prefix(), safe(text)));
        }
    }

    /// Something of interest to who asks for more.
    pub(super) fn detail(&mut self, voice: LogPrefix, text: &str) {
        if self.verbose {
            self.info(voice, text);
        }
    }

    /// Something that should not have been.
    pub(super) fn warning(&mut self, voice: LogPrefix, text: &str) {
        if !self.quiet {
            self.line(&format!("{}warning: {}", voice.prefix(), safe(text)));
        }
    }

    /// What to do about it.
    pub(super) fn hint(&mut self, text: &str) {
        if !self.quiet {
            self.line(&format!("hint: {}", safe(text)));
        }
    }

    /// A failure; said even when quiet.
    pub(super) fn error(&mut self, voice: LogPrefix, text: &str) {
        self.line(&format!("{}error: {}", voice.prefix(), safe(text)));
    }

    /// What another [`Notes`] gathered.
    pub(super) fn raw(&mut self, told: &[u8]) {
        let _ = self.err.write_all(told);
    }

    /// The end of a command.
    pub(super) fn failure(&mut self, voice: LogPrefix, error: &CliError) {
        self.error(voice, &error.to_string());
        if let Some(hint) = error.hint() {
            self.line(&format!("hint: {}", safe(&hint)));
        }
    }
}
