//! Errors as the user meets them: what, where, what to do next, and with which exit status.

use std::io;

use super::exit_code::ExitStatus;
use crate::app::{
    AdjustError, DemoError, ExportError, ImportError, PostMarketError, PriceError, RecordError, ReportError,
    RetrainError, WhatIfError,
};
use crate::store::StoreError;
use crate::wire::MapError;

/// Anything that ends a command.
#[derive(Debug, thiserror::Error)]
pub(super) enum CliError {
    /// The command line makes no sense.
    #[error("{0}")]
    Usage(String, Option<String>),
    /// The configuration makes no sense.
    #[error("{0}")]
    Config(String),
    #[error(transparent)]
    Map(#[from] MapError),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Record(#[from] RecordError),
    #[error(transparent)]
    Report(#[from] ReportError),
    #[error(transparent)]
    Import(#[from] ImportError),
    #[error(transparent)]
    Price(#[from] PriceError),
    #[error(transparent)]
    Adjust(#[from] AdjustError),
    #[error(transparent)]
    Retrain(#[from] RetrainError),
    #[error(transparent)]
    WhatIf(#[from] WhatIfError),
    #[error(transparent)]
    Export(#[from] ExportError),
    #[error(transparent)]
    Demo(#[from] DemoError),
    #[error(transparent)]
    PostMarket(#[from] PostMarketError),
    /// A file that the user named cannot be read.
    #[error("{path}: cannot be read: {source}")]
    Input { path: String, source: io::Error },
    /// The answer cannot be written.
    #[error("the answer cannot be written: {0}")]
    Output(#[from] io::Error),
}

impl CliError {
    fn store(&self) -> Option<&StoreError> {
        match self {
            Self::Store(error)
            | Self::Record(RecordError::Store(error))
            | Self::Report(ReportError::Store(error))
            | Self::Import(ImportError::Store(error))
            | Self::Price(PriceError::Store(error))
            | Self::Adjust(AdjustError::Store(error))
            | Self::Retrain(RetrainError::Store(error))
            | Self::WhatIf(WhatIfError::Store(error) | WhatIfError::Price(PriceError::Store(error)))
            | Self::Export(ExportError::Store(error))
            | Self::PostMarket(PostMarketError::Store(error))
            | Self::Demo(DemoError::Store(error)) => Some(error),
            Self::Demo(DemoError::Report(ReportError::Store(error))) => Some(error),
            Self::Record(RecordError::Lost { spool, .. }) => Some(spool),
            _ => None,
        }
    }

    /// Whether nobody reads the answer any more.
    pub(super) fn is_closed_pipe(&self) -> bool {
        let (Self::Output(error) | Self::Export(ExportError::Output(error))) = self else { return false };
        error.kind() == io::ErrorKind::BrokenPipe
    }

    pub(super) fn status(&self) -> ExitStatus {
        match self {
            Self::Usage(..) | Self::Config(_) | Self::Map(_) => ExitStatus::Usage,
            Self::Adjust(AdjustError::Value { .. })
            | Self::WhatIf(WhatIfError::Adjust(AdjustError::Value { .. })) => ExitStatus::Usage,
            Self::Import(ImportError::Column { .. })
            | Self::Price(PriceError::Column { .. })
            | Self::WhatIf(WhatIfError::Price(PriceError::Column { .. })) => ExitStatus::Usage,
            Self::Record(RecordError::Lost { .. })
            | Self::Output(_)
            | Self::Export(ExportError::Output(_)) => ExitStatus::Store(14),
            _ => self.store().map_or(ExitStatus::Failed, |error| ExitStatus::Store(error.exit_code())),
        }
    }

    pub(super) fn hint(&self) -> Option<String> {
        match self {
            Self::Usage(_, hint) => hint.clone(),
            Self::Config(_) => {
                Some("the README lists the settings, man/dtlearn-brain.5 those of knobs and rules, man/dtlearn-market.5 those of calendars".into())
            }
            Self::Record(RecordError::Nothing) => Some(
                "pipe in a JSON object or JSON Lines, name a --file, or type the record with flags".into(),
            ),
            Self::Adjust(AdjustError::Value { .. })
            | Self::WhatIf(WhatIfError::Adjust(AdjustError::Value { .. })) => {
                Some("ranges stand in `dtlearn report brain`; [knobs] in dtlearn.toml changes them".into())
            }
            Self::Adjust(AdjustError::Contended(_)) => Some("run it again when the engine is quiet".into()),
            Self::Import(ImportError::Form { .. }) => Some(
                "import reads JSON Lines, CSV with a heading, and freqtrade results (JSON, zip or CSV)"
                    .into(),
            ),
            Self::PostMarket(PostMarketError::NotOver { .. }) => {
                Some("run it after the close, or now with --force".into())
            }
            Self::Demo(DemoError::NotEmpty { .. }) => Some("name a folder that is not there yet".into()),
            _ => self.store().map(StoreError::hint),
        }
    }
}
