//! Errors as the user meets them: what, where, what to do next, and with which exit status.

use std::error::Error;
use std::io;

use super::exit_code::ExitStatus;
use crate::app::{
    AdjustError, CorrectionError, DemoError, DesksError, ExperimentError, ExportError, HeatError,
    ImportError, PartError, PartMismatch, PostMarketError, PriceError, RecordError, ReleaseError,
    ReportError, RetrainError, WhatIfError,
};
use crate::store::{StoreError, system_words};
use crate::wire::{FormatError, MapError};

/// The manual page that explains a part of the settings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum SettingsPage {
    /// What every command takes.
    Command,
    /// The settings of their own lines, and what is in no other page.
    Operator,
    /// What comes in, and what counts as won.
    Integrator,
    /// Sessions and their calendars.
    Market,
    /// Knobs and their rules.
    Brain,
    Guard,
    Heat,
    Size,
    Model,
    /// Several stores.
    Cluster,
}

impl SettingsPage {
    const fn name(self) -> &'static str {
        match self {
            Self::Command => "dtlearn(1)",
            Self::Operator => "dtlearn-operator(7)",
            Self::Integrator => "dtlearn-integrator(7)",
            Self::Market => "dtlearn-market(5)",
            Self::Brain => "dtlearn-brain(5)",
            Self::Guard => "dtlearn-guard(7)",
            Self::Heat => "dtlearn-heat(7)",
            Self::Size => "dtlearn-size(7)",
            Self::Model => "dtlearn-model(7)",
            Self::Cluster => "dtlearn-cluster(7)",
        }
    }
}

