//! What `analyze` says when it is done.

use serde_json::{Value as Json, json};

use super::FiguresByWindow;
use super::grid::View;
use super::metrics_view::{flat_records, metrics_view, side_by_side, standing_notes};
use super::text::{plural, verdict};
use crate::domain::Window;
use crate::metrics::Metric;

/// What the reading of the log found besides trades.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Findings {
    /// Rows read.
    pub rows: u64,
    /// Lines that could not be read.
    pub unreadable_rows: u64,
    /// Bytes passed over as damaged.
    pub damaged_bytes: u64,
    /// Trades recorded more than once, counted once.
    pub repeated: u64,
}

const SHOWN: &[Metric] = &[
    Metric::TotalTrades,
    Metric::WinRate,
    Metric::TotalPnl,
    Metric::ProfitFactor,
    Metric::SharpeRatio,
    Metric::DrawdownPct,
];

/// Builds the view.
pub fn analysis_view(data: &FiguresByWindow, findings: &Findings) -> View {
    let mut view = metrics_view(data);
    view.name = "analyze";
    view.records = flat_records(data);
    view.payload.insert(
        "read".into(),
        json!({
            "rows": findings.rows,
            "unreadable_rows": findings.unreadable_rows,
            "damaged_bytes": findings.damaged_bytes,
            "repeated": findings.repeated,
        }),
    );
    let trades = data.all().map_or(0, crate::metrics::Performance::trades);
    view.payload.insert("trades".into(), Json::from(trades));
    if trades > 0 {
        let week = data.window(Window::Days(7)).map(|week| verdict(week, &data.currency)).unwrap_or_default();
        view.lead = vec![format!("Analysed {}; 7 days: {week}", plural(trades, "trade"))];
        view.grids = vec![side_by_side(data, SHOWN)];
        view.notes = standing_notes(data, SHOWN);
    }
    view
}
