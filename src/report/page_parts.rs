//! What the page is drawn from, part by part, so that no more of it is held at a time than one part.

use super::FiguresByWindow;
use super::brain_view::BrainData;
use super::desks_text::DesksTold;
use super::experiment_data::ExperimentData;
use super::guard_history_view::GuardHistory;
use super::heat_view::HeatData;
use super::missed_view::MissedData;
use super::model_view::{ModelData, RetrainsData};
use super::patterns_view::PatternData;
use super::portfolio_data::PortfolioData;
use super::size_data::SizingData;
use super::summary_view::SummaryData;
use super::tiles::{GuardNow, ModelSkill};
use crate::domain::OpenPosition;
use crate::metrics::{
    Behaviour, DeskComparison, ExcursionPoint, Excursions, Execution, Risk, SectorRotation, UsualSession,
};
use crate::simulate::{SessionFan, WhatIfFacts};

/// Days that the page looks back: one length for all that is not the account's whole course.
pub const PAGE_DAYS: u16 = 90;

/// What a part shows, or why it could not be read; the rest of the page stands.
pub type PageFound<T> = Result<Box<T>, String>;

/// A part of the page.
#[derive(Clone, Debug)]
pub enum PagePart {
    /// What is seen first, and what trades say.
    Trades(Box<PageTrades>),
    /// What was not traded.
    Missed(Box<MissedData>),
    /// What wins more or less often than the rest.
    Patterns(PageFound<PatternData>),
    /// What is open.
    OpenBook(PageFound<PageBook>),
    /// What the open book risked through time.
    BookThroughTime(PageFound<PortfolioData>),
    /// The locks of each session.
    Guard(PageFound<GuardHistory>),
    /// The knobs in force.
    Knobs(PageFound<BrainData>),
    /// What the record supports as a size, and how sizes by context did.
    Size(PageFound<SizingData>),
    /// How the experiments stand.
    Experiments(PageFound<Vec<ExperimentData>>),
    /// Every knob over its range.
    WhatIf(PageFound<WhatIfFacts>),
    /// The model in use.
    Model(PageFound<ModelData>),
    /// Every attempt to retrain.
    Retrains(PageFound<RetrainsData>),
}

/// What is open, and what it risks or why that is not known; nothing where nothing is open.
#[derive(Clone, Debug)]
pub struct PageBook {
    /// The positions.
    pub positions: Vec<OpenPosition>,
    /// What they risk; none without one.
    pub heat: Option<Result<HeatData, String>>,
}

/// What is seen first, and what the sections of trades are drawn from.
#[derive(Clone, Debug)]
pub struct PageTrades {
    /// The figures.
    pub figures: FiguresByWindow,
    /// What stands beside them.
    pub told: PageTold,
    /// How the sessions of the last [`PAGE_DAYS`] ended, where there are some.
    pub usual: Option<UsualSession>,
    /// The 95 % interval of the week's result.
    pub week: Option<(f64, f64)>,
    /// Trades of the last [`PAGE_DAYS`].
    pub trades: u64,
    /// Their results in R, and how far they ran.
    pub excursions: Excursions,
    /// Those whose excursions are known, oldest first.
    pub points: Vec<ExcursionPoint>,
    /// When their results are better or worse.
    pub behaviours: Vec<Behaviour>,
    /// What is told where there is a trade at all.
    pub more: Option<PageMore>,
}

/// What is told where there is a trade at all, of the last [`PAGE_DAYS`].
#[derive(Clone, Debug)]
pub struct PageMore {
    /// Drawdowns, tails and months.
    pub risk: Risk,
    /// Where the account may go from here, where enough is known of it.
    pub fan: Option<SessionFan>,
    /// Which sectors' results turned.
    pub sectors: Vec<SectorRotation>,
    /// Slippage and fees.
    pub execution: Execution,
}

/// What the tiles of one store rest on besides.
#[derive(Clone, Debug)]
pub struct PageBeside {
    /// How good the model in use is; none without one that can be read.
    pub skill: Option<ModelSkill>,
    /// What the guard's state is now; none where it has no rule and never locked.
    pub guard: Option<GuardNow>,
}

/// What stands beside the figures of the page.
#[derive(Clone, Debug)]
pub enum PageTold {
    /// What `report` tells of the one store, and what its tiles tell besides.
    Store(Box<SummaryData>, Box<PageBeside>),
    /// Which desks are in it, and how they compare.
    Desks(DesksTold, Box<DeskComparison>),
}