/// Anything that ends a command.
#[derive(Debug, thiserror::Error)]
pub(super) enum CliError {
    /// The command line makes no sense.
    #[error("{0}")]
    Usage(String, Option<String>),
    /// The configuration makes no sense: what is wrong, and where it is explained.
    #[error("{1}")]
    Config(SettingsPage, String),
    #[error("{0}")]
    Map(#[from] MapError),
    #[error("{0}")]
    Store(#[from] StoreError),
    #[error("{0}")]
    Record(#[from] RecordError),
    #[error("{0}")]
    Report(#[from] ReportError),
    #[error("{0}")]
    Part(#[from] PartError),
    #[error("{0}")]
    Desks(#[from] DesksError),
    #[error("{0}")]
    Import(#[from] ImportError),
    #[error("{0}")]
    Correction(#[from] CorrectionError),
    #[error("{0}")]
    Price(#[from] PriceError),
    #[error("{0}")]
    Adjust(#[from] AdjustError),
    #[error("{0}")]
    Retrain(#[from] RetrainError),
    #[error("{0}")]
    WhatIf(#[from] WhatIfError),
    #[error("{0}")]
    Experiment(#[from] ExperimentError),
    #[error("{0}")]
    Export(#[from] ExportError),
    #[error("{0}")]
    Demo(#[from] DemoError),
    #[error("{0}")]
    PostMarket(#[from] PostMarketError),
    #[error("{0}")]
    Heat(#[from] HeatError),
    #[error("{0}")]
    Release(#[from] ReleaseError),
    /// A file that the user named cannot be read.
    #[error("{path}: cannot be read: {}", system_words(source))]
    Input { path: String, source: io::Error },
    /// The answer cannot be written.
    #[error("the answer cannot be written: {}", system_words(.0))]
    Output(#[from] io::Error),
}

impl CliError {
    /// What is wrong with the settings as a whole, or with one that has a line of its own.
    pub(super) const fn of_settings(why: String) -> Self {
        Self::Config(SettingsPage::Operator, why)
    }

    /// Why an answer is not whole: it cannot be written, or a record that it shows could not be read.
    pub(super) fn writing(error: io::Error) -> Self {
        error.downcast().map_or_else(Self::Output, Self::Store)
    }

    /// The cause of this kind, however deep it lies.
    fn cause<T: Error + 'static>(&self) -> Option<&T> {
        let mut error: Option<&(dyn Error + 'static)> = Some(self);
        while let Some(found) = error {
            if let Some(cause) = found.downcast_ref() {
                return Some(cause);
            }
            error = found.source();
        }
        None
    }

    /// A value that a knob cannot have.
    fn is_bad_value(&self) -> bool {
        matches!(self.cause(), Some(AdjustError::Value { .. }))
    }

    /// Whether nobody reads the answer any more.
    pub(super) fn is_closed_pipe(&self) -> bool {
        let (Self::Output(error) | Self::Export(ExportError::Output(error))) = self else { return false };
        error.kind() == io::ErrorKind::BrokenPipe
    }

    pub(super) fn status(&self) -> ExitStatus {
        let no_column = matches!(
            self.cause(),
            Some(ImportError::Map(_) | ImportError::Form { source: FormatError::Map(_), .. })
        ) || matches!(self.cause(), Some(PriceError::Column { .. }));
        match self {
            Self::Usage(..) | Self::Config(..) | Self::Map(_) | Self::Report(ReportError::Filter(_)) => {
                ExitStatus::Usage
            }
            _ if no_column || self.is_bad_value() => ExitStatus::Usage,
            Self::Experiment(ExperimentError::Plan(_) | ExperimentError::Unknown(..))
            | Self::Report(ReportError::NoExperiment(..))
            | Self::WhatIf(WhatIfError::NoGate(..)) => ExitStatus::Usage,
            Self::Record(RecordError::Lost { .. })
            | Self::Output(_)
            | Self::Export(ExportError::Output(_)) => ExitStatus::CannotWrite,
            _ => self.cause().map_or(ExitStatus::Failed, ExitStatus::of_store),
        }
    }

    pub(super) fn hint(&self) -> Option<String> {
        match self {
            Self::Usage(_, hint) => hint.clone(),
            Self::Report(ReportError::Filter(_)) => {
                Some("the fields and the language stand in dtlearn-filter(7)".into())
            }
            Self::Config(page, _) => Some(format!("see {}", page.name())),
            Self::Record(RecordError::Nothing) => Some(
                "pipe in a JSON object or JSON Lines, name a --file, or type the record with flags".into(),
            ),
            _ if self.is_bad_value() => {
                Some("`dtlearn report brain` shows the ranges; [knobs] in dtlearn.toml changes them".into())
            }
            Self::Adjust(AdjustError::Contended(_)) => Some("run it again when the engine is quiet".into()),
            Self::PostMarket(PostMarketError::NotOver { .. }) => {
                Some("run it after the close, or now with --force".into())
            }
            Self::Import(ImportError::Form { source, .. }) => source.hint(),
            Self::Price(PriceError::Column { source, .. })
            | Self::WhatIf(WhatIfError::Price(PriceError::Column { source, .. })) => source.price_hint(),
            Self::WhatIf(WhatIfError::NoGate(_, there)) => Some(no_gate_hint(there)),
            Self::Import(ImportError::LeftOver { names, .. }) => {
                let name = names.first().map_or("", String::as_str);
                Some(format!(
                    "say what each is with --map {name:?}=qty (or fees, funding, pnl …), or --ignore {name:?}; --default-qty 1 is \
                     for rows without a quantity"
                ))
            }
            Self::Import(ImportError::AllRefused { why, .. }) => Some(all_refused_hint(why)),
            Self::Import(ImportError::Input { source, .. })
                if source.kind() == io::ErrorKind::UnexpectedEof =>
            {
                Some(
                    "the file ends in the middle: copy or download it again; nothing of it was imported"
                        .into(),
                )
            }
            Self::Correction(error) => correction_hint(error),
            Self::Export(ExportError::OtherPartition { other, .. }) => {
                Some(format!("say --partition {other}, or name another folder"))
            }
            Self::Heat(HeatError::Position { .. }) => Some(
                "a position needs symbol, side, qty and entry_price, better with stop_price and sector"
                    .into(),
            ),
            Self::Experiment(error) => experiment_hint(error),
            Self::Part(error) => part_hint(error),
            Self::Desks(error) | Self::Report(ReportError::Desks(error)) => desks_hint(error),
            Self::Report(ReportError::NoExperiment(_, nearest)) => no_experiment_hint(nearest.as_deref()),
            Self::Release(ReleaseError::Nothing(_)) => {
                Some("`dtlearn guard` lists the locks that hold".into())
            }
            Self::Demo(DemoError::NotEmpty { .. }) => Some("name a folder that is not there yet".into()),
            _ => self.cause().map(StoreError::hint),
        }
    }
}

/// What to do where no signal was refused by a check.
fn no_gate_hint(refused_by: &[String]) -> String {
    match refused_by {
        [] => "no signal was refused at all: look further back with --days".into(),
        by => format!("signals were refused by {}; or look further back with --days", by.join(", ")),
    }
}

/// What to do where nothing could be taken out.
fn correction_hint(error: &CorrectionError) -> Option<String> {
    Some(match error {
        CorrectionError::NoSuchBatch(_) => {
            "an import names itself when it is done; .dtlearn/batches has all names".into()
        }
        CorrectionError::MadeByFills { fill, .. } => {
            format!("take out a fill of it, such as the one that closed it: dtlearn void {fill} --why TEXT")
        }
        CorrectionError::NoSuchTrade(_) => "nothing was taken out; ids: trade_id in `dtlearn report trades --format json`, fill_id in fills.jsonl.gz, news_id in news.jsonl.gz".into(),
        CorrectionError::Store(error) => return Some(error.hint()),
    })
}

/// What to do where stores cannot be joined.
fn desks_hint(error: &DesksError) -> Option<String> {
    let what = match error {
        DesksError::None(_) => "name the folders that hold dt_learning with --root",
        DesksError::Currency { .. } | DesksError::Calendar { .. } => {
            "report those that go together: several --root"
        }
    };
    Some(what.into())
}

/// What to do where stores or parts cannot be put together.
fn part_hint(error: &PartError) -> Option<String> {
    match error {
        PartError::Store(error) => Some(error.hint()),
        PartError::NotAPart(_) => None,
        PartError::Mismatch { why: PartMismatch::Moment { ours, .. }, .. } => {
            Some(format!("make the parts for one moment: dtlearn analyze --partial --as-of {ours} -o FILE"))
        }
        PartError::Mismatch { why: PartMismatch::Calendar { .. }, .. } => {
            Some("name the settings that the desks go by, with --config FILE".into())
        }
        PartError::Mismatch { why: PartMismatch::Currency { .. }, .. } => {
            Some("amounts of two currencies cannot be added up: report each by itself".into())
        }
        PartError::Mismatch { why: PartMismatch::SameDesk(_), .. } => {
            Some("give each part once, and each desk a name of its own: [desks] in dtlearn.toml".into())
        }
        PartError::Nothing(_) => Some("name the folders that hold dt_learning with --root".into()),
    }
}

/// What to do about an experiment that cannot be planned, asked or stopped.
fn experiment_hint(error: &ExperimentError) -> Option<String> {
    match error {
        ExperimentError::Store(error) => Some(error.hint()),
        ExperimentError::Unknown(_, nearest) => no_experiment_hint(nearest.as_deref()),
        ExperimentError::Taken(_) => {
            Some("choose another name; `dtlearn report experiments` lists them".into())
        }
        ExperimentError::TooLong { .. } => {
            Some("look for a larger effect, or say how many sessions it may take: --max-sessions N".into())
        }
        ExperimentError::History(_) => Some("plan it when there are more sessions on record".into()),
        ExperimentError::KnobTaken { other, .. } => {
            Some(format!("stop it first: dtlearn experiment stop {other} --keep ARM --why TEXT"))
        }
        ExperimentError::Stopped(name) => Some(format!("dtlearn report experiments {name}")),
        ExperimentError::Knob(_) | ExperimentError::Plan(_) => None,
    }
}

fn no_experiment_hint(nearest: Option<&str>) -> Option<String> {
    Some(nearest.map_or_else(
        || "`dtlearn report experiments` lists them".into(),
        |known| format!("did you mean {known}? `dtlearn report experiments` lists them"),
    ))
}

/// What to do when all rows of a file are refused for one reason.
fn all_refused_hint(why: &str) -> String {
    if why.contains("no time zone") {
        "say the zone of the file's times: --tz America/New_York".into()
    } else if why.contains("no fx_rate") {
        "say --currency CODE where the account is in that currency, or give each row its fx_rate".into()
    } else if why.contains("fee_fx_rate") {
        "nothing was imported; where a column has that: --map COLUMN=fee_fx_rate".into()
    } else if why.contains("of another account") {
        "nothing was imported; a store that counts in the file's currency takes it: --root DIR".into()
    } else if why.contains("--dates") || why.contains("--decimal") {
        "nothing was imported".into()
    } else {
        "nothing was imported; name columns with --map COLUMN=FIELD, `dtlearn import --list` has the fields"
            .into()
    }
}
